// The scatter as a drawing: axes, the best of every variant as a line, the front of all as a band behind them.

import { type Shape, SHAPES } from "../attribution/axes.ts";
import { s } from "../shared/dom.ts";
import type { Points, ScaleName } from "./state.ts";

export const MARGIN = { left: 62, right: 16, top: 14, bottom: 42 };

export interface Ink {
  text: string;
  faint: string;
  line: string;
  /** How strong the lines of the grid are, 0..1. */
  grid: number;
  ground: string;
  accent: string;
  /** By number of the variant. */
  variant(index: number): { color: string; dash: string };
}

type More = Record<string, string | number>;

/** Values along one side of the paper. */
export class Scale {
  readonly ticks: number[];
  private readonly low: number;
  private readonly high: number;

  constructor(
    values: readonly number[],
    private readonly name: ScaleName,
    private readonly from: number,
    private readonly to: number,
    room: number,
  ) {
    const onto = values.map((value) => this.onto(value));
    const [low, high] = onto.length ? [Math.min(...onto), Math.max(...onto)] : [0, 1];
    const more = (high - low || Math.abs(high) || 1) * 0.06;
    [this.low, this.high] = [low - more, high + more];
    const most = Math.max(2, Math.floor(Math.abs(to - from) / room));
    this.ticks = name === "log" ? powers(this.low, this.high, most) : steps(this.low, this.high, most);
  }

  at(value: number): number {
    return this.from + ((this.onto(value) - this.low) / (this.high - this.low)) * (this.to - this.from);
  }

  private onto(value: number): number {
    return this.name === "log" ? Math.log2(value) : value;
  }
}

