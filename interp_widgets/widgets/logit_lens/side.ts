// One side: its heading with the check, the heatmap, its tooltip and the overview strip.

import type { Ramp } from "../shared/color.ts";
import { fill, h } from "../shared/dom.ts";
import type { Cell, Marks } from "../shared/geometry.ts";
import { Heatmap, type HeatmapEvents } from "../shared/heatmap.ts";
import { Overview } from "../shared/overview.ts";
import { percent, tokenElement } from "../shared/tokens.ts";
import { Tooltip } from "../shared/tooltip.ts";
import { Difference, fromTo } from "./difference.ts";
import type { Cells, Guess, Paint } from "./grid.ts";

/** Largest difference between the last row and the model's logits that counts as equal. */
const TOLERANCE = 1e-3;

/** How many tokens the tooltip of the other side lists. */
const ASIDE = 3;

export class Side {
  readonly element = h("div", { class: "iw-side" });
  readonly heatmap: Heatmap;
  private readonly head = h("div", { class: "iw-head" });
  private readonly tooltip = new Tooltip();
  private readonly overview: Overview;
  private grid: Cells | null = null;

  constructor(events: HeatmapEvents, signal: AbortSignal) {
    this.heatmap = new Heatmap(
      {
        ...events,
        scroll: (left) => {
          events.scroll(left);
          this.overview.update(this.heatmap);
        },
      },
      signal,
    );
    this.overview = new Overview(this.heatmap, signal);
    this.element.append(this.head, this.heatmap.element, this.overview.element, this.tooltip.element);
  }

  /** `name` tells this side from the other; empty when there is none. */
  show(grid: Cells, name: string, paint: Paint, ramp: Ramp): void {
    this.grid = grid;
    const { raw } = grid;
    fill(
      this.head,
      h("b", {}, name || raw.model),
      name && name !== raw.model ? h("span", {}, raw.model) : null,
      h("span", {}, `${raw.lens} · ${raw.rows.length} rows × ${raw.tokens.length} tokens`),
      light(raw.check),
    );
    this.heatmap.show(
      {
        label: `${raw.lens} of ${raw.model} on “${raw.prompt.slice(0, 200)}”: rows are the embedding (at the bottom) and each layer, columns are tokens`,
        rows: grid.rows,
        cols: grid.tokens,
        dim: (col) => grid.dim(col),
        shade: (row, col) => grid.shade(row, col, paint),
        text: (row, col) => grid.text(row, col),
        settled: (col) => grid.settled(col),
        words: (row, col) => grid.words(row, col),
      },
      ramp,
    );
  }

  /** Lights the cell under the common cursor; the side that is not pointed at says less. */
  point(marks: Marks, pointedAt: boolean): void {
    this.heatmap.mark(marks);
    this.overview.tick(this.heatmap, marks.lit);
    const cell = marks.cursor;
    const box = cell && this.heatmap.box(cell);
    if (!cell || !box || !this.grid) this.tooltip.hide();
    else this.tooltip.show(box, this.element.getBoundingClientRect(), ...this.tip(this.grid, cell, pointedAt ? Infinity : ASIDE));
  }

  private tip(grid: Cells, { row, col }: Cell, most: number): Node[] {
    const list = grid.guesses(row, col).slice(0, most).map(bar);
    const says = grid instanceof Difference ? grid.says(row, col).map((one) => h("div", { class: "iw-says" }, h("small", {}, `${one.lens} `), tokenElement(one.piece), ` ${percent(one.p)}`)) : [];
    return [
      h("h4", {}, `${grid.rows[row]} `, h("small", {}, "after "), tokenElement(grid.tokens[col]!), h("small", {}, ` (token ${col})`)),
      ...says,
      list.length ? h("ol", {}, ...list) : h("div", {}, "not known here"),
      h("p", {}, grid.facts(row, col)),
    ];
  }
}

/** One token of the tooltip: how likely, or from where to where. */
function bar(guess: Guess): HTMLElement {
  const filled = h("span", { "data-less": guess.diff !== undefined && guess.diff < 0 });
  filled.style.width = `${Math.max(Math.abs(guess.diff ?? guess.p) * 100, 0.5)}%`;
  return h("li", {}, tokenElement(guess.piece), h("span", { class: "iw-bar-track" }, filled), h("span", { class: "iw-num" }, guess.diff === undefined ? percent(guess.p) : fromTo(guess)));
}

/** The lens's own check: its last row has to be the model's output. */
function light(check: number | null): HTMLElement {
  if (check === null) return h("span", { class: "iw-light", "data-state": "open" }, "… last row not checked yet");
  const good = check <= TOLERANCE;
  const value = check === 0 ? "0" : check.toExponential(0);
  return h(
    "span",
    { class: "iw-light", "data-state": good ? "good" : "bad", title: `largest difference between the last row and the model’s own logits: ${check}` },
    good ? `✓ last row = model output (±${value})` : `▲ last row differs from the model by ${value} logits`,
  );
}
