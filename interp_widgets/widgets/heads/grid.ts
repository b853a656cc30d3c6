// All heads as cells on a canvas, layers upwards and heads to the right; a grid for keys and screen readers stands
// behind it. A rubber band, Shift with arrows and Space gather heads.

import type { Ramp } from "../shared/color.ts";
import { clamp, h, uid } from "../shared/dom.ts";
import { type Head, isHead, nameOf, sameHead } from "../shared/heads.ts";
import { number } from "../shared/numbers.ts";
import { headOf, isEstimate, type Numbers, valueOf, words } from "./state.ts";

const GAP = 2;
const GUTTER = 30;
const FOOT = 18;
const TALLEST = 620;
const WIDEST = 62;

/** The width of a grid whose cells are as wide as they get. */
export const roomOf = (heads: number): number => GUTTER + heads * WIDEST + 2;

export interface GridLook {
  all: Numbers;
  roles: Record<string, string>;
  opened: Head | [];
  selected: readonly Head[];
  ramp: Ramp;
  /** Sender and receiver of the path that is measured. */
  path: readonly [string, string] | null;
  /** The next head picked is the receiver. */
  picking: boolean;
}

export interface GridEvents {
  open(head: Head): void;
  select(heads: Head[]): void;
  /** What is pointed at, in words. */
  point(words: string): void;
}

export class Grid {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly cells = [h("div", { role: "gridcell", id: uid("head") }), h("div", { role: "gridcell", id: uid("head") })] as const;
  private readonly still = document.createElement("canvas");
  private look: GridLook | null = null;
  private cursor: Head | null = null;
  private anchor: Head | null = null;
  private band: [Head, Head] | null = null;
  private keyed = false;
  private wide = 40;
  private tall = 24;
  private width = 0;
  private turn = 0;

