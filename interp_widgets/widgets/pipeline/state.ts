// What Python holds (`pipeline.py`), as the page reads it.

import { number } from "../shared/numbers.ts";
import type { PromptState } from "../shared/prompts.ts";

export const TRAITS = ["prompts", "offers", "live", "site", "layer", "pos", "head", "direction", "step", "answer", "distractor", "shown"] as const;

export const SITES = { resid_pre: "stream in", resid_post: "stream out", attn_out: "attention", mlp_out: "MLP", z: "one head" };
export const DIRECTIONS = { denoise: "clean → corrupt", noise: "corrupt → clean" };
export const RUNS = ["clean", "corrupt", "patched"] as const;

type Site = keyof typeof SITES;
type Direction = keyof typeof DIRECTIONS;

interface Said {
  /** The metric. */
  value: number;
  /** Likeliest next tokens; empty in a viewer. */
  top: [token: string, probability: number][];
}

export interface RawShown {
  model: string;
  prompts: string[];
  unknown: [number, number][][];
  /** Of the clean and of the corrupt prompt. */
  tokens: [string[], string[]];
  answer: string;
  distractor: string;
  site: Site;
  layer: number;
  pos: number;
  head: number;
  direction: Direction;
  layers: number;
  heads: number;
  metric: string;
  likeliest: string[];
  runs: [Said, Said, Said];
  recovery: number | null;
  nothing: number | null;
  whole: number | null;
  meaning: string;
}

export interface PipeState extends PromptState {
  site: Site;
  layer: number;
  pos: number;
  head: number;
  direction: Direction;
  step: number;
  answer: string;
  distractor: string;
  shown: RawShown;
}

/** A cell of a run's map. */
export interface Cell {
  layer: number;
  pos: number;
}

/** Which run is copied from (0 or 1), and which it goes into. */
export const ends = ({ direction }: RawShown): [from: number, into: number] => (direction === "denoise" ? [0, 1] : [1, 0]);

/** Whether the patch can reach a cell: everything above the place, at its position and later ones. */
export const reached = ({ layer, pos }: Cell, at: Cell): boolean => at.layer > layer && at.pos >= pos;

const bracketed = (x: number): string => (x < 0 ? `(${number(x)})` : number(x));

/** The recovery worked out from the three numbers. */
export function formula(raw: RawShown): string {
  const [from, into] = ends(raw);
  const [base, other, patched] = [raw.runs[into]!.value, raw.runs[from]!.value, raw.runs[2].value];
  const names = `recovery = (patched − ${RUNS[into]}) ÷ (${RUNS[from]} − ${RUNS[into]})`;
  const values = `(${number(patched)} − ${bracketed(base)}) ÷ (${number(other)} − ${bracketed(base)})`;
  return `${names} = ${values}${raw.recovery === null ? ": nothing to divide by" : ` = ${number(raw.recovery)}`}`;
}
