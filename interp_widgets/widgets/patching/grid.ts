// A small grid of layers × places on a canvas: layer 0 at the bottom, each cell coloured and, where there is room, with
// its number. Keys move a cursor through it, and a cell is one click, or one press and release, away.

import type { Ramp } from "../shared/color.ts";
import { clamp, h, uid } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { visible } from "../shared/tokens.ts";

export interface Cell {
  layer: number;
  col: number;
}

export interface GridData {
  label: string;
  layers: number;
  cols: readonly string[];
  /** Columns whose name is underlined: the prompts differ there. */
  differs(col: number): boolean;
  /** What a cell is coloured by, −1..1; NaN where nothing is known. */
  value(layer: number, col: number): number;
  /** A cell in words. */
  words(cell: Cell): string;
}

export interface Marks {
  /** Framed twice: picked up, or where the open card is. */
  framed: readonly Cell[];
  /** A column that another view points at. */
  lit: number | null;
}

export interface GridEvents {
  hover(cell: Cell | null): void;
  /** A cell is pressed, or Enter is; `drags` if a pointer may now be dragged elsewhere. */
  press(cell: Cell, drags: PointerEvent | null): void;
  cancel(): void;
}

const GUTTER = 30;
const FOOT = 62;
const LETTERS = 9; // of a column's name
const [NARROW, WIDE] = [16, 46];
const MOST_WIDTH = 8000;

export const same = (a: Cell | null, b: Cell | null): boolean => a === b || (a !== null && b !== null && a.layer === b.layer && a.col === b.col);

export class Grid {
  readonly element: HTMLElement;
  private readonly canvas = h("canvas", { "aria-hidden": "true" });
  /** The cells alone, painted once for each answer: a mark that moves costs one copy of them. */
  private readonly still = h("canvas");
  /** Names of the layers, which stay when the cells scroll. */
  private readonly gutter = h("canvas", { class: "iw-patch-layers", "aria-hidden": "true" });
  private readonly cells = [h("div", { role: "gridcell", id: uid("cell") }), h("div", { role: "gridcell", id: uid("cell") })] as const;
  private data: GridData | null = null;
  private colors: Ramp | null = null;
  private marks: Marks = { framed: [], lit: null };
  private cursor: Cell | null = null;
  private size = { cell: WIDE, row: 18, foot: FOOT };
  private stale = true;
  private frame = 0;
  private turn = 0;
  /** Whether these columns were scrolled to where the prompts differ. */
  private found = true;

  constructor(private readonly events: GridEvents, signal: AbortSignal) {
    const reading = h("div", { class: "iw-sr" }, ...this.cells.map((cell) => h("div", { role: "row" }, cell)));
    this.element = h("div", { class: "iw-grid iw-patch-grid", role: "grid", tabindex: 0, "aria-readonly": "true" }, this.canvas, this.gutter, reading);
    const on = <K extends keyof HTMLElementEventMap>(name: K, run: (event: HTMLElementEventMap[K]) => void): void => this.element.addEventListener(name, run, { signal });
    on("pointermove", (event) => this.move(this.at(event.clientX, event.clientY)));
    on("pointerleave", () => this.move(null));
    let touched = false;
    on("pointerdown", (event) => {
      const cell = this.at(event.clientX, event.clientY);
      // A finger scrolls: it taps a cell instead of dragging it.
      touched = event.pointerType === "touch";
      if (cell && event.button === 0 && !touched) events.press(cell, event);
    });
    on("click", (event) => {
      const cell = this.at(event.clientX, event.clientY);
      if (cell && touched) events.press(cell, null);
    });
    on("keydown", (event) => this.key(event));
    on("focus", () => this.element.matches(":focus-visible") && this.go(this.cursor ?? { layer: 0, col: 0 }));
    on("blur", () => this.move(null));
    const resized = new ResizeObserver(() => this.layout());
    resized.observe(this.element);
    signal.addEventListener("abort", () => {
      resized.disconnect();
      cancelAnimationFrame(this.frame);
    });
  }

  show(data: GridData, colors: Ramp): void {
    if (data.cols.join() !== this.data?.cols.join()) this.found = false;
    this.data = data;
    this.colors = colors;
    this.element.setAttribute("aria-label", data.label);
    this.element.setAttribute("aria-rowcount", String(data.layers));
    this.element.setAttribute("aria-colcount", String(data.cols.length));
    if (this.cursor) this.cursor = { layer: Math.min(this.cursor.layer, data.layers - 1), col: Math.min(this.cursor.col, data.cols.length - 1) };
    this.layout();
  }

  mark(marks: Marks): void {
    this.marks = marks;
    if (marks.lit === null) delete this.element.dataset["lit"];
    else this.element.dataset["lit"] = String(marks.lit);
    this.draw();
  }

