// One side that shows the difference of two lenses: where they part, in which token, and what each of them says.

import type { RampName } from "../shared/color.ts";
import { indices, numbers, type RawPlane } from "../shared/planes.ts";
import { isSpecial, percent, short } from "../shared/tokens.ts";
import { type Cells, type Guess, highest, NO_SCALES, type Paint, type Scales, spoken, where } from "./grid.ts";
import { lensName } from "./lens.ts";
import type { RawSide } from "./state.ts";

/** Differences of probability below this are not worth a word. */
const LEAST = 0.005;

export class Difference implements Cells {
  readonly rows: readonly string[];
  readonly tokens: readonly string[];
  readonly differs = true;
  private readonly k: number;
  private readonly planes: Record<"diff" | "p" | "best_p" | "distance" | "kl" | "gain", Float32Array>;
  private readonly top: Int32Array;
  private readonly likeliest: Int32Array;
  private readonly special: boolean[];

  constructor(readonly raw: RawSide) {
    const plane = (name: string): RawPlane => raw.planes.find((p) => p.name === name)!;
    const read = (name: string): Float32Array => numbers(plane(name));
    this.rows = raw.rows;
    this.tokens = raw.tokens;
    this.k = plane("top").shape[2]!;
    this.top = indices(plane("top"));
    this.likeliest = indices(plane("best"));
    this.planes = { diff: read("diff"), p: read("p"), best_p: read("best_p"), distance: read("distance"), kl: read("kl"), gain: read("gain") };
    this.special = raw.tokens.map((token, col) => col === 0 && isSpecial(token));
  }

  private at(row: number, col: number): number {
    return row * this.tokens.length + col;
  }

  guesses(row: number, col: number): Guess[] {
    const found: Guess[] = [];
    for (let i = this.at(row, col) * this.k, end = i + this.k; i < end; i++) {
      const piece = this.raw.strings[this.top[i]!];
      if (piece !== undefined) found.push({ piece, p: this.planes.p[i]!, diff: this.planes.diff[i]! });
    }
    return found;
  }

  /** What each lens says: the first, then the one that is taken off. */
  says(row: number, col: number): { lens: string; piece: string; p: number }[] {
    return this.raw.names.flatMap((lens, i) => {
      const place = this.at(row, col) * 2 + i;
      const piece = this.raw.strings[this.likeliest[place]!];
      return piece === undefined ? [] : [{ lens: lensName(lens), piece, p: this.planes.best_p[place]! }];
    });
  }

  /** The token that differs most, with its sign. */
  text(row: number, col: number): string | null {
    const at = this.at(row, col) * this.k;
    const [piece, diff] = [this.raw.strings[this.top[at]!], this.planes.diff[at]!];
    if (piece === undefined || !(Math.abs(diff) >= LEAST)) return null;
    return `${diff > 0 ? "+" : "−"}${piece}`;
  }

  dim(col: number): boolean {
    return this.special[col]!;
  }

  settled(): number {
    return -1;
  }

  scales(): Scales {
    const of = (values: Float32Array, least: number, each = 1): number => highest(values, least, (i) => this.special[Math.floor(i / each) % this.tokens.length]!);
    return { ...NO_SCALES, diff: of(this.planes.diff, 0.1, this.k), gain: of(this.planes.gain, 0.1), apart: of(this.planes.kl, 0.1) };
  }

  shade(row: number, col: number, { contrast, scales }: Paint): number {
    const at = this.at(row, col);
    switch (contrast) {
      case "diff":
        return 0.5 + this.planes.diff[at * this.k]! / scales.diff / 2;
      case "gain":
        return 0.5 + this.planes.gain[at]! / scales.gain / 2;
      case "kl":
        return this.planes.kl[at]! / scales.apart;
      case "distance":
        return this.planes.distance[at]!;
    }
  }

  ramp({ contrast }: Paint): RampName {
    return ({ diff: "signed", gain: "signed", kl: "kl", distance: "probability" } as const)[contrast];
  }

  facts(row: number, col: number): string {
    const at = this.at(row, col);
    const [first, second] = this.raw.names.map(lensName) as [string, string];
    const gain = this.planes.gain[at]!;
    const nearer = Number.isNaN(gain) ? "" : `${gain < 0 ? second : first} nearer to the output by ${short(Math.abs(gain))} nats · `;
    return `${nearer}distance ${short(this.planes.distance[at]!)} · KL ${short(this.planes.kl[at]!)} nats`;
  }

  words(row: number, col: number): string {
    const says = this.says(row, col).map((one) => `${one.lens} says ${spoken(one.piece)} ${percent(one.p)}`);
    if (!says.length) return `${where(this, row, col)}: not known.`;
    const parted = this.guesses(row, col).filter((guess) => Math.abs(guess.diff!) >= LEAST).slice(0, 3);
    const listed = parted.map((guess) => `${spoken(guess.piece)} ${fromTo(guess)}`);
    return `${where(this, row, col)}: ${says.join(", ")}. ${listed.length ? `From ${this.raw.names.map(lensName).reverse().join(" to ")}: ${listed.join(", ")}` : "They hardly differ"}. ${this.facts(row, col)}`;
  }
}

/** A token's probability under the lens that is taken off, and under the first. */
export const fromTo = ({ p, diff }: Guess): string => `${percent(Math.max(p - diff!, 0))} → ${percent(p)}`;
