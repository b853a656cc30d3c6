// What Python holds (`sae_diagram.py`), as the page reads it.

import { number } from "../shared/numbers.ts";
import type { BaseState } from "../shared/runtime.ts";
import { visible } from "../shared/tokens.ts";

export const TRAITS = ["token", "picked", "scene"] as const;

/** 0: silent, 1: fires faintly for one like it, 2: lit. */
export type Shine = 0 | 1 | 2;

export interface Latent {
  id: number;
  name: string;
  /** Number of its family; -1 for none. */
  family: number;
}

export interface Scene {
  d_in: number;
  d_sae: number;
  dims: number[];
  latents: Latent[];
  /** `at`: the token on which it is lit most; -1 for none. `shine`: of the brightest of its latents, token by token. */
  families: { name: string; at: number; shine: Shine[] }[];
  tokens: string[];
  /** [token][dimension drawn], as is `out`. */
  x: number[][];
  out: number[][];
  /** [token][latent drawn], as is `shine`. */
  codes: number[][];
  shine: Shine[][];
  /** [dimension drawn][latent drawn]. */
  encoder: number[][];
  /** [latent drawn][dimension drawn]. */
  decoder: number[][];
  mse: number[];
  /** Squared length of the activation. */
  size: number[];
  l1: number[];
  l0: number[];
}

export interface DiagramState extends BaseState {
  token: number;
  picked: number;
  scene: Scene;
}

/** A number with three digits that count: activations may be small. */
export function fine(value: number): string {
  const size = Math.abs(value);
  return number(value, size > 0 ? Math.min(Math.max(2 - Math.floor(Math.log10(size)), 0), 6) : 0);
}

/** The latents drawn that are lit on a token, by their place in the column. */
export const litAt = (scene: Scene, token: number): number[] => scene.latents.flatMap((_, j) => (scene.shine[token]![j] === 2 ? [j] : []));

export const familyLit = (scene: Scene, token: number, family: number): boolean => scene.families[family]!.shine[token] === 2;

export function latentWords(scene: Scene, token: number, j: number): string {
  const { id, name } = scene.latents[j]!;
  const code = scene.codes[token]![j]!;
  const how = ["silent", `faint, ${fine(code)}`, fine(code)][scene.shine[token]![j]!];
  return `Latent ${id}${name && ` (${name})`}: ${how}`;
}

/** The sentence of `sae_diagram.py`'s describe(). */
export function sentence(scene: Scene, token: number): string {
  const lit = scene.families.filter((_, i) => familyLit(scene, token, i)).map(({ name }) => name);
  const said = `${visible(scene.tokens[token]!)} (${token + 1} of ${scene.tokens.length}): ${scene.l0[token]} of ${scene.d_sae} latents fire, L1 ${fine(scene.l1[token]!)}, squared error ${fine(scene.mse[token]!)}`;
  return lit.length ? `${said}; lit: ${lit.join(", ")}.` : `${said}.`;
}
