// The points on a canvas, and behind it what keys and screen readers need.

import { lineStyle } from "../shared/color.ts";
import { h } from "../shared/dom.ts";
import { type Order, type PointEvents, PointPlot } from "../shared/points.ts";
import type { Theme } from "../shared/theme.ts";
import { Axes, label, MARGIN, SHAPES } from "./axes.ts";
import type { Points } from "./state.ts";

const WIDEST = 640;
const NEAR = 14;
const MOST_NAMED_PX = 190;

export class Plot extends PointPlot {
  private readonly canvas: HTMLCanvasElement;
  private readonly still = document.createElement("canvas");
  private shown: Points | null = null;
  /** Cells that have a place: those that are estimated at least. */
  private there: number[] = [];
  private axes: Axes | null = null;
  private theme: Theme = "light";
  private held = -1;
  private frame = 0;

  constructor(events: PointEvents, signal: AbortSignal) {
    const canvas = h("canvas", { "aria-hidden": "true" });
    super("iw-scatter-plot", canvas, "no cell", NEAR, events, signal);
    this.canvas = canvas;
    signal.addEventListener("abort", () => cancelAnimationFrame(this.frame));
  }

  show(points: Points, picked: number, theme: Theme): void {
    this.shown = points;
    this.there = Array.from({ length: points.count }, (_, cell) => cell).filter((cell) => !Number.isNaN(points.estimate[cell]!));
    this.held = picked;
    this.theme = theme;
    this.element.setAttribute("aria-label", `Estimated against exact effects of ${points.count} cells. Left and right go by exact effect, up and down by error; Enter holds a cell.`);
    this.element.dataset["known"] = String(points.across.length);
    if (this.cursor >= points.count) this.cursor = -1;
    this.layout();
    this.read();
  }

  box(cell: number): DOMRect {
    return this.boxOf(cell, 5);
  }

  protected points(): readonly number[] {
    return this.axes ? this.there : [];
  }

  protected order(): Order {
    const [across, down] = [this.shown?.across ?? [], this.shown?.byError ?? []];
    return { across, down, ends: down };
  }

  protected words(cell: number): string {
    return this.shown!.words(cell);
  }

  protected picked(cell: number): boolean {
    return cell === this.held;
  }

  protected place(cell: number): readonly [number, number] {
    const { exact, estimate } = this.shown!;
    // Not measured yet: a dash at the left edge.
    const x = Number.isNaN(exact[cell]!) ? MARGIN.left - 5 : this.axes!.left(exact[cell]!);
    return [x, this.axes!.top(estimate[cell]!)];
  }

  protected home(): number {
    return this.held >= 0 ? this.held : (this.shown?.byError[0] ?? -1);
  }

  protected layout(): void {
    this.width = this.element.clientWidth;
    if (!this.shown || this.width === 0) return;
    const [wide, high] = [Math.min(this.width, WIDEST), Math.round(Math.min(this.width, WIDEST) * 0.7)];
    this.axes = new Axes(this.shown, wide, high);
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(wide * scale);
    this.canvas.height = Math.round(high * scale);
    this.canvas.style.width = `${wide}px`;
    this.canvas.style.height = `${high}px`;
    this.settle();
    this.draw();
  }

