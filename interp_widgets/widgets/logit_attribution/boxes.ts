// The question: two boxes for one token each, and what the model would say next to choose from.

import { fill, h } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import { asToken, asTyped, visible } from "../shared/tokens.ts";
import type { BusState } from "./state.ts";

const TYPE_SO = 'A word gets its leading space; "las" in quotes has none';

/** What is typed stays in the box while it is wrong, beside the message that says why. */
export function tokenBox(link: Link<BusState>, which: "answer" | "distractor", label: string, typed: () => void, signal: AbortSignal): HTMLElement {
  const input = h("input", { type: "text", title: TYPE_SO, spellcheck: "false", autocomplete: "off", "aria-label": label });
  const likely = h("select", { class: "iw-bus-likely", "aria-label": `${label}: likeliest next tokens`, title: "Likeliest next tokens" });
  const ask = (text: string): void => {
    typed();
    link.act({ do: which, text });
  };
  input.addEventListener("change", () => ask(asToken(input.value)), { signal });
  likely.addEventListener("change", () => {
    if (likely.selectedIndex > 0) ask(likely.value);
    likely.selectedIndex = 0;
  }, { signal });
  link.watch([which, "live"], () => {
    input.value = asTyped(link.read(which));
    input.readOnly = !link.read("live");
  });
  let offered = "";
  link.watch(["shown"], () => {
    const tokens = link.read("shown").likeliest;
    likely.hidden = tokens.length === 0;
    if (tokens.join("\n") === offered) return;
    offered = tokens.join("\n");
    fill(likely, h("option", {}, "▾"), ...tokens.map((token) => h("option", { value: token }, visible(token))));
  });
  return h("span", { class: "iw-bus-token" }, h("span", { "aria-hidden": "true" }, label), input, likely);
}
