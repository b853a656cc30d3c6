// A small line plot: how a few tokens fare from row to row. SVG, because it is crisp, small and can be kept as a file.

import { type LineStyle } from "./color.ts";
import { clamp, s } from "./dom.ts";
import { split } from "./tokens.ts";

export interface Line {
  piece: string;
  values: ArrayLike<number>;
  style: LineStyle;
  tracked: boolean;
  /** The value at a row in words. */
  words(row: number): string;
}

export interface LinePlot {
  title: string;
  rows: readonly string[];
  lines: readonly Line[];
  scale: "share" | "rank" | "linear";
  unit: string;
  /** Rows marked by a pin. */
  marks: readonly { row: number; name: string }[];
  cursor: number | null;
  width: number;
}

const HEIGHT = 204;
const PAD = { left: 46, top: 12, bottom: 34 };
const LABELS = 132;
/** Characters that fit beside a line: its token and its value. */
const ROOM = 15;
const NEAR = 15;

export interface Drawn {
  element: SVGSVGElement;
  /** Row under a point of the screen. */
  rowAt(clientX: number): number;
}

/** Draws the plot; `pick` is called when a person chooses a line's label. */
export function drawLines(plot: LinePlot, pick: (line: Line) => void): Drawn {
  const right = plot.width - LABELS;
  const last = Math.max(plot.rows.length - 1, 1);
  const x = (row: number): number => PAD.left + (row / last) * (right - PAD.left);
  const { y, ticks } = scaleOf(plot);
  const svg = s("svg", { class: "iw-lines", width: plot.width, height: HEIGHT, viewBox: `0 0 ${plot.width} ${HEIGHT}`, role: "group", "aria-label": `${plot.title}: ${plot.unit} by row` });
  for (const tick of ticks) {
    svg.append(
      s("line", { class: "iw-rule", x1: PAD.left, x2: right, y1: y(tick.at), y2: y(tick.at) }),
      s("text", { class: "iw-tick", x: PAD.left - 6, y: y(tick.at) + 3.5, "text-anchor": "end" }, tick.name),
    );
  }
  const every = Math.ceil(plot.rows.length / Math.max((right - PAD.left) / 38, 1));
  plot.rows.forEach((name, row) => {
    const regular = row % every === 0 && last - row >= every;
    if (regular || row === last) svg.append(s("text", { class: "iw-tick", x: x(row), y: HEIGHT - PAD.bottom + 15, "text-anchor": "middle" }, name));
  });
  svg.append(s("text", { class: "iw-axis", x: (PAD.left + right) / 2, y: HEIGHT - 4, "text-anchor": "middle" }, "row"));
  for (const mark of plot.marks) {
    svg.append(
      s("line", { class: "iw-mark", x1: x(mark.row), x2: x(mark.row), y1: PAD.top, y2: HEIGHT - PAD.bottom }),
      s("text", { class: "iw-mark-name", x: x(mark.row), y: PAD.top - 2, "text-anchor": "middle" }, mark.name),
    );
  }
  if (plot.cursor !== null) svg.append(s("line", { class: "iw-cursor", x1: x(plot.cursor), x2: x(plot.cursor), y1: PAD.top, y2: HEIGHT - PAD.bottom }));
  // The answer's line, which comes first, is drawn last, on top.
  for (const line of [...plot.lines].reverse()) svg.append(...curve(line, plot, x, y));
  labels(svg, plot, y, right, pick);
  return {
    element: svg,
    rowAt(clientX) {
      const box = svg.getBoundingClientRect();
      const at = ((clientX - box.left) / box.width) * plot.width;
      return clamp(Math.round(((at - PAD.left) / (right - PAD.left)) * last), 0, plot.rows.length - 1);
    },
  };
}

