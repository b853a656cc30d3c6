// What Python holds (`superposition.py`), as the page reads it.

import { numbers, type RawPlane } from "../shared/planes.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = ["features", "hidden", "density", "decay", "correlation", "relu", "seed", "runs", "picked", "toy"] as const;

export interface RawToy {
  /** Frames of one run of training belong together. */
  run: number;
  /** Whether there are several frames, to be shown one after the other. */
  moving: boolean;
  /** Frames that a whole run has. */
  whole: number;
  planes: RawPlane[];
  /** Steps from which training went on under other settings. */
  changes: number[];
  shares: (number | null)[];
  crosstalk: (number | null)[];
  held: boolean[];
  hint: string;
}

export interface ToyState extends BaseState {
  features: number;
  hidden: number;
  density: number;
  decay: number;
  correlation: number;
  relu: boolean;
  seed: number;
  runs: number;
  picked: number;
  toy: RawToy;
}

export type Slider = "features" | "hidden" | "density" | "decay" | "correlation";

export const PRESETS = { pentagon: "5 rare in 2", dense: "5 dense in 2", opposites: "never together", coats: "20 coats, 5 hooks" };

/** An array of this name; NaN where a value is not known. */
export function array(toy: RawToy, name: string): { values: Float32Array; shape: number[] } {
  const plane = toy.planes.find((one) => one.name === name)!;
  return { values: numbers(plane), shape: plane.shape };
}

/** A share as "5 %" or "0.5 %". */
export const percent = (share: number): string => `${Number((100 * share).toPrecision(2))}\u00a0%`;

/** One moment of a toy: a direction for every feature, one after the other. */
export interface Moment {
  weights: Float32Array;
  features: number;
  hidden: number;
}

export function direction({ weights, hidden }: Moment, feature: number): Float32Array {
  return weights.subarray(feature * hidden, (feature + 1) * hidden);
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Every direction against every other, row by row. */
export function gram(moment: Moment): Float32Array {
  const { features } = moment;
  const found = new Float32Array(features * features);
  for (let i = 0; i < features; i++) {
    for (let j = 0; j <= i; j++) found[i * features + j] = found[j * features + i] = dot(direction(moment, i), direction(moment, j));
  }
  return found;
}

/** Share of a dimension that each feature has, between the frames that Python measured. */
export function shares(products: Float32Array, features: number): number[] {
  return Array.from({ length: features }, (_, i) => {
    const row = products.subarray(i * features, (i + 1) * features);
    return row[i]! ** 2 / Math.max(dot(row, row), 1e-12);
  });
}
