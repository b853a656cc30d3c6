// Two drawings: every subject's bias before and after, and the change of loss of every other family of texts.

import { s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { changes, type Order, percent, type RawShown } from "./state.ts";

export interface Colors {
  before: string;
  after: string;
  cost: string;
  text: string;
  faint: string;
  line: string;
}

export const STYLED: Colors = { before: "var(--iw-faint)", after: "var(--iw-link)", cost: "var(--iw-accent)", text: "var(--iw-text)", faint: "var(--iw-faint)", line: "var(--iw-line)" };

const [NAME, VALUE, TOP, FOOT] = [98, 46, 6, 34];
const LETTERS = 16; // of a name that fit before the bars
const ROW = 19;

function frame(label: string, rows: number, width: number, colors: Colors): SVGSVGElement {
  const height = TOP + rows * ROW + FOOT;
  return s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label, "font-family": "system-ui, sans-serif", "font-size": 11, fill: colors.text });
}

function axis(svg: SVGSVGElement, at: [number, string][], rows: number, name: string, middle: number, colors: Colors): void {
  const bottom = TOP + rows * ROW;
  for (const [x, text] of at) {
    svg.append(s("line", { x1: x, x2: x, y1: TOP, y2: bottom, stroke: colors.line }), s("text", { x, y: bottom + 13, "text-anchor": "middle", fill: colors.faint }, text));
  }
  svg.append(s("text", { x: middle, y: bottom + 28, "text-anchor": "middle", fill: colors.faint }, name));
}

const short = (name: string): string => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name);

const bar = (zero: number, to: number, y: number, height: number, color: string, more: Record<string, string> = {}): SVGElement => s("rect", { x: Math.min(zero, to), y, width: Math.max(Math.abs(to - zero), 1), height, rx: 1, fill: color, ...more });

/** Sorted by name, or from the first word's side to the second's; the hollow bar is before, the filled one after. */
export function biasBars(raw: RawShown, by: Order, width: number, colors: Colors = STYLED): SVGSVGElement {
  const less = (a: number, b: number): number => (by === "name" ? raw.subjects[a]!.localeCompare(raw.subjects[b]!) : raw[by][b]! - raw[by][a]!);
  const order = raw.before.map((_, i) => i).sort(less);
  const svg = frame("Bias of every subject, before and after", order.length, width, colors);
  const x = (bias: number): number => NAME + ((bias + 1) / 2) * (width - NAME - VALUE - 8);
  const [first, second] = raw.words.map((word) => word.trim());
  axis(svg, [[x(-1), "−1"], [x(0), "0"], [x(1), "1"]], order.length, `always “${second}” ← bias → always “${first}”`, x(0), colors);
  order.forEach((i, row) => {
    const y = TOP + row * ROW;
    const [before, after] = [raw.before[i]!, raw.after[i]!];
    const group = s("g", { "data-subject": raw.subjects[i]!, role: "img", "aria-label": `${raw.subjects[i]}: bias ${number(before)} before, ${number(after)} after` });
    group.append(s("text", { x: NAME - 6, y: y + 13, "text-anchor": "end" }, short(raw.subjects[i]!)));
    group.append(bar(x(0), x(before), y + 2, 14, "none", { stroke: colors.before, "stroke-width": "1.2" }), bar(x(0), x(after), y + 5, 8, colors.after));
    group.append(s("text", { x: width - 2, y: y + 13, "text-anchor": "end", fill: colors.faint }, number(after)));
    svg.append(group);
  });
  return svg;
}

/** Losses of other families: to the right they get worse. */
export function costBars(raw: RawShown, width: number, colors: Colors = STYLED): SVGSVGElement {
  const shares = changes(raw);
  const known = shares.filter((one) => one !== null);
  const top = Math.max(0.05, ...known.map(Math.abs));
  const svg = frame("Change of loss on other texts", shares.length, width, colors);
  const x = (share: number): number => NAME + 8 + ((share + top) / (2 * top)) * (width - NAME - VALUE - 16);
  axis(svg, [[x(-top), percent(-top)], [x(0), "0"], [x(top), percent(top)]], shares.length, "better ← loss on other texts → worse", x(0), colors);
  shares.forEach((share, row) => {
    const y = TOP + row * ROW;
    const group = s("g", { "data-family": raw.families[row]!, role: "img", "aria-label": `${raw.families[row]}: loss ${percent(share)}` });
    group.append(s("text", { x: NAME - 6, y: y + 13, "text-anchor": "end" }, short(raw.families[row]!)));
    if (share !== null) group.append(bar(x(0), x(share), y + 4, 10, colors.cost));
    group.append(s("text", { x: width - 2, y: y + 13, "text-anchor": "end", fill: colors.faint }, percent(share)));
    svg.append(group);
  });
  return svg;
}
