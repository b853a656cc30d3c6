// Where the cells of a heatmap lie. Row 0 is at the bottom, as the ground floor of a house; the columns' names stand under
// it. All rows are always in sight, whatever their number: rows shrink, columns scroll.

import { clamp } from "./dom.ts";

export interface Cell {
  row: number;
  col: number;
}

/** A pinned cell and the number it carries. */
export interface Pinned extends Cell {
  name: string;
}

/** What is marked in a heatmap: its own cursor, pinned cells, and the column that another view points at. */
export interface Marks {
  cursor: Cell | null;
  pins: readonly Pinned[];
  lit: number | null;
}

export const sameCell = (a: Cell | null, b: Cell | null): boolean =>
  a === b || (a !== null && b !== null && a.row === b.row && a.col === b.col);

const TALLEST = 27;
const MOST_HEIGHT = 430;
const READABLE = 46;
const WIDEST = 112;
/** The last row, on top, stands apart: it is the model itself. */
const GAP = 4;
/** Room above the cells for the number of a pin. */
export const PAD = 9;

export class Geometry {
  readonly rowHeight: number;
  /** Room under the cells for the names of columns. */
  readonly foot: number;
  readonly height: number;
  /** Width of a column; below 1 when very many columns share the view. */
  readonly colWidth: number;
  readonly scrolls: boolean;

  constructor(
    readonly rows: number,
    readonly cols: number,
    readonly gutter: number,
    readonly view: number,
    longestName: number,
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
    this.foot = this.colWidth >= 26 ? 22 : this.colWidth >= 11 ? clamp(longestName + 10, 22, 84) : 4;
    this.height = PAD + this.top(0) + this.rowHeight + this.foot;
  }

  get showsText(): boolean {
    return this.rowHeight >= 14;
  }

  get namesTurned(): boolean {
    return this.colWidth < 26 && this.colWidth >= 11;
  }

  get width(): number {
    return this.colWidth * this.cols;
  }

  /** Top of a row, from the top of the cells. */
  top(row: number): number {
    const above = this.rows - 1 - row;
    return above * this.rowHeight + (above > 0 ? GAP : 0);
  }

  /** Left of a column, right of the gutter, before scrolling. */
  left(col: number): number {
    return col * this.colWidth;
  }

  /** The cell at a point of the canvas, or null. */
  at(x: number, y: number, scroll: number): Cell | null {
    const col = Math.floor((x - this.gutter + scroll) / this.colWidth);
    const down = y - PAD;
    if (x < this.gutter || col < 0 || col >= this.cols || down < 0) return null;
    if (down < this.rowHeight + GAP) return { row: this.rows - 1, col };
    const row = this.rows - 1 - Math.floor((down - GAP) / this.rowHeight);
    return row < 0 ? null : { row, col };
  }

  /** Columns in sight: first, and one past the last. */
  visible(scroll: number): [number, number] {
    const first = Math.floor(scroll / this.colWidth);
    const last = Math.ceil((scroll + this.view - this.gutter) / this.colWidth);
    return [clamp(first, 0, this.cols), clamp(last, 0, this.cols)];
  }
}