  constructor(
    private readonly events: GridEvents,
    signal: AbortSignal,
  ) {
    const reading = h("div", { class: "iw-sr" }, ...this.cells.map((cell) => h("div", { role: "row" }, cell)));
    this.element = h("div", { class: "iw-heads-grid", role: "grid", tabindex: 0, "aria-readonly": "true", "aria-multiselectable": "true", "data-home": true, "data-key": "grid" }, this.canvas, reading);
    const on = <K extends keyof HTMLElementEventMap>(name: K, run: (event: HTMLElementEventMap[K]) => void): void => this.element.addEventListener(name, run, { signal });
    on("pointerdown", (e) => this.down(e));
    on("pointermove", (e) => this.move(e));
    on("pointerup", (e) => this.up(e));
    on("pointercancel", () => this.drop());
    on("pointerleave", () => this.band === null && this.to(null));
    on("keydown", (e) => this.key(e));
    on("focus", () => this.element.matches(":focus-visible") && this.to(this.cursor ?? this.home()));
    on("blur", () => this.to(null));
    const resized = new ResizeObserver(() => this.element.clientWidth !== this.width && this.layout());
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  show(look: GridLook): void {
    this.look = look;
    const { layers, heads, title } = look.all;
    this.element.setAttribute("aria-label", `Heads: ${layers} layers upwards, ${heads} heads to the right; ${title}. Enter opens a head, Space gathers it.`);
    this.element.setAttribute("aria-rowcount", String(layers));
    this.element.setAttribute("aria-colcount", String(heads));
    this.element.dataset["picking"] = String(look.picking);
    this.element.dataset["stale"] = String(look.all.stale);
    this.layout();
    this.read();
  }

  /** Where a head's cell is on the screen. */
  box(head: Head): DOMRect {
    const at = this.canvas.getBoundingClientRect();
    const [x, y] = this.corner(head);
    return new DOMRect(at.left + x, at.top + y, this.wide, this.tall);
  }

  private get size(): [number, number] {
    return this.look ? [this.look.all.layers, this.look.all.heads] : [1, 1];
  }

  private home(): Head {
    return this.look && isHead(this.look.opened) ? this.look.opened : [this.size[0] - 1, 0];
  }

  private layout(): void {
    if (!this.look) return;
    this.width = this.element.clientWidth;
    if (this.width === 0) return;
    const [layers, heads] = this.size;
    this.wide = clamp(Math.floor((this.width - GUTTER) / heads), 7, WIDEST);
    this.tall = clamp(Math.floor((TALLEST - FOOT) / layers), 7, 34);
    const scale = window.devicePixelRatio || 1;
    const [w, high] = [GUTTER + heads * this.wide + 2, layers * this.tall + FOOT + 2];
    this.canvas.width = Math.round(w * scale);
    this.canvas.height = Math.round(high * scale);
    this.canvas.style.width = `${w}px`;
    this.canvas.style.height = `${high}px`;
    this.paint();
    this.draw();
  }

  private corner([layer, head]: Head): [number, number] {
    return [GUTTER + head * this.wide, 1 + (this.size[0] - 1 - layer) * this.tall];
  }

  /** The cells and their names, once for each look: what is pointed at comes over them. */
  private paint(): void {
    const scale = window.devicePixelRatio || 1;
    const style = getComputedStyle(this.element);
    const ink = (name: string): string => style.getPropertyValue(name).trim();
    this.still.width = this.canvas.width;
    this.still.height = this.canvas.height;
    const c = this.still.getContext("2d")!;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.textBaseline = "middle";
    const [layers, heads] = this.size;
    for (let layer = 0; layer < layers; layer++) for (let head = 0; head < heads; head++) this.cell(c, [layer, head], style.fontFamily, ink("--iw-line"));
    this.names(c, ink("--iw-faint"), style.fontFamily);
  }

  private draw(): void {
    const { look } = this;
    if (!look || this.width === 0) return;
    const c = this.canvas.getContext("2d")!;
    const style = getComputedStyle(this.element);
    const ink = (name: string): string => style.getPropertyValue(name).trim();
    const scale = window.devicePixelRatio || 1;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, this.canvas.width, this.canvas.height);
    c.drawImage(this.still, 0, 0);
    c.setTransform(scale, 0, 0, scale, 0, 0);
    const chosen = this.band ? this.within(...this.band) : look.selected;
    for (const head of chosen) this.frame(c, head, style.color, ink("--iw-ground"), [3, 2]);
    if (isHead(look.opened)) this.frame(c, look.opened, ink("--iw-accent"), ink("--iw-ground"), []);
    if (this.cursor) this.frame(c, this.cursor, style.color, ink("--iw-ground"), []);
    if (look.path) this.arrow(c, look.path, style.color, ink("--iw-ground"));
    this.element.dataset["drawn"] = look.all.title;
  }

  private cell(c: CanvasRenderingContext2D, head: Head, family: string, line: string): void {
    const { all, ramp, roles } = this.look!;
    const [x, y] = this.corner(head);
    const [w, high] = [this.wide - GAP, this.tall - GAP];
    const value = valueOf(all, head);
    if (Number.isNaN(value)) {
      c.strokeStyle = line;
      c.lineWidth = 1;
      c.strokeRect(x + 0.5, y + 0.5, w - 1, high - 1);
      return;
    }
    const share = all.signed ? (clamp(value / all.most, -1, 1) + 1) / 2 : clamp(value / all.most, 0, 1);
    const level = Math.round(share * 255);
    c.fillStyle = `rgb(${ramp.rgb.subarray(level * 3, level * 3 + 3).join()})`;
    c.fillRect(x, y, w, high);
    c.fillStyle = c.strokeStyle = ramp.ink[level]!;
    if (isEstimate(all, head)) {
      // Not measured yet: a dashed edge.
      c.lineWidth = 1;
      c.setLineDash([2, 2]);
      c.strokeRect(x + 1.5, y + 1.5, w - 3, high - 3);
      c.setLineDash([]);
    }
    const role = roles[nameOf(head)];
    const fits = w >= 30 && high >= 12;
    const two = role !== undefined && high >= 25;
    c.textAlign = "center";
    if (fits && (role === undefined || two)) {
      c.font = `10.5px ${family}`;
      c.fillText(number(value).replace(/^(−?)0\./, "$1."), x + w / 2, y + high / 2 + 0.5 - (two ? 6 : 0));
    }
    if (role === undefined) return;
    if (fits) {
      c.font = `600 9.5px ${family}`;
      c.fillText(cut(c, role, w - 3), x + w / 2, y + high / 2 + (two ? 6.5 : 0.5));
    } else c.fillRect(x + w - 4, y + 1, 3, 3);
  }

