// One bar a layer on SVG: filled is measured, hollow and dashed is estimated, and a whisker joins the two.

import { s } from "../shared/dom.ts";
import { type Bar, number, valueOf } from "./state.ts";

const HEIGHT = 224;
const [LEFT, RIGHT, TOP, BOTTOM] = [74, 4, 20, 46];
export const WIDEST = 860;

export interface Colors {
  bar: string;
  text: string;
  faint: string;
  line: string;
}

export const STYLED: Colors = { bar: "var(--iw-link)", text: "var(--iw-text)", faint: "var(--iw-faint)", line: "var(--iw-line)" };

function range(bars: readonly Bar[]): [number, number] {
  const known = bars.flatMap(({ exact, estimate }) => [exact, estimate]).filter((x) => Number.isFinite(x));
  // A wild estimate is cut off: what was measured decides the scale.
  const [low, high] = [Math.min(0, ...known), Math.max(1, ...known)];
  return [Math.max(low, -2) - 0.05, Math.min(high, 3) + 0.05];
}

/** The drawing; each layer is one group `[data-layer]` with a name for screen readers. */
export function drawBars(bars: readonly Bar[], opened: number, home: number, ends: [string, string], width = WIDEST, colors: Colors = STYLED): SVGSVGElement {
  const svg = s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "group", "aria-label": "Recovery by layer", "font-family": "system-ui, sans-serif", "font-size": 11, fill: colors.text });
  const [low, high] = range(bars);
  const y = (value: number): number => TOP + ((high - Math.min(Math.max(value, low), high)) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const line = (x1: number, y1: number, x2: number, y2: number, more: Record<string, string | number> = {}): SVGElement => s("line", { x1, y1, x2, y2, stroke: colors.text, ...more });
  for (const [value, name] of [[0, ends[0]], [1, ends[1]]] as const) {
    svg.append(line(LEFT, y(value), width - RIGHT, y(value), { stroke: value ? colors.faint : colors.text, "stroke-dasharray": value ? "3 3" : "none" }));
    svg.append(s("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, `${name} ${value}`));
  }
  const step = (width - LEFT - RIGHT) / bars.length;
  for (const bar of bars) {
    const [x, wide, value] = [LEFT + (bar.layer + 0.18) * step, step * 0.64, valueOf(bar)];
    const measured = !Number.isNaN(bar.exact);
    const says = Number.isNaN(value) ? "not known" : `recovery ${number(value)}${measured ? "" : ", estimated"}${measured && !Number.isNaN(bar.estimate) ? `, estimate ${number(bar.estimate)}` : ""}`;
    const group = s("g", { "data-layer": bar.layer, "data-key": `bar${bar.layer}`, "data-known": Number.isNaN(value) ? "no" : measured ? "exact" : "estimate", role: "button", tabindex: bar.layer === home ? 0 : -1, "data-home": bar.layer === home, "aria-expanded": String(bar.layer === opened), "aria-label": `layer ${bar.layer}: ${says}` });
    group.append(s("rect", { class: "iw-patch-hit", x: LEFT + bar.layer * step + 1, y: 2, width: Math.max(step - 2, 1), height: HEIGHT - 4, rx: 4, fill: "transparent", stroke: bar.layer === opened ? colors.text : "none", "stroke-width": 1.5 }));
    if (!Number.isNaN(value)) {
      const [top, bottom] = [Math.min(y(0), y(value)), Math.max(y(0), y(value))];
      group.append(s("rect", { class: "iw-patch-bar", x, y: top, width: wide, height: Math.max(bottom - top, 1), rx: 1.5, fill: measured ? colors.bar : "none", stroke: colors.bar, "stroke-width": 1.2, "stroke-dasharray": measured ? "none" : "4 3" }));
      if (wide > 26) group.append(s("text", { x: x + wide / 2, y: value < 0 ? bottom + 12 : top - 5, "text-anchor": "middle" }, number(value)));
    }
    if (measured && !Number.isNaN(bar.estimate)) {
      // Beside the number: a whisker through the middle would cross it.
      const at = x + wide * 0.86;
      group.append(line(at, y(bar.exact), at, y(bar.estimate)), line(at - 5, y(bar.estimate), at + 5, y(bar.estimate), { "stroke-width": 2 }));
    }
    group.append(s("text", { x: x + wide / 2, y: HEIGHT - 16, "text-anchor": "middle", fill: colors.faint }, step < 26 && bar.layer % 4 ? "" : `L${bar.layer}`));
    svg.append(group);
  }
  return svg;
}
