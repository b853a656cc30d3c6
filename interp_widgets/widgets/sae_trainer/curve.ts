// The large chart with its hands: a drag along the curve rewinds to a kept step, Shift and a drag look closer, the handle
// does the first by keys.

import type { LineStyle } from "../shared/color.ts";
import { choice } from "../shared/choice.ts";
import { clamp, h } from "../shared/dom.ts";
import { numbers } from "../shared/planes.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { Chart, type Line, type Plot } from "./chart.ts";
import { ABOUT, MEASURES, type TrainerState, written } from "./state.ts";
import { type Buckets, ends, type Run } from "./store.ts";

const HEIGHT = 278;
const MOVED = 4; // px before a press is a drag
const AWAY = 60; // px above or below the curve where letting go does nothing

export class Curve {
  readonly chart = new Chart();
  readonly element: HTMLElement;
  private readonly title = h("b", {});
  private readonly read = h("span", { class: "iw-train-read" });
  private readonly board = h("div", { class: "iw-train-board" });
  private readonly handle = h("div", { class: "iw-train-handle", role: "slider", tabindex: 0, "aria-label": "Step to rewind to", "aria-valuemin": 0, "data-key": "handle" });
  private readonly all = h("button", { type: "button" }, "All");
  private readonly scale;
  private plot: Plot | null = null;
  private cursor: number | null = null;
  private target: number | null = null;
  private press: { x: number; y: number; step: number; zoom: boolean; moved: boolean } | null = null;

  constructor(
    private readonly link: Link<TrainerState>,
    private readonly frame: Frame,
    private readonly runs: () => readonly Run[],
    private readonly redraw: () => void,
  ) {
    const { signal } = frame;
    this.scale = choice("", { log: "log", linear: "linear" }, (by) => link.act({ do: "scale", by }, { scale: by as "log" | "linear" }), signal);
    this.scale.element.querySelector("legend")!.textContent = "scale";
    const closer = h("button", { type: "button", title: "Look closer at the last part (Shift and drag for any part)" }, "Closer");
    closer.addEventListener("click", () => this.closer(), { signal });
    this.all.addEventListener("click", () => this.zoom([]), { signal });
    this.board.append(this.chart.element, this.handle, this.read);
    this.element = h("figure", { class: "iw-train-main" }, h("figcaption", {}, this.title, h("span", { class: "iw-push iw-train-view" }, this.scale.element, h("span", { class: "iw-pair" }, closer, this.all))), this.board);
    this.listen();
  }

  /** Pixels that the chart may take. */
  get width(): number {
    return Math.max(this.board.clientWidth, 260);
  }

  draw(runs: readonly Run[], styles: readonly LineStyle[], colors: Plot["colors"]): void {
    const { link } = this;
    const measure = link.read("measure");
    const m = MEASURES.indexOf(measure);
    const share = ABOUT[measure].share;
    const range = this.range(runs);
    const close = link.read("closeup");
    const fits = close.runs !== undefined && close.measure === measure && String(close.window) === String(link.read("window"));
    const lines = runs.flatMap((run, i) => {
      const near = fits ? close.runs![i] : null;
      const own: Line[] = near ? [closeLine(near, range, run.about.name, styles[i]!)] : [lineOf(run, m, run.about.name, styles[i]!, false)];
      return run.ghost ? [lineOf(run.ghost, m, `${run.about.name} before`, styles[i]!, true), ...own] : own;
    });
    const marks = link.read("marks").slice(0, runs.length).flatMap((list, i) => list.map((mark) => ({ mark, style: styles[i]! })));
    this.plot = { title: `${ABOUT[measure].title}, by training step`, lines, marks, kept: this.kept(), range, share, log: link.read("scale") === "log", width: this.width, height: HEIGHT, cursor: this.cursor, target: this.target, colors };
    this.chart.draw(this.plot);
    this.title.textContent = ABOUT[measure].title;
    this.scale.set(link.read("scale"));
    this.scale.element.hidden = share;
    this.all.setAttribute("aria-disabled", String(link.read("window").length === 0));
    this.say(runs, m);
    this.place(runs);
  }

  private say(runs: readonly Run[], m: number): void {
    const step = this.cursor;
    const said = step === null ? "" : `step ${Math.max(Math.round(step), 1)}: ${runs.map((run) => `${runs.length > 1 ? `${run.about.name} ` : ""}${written(MEASURES[m]!, valueAt(run, m, step))}`).join(" · ")}`;
    if (this.read.textContent !== said) this.read.textContent = said;
  }

  /** The handle stands at the step that training has reached, or that a rewind would lead to. */
  private place(runs: readonly Run[]): void {
    const step = Math.max(...runs.map(({ now }) => now.step), 0);
    const at = this.target ?? step;
    const [from, to] = this.plot!.range;
    this.handle.hidden = !this.live || step === 0 || at < from || at > to;
    this.handle.style.left = `${this.chart.x(at)}px`;
    this.handle.setAttribute("aria-valuemax", String(step));
    this.handle.setAttribute("aria-valuenow", String(at));
    this.handle.setAttribute("aria-valuetext", this.target === null ? `step ${step}` : `rewind to step ${this.target}: Enter`);
  }

  private get live(): boolean {
    return this.runs().some(({ about }) => about.live);
  }

