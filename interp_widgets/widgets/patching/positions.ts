// The two prompts token under token: to pick a position from, and to see why they do not fit.

import { h } from "../shared/dom.ts";
import { tokenElement, visible } from "../shared/tokens.ts";
import { baseTokens, donorTokens, type PatchState, type RawShown } from "./state.ts";

/** One button a position, both tokens on it; where they differ it says so without hue. */
export function positions(raw: RawShown, picked: number, pick: (pos: number) => void): HTMLElement[] {
  const donor = donorTokens(raw);
  const named = raw.direction === "denoise" ? "clean" : "corrupt";
  return baseTokens(raw).map((token, pos) => {
    const partner = raw.partners[pos] ?? -1;
    const other = partner < 0 ? null : donor[partner]!;
    const more = (raw.sorts[pos] ?? 1) - 1;
    const said = other === null ? ", no partner" : other === token ? "" : `, ${named} ${visible(other)}`;
    const button = h(
      "button",
      { type: "button", "data-key": `pos${pos}`, "data-pos": pos, "aria-pressed": String(pos === picked), "aria-label": `position ${pos}: ${visible(token)}${said}${more > 0 ? `, and ${more} other tokens` : ""}` },
      tokenElement(token),
      more > 0 ? h("small", {}, ` +${more}`) : null,
      other === token ? null : h("span", { class: "iw-patch-other" }, other === null ? "–" : tokenElement(other)),
    );
    button.addEventListener("click", () => pick(pos));
    return button;
  });
}

/** Prompts of unequal length in columns, gaps as dashes. */
export function alignment({ tokens, columns }: PatchState["pairing"]): HTMLElement | null {
  if (!tokens || !columns) return null;
  const row = (name: string, side: 0 | 1): HTMLElement =>
    h("tr", {}, h("th", { scope: "row" }, name), ...columns.map((column) => {
      const at = column[side];
      const alike = column[0] >= 0 && column[1] >= 0 && tokens[0][column[0]] === tokens[1][column[1]];
      return h("td", { "data-alike": String(alike) }, at < 0 ? h("span", { "aria-label": "no partner" }, "–") : tokenElement(tokens[side][at]!));
    }));
  return h("table", { "aria-label": "The two prompts, token under token" }, h("tbody", {}, row("clean", 0), row("corrupt", 1)));
}
