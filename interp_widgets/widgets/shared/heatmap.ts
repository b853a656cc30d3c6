// A heatmap of tokens on a canvas, with a grid for screen readers and keys behind it.
//
// Only the columns in sight are drawn. Colours come from a one-pixel-a-cell image that is made once per data and ramp and
// then stretched, so scrolling 80 rows × 1,024 columns costs one drawImage and the text that fits.

import type { Ramp } from "./color.ts";
import { clamp, h, uid } from "./dom.ts";
import { type Cell, Geometry, type Marks, PAD, type Pinned, sameCell } from "./geometry.ts";
import { Brush } from "./brush.ts";

export interface HeatmapData {
  label: string;
  rows: readonly string[];
  cols: readonly string[];
  /** Columns drawn faintly (BOS). */
  dim(col: number): boolean;
  /** Strength of a cell's colour, 0..1; NaN where not known. */
  shade(row: number, col: number): number;
  /** The token written in a cell, or null. */
  text(row: number, col: number): string | null;
  /** First row from which the cell's token no longer changes. */
  settled(col: number): number;
  /** A cell in words. */
  words(row: number, col: number): string;
}

export interface HeatmapEvents {
  hover(cell: Cell | null, byKey: boolean): void;
  pick(cell: Cell): void;
  scroll(left: number): void;
  zoom(factor: number): void;
}

export class Heatmap {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly spacer = h("div", { class: "iw-spacer", "aria-hidden": "true" }, this.canvas);
  private readonly cells = [h("div", { role: "gridcell", id: uid("cell") }), h("div", { role: "gridcell", id: uid("cell") })] as const;
  private readonly reading = h("div", { class: "iw-sr" });
  private readonly brush = new Brush(this.canvas);
  private data: HeatmapData | null = null;
  private colors: Ramp | null = null;
  private zoomed = 1;
  private geometry: Geometry | null = null;
  private cursor: Cell | null = null;
  private pins: readonly Pinned[] = [];
  private lit: number | null = null;
  private frame = 0;
  private turn = 0;

  constructor(
    private readonly events: HeatmapEvents,
    signal: AbortSignal,
  ) {
    this.element = h("div", { class: "iw-grid", role: "grid", tabindex: 0, "aria-readonly": "true", "data-home": true }, this.spacer, this.reading);
    for (const cell of this.cells) this.reading.append(h("div", { role: "row" }, cell));
    const on = <K extends keyof HTMLElementEventMap>(name: K, run: (event: HTMLElementEventMap[K]) => void, passive = true): void =>
      this.element.addEventListener(name, run, { signal, passive });
    on("pointermove", (e) => this.move(this.hit(e)));
    on("pointerleave", () => this.move(null));
    on("click", (e) => this.click(e));
    on("scroll", () => {
      this.draw();
      events.scroll(this.element.scrollLeft);
    });
    on("keydown", (e) => this.key(e), false);
    on("focus", () => this.element.matches(":focus-visible") && this.events.hover(this.cursor ?? this.home(), true));
    on("blur", () => this.events.hover(null, false));
    on("wheel", (e) => this.wheel(e), false);
    const resized = new ResizeObserver(() => this.layout());
    resized.observe(this.element);
    signal.addEventListener("abort", () => {
      resized.disconnect();
      cancelAnimationFrame(this.frame);
    });
  }

  show(data: HeatmapData, colors: Ramp): void {
    this.data = data;
    this.colors = colors;
    this.element.setAttribute("aria-label", data.label);
    this.element.setAttribute("aria-rowcount", String(data.rows.length));
    this.element.setAttribute("aria-colcount", String(data.cols.length));
    this.brush.paint(data, colors);
    this.layout();
  }

  set zoom(factor: number) {
    const middle = this.element.scrollLeft / Math.max(this.geometry?.width ?? 1, 1);
    this.zoomed = factor;
    this.layout();
    this.element.scrollLeft = middle * (this.geometry?.width ?? 0);
  }

  get scrolls(): boolean {
    return this.geometry?.scrolls ?? false;
  }

  /** Share of the columns in sight, as [from, to] in 0..1. */
  get window(): [number, number] {
    const g = this.geometry;
    if (!g) return [0, 1];
    const left = this.element.scrollLeft / g.width;
    return [left, Math.min(left + (g.view - g.gutter) / g.width, 1)];
  }

  /** Where the middle of a column lies among all columns, 0..1. */
  share(col: number): number {
    return (col + 0.5) / Math.max(this.data?.cols.length ?? 1, 1);
  }

  set scroll(left: number) {
    if (Math.abs(this.element.scrollLeft - left) > 1) this.element.scrollLeft = left;
  }

  /** Puts the picture of all cells, one pixel each, behind an element. */
  thumbnail(element: HTMLElement): void {
    if (element.firstChild !== this.brush.image) element.prepend(this.brush.image);
  }

  /** Scrolls so that a share (0..1) of the columns lies in the middle. */
  center(share: number): void {
    const g = this.geometry;
    if (g) this.element.scrollLeft = share * g.width - (g.view - g.gutter) / 2;
  }

