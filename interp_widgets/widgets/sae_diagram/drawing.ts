// Three columns and the weights between them: lines only of latents that are lit, as thick as the weight is large.

import { SHAPES } from "../attribution/axes.ts";
import { s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { fine, litAt, type Scene } from "./state.ts";

export const [WIDTH, TOP, ROW] = [660, 62, 18];
const [INPUT, MIDDLE, OUTPUT, BOX] = [96, 300, 556, 26];

export interface Ink {
  text: string;
  faint: string;
  line: string;
  ground: string;
  accent: string;
  input: string;
  output: string;
  plain: string;
  family(index: number): string;
}

export const heightOf = ({ latents }: Scene): number => TOP + ROW * latents.length + 16;
export const latentTop = (j: number): number => TOP + ROW * (j + 0.5);

const raised = (size: number): string => String(size).replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]!);

const side = (scene: Scene, i: number): number => {
  const step = Math.min(46, (ROW * scene.latents.length) / scene.dims.length);
  return TOP + (ROW * scene.latents.length) / 2 + (i - (scene.dims.length - 1) / 2) * step;
};

/** `only`: the latent whose weights alone are drawn (its place in the column), or -1. */
export function drawDiagram(scene: Scene, token: number, only: number, cursor: number, ink: Ink): SVGSVGElement {
  const height = heightOf(scene);
  const svg = s("svg", { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`, "font-family": "system-ui, sans-serif", "font-size": 11, fill: ink.text, "aria-hidden": "true" });
  titles(svg, scene, ink);
  const lit = litAt(scene, token);
  const drawn = only >= 0 ? [only] : cursor >= 0 ? [cursor] : lit;
  for (const j of drawn) weights(svg, scene, j, ink);
  values(svg, scene, scene.x[token]!, INPUT, ink.input, "start", ink);
  values(svg, scene, scene.out[token]!, OUTPUT, ink.output, "end", ink);
  scene.latents.forEach((_, j) => latent(svg, scene, token, j, only === j, ink));
  if (cursor >= 0) svg.append(s("rect", { x: MIDDLE - 13, y: latentTop(cursor) - 9, width: 168, height: 18, rx: 5, fill: "none", stroke: ink.text, "stroke-width": 2 }));
  return svg;
}

function titles(svg: SVGSVGElement, { d_in, d_sae, dims, latents }: Scene, ink: Ink): void {
  const text = (x: number, y: number, words: string, more: Record<string, string | number> = {}): void => void svg.append(s("text", { x, y, "text-anchor": "middle", ...more }, words));
  const shown = (few: number, all: number): string => (few < all ? `${few} of ${all} drawn` : `all ${all}`);
  const bold = { "font-weight": 700, "font-size": 13 };
  for (const [x, name, few, all] of [[INPUT, `x in ℝ${raised(d_in)}`, dims.length, d_in], [MIDDLE + 10, `f in ℝ${raised(d_sae)}`, latents.length, d_sae], [OUTPUT, `x̂ in ℝ${raised(d_in)}`, dims.length, d_in]] as const) {
    text(x, 18, name, bold);
    text(x, 35, shown(few, all), { fill: ink.faint });
  }
  for (const [from, to, name] of [[INPUT + 56, MIDDLE - 46, "W_enc"], [MIDDLE + 66, OUTPUT - 56, "W_dec"]] as const) {
    svg.append(s("path", { d: `M${from} 15H${to}m-6 -4l6 4l-6 4`, fill: "none", stroke: ink.text, "stroke-width": 1.3 }));
    text((from + to) / 2, 31, name, { "font-weight": 600 });
  }
}

/** What one latent reads and writes. Dashed: a negative weight. */
function weights(svg: SVGSVGElement, scene: Scene, j: number, ink: Ink): void {
  const color = colorOf(scene, j, ink);
  const line = (x1: number, y1: number, x2: number, y2: number, share: number): void => {
    svg.append(s("line", { x1, y1, x2, y2, stroke: color, "stroke-width": (0.4 + 3 * Math.abs(share)).toFixed(2), opacity: (0.2 + 0.55 * Math.abs(share)).toFixed(2), "stroke-dasharray": share < 0 ? "4 3" : null }));
  };
  const [reads, writes] = [scene.encoder.map((row) => row[j]!), scene.decoder[j]!];
  const most = (row: readonly number[]): number => Math.max(...row.map(Math.abs), 1e-12);
  reads.forEach((w, i) => line(INPUT + BOX / 2, side(scene, i), MIDDLE - 6, latentTop(j), w / most(reads)));
  writes.forEach((w, i) => line(MIDDLE + 6, latentTop(j), OUTPUT - BOX / 2, side(scene, i), w / most(writes)));
}

const colorOf = (scene: Scene, j: number, ink: Ink): string => (scene.latents[j]!.family < 0 ? ink.plain : ink.family(scene.latents[j]!.family));

/** A column of dimensions: how full a box is says how large, the number beside it which way. */
function values(svg: SVGSVGElement, scene: Scene, row: readonly number[], x: number, color: string, anchor: "start" | "end", ink: Ink): void {
  const most = Math.max(...scene.x.flat().map(Math.abs), ...scene.out.flat().map(Math.abs), 1e-12);
  const [high, beside] = [Math.min(BOX, Math.abs(side(scene, 1) - side(scene, 0)) - 2 || BOX), anchor === "start" ? -BOX / 2 - 6 : BOX / 2 + 6];
  row.forEach((value, i) => {
    const y = side(scene, i);
    svg.append(
      s("rect", { x: x - BOX / 2, y: y - high / 2, width: BOX, height: high, rx: 4, fill: ink.ground, stroke: ink.faint }),
      s("rect", { x: x - BOX / 2, y: y - high / 2, width: BOX, height: high, rx: 4, fill: color, opacity: Math.abs(value) / most }),
      s("text", { x: x + beside, y: y - 1, "text-anchor": anchor === "start" ? "end" : "start", "font-weight": 600 }, number(value)),
      s("text", { x: x + beside, y: y + 11, "text-anchor": anchor === "start" ? "end" : "start", fill: ink.faint, "font-size": 10 }, `dim ${scene.dims[i]}`),
    );
  });
}

function latent(svg: SVGSVGElement, scene: Scene, token: number, j: number, picked: boolean, ink: Ink): void {
  const { id, name, family } = scene.latents[j]!;
  const code = scene.codes[token]![j]!;
  const most = Math.max(...scene.codes.map((row) => row[j]!), 1e-12);
  const y = latentTop(j);
  const color = colorOf(scene, j, ink);
  const shape = SHAPES[(family + 1) % SHAPES.length]!;
  const r = code > 0 ? 4 + 3.5 * (code / most) : 3;
  const points = shape(MIDDLE, y, r).map((at) => at.map((v) => v.toFixed(1)).join()).join(" ");
  const group = s("g", { "data-latent": j, "data-lit": code > 0 ? "true" : "false" });
  group.append(s("polygon", { points, fill: code > 0 ? color : ink.ground, stroke: code > 0 ? color : ink.faint, "stroke-width": 1.3 }));
  if (picked) group.append(s("circle", { cx: MIDDLE, cy: y, r: 10, fill: "none", stroke: ink.accent, "stroke-width": 2.2 }));
  const words = [id, name, code > 0 ? fine(code) : ""].filter((part) => part !== "").join(" ");
  group.append(s("text", { x: MIDDLE + 14, y: y + 4, stroke: ink.ground, "stroke-width": 3.5, "paint-order": "stroke", "stroke-linejoin": "round", "font-weight": code > 0 ? 700 : 400, fill: code > 0 ? ink.text : ink.faint }, words));
  group.append(s("rect", { x: MIDDLE - 12, y: y - ROW / 2, width: 160, height: ROW, fill: "transparent" }));
  svg.append(group);
}
