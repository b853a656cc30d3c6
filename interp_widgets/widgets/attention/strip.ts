// The prompt as text. A token pointed at is joined by lines to what it looks at (before it) and to what looks at it
// (after it); the shade behind a token is the open head's weight.

import type { Ramp } from "../shared/color.ts";
import { clamp, fill, h, s, uid } from "../shared/dom.ts";
import { isSpecial, split, visible } from "../shared/tokens.ts";
import { type Pattern, shade, type Weight } from "./pattern.ts";
import type { First } from "./state.ts";

const MOST_LINES = 8;
const MOST_NUMBERS = 6;
const NUMBER_PX = 30;
const LEAST_SHARE = 0.02;

export interface StripEvents {
  hover(pos: number | null, byKey: boolean): void;
  pick(pos: number): void;
}

export interface StripLook {
  patterns: readonly Pattern[];
  first: First;
  ramp: Ramp;
  focus: number;
  picked: number;
  lit: number | null;
  words(weight: Weight): string;
}

export class Strip {
  readonly element: HTMLElement;
  private readonly list = h("div", { class: "iw-att-tokens" });
  private readonly lines = s("svg", { class: "iw-att-lines", "aria-hidden": "true" });
  private readonly id = uid("token");
  private tokens: readonly string[] = [];
  private spans: HTMLElement[] = [];
  private look: StripLook | null = null;