function curve(line: Line, plot: LinePlot, x: (row: number) => number, y: (value: number) => number): SVGElement[] {
  let path = "";
  const dots: SVGElement[] = [];
  let open = false;
  for (let row = 0; row < plot.rows.length; row++) {
    const value = line.values[row]!;
    if (Number.isNaN(value)) {
      open = false;
      continue;
    }
    path += `${open ? "L" : "M"}${x(row).toFixed(1)} ${y(value).toFixed(1)}`;
    open = true;
    if (plot.rows.length <= 40 || row === plot.cursor) {
      dots.push(s("circle", { cx: x(row).toFixed(1), cy: y(value).toFixed(1), r: row === plot.cursor ? 4 : 2.2, fill: line.style.color }));
    }
  }
  return [s("path", { class: "iw-curve", d: path, stroke: line.style.color, "stroke-dasharray": line.style.dash || null, fill: "none" }), ...dots];
}

/** Names at the right end of the lines, moved apart where they would lie on each other. */
function labels(svg: SVGSVGElement, plot: LinePlot, y: (value: number) => number, right: number, pick: (line: Line) => void): void {
  const at = plot.cursor ?? plot.rows.length - 1;
  const placed = plot.lines
    .map((line) => ({ line, y: Number.isNaN(line.values[plot.rows.length - 1]!) ? PAD.top : y(line.values[plot.rows.length - 1]!) }))
    .sort((a, b) => a.y - b.y);
  for (let i = 1; i < placed.length; i++) placed[i]!.y = Math.max(placed[i]!.y, placed[i - 1]!.y + NEAR);
  let lowest = HEIGHT - 20;
  for (let i = placed.length - 1; i >= 0; i--) {
    placed[i]!.y = Math.min(placed[i]!.y, lowest);
    lowest = placed[i]!.y - NEAR;
  }
  for (const { line, y: top } of placed) {
    const { lead, body } = split(line.piece);
    const chars = [...body];
    const most = ROOM - line.words(at).length;
    const name = chars.length > most ? `${chars.slice(0, most - 1).join("")}…` : body;
    const verb = line.tracked ? "stop tracking" : "track";
    const label = s(
      "g",
      { class: "iw-label", role: "button", tabindex: 0, "aria-pressed": String(line.tracked), "data-key": `${plot.title}/${line.piece}` },
      s("title", {}, `${verb} “${body}”: `),
      s("rect", { x: right + 6, y: top - 8, width: LABELS - 8, height: 16, rx: 4 }),
      s("line", { x1: right + 10, x2: right + 26, y1: top, y2: top, stroke: line.style.color, "stroke-width": 2, "stroke-dasharray": line.style.dash || null }),
      s("text", { x: right + 30, y: top + 4 }, lead ? s("tspan", { class: "iw-lead" }, "·") : null, s("tspan", line.tracked ? { "font-weight": 650 } : {}, name), s("tspan", { class: "iw-value", dx: 5 }, line.words(at))),
    );
    label.addEventListener("click", () => pick(line));
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      pick(line);
    });
    svg.append(label);
  }
}

interface Scale {
  y(value: number): number;
  ticks: { at: number; name: string }[];
}

function scaleOf(plot: LinePlot): Scale {
  const [low, high] = [HEIGHT - PAD.bottom, PAD.top];
  const between = (share: number): number => low + (high - low) * share;
  if (plot.scale === "share") {
    return { y: between, ticks: [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, name: `${at * 100}%` })) };
  }
  const all = plot.lines.flatMap((line) => Array.from(line.values).filter((v) => !Number.isNaN(v)));
  if (plot.scale === "rank") {
    const decades = Math.max(Math.ceil(Math.log10(Math.max(...all, 9))), 1);
    const ticks = Array.from({ length: decades + 1 }, (_, i) => ({ at: 10 ** i, name: (10 ** i).toLocaleString("en") }));
    return { y: (rank) => between(1 - Math.log10(Math.max(rank, 1)) / decades), ticks };
  }
  const [from, to] = all.length ? [Math.min(...all), Math.max(...all)] : [0, 1];
  const step = niceStep(Math.max(to - from, 1e-6) / 4);
  const [first, end] = [Math.floor(from / step) * step, Math.ceil(to / step) * step];
  const count = Math.max(Math.round((end - first) / step), 1);
  const ticks = Array.from({ length: count + 1 }, (_, i) => ({ at: first + i * step, name: String(Number((first + i * step).toPrecision(4))) }));
  return { y: (value) => between((value - first) / (count * step)), ticks };
}

/** The nearest of 1, 2, 5 × a power of ten that is not smaller. */
function niceStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10);
}
