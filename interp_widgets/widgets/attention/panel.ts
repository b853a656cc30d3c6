// One head: its name and facts, its pattern, and in numbers where the token pointed at looks and what looks at it.

import type { Ramp } from "../shared/color.ts";
import { fill, h } from "../shared/dom.ts";
import { nameOf } from "../shared/heads.ts";
import { percent, short, tokenElement, visible } from "../shared/tokens.ts";
import { Tooltip } from "../shared/tooltip.ts";
import { Matrix, type MatrixEvents, type Point } from "./matrix.ts";
import type { Pattern, Weight } from "./pattern.ts";
import { type First, type Weights } from "./state.ts";

const LISTED = 5;

/** A weight as people read it: a share, or a length. */
export const words = (weights: Weights, value: number): string => (weights === "raw" ? percent(value) : short(value));

/** How far off, when bytes were sent. */
const within = (weights: Weights, off: number): string => {
  if (off === 0) return "";
  return weights === "raw" ? ` ± ${Number((100 * off).toPrecision(1))} points` : ` ± ${Number(off.toPrecision(1))}`;
};

export interface PanelLook {
  pattern: Pattern;
  tokens: readonly string[];
  first: First;
  ramp: Ramp;
  score: string;
}

export class Panel {
  readonly element: HTMLElement;
  readonly lists = h("div", { class: "iw-att-lists" });
  readonly matrix: Matrix;
  private readonly head = h("div", { class: "iw-head" });
  private readonly tooltip = new Tooltip();
  private look: PanelLook | null = null;

  constructor(
    events: MatrixEvents,
    private readonly buttons: readonly HTMLElement[],
    signal: AbortSignal,
  ) {
    this.matrix = new Matrix(events, signal);
    this.element = h("div", { class: "iw-att-panel" }, this.head, this.matrix.element, this.tooltip.element);
  }

  /** The head is open, but its numbers are not here. */
  wait(name: string, why: string): void {
    this.look = null;
    this.tooltip.hide();
    this.matrix.element.hidden = true;
    fill(this.lists);
    fill(this.head, h("b", {}, name), h("span", {}, why), ...this.buttons);
  }

  show(look: PanelLook): void {
    this.look = look;
    const { pattern, tokens, first } = look;
    this.matrix.element.hidden = false;
    this.matrix.show(pattern, tokens, first, look.ramp);
    const hidden = first === "shown" ? "" : `, ${first}`;
    const rest = restingShare(pattern);
    const sink = tokens.length < 2 ? "" : pattern.weights === "raw" ? `first token takes ${percent(rest)}${hidden}` : `first token adds ${short(rest)} a token${hidden}`;
    fill(this.head, h("b", {}, nameOf(pattern.name)), h("span", {}, look.score), h("span", {}, sink), h("span", { class: "iw-att-buttons" }, ...this.buttons));
  }

  get pattern(): Pattern | null {
    return this.look?.pattern ?? null;
  }

  point(point: Point | null, focus: number, here: boolean): void {
    if (!this.look) return;
    const cell = point?.src == null ? null : { dst: point.dst, src: point.src };
    this.matrix.mark(point, focus, cell ? this.told(cell.dst, cell.src) : this.words(focus));
    this.list(focus);
    if (cell && here) this.tooltip.show(this.matrix.box(cell), this.element.getBoundingClientRect(), ...this.tip(cell.dst, cell.src));
    else this.tooltip.hide();
  }

  /** A cell in words. */
  private told(dst: number, src: number): string {
    const { pattern, tokens } = this.look!;
    return `token ${dst} ${visible(tokens[dst]!)} looks at token ${src} ${visible(tokens[src]!)}: ${words(pattern.weights, pattern.value(dst, src))}`;
  }

  /** Where a token looks most, in words. */
  words(pos: number): string {
    if (!this.look) return "";
    const { pattern, tokens, first } = this.look;
    const [top] = pattern.looksAt(pos, first === "hidden" && pos > 0 ? 1 : 0);
    return top ? `token ${pos} ${visible(tokens[pos]!)} looks most at token ${top.pos} ${visible(tokens[top.pos]!)}: ${words(pattern.weights, top.value)}` : "";
  }

  private tip(dst: number, src: number): Node[] {
    const { pattern, tokens } = this.look!;
    const off = pattern.off(dst, src);
    const value = pattern.value(dst, src);
    const length = pattern.length(dst, src);
    const amount = pattern.weights === "raw" ? `weight ${value < 5e-5 && value > 0 ? "<0.005" : (100 * value).toFixed(value < 0.1 ? 2 : 1)}%` : `adds ${value.toFixed(3)}`;
    const other = pattern.weights === "raw" ? `value-weighted: adds ${short(value * length)}` : `raw weight ${percent(length > 0 ? value / length : 0)}`;
    return [
      h("h4", {}, tokenElement(tokens[dst]!), h("small", {}, ` (token ${dst}) looks at `), tokenElement(tokens[src]!), h("small", {}, ` (token ${src})`)),
      h("div", {}, `${amount}${within(pattern.weights, off)}`),
      h("p", {}, `${other}; a weight of 1 here adds ${short(length)} to the stream.`),
      off > 0 ? h("p", {}, "Sent as a byte; click to hold the token and get exact weights.") : h("p", {}, "Exact."),
    ];
  }

  private list(focus: number): void {
    const { pattern, tokens, first } = this.look!;
    const from = first === "hidden" && focus > 0 ? 1 : 0;
    const entries = (found: Weight[]): HTMLElement[] =>
      found.slice(0, LISTED).map(({ pos, value, off }) => {
        const bar = h("span", {});
        bar.style.width = `${Math.max(Math.min(value / pattern.top, 1) * 100, 0.5)}%`;
        const amount = `${words(pattern.weights, value)}`;
        return h("li", { title: `${amount}${within(pattern.weights, off)}` }, h("span", { class: "iw-att-pos" }, String(pos)), tokenElement(tokens[pos]!), h("span", { class: "iw-att-track" }, bar), h("span", { class: "iw-num" }, amount));
      });
    const behind = first === "hidden" && focus === 0 ? [] : pattern.lookedAtBy(focus);
    const column = (title: string, found: Weight[], none: string): HTMLElement =>
      h("div", {}, h("p", { class: "iw-att-title" }, h("b", {}, `${nameOf(pattern.name)} · `), tokenElement(tokens[focus]!), ` ${title}`), found.length ? h("ol", {}, ...entries(found)) : h("p", {}, none));
    fill(this.lists, column("looks at", pattern.looksAt(focus, from), "nothing"), column("is looked at by", behind, "its column is hidden"));
  }
}

/** What the first token gets on average from the others. */
function restingShare(pattern: Pattern): number {
  let sum = 0;
  for (let dst = 1; dst < pattern.n; dst++) sum += pattern.value(dst, 0);
  return pattern.n > 1 ? sum / (pattern.n - 1) : 0;
}
