// The large chart: one measure of every run over the steps. What changes while training runs are attributes; the
// elements stay, so that a hand on them keeps its hold.

import type { LineStyle } from "../shared/color.ts";
import { clamp, fill, s } from "../shared/dom.ts";
import { brief, KNOBS, type Mark } from "./state.ts";

export interface Line {
  name: string;
  style: LineStyle;
  /** Steps in a bucket, and the step before the first. */
  size: number;
  start: number;
  low: ArrayLike<number>;
  high: ArrayLike<number>;
  faint: boolean;
}

export interface Plot {
  title: string;
  lines: readonly Line[];
  marks: readonly { mark: Mark; style: LineStyle }[];
  /** Steps that training can go back to. */
  kept: readonly number[];
  range: [number, number];
  share: boolean;
  log: boolean;
  width: number;
  height: number;
  /** Where a person looks, and where a rewind would lead. */
  cursor: number | null;
  target: number | null;
  colors: { text: string; faint: string; line: string; accent: string; ground: string };
}

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 28, 30, 40]; // below: the handle, then the steps, then their name
const LETTER = 6;

export class Chart {
  readonly element = s("svg", { class: "iw-train-plot", role: "group", "font-family": "system-ui, sans-serif", "font-size": 11 });
  private readonly grid = s("g");
  private readonly curves = s("g", { fill: "none", "stroke-linejoin": "round" });
  private readonly marks = s("g");
  private readonly kept = s("path", { fill: "none" });
  private readonly over = s("g");
  private range: [number, number] = [0, 1];
  private width = 100;

  constructor() {
    this.element.append(this.grid, this.kept, this.curves, this.marks, this.over);
  }

  /** The step under a point of the screen. */
  at(clientX: number): number {
    const box = this.element.getBoundingClientRect();
    const share = (((clientX - box.left) / box.width) * this.width - LEFT) / (this.width - LEFT - RIGHT);
    return clamp(this.range[0] + share * (this.range[1] - this.range[0]), this.range[0], this.range[1]);
  }

  /** Pixels from the left edge to a step. */
  x(step: number): number {
    return LEFT + ((step - this.range[0]) / (this.range[1] - this.range[0])) * (this.width - LEFT - RIGHT);
  }

  draw(plot: Plot): void {
    const { width, height, range, colors } = plot;
    [this.range, this.width] = [range, width];
    const bottom = height - BOTTOM;
    const x = (step: number): number => this.x(step);
    const { y, ticks } = scaleOf(plot, bottom);
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": plot.title })) this.element.setAttribute(name, String(value));
    if (plot.lines.every(({ low }) => low.length === 0)) {
      fill(this.grid, s("text", { class: "iw-train-none", x: (LEFT + width - RIGHT) / 2, y: (TOP + bottom) / 2, "text-anchor": "middle", fill: colors.faint, "font-size": 12 }, "Nothing is trained yet: the curve grows here."));
    } else fill(
      this.grid,
      ...ticks.flatMap((tick) => [s("line", { x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick), stroke: colors.line }), s("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end", fill: colors.faint }, plot.share ? `${Math.round(100 * tick)} %` : brief(tick))]),
      ...stepTicks(range).map((step) => s("text", { x: x(step), y: bottom + 23, "text-anchor": "middle", fill: colors.faint }, step.toLocaleString("en"))),
      s("text", { x: width - RIGHT, y: height - 3, "text-anchor": "end", fill: colors.faint }, "training step"),
    );
    const inside = plot.kept.filter((step) => step >= range[0] && step <= range[1]);
    this.kept.setAttribute("d", inside.map((step) => `M${x(step).toFixed(1)} ${bottom}v5`).join(""));
    this.kept.setAttribute("stroke", colors.faint);
    this.paths(plot, x, y);
    fill(this.marks, ...this.labels(plot, x, bottom));
    fill(this.over, ...this.pointers(plot, x, bottom));
  }

  private paths(plot: Plot, x: (step: number) => number, y: (value: number) => number): void {
    while (this.curves.childNodes.length < plot.lines.length) this.curves.append(s("path"));
    while (this.curves.childNodes.length > plot.lines.length) this.curves.lastChild!.remove();
    plot.lines.forEach((line, i) => {
      const path = this.curves.childNodes[i] as SVGPathElement;
      path.setAttribute("d", outline(line, plot.range, x, y));
      path.setAttribute("stroke", line.faint ? plot.colors.faint : line.style.color);
      path.setAttribute("stroke-dasharray", line.faint ? "1 3" : line.size > 1 ? "" : line.style.dash);
      path.setAttribute("stroke-width", line.faint ? "1" : "1.5");
      path.dataset["run"] = line.name;
    });
  }

  /** Changes of a knob: a line, and above it what was changed, where there is room. */
  private labels({ marks, range, colors, width }: Plot, x: (step: number) => number, bottom: number): SVGElement[] {
    const free = [-Infinity, -Infinity];
    return marks
      .filter(({ mark: [step] }) => step >= range[0] && step <= range[1])
      .sort((a, b) => a.mark[0] - b.mark[0])
      .flatMap(({ mark: [step, knob, old, now], style }) => {
        const text = `${KNOBS[knob] ?? knob} ${brief(old)} → ${brief(now)}`;
        const at = x(step);
        const room = text.length * LETTER;
        const from = clamp(at - room / 2, LEFT, Math.max(width - RIGHT - room, LEFT));
        const row = free.findIndex((end) => from > end + 4);
        if (row >= 0) free[row] = from + room;
        return [
          s("line", { class: "iw-train-mark", "data-step": step, "data-knob": knob, x1: at, x2: at, y1: TOP - 4, y2: bottom, stroke: style.color, "stroke-dasharray": "4 3" }, s("title", {}, `step ${step}: ${text}`)),
          ...(row < 0 ? [] : [s("text", { x: from, y: 10 + row * 12, fill: colors.text }, text)]),
        ];
      });
  }

  private pointers({ cursor, target, range, colors }: Plot, x: (step: number) => number, bottom: number): SVGElement[] {
    const out: SVGElement[] = [];
    if (cursor !== null && cursor >= range[0] && cursor <= range[1]) out.push(s("line", { x1: x(cursor), x2: x(cursor), y1: TOP, y2: bottom, stroke: colors.text, "stroke-opacity": 0.5 }));
    if (target !== null) {
      const at = clamp(x(target), LEFT, x(range[1]));
      out.push(
        s("rect", { x: at, y: TOP, width: Math.max(x(range[1]) - at, 0), height: bottom - TOP, fill: colors.ground, "fill-opacity": 0.6 }),
        s("line", { "data-target": target, x1: at, x2: at, y1: TOP - 4, y2: bottom + 6, stroke: colors.accent, "stroke-width": 2 }),
        s("text", { x: clamp(at + 6, LEFT, x(range[1]) - 110), y: TOP + 12, fill: colors.text, "font-weight": 600 }, `rewind to step ${target}`),
      );
    }
    return out;
  }
}

