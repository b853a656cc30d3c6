// The question in tokens: answer and distractor to pick or type, and the two prompts token under token.

import { fill, h } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import { asToken, asTyped, tokenElement, visible } from "../shared/tokens.ts";
import type { PatchState, RawShown } from "./state.ts";

/** What is typed stays in the box while it is wrong, beside the message that says why. */
export function tokenBox(link: Link<PatchState>, which: "answer" | "distractor", label: string, typed: () => void, signal: AbortSignal): HTMLElement {
  const input = h("input", { type: "text", spellcheck: "false", autocomplete: "off", "aria-label": label, title: 'A word gets its leading space; "las" in quotes has none' });
  const picks = h("select", { "aria-label": `${label}: likeliest next tokens`, title: "Likeliest next tokens" });
  const ask = (text: string): void => {
    typed();
    link.act({ do: which, text });
  };
  input.addEventListener("change", () => ask(asToken(input.value)), { signal });
  picks.addEventListener("change", () => {
    if (picks.selectedIndex > 0) ask(picks.value);
    picks.selectedIndex = 0;
  }, { signal });
  link.watch([which, "live"], () => {
    input.value = asTyped(link.read(which));
    input.readOnly = !link.read("live");
  });
  let offered = "";
  link.watch(["shown"], () => {
    const tokens = link.read("shown").likeliest;
    picks.hidden = tokens.length === 0;
    if (tokens.join("\n") === offered) return;
    offered = tokens.join("\n");
    fill(picks, h("option", {}, "▾"), ...tokens.map((token) => h("option", { value: token }, visible(token))));
  });
  return h("span", { class: "iw-patch-token" }, h("span", { "aria-hidden": "true" }, label), input, picks);
}

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