  private kept(): number[] {
    const [first, ...others] = this.link.read("kept").filter((_, i) => this.runs()[i]?.about.live);
    return others.length === 0 ? (first ?? []) : (first ?? []).filter((step) => others.every((list) => list.includes(step)));
  }

  private range(runs: readonly Run[]): [number, number] {
    const [from, to] = this.link.read("window");
    if (from !== undefined && to !== undefined) return [from, to];
    return [0, Math.max(...runs.map((run) => Math.max(run.now.step, run.ghost ? run.ghost.length * run.ghost.size : 0)), 20)];
  }

  // -- hands ---------------------------------------------------------------------------------

  private listen(): void {
    const { element } = this.chart;
    const options = { signal: this.frame.signal };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.press = { x: event.clientX, y: event.clientY, step: this.chart.at(event.clientX), zoom: event.shiftKey || !this.live, moved: false };
      element.setPointerCapture(event.pointerId);
    }, options);
    element.addEventListener("pointermove", (event) => this.move(event), options);
    element.addEventListener("pointerup", () => this.drop(), options);
    element.addEventListener("pointercancel", () => this.cancel(), options);
    element.addEventListener("pointerleave", () => {
      this.cursor = null;
      this.redraw();
    }, options);
    element.addEventListener("dblclick", () => this.zoom([]), options);
    this.handle.addEventListener("pointerdown", (event) => {
      this.handle.focus();
      this.press = { x: event.clientX, y: event.clientY, step: this.chart.at(event.clientX), zoom: false, moved: false };
      element.setPointerCapture(event.pointerId);
      event.preventDefault();
    }, options);
    this.handle.addEventListener("keydown", (event) => this.key(event), options);
    this.handle.addEventListener("blur", () => this.press === null && this.cancel(), options);
  }

  private move(event: PointerEvent): void {
    const step = this.chart.at(event.clientX);
    this.cursor = step;
    const { press } = this;
    if (press) {
      press.moved ||= Math.abs(event.clientX - press.x) > MOVED;
      const box = this.chart.element.getBoundingClientRect();
      const away = event.clientY < box.top - AWAY || event.clientY > box.bottom + AWAY;
      this.target = !press.moved || press.zoom || away ? null : this.before(step);
    }
    this.redraw();
  }

  private drop(): void {
    const { press, target } = this;
    this.press = null;
    if (press?.zoom && press.moved && this.cursor !== null) {
      const [from, to] = [press.step, this.cursor].sort((a, b) => a - b) as [number, number];
      if (to - from >= 2) this.zoom([Math.floor(from), Math.ceil(to)]);
    }
    this.commit(target);
  }

  private commit(target: number | null): void {
    this.target = null;
    if (target !== null) this.link.act({ do: "rewind", to: target }, { mode: "paused" });
    this.redraw();
  }

  private cancel(): void {
    this.press = null;
    this.target = null;
    this.redraw();
  }

  /** The kept step at or before this one. */
  private before(step: number): number | null {
    return this.kept().filter((one) => one <= step).at(-1) ?? null;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const kept = this.kept();
    const now = Math.max(...this.runs().map(({ now }) => now.step));
    const at = this.target ?? now;
    const moves: Record<string, number | null | undefined> = {
      ArrowLeft: kept.filter((one) => one < at).at(-1),
      ArrowDown: kept.filter((one) => one < at).at(-1),
      ArrowRight: kept.find((one) => one > at) ?? null,
      ArrowUp: kept.find((one) => one > at) ?? null,
      Home: kept[0],
      Escape: null,
    };
    if (event.key === "Enter") this.commit(this.target);
    else if (event.key in moves) {
      const to = moves[event.key];
      if (to !== undefined) this.target = to;
      this.redraw();
    } else return;
    event.preventDefault();
  }

  private zoom(window: [] | [number, number]): void {
    if (String(window) !== String(this.link.read("window"))) this.link.act({ do: "window", steps: window }, { window });
  }

  /** The later half of what is seen. */
  private closer(): void {
    const [from, to] = this.plot?.range ?? [0, 0];
    const last = Math.min(to, Math.max(...this.runs().map(({ now }) => now.step)));
    if (last - from >= 8) this.zoom([Math.floor((from + last) / 2), Math.ceil(last)]);
  }
}

function lineOf(of: Buckets, m: number, name: string, style: LineStyle, faint: boolean): Line {
  const low = new Float32Array(of.length);
  const high = new Float32Array(of.length);
  for (let bucket = 0; bucket < of.length; bucket++) [low[bucket], high[bucket]] = ends(of, m, bucket);
  return { name, style, size: of.size, start: 0, low, high, faint };
}

function closeLine({ size, plane }: { size: number; plane: Parameters<typeof numbers>[0] }, range: [number, number], name: string, style: LineStyle): Line {
  const values = numbers(plane);
  const half = values.length / 2;
  return { name, style, size, start: range[0], low: values.subarray(0, half), high: values.subarray(half), faint: false };
}

/** A run's value about a step: the middle of its bucket, or of the nearest before that has one. */
function valueAt(run: Run, m: number, step: number): number | null {
  for (let bucket = clamp(Math.floor((step - 1) / run.size), 0, run.length - 1); bucket >= 0; bucket--) {
    const [low, high] = ends(run, m, bucket);
    if (!Number.isNaN(low)) return (low + high) / 2;
    if (MEASURES[m] !== "recovered") return null;
  }
  return null;
}
