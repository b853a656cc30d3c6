// One bar a layer on SVG: filled is measured, hollow and dashed is estimated, and a whisker joins the two. Several pairs
// have their interval, and a run to compare with stands beside, hatched, or is taken off.

import { s, uid } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { type Bar, type Contrast, valueOf } from "./state.ts";

const HEIGHT = 224;
const [LEFT, RIGHT, TOP, BOTTOM] = [74, 4, 24, 46];
export const WIDEST = 860;

export interface Colors {
  bar: string;
  other: string;
  text: string;
  faint: string;
}

export const STYLED: Colors = { bar: "var(--iw-link)", other: "var(--iw-accent)", text: "var(--iw-text)", faint: "var(--iw-faint)" };

export interface Drawing {
  bars: readonly Bar[];
  opened: number;
  /** The layer that the tab key comes to. */
  home: number;
  /** Names of the runs at 0 and at 1. */
  ends: [string, string];
  /** How a compared run is shown; null if there is none. */
  contrast: Contrast | null;
  width: number;
  colors: Colors;
}

const known = (x: number): boolean => Number.isFinite(x);
const signed = (x: number): string => (x > 0 && number(x) !== "0.00" ? `+${number(x)}` : number(x));
const gap = (bar: Bar): number => valueOf(bar) - bar.other;

function range({ bars, contrast }: Drawing): [number, number] {
  if (contrast === "difference") {
    const most = Math.max(0.05, ...bars.map(gap).filter(known).map(Math.abs)) * 1.15;
    return [-most, most];
  }
  const seen = bars.flatMap(({ exact, estimate, low, high, other }) => [exact, estimate, low, high, other]).filter(known);
  // A wild estimate is cut off: what was measured decides the scale.
  const [least, most] = [Math.min(0, ...seen), Math.max(1, ...seen)];
  return [Math.max(least, -2) - 0.05, Math.min(most, 3) + 0.05];
}

function saying(bar: Bar, contrast: Contrast | null): string {
  const value = valueOf(bar);
  if (Number.isNaN(value)) return "not known";
  const measured = known(bar.exact);
  const parts = [`recovery ${number(value)}${measured ? "" : ", estimated"}`];
  if (measured && known(bar.estimate)) parts.push(`estimate ${number(bar.estimate)}`);
  if (known(bar.low)) parts.push(`interval ${number(bar.low)} to ${number(bar.high)}`);
  if (contrast && known(bar.other)) parts.push(`compared run ${number(bar.other)}, difference ${signed(gap(bar))}`);
  return parts.join(", ");
}

/** The drawing; each layer is one group `[data-layer]` with a name for screen readers. */
export function drawBars(drawing: Drawing): SVGSVGElement {
  const { bars, contrast, width, colors } = drawing;
  const hatch = uid("hatch");
  const svg = s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "group", "aria-label": contrast === "difference" ? "Difference of recovery by layer" : "Recovery by layer", "font-family": "system-ui, sans-serif", "font-size": 11, fill: colors.text });
  if (contrast) svg.append(s("defs", {}, s("pattern", { id: hatch, width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, s("line", { x1: 0, y1: 0, x2: 0, y2: 5, stroke: colors.other, "stroke-width": 3 }))));
  const [low, high] = range(drawing);
  const y = (value: number): number => TOP + ((high - Math.min(Math.max(value, low), high)) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const step = (width - LEFT - RIGHT) / bars.length;
  axis(svg, drawing, y);
  for (const bar of bars) {
    const x = LEFT + (bar.layer + 0.18) * step;
    svg.append(column(bar, drawing, x, step, y, hatch));
    const every = Math.ceil(26 / step);
    if (bar.layer % every === 0) svg.lastElementChild!.append(s("text", { x: x + step * 0.32, y: HEIGHT - 16, "text-anchor": "middle", fill: colors.faint }, `L${bar.layer}`));
  }
  if (contrast === "difference") svg.append(s("text", { x: LEFT - 6, y: TOP, "text-anchor": "end", fill: colors.faint }, "difference"));
  return svg;
}

function axis(svg: SVGSVGElement, { ends, contrast, width, colors }: Drawing, y: (value: number) => number): void {
  const marks: [number, string][] = contrast === "difference" ? [[0, "0"]] : [[0, `${ends[0]} 0`], [1, `${ends[1]} 1`]];
  for (const [value, name] of marks) {
    svg.append(s("line", { x1: LEFT, y1: y(value), x2: width - RIGHT, y2: y(value), stroke: value ? colors.faint : colors.text, "stroke-dasharray": value ? "3 3" : "none" }));
    svg.append(s("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, name));
  }
}

function column(bar: Bar, { opened, home, contrast, colors }: Drawing, x: number, step: number, y: (value: number) => number, hatch: string): SVGGElement {
  const measured = known(bar.exact);
  const value = contrast === "difference" ? gap(bar) : valueOf(bar);
  const beside = contrast === "beside" && known(bar.other);
  const wide = step * (beside ? 0.36 : 0.64);
  const group = s("g", { "data-layer": bar.layer, "data-key": `bar${bar.layer}`, "data-known": !known(value) ? "no" : measured ? "exact" : "estimate", role: "button", tabindex: bar.layer === home ? 0 : -1, "data-home": bar.layer === home, "aria-expanded": String(bar.layer === opened), "aria-label": `layer ${bar.layer}: ${saying(bar, contrast)}` });
  group.append(s("rect", { class: "iw-patch-hit", x: x - step * 0.18 + 1, y: 2, width: Math.max(step - 2, 1), height: HEIGHT - 4, rx: 4, fill: "transparent", stroke: bar.layer === opened ? colors.text : "none", "stroke-width": 1.5 }));
  const block = (at: number, width: number, to: number, look: Record<string, string | number>): void => {
    group.append(s("rect", { x: at, y: Math.min(y(0), y(to)), width, height: Math.max(Math.abs(y(to) - y(0)), 1), rx: 1.5, "stroke-width": 1.2, ...look }));
  };
  const line = (x1: number, y1: number, x2: number, y2: number, width = 1): void => {
    group.append(s("line", { x1, y1, x2, y2, stroke: colors.text, "stroke-width": width }));
  };
  if (beside) block(x + step * 0.38, step * 0.26, bar.other, { class: "iw-patch-compared", fill: `url(#${hatch})`, stroke: colors.other });
  if (!known(value)) return group;
  block(x, wide, value, { class: "iw-patch-bar", fill: measured ? colors.bar : "none", stroke: colors.bar, "stroke-dasharray": measured ? "none" : "4 3" });
  const spread = contrast !== "difference" && known(bar.low);
  if (spread) {
    const [middle, arm] = [x + wide / 2, Math.min(wide / 4, 6)];
    for (const end of [bar.low, bar.high]) line(middle - arm, y(end), middle + arm, y(end), 1.5);
    line(middle, y(bar.low), middle, y(bar.high), 1.5);
  } else if (contrast !== "difference" && measured && known(bar.estimate)) {
    // Beside the number: a whisker through the middle would cross it.
    const at = x + wide * 0.86;
    line(at, y(bar.exact), at, y(bar.estimate));
    line(at - 5, y(bar.estimate), at + 5, y(bar.estimate), 2);
  }
  if (wide > 24) {
    const above = Math.min(y(0), y(value), spread ? y(bar.high) : HEIGHT);
    const below = Math.max(y(0), y(value), spread ? y(bar.low) : 0);
    group.append(s("text", { x: x + wide / 2, y: value < 0 ? below + 12 : above - 5, "text-anchor": "middle" }, contrast === "difference" ? signed(value) : number(value)));
  }
  return group;
}
