// The view as files: a drawing of the whole grid (SVG, PNG), its numbers (CSV), its state and numbers (JSON).

import type { Ramp } from "../shared/color.ts";
import { clamp, h, s } from "../shared/dom.ts";
import { csvLine } from "../shared/keep.ts";
import { isSpecial, split } from "../shared/tokens.ts";
import type { Cells, Paint } from "./grid.ts";

const [CELL_W, CELL_H, GUTTER, HEAD, GAP] = [76, 22, 56, 26, 4];
/** Beyond this many cells the drawing shows colours without words. */
const MOST_WORDS = 6000;

export interface Look {
  grids: readonly Cells[];
  paint: Paint;
  ramp(grid: Cells): Ramp;
  ground: string;
  text: string;
}

export function drawing(look: Look, plots: readonly SVGSVGElement[]): SVGSVGElement {
  let top = 0;
  let width = 0;
  const parts: SVGElement[] = [];
  for (const grid of look.grids) {
    const part = gridDrawing(grid, look);
    part.setAttribute("transform", `translate(0 ${top})`);
    parts.push(part);
    const tall = grid.rows.length * grid.tokens.length <= MOST_WORDS ? CELL_H : 6;
    top += HEAD + grid.rows.length * tall + GAP + 40;
    width = Math.max(width, GUTTER + grid.tokens.length * (tall === CELL_H ? CELL_W : 6) + 12);
  }
  for (const plot of plots) {
    parts.push(s("text", { x: 4, y: top + 12, fill: look.text, "font-weight": 600 }, plot.dataset["title"] ?? ""));
    top += 20;
    const copy = dressed(plot);
    copy.setAttribute("y", String(top));
    parts.push(copy);
    top += Number(plot.getAttribute("height")) + 12;
    width = Math.max(width, Number(plot.getAttribute("width")));
  }
  const svg = s("svg", { width, height: top, viewBox: `0 0 ${width} ${top}`, "font-family": "system-ui, sans-serif", "font-size": 12 });
  svg.append(s("rect", { width: "100%", height: "100%", fill: look.ground }), ...parts);
  return svg;
}

function gridDrawing(grid: Cells, look: Look): SVGGElement {
  const ramp = look.ramp(grid);
  const words = grid.rows.length * grid.tokens.length <= MOST_WORDS;
  const [w, tall] = words ? [CELL_W, CELL_H] : [6, 6];
  const group = s("g", {}, s("text", { x: 4, y: 14, fill: look.text, "font-weight": 600 }, `${grid.raw.model} · ${grid.raw.lens} · ${grid.raw.prompt.slice(0, 120)}`));
  const last = grid.rows.length - 1;
  grid.rows.forEach((name, row) => {
    const y = HEAD + (last - row) * tall + (words && row < last ? GAP : 0);
    if (words || row === last || row % 10 === 0) group.append(s("text", { x: GUTTER - 6, y: y + tall / 2 + 4, "text-anchor": "end", fill: look.text, "font-size": 11 }, name));
    if (words) grid.tokens.forEach((_, col) => {
      const shade = grid.shade(row, col, look.paint);
      const level = Math.round(Math.min(Math.max(shade, 0), 1) * 255);
      const fill = Number.isNaN(shade) ? "none" : `rgb(${ramp.rgb.subarray(level * 3, level * 3 + 3).join(",")})`;
      const x = GUTTER + col * w;
      group.append(s("rect", { x, y, width: w - 1, height: tall - 1, fill }));
      const piece = grid.text(row, col);
      if (piece !== null) group.append(s("text", { x: x + 4, y: y + 15, fill: ramp.ink[level]! }, fitted(piece)));
    });
  });
  if (!words) group.append(...raster(grid, look, ramp, w, tall));
  else grid.tokens.forEach((token, col) => group.append(s("text", { x: GUTTER + col * w + 4, y: HEAD + (last + 1) * tall + GAP + 14, fill: look.text, "font-size": 11, opacity: isSpecial(token) ? 0.5 : 1 }, fitted(token))));
  return group;
}

/** Very many cells: one embedded picture, a pixel a cell, and the tokens' names small and upright under it. */
function raster(grid: Cells, look: Look, ramp: Ramp, w: number, tall: number): SVGElement[] {
  const [rows, cols] = [grid.rows.length, grid.tokens.length];
  const canvas = h("canvas", { width: cols, height: rows });
  const context = canvas.getContext("2d")!;
  const pixels = context.createImageData(cols, rows);
  for (let row = rows - 1, at = 0; row >= 0; row--) {
    for (let col = 0; col < cols; col++, at += 4) {
      const shade = grid.shade(row, col, look.paint);
      if (Number.isNaN(shade)) continue;
      const level = Math.round(clamp(shade, 0, 1) * 255);
      pixels.data.set([...ramp.rgb.subarray(level * 3, level * 3 + 3), 255], at);
    }
  }
  context.putImageData(pixels, 0, 0);
  const bottom = HEAD + rows * tall;
  const image = s("image", { x: GUTTER, y: HEAD, width: cols * w, height: rows * tall, preserveAspectRatio: "none", style: "image-rendering: pixelated", href: canvas.toDataURL() });
  const names = grid.tokens.map((token, col) => {
    const [x, y] = [GUTTER + (col + 0.5) * w + 1.5, bottom + 3];
    return s("text", { x, y, transform: `rotate(-90 ${x} ${y})`, "text-anchor": "end", fill: look.text, "font-size": 5 }, fitted(token));
  });
  return [image, ...names];
}

function fitted(piece: string): string {
  const { body } = split(piece);
  const chars = [...body];
  return chars.length > 9 ? `${chars.slice(0, 8).join("")}…` : body;
}

/** A copy of a plot with the style sheet's colours written into it. */
function dressed(plot: SVGSVGElement): SVGSVGElement {
  const copy = plot.cloneNode(true) as SVGSVGElement;
  const [from, to] = [plot.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of ["fill", "stroke", "stroke-width", "font-size", "font-weight", "opacity"]) {
      to[i]!.setAttribute(name, style.getPropertyValue(name));
    }
  });
  return copy;
}

export function table(grids: readonly Cells[]): Blob {
  const two = grids.some((grid) => grid.differs);
  const lines = [csvLine(["side", "row", "pos", "token", "k", "predicted", "probability", ...(two ? ["difference"] : [])])];
  grids.forEach((grid, side) =>
    grid.rows.forEach((row, r) =>
      grid.tokens.forEach((token, pos) =>
        grid.guesses(r, pos).forEach((guess, k) => lines.push(csvLine([side, row, pos, token, k, guess.piece, guess.p, ...(two ? [guess.diff ?? ""] : [])]))),
      ),
    ),
  );
  return new Blob([lines.join("\r\n"), "\r\n"], { type: "text/csv" });
}

export function document(grids: readonly Cells[], state: Record<string, unknown>): Blob {
  const sides = grids.map((grid) => ({
    model: grid.raw.model,
    lens: grid.raw.lens,
    kind: grid.raw.kind,
    ...(grid.differs ? { base: grid.raw.base } : {}),
    prompt: grid.raw.prompt,
    rows: grid.rows,
    tokens: grid.tokens,
    check: grid.raw.check,
    cells: grid.rows.map((_, row) => grid.tokens.map((_, col) => grid.guesses(row, col))),
  }));
  return new Blob([JSON.stringify({ state, sides }, null, 1)], { type: "application/json" });
}
