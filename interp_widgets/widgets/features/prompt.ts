// A prompt, its tokens, and the latents that fire on it.

import { fill, h } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { PromptBox } from "../shared/prompt.ts";
import type { Link } from "../shared/runtime.ts";
import { isSpecial, tokenElement } from "../shared/tokens.ts";
import type { FeaturesState, Fired } from "./state.ts";

const NAMED = 10;

export class Prompt {
  readonly element = h("div", { class: "iw-feat-prompt" });
  private readonly box: PromptBox;
  private readonly strip = h("div", { class: "iw-feat-strip", role: "group", "aria-label": "Tokens of the prompt" });
  private readonly chips = h("div", { class: "iw-feat-chips" });

  constructor(
    private readonly link: Link<FeaturesState>,
    open: (feature: number) => void,
    signal: AbortSignal,
  ) {
    this.box = new PromptBox("Prompt", (text, burst) => link.act({ do: "prompt", text, burst }, { prompt: text, at: -1 }), signal);
    this.element.append(this.box.element, this.strip, this.chips);
    this.strip.addEventListener("click", (event) => {
      const at = (event.target as Element).closest<HTMLElement>("[data-token]")?.dataset["token"];
      if (at !== undefined) link.act({ do: "token", at: Number(at) }, { at: Number(at) === link.read("at") ? -1 : Number(at) });
    }, { signal });
    this.chips.addEventListener("click", (event) => {
      const to = (event.target as Element).closest<HTMLElement>("[data-open]")?.dataset["open"];
      if (to !== undefined) open(Number(to));
    }, { signal });
  }

  show(fired: Fired | null, labelOf: (feature: number) => string): void {
    const { link } = this;
    const prompt = link.read("prompt");
    this.element.hidden = !link.read("live") && prompt === "";
    this.box.element.hidden = !link.read("live");
    this.box.show(prompt, link.read("offers"));
    const raw = fired?.raw;
    this.strip.hidden = this.chips.hidden = !fired || prompt === "";
    if (!fired || !raw) return;
    this.box.underline(raw.prompt ?? "", raw.unknown);
    const at = link.read("at");
    const counts = fired.counts;
    fill(this.strip, ...raw.tokens.map((token, i) => {
      const button = h("button", { type: "button", "data-token": i, "data-key": `token${i}`, "aria-pressed": String(i === at), "data-dim": isSpecial(token) ? "true" : null, title: counts[i] === 0 ? "no latent counts here" : `${counts[i]} latents fire here` }, tokenElement(token));
      return button;
    }));
    const strongest = [...fired.strengths(at)].sort((a, b) => b[1] - a[1]);
    const where = at >= 0 ? "on this token" : "on the prompt";
    const chip = ([feature, value]: [number, number]): HTMLElement => h("button", { type: "button", "data-open": feature, "data-key": `fires${feature}` }, `${feature}${labelOf(feature) ? ` ${labelOf(feature)}` : ""}`, h("small", {}, number(value)));
    const more = raw.leftOut > 0 ? ` ${raw.leftOut.toLocaleString("en")} weaker ones, or of latents without dashboards, are left out.` : "";
    fill(this.chips, h("span", {}, `${strongest.length.toLocaleString("en")} fire ${where}.${more}`), ...strongest.slice(0, NAMED).map(chip));
  }
}
