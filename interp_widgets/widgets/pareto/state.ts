// What Python holds (`pareto.py`), as the page reads it, and what follows from it: what is shown, and its front.

import { number } from "../shared/numbers.ts";
import type { BaseState } from "../shared/runtime.ts";

export const TRAITS = ["x", "y", "x_scale", "y_scale", "hidden", "width", "pinned", "added", "scene"] as const;

export type ScaleName = "log" | "linear";

export interface Measure {
  key: string;
  label: string;
  /** 1: more is better, -1: less, 0: the nearer to 1. */
  better: number;
  digits: number;
}

export interface RawPoint {
  name: string;
  variant: string;
  width: number;
  own: boolean;
  /** One a measure; null where not known. */
  values: (number | null)[];
}

export interface Scene {
  title: string;
  measures: Measure[];
  points: RawPoint[];
}

export interface ParetoState extends BaseState {
  x: string;
  y: string;
  x_scale: ScaleName;
  y_scale: ScaleName;
  hidden: string[];
  width: number;
  pinned: number[];
  added: unknown[];
  scene: Scene;
}

export type Choices = Pick<ParetoState, "x" | "y" | "x_scale" | "y_scale" | "hidden" | "width" | "pinned" | "scene">;

export const LOGARITHMIC = ["l0", "seconds", "width"];
export const scaleOf = (measure: string): ScaleName => (LOGARITHMIC.includes(measure) ? "log" : "linear");

/** Which points are where, by what was chosen. */
export class Points {
  readonly x: Measure;
  readonly y: Measure;
  readonly variants: string[];
  readonly widths: number[];
  /** The width that most points have: they are drawn filled. */
  readonly main: number;
  /** Points that variants and width leave. */
  readonly shown: number[];
  /** Those of them that have a place on these scales, from left to right. */
  readonly across: number[];
  /** The same, from top to bottom. */
  readonly down: number[];
  readonly front: number[];
  readonly pinned: number[];

  constructor(readonly state: Choices) {
    const { scene, hidden, width } = state;
    this.x = scene.measures.find(({ key }) => key === state.x)!;
    this.y = scene.measures.find(({ key }) => key === state.y)!;
    this.variants = [...new Set(scene.points.map(({ variant }) => variant))];
    const widths = scene.points.map((point) => point.width).filter((one) => one > 0);
    this.widths = [...new Set(widths)].sort((a, b) => a - b);
    const often = (one: number): number => widths.filter((other) => other === one).length;
    this.main = [...this.widths].sort((a, b) => often(b) - often(a))[0] ?? 0;
    this.shown = scene.points.flatMap((point, i) => (hidden.includes(point.variant) || (width && width !== point.width) ? [] : [i]));
    const placed = this.shown.filter((i) => fits(this.value(i, this.x), state.x_scale) && fits(this.value(i, this.y), state.y_scale));
    this.across = [...placed].sort((a, b) => this.value(a, this.x) - this.value(b, this.x) || a - b);
    this.down = [...placed].sort((a, b) => this.value(b, this.y) - this.value(a, this.y) || a - b);
    this.front = this.frontOf(this.shown);
    this.pinned = state.pinned.filter((i) => i < scene.points.length);
  }

  get all(): RawPoint[] {
    return this.state.scene.points;
  }

  /** NaN where not known. */
  value(point: number, measure: Measure): number {
    return this.all[point]!.values[this.state.scene.measures.indexOf(measure)] ?? NaN;
  }

  text(point: number, measure: Measure): string {
    return number(this.value(point, measure), measure.digits);
  }

  /** Points of some that none of these beats, the best by x first. */
  frontOf(among: readonly number[]): number[] {
    const known = among.filter((i) => !Number.isNaN(this.value(i, this.x) + this.value(i, this.y)));
    const [across, up] = [(i: number): number => good(this.x, this.value(i, this.x)), (i: number): number => good(this.y, this.value(i, this.y))];
    const found: number[] = [];
    for (const i of known.sort((a, b) => across(b) - across(a) || up(b) - up(a))) {
      if (!found.length || up(i) > up(found.at(-1)!)) found.push(i);
    }
    return found;
  }

  of(variant: string): number[] {
    return this.shown.filter((i) => this.all[i]!.variant === variant);
  }

  words(point: number): string {
    const front = this.front.includes(point) ? ", on the front" : "";
    return `${this.all[point]!.name}: ${this.x.label} ${this.text(point, this.x)}, ${this.y.label} ${this.text(point, this.y)}${front}`;
  }

  /** The sentence of `pareto.py`'s describe(). */
  get sentence(): string {
    const { shown, front, x, y } = this;
    const said = `${shown.length} ${shown.length === 1 ? "dictionary" : "dictionaries"}${this.state.scene.title}, ${x.label} against ${y.label}`;
    if (!front.length) return `${said}: of none are both known.`;
    const end = (i: number): string => `${this.all[i]!.name} (${x.label} ${this.text(i, x)}, ${y.label} ${this.text(i, y)})`;
    if (front.length === 1) return `${said}: ${end(front[0]!)} beats all others or is their equal.`;
    return `${said}: ${front.length} are beaten by none, from ${end(front[0]!)} to ${end(front.at(-1)!)}.`;
  }
}

/** Larger for better values. */
export const good = ({ better }: Measure, value: number): number => (better ? better * value : -Math.abs(value - 1));

const fits = (value: number, scale: ScaleName): boolean => (scale === "log" ? value > 0 : !Number.isNaN(value));
