// The plots under the heatmap: one for each pinned column.

import { lineStyle } from "../shared/color.ts";
import { fill, h } from "../shared/dom.ts";
import type { Cell } from "../shared/geometry.ts";
import { type Drawn, type Line, drawLines } from "../shared/lines.ts";
import { numbers } from "../shared/planes.ts";
import type { Theme } from "../shared/theme.ts";
import { percent, short, tokenElement, visible } from "../shared/tokens.ts";
import type { Cells } from "./grid.ts";
import { lensName } from "./lens.ts";
import { type Measure, type Pin, type RawTrail, sideNames } from "./state.ts";

const UNITS: Record<Measure, string> = { probability: "probability", rank: "rank (1 = top)", logit: "logit" };
const PLANES: Record<Measure, string> = { probability: "p", rank: "rank", logit: "logit" };
const SCALES = { probability: "share", rank: "rank", logit: "linear" } as const;

export interface TrailsInput {
  pins: readonly Pin[];
  trails: Record<string, RawTrail>;
  grids: readonly Cells[];
  measure: Measure;
  cursor: Cell | null;
  theme: Theme;
}

export interface TrailsEvents {
  /** A person points at a row of a plot. */
  point(cell: Cell | null, side: number): void;
  track(token: string, tracked: boolean): void;
  unpin(pins: readonly Pin[]): void;
}

export class Trails {
  readonly element = h("div", { class: "iw-plots" });
  readonly drawings: SVGSVGElement[] = [];

  constructor(private readonly events: TrailsEvents) {}

  show(input: TrailsInput): void {
    const columns = new Map<string, number[]>();
    input.pins.forEach(([side, , pos], i) => {
      const key = `${side}:${pos}`;
      if (input.trails[key] && input.grids[side]) columns.set(key, [...(columns.get(key) ?? []), i]);
    });
    const room = this.element.clientWidth || 720;
    const across = Math.max(Math.min(Math.floor((room + 18) / 378), columns.size), 1);
    const width = Math.min((room - 18 * (across - 1)) / across, 760);
    this.drawings.length = 0;
    fill(this.element, ...[...columns].map(([key, pins]) => this.plot(key, pins, Math.floor(width), input)));
  }

  private plot(key: string, pins: readonly number[], width: number, input: TrailsInput): HTMLElement {
    const [side, pos] = key.split(":").map(Number) as [number, number];
    const grid = input.grids[side]!;
    const trail = input.trails[key]!;
    const numbered = pins.map((i) => `${i + 1}`).join(", ");
    const which = input.grids.length > 1 ? sideNames(input.grids.map((g) => g.raw))[side]! : "";
    const shown = grid.differs ? { unit: `probability, ${grid.raw.names.map(lensName).join(" less ")}`, scale: "linear" as const, plane: "diff" } : { unit: UNITS[input.measure], scale: SCALES[input.measure], plane: PLANES[input.measure] };
    const drawn: Drawn = drawLines(
      {
        title: `After ${visible(grid.tokens[pos] ?? "")}`,
        rows: grid.rows,
        lines: lines(trail, shown.plane, grid.rows.length, input.theme),
        scale: shown.scale,
        unit: shown.unit,
        marks: pins.map((i) => ({ row: input.pins[i]![1], name: String(i + 1) })),
        cursor: input.cursor?.col === pos ? input.cursor.row : null,
        width,
      },
      (line) => this.events.track(line.piece, line.tracked),
    );
    drawn.element.addEventListener("pointermove", (e) => this.events.point({ row: drawn.rowAt(e.clientX), col: pos }, side));
    drawn.element.addEventListener("pointerleave", () => this.events.point(null, side));
    this.drawings.push(drawn.element);
    drawn.element.dataset["title"] = [numbered, which, `after ${visible(grid.tokens[pos] ?? "")} (token ${pos})`, shown.unit].filter(Boolean).join(" · ");
    const close = h("button", { type: "button", "aria-label": `Unpin token ${pos}`, title: "Unpin", "data-key": `unpin/${key}` }, "✕");
    close.addEventListener("click", () => this.events.unpin(pins.map((i) => input.pins[i]!)));
    return h(
      "figure",
      {},
      h("figcaption", {}, h("b", {}, numbered), which ? h("span", { class: "iw-which" }, which) : null, h("span", {}, "after "), tokenElement(grid.tokens[pos] ?? ""), h("span", {}, `(token ${pos}) · ${shown.unit}`), close),
      drawn.element,
    );
  }
}

function lines(trail: RawTrail, plane: string, rows: number, theme: Theme): Line[] {
  const all = numbers(trail.planes.find((p) => p.name === plane)!);
  const count = trail.tokens.length;
  const said: Record<string, (value: number) => string> = { p: percent, diff: signed, rank: (value) => value.toLocaleString("en") };
  return trail.tokens.map((piece, i) => {
    // Ranks are drawn from 1, as people count them; the record counts from 0.
    const values = Float32Array.from({ length: rows }, (_, row) => all[row * count + i]! + (plane === "rank" ? 1 : 0));
    return { piece, values, tracked: trail.tracked[i]!, style: lineStyle(i, theme), words: (row) => (said[plane] ?? short)(values[row]!) };
  });
}

const signed = (value: number): string => (Math.abs(value) < 0.0005 ? "0%" : value < 0 ? `−${percent(-value)}` : `+${percent(value)}`);
