// Where the cells of a heatmap lie. All rows are always in sight, whatever their number: rows shrink, columns scroll.

import { clamp } from "./dom.ts";

export interface Cell {
  row: number;
  col: number;
}

/** A pinned cell and the number it carries. */
export interface Pinned extends Cell {
  name: string;
}

export const sameCell = (a: Cell | null, b: Cell | null): boolean =>
  a === b || (a !== null && b !== null && a.row === b.row && a.col === b.col);

const TALLEST = 27;
const MOST_HEIGHT = 430;
const READABLE = 50;
const WIDEST = 112;
/** The last row stands apart: it is the model itself. */
const GAP = 4;

export class Geometry {
  readonly rowHeight: number;
  readonly header: number;
  readonly height: number;
  /** Width of a column; below 1 when very many columns share the view. */
  readonly colWidth: number;
  readonly scrolls: boolean;

  constructor(
    readonly rows: number,
    readonly cols: number,
    readonly gutter: number,
    readonly view: number,
    longestHeader: number,
    zoom: number,
  ) {
    const fits = Math.floor(MOST_HEIGHT / Math.max(rows, 1));
    this.rowHeight = clamp(fits, 2, TALLEST);
    const room = Math.max(view - gutter - 1, 40);
    const shared = room / Math.max(cols, 1);
    const least = this.showsText ? READABLE : 0;
    const base = clamp(shared, least, WIDEST);
    this.colWidth = clamp(base * zoom, Math.min(shared, base), 4 * WIDEST);
    if (this.colWidth > 6) this.colWidth = Math.floor(this.colWidth);
    this.scrolls = this.colWidth * cols > room + 1;
    this.header = this.colWidth >= 26 ? 22 : this.colWidth >= 11 ? clamp(longestHeader + 8, 22, 84) : 6;
    this.height = this.header + this.top(rows - 1) + this.rowHeight + 1;
  }

  get showsText(): boolean {
    return this.rowHeight >= 14;
  }

  get headersTurned(): boolean {
    return this.colWidth < 26 && this.colWidth >= 11;
  }

  get width(): number {
    return this.colWidth * this.cols;
  }

  /** Top of a row, below the header. */
  top(row: number): number {
    return row * this.rowHeight + (row === this.rows - 1 && this.rows > 1 ? GAP : 0);
  }

  /** Left of a column, right of the gutter, before scrolling. */
  left(col: number): number {
    return col * this.colWidth;
  }

  /** The cell at a point of the canvas, or null. */
  at(x: number, y: number, scroll: number): Cell | null {
    const col = Math.floor((x - this.gutter + scroll) / this.colWidth);
    const below = y - this.header;
    if (x < this.gutter || col < 0 || col >= this.cols || below < 0) return null;
    const lastTop = this.top(this.rows - 1);
    const row = below >= lastTop ? this.rows - 1 : Math.min(Math.floor(below / this.rowHeight), this.rows - 2);
    return below > lastTop + this.rowHeight || row < 0 ? null : { row, col };
  }

  /** Columns in sight: first, and one past the last. */
  visible(scroll: number): [number, number] {
    const first = Math.floor(scroll / this.colWidth);
    const last = Math.ceil((scroll + this.view - this.gutter) / this.colWidth);
    return [clamp(first, 0, this.cols), clamp(last, 0, this.cols)];
  }
}
