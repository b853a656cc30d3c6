// The strip as files: a drawing of all tokens (SVG, PNG), a table (CSV), tokens and state (JSON).

import { s } from "../shared/dom.ts";
import { csvLine } from "../shared/keep.ts";
import { HIGH, type Layout, ROW } from "./layout.ts";
import type { Token } from "./names.ts";
import type { Shade } from "./strip.ts";

export interface Kept {
  tokens: readonly Token[];
  values: Float32Array | null;
  label: string;
  selected: ReadonlySet<number>;
  shade(pos: number): Shade | null;
  negative(pos: number): boolean;
  places: Layout;
  font: string;
  ground: string;
  text: string;
  line: string;
}

const EDGE = 12;

export function drawing(kept: Kept): SVGSVGElement {
  const { rows, rowOf, left, width: wide, room } = kept.places;
  const [width, height] = [room + 2 * EDGE, (rows.length - 1) * ROW + 2 * EDGE];
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, style: `font: ${kept.font}`, fill: kept.text });
  svg.append(s("rect", { width: "100%", height: "100%", fill: kept.ground }));
  kept.tokens.forEach((token, pos) => {
    const [x, y] = [EDGE + left[pos]!, EDGE + rowOf[pos]! * ROW];
    const shade = kept.shade(pos);
    svg.append(s("rect", { x, y, width: wide[pos]!, height: HIGH, rx: 4, fill: shade?.background ?? "none", stroke: kept.line, "stroke-dasharray": token.kind === "special" ? "3 2" : null }));
    const middle = x + wide[pos]! / 2;
    svg.append(
      s("text", { x: middle, y: y + 16, "text-anchor": "middle", fill: shade?.text ?? kept.text, "text-decoration": kept.negative(pos) ? "underline" : null }, (token.lead ? "·" : "") + token.body),
    );
    if (kept.selected.has(pos)) svg.append(s("rect", { x, y: y + HIGH + 1, width: wide[pos]!, height: 3, fill: kept.text }));
  });
  return svg;
}

/** A number as exact as it was sent, without the digits that a float of 32 bits makes up. */
const figure = (value: number): number => Number(value.toPrecision(7));

export function table({ tokens, values, label, selected }: Kept): Blob {
  const lines = [csvLine(["pos", "token", "kind", "selected", ...(values ? [label] : [])])];
  tokens.forEach(({ piece, kind }, pos) => {
    const value = values === null ? [] : [Number.isNaN(values[pos]!) ? "" : figure(values[pos]!)];
    lines.push(csvLine([pos, piece, kind, selected.has(pos) ? 1 : 0, ...value]));
  });
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

export function asDocument({ tokens, values, label, selected }: Kept): Blob {
  const measured = values === null ? {} : { label, values: Array.from(values, (v) => (Number.isNaN(v) ? null : figure(v))) };
  const whole = { tokens: tokens.map(({ piece }) => piece), kinds: tokens.map(({ kind }) => kind), ...measured, selected: [...selected] };
  return new Blob([JSON.stringify(whole, null, 1)], { type: "application/json" });
}
