// What Python holds (`gender.py`), as the page reads it.

import { type Head, nameOf } from "../shared/heads.ts";
import { number } from "../shared/numbers.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = ["heads", "replace", "control", "order", "shown", "live"] as const;

export const REPLACEMENTS = { zero: "zero", mean: "their mean" };
export const ORDERS = { before: "before", after: "after", name: "name" };
export type Order = keyof typeof ORDERS;
export type Replacement = keyof typeof REPLACEMENTS;

/** null stands for what is not measured yet. */
export interface RawShown {
  model: string;
  heads: Head[];
  replace: Replacement;
  words: [string, string];
  layers: number;
  heads_a_layer: number;
  subjects: string[];
  /** Bias of every subject, −1 to 1. */
  before: number[];
  after: number[];
  families: string[];
  /** Nats a token of every family. */
  loss_before: (number | null)[];
  loss_after: (number | null)[];
  fall: number | null;
  rise: number | null;
  /** Nats a token of answers. */
  answer_before: number | null;
  answer_after: number | null;
  control_heads: Head[];
  control_fall: number | null;
  control_rise: number | null;
}

export interface BiasState extends BaseState {
  heads: Head[];
  replace: Replacement;
  control: boolean;
  order: Order;
  shown: RawShown;
  live: boolean;
}

export const names = (heads: readonly Head[]): string => heads.map(nameOf).join(", ");
export const has = (heads: readonly Head[], layer: number, head: number): boolean => heads.some(([l, h]) => l === layer && h === head);

/** A share in percent, with its sign: "−68 %", "+0.6 %". */
export function percent(share: number | null): string {
  if (share === null) return "…";
  const value = 100 * share;
  const text = Math.abs(value) >= 9.95 ? Math.abs(value).toFixed(0) : Math.abs(value).toFixed(1);
  return `${Number(text) === 0 ? "" : value < 0 ? "−" : "+"}${text}\u00a0%`;
}

export const meanSize = (values: readonly number[]): number => values.reduce((sum, x) => sum + Math.abs(x), 0) / values.length;

/** Change of every family's loss as a share; null where it is not known. */
export const changes = ({ loss_before, loss_after }: RawShown): (number | null)[] => loss_before.map((before, i) => (before === null || loss_after[i] == null ? null : loss_after[i]! / before - 1));

/** The bias before and after, in words. */
export function effect(raw: RawShown): string {
  const before = meanSize(raw.before);
  const [first, second] = raw.words.map((word) => `“${word.trim()}”`);
  const leans = `On average the model leans to ${first} or ${second} by ${number(before)} (1 would be always)`;
  if (raw.heads.length === 0) return `${leans}. Choose heads to take out.`;
  return `${leans}; with ${names(raw.heads)} at ${REPLACEMENTS[raw.replace]}, by ${number(meanSize(raw.after))}: ${percent(raw.fall === null ? null : -raw.fall)}.`;
}

/** What the edit does to other texts, in words: the mean, and what it hides. */
export function cost(raw: RawShown): string {
  if (raw.heads.length === 0) return "";
  if (raw.rise === null) return "Loss on other texts: being measured.";
  const each = changes(raw).map((change, i) => ({ change: change ?? 0, name: raw.families[i]! }));
  const worse = each.filter(({ change }) => change > 0.01);
  const most = each.reduce((a, b) => (b.change > a.change ? b : a));
  const least = each.reduce((a, b) => (b.change < a.change ? b : a));
  const hidden = worse.length ? ` But ${worse.length} of ${each.length} families get worse by more than 1 %, most of all ${most.name} (${percent(most.change)})${least.change < -0.01 ? `, while ${least.name} changes by ${percent(least.change)}` : ""}.` : " No family gets worse by more than 1 %.";
  const answers = raw.answer_before === null || raw.answer_after === null ? "" : ` Of answers alone the loss goes from ${number(raw.answer_before)} to ${number(raw.answer_after)} nats.`;
  return `Loss on other texts, mean over families: ${percent(raw.rise)}.${hidden}${answers}`;
}

/** The control in words. */
export function control(raw: RawShown): string {
  if (raw.control_heads.length === 0) return "";
  return `Control, as many random heads (${names(raw.control_heads)}): bias ${percent(raw.control_fall === null ? null : -raw.control_fall)}, loss ${percent(raw.control_rise)}.`;
}
