// One side's numbers, decoded, and the questions a view asks of them.

import { indices, numbers } from "../shared/planes.ts";
import type { RawPlane } from "../shared/planes.ts";
import { isSpecial, percent, short, visible } from "../shared/tokens.ts";
import type { Color, RawSide } from "./state.ts";

export interface Guess {
  piece: string;
  p: number;
}

/** The largest values that colours are scaled to; the same for all sides. */
export interface Scales {
  entropy: number;
  kl: number;
  rank: number;
}

export class Grid {
  readonly rows: readonly string[];
  readonly tokens: readonly string[];
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

  /** The cell's likeliest tokens, best first. */
  guesses(row: number, col: number): Guess[] {
    const found: Guess[] = [];
    for (let i = this.at(row, col) * this.k, end = i + this.k; i < end; i++) {
      const piece = this.raw.strings[this.top[i]!];
      if (piece !== undefined) found.push({ piece, p: this.p[i]! });
    }
    return found;
  }

  best(row: number, col: number): string | null {
    return this.raw.strings[this.top[this.at(row, col) * this.k]!] ?? null;
  }

  dim(col: number): boolean {
    return this.special[col]!;
  }

  settled(col: number): number {
    return this.settledAt[col]!;
  }

  private findSettled(col: number): number {
    let row = this.rows.length - 1;
    const final = this.top[this.at(row, col) * this.k]!;
    if (final < 0) return -1;
    while (row > 0 && this.top[this.at(row - 1, col) * this.k] === final) row--;
    return row;
  }

  scales(): Scales {
    const highest = (values: Float32Array | null, least: number): number => {
      let high = least;
      values?.forEach((v, i) => {
        if (v > high && !this.special[i % this.tokens.length]) high = v;
      });
      return high;
    };
    return { entropy: highest(this.entropy, 0.1), kl: highest(this.kl, 0.1), rank: highest(this.rank, 9) };
  }

  /** Strength of a cell's colour, 0..1. */
  shade(color: Color, row: number, col: number, scales: Scales): number {
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

  /** The other numbers of a cell, in words. */
  facts(row: number, col: number): string {
    const at = this.at(row, col);
    const parts = [`entropy ${short(this.entropy[at]!)} nats`, `KL to output ${short(this.kl[at]!)} nats`];
    if (this.rank) {
      const rank = this.rank[at]! + 1;
      const about = this.raw.exact || rank < 20 ? "" : "≈ ";
      const token = this.rankOf || this.best(this.rows.length - 1, col);
      parts.push(`rank of “${visible(token ?? "?")}” ${Number.isNaN(rank) ? "?" : about + rank.toLocaleString("en")}`);
    }
    return parts.join(" · ");
  }

  /** A cell for a screen reader. */
  words(row: number, col: number): string {
    const guesses = this.guesses(row, col).slice(0, 3).map((g) => `${spoken(g.piece)} ${percent(g.p)}`);
    const said = guesses.length ? guesses.join(", ") : "not known yet";
    return `${this.rows[row]}, token ${col} ${spoken(this.tokens[col]!)}: ${said}. ${this.facts(row, col)}`;
  }
}

const spoken = (piece: string): string => visible(piece.length > 1 ? piece.replace(/^ /, "") : piece);
