// Beside the curves: how often latents fire, which true directions are found, and the latent that is looked at.

import type { Ramp } from "../shared/color.ts";
import { fill, h, s } from "../shared/dom.ts";
import { toBytes } from "../shared/planes.ts";
import { tokenElement } from "../shared/tokens.ts";
import type { Colors } from "./front.ts";
import { brief, type RawCard, type RawDensity, type RawMatch, type RowExample, type TextExample } from "./state.ts";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [300, 150, 34, 32, 8];
const NEVER = 18; // between the bar of those that never fire and the others

/** Histogram of firing rates; a click on a bar picks a latent of it. */
export function drawDensity(svg: SVGSVGElement, { counts = [], sample = [] }: RawDensity, colors: Colors & { bar: string; bad: string }): void {
  for (const [name, value] of Object.entries({ width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "font-family": "system-ui, sans-serif", "font-size": 11 })) svg.setAttribute(name, String(value));
  const top = Math.max(...counts, 1);
  const all = counts.reduce((sum, count) => sum + count, 0);
  svg.setAttribute("aria-label", all === 0 ? "Firing rates: not known yet" : `Firing rates of ${all} latents: ${counts[0]} fire less than once in a million tokens or never; most fire on ${spoken(counts)} of tokens.`);
  const bars = Math.max(counts.length - 1, 1);
  const wide = (WIDTH - LEFT - NEVER * 2 - 8) / bars;
  const x = (bar: number): number => (bar === 0 ? LEFT : LEFT + NEVER * 2 + (bar - 1) * wide);
  const tall = (count: number): number => (Math.sqrt(count / top)) * (HEIGHT - TOP - BOTTOM);
  const base = HEIGHT - BOTTOM;
  fill(
    svg,
    s("line", { x1: LEFT, x2: WIDTH - 8, y1: base, y2: base, stroke: colors.line }),
    ...(all === 0 ? [] : [1, 0.25]).map((share) => s("text", { x: LEFT - 5, y: base - tall(share * top) + 4, "text-anchor": "end", fill: colors.faint }, String(Math.round(share * top)))),
    ...counts.map((count, bar) =>
      s("rect", { "data-bar": bar, "data-latent": sample[bar] ?? -1, x: x(bar) + 0.5, y: base - tall(count), width: (bar === 0 ? NEVER : wide) - 1, height: Math.max(tall(count), 0), fill: bar === 0 ? colors.bad : colors.bar }, s("title", {}, bar === 0 ? `${count} latents never fire` : `${count} latents fire on ${rate(bar - 1)} to ${rate(bar)} of tokens`)),
    ),
    s("text", { x: LEFT + NEVER / 2, y: base + 15, "text-anchor": "middle", fill: colors.faint }, "never"),
    ...[-6, -4, -2, 0].map((power) => s("text", { x: LEFT + NEVER * 2 + ((power + 6) / 6) * wide * bars, y: base + 15, "text-anchor": power === 0 ? "end" : power === -6 ? "start" : "middle", fill: colors.faint }, power === 0 ? "all" : ({ "-6": "10⁻⁶", "-4": "10⁻⁴", "-2": "1 %" } as Record<string, string>)[power]!)),
    s("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 3, "text-anchor": "middle", fill: colors.faint }, "latents by the share of tokens they fire on"),
  );
}

const rate = (bar: number): string => brief(10 ** (-6 + bar / 4));

function spoken(counts: readonly number[]): string {
  const most = counts.reduce((best, count, bar) => (bar > 0 && count > counts[best]! ? bar : best), 1);
  return `${rate(most - 1)} to ${rate(most)}`;
}

/** Cosines of true directions with the partners of all; found ones shine on the diagonal. */
export function drawMatch(canvas: HTMLCanvasElement, match: RawMatch, ramp: Ramp): void {
  const side = match.side ?? 0;
  if (!match.planes || side === 0) return;
  const codes = toBytes(match.planes[0]!.bytes);
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const image = new ImageData(side, side);
  for (let cell = 0; cell < side * side; cell++) {
    const code = cell % 2 === 0 ? codes[cell >> 1]! >> 4 : codes[cell >> 1]! & 15;
    const at = 3 * Math.round((code / 15) * 255);
    image.data.set([ramp.rgb[at]!, ramp.rgb[at + 1]!, ramp.rgb[at + 2]!, 255], 4 * cell);
  }
  canvas.getContext("2d")!.putImageData(image, 0, 0);
  canvas.setAttribute("aria-label", `Match of ${match.truths} true directions with their partners: ${match.count} found above cosine 0.9, median cosine ${brief(match.median ?? 0)}.`);
}

/** The latent that is looked at, and where it fires most. */
export function drawCard(box: HTMLElement, card: RawCard, picked: number, matched: boolean): void {
  if (picked < 0) {
    fill(box, h("p", { class: "iw-train-none" }, `Type a latent's number, or click a bar${matched ? " or a cell of the match" : ""}.`));
    return;
  }
  if (card.latent !== picked) {
    fill(box, h("p", { class: "iw-train-none" }, `Latent ${picked} is being looked at.`));
    return;
  }
  const partner = card.partner ?? -1;
  const facts: [string, string][] = [["at step", String(card.step)], ["fires on", card.rate == null ? "–" : card.rate === 0 ? "no token lately" : `${brief(100 * card.rate)} % of tokens`]];
  if (partner >= 0) facts.push(["nearest true direction", `${partner}, cosine ${(card.cosine ?? 0).toFixed(2)}${card.paired ? ", its partner" : ""}`]);
  const examples = card.examples ?? [];
  const list = examples.map((example) => ("tokens" in example ? inText(example, strongest(examples)) : inRow(example, strongest(examples), partner)));
  fill(
    box,
    h("dl", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    list.length > 0 ? h("ol", { class: "iw-train-examples", "aria-label": "Where it fires most" }, ...list) : h("p", { class: "iw-train-none" }, card.searched ? `It fires on none of the ${card.searched} examples that are looked at.` : "Give the trainer texts and a model, or data=, to see where it fires most."),
  );
}

const strongest = (examples: readonly (TextExample | RowExample)[]): number => Math.max(...examples.flatMap((one) => ("tokens" in one ? one.acts : [one.act])), 1e-9);

function inText({ tokens, acts, peak }: TextExample, top: number): HTMLElement {
  const pieces = tokens.map((token, i) => {
    const element = tokenElement(token);
    element.style.setProperty("--act", `${Math.round(Math.max(acts[i]! / top, 0) * 100)}%`);
    if (i === peak) element.dataset["peak"] = "true";
    return element;
  });
  return h("li", {}, h("b", {}, brief(acts[peak]!)), h("span", { class: "iw-train-text" }, ...pieces));
}

function inRow({ row, act, features }: RowExample, top: number, partner: number): HTMLElement {
  const bar = h("i", { class: "iw-train-act" });
  bar.style.width = `${Math.round((act / top) * 60)}px`;
  const has = features.length === 0 ? null : h("span", {}, " made of ", ...features.slice(0, 8).flatMap((feature, i) => [i ? ", " : "", feature === partner ? h("strong", {}, String(feature)) : String(feature)]), features.length > 8 ? " …" : "");
  return h("li", {}, h("b", {}, brief(act)), h("span", {}, bar, `sample ${row}`, has));
}
