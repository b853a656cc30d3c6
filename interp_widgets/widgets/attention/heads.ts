// All heads as thumbnails on one canvas: layers upwards and heads to the right, or by score. A grid for keys and screen
// readers stands behind it.

import type { Ramp } from "../shared/color.ts";
import { clamp, h, uid } from "../shared/dom.ts";
import { type Head, isHead, nameOf, sameHead } from "../shared/heads.ts";
import { type Heads } from "./pattern.ts";
import { type First, type Weights } from "./state.ts";

const GAP = 4;
const SMALLEST = 24;
const LARGEST = 76;
const LABEL = 13;
const TALLEST = 530;

export interface HeadsLook {
  heads: Heads;
  weights: Weights;
  first: First;
  /** Place of the chosen score, or -1. */
  kind: number;
  scoreName: string;
  byScore: boolean;
  opened: Head;
  pinned: Head | [];
  ramp: Ramp;
}

export interface HeadsEvents {
  open(head: Head): void;
  pin(head: Head): void;
}

export class HeadGrid {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly cells = [h("div", { role: "gridcell", id: uid("head") }), h("div", { role: "gridcell", id: uid("head") })] as const;
  private readonly atlas = document.createElement("canvas");
  private readonly readout = h("div", { class: "iw-att-readout" });
  private readonly scroller: HTMLElement;
  private look: HeadsLook | null = null;
  private places: Head[] = [];
  private across = 1;
  private side = SMALLEST;
  private gutter = 0;
  private cursor = -1;
  private turn = 0;
  private width = 0;

