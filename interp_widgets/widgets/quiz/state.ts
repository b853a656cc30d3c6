// What Python sends of a quiz, and what is known of one question: told by the kernel, or by an exported page's key.

import type { Piece } from "../shared/rich.ts";
import type { BaseState, Link } from "../shared/runtime.ts";

export const TRAITS = ["title", "at", "chosen", "tried", "revealed", "round", "questions", "feedback", "score", "terms", "key"] as const;

export interface Asked {
  ask: Piece[];
  kind: "choice" | "predict";
  prompt: string;
  options: Piece[][];
}

export interface Feedback {
  settled: boolean;
  wrong: number[];
  hint?: Piece[];
  right?: number;
  /** The first answer was the right one. */
  first?: boolean;
  /** The right option was picked at last. */
  found?: boolean;
  why?: Piece[];
  notes?: string[];
}

export interface Score {
  right: number;
  given: number;
  settled: number;
  of: number;
  best: number;
  passed: boolean;
  needed: number;
  /** Why the result could not be kept; empty when it was. */
  unkept: string;
}

export interface QuizState extends BaseState {
  title: string;
  at: number;
  chosen: number[];
  tried: number[][];
  revealed: number[];
  round: number;
  questions: Asked[];
  feedback: Feedback[];
  score: Score;
  terms: Record<string, string>;
  /** Empty, save in an exported page. */
  key: { right: number; hints: Piece[][]; why: Piece[]; notes: string[] }[];
}

/** A page without a kernel: it reveals on request and scores nothing. */
export const unscored = (link: Link<QuizState>): boolean => link.read("key").length > 0;

export function feedback(link: Link<QuizState>, question: number): Feedback {
  const told = link.read("feedback")[question]!;
  const key = link.read("key")[question];
  if (told.settled || !key || !link.read("revealed").includes(question)) return told;
  const chosen = link.read("chosen")[question]!;
  const wrong = chosen < 0 || chosen === key.right ? [] : [chosen];
  const hint = key.hints[chosen] ?? [];
  return { settled: true, wrong, hint, right: key.right, found: chosen === key.right, why: key.why, notes: key.notes };
}

/** Signs that need no colour: open, right at once, settled otherwise, tried in vain. */
export function sign(told: Feedback): { mark: string; words: string } {
  if (told.settled && told.first) return { mark: "✓", words: "right at the first try" };
  if (told.settled) return { mark: "•", words: told.found ? "right" : "answer shown" };
  return told.wrong.length > 0 ? { mark: "✗", words: "not right yet" } : { mark: "", words: "open" };
}
