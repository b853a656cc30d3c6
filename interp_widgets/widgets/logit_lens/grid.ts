// One side's numbers, decoded, and the questions a view asks of them.

import type { RampName } from "../shared/color.ts";
import { indices, numbers } from "../shared/planes.ts";
import type { RawPlane } from "../shared/planes.ts";
import { isSpecial, percent, short, visible } from "../shared/tokens.ts";
import type { Color, Contrast, RawSide } from "./state.ts";

export interface Guess {
  piece: string;
  p: number;
  /** Of a difference: p less the probability under the second lens. */
  diff?: number;
}

/** The largest values that colours are scaled to; the same for all sides. */
export interface Scales {
  entropy: number;
  kl: number;
  rank: number;
  diff: number;
  gain: number;
  /** KL from the one lens to the other. */
  apart: number;
}

export const NO_SCALES: Scales = { entropy: 0.1, kl: 0.1, rank: 9, diff: 0.1, gain: 0.1, apart: 0.1 };

/** What colours the cells. */
export interface Paint {
  color: Color;
  contrast: Contrast;
  scales: Scales;
}

/** What one side shows: a lens, or the difference of two. */
export interface Cells {
  readonly raw: RawSide;
  readonly rows: readonly string[];
  readonly tokens: readonly string[];
  readonly differs: boolean;
  /** The cell's tokens, first the one that counts most. */
  guesses(row: number, col: number): Guess[];
  /** What is written in a cell. */
  text(row: number, col: number): string | null;
  dim(col: number): boolean;
  /** First row from which the column's top token stays; -1 where that means nothing. */
  settled(col: number): number;
  scales(): Scales;
  /** Strength of a cell's colour, 0..1. */
  shade(row: number, col: number, paint: Paint): number;
  ramp(paint: Paint): RampName;
  /** The other numbers of a cell, in words. */
  facts(row: number, col: number): string;
  /** A cell for a screen reader. */
  words(row: number, col: number): string;
}

export class Grid implements Cells {
  readonly rows: readonly string[];
  readonly tokens: readonly string[];
  readonly differs = false;
  private readonly k: number;
  private readonly top: Int32Array;
  private readonly p: Float32Array;
  private readonly entropy: Float32Array;
  private readonly kl: Float32Array;
  private readonly rank: Float32Array | null;
  private readonly settledAt: Int32Array;
  private readonly special: boolean[];

  constructor(
    readonly raw: RawSide,
    rank: RawPlane | null,
    readonly rankOf: string,
  ) {
    const plane = (name: string): RawPlane => raw.planes.find((p) => p.name === name)!;
    this.rows = raw.rows;
    this.tokens = raw.tokens;
    this.k = plane("top").shape[2]!;
    this.top = indices(plane("top"));
    this.p = numbers(plane("p"));
    this.entropy = numbers(plane("entropy"));
    this.kl = numbers(plane("kl"));
    this.rank = rank && numbers(rank);
    this.special = raw.tokens.map((token, col) => col === 0 && isSpecial(token));
    this.settledAt = Int32Array.from(raw.tokens, (_, col) => this.findSettled(col));
  }

  private at(row: number, col: number): number {
    return row * this.tokens.length + col;
  }

  guesses(row: number, col: number): Guess[] {
    const found: Guess[] = [];
    for (let i = this.at(row, col) * this.k, end = i + this.k; i < end; i++) {
      const piece = this.raw.strings[this.top[i]!];
      if (piece !== undefined) found.push({ piece, p: this.p[i]! });
    }
    return found;
  }

  text(row: number, col: number): string | null {
    return this.raw.strings[this.top[this.at(row, col) * this.k]!] ?? null;
  }

  dim(col: number): boolean {
    return this.special[col]!;
  }

  settled(col: number): number {
    return this.settledAt[col]!;
  }

  private findSettled(col: number): number {
    const top = (row: number): number => this.top[this.at(row, col) * this.k]!;
    let settled = this.rows.length - 1;
    const final = top(settled);
    if (final < 0) return -1;
    // Rows that a lens has no map for are passed over.
    for (let row = settled - 1; row >= 0 && (top(row) === final || top(row) < 0); row--) if (top(row) === final) settled = row;
    return settled;
  }

  scales(): Scales {
    const of = (values: Float32Array | null, least: number): number => highest(values ?? [], least, (i) => this.special[i % this.tokens.length]!);
    return { ...NO_SCALES, entropy: of(this.entropy, 0.1), kl: of(this.kl, 0.1), rank: of(this.rank, 9) };
  }

  shade(row: number, col: number, { color, scales }: Paint): number {
    const at = this.at(row, col);
    switch (color) {
      case "probability":
        return this.p[at * this.k]!;
      case "entropy":
        return this.entropy[at]! / scales.entropy;
      case "kl":
        return this.kl[at]! / scales.kl;
      case "rank":
        return this.rank ? 1 - Math.log1p(this.rank[at]!) / Math.log1p(scales.rank) : NaN;
    }
  }

  ramp({ color }: Paint): RampName {
    return color;
  }

  facts(row: number, col: number): string {
    const at = this.at(row, col);
    const parts = [`entropy ${short(this.entropy[at]!)} nats`, `KL to output ${short(this.kl[at]!)} nats`];
    if (this.rank) {
      const rank = this.rank[at]! + 1;
      const about = this.raw.exact || rank < 20 ? "" : "≈ ";
      const token = this.rankOf || this.text(this.rows.length - 1, col);
      parts.push(`rank of “${visible(token ?? "?")}” ${Number.isNaN(rank) ? "?" : about + rank.toLocaleString("en")}`);
    }
    return parts.join(" · ");
  }

  words(row: number, col: number): string {
    const guesses = this.guesses(row, col).slice(0, 3).map((g) => `${spoken(g.piece)} ${percent(g.p)}`);
    const said = guesses.length ? guesses.join(", ") : "not known yet";
    return `${where(this, row, col)}: ${said}. ${this.facts(row, col)}`;
  }
}

/** The largest size of the values, special columns aside, or `least`. */
export function highest(values: ArrayLike<number>, least: number, special: (at: number) => boolean): number {
  let high = least;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > high && !special(i)) high = size;
  }
  return high;
}

/** Row and token of a cell, for a screen reader. */
export const where = (cells: Cells, row: number, col: number): string => `${cells.rows[row]}, token ${col} ${spoken(cells.tokens[col]!)}`;

export const spoken = (piece: string): string => visible(piece.length > 1 ? piece.replace(/^ /, "") : piece);
