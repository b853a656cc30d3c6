// A prompt box that runs as one types, so that Enter finds it done; Shift+Enter begins a line. Words the model has no
// tokens for are underlined by a copy of the text that lies under the box; offered prompts are one choice away.

import { fill, h, uid } from "./dom.ts";

const PAUSE_MS = 1200;
const TALLEST_PX = 140;

export class PromptBox {
  readonly element: HTMLElement;
  private readonly id = uid("prompt");
  private readonly area: HTMLTextAreaElement;
  private readonly under = h("div", { class: "iw-under", "aria-hidden": "true" });
  private readonly unknown = h("span", { class: "iw-unknown", id: uid("unknown") });
  private readonly offers = h("select", { class: "iw-offers", "aria-label": "Prompts this model speaks" });
  private offered = "";
  private burst = 0;
  private typedAt = 0;
  private width = 0;

  constructor(
    label: string,
    private readonly typed: (text: string, burst: string) => void,
    signal: AbortSignal,
  ) {
    const describes = this.unknown.id;
    this.area = h("textarea", { id: this.id, rows: 1, spellcheck: "false", autocomplete: "off", "aria-describedby": describes });
    const box = h("div", { class: "iw-typed" }, this.under, this.area);
    this.element = h("div", { class: "iw-prompt" }, h("label", { for: this.id }, label), box, this.offers, this.unknown);
    this.listen(signal);
  }

  /** Shows the text that Python holds, and what it offers. */
  show(text: string, list: readonly string[]): void {
    if (this.area.value !== text) {
      this.area.value = text;
      this.forget();
      this.fit();
    }
    this.offers.hidden = list.length === 0;
    const offered = list.join("\n");
    if (offered === this.offered && this.offers.options.length > 0) return;
    this.offered = offered;
    fill(this.offers, h("option", {}, "Try a prompt…"), ...list.map((offer) => h("option", { value: offer }, offer)));
  }

  /** Underlines ranges of `text` that the model does not know, unless the box holds another text by now. */
  underline(text: string, ranges: readonly [number, number][]): void {
    if (text !== this.area.value) return;
    const parts: (string | Node)[] = [];
    let at = 0;
    for (const [from, to] of ranges) {
      parts.push(text.slice(at, from), h("u", {}, text.slice(from, to)));
      at = to;
    }
    fill(this.under, ...parts, text.slice(at));
    const names = [...new Set(ranges.map(([from, to]) => text.slice(from, to)))];
    this.unknown.textContent = names.length ? `Not in this model’s vocabulary, read in crumbs: ${names.join(", ")}` : "";
  }

  private listen(signal: AbortSignal): void {
    this.area.addEventListener("input", () => {
      this.fit();
      this.forget();
      this.say(this.area.value);
    }, { signal });
    this.area.addEventListener("keydown", (event) => {
      // While a word is being composed Enter accepts it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.typedAt = 0;
    }, { signal });
    this.area.addEventListener("blur", () => (this.typedAt = 0), { signal });
    this.area.addEventListener("scroll", () => (this.under.scrollTop = this.area.scrollTop), { signal });
    this.offers.addEventListener("change", () => {
      this.typedAt = 0;
      if (this.offers.selectedIndex > 0) this.say(this.offers.value);
      this.offers.selectedIndex = 0;
    }, { signal });
    const resized = new ResizeObserver(() => {
      if (this.area.clientWidth === this.width) return;
      this.width = this.area.clientWidth;
      this.fit();
    });
    resized.observe(this.area);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  private fit(): void {
    this.area.style.height = "auto";
    const needed = this.area.scrollHeight;
    // Zero: not laid out yet. The observer comes back when it is.
    this.area.style.height = needed ? `${Math.min(needed + 2, TALLEST_PX)}px` : "";
  }

  private forget(): void {
    fill(this.under);
    this.unknown.textContent = "";
  }

  /** A pause ends a burst: undo takes back what was typed since the last one. */
  private say(text: string): void {
    const now = Date.now();
    if (now - this.typedAt > PAUSE_MS) this.burst = now;
    this.typedAt = now;
    this.typed(text, `${this.id}-${this.burst}`);
  }
}
