// Points on paper under hands: the nearest to the pointer, arrow keys in two orders, and what a screen reader hears.

import { h, uid } from "./dom.ts";

export interface PointEvents {
  hover(point: number, byKey: boolean): void;
  pick(point: number, byKey: boolean): void;
}

/** Two options that speak in turn: a text that changes within one is not read out. */
export class Readout {
  readonly element: HTMLElement;
  private readonly options: readonly [HTMLElement, HTMLElement];
  private turn = 0;

  constructor(
    /** The listbox that has the focus. */
    private readonly list: () => HTMLElement,
    none: string,
  ) {
    const option = (): HTMLElement => h("div", { role: "option", id: uid("option"), "aria-selected": "false" }, none);
    this.options = [option(), option()];
    this.element = h("div", { class: "iw-sr" }, ...this.options);
  }

  say(words: string, selected: boolean): void {
    const option = this.options[(this.turn = 1 - this.turn)]!;
    option.textContent = words;
    option.setAttribute("aria-selected", String(selected));
    this.list().setAttribute("aria-activedescendant", option.id);
  }

  quiet(): void {
    this.list().removeAttribute("aria-activedescendant");
  }
}

/** Points in the order of the left and right arrow, of the up and down arrow, and the one that Home and End go by. */
export interface Order {
  across: readonly number[];
  down: readonly number[];
  ends: readonly number[];
}

export abstract class PointPlot {
  readonly element: HTMLElement;
  protected cursor = -1;
  protected width = 0;
  private readonly readout: Readout;
  private byKey = false;
  private pointer: readonly [number, number] = [NaN, NaN];

  constructor(
    name: string,
    protected readonly paper: HTMLElement,
    none: string,
    private readonly near: number,
    private readonly events: PointEvents,
    signal: AbortSignal,
  ) {
    this.readout = new Readout(() => this.element, none);
    this.element = h("div", { class: name, role: "listbox", tabindex: 0, "data-home": true, "data-key": "plot" }, paper, this.readout.element);
    const on = <K extends keyof HTMLElementEventMap>(type: K, run: (event: HTMLElementEventMap[K]) => void): void => this.element.addEventListener(type, run, { signal });
    on("pointermove", (e) => !this.rests(e) && this.to(this.hit(e), false));
    on("pointerleave", (e) => !this.rests(e) && this.to(-1, false));
    on("click", (e) => {
      const point = this.hit(e);
      if (point >= 0) this.events.pick(point, false);
    });
    on("keydown", (e) => this.key(e));
    on("focus", () => this.element.matches(":focus-visible") && this.to(this.home(), true));
    on("blur", () => this.to(-1, false));
    const resized = new ResizeObserver(() => this.element.clientWidth !== this.width && this.layout());
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  /** Where a point is on the paper. */
  protected abstract place(point: number): readonly [number, number];
  /** Points that a pointer can find. */
  protected abstract points(): readonly number[];
  protected abstract order(): Order;
  /** Where the keys begin; -1 where there is nothing. */
  protected abstract home(): number;
  protected abstract words(point: number): string;
  protected abstract picked(point: number): boolean;
  /** Draws all anew, for the width there is. */
  protected abstract layout(): void;
  /** Draws what is pointed at. */
  protected abstract draw(): void;

  /** Where a point is on the screen: a box of this half width. */
  protected boxOf(point: number, half: number): DOMRect {
    const at = this.paper.getBoundingClientRect();
    const [x, y] = this.place(point);
    return new DOMRect(at.left + x - half, at.top + y - half, 2 * half, 2 * half);
  }

  protected read(): void {
    if (this.cursor < 0) this.readout.quiet();
    else this.readout.say(this.words(this.cursor), this.picked(this.cursor));
  }

  private hit(event: MouseEvent): number {
    const box = this.paper.getBoundingClientRect();
    let [best, least] = [-1, this.near ** 2];
    for (const point of this.points()) {
      const [x, y] = this.place(point);
      const far = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
      if (far < least) [best, least] = [point, far];
    }
    return best;
  }

  /** Whether keys are at work and only the page moved: a pointer at rest takes nothing from them. */
  private rests(event: PointerEvent): boolean {
    const [x, y] = this.pointer;
    this.pointer = [event.screenX, event.screenY];
    return this.byKey && x === event.screenX && y === event.screenY;
  }

  private to(point: number, byKey: boolean): void {
    this.byKey = byKey;
    if (point === this.cursor) return;
    this.cursor = point;
    this.read();
    this.draw();
    this.events.hover(point, byKey);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { across, down, ends } = this.order();
    const at = this.cursor < 0 ? this.home() : this.cursor;
    const step = (order: readonly number[], by: number): number => order[Math.min(Math.max(order.indexOf(at) + by, 0), order.length - 1)] ?? -1;
    const moves: Record<string, () => number> = {
      ArrowRight: () => step(across, 1),
      ArrowLeft: () => step(across, -1),
      ArrowDown: () => step(down, 1),
      ArrowUp: () => step(down, -1),
      Home: () => ends[0] ?? -1,
      End: () => ends.at(-1) ?? -1,
    };
    const move = moves[event.key];
    if (move) this.to(move(), true);
    else if ((event.key === "Enter" || event.key === " ") && at >= 0) this.events.pick(at, true);
    else if (event.key === "Escape") this.to(-1, true);
    else return;
    event.preventDefault();
  }
}
