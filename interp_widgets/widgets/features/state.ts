// What Python sends (`_features_sent.py`), and what the page makes of it.

import { indices, numbers, type RawPlane } from "../shared/planes.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = [
  "sort", "falling", "search", "only", "densities", "side", "opened", "quantile", "edits", "tested", "prompt", "at",
  "columns", "left", "right", "fired", "results", "offers", "live",
] as const;

export const NUMBERS = ["density", "max", "mean", "kurtosis", "skew", "entropy", "encoder_cosine"] as const;
export type NumberName = (typeof NUMBERS)[number];
export type Sort = "feature" | "label" | "token" | NumberName | "fires";

export const SORTS: Record<Sort, string> = {
  feature: "number",
  label: "label",
  token: "strongest token",
  density: "density",
  max: "largest activation",
  mean: "mean activation",
  kurtosis: "kurtosis of its logits",
  skew: "skew of its logits",
  entropy: "entropy of its logits",
  encoder_cosine: "encoder–decoder cosine",
  fires: "activation on the prompt",
};
export const ONLY: Record<string, string> = { all: "all latents", alive: "alive", dead: "dead", labelled: "with a label", unlabelled: "without a label", firing: "firing on the prompt" };

/** text, note, source, hidden */
export type RawLabel = [string, string, string, boolean];
export type Edit = { text?: string; note?: string; hidden?: boolean };
export type Edits = Record<string, Edit>;

export interface RawColumns {
  model: string;
  site: string;
  variant: string;
  dSae: number;
  tokens: number;
  complete: boolean;
  count: number;
  features: RawPlane | null;
  planes: RawPlane[];
  strings: string[];
  labels: Record<string, RawLabel>;
}

export interface RawCard {
  feature?: number;
  /** The record has no such latent (any more). */
  gone?: boolean;
  fires: number;
  histogram: number[];
  binWidth: number;
  /** Shares of its activations, and what those stay below. */
  levels: [number, number][];
  top: [string, number][];
  bottom: [string, number][];
  neighbours: [number, number][];
  correlated: [number, number, number][];
  all: number;
  pieces: string[];
  planes: RawPlane[];
}

export interface RawFired {
  prompt?: string;
  tokens: string[];
  unknown: [number, number][];
  leftOut: number;
  planes: RawPlane[];
}

export interface Result {
  side: number;
  feature: number;
  by: string;
  text: string;
  how?: string;
  reader?: string;
  value?: number;
  control?: number;
  windows?: number;
  error?: string;
}

export interface FeaturesState extends BaseState {
  sort: Sort;
  falling: boolean;
  search: string;
  only: string;
  densities: number[];
  side: number;
  opened: [number, number];
  quantile: number;
  edits: [Edits, Edits];
  tested: [number, number, string, string][];
  prompt: string;
  at: number;
  columns: RawColumns[];
  left: Partial<RawCard>;
  right: Partial<RawCard>;
  fired: Partial<RawFired>[];
  results: Result[];
  offers: string[];
  live: boolean;
}

const IDS = 9; // the strongest token and eight that it makes likelier

/** One dictionary's columns. */
export class Table {
  readonly count: number;
  readonly features: ArrayLike<number>;
  readonly numbers: Record<NumberName, Float32Array>;
  private readonly ids: Int32Array;
  private readonly rows: Map<number, number> | null;

  constructor(readonly about: RawColumns) {
    this.count = about.count;
    this.features = about.features ? numbers(about.features) : Int32Array.from({ length: about.count }, (_, i) => i);
    this.numbers = Object.fromEntries(NUMBERS.map((name, i) => [name, numbers(about.planes[i]!)])) as Record<NumberName, Float32Array>;
    this.ids = indices(about.planes[NUMBERS.length]!);
    this.rows = about.features ? new Map(Array.from(this.features, (feature, row) => [feature, row])) : null;
  }

