// The view as files: the bus as a drawing (SVG, PNG), every part's share (CSV), state and numbers (JSON).

import { s } from "../shared/dom.ts";
import { csvLine } from "../shared/keep.ts";
import { visible } from "../shared/tokens.ts";
import { type Part, type RawShown, signed, title, type Writer } from "./state.ts";
import type { Scales } from "./rows.ts";

export interface Kept {
  raw: RawShown;
  parts: readonly Part[];
  /** What the running total says, in words. */
  said: string;
  rows: readonly Writer[];
  scales: Scales;
  total: number;
  asked: string;
  colors: { ground: string; text: string; plus: string; minus: string };
}

const [TOP, ROW, NAME, BARS, STEP] = [58, 19, 180, 240, 240];
const LONGEST = 60;

export function drawing({ raw, said, rows, scales, asked, colors }: Kept): SVGSVGElement {
  const [width, height] = [NAME + BARS + STEP + 90, TOP + rows.length * ROW + 16];
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, sans-serif", "font-size": 11, fill: colors.text });
  svg.append(s("rect", { width: "100%", height: "100%", fill: colors.ground }));
  svg.append(s("text", { x: 12, y: 16, "font-weight": 600 }, `${asked} · ${raw.model} · ${cut(raw.prompt)}`));
  svg.append(s("text", { x: 12, y: 36 }, said));
  const line = (x1: number, y1: number, x2: number, y2: number, stroke: string, w = 1): SVGElement => s("line", { x1, y1, x2, y2, stroke, "stroke-width": w });
  [...rows].reverse().forEach((row, i) => {
    const [y, zero] = [TOP + i * ROW, NAME + (scales.share(0) / 100) * BARS];
    const end = NAME + (scales.share(row.share) / 100) * BARS;
    svg.append(s("text", { x: row.within ? 26 : 12, y: y + 13, opacity: row.gone ? 0.6 : 1 }, title(row)));
    const color = row.share < 0 ? colors.minus : colors.plus;
    svg.append(s("rect", { x: Math.min(zero, end), y: y + 4, width: Math.max(Math.abs(end - zero), 1), height: ROW - 8, fill: row.gone ? "none" : color, stroke: color }));
    if (row.gone) svg.append(line(12, y + ROW / 2, NAME + BARS + 48, y + ROW / 2, colors.text));
    svg.append(s("text", { x: NAME + BARS + 48, y: y + 13, "text-anchor": "end" }, signed(row.share)));
    const at = (sum: number): number => NAME + BARS + 70 + (scales.sum(sum) / 100) * STEP;
    svg.append(line(at(row.before), y + ROW, at(row.before), y + ROW / 2, colors.text, 2), line(at(row.before), y + ROW / 2, at(row.after), y + ROW / 2, colors.text, 2), line(at(row.after), y + ROW / 2, at(row.after), y, colors.text, 2));
    svg.append(line(zero, y, zero, y + ROW, colors.text, 0.5));
  });
  return svg;
}

/** The end of a long prompt: the question is asked there. */
function cut(prompt: string): string {
  const chars = [...prompt];
  const end = chars.length > LONGEST ? `…${chars.slice(-LONGEST).join("")}` : prompt;
  return end.split(" ").map((word) => word && visible(word)).join(" ");
}

/** Every part, those in closed layers too. */
export function table({ parts }: Kept, removed: readonly string[]): Blob {
  const off = new Set(removed);
  const cells = parts.map(({ name, block, share, norm }) => [name, block, share, norm, String(off.has(name) || off.has(block))]);
  const lines = [["part", "block", "contribution", "norm", "removed"], ...cells].map(csvLine);
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

export function asDocument({ raw, parts, total }: Kept, state: Record<string, unknown>): Blob {
  const { model, prompt, tokens, pieces, check, softcap } = raw;
  return new Blob([JSON.stringify({ model, prompt, tokens, pieces, check, softcap, total: raw.total, total_left: total, parts, state }, null, 1)], { type: "application/json" });
}
