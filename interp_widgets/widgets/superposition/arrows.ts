// Where the features lie: as arrows where there are two dimensions or one, else as the share of a dimension each has.

import type { LineStyle } from "../shared/color.ts";
import { s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import type { Ink } from "./heat.ts";
import { direction, dot, type Moment, shares } from "./state.ts";

const SIZE = 250;
const HELD = 0.5; // squared norm from which a feature counts as represented
const HEAD = 0.09;

export const inPlane = ({ hidden }: Moment): boolean => hidden <= 2;

export function drawPlaces(moment: Moment, products: Float32Array, picked: number, styles: (feature: number) => LineStyle, ink: Ink): SVGSVGElement {
  return inPlane(moment) ? arrows(moment, picked, styles, ink) : bars(moment, products, picked, ink);
}

function arrows(moment: Moment, picked: number, styles: (feature: number) => LineStyle, ink: Ink): SVGSVGElement {
  const reach = 1.5;
  const svg = s("svg", { viewBox: `${-reach} ${-reach} ${2 * reach} ${2 * reach}`, width: SIZE, height: SIZE, role: "img", "aria-label": "Directions of the features", "font-family": "system-ui, sans-serif", "font-size": 0.13, fill: ink.text });
  svg.append(s("circle", { r: 1, fill: "none", stroke: ink.line, "stroke-width": 0.012 }), s("path", { d: `M${-reach} 0H${reach}M0 ${-reach}V${reach}`, stroke: ink.line, "stroke-width": 0.008 }));
  for (let i = 0; i < moment.features; i++) {
    const [x = 0, up = 0] = direction(moment, i);
    const y = -up; // a screen's y runs downwards
    const length = Math.hypot(x, y);
    const held = length ** 2 > HELD;
    const { color } = styles(i);
    const [ux, uy] = length ? [x / length, y / length] : [0, 0];
    const head = Math.min(HEAD, length / 2);
    const beyond = i === picked ? 0.22 : 0.15; // its name stands outside the ring
    const group = s("g", { "data-feature": i, "data-held": String(held), opacity: held || i === picked ? 1 : 0.45 });
    if (i === picked) group.append(s("circle", { cx: x, cy: y, r: 0.11, fill: "none", stroke: ink.accent, "stroke-width": 0.035 }));
    group.append(
      s("path", { d: `M0 0L${x - ux * head} ${y - uy * head}`, stroke: color, "stroke-width": i === picked ? 0.05 : 0.03 }),
      s("path", { d: `M${x} ${y}L${x - ux * head - uy * head * 0.6} ${y - uy * head + ux * head * 0.6}L${x - ux * head + uy * head * 0.6} ${y - uy * head - ux * head * 0.6}Z`, fill: color }),
      s("text", { x: x + ux * beyond, y: y + uy * beyond + 0.045, "text-anchor": "middle", "font-weight": i === picked ? 700 : 400 }, String(i)),
      s("path", { d: `M0 0L${x} ${y}`, stroke: "transparent", "stroke-width": 0.16 }),
    );
    svg.append(group);
  }
  return svg;
}

function bars({ features, ...rest }: Moment, products: Float32Array, picked: number, ink: Ink): SVGSVGElement {
  const moment = { features, ...rest };
  const [width, height, left, bottom, top] = [Math.max(SIZE, 14 * features + 40), SIZE, 30, 34, 10];
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "Share of a dimension that each feature has", "font-family": "system-ui, sans-serif", "font-size": 11, fill: ink.faint });
  const y = (share: number): number => top + (1 - share) * (height - top - bottom);
  for (const share of [0, 0.5, 1]) svg.append(s("line", { x1: left, x2: width, y1: y(share), y2: y(share), stroke: ink.line }), s("text", { x: left - 5, y: y(share) + 4, "text-anchor": "end" }, String(share)));
  const step = (width - left) / features;
  const every = Math.ceil(18 / step);
  shares(products, features).forEach((share, i) => {
    const held = dot(direction(moment, i), direction(moment, i)) > HELD;
    const x = left + i * step;
    const group = s("g", { "data-feature": i, "data-held": String(held) });
    group.append(
      s("title", {}, `feature ${i}: ${number(share)} of a dimension${held ? "" : ", not represented"}`),
      s("rect", { x: x + step * 0.15, width: step * 0.7, y: y(share), height: Math.max(y(0) - y(share), 0), fill: held ? ink.text : "none", stroke: i === picked ? ink.accent : ink.text, "stroke-width": i === picked ? 2.5 : 1 }),
      s("rect", { x, width: step, y: top, height: height - top - bottom, fill: "transparent" }),
    );
    if (i % every === 0) group.append(s("text", { x: x + step / 2, y: height - bottom + 14, "text-anchor": "middle" }, String(i)));
    svg.append(group);
  });
  svg.append(s("text", { x: (left + width) / 2, y: height - 5, "text-anchor": "middle" }, "feature (hollow: not represented)"));
  return svg;
}
