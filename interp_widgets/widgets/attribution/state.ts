// What Python holds (`attribution.py`), as the page reads it.

import { number } from "../shared/numbers.ts";
import { numbers, type RawPlane } from "../shared/planes.ts";
import type { PromptState } from "../shared/prompts.ts";
import { visible } from "../shared/tokens.ts";

export const TRAITS = ["prompts", "offers", "live", "answer", "distractor", "technique", "steps", "sites", "picked", "shown"] as const;

export const TECHNIQUES = { gradient: "gradient", integrated: "integrated gradients", qk: "exact softmax for q, k" };

export interface RawAgreement {
  count: number;
  pearson: number | null;
  spearman: number | null;
  sign: number | null;
  error: number | null;
}

export interface RawGroup {
  kind: string;
  axes: string[];
  labels: string[][];
  agreement: RawAgreement;
}

export interface RawShown {
  model: string;
  unit: string;
  groups: RawGroup[];
  agreement: RawAgreement;
  /** Numbers of the cells that stand out, worst first. */
  worst: number[];
  /** `exact` and `estimate` [cell], kind after kind; NaN where not known (yet). */
  planes: RawPlane[];
  prompts: string[];
  unknown: [number, number][][];
  likeliest: string[];
  /** Kinds of places that may be asked for. */
  offered: string[];
  stale: boolean;
}

export interface ScatterState extends PromptState {
  answer: string;
  distractor: string;
  technique: keyof typeof TECHNIQUES;
  steps: number;
  sites: string[];
  picked: number;
  shown: RawShown;
}

/** All cells, with where each kind begins. */
export class Points {
  readonly exact: Float32Array;
  readonly estimate: Float32Array;
  private readonly starts: number[] = [];
  /** Cells whose place is known, by their exact effect. */
  readonly across: number[];
  /** The same cells, the one furthest off first. */
  readonly byError: number[];

  /** Throws `BufferLost`. */
  constructor(readonly raw: RawShown) {
    this.exact = numbers(raw.planes[0]!);
    this.estimate = numbers(raw.planes[1]!);
    let at = 0;
    for (const { labels } of raw.groups) {
      this.starts.push(at);
      at += labels.reduce((count, along) => count * along.length, 1);
    }
    const known = [...this.exact.keys()].filter((i) => !Number.isNaN(this.exact[i]!) && !Number.isNaN(this.estimate[i]!));
    this.across = [...known].sort((a, b) => this.exact[a]! - this.exact[b]!);
    this.byError = known.sort((a, b) => Math.abs(this.error(b)) - Math.abs(this.error(a)));
  }

  get count(): number {
    return this.exact.length;
  }

  error(cell: number): number {
    return this.estimate[cell]! - this.exact[cell]!;
  }

  group(cell: number): number {
    let group = this.starts.length - 1;
    while (group > 0 && this.starts[group]! > cell) group--;
    return group;
  }

  /** A cell's name: `L3.z.2`, `L5.resid_pre at ·Paris (4)`. */
  name(cell: number): string {
    const group = this.group(cell);
    const { kind, axes, labels } = this.raw.groups[group]!;
    let rest = cell - this.starts[group]!;
    const at: number[] = [];
    for (let axis = labels.length - 1; axis >= 0; axis--) {
      at[axis] = rest % labels[axis]!.length;
      rest = Math.floor(rest / labels[axis]!.length);
    }
    if (axes[0] === "cell") return labels[0]![at[0]!]!;
    const of = (axis: string): string | undefined => (axes.includes(axis) ? labels[axes.indexOf(axis)]![at[axes.indexOf(axis)]!] : undefined);
    const [layer, index, token] = [of("layer"), of("head") ?? of("neuron"), of("pos")];
    const place = [layer, kind, index].filter((part) => part !== undefined).join(".");
    return token === undefined ? place : `${place} at ${visible(token)} (${at[axes.indexOf("pos")]})`;
  }

  words(cell: number): string {
    const unit = this.raw.unit;
    if (Number.isNaN(this.exact[cell]!)) return `${this.name(cell)}: estimated ${number(this.estimate[cell]!, 3)} (${unit}), not measured yet`;
    return `${this.name(cell)}: estimated ${number(this.estimate[cell]!, 3)}, exact ${number(this.exact[cell]!, 3)}, off by ${number(this.error(cell), 3)} (${unit})`;
  }
}
