// What Python holds (`logit_lens.py`), as the page reads it.

import type { RawPlane } from "../shared/planes.ts";
import type { PromptState } from "../shared/prompts.ts";

export const TRAITS = [
  "prompts",
  "color",
  "measure",
  "pinned",
  "tracked",
  "rank_of",
  "contrast",
  "kinds",
  "bases",
  "sides",
  "ranks",
  "trails",
  "offered",
  "offers",
  "live",
] as const;

export type Color = "probability" | "entropy" | "kl" | "rank";
export type Contrast = "diff" | "gain" | "kl" | "distance";
export type Measure = "probability" | "rank" | "logit";
export type Pin = [side: number, row: number, pos: number];

export interface RawSide {
  model: string;
  kind: string;
  /** The lens that is taken off; empty where there is none. */
  base: string;
  /** What it was read with, in words. */
  lens: string;
  /** Names of its lens, and of the one that is taken off. */
  names: string[];
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

export interface LensState extends PromptState {
  color: Color;
  measure: Measure;
  pinned: Pin[];
  tracked: string[];
  rank_of: string;
  contrast: Contrast;
  kinds: string[];
  bases: string[];
  offered: string[][];
  sides: RawSide[];
  ranks: (RawPlane | null)[];
  trails: Record<string, RawTrail>;
}

/** What tells the sides apart: model, prompt (without the words they begin with) or lens, or else their order. */
export function sideNames(sides: readonly RawSide[]): string[] {
  const telling = [(side: RawSide) => side.model, (side: RawSide) => side.prompt, (side: RawSide) => side.lens];
  for (const name of telling) {
    const names = sides.map(name);
    if (new Set(names).size === names.length) return name === telling[1] ? withoutStart(names) : names;
  }
  return ["first", "second"];
}

function withoutStart(names: readonly string[]): string[] {
  const [first, ...others] = names as [string, ...string[]];
  let same = 0;
  while (same < first.length && others.every((name) => name[same] === first[same])) same++;
  const cut = first.lastIndexOf(" ", same - 1) + 1;
  return cut > 16 ? names.map((name) => `… ${name.slice(cut)}`) : [...names];
}

/** The token whose rank colours the cells. */
export const chosen = (tracked: readonly string[], rankOf: string): string => (tracked.includes(rankOf) ? rankOf : (tracked[0] ?? ""));
