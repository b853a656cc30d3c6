// Undo and redo as buttons; the keys are in keys.ts.

import { h } from "./dom.ts";
import type { BaseState, Link } from "./runtime.ts";

export function historyButtons<S extends BaseState>(link: Link<S>, signal: AbortSignal): HTMLElement {
  const undo = h("button", { type: "button", class: "iw-icon", "aria-label": "Undo", title: "Undo (Ctrl+Z)" }, "↶");
  const redo = h("button", { type: "button", class: "iw-icon", "aria-label": "Redo", title: "Redo (Ctrl+Shift+Z)" }, "↷");
  undo.addEventListener("click", () => link.act({ do: "undo" }), { signal });
  redo.addEventListener("click", () => link.act({ do: "redo" }), { signal });
  link.watch(["depth"], () => {
    const [done, undone] = link.read("depth");
    // aria-disabled keeps the focus on a button that has just done its last step.
    undo.setAttribute("aria-disabled", String(done === 0));
    redo.setAttribute("aria-disabled", String(undone === 0));
  });
  return h("span", { class: "iw-pair" }, undo, redo);
}
