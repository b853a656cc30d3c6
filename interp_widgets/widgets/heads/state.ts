// What Python holds (`heads.py`), as the page reads it, and the number of every head that follows from it.

import { type Head, nameOf } from "../shared/heads.ts";
import { number } from "../shared/numbers.ts";
import { numbers, type RawPlane } from "../shared/planes.ts";
import type { PromptState } from "../shared/prompts.ts";

export const TRAITS = ["prompts", "offers", "live", "answer", "distractor", "measure", "opened", "selected", "roles", "sender", "receiver", "replace", "circuit", "shown", "grid", "cards", "route", "ran"] as const;


/** What can be drawn, in words. */
export const MEASURES: Record<string, string> = {
  record: "the record",
  denoise: "patching: clean into corrupt",
  noise: "patching: corrupt into clean",
  zero: "ablation: zero",
  mean: "ablation: mean",
  path: "direct path into the receiver",
  current_token: "looks at the token itself",
  first_token: "looks at the first token",
  previous_token: "previous token",
  duplicate_token: "duplicate token",
  induction: "induction",
  previous_token_without_first: "previous token, without first",
  duplicate_token_without_first: "duplicate token, without first",
  induction_without_first: "induction, without first",
  copying: "copying (from weights)",
  successor: "successor (from weights)",
};

export const EFFECTS = ["record", "denoise", "noise", "zero", "mean", "path"];

/** A measure in words; a score from a table goes by its own name. */
export const worded = (measure: string): string => MEASURES[measure] ?? measure.replaceAll("_", " ");

export interface RawShown {
  model: string;
  layers: number;
  heads: number;
  /** Key/value heads, which several heads may share. */
  kvHeads: number;
  /** What can be drawn here, by name. */
  measures: string[];
  /** Names of the scores, in the order of their plane. */
  kinds: string[];
  /** What patterns were scored on, in words. */
  scoredOn: string;
  prompts: string[];
  unknown: [number, number][][];
  likeliest: string[];
  /** `scores` [kind, layer, head], once known. */
  planes: RawPlane[];
}

export interface RawGrid {
  measure: string;
  unit: string;
  title: string;
  /** It answers an older question. */
  stale: boolean;
  /** `exact` and `estimate` [layer, head]; NaN where not known (yet). */
  planes: RawPlane[];
}

export interface RawCard {
  tokens: string[];
  /** `pattern` [1, triangle]. */
  planes: RawPlane[];
  /** Tokens, and what the head raises after looking at each. */
  raised: [source: string, raised: [token: string, by: number][]][];
  /** Heads it feeds, and those that feed it. */
  feeds: RawLink[];
  fed: RawLink[];
}

/** The place that reads, the other head, the composition score, and how far that is above random. */
export type RawLink = [place: string, other: string, score: number, above: number];

export interface RawRoute {
  sender: string;
  receiver: string;
  /** Empty while the effect is not known. */
  metric: string;
  effect?: number;
  /** Of the way from the clean to the corrupt run. */
  share?: number | null;
  ends?: [clean: number, corrupt: number];
}

export const REPLACE = { corrupt: "corrupt", mean: "mean", zero: "zero" };

export interface RawRan {
  /** The heads that it answers for, as asked. */
  asked: string[];
  heads: string[];
  replace?: keyof typeof REPLACE;
  faithfulness?: number | null;
  /** Faithfulness with no head at all. */
  empty?: number | null;
  completeness?: number | null;
  /** What each head adds to faithfulness. */
  minimality?: (number | null)[];
}

export interface HeadsState extends PromptState {
  answer: string;
  distractor: string;
  measure: string;
  opened: Head | [];
  selected: Head[];
  roles: Record<string, string>;
  sender: string;
  receiver: string;
  replace: keyof typeof REPLACE;
  circuit: string[];
  shown: RawShown;
  grid: RawGrid;
  cards: Record<string, RawCard>;
  route: RawRoute;
  ran: RawRan;
}

export const headOf = (name: string): Head => name.slice(1).split(/\.\w+\.?/u).map(Number) as Head;

/** A number of every head; NaN where it is not known or not defined. */
export interface Numbers {
  layers: number;
  heads: number;
  kvHeads: number;
  name: string;
  unit: string;
  title: string;
  signed: boolean;
  stale: boolean;
  exact: Float32Array;
  estimate: Float32Array;
  /** Where the colours end. */
  most: number;
}

export const scoresOf = (raw: RawShown): Float32Array | null => (raw.planes.length ? numbers(raw.planes[0]!) : null);

/** Throws `BufferLost`. */
export function numbersOf(raw: RawShown, grid: RawGrid, measure: string): Numbers {
  const { layers, heads, kvHeads } = raw;
  const count = layers * heads;
  const blank = new Float32Array(count).fill(NaN);
  const base = { layers, heads, kvHeads, name: worded(measure), estimate: blank, stale: false };
  const kind = raw.kinds.indexOf(measure);
  if (kind >= 0) {
    const all = scoresOf(raw);
    const exact = all ? all.subarray(kind * count, (kind + 1) * count) : blank;
    const on = measure === "copying" || measure === "successor" ? "" : raw.scoredOn;
    const signed = measure === "copying" || exact.some((value) => value < 0);
    // The scores of the core go from 0 to 1; others as far as they go.
    const most = measure in MEASURES ? 1 : largest(exact);
    return { ...base, exact, unit: "score", title: [worded(measure), on].filter(Boolean).join(", "), signed, most };
  }
  const [exact, estimate] = grid.planes.length ? [numbers(grid.planes[0]!), numbers(grid.planes[1]!)] : [blank, blank];
  const known = exact.map((value, i) => (Number.isNaN(value) ? estimate[i]! : value)).filter((value) => !Number.isNaN(value));
  const most = largest(known);
  return { ...base, exact, estimate, unit: grid.unit, title: grid.title, stale: grid.stale || grid.measure !== measure, signed: true, most };
}

const largest = (values: Float32Array): number => values.reduce((top, value) => (Number.isNaN(value) ? top : Math.max(top, Math.abs(value))), 0) || 1;

export const placeIn = (all: { heads: number }, [layer, head]: Head): number => layer * all.heads + head;

/** What is drawn for a head: measured, or else estimated. */
export function valueOf(all: Numbers, head: Head): number {
  const exact = all.exact[placeIn(all, head)]!;
  return Number.isNaN(exact) ? all.estimate[placeIn(all, head)]! : exact;
}

export const isEstimate = (all: Numbers, head: Head): boolean => Number.isNaN(all.exact[placeIn(all, head)]!) && !Number.isNaN(all.estimate[placeIn(all, head)]!);

/** A head's number in words. */
export function words(all: Numbers, head: Head, role: string | undefined): string {
  const value = valueOf(all, head);
  const [exact, estimate] = [all.exact[placeIn(all, head)]!, all.estimate[placeIn(all, head)]!];
  const parts = [nameOf(head)];
  if (role) parts.push(role);
  parts.push(Number.isNaN(value) ? "not known" : `${all.unit} ${number(value, 3)}${isEstimate(all, head) ? ", estimated" : ""}`);
  if (!Number.isNaN(exact) && !Number.isNaN(estimate)) parts.push(`estimate ${number(estimate, 3)}`);
  return parts.join(", ");
}
