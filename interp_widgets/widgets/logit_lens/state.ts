// What Python holds (`logit_lens.py`), as the page reads it.

import type { RawPlane } from "../shared/planes.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = [
  "prompts",
  "color",
  "measure",
  "pinned",
  "tracked",
  "rank_of",
  "sides",
  "ranks",
  "trails",
  "offers",
  "live",
] as const;

export type Color = "probability" | "entropy" | "kl" | "rank";
export type Measure = "probability" | "rank" | "logit";
export type Pin = [side: number, row: number, pos: number];

export interface RawSide {
  model: string;
  kind: string;
  prompt: string;
  rows: string[];
  tokens: string[];
  check: number | null;
  exact: boolean;
  strings: string[];
  planes: RawPlane[];
  unknown: [number, number][];
}

export interface RawTrail {
  ids: number[];
  tokens: string[];
  tracked: boolean[];
  planes: RawPlane[];
}

export interface LensState extends BaseState {
  prompts: string[];
  color: Color;
  measure: Measure;
  pinned: Pin[];
  tracked: string[];
  rank_of: string;
  sides: RawSide[];
  ranks: (RawPlane | null)[];
  trails: Record<string, RawTrail>;
  offers: string[];
  live: boolean;
}

/** The token whose rank colours the cells. */
export const chosen = (tracked: readonly string[], rankOf: string): string => (tracked.includes(rankOf) ? rankOf : (tracked[0] ?? ""));
