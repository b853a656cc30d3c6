// What Python holds (`overlap.py`), as the page reads it, and what follows from it while an arrow is dragged.

import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = ["preset", "pair", "moved", "strengths", "scene"] as const;

export const LONGEST = 3; // of an arrow, and most of a strength

export interface Scene {
  names: string[];
  /** [feature][d_hidden], before anybody moved one. */
  directions: number[][];
  strengths: number[];
  /** [2][d_hidden]: the plane in which the pair lies. */
  axes: [number[], number[]];
  presets: string[];
}

export interface OverlapState extends BaseState {
  preset: string;
  pair: [number, number];
  moved: number[][];
  strengths: number[];
  scene: Scene;
}

export type Point = [number, number];

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
export const length = (a: readonly number[]): number => Math.sqrt(dot(a, a));

/** Everything that is drawn, worked out from where the arrows are. */
export interface Picture {
  names: string[];
  pair: [number, number];
  strengths: number[];
  readings: number[];
  cosine: number;
  /** Where the tips are in the plane. */
  tips: [Point, Point];
  mixture: Point;
  /** The other directions, as far as they lie in the plane. */
  others: Point[];
}

export function picture(scene: Scene, pair: [number, number], moved: number[][], given: number[]): Picture {
  const strengths = given.length ? given : scene.strengths;
  const [right, up] = scene.axes;
  const onto = (v: readonly number[]): Point => [dot(v, right), dot(v, up)];
  const tips = (moved.length ? moved : pair.map((i) => onto(scene.directions[i]!))) as [Point, Point];
  const directions = scene.directions.map((direction, i) => {
    const at = pair.indexOf(i);
    return at < 0 || !moved.length ? direction : right.map((x, k) => tips[at]![0] * x + tips[at]![1] * up[k]!);
  });
  const mixture = right.map((_, k) => directions.reduce((sum, direction, i) => sum + strengths[i]! * direction[k]!, 0));
  const readings = directions.map((direction) => dot(direction, mixture) / length(direction));
  const [a, b] = [directions[pair[0]]!, directions[pair[1]]!];
  return {
    names: scene.names,
    pair,
    strengths,
    readings,
    cosine: dot(a, b) / (length(a) * length(b)),
    tips,
    mixture: onto(mixture),
    others: directions.flatMap((direction, i) => (pair.includes(i) ? [] : [onto(direction)])),
  };
}
