// The plane of two directions: arrows to drag, what they add up to, and where that falls on each of them.

import type { LineStyle } from "../shared/color.ts";
import { s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import type { Picture, Point } from "./state.ts";

const SIZE = 340;
const LINE = 15; // pixels from one line of text to the next

export interface Ink {
  text: string;
  faint: string;
  line: string;
  ground: string;
  arrows: [LineStyle, LineStyle];
  mixture: LineStyle;
}

/** How far the plane reaches, so that everything has room; in steps, lest it jump at every move. */
export function reachOf({ tips, mixture }: Picture): number {
  const far = Math.max(1, ...[...tips, mixture].flat().map(Math.abs));
  return [1.4, 2, 2.8, 4, 5.6, 8, 12].find((one) => one >= far * 1.12) ?? far * 1.2;
}

function arrow([x, y]: Point, unit: number, style: LineStyle, width: number): SVGElement[] {
  const size = Math.hypot(x, y);
  if (size < 1e-9) return [];
  const head = Math.min(11 * unit, size / 2);
  const [ux, uy] = [x / size, y / size];
  const [bx, by] = [x - ux * head, y - uy * head];
  const side = head * 0.5;
  return [
    s("path", { d: `M0 0L${bx} ${by}`, stroke: style.color, "stroke-width": width * unit, "stroke-dasharray": style.dash ? style.dash.split(" ").map((dash) => Number(dash) * unit).join(" ") : null }),
    s("path", { d: `M${x} ${y}L${bx - uy * side} ${by + ux * side}L${bx + uy * side} ${by - ux * side}Z`, fill: style.color }),
  ];
}

export function drawPlane(shown: Picture, reach: number, ink: Ink): SVGSVGElement {
  const unit = (2 * reach) / SIZE; // one pixel
  const svg = s("svg", { viewBox: `${-reach} ${-reach} ${2 * reach} ${2 * reach}`, width: SIZE, height: SIZE, role: "group", "aria-label": "Two directions in their plane", "font-family": "system-ui, sans-serif", "font-size": 12 * unit, fill: ink.text });
  svg.append(s("circle", { r: 1, fill: "none", stroke: ink.line, "stroke-width": unit }), s("path", { d: `M${-reach} 0H${reach}M0 ${-reach}V${reach}`, stroke: ink.line, "stroke-width": unit }));
  for (const [x, y] of shown.others) svg.append(s("path", { d: `M0 0L${x} ${-y}`, stroke: ink.faint, "stroke-width": unit, opacity: 0.35 }));
  const mixture: Point = [shown.mixture[0], -shown.mixture[1]];
  svg.append(...feet(shown, mixture, unit, ink), ...arrow(mixture, unit, ink.mixture, 2.5));
  const names: Words[] = [];
  shown.tips.forEach(([x, up], i) => names.push(apart(beside(shown.names[shown.pair[i]!]!, [x, -up], reach, unit, 700), names, unit)));
  svg.append(written(apart(beside("mixture", mixture, reach, unit, 400), names, unit), unit, ink));
  shown.tips.forEach(([x, up], i) => {
    const y = -up;
    const name = shown.names[shown.pair[i]!]!;
    const angle = Math.round((Math.atan2(up, x) * 180) / Math.PI);
    const said = `length ${number(Math.hypot(x, y))}, angle ${angle}°`;
    const group = s("g", { class: "iw-overlap-arrow", "data-arrow": i, "data-key": `arrow${i}`, tabindex: 0, role: "slider", "aria-label": `Direction of ${name}`, "aria-valuemin": -180, "aria-valuemax": 180, "aria-valuenow": angle, "aria-valuetext": said });
    group.append(...arrow([x, y], unit, ink.arrows[i]!, 3.2), s("circle", { cx: x, cy: y, r: 5.5 * unit, fill: ink.ground, stroke: ink.arrows[i]!.color, "stroke-width": 2.5 * unit }), written(names[i]!, unit, ink));
    group.append(s("circle", { cx: x, cy: y, r: 16 * unit, fill: "transparent" }), s("path", { d: `M0 0L${x} ${y}`, stroke: "transparent", "stroke-width": 12 * unit }));
    svg.append(group);
  });
  return svg;
}

/** Lines from the mixture to where it falls on either direction: that length is the reading. */
function feet(shown: Picture, [mx, my]: Point, unit: number, ink: Ink): SVGElement[] {
  return shown.tips.flatMap(([x, up], i) => {
    const size = Math.hypot(x, up);
    const read = (mx * x - my * up) / size;
    const foot: Point = [(read * x) / size, (-read * up) / size];
    const color = ink.arrows[i]!.color;
    return [
      s("path", { d: `M0 0L${foot[0]} ${foot[1]}`, stroke: color, "stroke-width": unit, opacity: 0.7 }),
      s("path", { d: `M${mx} ${my}L${foot[0]} ${foot[1]}`, stroke: color, "stroke-width": 1.4 * unit, "stroke-dasharray": `${2 * unit} ${3 * unit}` }),
      s("circle", { cx: foot[0], cy: foot[1], r: 3.5 * unit, fill: color }),
    ];
  });
}

interface Words {
  text: string;
  x: number;
  y: number;
  anchor: "start" | "middle" | "end";
  weight: number;
}

/** Where the name of a tip stands; near the edge it is over or under the arrow. */
function beside(text: string, [x, y]: Point, reach: number, unit: number, weight: number): Words {
  const size = Math.hypot(x, y) || 1;
  const edge = Math.abs(x) + text.length * 7.5 * unit > reach - 14 * unit;
  const place = edge ? { x, y: y + (y > 0 ? 22 : -14) * unit } : { x: x + (x / size) * 12 * unit, y: y + (y / size) * 14 * unit + (y > 0 ? 8 : 0) * unit };
  const side = Math.abs(x) > 0.3 * size ? Math.sign(x) : 0;
  return { text, ...place, anchor: side === 0 ? "middle" : side > 0 !== edge ? "start" : "end", weight };
}

function overlap(a: Words, b: Words, unit: number): boolean {
  const box = ({ text, x, y, anchor }: Words): [number, number, number] => {
    const wide = text.length * 7 * unit;
    const left = { start: x, middle: x - wide / 2, end: x - wide }[anchor];
    return [left, left + wide, y];
  };
  const [[left, right, y], [l, r, v]] = [box(a), box(b)];
  return left < r && l < right && Math.abs(y - v) < LINE * unit;
}

/** A name moved by whole lines, as far as it has to, until it is on none of the others. */
function apart(words: Words, others: readonly Words[], unit: number): Words {
  const tried = [0, 1, -1, 2, -2].map((lines) => ({ ...words, y: words.y + lines * LINE * unit }));
  return tried.find((one) => !others.some((other) => overlap(one, other, unit))) ?? words;
}

function written({ text, x, y, anchor, weight }: Words, unit: number, ink: Ink): SVGElement {
  return s("text", { x, y, "text-anchor": anchor, "font-weight": weight, fill: ink.text, stroke: ink.ground, "stroke-width": 3 * unit, "paint-order": "stroke", "pointer-events": "none" }, text);
}