  /** The cell at a point of the screen. */
  at(x: number, y: number): Cell | null {
    if (!this.data || x < this.element.getBoundingClientRect().left + GUTTER) return null;
    const box = this.canvas.getBoundingClientRect();
    const col = Math.floor((x - box.left - GUTTER) / this.size.cell);
    const layer = this.data.layers - 1 - Math.floor((y - box.top) / this.size.row);
    return col >= 0 && col < this.data.cols.length && layer >= 0 && layer < this.data.layers ? { layer, col } : null;
  }

  /** Where the middle of a cell is on the screen. */
  middle({ layer, col }: Cell): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    const view = this.element.getBoundingClientRect();
    const x = box.left + GUTTER + (col + 0.5) * this.size.cell;
    return { x: clamp(x, view.left + GUTTER, view.right), y: box.top + ((this.data?.layers ?? 0) - layer - 0.5) * this.size.row };
  }

  /** Where a cell is on the screen. */
  box(cell: Cell): DOMRect {
    const { x, y } = this.middle(cell);
    return new DOMRect(x - this.size.cell / 2, y - this.size.row / 2, this.size.cell, this.size.row);
  }

  /** Takes the focus, with the cursor on a cell. */
  enter(cell: Cell): void {
    this.element.focus({ preventScroll: true });
    if (this.data) this.go({ layer: Math.min(cell.layer, this.data.layers - 1), col: Math.min(cell.col, this.data.cols.length - 1) });
  }

  private layout(): void {
    const view = this.element.clientWidth;
    if (!this.data || view === 0) return;
    const { cols, layers } = this.data;
    const least = Math.min(NARROW, MOST_WIDTH / cols.length);
    // Names of one or two letters stand upright.
    const foot = cols.every((name) => name.length < 3) ? 18 : FOOT;
    this.size = { cell: clamp((view - GUTTER) / cols.length, least, WIDE), row: clamp(Math.floor(300 / layers), 4, 20), foot };
    const [width, height] = [Math.ceil(GUTTER + cols.length * this.size.cell), layers * this.size.row + foot];
    const scale = Math.min(devicePixelRatio || 1, 16_000 / width);
    for (const [canvas, wide] of [[this.canvas, width], [this.still, width], [this.gutter, GUTTER]] as const) {
      Object.assign(canvas, { width: Math.round(wide * scale), height: Math.round(height * scale) });
      Object.assign(canvas.style, { width: `${wide}px`, height: `${height}px` });
      canvas.getContext("2d")!.setTransform(scale, 0, 0, scale, 0, 0);
    }
    if (!this.found) this.find(this.data, view);
    this.stale = true;
    this.draw();
  }

  /** Of long prompts, the first column that tells them apart is in sight. */
  private find({ cols, differs }: GridData, view: number): void {
    this.found = true;
    const first = cols.findIndex((_, col) => differs(col));
    const fits = GUTTER + (first + 2) * this.size.cell <= view;
    this.element.scrollLeft = fits ? 0 : (first - 3) * this.size.cell;
  }

  private draw(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (this.data && this.colors) this.compose(this.data, this.colors);
      this.element.dataset["drawn"] = String(Number(this.element.dataset["drawn"] ?? 0) + 1);
    });
  }

  private compose(data: GridData, colors: Ramp): void {
    const style = getComputedStyle(this.element);
    const [text, ground, soft] = [style.color, style.getPropertyValue("--iw-ground"), style.getPropertyValue("--iw-line")];
    if (this.stale) this.paint(data, colors, text, soft);
    this.stale = false;
    const pen = this.canvas.getContext("2d")!;
    const { cell, row } = this.size;
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.save();
    pen.resetTransform();
    pen.drawImage(this.still, 0, 0);
    pen.restore();
    for (const framed of this.marks.framed) this.rim(pen, framed, text, ground, 2.5);
    if (this.cursor) this.rim(pen, this.cursor, text, ground, 1.5);
    if (this.marks.lit !== null && this.marks.lit < data.cols.length) {
      pen.strokeStyle = text;
      pen.lineWidth = 1.5;
      pen.strokeRect(GUTTER + this.marks.lit * cell, 0.75, Math.max(cell - 1, 1), data.layers * row - 1.5);
    }
  }

  private paint(data: GridData, { rgb, ink }: Ramp, text: string, soft: string): void {
    const pen = this.still.getContext("2d")!;
    const { cell, row } = this.size;
    pen.clearRect(0, 0, this.still.width, this.still.height);
    this.gutter.getContext("2d")!.clearRect(0, 0, this.gutter.width, this.gutter.height);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = "10px system-ui, sans-serif";
    const [wide, high] = [Math.max(cell - 1, 1), Math.max(row - 1, 1)];
    for (let layer = 0; layer < data.layers; layer++) {
      const y = (data.layers - 1 - layer) * row;
      for (let col = 0; col < data.cols.length; col++) {
        const value = data.value(layer, col);
        const x = GUTTER + col * cell;
        if (Number.isNaN(value)) {
          pen.strokeStyle = soft;
          pen.lineWidth = 1;
          pen.strokeRect(x + 0.5, y + 0.5, Math.max(wide - 1, 1), Math.max(high - 1, 1));
          continue;
        }
        const code = Math.round((clamp(value, -1, 1) + 1) * 127.5);
        pen.fillStyle = `rgb(${rgb[code * 3]} ${rgb[code * 3 + 1]} ${rgb[code * 3 + 2]})`;
        pen.fillRect(x, y, wide, high);
        pen.fillStyle = ink[code]!;
        if (cell >= 30 && row >= 14) pen.fillText(number(value), x + wide / 2, y + high / 2 + 0.5);
        else if (value < -0.1 && cell >= 8 && row >= 5) pen.fillRect(x + wide / 2 - 2.5, y + high / 2 - 0.5, 5, 1); // a minus
      }
    }
    this.names(pen, data, text);
  }

  private names(pen: CanvasRenderingContext2D, data: GridData, text: string): void {
    const { cell, row, foot } = this.size;
    const side = this.gutter.getContext("2d")!;
    Object.assign(side, { fillStyle: text, textAlign: "right", textBaseline: "middle", font: pen.font });
    const every = Math.ceil(12 / row);
    for (let layer = 0; layer < data.layers; layer += every) side.fillText(`L${layer}`, GUTTER - 5, (data.layers - 0.5 - layer) * row);
    Object.assign(pen, { fillStyle: text, textAlign: "right" });
    const each = Math.ceil(11 / cell);
    data.cols.forEach((name, col) => {
      if (col % each !== 0) return;
      const shown = visible(name);
      pen.save();
      pen.translate(GUTTER + (col + 0.5) * cell, data.layers * row + (foot < FOOT ? 9 : 5));
      if (foot < FOOT) pen.textAlign = "center";
      else pen.rotate(-Math.PI / 2);
      pen.font = `${data.differs(col) ? "bold " : ""}11px system-ui, sans-serif`;
      const letters = [...shown];
      const cut = letters.length > LETTERS ? `${letters.slice(0, LETTERS - 1).join("")}…` : shown;
      pen.fillText(cut, 0, 0);
      if (data.differs(col)) pen.fillRect(-pen.measureText(cut).width, 7, pen.measureText(cut).width, 1.2);
      pen.restore();
    });
    pen.textAlign = "center";
  }

  private rim(pen: CanvasRenderingContext2D, { layer, col }: Cell, text: string, ground: string, width: number): void {
    const { cell, row } = this.size;
    const [x, y] = [GUTTER + col * cell, (this.data!.layers - 1 - layer) * row];
    // Outside the number, and visible on any colour: a line of the text's colour on a wider one of the ground's.
    for (const [color, thick] of [[ground, width + 2.5], [text, width]] as const) {
      pen.strokeStyle = color;
      pen.lineWidth = thick;
      pen.strokeRect(x + 0.5, y + 0.5, Math.max(cell - 2, 1), Math.max(row - 2, 1));
    }
  }

  private move(cell: Cell | null): void {
    if (same(cell, this.cursor)) return;
    this.cursor = cell;
    this.events.hover(cell);
    this.draw();
  }

  private key(event: KeyboardEvent): void {
    if (!this.data || event.ctrlKey || event.metaKey || event.altKey) return;
    const { layer, col } = this.cursor ?? { layer: 0, col: 0 };
    const [top, last] = [this.data.layers - 1, this.data.cols.length - 1];
    const moves: Record<string, Cell> = {
      ArrowUp: { layer: layer + 1, col },
      ArrowDown: { layer: layer - 1, col },
      ArrowLeft: { layer, col: col - 1 },
      ArrowRight: { layer, col: col + 1 },
      Home: { layer, col: 0 },
      End: { layer, col: last },
    };
    const to = moves[event.key];
    if (to) this.go({ layer: clamp(to.layer, 0, top), col: clamp(to.col, 0, last) });
    else if (event.key === "Enter" || event.key === " ") this.events.press({ layer, col }, null);
    else if (event.key === "Escape") this.events.cancel();
    else return;
    event.preventDefault();
  }

  /** Puts the cursor on a cell, in sight. Two read cells take turns, so that each move is news to a screen reader. */
  private go(cell: Cell): void {
    this.cursor = cell;
    const left = GUTTER + cell.col * this.size.cell;
    const { scrollLeft, clientWidth } = this.element;
    if (left - GUTTER < scrollLeft) this.element.scrollLeft = left - GUTTER;
    else if (left + this.size.cell > scrollLeft + clientWidth) this.element.scrollLeft = left + this.size.cell - clientWidth;
    const read = this.cells[(this.turn = 1 - this.turn)]!;
    read.textContent = this.data!.words(cell);
    read.setAttribute("aria-colindex", String(cell.col + 1));
    read.parentElement!.setAttribute("aria-rowindex", String(this.data!.layers - cell.layer));
    this.element.setAttribute("aria-activedescendant", read.id);
    this.events.hover(cell);
    this.draw();
  }
}
