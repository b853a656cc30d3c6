// What Python holds (`timeline.py`), as the page reads it.

import { numbers, type RawPlane } from "../shared/planes.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = ["step", "measure", "head", "recorded", "live"] as const;

export const MEASURES = { induction: "induction", previous_token: "previous token" };
export type Measure = keyof typeof MEASURES;

export interface RawRecorded {
  model: string;
  steps: number[];
  tokens: number[];
  measures: string[];
  loadable: number[];
  /** Values `[measure, step]`. */
  planes: RawPlane[];
}

/** What the model of one step does with words written twice. */
export interface RawLive {
  tokens: string[];
  /** Words of one copy. */
  length: number;
  accuracy: number;
  first: number;
  second: number;
  planes: RawPlane[];
}

export interface TimeState extends BaseState {
  step: number;
  measure: Measure;
  head: [] | [layer: number, head: number];
  recorded: RawRecorded;
  live: Record<string, RawLive>;
}

/** One measure at every step. Throws `BufferLost`. */
export function measured(raw: RawRecorded, name: string): Float32Array {
  const all = numbers(raw.planes[0]!);
  const at = raw.measures.indexOf(name) * raw.steps.length;
  return all.subarray(at, at + raw.steps.length);
}

/** A grid of scores `[layer, head]`. Throws `BufferLost`. */
export function scores(raw: RawLive, measure: Measure): { values: Float32Array; heads: number } {
  const plane = raw.planes.find(({ name }) => name === measure)!;
  return { values: numbers(plane), heads: plane.shape[1]! };
}

export const lossesOf = (raw: RawLive): Float32Array => numbers(raw.planes.find(({ name }) => name === "loss")!);

/** A head's weights, `[dst, src]` as a lower triangle. Throws `BufferLost`. */
export function patternOf(raw: RawLive, [layer, head]: readonly [number, number]): Float32Array {
  const plane = raw.planes.find(({ name }) => name === "patterns")!;
  const [, heads, size] = plane.shape as [number, number, number];
  const all = numbers(plane);
  return all.subarray((layer * heads + head) * size, (layer * heads + head + 1) * size);
}

/** The head that is shown: the chosen one, or the best. */
export function shownHead(raw: RawLive, measure: Measure, chosen: TimeState["head"]): [number, number] {
  if (chosen.length === 2) return chosen;
  const { values, heads } = scores(raw, measure);
  const best = values.reduce((top, value, i) => (value > values[top]! ? i : top), 0);
  return [Math.floor(best / heads), best % heads];
}

export const nearest = (steps: readonly number[], step: number): number => steps.reduce((best, one) => (Math.abs(one - step) < Math.abs(best - step) ? one : best));
