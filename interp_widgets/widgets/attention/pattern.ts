// One head's pattern, read from a lower triangle of bytes or floats; and thumbnails of all heads.

import type { Head } from "../shared/heads.ts";
import { numbers, type RawPlane, toBytes } from "../shared/planes.ts";
import type { RawExact, RawLayer, RawShown, Weights } from "./state.ts";

const BYTES = { u8: 1, u16: 2, u32: 4, i32: 4, f16: 2, f32: 4 } as const;

const named = (planes: readonly RawPlane[], name: string): RawPlane => planes.find((p) => p.name === name)!;

/** Numbers of one row of a plane: of one head, one kind. */
function part(plane: RawPlane, index: number): Float32Array {
  const count = plane.shape.slice(1).reduce((a, b) => a * b, 1);
  const size = count * BYTES[plane.type];
  const bytes = toBytes(plane.bytes).subarray(index * size, (index + 1) * size);
  return numbers({ ...plane, shape: [count], bytes });
}

/** A weight, and how far off it may be; 0 where it is exact. */
export interface Weight {
  pos: number;
  value: number;
  off: number;
}

export class Pattern {
  private readonly raw: Float32Array;
  private readonly lengths: Float32Array;
  private readonly scales: Float32Array;
  private readonly coarse: boolean;
  private exactRow: Float32Array | null = null;
  private exactColumn: Float32Array | null = null;
  private exactAt = -1;

  constructor(
    readonly name: Head,
    readonly n: number,
    layer: RawLayer,
    readonly weights: Weights,
    /** The value at full colour. */
    readonly top: number,
    exact: RawExact | undefined,
  ) {
    const plane = named(layer.planes, "pattern");
    this.coarse = plane.type === "u8";
    this.raw = part(plane, name[1]);
    this.lengths = part(named(layer.planes, "norms"), name[1]);
    this.scales = numbers(named(layer.planes, "scales"));
    if (exact) {
      const kind = weights === "value" ? 1 : 0;
      this.exactAt = exact.pos;
      this.exactRow = part(named(exact.planes, "row"), kind);
      this.exactColumn = part(named(exact.planes, "column"), kind);
    }
  }

  /** How much `dst` gives to `src`; 0 above the diagonal. */
  value(dst: number, src: number): number {
    if (src > dst) return 0;
    if (this.exactRow && dst === this.exactAt) return this.exactRow[src]!;
    if (this.exactColumn && src === this.exactAt) return this.exactColumn[dst - src]!;
    const weight = this.raw[(dst * (dst + 1)) / 2 + src]!;
    return this.weights === "raw" ? weight : weight * this.lengths[src]! * this.scales[dst]!;
  }

  /** How far `value` may be from the record's number: half a step of the byte it came as. */
  off(dst: number, src: number): number {
    if (!this.coarse || src > dst || (this.exactAt >= 0 && (dst === this.exactAt || src === this.exactAt))) return 0;
    const weight = this.raw[(dst * (dst + 1)) / 2 + src]!;
    const step = Math.sqrt(weight) / 254 + 1 / (4 * 254 ** 2);
    return this.weights === "raw" ? step : step * this.lengths[src]! * this.scales[dst]!;
  }

  /** What a weight of 1 would add to the stream. */
  length(dst: number, src: number): number {
    return this.lengths[src]! * this.scales[dst]!;
  }

  /** What a token looks at, strongest first. */
  looksAt(dst: number, from: number): Weight[] {
    const found = Array.from({ length: dst + 1 }, (_, src) => this.weight(src, dst, src));
    return strongest(found.filter(({ pos }) => pos >= from));
  }

  /** What looks at a token, strongest first. */
  lookedAtBy(src: number): Weight[] {
    const found = Array.from({ length: this.n - src }, (_, i) => this.weight(src + i, src + i, src));
    return strongest(found);
  }

  private weight(pos: number, dst: number, src: number): Weight {
    return { pos, value: this.value(dst, src), off: this.off(dst, src) };
  }
}

const strongest = (weights: Weight[]): Weight[] => weights.sort((a, b) => b.value - a.value);

/** Share of full colour, 0..1: a root, so that weak weights show. */
export const shade = (value: number, top: number): number => Math.sqrt(Math.min(Math.max(value / top, 0), 1));

/** All heads of a record, small; and their scores. */
export class Heads {
  private readonly scores: Float32Array;
  private readonly planes: Record<Weights, RawPlane>;
  /** Rows and columns of a thumbnail. */
  readonly size: number;

  constructor(readonly raw: RawShown) {
    this.scores = numbers(named(raw.planes, "scores"));
    this.planes = { raw: named(raw.planes, "raw"), value: named(raw.planes, "value") };
    const cells = this.planes.raw.shape[2]!;
    this.size = Math.round((Math.sqrt(8 * cells + 1) - 1) / 2);
  }

  get count(): number {
    return this.raw.layers * this.raw.heads;
  }

  /** A score by its place in the plane; NaN where it is not defined. */
  score(kind: number, [layer, head]: Head): number {
    return kind < 0 ? NaN : this.scores[(kind * this.raw.layers + layer) * this.raw.heads + head]!;
  }

  defined(kind: number): boolean {
    const from = kind * this.count;
    return this.scores.subarray(from, from + this.count).some((value) => !Number.isNaN(value));
  }

  /** Thumbnails as shares of full colour in bytes, head after head, each a triangle. */
  codes(weights: Weights): Uint8Array {
    return toBytes(this.planes[weights].bytes);
  }

  /** Heads as they stand: by place, or highest score first. */
  ordered(kind: number): Head[] {
    const all = Array.from({ length: this.count }, (_, i): Head => [Math.floor(i / this.raw.heads), i % this.raw.heads]);
    const worth = (head: Head): number => {
      const score = this.score(kind, head);
      return Number.isNaN(score) ? -Infinity : score;
    };
    return kind < 0 ? all : all.sort((a, b) => worth(b) - worth(a));
  }
}