  constructor(
    private readonly events: StripEvents,
    signal: AbortSignal,
  ) {
    const inner = h("div", { class: "iw-att-inner" }, this.list);
    inner.append(this.lines);
    this.element = h("div", { class: "iw-att-strip", role: "listbox", tabindex: 0, "aria-label": "Tokens: arrows point, Enter holds one" }, inner);
    const on = <K extends keyof HTMLElementEventMap>(name: K, run: (event: HTMLElementEventMap[K]) => void): void =>
      this.element.addEventListener(name, run, { signal });
    on("pointermove", (e) => {
      const at = this.at(e.target);
      if (at !== null) this.events.hover(at, false);
    });
    on("pointerleave", () => this.events.hover(null, false));
    on("click", (e) => {
      const at = this.at(e.target);
      if (at !== null) this.events.pick(at);
    });
    on("keydown", (e) => this.key(e));
    on("focus", () => this.element.matches(":focus-visible") && this.events.hover(this.look?.focus ?? 0, true));
    on("blur", () => this.events.hover(null, false));
    const resized = new ResizeObserver(() => this.look && this.show(this.tokens, this.look));
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  show(tokens: readonly string[], look: StripLook): void {
    if (this.tokens !== tokens) {
      this.tokens = tokens;
      this.spans = tokens.map((token, i) => {
        const { lead, body } = split(token);
        return h("span", { class: "iw-att-token", role: "option", id: `${this.id}-${i}`, "data-pos": i, "data-special": isSpecial(token), "aria-label": `token ${i}, ${visible(token)}` }, lead ? h("i", {}, "·") : null, body);
      });
      fill(this.list, ...this.spans);
    }
    this.look = look;
    this.colour();
    this.join();
  }

  private colour(): void {
    const { patterns, focus, picked, lit, first, ramp } = this.look!;
    const open = patterns[0];
    if (lit === null) delete this.element.dataset["lit"];
    else this.element.dataset["lit"] = String(lit);
    this.element.dataset["focus"] = String(focus);
    this.element.setAttribute("aria-activedescendant", `${this.id}-${focus}`);
    this.spans.forEach((span, i) => {
      const value = !open ? NaN : i <= focus ? open.value(focus, i) : open.value(i, focus);
      const unseen = !open || (first === "hidden" && Math.min(i, focus) === 0 && i !== focus);
      const level = unseen ? -1 : Math.round(shade(value, open.top) * 255);
      const dim = first === "dimmed" && i === 0 && focus !== 0;
      span.style.backgroundColor = level < 0 ? "" : `rgb(${ramp.rgb.subarray(level * 3, level * 3 + 3).join(" ")} / ${dim ? 0.3 : 1})`;
      span.style.color = level < 0 || dim ? "" : ramp.ink[level]!;
      span.dataset["on"] = String(i === focus);
      span.setAttribute("aria-selected", String(i === picked));
    });
  }

  /** Lines of the strongest weights, each ending in a dot at the token looked at. */
  private join(): void {
    const { patterns, focus, first } = this.look!;
    const [width, height] = [this.list.offsetWidth, this.list.offsetHeight];
    this.lines.setAttribute("width", String(width));
    this.lines.setAttribute("height", String(height));
    const parts: SVGElement[] = [];
    patterns.forEach((pattern, which) => {
      if (first === "hidden" && focus === 0) return;
      const least = LEAST_SHARE * pattern.top;
      const strong = (weights: Weight[]): Weight[] => weights.filter(({ pos, value }) => pos !== focus && value >= least).slice(0, MOST_LINES);
      const ahead = strong(pattern.looksAt(focus, first === "hidden" ? 1 : 0));
      const behind = strong(pattern.lookedAtBy(focus));
      for (const weight of ahead) parts.push(...this.line(focus, weight.pos, weight, which, pattern.top));
      for (const weight of behind) parts.push(...this.line(weight.pos, focus, weight, which, pattern.top));
      if (which === 0) parts.push(...this.numbers([...ahead.slice(0, MOST_NUMBERS), ...behind.slice(0, MOST_NUMBERS)]));
    });
    fill(this.lines, ...parts);
  }

  private line(dst: number, src: number, { value }: Weight, which: number, top: number): SVGElement[] {
    const [a, b] = [this.spans[dst], this.spans[src]];
    if (!a || !b) return [];
    const middle = (span: HTMLElement): number => span.offsetLeft + span.offsetWidth / 2 + which * 4;
    const [x0, y0, x1, y1] = [middle(a), a.offsetTop, middle(b), b.offsetTop];
    const rise = clamp(Math.abs(x1 - x0) * 0.22, 10, 34);
    const d = `M${x0} ${y0}C${x0} ${y0 - rise} ${x1} ${y1 - rise} ${x1} ${y1}`;
    const wide = 0.8 + 3 * Math.min(value / top, 1);
    const names = `iw-att-line iw-att-${which === 0 ? "open" : "pinned"}`;
    return [s("path", { d, class: names, "stroke-width": wide.toFixed(2), "data-dst": dst, "data-src": src }), s("circle", { cx: x1, cy: y1, r: (1.6 + wide / 3).toFixed(2), class: names })];
  }

  /** Weights under their tokens, the strongest first; one that would touch another is left to the lists. */
  private numbers(weights: Weight[]): SVGElement[] {
    const taken: [number, number][] = [];
    const parts: SVGElement[] = [];
    for (const weight of weights.sort((a, b) => b.value - a.value)) {
      const span = this.spans[weight.pos]!;
      const [x, y] = [span.offsetLeft + span.offsetWidth / 2, span.offsetTop + span.offsetHeight + 10];
      if (taken.some(([other, line]) => line === y && Math.abs(other - x) < NUMBER_PX)) continue;
      taken.push([x, y]);
      parts.push(s("text", { x, y, "text-anchor": "middle" }, this.look!.words(weight)));
    }
    return parts;
  }

  private at(target: EventTarget | null): number | null {
    const span = (target as Element | null)?.closest<HTMLElement>("[data-pos]");
    return span ? Number(span.dataset["pos"]) : null;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.look) return;
    const at = this.look.focus;
    const moves: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - 10, ArrowDown: at + 10, PageUp: at - 50, PageDown: at + 50, Home: 0, End: this.tokens.length - 1 };
    const to = moves[event.key];
    if (to !== undefined) {
      const pos = clamp(to, 0, this.tokens.length - 1);
      this.events.hover(pos, true);
      this.reveal(pos);
    } else if (event.key === "Enter" || event.key === " ") this.events.pick(at);
    else if (event.key === "Escape") this.events.hover(null, true);
    else return;
    event.preventDefault();
  }

  /** Scrolls so that a token is in sight. */
  reveal(pos: number): void {
    const span = this.spans[pos]!;
    const box = this.element;
    if (span.offsetTop - 36 < box.scrollTop) box.scrollTop = span.offsetTop - 36;
    else if (span.offsetTop + 40 > box.scrollTop + box.clientHeight) box.scrollTop = span.offsetTop + 40 - box.clientHeight;
  }
}