function steps(low: number, high: number, most: number): number[] {
  const rough = (high - low) / most;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * unit).find((size) => size >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** Round numbers within an octave, powers of two for counts, 1, 2, 5 or powers of ten for small shares. */
function powers(low: number, high: number, most: number): number[] {
  if (high - low < 1) return steps(2 ** low, 2 ** high, most).filter((tick) => tick > 0);
  if (low > -1) return steps(low, high, most).filter(Number.isInteger).map((power) => 2 ** power);
  const [from, to] = [Math.floor(low * Math.log10(2)), Math.ceil(high * Math.log10(2))];
  const decades = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const seen = (ticks: number[]): number[] => ticks.filter((tick) => Math.log2(tick) >= low && Math.log2(tick) <= high);
  const fine = seen(decades.flatMap((ten) => [ten, 2 * ten, 5 * ten]));
  return fine.length <= most + 2 ? fine : seen(decades);
}

const tickText = (tick: number): string => String(Number(tick.toPrecision(4))).replace("-", "−");

/** Where points are on a paper of this size. */
export class Places {
  readonly x: Scale;
  readonly y: Scale;

  constructor(
    readonly points: Points,
    readonly width: number,
    readonly height: number,
  ) {
    const values = (measure: typeof points.x): number[] => points.across.map((i) => points.value(i, measure));
    this.x = new Scale(values(points.x), points.state.x_scale, MARGIN.left, width - MARGIN.right, 64);
    this.y = new Scale(values(points.y), points.state.y_scale, height - MARGIN.bottom, MARGIN.top, 46);
  }

  of(point: number): [number, number] {
    return [this.x.at(this.points.value(point, this.points.x)), this.y.at(this.points.value(point, this.points.y))];
  }
}

const shapeOf = (variant: number): Shape => SHAPES[variant % SHAPES.length]!;
const path = (corners: readonly (readonly [number, number])[]): string => corners.map((at) => at.map((v) => v.toFixed(1)).join()).join(" ");

/** The sign of a variant; hollow where the width is not the usual one. */
export function sign(variant: number, x: number, y: number, r: number, ink: Ink, hollow = false): SVGPolygonElement {
  const { color } = ink.variant(variant);
  return s("polygon", { points: path(shapeOf(variant)(x, y, r)), fill: hollow ? ink.ground : color, stroke: color, "stroke-width": hollow ? 1.8 : 1, "stroke-linejoin": "round" });
}

export function drawChart(places: Places, ink: Ink): SVGSVGElement {
  const { points, width, height } = places;
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", "font-family": "system-ui, sans-serif", "font-size": 11, fill: ink.text });
  axes(svg, places, ink);
  const has = new Set(points.across);
  const line = (which: readonly number[], more: More): void => {
    const ends = which.filter((i) => has.has(i)).map((i) => places.of(i));
    if (ends.length > 1) svg.append(s("polyline", { points: path(ends), fill: "none", "stroke-linejoin": "round", "stroke-linecap": "round", ...more }));
  };
  line(points.front, { stroke: ink.text, opacity: 0.16, "stroke-width": 11, class: "iw-pareto-front" });
  points.variants.forEach((variant, i) => {
    const { color, dash } = ink.variant(i);
    line(points.frontOf(points.of(variant)), { stroke: color, "stroke-width": 1.5, "stroke-dasharray": dash });
  });
  for (const i of points.across) {
    const { variant, width: wide, own } = points.all[i]!;
    const [x, y] = places.of(i);
    if (points.front.includes(i)) svg.append(s("circle", { cx: x, cy: y, r: 8, fill: "none", stroke: ink.text, "stroke-width": 1.2, opacity: 0.75 }));
    const mark = sign(points.variants.indexOf(variant), x, y, own ? 6.5 : 4.6, ink, wide !== points.main);
    mark.dataset["point"] = String(i);
    svg.append(mark);
  }
  named(svg, places, ink);
  return svg;
}

function axes(svg: SVGSVGElement, places: Places, ink: Ink): void {
  const { points, width, height, x, y } = places;
  const { left, right, top, bottom } = MARGIN;
  const text = (at: [number, number], words: string, more: More): void => void svg.append(s("text", { x: at[0], y: at[1], ...more }, words));
  const rule = (x1: number, y1: number, x2: number, y2: number): void => void svg.append(s("line", { x1, y1, x2, y2, stroke: ink.line, opacity: ink.grid }));
  for (const tick of x.ticks) {
    rule(x.at(tick), top, x.at(tick), height - bottom);
    text([x.at(tick), height - bottom + 15], tickText(tick), { "text-anchor": "middle", fill: ink.faint });
  }
  for (const tick of y.ticks) {
    rule(left, y.at(tick), width - right, y.at(tick));
    text([left - 7, y.at(tick) + 4], tickText(tick), { "text-anchor": "end", fill: ink.faint });
  }
  const arrow = (better: number, ways: string): string => (better ? ` (${ways[better > 0 ? 1 : 0]} better)` : "");
  text([(left + width - right) / 2, height - 8], points.x.label + arrow(points.x.better, "←→"), { "text-anchor": "middle" });
  const middle = (top + height - bottom) / 2;
  text([13, middle], points.y.label + arrow(points.y.better, "←→"), { "text-anchor": "middle", transform: `rotate(-90 13 ${middle})` });
  if (!points.across.length) text([(left + width - right) / 2, middle], "no point has a place here", { "text-anchor": "middle", fill: ink.faint });
}

/** One's own points and those that are held carry their names, on the side where there is room. */
function named(svg: SVGSVGElement, places: Places, ink: Ink): void {
  const { points, width } = places;
  for (const i of points.across) {
    const { name, own } = points.all[i]!;
    const held = points.pinned.indexOf(i);
    if (!own && held < 0) continue;
    const [x, y] = places.of(i);
    const end = x > width * 0.62;
    if (held >= 0) svg.append(s("circle", { cx: x, cy: y, r: 10, fill: "none", stroke: ink.accent, "stroke-width": 2.2 }));
    const words = (held >= 0 ? `${"AB"[held]} ` : "") + (own ? name : "");
    const more = { x: x + (end ? -13 : 13), y: y + (own ? -8 : 16), "text-anchor": end ? "end" : "start", "font-weight": 700, stroke: ink.ground, "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" };
    svg.append(s("text", more, words.trim()));
  }
}
