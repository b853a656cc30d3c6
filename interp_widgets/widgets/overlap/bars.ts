// How strongly each feature is on, and what is read of it.

import { s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import type { Ink } from "./plane.ts";
import type { Picture } from "./state.ts";

const [WIDTH, VALUE, TOP, FOOT] = [400, 92, 4, 20];

export function drawBars(shown: Picture, ink: Ink): SVGSVGElement {
  const row = shown.names.length > 8 ? 16 : 34;
  const name = Math.min(120, 16 + 6.6 * Math.max(...shown.names.map((one) => one.length)));
  const height = TOP + row * shown.names.length + FOOT;
  const values = [...shown.strengths, ...shown.readings];
  const [low, high] = [Math.min(0, ...values), Math.max(1, ...values)];
  const x = (value: number): number => name + ((value - low) / (high - low)) * (WIDTH - name - VALUE);
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${height}`, width: WIDTH, height, role: "group", "aria-label": "Strength and reading of every feature", "font-family": "system-ui, sans-serif", "font-size": 11, fill: ink.text });
  svg.append(s("line", { x1: x(0), x2: x(0), y1: TOP, y2: height - FOOT, stroke: ink.faint }));
  shown.names.forEach((text, i) => {
    const [on, read] = [shown.strengths[i]!, shown.readings[i]!];
    const y = TOP + i * row;
    const at = shown.pair.indexOf(i);
    const color = at < 0 ? ink.faint : ink.arrows[at]!.color;
    const group = s("g", { "data-feature": i, role: "img", "aria-label": `${text}: on with ${number(on)}, reads ${number(read)}` });
    const bar = (value: number, top: number, high: number, fill: string): SVGElement => s("rect", { x: Math.min(x(0), x(value)), width: Math.max(Math.abs(x(value) - x(0)), 0.5), y: top, height: high, fill, stroke: color, "stroke-width": 1.2 });
    group.append(s("text", { x: name - 8, y: y + row / 2 + 4, "text-anchor": "end", "font-weight": at < 0 ? 400 : 700 }, text));
    group.append(bar(on, y + 0.14 * row, 0.72 * row, "none"), bar(read, y + 0.32 * row, 0.36 * row, color));
    group.append(s("text", { x: WIDTH - 4, y: y + row / 2 + 4, "text-anchor": "end", fill: ink.text }, `${number(on)} → ${number(read)}`));
    svg.append(group);
  });
  svg.append(s("text", { x: name, y: height - 5, fill: ink.faint }, "hollow: how strongly it is on · filled: what is read of it"));
  return svg;
}
