// The curves as the page keeps them: a run's steps in at most 512 buckets, which join in pairs when they are too many.
// Python does the same (`_sae_curves.py`), so only what is new travels.

import { numbers } from "../shared/planes.ts";
import { MEASURES, type Now, type Piece, type RawCurves, type RawPulse, type RawRun } from "./state.ts";

const M = MEASURES.length;

/** Least and largest values of every measure in every bucket. */
export interface Buckets {
  size: number;
  length: number;
  low: Float32Array;
  high: Float32Array;
}

const fewer = (a: number, b: number): number => (Number.isNaN(a) || b < a ? b : a);
const more = (a: number, b: number): number => (Number.isNaN(a) || b > a ? b : a);

export class Run implements Buckets {
  size = 1;
  length = 0;
  low = new Float32Array(520 * M);
  high = new Float32Array(520 * M);
  /** What the last rewind took back. */
  ghost: Buckets | null = null;
  now: Now;

  constructor(public about: RawRun) {
    this.now = about;
  }

  /** Takes in how it stands, with the next part of its curve or the first; false when one before it is missing. */
  open(about: RawRun): boolean {
    if (about.from === 0) [this.size, this.length] = [about.size, 0];
    else if (this.length * this.size < about.from * about.size) return false;
    this.about = this.now = about;
    this.put(about);
    return true;
  }

  /** Takes in what is new. */
  take(piece: Now & Piece & { cut: number }): void {
    if (piece.cut >= 0) {
      this.ghost = { size: this.size, length: this.length, low: this.low.slice(0, this.length * M), high: this.high.slice(0, this.length * M) };
      this.length = Math.min(this.length, Math.ceil(piece.cut / this.size));
      if (piece.size < this.size) [this.size, this.length] = [piece.size, 0];
    }
    this.now = piece;
    this.put(piece);
  }

  private put({ size, from, plane }: Piece): void {
    while (this.size < size) this.join();
    const values = numbers(plane);
    const [ends, buckets] = plane.shape as [number, number, number];
    this.low.set(values.subarray(0, buckets * M), from * M);
    this.high.set(values.subarray(ends === 1 ? 0 : buckets * M, ends * buckets * M), from * M);
    this.length = Math.max(from + buckets, Math.min(this.length, from));
  }

  private join(): void {
    this.size *= 2;
    const half = Math.ceil(this.length / 2);
    for (let bucket = 0; bucket < half; bucket++) {
      for (let m = 0; m < M; m++) {
        const [to, one, other] = [bucket * M + m, 2 * bucket * M + m, (2 * bucket + 1) * M + m];
        const alone = 2 * bucket + 1 >= this.length;
        this.low[to] = alone ? this.low[one]! : fewer(this.low[one]!, this.low[other]!);
        this.high[to] = alone ? this.high[one]! : more(this.high[one]!, this.high[other]!);
      }
    }
    this.length = half;
  }
}

export class Store {
  runs: Run[] = [];
  working = false;
  private seq = -1;
  /** All runs that ever were here: what is known of their curves is not sent again. */
  private readonly known = new Map<number, Run>();

  /** The runs anew; false when a part of a curve is missing, and everything has to be asked for. */
  open(curves: RawCurves): boolean {
    if (this.seq > curves.seq) return true; // what came since is known already
    this.runs = curves.runs.map((about) => this.known.get(about.key) ?? new Run(about));
    for (const run of this.runs) this.known.set(run.about.key, run);
    const whole = curves.runs.map((about, i) => this.runs[i]!.open(about)).every(Boolean);
    if (whole) this.seq = curves.seq;
    return whole;
  }

  /** Takes a message in; false when one before it is missing, and everything has to be asked for. */
  take({ seq, working, runs }: RawPulse): boolean {
    if (seq === undefined || seq <= this.seq) return true;
    this.working = working!;
    if (seq > this.seq + 1) return false;
    runs!.forEach((piece, i) => this.runs[i]!.take(piece));
    this.seq = seq; // not before: a host that loses buffers is sent the same once more, as text
    return true;
  }
}

/** Ends of one measure in a bucket. */
export function ends(of: Buckets, measure: number, bucket: number): [number, number] {
  const at = bucket * M + measure;
  return [of.low[at]!, of.high[at]!];
}
