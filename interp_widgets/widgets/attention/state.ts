// What Python holds (`attention.py`), as the page reads it.

import type { Head } from "../shared/heads.ts";
import type { RawPlane } from "../shared/planes.ts";
import type { PromptState } from "../shared/prompts.ts";

export const TRAITS = [
  "prompts",
  "offers",
  "live",
  "opened",
  "pinned",
  "weights",
  "score",
  "order",
  "first",
  "picked",
  "shown",
  "layers",
  "exact",
] as const;

export type Weights = "raw" | "value";
export type First = "shown" | "dimmed" | "hidden";
export type Order = "place" | "score";

export interface RawShown {
  model: string;
  prompt: string;
  tokens: string[];
  layers: number;
  heads: number;
  check: number;
  fine: boolean;
  unknown: [number, number][];
  tops: number[];
  planes: RawPlane[];
}

export interface RawLayer {
  planes: RawPlane[];
}

export interface RawExact {
  pos: number;
  planes: RawPlane[];
}

export interface AttentionState extends PromptState {
  opened: Head;
  pinned: Head | [];
  weights: Weights;
  score: string;
  order: Order;
  first: First;
  picked: number;
  shown: RawShown;
  layers: Record<string, RawLayer>;
  exact: Record<string, RawExact>;
}

/** The scores of heads, in the order of the plane `scores` (`_attention_data.SCORES`), in words. */
export const SCORES: Record<string, string> = {
  current_token: "the token itself",
  first_token: "first token",
  previous_token: "previous token",
  duplicate_token: "duplicate token",
  induction: "induction",
  previous_token_without_first: "previous token, without first",
  duplicate_token_without_first: "duplicate token, without first",
  induction_without_first: "induction, without first",
};

