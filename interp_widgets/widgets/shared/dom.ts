// Small DOM helpers. Text only ever goes in as text: there is no way here to pass markup.

type Attributes = Record<string, string | number | boolean | null | undefined>;
type Child = Node | string | null | undefined;

/** Makes an HTML element; `false`, `null` and `undefined` attributes are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  put(element, attributes);
  element.append(...children.filter((c): c is Node | string => c != null));
  return element;
}

/** Makes an SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  put(element, attributes);
  element.append(...children.filter((c): c is Node | string => c != null));
  return element;
}

function put(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Replaces the children of an element, unless they are what is there already: moving one would take its focus. */
export function fill(element: Element, ...children: Child[]): void {
  const wanted = children.filter((c): c is Node | string => c != null);
  const there = element.childNodes;
  if (wanted.length === there.length && wanted.every((child, i) => child === there[i])) return;
  element.replaceChildren(...wanted);
}

let made = 0;

/** An id that no other element on the page has, in this module's copy or another. */
export function uid(name: string): string {
  made += 1;
  return `iw-${name}-${Math.random().toString(36).slice(2, 8)}-${made}`;
}

export const clamp = (x: number, low: number, high: number): number =>
  Math.min(Math.max(x, low), high);
