// What Python holds (`sae_trainer.py`), as the page reads it.

import type { RawPlane } from "../shared/planes.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = ["mode", "walked", "rewound", "settings", "designs", "chosen", "picked", "measure", "scale", "window", "curves", "pulse", "marks", "kept", "density", "match", "card", "closeup"] as const;

export const MEASURES = ["loss", "mse", "sparsity", "l0", "fve", "dead", "recovered"] as const;
export type Measure = (typeof MEASURES)[number];

interface About {
  /** On the tiles. */
  name: string;
  /** In full, with its unit. */
  title: string;
  /** Shares are drawn from 0 to 1. */
  share: boolean;
}

export const ABOUT: Record<Measure, About> = {
  loss: { name: "loss", title: "loss: all terms", share: false },
  mse: { name: "reconstruction", title: "reconstruction error", share: false },
  sparsity: { name: "sparsity", title: "sparsity term, before its weight", share: false },
  l0: { name: "L0", title: "L0: latents that fire on a token", share: false },
  fve: { name: "FVE", title: "FVE: share of variance explained", share: true },
  dead: { name: "dead", title: "share of latents dead", share: true },
  recovered: { name: "found", title: "share of true directions found (cosine > 0.9)", share: true },
};

export const KNOBS: Record<string, string> = { l1: "λ", k: "k", l0: "L0 target", lr: "learning rate" };

export interface Now {
  step: number;
  done: boolean;
  /** Recent mean of each measure. */
  now: (number | null)[];
  /** Steps trained again bit for bit since a rewind, and the first that differs (-1: none). */
  again: [number, number];
  /** That step differs because a knob stood otherwise. */
  turned: boolean;
}

export interface Piece {
  /** Steps in a bucket. */
  size: number;
  from: number;
  plane: RawPlane;
}

export interface RawRun extends Now, Piece {
  /** Tells it from the other runs of its trainer, those that left as well. */
  key: number;
  name: string;
  variant: string;
  d_in: number;
  d_sae: number;
  steps: number;
  seed: number | null;
  live: boolean;
  truths: number;
  /** Opening value, least and largest of each slider. */
  knobs: Record<string, [number, number, number]>;
}

export interface RawCurves {
  seq: number;
  variants: string[];
  /** Ways to break a run on purpose, and what the page calls them. */
  switches: Record<string, string>;
  runs: RawRun[];
}

export interface RawPulse {
  seq?: number;
  working?: boolean;
  runs?: (Now & Piece & { cut: number })[];
}

export type Mark = [step: number, knob: string, old: number, now: number];

export interface RawDensity {
  counts?: number[];
  /** One latent of each bar, -1 where there is none. */
  sample?: number[];
}

export interface RawMatch {
  truths?: number;
  block?: number;
  side?: number;
  count?: number;
  median?: number | null;
  partner?: number[];
  planes?: RawPlane[];
}

export interface TextExample {
  tokens: string[];
  acts: number[];
  peak: number;
}

export interface RowExample {
  row: number;
  act: number;
  features: number[];
}

export interface RawCard {
  latent?: number;
  step?: number;
  rate?: number | null;
  partner?: number;
  cosine?: number | null;
  paired?: boolean;
  searched?: number;
  examples?: (TextExample | RowExample)[];
}

export interface RawCloseup {
  window?: [number, number];
  measure?: Measure;
  runs?: ({ size: number; plane: RawPlane } | null)[];
}

export interface TrainerState extends BaseState {
  mode: "paused" | "running" | "stopped";
  walked: number;
  rewound: [times: number, step: number];
  settings: Record<string, number>[];
  /** Of runs that can be made otherwise. */
  designs: { base: number; variant: string; d_sae: number; broken: string[] }[];
  chosen: number;
  picked: number;
  measure: Measure;
  scale: "log" | "linear";
  window: [] | [number, number];
  curves: RawCurves;
  pulse: RawPulse;
  marks: Mark[][];
  kept: number[][];
  density: RawDensity;
  match: RawMatch;
  card: RawCard;
  closeup: RawCloseup;
}

/** A measure in few letters. */
export function written(measure: Measure, value: number | null): string {
  if (value === null || Number.isNaN(value)) return "–";
  if (ABOUT[measure].share) return `${(100 * value).toFixed(value !== 0 && Math.abs(value) < 0.1 ? 1 : 0).replace("-", "−")} %`;
  // As many digits at every step: a number that runs must not jump.
  const size = Math.abs(value);
  return size >= 1e-3 && size < 100 ? value.toPrecision(3).replace("-", "−") : brief(value);
}

/** Three digits, without an exponent where it can be. */
export function brief(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
  return text.replace("e+", "e").replace(/-/g, "−");
}
