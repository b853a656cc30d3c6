// One of a few: radio buttons that look like one segmented control. Arrow keys work as in any radio group.

import { h, uid } from "./dom.ts";

export interface Choice {
  element: HTMLElement;
  set(value: string): void;
}

export function choice(
  label: string,
  options: Record<string, string>,
  picked: (value: string) => void,
  signal: AbortSignal,
): Choice {
  const name = uid("choice");
  const inputs = Object.keys(options).map((value) => h("input", { type: "radio", name, value }));
  const element = h(
    "fieldset",
    { class: "iw-choice" },
    h("legend", {}, label),
    ...inputs.map((input) => h("label", {}, input, h("span", {}, options[input.value]!))),
  );
  element.addEventListener("change", (event) => picked((event.target as HTMLInputElement).value), { signal });
  return {
    element,
    set: (value) => inputs.forEach((input) => (input.checked = input.value === value)),
  };
}
