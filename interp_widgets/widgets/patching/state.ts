// What Python holds (`patching.py`), as the page reads it, and what follows from it for one bar a layer.

import { numbers, type RawPlane } from "../shared/planes.ts";
import type { PromptState } from "../shared/prompts.ts";
import { visible } from "../shared/tokens.ts";

export const TRAITS = ["prompts", "offers", "live", "mode", "direction", "pos", "head", "opened", "answer", "distractor", "shown", "note"] as const;

export const MODES = { all: "all positions", position: "one position", attention: "attention", mlp: "MLP", head: "one head" };
export const DIRECTIONS = { denoise: "clean → corrupt", noise: "corrupt → clean" };

type Listed = [token: string, probability: number][];

export interface RawShown {
  model: string;
  prompts: string[];
  unknown: [number, number][][];
  /** Of the clean and of the corrupt prompt. */
  tokens: [string[], string[]];
  answer: string;
  distractor: string;
  mode: keyof typeof MODES;
  direction: keyof typeof DIRECTIONS;
  metric: string;
  likeliest: string[];
  /** Recovery `[layer, column]`, where a column is a position or a head; NaN where not known (yet). */
  planes: RawPlane[];
  /** The metric of the clean and of the corrupt run. */
  values: [number, number];
  nothing: number | null;
  whole: number | null;
  /** Layer and column whose tokens follow; empty if none. */
  card: [] | [layer: number, column: number];
  before: Listed;
  after: Listed;
}

export interface PatchState extends PromptState {
  mode: keyof typeof MODES;
  direction: keyof typeof DIRECTIONS;
  pos: number;
  head: number;
  opened: number;
  answer: string;
  distractor: string;
  shown: RawShown;
  note: string;
}

/** One layer: what a gradient says and what a run measured, NaN where not known. */
export interface Bar {
  layer: number;
  exact: number;
  estimate: number;
}

export const valueOf = ({ exact, estimate }: Bar): number => (Number.isNaN(exact) ? estimate : exact);

/** Columns of the sweep: positions, heads, or one for all. */
export const columns = (raw: RawShown): number => raw.planes[0]!.shape[1]!;

/** The column that the bars show, as `patching.py` picks it: a position past the end is the end. */
export function columnOf(raw: RawShown, pos: number, head: number): number {
  const last = columns(raw) - 1;
  if (raw.mode === "position") return pos < 0 ? last : Math.min(pos, last);
  return raw.mode === "head" ? Math.min(head, last) : 0;
}

/** Throws `BufferLost`. */
export function barsOf(raw: RawShown, column: number): Bar[] {
  const [exact, estimate] = ["exact", "estimate"].map((name) => numbers(raw.planes.find((plane) => plane.name === name)!)) as [Float32Array, Float32Array];
  const wide = columns(raw);
  return Array.from({ length: exact.length / wide }, (_, layer) => ({ layer, exact: exact[layer * wide + column]!, estimate: estimate[layer * wide + column]! }));
}

export function number(x: number, digits = 2): string {
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** The place that is patched, in words. */
export function placeOf(raw: RawShown, column: number): string {
  const base = raw.tokens[raw.direction === "denoise" ? 1 : 0];
  return {
    all: "the stream at all positions",
    position: `the stream at position ${column} (${visible(base[column] ?? "")})`,
    attention: "what its attention writes, at all positions",
    mlp: "what its MLP writes, at all positions",
    head: `what head ${column} writes, at all positions`,
  }[raw.mode];
}

/** What a recovery means, for a reader who meets the word for the first time. */
export function meaning(raw: RawShown, { layer, exact, estimate }: Bar, column: number): string {
  const value = Number.isNaN(exact) ? estimate : exact;
  if (Number.isNaN(value)) return "Not known yet, or the two runs do not differ in the metric.";
  const [from, into] = raw.direction === "denoise" ? ["clean", "corrupt"] : ["corrupt", "clean"];
  const did = `Giving the ${into} run ${placeOf(raw, column)} of the ${from} run, at layer ${layer},`;
  if (raw.mode === "all") return `${did} hands it everything that later layers read. So it becomes the ${from} run, and the bar is 1.0 for any model: this says nothing about layer ${layer}.`;
  const share = `${number(100 * value, 0)} % of the way to the ${from} run`;
  if (value > 1.1) return `${did} overshoots: ${share}. Other places hold back what this one pushes.`;
  if (value < -0.1) return `${did} moves it the other way: ${share}. This place works against the ${from} run's answer.`;
  if (value < 0.1) return `${did} changes next to nothing: ${share}. What tells the answers apart is not here, or has copies elsewhere.`;
  const need = raw.direction === "denoise" ? "This place is enough to bring that much back." : "The answer needs this place that much.";
  return `${did} moves it ${share}. ${need}`;
}
