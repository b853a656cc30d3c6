// What is shown, as Python to take away.

import { h } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import { type PatchState, placeAt } from "./state.ts";

const STALE = "This code is of other bars. With a kernel it follows what is shown.";

export function copyCode(link: Link<PatchState>, signal: AbortSignal): { button: HTMLElement; panel: HTMLElement } {
  const button = h("button", { type: "button", "aria-expanded": "false" }, "Copy as code");
  const text = h("pre", { tabindex: 0, "aria-label": "Python that finds the same numbers" });
  const said = h("p", { class: "iw-hint", role: "status" });
  const panel = h("div", { class: "iw-patch-code", hidden: true }, said, text);
  const now = (): boolean => {
    const { of: [pos, head] } = link.read("code");
    const raw = link.read("shown");
    return placeAt(raw, pos, head).column === placeAt(raw, link.read("pos"), link.read("head")).column;
  };
  button.addEventListener("click", async () => {
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", String(!panel.hidden));
    if (panel.hidden) return;
    try {
      await navigator.clipboard.writeText(link.read("code").text);
      said.textContent = "Copied. It finds the numbers shown.";
    } catch {
      said.textContent = "This page may not write to the clipboard: select the text and copy it."; // a frame without the right
    }
    if (!now()) said.textContent = STALE;
  }, { signal });
  link.watch(["code", "pos", "head"], () => {
    text.textContent = link.read("code").text;
    if (!now()) said.textContent = STALE;
  });
  return { button, panel };
}
