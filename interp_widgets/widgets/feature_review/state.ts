// What Python sends (`_features_review.py`).

import type { RawCard } from "../features/state.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = ["feature", "work", "prompt", "how", "card", "steps", "test", "effect", "suggested", "live"] as const;

export interface Done {
  looked?: number[];
  label?: string;
  tested?: string;
  intervened?: [string, string];
}

export interface Group extends Pick<RawCard, "pieces" | "planes"> {
  name: string;
  all: number;
}

export interface ReviewCard {
  feature: number;
  max: number;
  density: number;
  groups: Group[];
}

export interface Step {
  name: string;
  state: "open" | "done" | "failed";
  said: string;
}

/** Token, probability before, and after. */
export type Moved = [string, number, number];

export interface Effect {
  feature?: number;
  rises: Moved[];
  falls: Moved[];
}

export interface ReviewState extends BaseState {
  feature: number;
  work: Record<string, Done>;
  prompt: string;
  how: "remove" | "force";
  card: ReviewCard;
  steps: Step[];
  test: Record<string, unknown>;
  effect: Partial<Effect>;
  suggested: string;
  live: boolean;
}
