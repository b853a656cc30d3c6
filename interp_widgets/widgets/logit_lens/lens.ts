// Which lens reads each side, and which one is taken off it.

import { choice } from "../shared/choice.ts";
import { fill, h, uid } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import type { Contrast, LensState } from "./state.ts";

/** Names that are longer than this in all are a list to open, not a row of buttons. */
const MOST_LETTERS = 36;

const CONTRASTS: Record<Contrast, string> = { diff: "probability", gain: "gain", kl: "KL", distance: "distance" };

const put = (values: readonly string[], at: number, value: string): string[] => values.map((v, i) => (i === at ? value : v));

/** A lens's name as people write it. */
export const lensName = (name: string): string => (name === "jacobian" ? "Jacobian" : name);

/** The controls of all sides; none where records are only shown. */
export function lensTools(link: Link<LensState>, signal: AbortSignal): HTMLElement {
  const element = h("div", { class: "iw-lenses" });
  let shown = "";
  let refresh: (() => void)[] = [];
  link.watch(["offered", "live", "kinds", "bases"], () => {
    const offered = link.read("live") ? link.read("offered") : [];
    const key = JSON.stringify(offered);
    if (key !== shown) {
      shown = key;
      const tools = offered.map((names, side) => tool(link, names, side, offered.length, signal));
      refresh = tools.map((made) => made.refresh);
      fill(element, ...tools.map((made) => made.element));
      element.hidden = tools.length === 0;
    }
    refresh.forEach((run) => run());
  });
  return element;
}

interface Tool {
  element: HTMLElement;
  refresh(): void;
}

function tool(link: Link<LensState>, names: readonly string[], side: number, sides: number, signal: AbortSignal): Tool {
  const which = sides > 1 ? ["First lens", "Second lens"][side]! : "Lens";
  const kinds = oneOf(which, names, (by) => {
    const bases = link.read("bases");
    const free = bases[side] === by ? put(bases, side, "") : bases;
    link.act({ do: "kind", side, by }, { kinds: put(link.read("kinds"), side, by), bases: free });
  }, signal);
  const id = uid("less");
  const less = h("select", { id, "aria-label": sides > 1 ? `${which}: less` : "Less" });
  less.append(h("option", { value: "" }, "nothing"), ...names.map((name) => h("option", { value: name }, lensName(name))));
  less.title = "Take the reading of a second lens off: where do the two part?";
  less.addEventListener("change", () => {
    const by = less.value;
    link.act({ do: "base", side, by }, { bases: put(link.read("bases"), side, by) });
  }, { signal });
  return {
    element: h("span", { class: "iw-reader" }, kinds.element, h("label", { for: id, class: "iw-name" }, "less"), less),
    refresh() {
      const kind = link.read("kinds")[side] ?? "";
      kinds.set(kind);
      less.value = link.read("bases")[side] ?? "";
      for (const option of less.options) option.disabled = option.value === kind;
    },
  };
}

/** Buttons in a row, or a list to open where they would not fit. */
function oneOf(label: string, names: readonly string[], picked: (name: string) => void, signal: AbortSignal): { element: HTMLElement; set(name: string): void } {
  const options = Object.fromEntries(names.map((name) => [name, lensName(name)]));
  if (names.join("").length <= MOST_LETTERS) return choice(label, options, picked, signal);
  const id = uid("lens");
  const list = h("select", { id }, ...names.map((name) => h("option", { value: name }, lensName(name))));
  list.addEventListener("change", () => picked(list.value), { signal });
  return { element: h("span", {}, h("label", { for: id, class: "iw-name" }, `${label} `), list), set: (name) => (list.value = name) };
}

/** What colours the cells of a difference; hidden while no side shows one. */
export function contrastChoice(link: Link<LensState>, signal: AbortSignal): HTMLElement {
  const contrasts = choice("Difference in", CONTRASTS, (by) => link.act({ do: "contrast", by }, { contrast: by as Contrast }), signal);
  link.watch(["contrast"], () => contrasts.set(link.read("contrast")));
  link.watch(["sides"], () => (contrasts.element.hidden = !link.read("sides").some((side) => side.base !== "")));
  return contrasts.element;
}
