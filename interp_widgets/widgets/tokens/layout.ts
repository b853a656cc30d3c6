// Where each token stands: worked out once for a width, so that only the rows in sight need to be in the page.

import type { Token } from "./names.ts";

export const ROW = 30;
export const HIGH = 22;
const PAD = 4;
const GAP = 3;
const LEAST = 16;

export interface Layout {
  /** The first token of each row, and after the last row the number of tokens. */
  rows: number[];
  rowOf: Uint32Array;
  left: Float32Array;
  width: Float32Array;
  room: number;
}

export function layout(tokens: readonly Token[], font: string, room: number): Layout {
  const n = tokens.length;
  const measure = ruler(font);
  const made: Layout = { rows: n ? [0] : [], rowOf: new Uint32Array(n), left: new Float32Array(n), width: new Float32Array(n), room };
  let x = 0;
  tokens.forEach((token, i) => {
    const wide = Math.min(Math.max(Math.ceil(measure((token.lead ? "·" : "") + token.body)) + 2 * PAD, LEAST), room);
    const ended = i > 0 && tokens[i - 1]!.kind === "newline";
    if (i > 0 && (ended || x + wide > room)) {
      made.rows.push(i);
      x = 0;
    }
    made.rowOf[i] = made.rows.length - 1;
    made.left[i] = x;
    made.width[i] = wide;
    x += wide + GAP;
  });
  made.rows.push(n);
  return made;
}

/** Widths of texts in a font; of each text once. */
function ruler(font: string): (text: string) => number {
  const context = document.createElement("canvas").getContext("2d")!;
  context.font = font;
  const known = new Map<string, number>();
  return (text) => {
    let wide = known.get(text);
    if (wide === undefined) known.set(text, (wide = context.measureText(text.slice(0, 400)).width));
    return wide;
  };
}

/** The token of another row that stands nearest under or over one. */
export function beside({ rows, rowOf, left, width }: Layout, pos: number, steps: number): number {
  const row = Math.min(Math.max(rowOf[pos]! + steps, 0), rows.length - 2);
  const middle = left[pos]! + width[pos]! / 2;
  let best = rows[row]!;
  for (let i = best; i < rows[row + 1]!; i++) {
    const off = (at: number): number => Math.abs(left[at]! + width[at]! / 2 - middle);
    if (off(i) < off(best)) best = i;
  }
  return best;
}
