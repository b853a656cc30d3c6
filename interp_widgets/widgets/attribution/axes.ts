// Where effects lie on the paper: one scale for both directions, so that the line of equals is the diagonal's slope.

import type { Points } from "./state.ts";

export const MARGIN = { left: 58, right: 14, top: 10, bottom: 38 };

export class Axes {
  readonly ticksX: number[];
  readonly ticksY: number[];
  private readonly x: [number, number];
  private readonly y: [number, number];

  constructor(
    points: Points,
    readonly width: number,
    readonly height: number,
  ) {
    this.x = spread(points.exact);
    this.y = spread(points.estimate);
    this.ticksX = ticks(this.x, (width - MARGIN.left) / 80);
    this.ticksY = ticks(this.y, (height - MARGIN.top) / 50);
  }

  left(value: number): number {
    const [low, high] = this.x;
    return MARGIN.left + ((value - low) / (high - low)) * (this.width - MARGIN.left - MARGIN.right);
  }

  top(value: number): number {
    const [low, high] = this.y;
    return this.height - MARGIN.bottom - ((value - low) / (high - low)) * (this.height - MARGIN.top - MARGIN.bottom);
  }

  /** The line of equals within the paper, or null where none of it is on it. */
  get equal(): [number, number, number, number] | null {
    const [low, high] = [Math.max(this.x[0], this.y[0]), Math.min(this.x[1], this.y[1])];
    return low < high ? [this.left(low), this.top(low), this.left(high), this.top(high)] : null;
  }
}

/** The range of known values and 0, with some room. */
function spread(values: Float32Array): [number, number] {
  let [low, high] = [0, 0];
  for (const value of values) if (!Number.isNaN(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const room = (high - low || 1) * 0.06;
  return [low - room, high + room];
}

function ticks([low, high]: [number, number], most: number): number[] {
  const rough = (high - low) / Math.max(most, 2);
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * unit).find((size) => size >= rough)!;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

export const label = (tick: number): string => String(Number(tick.toPrecision(6))).replace("-", "−");

export type Shape = (x: number, y: number, r: number) => [number, number][];

const turn = (sides: number, start: number): Shape => (x, y, r) => Array.from({ length: sides }, (_, i) => [x + r * Math.sin(start + (2 * Math.PI * i) / sides), y - r * Math.cos(start + (2 * Math.PI * i) / sides)]);
const cross = (start: number): Shape => (x, y, r) => {
  const arm = [[-0.35, -1], [0.35, -1], [0.35, -0.35], [1, -0.35], [1, 0.35], [0.35, 0.35], [0.35, 1], [-0.35, 1], [-0.35, 0.35], [-1, 0.35], [-1, -0.35], [-0.35, -0.35]] as const;
  return arm.map(([a, b]) => [x + r * (a * Math.cos(start) - b * Math.sin(start)), y + r * (a * Math.sin(start) + b * Math.cos(start))]);
};

/** A shape a kind, so that colour is never alone: circle, square, triangle, diamond, plus, cross, pentagon. */
export const SHAPES: Shape[] = [turn(14, 0), turn(4, Math.PI / 4), turn(3, 0), turn(4, 0), cross(0), cross(Math.PI / 4), turn(5, 0)];
