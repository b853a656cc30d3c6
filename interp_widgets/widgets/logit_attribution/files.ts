// The view as files: the bus as a drawing (SVG, PNG), every part's share (CSV), state and numbers (JSON).

import { s } from "../shared/dom.ts";
import { csvLine } from "../shared/keep.ts";
import { type RawShown, signed, title, type Writer } from "./state.ts";
import type { Scales } from "./rows.ts";

export interface Kept {
  raw: RawShown;
  rows: readonly Writer[];
  scales: Scales;
  total: number;
  asked: string;
  colors: { ground: string; text: string; plus: string; minus: string };
}

const [TOP, ROW, NAME, BARS, STEP] = [58, 19, 150, 240, 240];

export function drawing({ raw, rows, scales, total, asked, colors }: Kept): SVGSVGElement {
  const [width, height] = [NAME + BARS + STEP + 90, TOP + rows.length * ROW + 16];
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, sans-serif", "font-size": 11, fill: colors.text });
  svg.append(s("rect", { width: "100%", height: "100%", fill: colors.ground }));
  svg.append(s("text", { x: 12, y: 16, "font-weight": 600 }, `${asked} · ${raw.model} · ${raw.prompt.slice(0, 80)}`));
  svg.append(s("text", { x: 12, y: 36 }, `Sum of what is left: ${signed(total)} logits`));
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

/** Every part, those in closed layers too. */
function parts(raw: RawShown, removed: readonly string[]): [string, string, number, number, string][] {
  return raw.names.map((name, i) => [name, raw.blocks[i]!, raw.shares[i]!, raw.norms[i]!, String(removed.includes(name) || removed.includes(raw.blocks[i]!))]);
}

export function table({ raw }: Kept, removed: readonly string[]): Blob {
  const lines = [csvLine(["part", "block", "contribution", "norm", "removed"]), ...parts(raw, removed).map(csvLine)];
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

export function asDocument({ raw, total }: Kept, state: Record<string, unknown>): Blob {
  return new Blob([JSON.stringify({ ...raw, total_left: total, state }, null, 1)], { type: "application/json" });
}
