// The scatter under hands: pointer, keys, and what a screen reader hears of a point.

import { h, s, uid } from "../shared/dom.ts";
import { drawChart, type Ink, Places } from "./chart.ts";
import type { Points } from "./state.ts";

const WIDEST = 620;
const NEAR = 16;

export interface PlotEvents {
  hover(point: number, byKey: boolean): void;
  pin(point: number): void;
}

export class Plot {
  readonly element: HTMLElement;
  private readonly paper = h("div", {});
  private readonly options = [option(), option()] as const;
  private places: Places | null = null;
  private points: Points | null = null;
  private ink: Ink | null = null;
  private cursor = -1;
  private width = 0;
  private turn = 0;

  constructor(
    private readonly events: PlotEvents,
    signal: AbortSignal,
  ) {
    this.element = h("div", { class: "iw-pareto-plot", role: "listbox", tabindex: 0, "data-home": true, "data-key": "plot" }, this.paper, h("div", { class: "iw-sr" }, ...this.options));
    const on = <K extends keyof HTMLElementEventMap>(name: K, run: (event: HTMLElementEventMap[K]) => void): void => this.element.addEventListener(name, run, { signal });
    on("pointermove", (e) => this.to(this.hit(e), false));
    on("pointerleave", () => this.to(-1, false));
    on("click", (e) => {
      const point = this.hit(e);
      if (point < 0) return;
      this.events.pin(point);
      this.events.hover(-1, false); // its numbers stand in the table, which the tip would cover
    });
    on("keydown", (e) => this.key(e));
    on("focus", () => this.element.matches(":focus-visible") && this.to(this.home(), true));
    on("blur", () => this.to(-1, false));
    const resized = new ResizeObserver(() => this.element.clientWidth !== this.width && this.layout());
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  show(points: Points, ink: Ink): void {
    this.points = points;
    this.ink = ink;
    this.element.setAttribute("aria-label", `${points.across.length} dictionaries: ${points.x.label} across, ${points.y.label} up. Left and right arrows go across, up and down arrows by ${points.y.label}; Enter holds a point.`);
    if (!points.across.includes(this.cursor)) this.cursor = -1;
    this.layout();
    this.read();
  }

  /** Where a point is on the screen. */
  box(point: number): DOMRect {
    const at = this.paper.getBoundingClientRect();
    const [x, y] = this.places!.of(point);
    return new DOMRect(at.left + x - 6, at.top + y - 6, 12, 12);
  }

  /** A copy of what is drawn, for a file. */
  drawing(): SVGSVGElement {
    return drawChart(this.places!, this.ink!);
  }

  private home(): number {
    const { points } = this;
    return points?.across.find((i) => points.pinned.includes(i)) ?? points?.front.find((i) => points.across.includes(i)) ?? points?.across[0] ?? -1;
  }

  private layout(): void {
    this.width = this.element.clientWidth;
    if (!this.points || !this.ink || this.width === 0) return;
    const wide = Math.min(this.width, WIDEST);
    this.places = new Places(this.points, wide, Math.round(Math.max(wide * 0.66, 240)));
    this.draw();
  }

  private draw(): void {
    if (!this.places || !this.ink) return;
    const svg = drawChart(this.places, this.ink);
    if (this.cursor >= 0) {
      const [cx, cy] = this.places.of(this.cursor);
      svg.append(s("circle", { cx, cy, r: 12, fill: "none", stroke: this.ink.text, "stroke-width": 2 }));
    }
    this.paper.replaceChildren(svg);
    this.element.dataset["drawn"] = String(this.places.points.across.length);
    this.element.dataset["front"] = this.places.points.front.join();
  }

  // -- hands -------------------------------------------------------------------------------------

  private hit(event: MouseEvent): number {
    if (!this.places) return -1;
    const box = this.paper.getBoundingClientRect();
    let [best, least] = [-1, NEAR ** 2];
    for (const point of this.places.points.across) {
      const [x, y] = this.places.of(point);
      const far = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
      if (far < least) [best, least] = [point, far];
    }
    return best;
  }

  private to(point: number, byKey: boolean): void {
    if (point === this.cursor) return;
    this.cursor = point;
    this.read();
    this.draw();
    this.events.hover(point, byKey);
  }

  private key(event: KeyboardEvent): void {
    const { points } = this;
    if (!points || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.cursor < 0 ? this.home() : this.cursor;
    const step = (order: readonly number[], by: number): number => order[Math.min(Math.max(order.indexOf(at) + by, 0), order.length - 1)] ?? -1;
    const moves: Record<string, () => number> = {
      ArrowRight: () => step(points.across, 1),
      ArrowLeft: () => step(points.across, -1),
      ArrowDown: () => step(points.down, 1),
      ArrowUp: () => step(points.down, -1),
      Home: () => points.across[0] ?? -1,
      End: () => points.across.at(-1) ?? -1,
    };
    const move = moves[event.key];
    if (move) this.to(move(), true);
    else if ((event.key === "Enter" || event.key === " ") && at >= 0) this.events.pin(at);
    else if (event.key === "Escape") this.to(-1, true);
    else return;
    event.preventDefault();
  }

  private read(): void {
    if (this.cursor < 0 || !this.points) {
      this.element.removeAttribute("aria-activedescendant");
      return;
    }
    const option = this.options[(this.turn = 1 - this.turn)]!;
    option.textContent = this.points.words(this.cursor);
    option.setAttribute("aria-selected", String(this.points.pinned.includes(this.cursor)));
    this.element.setAttribute("aria-activedescendant", option.id);
  }
}

const option = (): HTMLElement => h("div", { role: "option", id: uid("point"), "aria-selected": "false" }, "no point");