  constructor(
    private readonly events: HeadsEvents,
    signal: AbortSignal,
  ) {
    const reading = h("div", { class: "iw-sr" }, ...this.cells.map((cell) => h("div", { role: "row" }, cell)));
    this.scroller = h("div", { class: "iw-att-heads", role: "grid", tabindex: 0, "aria-readonly": "true", "data-home": true }, this.canvas, reading);
    this.element = h("div", { class: "iw-att-side" }, this.scroller, this.readout);
    const on = <K extends keyof HTMLElementEventMap>(name: K, run: (event: HTMLElementEventMap[K]) => void): void =>
      this.scroller.addEventListener(name, run, { signal });
    on("pointermove", (e) => this.move(this.hit(e)));
    on("pointerleave", () => this.move(-1));
    on("click", (e) => this.pick(this.hit(e), e.shiftKey));
    on("keydown", (e) => this.key(e));
    on("focus", () => this.scroller.matches(":focus-visible") && this.move(this.openPlace()));
    on("blur", () => this.move(-1));
    const resized = new ResizeObserver(() => this.scroller.clientWidth !== this.width && this.layout());
    resized.observe(this.scroller);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  show(look: HeadsLook): void {
    const before = this.look;
    this.look = look;
    const { raw } = look.heads;
    if (before?.heads !== look.heads || before.weights !== look.weights || before.first !== look.first || before.ramp !== look.ramp) this.paint();
    // Layers upwards: the first row of places is the last layer.
    const places = look.byScore ? look.heads.ordered(look.kind) : look.heads.ordered(-1);
    this.places = look.byScore ? places : Array.from({ length: raw.layers }, (_, i) => places.slice((raw.layers - 1 - i) * raw.heads, (raw.layers - i) * raw.heads)).flat();
    const sorted = look.byScore ? `, sorted by ${look.scoreName}` : ", layers upwards";
    this.scroller.setAttribute("aria-label", `All heads of ${raw.model}: ${raw.layers} layers of ${raw.heads} heads${sorted}. Enter opens a head, P pins one beside it.`);
    this.scroller.dataset["opened"] = nameOf(look.opened);
    this.scroller.dataset["first"] = nameOf(this.places[0]!);
    this.layout();
    this.read();
  }

  /** Every thumbnail once, one pixel a cell. */
  private paint(): void {
    const { heads, weights, first, ramp } = this.look!;
    const { size } = heads;
    const codes = heads.codes(weights);
    this.atlas.width = heads.raw.heads * size;
    this.atlas.height = heads.raw.layers * size;
    const context = this.atlas.getContext("2d")!;
    const pixels = context.createImageData(this.atlas.width, this.atlas.height);
    let at = 0;
    for (let layer = 0; layer < heads.raw.layers; layer++) {
      for (let head = 0; head < heads.raw.heads; head++) {
        for (let row = 0; row < size; row++) {
          const start = ((layer * size + row) * this.atlas.width + head * size) * 4;
          for (let col = 0; col <= row; col++, at++) {
            if (col === 0 && row > 0 && first === "hidden") continue;
            const level = Math.min(codes[at]!, 254);
            const pixel = start + col * 4;
            pixels.data.set(ramp.rgb.subarray(level * 3, level * 3 + 3), pixel);
            pixels.data[pixel + 3] = col === 0 && row > 0 && first === "dimmed" ? 70 : 255;
          }
        }
      }
    }
    context.putImageData(pixels, 0, 0);
  }

  private layout(): void {
    const look = this.look;
    if (!look) return;
    const { layers, heads } = look.heads.raw;
    this.gutter = look.byScore ? 0 : 26;
    // By place, the column that holds the grid is as wide as the heads need.
    const tall = Math.max(Math.floor(TALLEST / layers) - GAP - LABEL, 30);
    const wanted = this.gutter + heads * (Math.min(tall, LARGEST) + GAP) + 16;
    this.element.style.width = look.byScore ? "100%" : `${wanted}px`;
    this.width = this.scroller.clientWidth;
    if (this.width === 0) return;
    const room = this.width - this.gutter - 2;
    if (look.byScore) {
      this.across = clamp(Math.floor(room / 52), 1, this.places.length);
      this.side = clamp(Math.floor(room / this.across) - GAP, SMALLEST, LARGEST);
    } else {
      this.across = heads;
      this.side = clamp(Math.min(Math.floor(room / heads) - GAP, tall), SMALLEST, LARGEST);
    }
    const rows = Math.ceil(this.places.length / this.across);
    const scale = window.devicePixelRatio || 1;
    const [w, high] = [this.gutter + this.across * (this.side + GAP) + 2, rows * this.step + 2];
    this.canvas.width = Math.round(w * scale);
    this.canvas.height = Math.round(high * scale);
    this.canvas.style.width = `${w}px`;
    this.canvas.style.height = `${high}px`;
    this.scroller.setAttribute("aria-rowcount", String(rows));
    this.scroller.setAttribute("aria-colcount", String(this.across));
    this.draw();
  }

  private get step(): number {
    return this.side + GAP + LABEL;
  }

  private draw(): void {
    const look = this.look;
    if (!look) return;
    const c = this.canvas.getContext("2d")!;
    const scale = window.devicePixelRatio || 1;
    const style = getComputedStyle(this.scroller);
    const ink = (name: string): string => style.getPropertyValue(name).trim();
    const [text, faint, line, accent, ground] = [style.color, ink("--iw-faint"), ink("--iw-line"), ink("--iw-accent"), ink("--iw-ground")];
    const { size } = look.heads;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    c.imageSmoothingEnabled = size > this.side * scale;
    c.textBaseline = "middle";
    this.places.forEach((head, i) => {
      const [x, y] = this.corner(i);
      c.drawImage(this.atlas, head[1] * size, head[0] * size, size, size, x, y, this.side, this.side);
      c.strokeStyle = line;
      c.lineWidth = 1;
      c.strokeRect(x - 0.5, y - 0.5, this.side + 1, this.side + 1);
      const marks: [boolean, string, number[]][] = [
        [sameHead(head, look.pinned), accent, [4, 2]],
        [sameHead(head, look.opened), accent, []],
        [i === this.cursor, text, []],
      ];
      for (const [on, color, dash] of marks) if (on) frame(c, x, y, this.side, color, ground, dash);
      this.label(c, head, x, y + this.side + 7, [text, faint], style.fontFamily);
    });
    if (look.byScore) return;
    c.textAlign = "left";
    c.font = `10.5px ${style.fontFamily}`;
    for (let row = 0; row < look.heads.raw.layers; row++) {
      c.fillStyle = faint;
      c.fillText(`L${look.heads.raw.layers - 1 - row}`, 1, row * this.step + this.side / 2 + 2);
    }
  }

  /** Under a thumbnail: its score, or its name; the higher the score, the stronger the bar under it. */
  private label(c: CanvasRenderingContext2D, head: Head, x: number, y: number, [text, faint]: readonly [string, string], family: string): void {
    const look = this.look!;
    const score = look.heads.score(look.kind, head);
    const strong = score >= 0.3;
    c.textAlign = "center";
    c.font = `${strong ? "600 " : ""}${this.side < 30 ? 9 : 10}px ${family}`;
    c.fillStyle = strong || look.kind < 0 ? text : faint;
    const number = Number.isNaN(score) ? "–" : score.toFixed(2).replace(/^0/, "");
    const name = this.side >= 44 ? `${head[0]}.${head[1]}` : String(head[1]);
    const both = look.byScore ? `${head[0]}.${head[1]}  ${number}` : number;
    c.fillText(look.kind < 0 ? name : both, x + this.side / 2, y);
  }

  private corner(place: number): [number, number] {
    return [this.gutter + (place % this.across) * (this.side + GAP) + 2, Math.floor(place / this.across) * this.step + 2];
  }

  private hit(event: MouseEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const col = Math.floor((event.clientX - box.left - this.gutter - 2) / (this.side + GAP));
    const row = Math.floor((event.clientY - box.top - 2) / this.step);
    const place = row * this.across + col;
    return col >= 0 && col < this.across && row >= 0 && place < this.places.length ? place : -1;
  }

  private openPlace(): number {
    return this.places.findIndex((head) => sameHead(head, this.look!.opened));
  }

  private move(place: number): void {
    if (place === this.cursor) return;
    this.cursor = place;
    this.read();
    this.draw();
  }

  private pick(place: number, pin: boolean): void {
    const head = this.places[place];
    if (!head) return;
    if (pin) this.events.pin(head);
    else this.events.open(head);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.cursor < 0 ? this.openPlace() : this.cursor;
    const row = Math.floor(at / this.across) * this.across;
    const moves: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at - this.across,
      ArrowDown: at + this.across,
      Home: row,
      End: Math.min(row + this.across, this.places.length) - 1,
      PageUp: at % this.across,
      PageDown: this.places.length - this.across + (at % this.across),
    };
    const to = moves[event.key];
    if (to !== undefined) {
      if (to >= 0 && to < this.places.length) this.move(to);
      this.reveal();
    } else if (event.key === "Enter" || event.key === " ") this.pick(at, event.shiftKey);
    else if (event.key === "p" || event.key === "P") this.pick(at, true);
    else if (event.key === "Escape") this.move(-1);
    else return;
    event.preventDefault();
  }

