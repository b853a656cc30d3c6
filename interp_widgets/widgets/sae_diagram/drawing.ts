// Three columns and the weights between them: lines only of latents that are lit, as thick as the weight is large. The
// drawing is made once for a token; what is pointed at only changes its lines.

import { SHAPES } from "../attribution/axes.ts";
import { s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { fine, litAt, type Scene } from "./state.ts";

export const [WIDTH, TOP, ROW] = [590, 62, 18];
const [INPUT, MIDDLE, OUTPUT, BOX] = [68, 266, 518, 26];

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

export class Diagram {
  readonly element: SVGSVGElement;
  private readonly wires = s("g", { class: "iw-sae-diagram-wires" });
  private readonly frame: SVGRectElement;

  constructor(
    private readonly scene: Scene,
    private readonly token: number,
    /** The latent whose weights alone are drawn (its place in the column), or -1. */
    private readonly only: number,
    private readonly ink: Ink,
  ) {
    const height = heightOf(scene);
    this.element = s("svg", { width: WIDTH, height, viewBox: `0 0 ${WIDTH} ${height}`, "font-family": "system-ui, sans-serif", "font-size": 11, fill: ink.text, "aria-hidden": "true" });
    this.frame = s("rect", { x: MIDDLE - 13, width: 168, height: 18, rx: 5, fill: "none", stroke: ink.text, "stroke-width": 2, visibility: "hidden" });
    titles(this.element, scene, ink);
    this.element.append(this.wires);
    values(this.element, scene, scene.x[token]!, INPUT, ink.input, "start", ink);
    values(this.element, scene, scene.out[token]!, OUTPUT, ink.output, "end", ink);
    scene.latents.forEach((_, j) => latent(this.element, scene, token, j, only === j, ink));
    this.element.append(this.frame);
    this.point(-1);
  }

  /** Shows which latent is pointed at: its weights alone, where none is held. */
  point(cursor: number): void {
    const { frame, only, scene } = this;
    const drawn = only >= 0 ? [only] : cursor >= 0 ? [cursor] : litAt(scene, this.token);
    this.wires.replaceChildren(...drawn.flatMap((j) => weights(scene, j, this.ink)));
    frame.setAttribute("visibility", cursor < 0 ? "hidden" : "visible");
    if (cursor >= 0) frame.setAttribute("y", String(latentTop(cursor) - 9));
  }
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
function weights(scene: Scene, j: number, ink: Ink): SVGElement[] {
  const color = colorOf(scene, j, ink);
  const line = (x1: number, y1: number, x2: number, y2: number, share: number): SVGElement =>
    s("line", { x1, y1, x2, y2, stroke: color, "stroke-width": (0.4 + 3 * Math.abs(share)).toFixed(2), opacity: (0.2 + 0.55 * Math.abs(share)).toFixed(2), "stroke-dasharray": share < 0 ? "4 3" : null });
  const [reads, writes] = [scene.encoder.map((row) => row[j]!), scene.decoder[j]!];
  const most = (row: readonly number[]): number => Math.max(...row.map(Math.abs), 1e-12);
  return [
    ...reads.map((w, i) => line(INPUT + BOX / 2, side(scene, i), MIDDLE - 6, latentTop(j), w / most(reads))),
    ...writes.map((w, i) => line(MIDDLE + 6, latentTop(j), OUTPUT - BOX / 2, side(scene, i), w / most(writes))),
  ];
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
  const [code, shine] = [scene.codes[token]![j]!, scene.shine[token]![j]!];
  const most = Math.max(...scene.codes.map((row) => row[j]!), 1e-12);
  const [lit, y, color] = [shine === 2, latentTop(j), colorOf(scene, j, ink)];
  const shape = SHAPES[(family + 1) % SHAPES.length]!;
  const r = lit ? 4 + 3.5 * (code / most) : shine ? 4 : 3;
  const points = shape(MIDDLE, y, r).map((at) => at.map((v) => v.toFixed(1)).join()).join(" ");
  const group = s("g", { "data-latent": j, "data-lit": String(lit) });
  group.append(s("polygon", { points, fill: lit ? color : ink.ground, stroke: shine ? color : ink.faint, "stroke-width": 1.3 }));
  if (picked) group.append(s("circle", { cx: MIDDLE, cy: y, r: 10, fill: "none", stroke: ink.accent, "stroke-width": 2.2 }));
  const words = [id, name, shine ? fine(code) : ""].filter((part) => part !== "").join(" ");
  group.append(s("text", { x: MIDDLE + 14, y: y + 4, stroke: ink.ground, "stroke-width": 3.5, "paint-order": "stroke", "stroke-linejoin": "round", "font-weight": lit ? 700 : 400, fill: lit ? ink.text : ink.faint }, words));
  group.append(s("rect", { x: MIDDLE - 12, y: y - ROW / 2, width: 160, height: ROW, fill: "transparent" }));
  svg.append(group);
}
