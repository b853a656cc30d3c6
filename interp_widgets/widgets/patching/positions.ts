// The two prompts token under token, to pick a position from.

import { h } from "../shared/dom.ts";
import { tokenElement, visible } from "../shared/tokens.ts";
import type { RawShown } from "./state.ts";

/** One button a position, both tokens on it; where they differ it says so without hue. */
export function positions(raw: RawShown, picked: number, pick: (pos: number) => void): HTMLElement[] {
  const [clean, corrupt] = raw.tokens;
  return clean.map((token, pos) => {
    const other = corrupt[pos] ?? "";
    const same = token === other;
    const button = h("button", { type: "button", "data-key": `pos${pos}`, "data-pos": pos, "aria-pressed": String(pos === picked), "aria-label": `position ${pos}: ${visible(token)}${same ? "" : `, corrupt ${visible(other)}`}` }, tokenElement(token), same ? null : h("span", { class: "iw-patch-other" }, tokenElement(other)));
    button.addEventListener("click", () => pick(pos));
    return button;
  });
}
