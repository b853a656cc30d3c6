// One tile a measure: its name, its value now, a small curve. A click draws it large.

import type { LineStyle } from "../shared/color.ts";
import { h, s } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import { outline } from "./chart.ts";
import { ABOUT, type Measure, MEASURES, type TrainerState, written } from "./state.ts";
import { ends, type Run } from "./store.ts";

const [WIDTH, HEIGHT, POINTS] = [96, 26, 64];

interface Tile {
  button: HTMLButtonElement;
  value: HTMLElement;
  svg: SVGSVGElement;
}

export class Tiles {
  readonly element = h("div", { class: "iw-train-tiles", role: "group", "aria-label": "Measure drawn large" });
  private readonly tiles: Record<string, Tile> = {};

  constructor(link: Link<TrainerState>, signal: AbortSignal) {
    for (const measure of MEASURES) {
      const value = h("b", {});
      const svg = s("svg", { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
      const button = h("button", { type: "button", "data-measure": measure, "data-key": `tile-${measure}`, title: ABOUT[measure].title }, h("span", {}, ABOUT[measure].name), value, svg);
      button.addEventListener("click", () => link.read("measure") !== measure && link.act({ do: "measure", by: measure }, { measure }), { signal });
      this.tiles[measure] = { button, value, svg };
      this.element.append(button);
    }
  }

  draw(runs: readonly Run[], styles: readonly LineStyle[], chosen: number, drawn: Measure, log: boolean): void {
    for (const [m, measure] of MEASURES.entries()) {
      const { button, value, svg } = this.tiles[measure]!;
      button.hidden = measure === "recovered" && runs.every((run) => run.about.truths === 0);
      button.setAttribute("aria-pressed", String(measure === drawn));
      const now = written(measure, runs[chosen]?.now.now[m] ?? null);
      if (value.textContent !== now) value.textContent = now;
      this.spark(svg, runs, styles, m, log && !ABOUT[measure].share);
    }
  }

  private spark(svg: SVGSVGElement, runs: readonly Run[], styles: readonly LineStyle[], m: number, log: boolean): void {
    const measure = MEASURES[m]!;
    const bend = (value: number): number => (log ? Math.log(Math.max(value, 1e-9)) : value);
    const lines = runs.map((run) => thinned(run, m));
    const last = Math.max(...runs.map(({ now }) => now.step), 1);
    const floor = ABOUT[measure].share ? 0 : Infinity;
    const low = Math.min(floor, ...lines.flatMap(({ low }) => low.filter((v) => !Number.isNaN(v)).map(bend)));
    const high = Math.max(ABOUT[measure].share ? 1 : -Infinity, ...lines.flatMap(({ high }) => high.filter((v) => !Number.isNaN(v)).map(bend)));
    const bottom = ABOUT[measure].share ? Math.max(low, 0) : low;
    const span = Math.max(high - bottom, 1e-9);
    while (svg.childNodes.length < runs.length) svg.append(s("path", { fill: "none", "stroke-width": 1.2 }));
    while (svg.childNodes.length > runs.length) svg.lastChild!.remove();
    lines.forEach((line, i) => {
      const path = svg.childNodes[i] as SVGPathElement;
      path.setAttribute("stroke", styles[i]!.color);
      path.setAttribute("d", outline({ ...line, start: 0 }, [0, last], (step) => (step / last) * WIDTH, (value) => HEIGHT - 2 - (Math.max(bend(value) - bottom, 0) / span) * (HEIGHT - 4)));
    });
  }
}

/** A curve for a small place. */
function thinned(run: Run, m: number): { size: number; low: number[]; high: number[] } {
  const every = Math.max(Math.ceil(run.length / POINTS), 1);
  const [low, high]: [number[], number[]] = [[], []];
  for (let from = 0; from < run.length; from += every) {
    let [least, most] = [NaN, NaN];
    for (let bucket = from; bucket < Math.min(from + every, run.length); bucket++) {
      const [a, b] = ends(run, m, bucket);
      if (!(a >= least)) least = Number.isNaN(a) ? least : a;
      if (!(b <= most)) most = Number.isNaN(b) ? most : b;
    }
    low.push(least);
    high.push(most);
  }
  return { size: run.size * every, low, high };
}
