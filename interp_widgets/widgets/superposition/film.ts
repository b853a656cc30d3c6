// The frames of a run, shown one after the other. Training may be done long before they all were; they are played as
// fast as an eye can follow, and what lies between two of them is mixed.

import { array, type Moment, type RawToy } from "./state.ts";

const RUN_MS = 2000; // that all frames of a run take

export class Film {
  private run = -1;
  private frames: Float32Array = new Float32Array();
  private shape = [1, 1, 1];
  private pace = 1; // frames a second
  private at = 0;

  /** Takes what Python sent. A run that is new and moves begins at its first frame. */
  load(toy: RawToy, still: boolean): void {
    const { values, shape } = array(toy, "frames");
    const same = toy.run === this.run;
    if (!toy.moving && same && this.playing && shape.slice(1).join() === this.shape.slice(1).join()) return;
    this.run = toy.run;
    [this.frames, this.shape] = [values, shape];
    this.pace = toy.whole / RUN_MS;
    this.at = still || !toy.moving ? this.last : Math.min(same ? this.at : 0, this.last);
  }

  private get last(): number {
    return this.shape[0]! - 1;
  }

  get playing(): boolean {
    return this.at < this.last;
  }

  /** Goes on by so many milliseconds. */
  advance(ms: number): void {
    this.at = Math.min(this.at + ms * this.pace, this.last);
  }

  /** Where the film stands. */
  now(): Moment {
    const [, features, hidden] = this.shape as [number, number, number];
    const size = features * hidden;
    const before = Math.floor(this.at);
    const part = this.at - before;
    const a = this.frames.subarray(before * size, (before + 1) * size);
    const b = this.frames.subarray(Math.ceil(this.at) * size, (Math.ceil(this.at) + 1) * size);
    return { weights: part ? a.map((x, i) => x + part * (b[i]! - x)) : a, features, hidden };
  }
}
