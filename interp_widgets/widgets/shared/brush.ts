// What a heatmap's canvas shows: cells, the tokens in them, labels, the line where tokens settle, cursor and pins.

import type { Ramp } from "./color.ts";
import { type Cell, type Geometry, type Marks, PAD, type Pinned } from "./geometry.ts";
import type { HeatmapData } from "./heatmap.ts";
import { split, visible } from "./tokens.ts";

export const CELL_FONT = "12px";
const LABEL_FONT = "11px";

interface Inks {
  text: string;
  faint: string;
  ground: string;
  accent: string;
  family: string;
}

export class Brush {
  private readonly context: CanvasRenderingContext2D;
  /** All cells, one pixel each. */
  readonly image = document.createElement("canvas");
  private readonly cut = new Map<string, string>();
  private width = 0;
  private height = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext("2d")!;
  }

  /** Makes the one-pixel-a-cell image, the last row on top; unknown cells stay transparent. */
  paint(data: HeatmapData, colors: Ramp): void {
    const [rows, cols] = [data.rows.length, data.cols.length];
    this.image.width = Math.max(cols, 1);
    this.image.height = Math.max(rows, 1);
    const context = this.image.getContext("2d")!;
    const pixels = context.createImageData(this.image.width, this.image.height);
    for (let row = rows - 1, at = 0; row >= 0; row--) {
      for (let col = 0; col < cols; col++, at += 4) {
        const level = step(data.shade(row, col));
        if (level < 0) continue;
        pixels.data.set(colors.rgb.subarray(level * 3, level * 3 + 3), at);
        pixels.data[at + 3] = data.dim(col) ? 90 : 255;
      }
    }
    context.putImageData(pixels, 0, 0);
  }

  /** Room for row names (gutter) and the length of the longest column name. */
  labels(data: HeatmapData): { gutter: number; name: number } {
    this.context.font = `${LABEL_FONT} ${this.inks().family}`;
    const wide = (texts: readonly string[]): number => texts.reduce((w, t) => Math.max(w, this.context.measureText(t).width), 0);
    const sample = data.cols.length > 200 ? data.cols.slice(0, 200) : data.cols;
    return { gutter: Math.ceil(wide(data.rows)) + 12, name: Math.ceil(wide(sample.map(visible))) };
  }

  size(width: number, height: number): void {
    const scale = window.devicePixelRatio || 1;
    if (this.width === width && this.height === height && this.canvas.width === Math.round(width * scale)) return;
    [this.width, this.height] = [width, height];
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
  }

  draw(data: HeatmapData, colors: Ramp, g: Geometry, scroll: number, { cursor, pins, lit }: Marks): void {
    const scale = this.canvas.width / Math.max(this.width, 1);
    const c = this.context;
    const inks = this.inks();
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.clearRect(0, 0, this.width, this.height);
    c.save();
    c.beginPath();
    c.rect(g.gutter, 0, g.view - g.gutter, g.height);
    c.clip();
    c.translate(g.gutter - scroll, PAD);
    this.cells(data, g, scroll, inks);
    if (g.showsText) this.texts(data, colors, g, scroll, inks);
    this.settled(data, g, scroll, inks);
    this.heads(data, g, scroll, cursor?.col ?? lit, inks);
    if (lit !== null) this.column(lit, g, inks);
    pins.forEach((pin) => this.pin(pin, g, scroll, inks));
    if (cursor) this.outline(cursor, g, inks.text, inks.ground);
    c.restore();
    this.rowNames(data, g, cursor, pins, inks);
  }

  private inks(): Inks {
    const style = getComputedStyle(this.canvas);
    const named = (name: string): string => style.getPropertyValue(name).trim();
    return {
      text: style.color,
      faint: named("--iw-faint"),
      ground: named("--iw-ground"),
      accent: named("--iw-accent"),
      family: style.fontFamily,
    };
  }

  private cells(data: HeatmapData, g: Geometry, scroll: number, inks: Inks): void {
    const c = this.context;
    const [first, end] = g.visible(scroll);
    const last = data.rows.length - 1;
    c.imageSmoothingEnabled = g.colWidth < 1;
    const across = [g.left(first), g.left(end) - g.left(first)] as const;
    if (end <= first) return;
    c.drawImage(this.image, first, 0, end - first, 1, across[0], 0, across[1], g.rowHeight);
    if (last > 0) c.drawImage(this.image, first, 1, end - first, last, across[0], g.top(last - 1), across[1], last * g.rowHeight);
    if (g.colWidth < 8) return;
    // Hairlines of the ground between cells.
    c.fillStyle = inks.ground;
    for (let col = first; col <= end; col++) c.fillRect(g.left(col) - 1, 0, 1, g.top(0) + g.rowHeight);
    if (g.rowHeight >= 8) for (let row = 0; row < last; row++) c.fillRect(across[0], g.top(row) - 1, across[1], 1);
  }

  private texts(data: HeatmapData, colors: Ramp, g: Geometry, scroll: number, inks: Inks): void {
    const c = this.context;
    const room = g.colWidth - 9;
    if (room < 12) return;
    const [first, end] = g.visible(scroll);
    c.textBaseline = "middle";
    c.textAlign = "left";
    const last = data.rows.length - 1;
    for (let col = first; col < end; col++) {
      const dim = data.dim(col);
      for (let row = 0; row <= last; row++) {
        const piece = data.text(row, col);
        if (piece === null) continue;
        const level = step(data.shade(row, col));
        const color = dim ? inks.faint : level < 0 ? inks.text : colors.ink[level]!;
        c.font = `${row === last ? "600 " : ""}${CELL_FONT} ${inks.family}`;
        this.token(piece, g.left(col) + 4, g.top(row) + g.rowHeight / 2 + 0.5, room, color);
      }
    }
  }

  /** One token, its leading space as a faint dot, cut where it would leave its cell. */
  private token(piece: string, x: number, y: number, room: number, color: string): void {
    const c = this.context;
    const { lead, body } = split(piece);
    c.fillStyle = color;
    if (lead) {
      c.globalAlpha = 0.4;
      c.fillText("·", x, y);
      c.globalAlpha = 1;
    }
    const indent = lead ? 4 : 0;
    c.fillText(this.fitted(body, room - indent), x + indent, y);
  }

  private fitted(text: string, room: number): string {
    const key = `${room}|${this.context.font}|${text}`;
    const known = this.cut.get(key);
    if (known !== undefined) return known;
    let fitted = text;
    if (this.context.measureText(text).width > room) {
      const chars = [...text];
      while (chars.length > 1 && this.context.measureText(`${chars.join("")}…`).width > room) chars.pop();
      fitted = `${chars.join("")}…`;
    }
    if (this.cut.size > 5000) this.cut.clear();
    this.cut.set(key, fitted);
    return fitted;
  }

  /** A stair under the row from which each column's top token is the final one. */
  private settled(data: HeatmapData, g: Geometry, scroll: number, inks: Inks): void {
    const c = this.context;
    const [first, end] = g.visible(scroll);
    if (g.colWidth < 3) return;
    const wide = g.rowHeight >= 8 ? 2 : 1.25;
    c.beginPath();
    let open = false;
    for (let col = first; col < end; col++) {
      const row = data.settled(col);
      if (row < 0 || data.dim(col)) {
        open = false;
        continue;
      }
      const y = g.top(row) + g.rowHeight - 0.5;
      if (open) c.lineTo(g.left(col) - 0.5, y);
      else c.moveTo(g.left(col) - 0.5, y);
      c.lineTo(g.left(col + 1) - 0.5, y);
      open = true;
    }
    // A seam of the ground sets the line off from bright and dark cells alike.
    for (const [ink, width] of [[inks.ground, wide + 2.5], [inks.accent, wide]] as const) {
      c.strokeStyle = ink;
      c.lineWidth = width;
      c.stroke();
    }
  }

  private heads(data: HeatmapData, g: Geometry, scroll: number, named: number | null, inks: Inks): void {
    const c = this.context;
    if (g.colWidth < 11) return;
    const [first, end] = g.visible(scroll);
    const ground = g.top(0) + g.rowHeight;
    c.textBaseline = "middle";
    c.textAlign = "left";
    for (let col = first; col < end; col++) {
      const on = named === col;
      c.font = `${on ? "600 " : ""}${LABEL_FONT} ${inks.family}`;
      const color = on ? inks.text : inks.faint;
      if (!g.namesTurned) {
        this.token(data.cols[col]!, g.left(col) + 4, ground + 11, g.colWidth - 7, color);
        continue;
      }
      const room = g.foot - 8;
      c.save();
      c.translate(g.left(col) + g.colWidth / 2, ground + 4 + Math.min(c.measureText(visible(data.cols[col]!)).width, room));
      c.rotate(-Math.PI / 2);
      this.token(data.cols[col]!, 0, 0, room, color);
      c.restore();
    }
  }

  private rowNames(data: HeatmapData, g: Geometry, cursor: Cell | null, pins: readonly Cell[], inks: Inks): void {
    const c = this.context;
    c.textBaseline = "middle";
    c.textAlign = "right";
    let free = Infinity;
    const last = data.rows.length - 1;
    const named = (row: number): void => {
      const y = PAD + g.top(row) + g.rowHeight / 2;
      const marked = cursor?.row === row || pins.some((p) => p.row === row);
      c.font = `${cursor?.row === row ? "600 " : ""}${LABEL_FONT} ${inks.family}`;
      c.fillStyle = marked || row === last ? inks.text : inks.faint;
      c.fillText(data.rows[row]!, g.gutter - 7, y);
    };
    // Where rows are low, only every so many names fit; the cursor's and the last one always do.
    const kept = [last, ...(cursor ? [cursor.row] : [])];
    for (let row = 0; row <= last; row++) {
      const y = g.top(row);
      const must = kept.includes(row);
      const clear = kept.every((k) => k === row || Math.abs(g.top(k) - y) >= 12);
      if (!must && (!clear || free - y < 12)) continue;
      named(row);
      if (!must) free = y;
    }
  }

  /** A frame around a whole column and its name. */
  private column(col: number, g: Geometry, inks: Inks): void {
    this.frame(g.left(col) - 1, -1, Math.max(g.colWidth, 3) + 1, g.height - PAD, inks.text, inks.ground);
  }

  private outline({ row, col }: Cell, g: Geometry, color: string, halo: string): void {
    this.frame(g.left(col) - 1, g.top(row) - 1, Math.max(g.colWidth, 3) + 1, Math.max(g.rowHeight, 3) + 1, color, halo);
  }

  private frame(x: number, y: number, width: number, height: number, color: string, halo: string): void {
    const c = this.context;
    for (const [ink, line] of [[halo, 4], [color, 2]] as const) {
      c.strokeStyle = ink;
      c.lineWidth = line;
      c.strokeRect(x, y, width, height);
    }
  }

  private pin(cell: Pinned, g: Geometry, scroll: number, inks: Inks): void {
    const c = this.context;
    this.outline(cell, g, inks.accent, inks.ground);
    const edge = scroll + g.view - g.gutter - 8; // the number stays in the picture
    const x = Math.min(Math.max(g.left(cell.col + 1) - 1, 8), edge);
    const y = g.top(cell.row);
    c.fillStyle = inks.accent;
    c.beginPath();
    c.arc(x, y, 7, 0, 2 * Math.PI);
    c.fill();
    c.fillStyle = inks.ground;
    c.font = `700 10px ${inks.family}`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.fillText(cell.name, x, y + 0.5);
  }
}

const step = (shade: number): number => (Number.isNaN(shade) ? -1 : Math.round(Math.min(Math.max(shade, 0), 1) * 255));