  protected draw(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  private get radius(): number {
    const count = this.shown?.count ?? 0;
    return count > 2000 ? 2 : count > 400 ? 3 : 4;
  }

  /** Paper and points, once for each record and size: what is pointed at comes over them. */
  private settle(): void {
    const { shown: points, axes } = this;
    if (!points || !axes) return;
    this.still.width = this.canvas.width;
    this.still.height = this.canvas.height;
    const c = this.still.getContext("2d")!;
    const style = getComputedStyle(this.element);
    const ink = (name: string): string => style.getPropertyValue(name).trim();
    const scale = window.devicePixelRatio || 1;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    this.frames(c, [ink("--iw-faint"), ink("--iw-line"), style.color], style.fontFamily);
    const colors = points.raw.groups.map((_, i) => (this.theme === "contrast" ? style.color : lineStyle(i, this.theme).color));
    for (const cell of this.there) {
      const [x, y] = this.place(cell);
      c.fillStyle = colors[points.group(cell)]!;
      if (Number.isNaN(points.exact[cell]!)) c.fillRect(x - 4, y - 0.75, 8, 1.5);
      else this.shape(c, cell, x, y, this.radius);
    }
    this.names(c, style.color, ink("--iw-ground"), style.fontFamily);
  }

  private paint(): void {
    const { shown: points } = this;
    if (!points || !this.axes) return;
    const c = this.canvas.getContext("2d")!;
    const style = getComputedStyle(this.element);
    const ink = (name: string): string => style.getPropertyValue(name).trim();
    const scale = window.devicePixelRatio || 1;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    c.drawImage(this.still, 0, 0);
    c.setTransform(scale, 0, 0, scale, 0, 0);
    for (const [cell, color] of [[this.held, ink("--iw-accent")], [this.cursor, style.color]] as const) {
      if (cell < 0 || cell >= points.count) continue;
      const [x, y] = this.place(cell);
      for (const [stroke, wide] of [[ink("--iw-ground"), 4], [color, 2]] as const) {
        c.strokeStyle = stroke;
        c.lineWidth = wide;
        c.beginPath();
        c.arc(x, y, this.radius + 4, 0, 7);
        c.stroke();
      }
    }
    this.element.dataset["drawn"] = String(points.count);
  }

  private shape(c: CanvasRenderingContext2D, cell: number, x: number, y: number, r: number): void {
    const shape = SHAPES[this.shown!.group(cell) % SHAPES.length]!(x, y, r);
    c.beginPath();
    for (const [px, py] of shape) c.lineTo(px, py);
    c.globalAlpha = 0.8;
    c.fill();
    c.globalAlpha = 1;
  }

  private frames(c: CanvasRenderingContext2D, [faint, line, text]: readonly [string, string, string], family: string): void {
    const { left, right, top, bottom } = MARGIN;
    const { width, height, ticksX, ticksY, equal } = this.axes!;
    c.font = `11px ${family}`;
    c.lineWidth = 1;
    c.strokeStyle = line;
    c.fillStyle = faint;
    c.textBaseline = "middle";
    for (const tick of ticksX) {
      const x = Math.round(this.axes!.left(tick)) + 0.5;
      stroke(c, x, top, x, height - bottom);
      c.textAlign = "center";
      c.fillText(label(tick), x, height - bottom + 11);
    }
    for (const tick of ticksY) {
      const y = Math.round(this.axes!.top(tick)) + 0.5;
      stroke(c, left, y, width - right, y);
      c.textAlign = "right";
      c.fillText(label(tick), left - 12, y);
    }
    c.strokeStyle = faint;
    if (equal) {
      c.setLineDash([5, 4]);
      stroke(c, ...equal);
      c.setLineDash([]);
    }
    c.fillStyle = text;
    c.textAlign = "center";
    c.fillText(`exact change of ${this.shown!.raw.unit}`, (left + width - right) / 2, height - 10);
    c.save();
    c.translate(9, (top + height - bottom) / 2);
    c.rotate(-Math.PI / 2);
    c.fillText("estimated", 0, 0);
    c.restore();
  }

  /** Cells that stand out carry their names, unless one would lie over another. */
  private names(c: CanvasRenderingContext2D, text: string, ground: string, family: string): void {
    const taken: [number, number, number, number][] = [];
    c.font = `600 11px ${family}`;
    for (const cell of this.shown!.raw.worst) {
      const [x, y] = this.place(cell);
      const name = this.shown!.name(cell);
      const wide = Math.min(c.measureText(name).width, MOST_NAMED_PX);
      const left = x + 9 + wide > this.axes!.width ? x - 9 - wide : x + 9;
      const box: [number, number, number, number] = [left, y - 8, left + wide, y + 8];
      if (taken.some(([a, b, d, e]) => box[0] < d && box[2] > a && box[1] < e && box[3] > b)) continue;
      taken.push(box);
      c.textAlign = "left";
      c.lineWidth = 3;
      c.strokeStyle = ground;
      c.fillStyle = text;
      c.strokeText(name, left, y, wide);
      c.fillText(name, left, y, wide);
    }
  }
}

function stroke(c: CanvasRenderingContext2D, x: number, y: number, a: number, b: number): void {
  c.beginPath();
  c.moveTo(x, y);
  c.lineTo(a, b);
  c.stroke();
}
