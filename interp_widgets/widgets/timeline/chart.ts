// Curves over training steps or over positions, with a line where the slider stands. SVG, so that it can be kept.

import { s } from "../shared/dom.ts";

export interface Curve {
  name: string;
  values: ArrayLike<number>;
  color: string;
  dash: string;
}

export interface Chart {
  title: string;
  /** Of the points. */
  x: readonly number[];
  xName: string;
  curves: readonly Curve[];
  top: number;
  unit: string;
  cursor: number | null;
  /** Values of x with a dot on every curve. */
  dots: readonly number[];
  /** A line that parts what is left of it from what is right. */
  part: { at: number; names: [string, string] } | null;
  width: number;
  colors: { text: string; faint: string; line: string };
}

const PLOT = 126;
const [LEFT, RIGHT, BOTTOM] = [34, 18, 34];
const [LETTER, LINE] = [5.8, 16]; // of the names over the curves

export interface Drawn {
  element: SVGSVGElement;
  /** The value of x under a point of the screen. */
  at(clientX: number): number;
}

export function drawChart(chart: Chart): Drawn {
  const { x, curves, top, width, colors } = chart;
  const names = legend(curves, width);
  const TOP = (names.at(-1)?.y ?? 0) + 20;
  const HEIGHT = TOP + PLOT + BOTTOM;
  const [low, high] = [x[0]!, x.at(-1)!];
  const px = (value: number): number => LEFT + ((value - low) / (high - low)) * (width - LEFT - RIGHT);
  const py = (value: number): number => TOP + (1 - Math.min(value, top) / top) * (HEIGHT - TOP - BOTTOM);
  const svg = s("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": `${chart.title}, ${chart.unit}`, "font-family": "system-ui, sans-serif", "font-size": 11, fill: colors.faint });
  for (const share of [0, 0.5, 1]) {
    const value = share * top;
    svg.append(s("line", { x1: LEFT, x2: width - RIGHT, y1: py(value), y2: py(value), stroke: colors.line }), s("text", { x: LEFT - 5, y: py(value) + 4, "text-anchor": "end" }, String(Number(value.toPrecision(2)))));
  }
  for (const value of ticks(low, high)) svg.append(s("text", { x: px(value), y: HEIGHT - BOTTOM + 15, "text-anchor": "middle" }, String(value)));
  svg.append(s("text", { x: (LEFT + width - RIGHT) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, chart.xName));
  if (chart.part) {
    const at = px(chart.part.at);
    svg.append(s("line", { x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM, stroke: colors.faint, "stroke-dasharray": "2 3" }));
    svg.append(s("text", { x: at - 5, y: HEIGHT - BOTTOM - 5, "text-anchor": "end" }, chart.part.names[0]), s("text", { x: at + 5, y: TOP + 9 }, chart.part.names[1]));
  }
  for (const [i, { name, values, color, dash }] of curves.entries()) {
    const path = x.map((at, i) => `${i ? "L" : "M"}${px(at).toFixed(1)} ${py(values[i]!).toFixed(1)}`).join("");
    svg.append(s("path", { d: path, fill: "none", stroke: color, "stroke-width": 2, "stroke-dasharray": dash || null, "stroke-linejoin": "round" }));
    for (const dot of chart.dots) svg.append(s("circle", { cx: px(dot), cy: py(values[x.indexOf(dot)]!), r: 3.5, fill: color }));
    const at = names[i]!;
    svg.append(s("line", { x1: at.x, x2: at.x + 20, y1: at.y, y2: at.y, stroke: color, "stroke-width": 2, "stroke-dasharray": dash || null }), s("text", { x: at.x + 25, y: at.y + 4, fill: colors.text }, name));
  }
  if (chart.cursor !== null) {
    const at = px(chart.cursor);
    svg.append(s("line", { "data-cursor": chart.cursor, x1: at, x2: at, y1: TOP - 6, y2: HEIGHT - BOTTOM + 4, stroke: colors.text, "stroke-width": 1.5 }));
    const i = x.indexOf(chart.cursor);
    for (const { values, color } of curves) svg.append(s("circle", { cx: at, cy: py(values[i]!), r: 5, fill: color, stroke: colors.text, "stroke-width": 1.5 }));
  }
  return {
    element: svg,
    at(clientX) {
      const box = svg.getBoundingClientRect();
      return low + ((((clientX - box.left) / box.width) * width - LEFT) / (width - LEFT - RIGHT)) * (high - low);
    },
  };
}

/** Where the names of the curves stand, in as many lines as they need. */
function legend(curves: readonly Curve[], width: number): { x: number; y: number }[] {
  let [x, y] = [LEFT, 10];
  return curves.map(({ name }) => {
    const room = 33 + name.length * LETTER;
    if (x > LEFT && x + room > width) [x, y] = [LEFT, y + LINE];
    const at = { x, y };
    x += room;
    return at;
  });
}

function ticks(low: number, high: number): number[] {
  const step = [1, 5, 10, 250, 500, 1000, 5000].find((one) => (high - low) / one <= 6) ?? high - low;
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) found.push(at);
  return found;
}
