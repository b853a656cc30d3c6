// What Python holds (`tokens.py`), as the page reads it.

import type { RawPlane } from "../shared/planes.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = ["selected", "tokens", "special", "values", "scale"] as const;

export interface Scale {
  label: string;
  /** The value of the strongest colour. */
  top: number;
  /** Whether the colours run both ways from 0. */
  diverging: boolean;
}

export interface TokensState extends BaseState {
  selected: number[];
  tokens: string[];
  special: number[];
  values: RawPlane | Record<string, never>;
  scale: Scale | Record<string, never>;
}

export type Range = [first: number, last: number];

/** Ascending positions as ranges with both ends. */
export function ranges(positions: readonly number[]): Range[] {
  const found: Range[] = [];
  for (const pos of positions) {
    const last = found.at(-1);
    if (last && last[1] === pos - 1) last[1] = pos;
    else found.push([pos, pos]);
  }
  return found;
}

export function positions(all: readonly Range[]): number[] {
  const found = new Set<number>();
  for (const [first, last] of all) for (let pos = first; pos <= last; pos++) found.add(pos);
  return [...found].sort((a, b) => a - b);
}
