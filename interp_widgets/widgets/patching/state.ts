// What Python holds (`patching.py`), as the page reads it, and what follows from it for one bar a layer.

import { numbers, type RawPlane } from "../shared/planes.ts";
import type { PromptState } from "../shared/prompts.ts";
import { visible } from "../shared/tokens.ts";

export const TRAITS = ["prompts", "offers", "live", "mode", "at", "direction", "align", "pos", "head", "opened", "carried", "pairs", "runs", "compared", "contrast", "answer", "distractor", "shown", "note", "card", "moved", "other", "code", "names", "pairing"] as const;

export const MODES = { all: "all positions", position: "one position", attention: "attention", mlp: "MLP", head: "one head" };
export const ATS = { all: "all positions", one: "one position" };
export const DIRECTIONS = { denoise: "clean → corrupt", noise: "corrupt → clean" };
export const CONTRASTS = { beside: "side by side", difference: "difference" };

export type Mode = keyof typeof MODES;
export type At = keyof typeof ATS;
export type Direction = keyof typeof DIRECTIONS;
export type Contrast = keyof typeof CONTRASTS;
export type RawPair = [clean: string, corrupt: string, answer: string, distractor: string];
/** Likeliest next tokens of the clean, the corrupt and the patched run. */
export type Said = [clean: Listed, corrupt: Listed, patched: Listed];
export type Listed = [token: string, probability: number][];

export interface RawShown {
  model: string;
  prompts: string[];
  unknown: [number, number][][];
  /** Of the clean and of the corrupt prompt. */
  tokens: [string[], string[]];
  /** For each position of the patched prompt the other's; -1 for none. */
  partners: number[];
  /** How many different tokens the pairs have at each position; empty with one pair. */
  sorts: number[];
  answer: string;
  distractor: string;
  mode: Mode;
  at: At;
  direction: Direction;
  align: string;
  metric: string;
  likeliest: string[];
  heads: number;
  /** Recovery `[layer, column]`, where a column is a position, a head or both (positions run faster); NaN where not known. */
  planes: RawPlane[];
  /** The metric of the clean and of the corrupt run. */
  values: [number | null, number | null];
  /** Pairs, those measured, and those left out as they differ too little. */
  pairs: [count: number, measured: number, dropped: number];
  /** What rounding may do to the two checks, as a share of the gap between the runs. */
  tolerance: number;
  nothing: number | null;
  whole: number | null;
}

export interface RawCard {
  place?: [layer: number, column: number];
  of?: [Mode, At, Direction];
  said?: Said;
}

export interface RawMoved {
  move?: [fromLayer: number, fromPos: number, toLayer: number, toPos: number];
  site?: [string, string];
  value?: number | null;
  recovery?: number | null;
  said?: Said;
}

export interface PatchState extends PromptState {
  mode: Mode;
  at: At;
  direction: Direction;
  align: string;
  pos: number;
  head: number;
  opened: number;
  carried: number[];
  pairs: RawPair[];
  runs: unknown[];
  compared: number;
  contrast: Contrast;
  answer: string;
  distractor: string;
  shown: RawShown;
  note: string;
  card: RawCard;
  moved: RawMoved;
  other: { name?: string; plane?: RawPlane };
  code: { text: string; of: [number, number] };
  names: string[];
  /** Prompts of unequal length as columns of tokens, -1 for a gap; empty if they are of one length. */
  pairing: { tokens?: [string[], string[]]; columns?: [number, number][] };
}

/** One layer: what a gradient says, what runs measured, its interval and the compared run; NaN where not known. */
export interface Bar {
  layer: number;
  exact: number;
  estimate: number;
  low: number;
  high: number;
  other: number;
}

export const valueOf = ({ exact, estimate }: Bar): number => (Number.isNaN(exact) ? estimate : exact);

/** Whether one position is patched at a time. */
export const byPosition = ({ at }: RawShown): boolean => at === "one";

/** The prompt that is patched, and the one that is patched from. */
export const baseTokens = ({ tokens, direction }: RawShown): string[] => tokens[direction === "denoise" ? 1 : 0];
export const donorTokens = ({ tokens, direction }: RawShown): string[] => tokens[direction === "denoise" ? 0 : 1];

/** Layers, heads and positions that bars may stand for; 1 where a bar stands for all of them. */
export function sizes(raw: RawShown): { layers: number; heads: number; positions: number } {
  const [layers, columns] = raw.planes[0]!.shape as [number, number];
  return { layers, heads: raw.heads, positions: columns / raw.heads };
}

/** Position and head that the bars show, as `Swept.column` picks them: a place past the end is the end. */
export function placeAt(raw: RawShown, pos: number, head: number): { pos: number; head: number; column: number } {
  const { heads, positions } = sizes(raw);
  const at = { pos: pos < 0 ? positions - 1 : Math.min(pos, positions - 1), head: Math.min(head, heads - 1) };
  return { ...at, column: at.head * positions + at.pos };
}

/** Values by layer and column. Throws `BufferLost`. */
export type Values = (layer: number, column: number) => number;

export interface Sweep {
  exact: Values;
  estimate: Values;
  low: Values;
  high: Values;
}

export function sweepOf(raw: RawShown): Sweep {
  const wide = raw.planes[0]!.shape[1]!;
  const read = (name: string): Values => {
    const plane = raw.planes.find((one) => one.name === name);
    const held = plane ? numbers(plane) : null;
    return (layer, column) => (held ? held[layer * wide + column]! : NaN);
  };
  return { exact: read("exact"), estimate: read("estimate"), low: read("low"), high: read("high") };
}

export function barsOf(raw: RawShown, sweep: Sweep, column: number, other: Float32Array | null): Bar[] {
  return Array.from({ length: sizes(raw).layers }, (_, layer) => ({
    layer,
    exact: sweep.exact(layer, column),
    estimate: sweep.estimate(layer, column),
    low: sweep.low(layer, column),
    high: sweep.high(layer, column),
    other: other?.[layer] ?? NaN,
  }));
}

/** The place that is patched, in words. */
export function placeOf(raw: RawShown, pos: number, head: number): string {
  const at = byPosition(raw) ? `at position ${pos} (${visible(baseTokens(raw)[pos] ?? "")})` : "at all positions";
  return { all: "the stream", position: "the stream", attention: "what its attention writes", mlp: "what its MLP writes", head: `what head ${head} writes` }[raw.mode] + ` ${at}`;
}
