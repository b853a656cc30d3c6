// Where the runs stand: few latents and much variance explained is to the upper left. The front joins those that none
// other beats at both.

import type { LineStyle } from "../shared/color.ts";
import { clamp, fill, s } from "../shared/dom.ts";
import { nice } from "./chart.ts";
import { placed } from "./names.ts";
import { brief, MEASURES } from "./state.ts";
import { ends, type Run } from "./store.ts";

const [WIDTH, HEIGHT] = [300, 236];
const [LEFT, RIGHT, TOP, BOTTOM] = [50, 14, 12, 32];
const [L0, FVE] = [MEASURES.indexOf("l0"), MEASURES.indexOf("fve")];
const TRAIL = 160;

export interface Point {
  l0: number;
  fve: number;
}

export function standing(run: Run): Point | null {
  const [l0, fve] = [run.now.now[L0], run.now.now[FVE]];
  return l0 == null || fve == null ? null : { l0, fve };
}

/** Which points no other beats: none has as few latents and as much explained, and more of one. */
export function front(points: readonly (Point | null)[]): number[] {
  const known = points.flatMap((point, i) => (point ? [{ ...point, i }] : []));
  return known.filter((one) => !known.some((other) => other.l0 <= one.l0 && other.fve >= one.fve && (other.l0 < one.l0 || other.fve > one.fve))).sort((a, b) => a.l0 - b.l0).map(({ i }) => i);
}

/** One a run, so that colour is never alone: circle, square, triangle, diamond, plus, cross. */
export const SHAPES = ["M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0", "M-4.5 -4.5h9v9h-9z", "M0 -6l6 10h-12z", "M0 -6l6 6l-6 6l-6 -6z", "M-2 -6h4v4h4v4h-4v4h-4v-4h-4v-4h4z", "M-5 -3l2 -2l3 3l3 -3l2 2l-3 3l3 3l-2 2l-3 -3l-3 3l-2 -2l3 -3z"];

export interface Colors {
  text: string;
  faint: string;
  line: string;
  ground: string;
}

export function drawFront(svg: SVGSVGElement, runs: readonly Run[], styles: readonly LineStyle[], chosen: number, colors: Colors, sides: Map<string, number>): void {
  const points = runs.map(standing);
  const known = points.filter((point) => point !== null);
  const wide = nice(Math.max(...known.map(({ l0 }) => l0 * 1.2), 1));
  // From the quarter below the lowest, so that runs that are close to each other stand apart.
  const least = Math.min(...known.map(({ fve }) => fve), 1);
  const low = known.length === 0 ? 0 : clamp(Math.floor((least - 0.1) * 4) / 4, -1, 0.75);
  const x = (l0: number): number => LEFT + clamp(l0 / wide, 0, 1) * (WIDTH - LEFT - RIGHT);
  const y = (fve: number): number => HEIGHT - BOTTOM - ((clamp(fve, low, 1) - low) / (1 - low)) * (HEIGHT - TOP - BOTTOM);
  for (const [name, value] of Object.entries({ width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "font-family": "system-ui, sans-serif", "font-size": 11 })) svg.setAttribute(name, String(value));
  const best = front(points);
  const said = runs.map((run, i) => `${run.about.name}: ${points[i] ? `L0 ${brief(points[i].l0)}, FVE ${Math.round(100 * points[i].fve)} %` : "not trained"}`);
  svg.setAttribute("aria-label", `L0 against FVE. ${said.join("; ")}.`);
  const step = nice(wide / 4);
  const places = points.map((point) => point && ([x(point.l0), y(point.fve)] as const));
  const names = runs.length > 1 ? placed(places, runs.map(({ about }) => about.name), { left: LEFT, right: WIDTH - 2, top: 0, bottom: HEIGHT - BOTTOM }, sides) : [];
  const across = known.length === 0 ? [] : Array.from({ length: Math.floor(wide / step) + 1 }, (_, i) => i * step);
  fill(
    svg,
    ...ticksOf(low).flatMap((tick) => [s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick), stroke: colors.line }), s("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end", fill: colors.faint }, `${Math.round(100 * tick)} %`.replace("-", "−"))]),
    ...across.map((tick) => s("text", { x: x(tick), y: HEIGHT - BOTTOM + 15, "text-anchor": "middle", fill: colors.faint }, brief(tick))),
    s("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 3, "text-anchor": "middle", fill: colors.faint }, "L0, latents a token (fewer is sparser)"),
    ...runs.map((run, i) => s("path", { d: trail(run, x, y, wide, low), fill: "none", stroke: styles[i]!.color, "stroke-width": 1, "stroke-opacity": 0.55, "stroke-dasharray": styles[i]!.dash || null })),
    best.length > 1 ? s("path", { class: "iw-train-front", d: best.map((i, n) => `${n ? "L" : "M"}${x(points[i]!.l0)} ${y(points[i]!.fve)}`).join(""), fill: "none", stroke: colors.text, "stroke-width": 1.5 }) : null,
    ...places.flatMap((place, i) => {
      return place ? [s("path", { "data-run": i, d: SHAPES[i % SHAPES.length]!, transform: `translate(${place.join(" ")})`, fill: styles[i]!.color, stroke: i === chosen ? colors.text : colors.ground, "stroke-width": i === chosen ? 2 : 1 })] : [];
    }),
    ...names.map((spot) => spot && s("text", { class: "iw-train-name", x: spot.x, y: spot.y, "text-anchor": spot.anchor, fill: colors.text, stroke: colors.ground, "stroke-width": 3, "paint-order": "stroke", "stroke-linejoin": "round" }, spot.text)),
  );
}

/** How a run came to where it is, from where it is in the picture on. */
function trail(run: Run, x: (l0: number) => number, y: (fve: number) => number, wide: number, low: number): string {
  const every = Math.max(Math.ceil(run.length / TRAIL), 1);
  let [path, open] = ["", false];
  for (let bucket = 0; bucket < run.length; bucket += every) {
    const [l0, fve] = [middle(run, L0, bucket), middle(run, FVE, bucket)];
    const inside = l0 <= wide && fve >= low;
    if (inside) path += `${open ? "L" : "M"}${x(l0).toFixed(1)} ${y(fve).toFixed(1)}`;
    open = inside;
  }
  return path;
}

function middle(run: Run, measure: number, bucket: number): number {
  const [low, high] = ends(run, measure, bucket);
  return (low + high) / 2;
}

function ticksOf(low: number): number[] {
  const step = nice((1 - low) / 4);
  return Array.from({ length: Math.round((1 - low) / step) + 1 }, (_, i) => 1 - i * step).filter((tick) => tick >= low - 1e-9);
}
