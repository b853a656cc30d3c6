// How the loss fell, on a scale of powers of ten, with a line where the settings changed.

import { s } from "../shared/dom.ts";
import type { Ink } from "./heat.ts";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [252, 250, 42, 8, 10, 34];

export function drawLoss(steps: Float32Array, losses: Float32Array, changes: readonly number[], ink: Ink): SVGSVGElement {
  const svg = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, role: "img", "aria-label": "Loss by training step", "font-family": "system-ui, sans-serif", "font-size": 11, fill: ink.faint });
  const logs = Array.from(losses, (loss) => Math.log10(Math.max(loss, 1e-9)));
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs) + 1e-6)];
  const last = Math.max(steps.at(-1) ?? 1, 1);
  const x = (step: number): number => LEFT + (step / last) * (WIDTH - LEFT - RIGHT);
  const y = (log: number): number => TOP + ((high - log) / Math.max(high - low, 1)) * (HEIGHT - TOP - BOTTOM);
  const every = Math.ceil((high - low) / 5);
  for (let power = low; power <= high; power += every) {
    svg.append(s("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(power), y2: y(power), stroke: ink.line }), s("text", { x: LEFT - 5, y: y(power) + 4, "text-anchor": "end" }, power < -3 ? `1e${power}` : String(10 ** power)));
  }
  for (const step of changes) svg.append(s("line", { x1: x(step), x2: x(step), y1: TOP, y2: HEIGHT - BOTTOM, stroke: ink.faint, "stroke-dasharray": "2 3", "data-change": step }));
  for (const step of [0, last]) svg.append(s("text", { x: x(step), y: HEIGHT - BOTTOM + 15, "text-anchor": step ? "end" : "start" }, String(Math.round(step))));
  svg.append(s("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 5, "text-anchor": "middle" }, "training step"));
  const path = logs.map((log, i) => `${i ? "L" : "M"}${x(steps[i]!).toFixed(1)} ${y(log).toFixed(1)}`).join("");
  svg.append(s("path", { d: path, fill: "none", stroke: ink.text, "stroke-width": 1.8, "stroke-linejoin": "round" }));
  if (logs.length === 1) svg.append(s("circle", { cx: x(0), cy: y(logs[0]!), r: 3, fill: ink.text }));
  return svg;
}
