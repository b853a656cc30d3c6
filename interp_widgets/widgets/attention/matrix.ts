// One head's pattern, large: a row for every token that looks, a column for every token looked at.

import type { Ramp } from "../shared/color.ts";
import { clamp, h, uid } from "../shared/dom.ts";
import { nameOf } from "../shared/heads.ts";
import { visible } from "../shared/tokens.ts";
import { type Pattern, shade } from "./pattern.ts";
import type { First } from "./state.ts";

/** What is pointed at: a token, or a cell when `src` is given. */
export interface Point {
  dst: number;
  src: number | null;
}

export interface MatrixEvents {
  hover(point: Point | null, byKey: boolean): void;
  pick(pos: number): void;
}

const LARGEST = 470;
const NAMED = 11;

export class Matrix {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly image = document.createElement("canvas");
  private readonly cells = [h("div", { role: "gridcell", id: uid("weight") }), h("div", { role: "gridcell", id: uid("weight") })] as const;
  private pattern: Pattern | null = null;
  private tokens: readonly string[] = [];
  private first: First = "shown";
  private point: Point | null = null;
  private focus = -1;
  private gutter = 0;
  private cell = 1;
  private width = 0;
  private turn = 0;
  private words = "";

  constructor(
    private readonly events: MatrixEvents,
    signal: AbortSignal,
  ) {
    const reading = h("div", { class: "iw-sr" }, ...this.cells.map((cell) => h("div", { role: "row" }, cell)));
    this.element = h("div", { class: "iw-att-matrix", role: "grid", tabindex: 0, "aria-readonly": "true" }, this.canvas, reading);
    const on = <K extends keyof HTMLElementEventMap>(name: K, run: (event: HTMLElementEventMap[K]) => void): void =>
      this.element.addEventListener(name, run, { signal });
    on("pointermove", (e) => this.events.hover(this.hit(e), false));
    on("pointerleave", () => this.events.hover(null, false));
    on("click", (e) => {
      const at = this.hit(e);
      if (at) this.events.pick(at.dst);
    });
    on("keydown", (e) => this.key(e));
    on("focus", () => this.element.matches(":focus-visible") && this.events.hover(this.point ?? this.home(), true));
    on("blur", () => this.events.hover(null, false));
    const resized = new ResizeObserver(() => this.element.clientWidth !== this.width && this.layout());
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  show(pattern: Pattern, tokens: readonly string[], first: First, ramp: Ramp): void {
    this.pattern = pattern;
    this.tokens = tokens;
    this.first = first;
    const { n } = pattern;
    this.element.setAttribute("aria-label", `Pattern of head ${nameOf(pattern.name)}: rows look, columns are looked at, ${n} tokens. Enter holds a token.`);
    this.element.setAttribute("aria-rowcount", String(n));
    this.element.setAttribute("aria-colcount", String(n));
    paint(this.image, pattern, first, ramp);
    this.layout();
  }

  /** Marks the row and column of a token, and the cell pointed at; `words` say it to screen readers. */
  mark(point: Point | null, focus: number, words: string): void {
    this.point = point;
    this.focus = focus;
    this.words = words;
    this.draw();
    this.read();
  }

  /** Where a cell is on the screen. */
  box({ dst, src }: Point): DOMRect {
    const at = this.canvas.getBoundingClientRect();
    return new DOMRect(at.left + this.gutter + (src ?? dst) * this.cell, at.top + dst * this.cell + 1, this.cell, this.cell);
  }

  private home(): Point | null {
    const last = this.tokens.length - 1;
    return last < 0 ? null : { dst: last, src: last };
  }

  private layout(): void {
    this.width = this.element.clientWidth;
    const n = this.pattern?.n ?? 0;
    if (!n || this.width === 0) return;
    const context = this.canvas.getContext("2d")!;
    context.font = `11px ${getComputedStyle(this.element).fontFamily}`;
    const longest = this.tokens.slice(0, 60).reduce((w, token) => Math.max(w, context.measureText(visible(token)).width), 0);
    const room = Math.min(this.width, LARGEST) - 2;
    const names = clamp(Math.ceil(longest) + 8, 20, Math.min(90, room * 0.3));
    this.gutter = (room - names) / n >= NAMED ? names : 0;
    const cell = Math.min((room - this.gutter) / n, 34);
    this.cell = cell > 3 ? Math.floor(cell) : cell;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [this.cell * n + this.gutter + 2, this.cell * n + 2];
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
    this.draw();
  }

  private draw(): void {
    const { pattern, cell, gutter } = this;
    if (!pattern) return;
    const c = this.canvas.getContext("2d")!;
    const scale = window.devicePixelRatio || 1;
    const style = getComputedStyle(this.element);
    const ink = (name: string): string => style.getPropertyValue(name).trim();
    const [text, faint, line, ground] = [style.color, ink("--iw-faint"), ink("--iw-line"), ink("--iw-ground")];
    const side = cell * pattern.n;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    c.translate(gutter + 1, 1);
    c.imageSmoothingEnabled = cell * scale < 1;
    c.drawImage(this.image, 0, 0, side, side);
    if (cell >= 9) {
      // Hairlines of the ground between cells.
      c.fillStyle = ground;
      for (let i = 1; i <= pattern.n; i++) {
        c.fillRect(i * cell - 1, 0, 1, side);
        c.fillRect(0, i * cell - 1, side, 1);
      }
    }
    c.strokeStyle = line;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(-0.5, -0.5);
    c.lineTo(-0.5, side + 0.5);
    c.lineTo(side + 0.5, side + 0.5);
    c.stroke();
    if (this.focus >= 0) this.bands(c, text, ground);
    if (gutter > 0) this.names(c, [text, faint], style.fontFamily);
    this.element.dataset["drawn"] = nameOf(pattern.name);
  }

  /** A frame around what the token looks at (its row) and what looks at it (its column). */
  private bands(c: CanvasRenderingContext2D, text: string, ground: string): void {
    const { cell, focus } = this;
    const n = this.pattern!.n;
    const wide = Math.max(cell, 3);
    const src = this.point?.src;
    const boxes: [number, number, number, number, number[]][] = [
      [0, focus * cell, (focus + 1) * cell, wide, []],
      [focus * cell, focus * cell, wide, (n - focus) * cell, [3, 3]],
    ];
    if (src != null && src <= focus) boxes.push([src * cell - 1, focus * cell - 1, wide + 2, wide + 2, []]);
    for (const [x, y, w, tall, dash] of boxes) {
      for (const [ink, line] of [[ground, 3.5], [text, 1.5]] as const) {
        c.strokeStyle = ink;
        c.lineWidth = line;
        c.setLineDash(ink === text ? dash : []);
        c.strokeRect(x - 0.5, y - 0.5, w, tall);
      }
    }
    c.setLineDash([]);
  }

  /** Tokens that look at the left; those looked at stand over their column, along the diagonal. */
  private names(c: CanvasRenderingContext2D, [text, faint]: readonly [string, string], family: string): void {
    const { cell, gutter } = this;
    c.textBaseline = "middle";
    c.textAlign = "right";
    this.tokens.forEach((token, i) => {
      const on = i === this.focus;
      c.font = `${on ? "600 " : ""}11px ${family}`;
      c.fillStyle = on ? text : faint;
      c.fillText(cut(c, visible(token), gutter - 7), -6, i * cell + cell / 2);
    });
    // The upper right half of the square is free for the columns' names.
    c.textAlign = "left";
    const src = this.point?.src ?? this.focus;
    this.tokens.forEach((token, i) => {
      const on = i === src || i === this.focus;
      const room = (this.tokens.length - i - 1) * cell - 4;
      if (room < 24 && !on) return;
      c.font = `${on ? "600 " : ""}10.5px ${family}`;
      c.fillStyle = on ? text : faint;
      c.fillText(cut(c, visible(token), Math.max(room, 0)), (i + 1) * cell + 4, i * cell + cell / 2);
    });
  }

  private hit(event: MouseEvent): Point | null {
    const box = this.canvas.getBoundingClientRect();
    const n = this.pattern?.n ?? 0;
    const dst = Math.floor((event.clientY - box.top - 1) / this.cell);
    const src = Math.floor((event.clientX - box.left - this.gutter - 1) / this.cell);
    if (dst < 0 || dst >= n || src >= n) return null;
    const unseen = src < 0 || src > dst || (src === 0 && this.first === "hidden");
    return { dst, src: unseen ? null : src };
  }

  private key(event: KeyboardEvent): void {
    const n = this.tokens.length;
    const at = this.point ?? this.home();
    if (!at || event.ctrlKey || event.metaKey || event.altKey) return;
    const src = at.src ?? at.dst;
    const moves: Record<string, [number, number]> = {
      ArrowUp: [at.dst - 1, src],
      ArrowDown: [at.dst + 1, src],
      ArrowLeft: [at.dst, src - 1],
      ArrowRight: [at.dst, src + 1],
      Home: [at.dst, 0],
      End: [at.dst, at.dst],
      PageUp: [at.dst - 10, src],
      PageDown: [at.dst + 10, src],
    };
    const to = moves[event.key];
    if (to) {
      const dst = clamp(to[0], 0, n - 1);
      const least = this.first === "hidden" && dst > 0 ? 1 : 0;
      this.events.hover({ dst, src: clamp(to[1], least, dst) }, true);
    } else if (event.key === "Enter" || event.key === " ") this.events.pick(at.dst);
    else if (event.key === "Escape") this.events.hover(null, true);
    else return;
    event.preventDefault();
  }

  private read(): void {
    if (!this.point) {
      this.element.removeAttribute("aria-activedescendant");
      return;
    }
    const cell = this.cells[(this.turn = 1 - this.turn)]!;
    cell.textContent = this.words;
    cell.setAttribute("aria-colindex", String((this.point.src ?? this.point.dst) + 1));
    cell.parentElement!.setAttribute("aria-rowindex", String(this.point.dst + 1));
    this.element.setAttribute("aria-activedescendant", cell.id);
  }
}

/** A pattern, one pixel a weight; nothing above the diagonal, nor in a hidden first column. */
export function paint(image: HTMLCanvasElement, pattern: Pattern, first: First, ramp: Ramp): void {
  const { n, top } = pattern;
  image.width = image.height = n;
  const context = image.getContext("2d")!;
  const pixels = context.createImageData(n, n);
  for (let dst = 0; dst < n; dst++) {
    for (let src = dst > 0 && first === "hidden" ? 1 : 0; src <= dst; src++) {
      const level = Math.round(shade(pattern.value(dst, src), top) * 255) * 3;
      const at = (dst * n + src) * 4;
      pixels.data[at] = ramp.rgb[level]!;
      pixels.data[at + 1] = ramp.rgb[level + 1]!;
      pixels.data[at + 2] = ramp.rgb[level + 2]!;
      pixels.data[at + 3] = src === 0 && dst > 0 && first === "dimmed" ? 70 : 255;
    }
  }
  context.putImageData(pixels, 0, 0);
}

function cut(c: CanvasRenderingContext2D, text: string, room: number): string {
  if (c.measureText(text).width <= room) return text;
  const chars = [...text];
  while (chars.length > 1 && c.measureText(`${chars.join("")}…`).width > room) chars.pop();
  return `${chars.join("")}…`;
}
