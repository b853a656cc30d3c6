// The scatter under hands, and what a screen reader hears of a point.

import { h, s } from "../shared/dom.ts";
import { type Order, type PointEvents, PointPlot } from "../shared/points.ts";
import { drawChart, type Ink, Places } from "./chart.ts";
import type { Points } from "./state.ts";

const WIDEST = 620;
const NEAR = 16;

export class Plot extends PointPlot {
  private places: Places | null = null;
  private shown: Points | null = null;
  private ink: Ink | null = null;
  private readonly ring = s("circle", { r: 12, fill: "none", "stroke-width": 2 });

  constructor(events: PointEvents, signal: AbortSignal) {
    super("iw-pareto-plot", h("div", {}), "no point", NEAR, events, signal);
  }

  show(points: Points, ink: Ink): void {
    this.shown = points;
    this.ink = ink;
    this.element.setAttribute("aria-label", `${points.across.length} dictionaries: ${points.x.label} across, ${points.y.label} up. Left and right arrows go across, up and down arrows by ${points.y.label}; Enter holds a point.`);
    if (!points.across.includes(this.cursor)) this.cursor = -1;
    this.layout();
    this.read();
  }

  box(point: number): DOMRect {
    return this.boxOf(point, 6);
  }

  /** A copy of what is drawn, for a file. */
  drawing(): SVGSVGElement {
    return drawChart(this.places!, this.ink!);
  }

  protected place(point: number): readonly [number, number] {
    return this.places!.of(point);
  }

  protected points(): readonly number[] {
    return this.places?.points.across ?? [];
  }

  protected order(): Order {
    const [across, down] = [this.shown?.across ?? [], this.shown?.down ?? []];
    return { across, down, ends: across };
  }

  protected home(): number {
    const { shown } = this;
    return shown?.across.find((i) => shown.pinned.includes(i)) ?? shown?.front.find((i) => shown.across.includes(i)) ?? shown?.across[0] ?? -1;
  }

  protected words(point: number): string {
    return this.shown!.words(point);
  }

  protected picked(point: number): boolean {
    return this.shown!.pinned.includes(point);
  }

  protected layout(): void {
    this.width = this.element.clientWidth;
    if (!this.shown || !this.ink || this.width === 0) return;
    const wide = Math.min(this.width, WIDEST);
    this.places = new Places(this.shown, wide, Math.round(Math.max(wide * 0.66, 240)));
    this.ring.setAttribute("stroke", this.ink.text);
    const svg = drawChart(this.places, this.ink);
    svg.append(this.ring);
    this.paper.replaceChildren(svg);
    this.element.dataset["drawn"] = String(this.places.points.across.length);
    this.element.dataset["front"] = this.places.points.front.join();
    this.draw();
  }

  /** The ring around what is pointed at: the only thing that moves with the pointer. */
  protected draw(): void {
    const [cx, cy] = this.cursor >= 0 && this.places ? this.places.of(this.cursor) : [0, 0];
    this.ring.setAttribute("transform", `translate(${cx} ${cy})`);
    this.ring.setAttribute("visibility", this.cursor >= 0 ? "visible" : "hidden");
  }
}