  /** Layers at the left, heads under the grid; every so many where there is no room for all. */
  private names(c: CanvasRenderingContext2D, faint: string, family: string): void {
    const [layers, heads] = this.size;
    c.fillStyle = faint;
    c.font = `10.5px ${family}`;
    const each = (room: number, need: number): number => [1, 2, 4, 5, 8, 10, 16, 20].find((step) => step * room >= need) ?? 32;
    c.textAlign = "right";
    for (let layer = 0; layer < layers; layer += each(this.tall, 12)) c.fillText(`L${layer}`, GUTTER - 5, this.corner([layer, 0])[1] + this.tall / 2);
    c.textAlign = "center";
    for (let head = 0; head < heads; head += each(this.wide, 16)) c.fillText(String(head), this.corner([0, head])[0] + this.wide / 2 - 1, layers * this.tall + FOOT / 2 + 2);
  }

  private frame(c: CanvasRenderingContext2D, head: Head, color: string, ground: string, dash: number[]): void {
    const [x, y] = this.corner(head);
    for (const [ink, wide, pattern] of [[ground, 4, []], [color, 2, dash]] as const) {
      c.strokeStyle = ink;
      c.lineWidth = wide;
      c.setLineDash(pattern as number[]);
      c.strokeRect(x, y, this.wide - GAP, this.tall - GAP);
    }
    c.setLineDash([]);
  }

  /** From the sender to the head that reads it, or up to the logits. */
  private arrow(c: CanvasRenderingContext2D, [sender, receiver]: readonly [string, string], text: string, ground: string): void {
    const middle = (head: Head): [number, number] => {
      const [x, y] = this.corner(head);
      return [x + this.wide * 0.87 - 1, y + this.tall / 2 - 1]; // beside the number
    };
    const [x, y] = middle(headOf(sender));
    const [, kind, index] = receiver.split(".");
    const { heads, kvHeads } = this.look!.all;
    const shared = kind === "q" ? 1 : heads / kvHeads;
    const to: [number, number] = receiver === "logits" ? [x, 0] : index === undefined ? [GUTTER - 3, middle([headOf(receiver)[0], 0])[1]] : middle([headOf(receiver)[0], Number(index) * shared]);
    const angle = Math.atan2(to[1] - y, to[0] - x);
    const tip: [number, number] = [to[0] - 5 * Math.cos(angle), to[1] - 5 * Math.sin(angle)];
    for (const [ink, wide] of [[ground, 5], [text, 2]] as const) {
      c.strokeStyle = c.fillStyle = ink;
      c.lineWidth = wide;
      c.beginPath();
      c.moveTo(x, y);
      c.lineTo(...tip);
      for (const turn of [2.6, -2.6]) {
        c.moveTo(...tip);
        c.lineTo(tip[0] + 8 * Math.cos(angle + turn), tip[1] + 8 * Math.sin(angle + turn));
      }
      c.stroke();
    }
  }

  // -- hands -------------------------------------------------------------------------------------

  private hit(event: MouseEvent): Head | null {
    const box = this.canvas.getBoundingClientRect();
    const [layers, heads] = this.size;
    const head = Math.floor((event.clientX - box.left - GUTTER) / this.wide);
    const layer = layers - 1 - Math.floor((event.clientY - box.top - 1) / this.tall);
    return head >= 0 && head < heads && layer >= 0 && layer < layers ? [layer, head] : null;
  }

  private down(event: PointerEvent): void {
    const head = event.button === 0 ? this.hit(event) : null;
    if (!head) return;
    this.anchor = head;
    this.keyed = event.shiftKey || event.ctrlKey || event.metaKey;
    this.element.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    const head = this.hit(event);
    if (this.anchor && head && event.buttons & 1 && (this.band || !sameHead(head, this.anchor))) {
      this.band = [this.anchor, head];
      this.cursor = head;
      this.draw();
      this.events.point(`${this.within(...this.band).length} heads`);
    } else if (!this.band) this.to(head);
  }