  /** Scrolls so that the head under the cursor is in sight. */
  private reveal(): void {
    const [x, y] = this.corner(this.cursor);
    const box = this.scroller;
    if (y < box.scrollTop) box.scrollTop = y - 2;
    else if (y + this.step > box.scrollTop + box.clientHeight) box.scrollTop = y + this.step - box.clientHeight;
    if (x - this.gutter < box.scrollLeft) box.scrollLeft = x - this.gutter;
    else if (x + this.side > box.scrollLeft + box.clientWidth) box.scrollLeft = x + this.side - box.clientWidth;
  }

  private read(): void {
    const look = this.look!;
    const head = this.places[this.cursor] ?? look.opened;
    const score = look.heads.score(look.kind, head);
    const scored = look.kind < 0 ? "" : `, ${look.scoreName} ${Number.isNaN(score) ? "not defined" : score.toFixed(3)}`;
    const states = [sameHead(head, look.opened) ? "open" : "", isHead(look.pinned) && sameHead(head, look.pinned) ? "pinned" : ""].filter(Boolean);
    const words = `${nameOf(head)}${scored}${states.length ? ` (${states.join(", ")})` : ""}`;
    this.readout.textContent = words;
    if (this.cursor < 0) {
      this.scroller.removeAttribute("aria-activedescendant");
      return;
    }
    const cell = this.cells[(this.turn = 1 - this.turn)]!;
    cell.textContent = words;
    cell.setAttribute("aria-colindex", String((this.cursor % this.across) + 1));
    cell.setAttribute("aria-selected", String(sameHead(head, look.opened)));
    cell.parentElement!.setAttribute("aria-rowindex", String(Math.floor(this.cursor / this.across) + 1));
    this.scroller.setAttribute("aria-activedescendant", cell.id);
  }
}

function frame(c: CanvasRenderingContext2D, x: number, y: number, side: number, color: string, ground: string, dash: number[]): void {
  for (const [ink, wide, pattern] of [[ground, 4, []], [color, 2, dash]] as const) {
    c.strokeStyle = ink;
    c.lineWidth = wide;
    c.setLineDash(pattern as number[]);
    c.strokeRect(x - 0.5, y - 0.5, side + 1, side + 1);
  }
  c.setLineDash([]);
}
