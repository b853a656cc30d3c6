// The scatter as files: a drawing and a table.

import { lineStyle } from "../shared/color.ts";
import { s } from "../shared/dom.ts";
import { csvLine } from "../shared/keep.ts";
import { Axes, label, MARGIN, SHAPES } from "./axes.ts";
import type { Points } from "./state.ts";

const [WIDTH, HEIGHT, ROW] = [760, 540, 18];

export function picture(points: Points, dark: boolean, ink: string, ground: string): SVGSVGElement {
  const axes = new Axes(points, WIDTH, HEIGHT);
  const { groups, unit, worst } = points.raw;
  const height = HEIGHT + ROW * groups.length + 8;
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, "font-family": "system-ui, sans-serif", "font-size": 12, fill: ink });
  svg.append(s("rect", { width: WIDTH, height, fill: ground }));
  const line = (x1: number, y1: number, x2: number, y2: number, more: Record<string, string | number>): void => void svg.append(s("line", { x1, y1, x2, y2, stroke: ink, ...more }));
  const text = (x: number, y: number, words: string, more: Record<string, string | number> = {}): void => void svg.append(s("text", { x, y, ...more }, words));
  for (const tick of axes.ticksX) {
    line(axes.left(tick), MARGIN.top, axes.left(tick), HEIGHT - MARGIN.bottom, { opacity: 0.15 });
    text(axes.left(tick), HEIGHT - MARGIN.bottom + 15, label(tick), { "text-anchor": "middle" });
  }
  for (const tick of axes.ticksY) {
    line(MARGIN.left, axes.top(tick), WIDTH - MARGIN.right, axes.top(tick), { opacity: 0.15 });
    text(MARGIN.left - 6, axes.top(tick) + 4, label(tick), { "text-anchor": "end" });
  }
  if (axes.equal) line(...axes.equal, { "stroke-dasharray": "5 4", opacity: 0.6 });
  text(WIDTH / 2, HEIGHT - 6, `exact change of ${unit}`, { "text-anchor": "middle" });
  text(12, HEIGHT / 2, "estimated", { "text-anchor": "middle", transform: `rotate(-90 12 ${HEIGHT / 2})` });
  const mark = (group: number, x: number, y: number): void => void svg.append(s("polygon", { points: SHAPES[group % SHAPES.length]!(x, y, 4).map((at) => at.map((v) => v.toFixed(1)).join()).join(" "), fill: lineStyle(group, dark ? "dark" : "light").color, opacity: 0.8 }));
  for (const cell of points.across) mark(points.group(cell), axes.left(points.exact[cell]!), axes.top(points.estimate[cell]!));
  for (const cell of worst) {
    const x = axes.left(points.exact[cell]!);
    const end = x > WIDTH * 0.75;
    text(x + (end ? -9 : 9), axes.top(points.estimate[cell]!) + 4, points.name(cell), { "text-anchor": end ? "end" : "start", "font-weight": 600, "font-size": 11 });
  }
  groups.forEach(({ kind }, i) => {
    mark(i, MARGIN.left + 6, HEIGHT + ROW * i + 8);
    text(MARGIN.left + 18, HEIGHT + ROW * i + 12, kind);
  });
  return svg;
}

export function table(points: Points): string {
  const lines = [csvLine(["cell", "kind", "estimate", "exact", "error"])];
  for (let i = 0; i < points.count; i++) lines.push(csvLine([points.name(i), points.raw.groups[points.group(i)]!.kind, points.estimate[i]!, points.exact[i]!, points.error(i)]));
  return `${lines.join("\r\n")}\r\n`;
}