/** From least to largest of every bucket, in turn: what decimation leaves of a noisy line. */
export function outline(line: Pick<Line, "low" | "high" | "size" | "start">, range: [number, number], x: (step: number) => number, y: (value: number) => number): string {
  let path = "";
  for (let i = 0; i < line.low.length; i++) {
    const [low, high] = [line.low[i]!, line.high[i]!];
    if (Number.isNaN(low)) continue;
    const step = line.start + (i + 0.5) * line.size + 0.5;
    if (step < range[0] - line.size || step > range[1] + line.size) continue;
    const at = x(clamp(step, range[0], range[1])).toFixed(1);
    path += `${path ? "L" : "M"}${at} ${y(low).toFixed(1)}`;
    if (high !== low) path += `L${at} ${y(high).toFixed(1)}`;
  }
  return path;
}

interface Scale {
  y(value: number): number;
  ticks: number[];
}

function scaleOf({ lines, range, share, log }: Plot, bottom: number): Scale {
  let [low, high, positive] = [Infinity, -Infinity, Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.low.length; i++) {
      const step = line.start + i * line.size;
      if (Number.isNaN(line.low[i]!) || step + line.size < range[0] || step > range[1]) continue;
      low = Math.min(low, line.low[i]!);
      high = Math.max(high, line.high[i]!);
      if (line.low[i]! > 0) positive = Math.min(positive, line.low[i]!);
    }
  }
  const height = bottom - TOP;
  if (share) {
    // What was explained may be far below nothing at first; the curve then begins at the edge.
    const from = low < 0 ? Math.max(low, -0.25) : 0;
    return { y: (value) => bottom - ((clamp(value, from, 1) - from) / (1 - from)) * height, ticks: [0, 0.25, 0.5, 0.75, 1] };
  }
  if (log && positive < Infinity) {
    const [from, to] = [Math.log10(positive) - 0.03, Math.max(Math.log10(high), Math.log10(positive) + 0.3) + 0.03];
    const ticks = [];
    const leads = to - from > 2.5 ? [1] : to - from > 0.8 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 6, 8];
    for (let power = Math.floor(from); power <= to; power++) for (const lead of leads) if (Math.log10(lead) + power >= from && Math.log10(lead) + power <= to) ticks.push(lead * 10 ** power);
    return { y: (value) => bottom - (clamp((Math.log10(Math.max(value, positive)) - from) / (to - from), 0, 1)) * height, ticks };
  }
  const top = high > -Infinity ? Math.max(high, low + 1e-9, 1e-9) : 1;
  const from = low < 0 ? low : 0;
  const step = nice((top - from) / 4);
  const ticks = Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step);
  return { y: (value) => bottom - ((value - from) / (top - from)) * height, ticks };
}

export function nice(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * [1, 2, 5, 10].find((lead) => lead * power >= raw * 0.999)!;
}

function stepTicks([from, to]: [number, number]): number[] {
  const step = Math.max(nice((to - from) / 6), 1);
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}
