// What Python holds (`logit_attribution.py`), as the page reads it, and the sums that follow from it.

import type { PromptState } from "../shared/prompts.ts";

export const TRAITS = ["prompts", "offers", "live", "removed", "opened", "ran", "answer", "distractor", "shown", "effect"] as const;

export interface RawShown {
  model: string;
  prompt: string;
  unknown: [number, number][];
  pieces: string[];
  last: string;
  names: string[];
  blocks: string[];
  shares: number[];
  norms: number[];
  total: number;
  check: number;
  softcap: number | null;
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
  share: number;
  /** Length of the write; null for a block of several parts, whose lengths do not add. */
  norm: number | null;
  parts: number;
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

export function writers(raw: RawShown, removed: readonly string[], opened: readonly number[]): Writer[] {
  const gone = (i: number): boolean => removed.includes(raw.names[i]!) || removed.includes(raw.blocks[i]!);
  const rows: Writer[] = [];
  let sum = 0;
  for (const block of new Set(raw.blocks)) {
    const parts = raw.names.map((_, i) => i).filter((i) => raw.blocks[i] === block);
    const layer = /^L(\d+)\.attn_out$/.exec(block);
    const open = layer !== null && opened.includes(Number(layer[1]));
    const first = sum;
    const inside = parts.map((i): Writer => {
      const before = sum;
      sum += gone(i) ? 0 : raw.shares[i]!;
      return { name: raw.names[i]!, block, share: raw.shares[i]!, norm: raw.norms[i]!, parts: 1, within: true, layer: -1, open: false, gone: gone(i), before, after: sum };
    });
    if (open) rows.push(...inside);
    rows.push({
      name: block,
      block,
      share: inside.reduce((total, part) => total + part.share, 0),
      norm: parts.length === 1 ? raw.norms[parts[0]!]! : null,
      parts: parts.length,
      within: false,
      layer: layer ? Number(layer[1]) : -1,
      open,
      gone: parts.every(gone),
      // The heads listed below have drawn the steps already.
      before: open ? sum : first,
      after: sum,
    });
  }
  return rows;
}

/** A writer in words for a person. */
export function title({ name, parts, within }: Pick<Writer, "name" | "parts" | "within">): string {
  const [, layer, kind] = /^L(\d+)\.(.+)$/.exec(name) ?? [];
  if (layer === undefined) return { embed: "embedding", "embed.token": "token embedding", "embed.position": "position embedding", bias: "bias" }[name] ?? name;
  if (kind === "attn_out") return `L${layer} attention`;
  if (kind === "mlp_out") return `L${layer} MLP`;
  if (kind === "attn_bias") return within || parts === 1 ? `L${layer} attention bias` : name;
  return `L${layer} head ${kind!.slice(2)}`;
}