  mark({ cursor, pins, lit }: Marks): void {
    this.lit = lit !== null && lit < (this.data?.cols.length ?? 0) ? lit : null;
    if (this.lit === null) delete this.element.dataset["lit"];
    else this.element.dataset["lit"] = String(this.lit);
    this.cursor = cursor && this.inside(cursor) ? cursor : null;
    this.pins = pins.filter((cell) => this.inside(cell));
    this.read();
    this.draw();
  }

  /** Where a cell is on the screen; null while it is out of sight. */
  box(cell: Cell): DOMRect | null {
    const g = this.geometry;
    if (!g || !this.inside(cell)) return null;
    const left = g.gutter + g.left(cell.col) - this.element.scrollLeft;
    if (left + g.colWidth < g.gutter || left > g.view) return null;
    const at = this.canvas.getBoundingClientRect();
    return new DOMRect(at.left + left, at.top + PAD + g.top(cell.row), g.colWidth, g.rowHeight);
  }

  get focused(): boolean {
    return document.activeElement === this.element || this.element.matches(":focus");
  }

  private inside({ row, col }: Cell): boolean {
    return this.data !== null && row < this.data.rows.length && col < this.data.cols.length && row >= 0 && col >= 0;
  }

  private home(): Cell | null {
    return this.data ? { row: this.data.rows.length - 1, col: this.data.cols.length - 1 } : null;
  }

  private layout(): void {
    const view = this.element.clientWidth;
    if (!this.data || view === 0) return;
    const { gutter, name } = this.brush.labels(this.data);
    this.geometry = new Geometry(this.data.rows.length, this.data.cols.length, gutter, view, name, this.zoomed);
    const g = this.geometry;
    this.spacer.style.width = `${Math.min(g.scrolls ? g.gutter + g.width : view, 4_000_000)}px`;
    this.spacer.style.height = `${g.height}px`;
    this.brush.size(view, g.height);
    this.draw();
    this.events.scroll(this.element.scrollLeft);
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.data || !this.geometry || !this.colors) return;
      this.brush.draw(this.data, this.colors, this.geometry, this.element.scrollLeft, { cursor: this.cursor, pins: this.pins, lit: this.lit });
      this.element.dataset["drawn"] = String(Number(this.element.dataset["drawn"] ?? 0) + 1);
    });
  }

  private hit(event: MouseEvent): Cell | null {
    const box = this.canvas.getBoundingClientRect();
    return this.geometry?.at(event.clientX - box.left, event.clientY - box.top, this.element.scrollLeft) ?? null;
  }

  private move(cell: Cell | null): void {
    if (sameCell(cell, this.cursor)) return;
    this.events.hover(cell, false);
  }

  private click(event: MouseEvent): void {
    const cell = this.hit(event);
    if (cell) this.events.pick(cell);
  }

  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.events.zoom(event.deltaY < 0 ? 1.25 : 0.8);
  }

  private key(event: KeyboardEvent): void {
    const at = this.cursor ?? this.home();
    if (!at || !this.data || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = { row: this.data.rows.length - 1, col: this.data.cols.length - 1 };
    const page = 10;
    const moves: Record<string, Cell> = {
      // Up is later: row 0 is at the bottom.
      ArrowUp: { row: at.row + 1, col: at.col },
      ArrowDown: { row: at.row - 1, col: at.col },
      ArrowLeft: { row: at.row, col: at.col - 1 },
      ArrowRight: { row: at.row, col: at.col + 1 },
      Home: { row: at.row, col: 0 },
      End: { row: at.row, col: last.col },
      PageUp: { row: at.row + page, col: at.col },
      PageDown: { row: at.row - page, col: at.col },
    };
    const to = moves[event.key];
    if (to) this.step({ row: clamp(to.row, 0, last.row), col: clamp(to.col, 0, last.col) });
    else if (event.key === "Enter" || event.key === " ") this.events.pick(at);
    else if (event.key === "Escape") this.events.hover(null, true);
    else if (event.key === "+" || event.key === "=") this.events.zoom(1.25);
    else if (event.key === "-") this.events.zoom(0.8);
    else return;
    event.preventDefault();
  }

  /** Moves by key, keeping the cell in sight. */
  private step(cell: Cell): void {
    const g = this.geometry!;
    const left = g.left(cell.col);
    const room = g.view - g.gutter;
    const scroll = this.element.scrollLeft;
    if (left < scroll) this.element.scrollLeft = left;
    else if (left + g.colWidth > scroll + room) this.element.scrollLeft = left + g.colWidth - room;
    this.events.hover(cell, true);
  }

  /** Tells assistive technology which cell is active. Two cells take turns, so that each move is a new one. */
  private read(): void {
    if (!this.cursor || !this.data) {
      this.element.removeAttribute("aria-activedescendant");
      return;
    }
    const { row, col } = this.cursor;
    const cell = this.cells[(this.turn = 1 - this.turn)]!;
    cell.textContent = this.data.words(row, col);
    cell.setAttribute("aria-colindex", String(col + 1));
    cell.setAttribute("aria-selected", String(this.pins.some((pin) => sameCell(pin, this.cursor))));
    cell.parentElement!.setAttribute("aria-rowindex", String(this.data.rows.length - row));
    this.element.setAttribute("aria-activedescendant", cell.id);
  }
}