  /** The row of a latent, or -1. */
  row(feature: number): number {
    if (this.rows) return this.rows.get(feature) ?? -1;
    return feature >= 0 && feature < this.count ? feature : -1;
  }

  /** The token it fires on most strongly; null where it never fires. */
  token(row: number): string | null {
    return this.about.strings[this.ids[row * IDS]!] ?? null;
  }

  /** The token it makes likelier than all others; null where that is not known. */
  says(row: number): string | null {
    return this.about.strings[this.ids[row * IDS + 1]!] ?? null;
  }

  /** Places in `strings` of what a search looks at. */
  places(row: number): Int32Array {
    return this.ids.subarray(row * IDS, (row + 1) * IDS);
  }

  dead(row: number): boolean {
    return this.numbers.max[row] === 0;
  }
}

export interface Label {
  text: string;
  note: string;
  source: string;
  hidden: boolean;
}

/** The label of a latent, what was typed laid over what was there (`_features_labels.edited`). */
export function labelOf(about: RawColumns, edits: Edits, feature: number): Label {
  const [text, note, source, hidden] = about.labels[feature] ?? ["", "", "", false];
  const label = { text, note, source, hidden };
  const edit = edits[feature];
  if (!edit) return label;
  if (edit.text !== undefined && edit.text !== text) Object.assign(label, { text: edit.text, source: "manual", hidden: false });
  if (edit.note !== undefined) label.note = edit.note;
  if (edit.hidden !== undefined) label.hidden = edit.hidden;
  return label;
}

export const shownLabel = ({ text, hidden }: Label): string => (hidden ? "" : text);

/** What fires on the prompt. */
export class Fired {
  private readonly places: Int32Array;
  private readonly latents: Float32Array;
  private readonly values: Float32Array;

  constructor(readonly raw: RawFired) {
    const [places, latents, values] = raw.planes;
    this.places = indices(places!);
    this.latents = numbers(latents!);
    this.values = numbers(values!);
  }

  /** By latent: on the token `at`, or at most on any where it is -1. */
  strengths(at: number): Map<number, number> {
    const found = new Map<number, number>();
    this.places.forEach((place, i) => {
      if (at >= 0 && place !== at) return;
      const latent = this.latents[i]!;
      found.set(latent, Math.max(found.get(latent) ?? 0, this.values[i]!));
    });
    return found;
  }

  /** Of one latent, by token. */
  of(latent: number): Float32Array {
    const out = new Float32Array(this.raw.tokens.length);
    this.latents.forEach((one, i) => {
      if (one === latent) out[this.places[i]!] = this.values[i]!;
    });
    return out;
  }

  /** How many latents fire, by token. */
  get counts(): number[] {
    const out = new Array<number>(this.raw.tokens.length).fill(0);
    for (const place of this.places) out[place]! += 1;
    return out;
  }
}

export interface Window {
  tokens: string[];
  /** Shares of the latent's largest activation, by token. */
  shares: Float32Array;
  peak: number;
  activation: number;
  quantile: number;
  top: boolean;
  heldOut: boolean;
}

export function windowsOf(card: RawCard): Window[] {
  const [ids, lengths, peaks, activations, quantiles, marks, places, shares] = card.planes.map((one) => (one.name === "ids" || one.name === "places" ? indices(one) : numbers(one)));
  const all = new Float32Array(ids!.length);
  if (places!.length === 0 && shares!.length === all.length) all.set(shares!);
  else places!.forEach((place, i) => (all[place] = shares![i]!));
  const found: Window[] = [];
  let at = 0;
  lengths!.forEach((length, i) => {
    const tokens = Array.from(ids!.subarray(at, at + length), (id) => card.pieces[id]!);
    found.push({ tokens, shares: all.subarray(at, at + length), peak: peaks![i]!, activation: activations![i]!, quantile: quantiles![i]!, top: (marks![i]! & 1) > 0, heldOut: (marks![i]! & 2) > 0 });
    at += length;
  });
  return found;
}
