// What Python holds (`sae_diagram.py`), as the page reads it.

import { number } from "../shared/numbers.ts";
import type { BaseState } from "../shared/runtime.ts";
import { visible } from "../shared/tokens.ts";

export const TRAITS = ["token", "picked", "scene"] as const;

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
  /** `at`: the token on which it is lit most; -1 for none. */
  families: { name: string; at: number }[];
  tokens: string[];
  /** [token][dimension drawn], as is `out`. */
  x: number[][];
  out: number[][];
  /** [token][latent drawn]. */
  codes: number[][];
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

/** The latents drawn that fire on a token, by their place in the column. */
export const litAt = (scene: Scene, token: number): number[] => scene.latents.flatMap((_, j) => (scene.codes[token]![j]! > 0 ? [j] : []));

export const familyLit = (scene: Scene, token: number, family: number): boolean => litAt(scene, token).some((j) => scene.latents[j]!.family === family);

export function latentWords(scene: Scene, token: number, j: number): string {
  const { id, name } = scene.latents[j]!;
  const code = scene.codes[token]![j]!;
  return `Latent ${id}${name && ` (${name})`}: ${code > 0 ? fine(code) : "silent"}`;
}

/** The sentence of `sae_diagram.py`'s describe(). */
export function sentence(scene: Scene, token: number): string {
  const lit = scene.families.filter((_, i) => familyLit(scene, token, i)).map(({ name }) => name);
  const said = `${visible(scene.tokens[token]!)} (${token + 1} of ${scene.tokens.length}): ${scene.l0[token]} of ${scene.d_sae} latents fire, L1 ${fine(scene.l1[token]!)}, squared error ${fine(scene.mse[token]!)}`;
  return lit.length ? `${said}; lit: ${lit.join(", ")}.` : `${said}.`;
}
