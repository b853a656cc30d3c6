// What Python holds (`logit_attribution.py`), as the page reads it, and the sums that follow from it.

import { numbers, type RawPlane } from "../shared/planes.ts";
import type { PromptState } from "../shared/prompts.ts";

export const TRAITS = ["prompts", "offers", "live", "removed", "opened", "ran", "answer", "distractor", "shown", "effect"] as const;

export interface RawShown {
  model: string;
  prompt: string;
  unknown: [number, number][];
  pieces: string[];
  likeliest: string[];
  /** Of the prompt; the answer is read after the last one. */
  tokens: string[];
  names: string[];
  /** In order, each with the number of its parts. */
  blocks: [name: string, parts: number][];
  planes: RawPlane[];
  total: number;
  check: number;
  softcap: number | null;
}

/** One part of the model, as the record has it. */
export interface Part {
  name: string;
  block: string;
  share: number;
  norm: number;
}

/** The record's parts in the order in which they write. Throws `BufferLost`. */
export function partsOf(raw: RawShown): Part[] {
  const [shares, norms] = ["shares", "norms"].map((name) => numbers(raw.planes.find((plane) => plane.name === name)!)) as [Float32Array, Float32Array];
  const blocks = raw.blocks.flatMap(([block, parts]) => Array<string>(parts).fill(block));
  return raw.names.map((name, i) => ({ name, block: blocks[i]!, share: shares[i]!, norm: norms[i]! }));
}

export interface Effect {
  parts: string[];
  frozen: number;
  live: number;
  forward: number;
}

export interface BusState extends PromptState {
  removed: string[];
  opened: number[];
  ran: string[];
  answer: string;
  distractor: string;
  shown: RawShown;
  effect: Effect | Record<string, never>;
}

/** One row of the bus: a block, or a part of one that is opened. */
export interface Writer {
  name: string;
  block: string;
  /** What it adds to the sum; of a writer that is gone, what it would add. */
  share: number;
  /** Length of the write; null for a block of several parts, whose lengths do not add. */
  norm: number | null;
  parts: number;
  /** How many of them are left; of a block that is gone as a whole, none. */
  left: number;
  within: boolean;
  /** Layer of an attention that can be opened, or -1. */
  layer: number;
  open: boolean;
  gone: boolean;
  /** The sum of what is left below this row and up to it. */
  before: number;
  after: number;
}

export const signed = (x: number, digits = 2): string => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(digits)}`;
export const isEffect = (effect: BusState["effect"]): effect is Effect => "parts" in effect;
export const sameNames = (a: readonly string[], b: readonly string[]): boolean => [...new Set(a)].sort().join() === [...new Set(b)].sort().join();

/** Takes a writer off or puts it back, as `logit_attribution.py` does. */
export function toggled(removed: readonly string[], { name, block }: Writer, members: readonly string[]): string[] {
  if (removed.includes(name)) return removed.filter((other) => other !== name);
  return [...removed.filter((other) => block !== name || !members.includes(other)), name];
}

export function writers(parts: readonly Part[], removed: readonly string[], opened: readonly number[]): Writer[] {
  const off = new Set(removed);
  const rows: Writer[] = [];
  let sum = 0;
  for (let from = 0, to = 0; from < parts.length; from = to) {
    const { block } = parts[from]!;
    while (parts[to]?.block === block) to += 1;
    const layer = Number(/^L(\d+)\.attn_out$/.exec(block)?.[1] ?? -1);
    // What is embedded has too few parts to be opened: token and position always have rows of their own.
    const split = block === "embed" && to - from > 1;
    const open = layer >= 0 && opened.includes(layer);
    const first = sum;
    const inside = parts.slice(from, to).map((part): Writer => {
      const gone = off.has(part.name) || off.has(block);
      const before = sum;
      sum += gone ? 0 : part.share;
      return { ...part, parts: 1, left: gone ? 0 : 1, within: !split, layer: -1, open: false, gone, before, after: sum };
    });
    if (open || split) rows.push(...inside);
    if (split) continue;
    const left = inside.filter((part) => !part.gone);
    rows.push({
      name: block,
      block,
      share: (left.length > 0 ? left : inside).reduce((total, part) => total + part.share, 0),
      norm: inside.length === 1 ? inside[0]!.norm : null,
      parts: inside.length,
      left: left.length,
      within: false,
      layer,
      open,
      gone: left.length === 0,
      // The heads listed below have drawn the steps already.
      before: open ? sum : first,
      after: sum,
    });
  }
  return rows;
}

/** A writer in words for a person. */
export function title(writer: Pick<Writer, "name" | "parts" | "left" | "within">): string {
  const { left, parts } = writer;
  return left > 0 && left < parts ? `${plainTitle(writer)}, ${left} of ${parts}` : plainTitle(writer);
}

function plainTitle({ name, parts, within }: Pick<Writer, "name" | "parts" | "within">): string {
  const [, layer, kind] = /^L(\d+)\.(.+)$/.exec(name) ?? [];
  if (layer === undefined) return { embed: "embedding", "embed.token": "token embedding", "embed.position": "position embedding", bias: "bias" }[name] ?? name;
  if (kind === "attn_out") return `L${layer} attention`;
  if (kind === "mlp_out") return `L${layer} MLP`;
  if (kind === "attn_bias") return within || parts === 1 ? `L${layer} attention bias` : name;
  return `L${layer} head ${kind!.slice(2)}`;
}
