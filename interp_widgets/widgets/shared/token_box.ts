// A box for one token that is asked about, and what the model would say next to choose from.

import { fill, h } from "./dom.ts";
import type { PromptState } from "./prompts.ts";
import type { Link } from "./runtime.ts";
import { asToken, asTyped, visible } from "./tokens.ts";

/** State of a widget that asks about an answer and a distractor. */
interface AskingState extends PromptState {
  answer: string;
  distractor: string;
  shown: { likeliest: string[] };
}

const TYPE_SO = 'A word gets its leading space; "las" in quotes has none';

/** What is typed stays in the box while it is wrong, beside the message that says why. */
export function tokenBox<S extends AskingState>(link: Link<S>, which: "answer" | "distractor", label: string, typed: () => void, signal: AbortSignal): HTMLElement {
  const input = h("input", { type: "text", title: TYPE_SO, spellcheck: "false", autocomplete: "off", "aria-label": label });
  const likely = h("select", { "aria-label": `${label}: likeliest next tokens`, title: "Likeliest next tokens" });
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
  return h("span", { class: "iw-token-box" }, h("span", { "aria-hidden": "true" }, label), input, likely);
}