  private up(event: PointerEvent): void {
    const { anchor, band } = this;
    this.drop();
    if (band) this.events.select(this.keyed ? union(this.look!.selected, this.within(...band)) : this.within(...band));
    else if (anchor && sameHead(this.hit(event) ?? [], anchor)) {
      if (this.keyed) this.toggle(anchor);
      else this.events.open(anchor);
    }
  }

  private drop(): void {
    this.anchor = this.band = null;
    this.draw();
  }

  private within([a, b]: Head, [c, d]: Head): Head[] {
    const found: Head[] = [];
    for (let layer = Math.min(a, c); layer <= Math.max(a, c); layer++) for (let head = Math.min(b, d); head <= Math.max(b, d); head++) found.push([layer, head]);
    return found;
  }

  private toggle(head: Head): void {
    const { selected } = this.look!;
    const there = selected.some((one) => sameHead(one, head));
    this.events.select(there ? selected.filter((one) => !sameHead(one, head)) : union(selected, [head]));
  }

  private to(head: Head | null): void {
    if (head === this.cursor || (head && this.cursor && sameHead(head, this.cursor))) return;
    this.cursor = head;
    this.read();
    this.draw();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.cursor ?? this.home();
    const [layers, heads] = this.size;
    const moves: Record<string, Head> = {
      ArrowUp: [at[0] + 1, at[1]],
      ArrowDown: [at[0] - 1, at[1]],
      ArrowLeft: [at[0], at[1] - 1],
      ArrowRight: [at[0], at[1] + 1],
      Home: [at[0], 0],
      End: [at[0], heads - 1],
      PageUp: [layers - 1, at[1]],
      PageDown: [0, at[1]],
    };
    const to = moves[event.key];
    if (to) {
      const next: Head = [clamp(to[0], 0, layers - 1), clamp(to[1], 0, heads - 1)];
      if (event.shiftKey) this.events.select(union(this.look!.selected, [at, next]));
      this.to(next);
      this.reveal();
    } else if (event.key === "Enter") this.events.open(at);
    else if (event.key === " ") this.toggle(at);
    else if (event.key === "Escape") this.events.select([]);
    else return;
    event.preventDefault();
  }

  private reveal(): void {
    const [x, y] = this.corner(this.cursor!);
    const box = this.element;
    if (x - GUTTER < box.scrollLeft) box.scrollLeft = x - GUTTER;
    else if (x + this.wide > box.scrollLeft + box.clientWidth) box.scrollLeft = x + this.wide - box.clientWidth;
    if (y < box.scrollTop) box.scrollTop = y;
    else if (y + this.tall > box.scrollTop + box.clientHeight) box.scrollTop = y + this.tall - box.clientHeight;
  }

  private read(): void {
    const { look, cursor } = this;
    if (!look) return;
    if (!cursor) {
      this.element.removeAttribute("aria-activedescendant");
      this.events.point("");
      return;
    }
    const chosen = look.selected.some((one) => sameHead(one, cursor));
    const said = `${words(look.all, cursor, look.roles[nameOf(cursor)])}${chosen ? " (gathered)" : ""}`;
    this.events.point(said);
    const cell = this.cells[(this.turn = 1 - this.turn)]!;
    cell.textContent = said;
    cell.setAttribute("aria-colindex", String(cursor[1] + 1));
    cell.setAttribute("aria-selected", String(chosen));
    cell.parentElement!.setAttribute("aria-rowindex", String(this.size[0] - cursor[0]));
    this.element.setAttribute("aria-activedescendant", cell.id);
  }
}

function union(some: readonly Head[], more: readonly Head[]): Head[] {
  return [...some, ...more.filter((head) => !some.some((one) => sameHead(one, head)))];
}

function cut(c: CanvasRenderingContext2D, text: string, room: number): string {
  if (c.measureText(text).width <= room) return text;
  const chars = [...text];
  while (chars.length > 1 && c.measureText(`${chars.join("")}…`).width > room) chars.pop();
  return `${chars.join("")}…`;
}
