// All latents as a grid of which only the rows in sight are in the page, whatever their number.

import { clamp, fill, h, uid } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { percent, tokenElement } from "../shared/tokens.ts";
import { type Edits, labelOf, type NumberName, shownLabel, type Sort, SORTS, type Table } from "./state.ts";

const TALL = 24; // px a row
const BEYOND = 6; // rows above and below those in sight

export interface ListEvents {
  /** `beside`: in the second place. */
  open(feature: number, beside: boolean): void;
  sort(by: Sort): void;
  search(): void;
}

export interface Shown {
  table: Table;
  rows: readonly number[];
  edits: Edits;
  fires: ReadonlyMap<number, number>;
  sort: Sort;
  falling: boolean;
  /** Latents whose cards are open. */
  opened: readonly number[];
  name: string;
}

export class List {
  readonly element: HTMLElement;
  private readonly head = h("div", { class: "iw-feat-head", role: "row", "aria-rowindex": 1 });
  private readonly body = h("div", { class: "iw-feat-body", role: "rowgroup" });
  private readonly none = h("p", { class: "iw-feat-none", hidden: true }, "No latent passes these filters.");
  private readonly grid: HTMLElement;
  private readonly id = uid("latents");
  private shown: Shown | null = null;
  private cursor = 0;
  private asked = 0;

  constructor(
    private readonly events: ListEvents,
    private readonly signal: AbortSignal,
  ) {
    this.grid = h("div", { class: "iw-feat-grid", role: "grid", tabindex: 0, "data-home": true, "aria-colcount": 6, "aria-label": "Latents" }, h("div", { role: "rowgroup" }, this.head), this.body);
    this.element = h("div", { class: "iw-feat-list" }, this.grid, this.none);
    this.grid.addEventListener("scroll", () => this.soon(), { signal });
    const resized = new ResizeObserver(() => this.soon());
    resized.observe(this.grid);
    signal.addEventListener("abort", () => resized.disconnect());
    this.body.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>("[data-place]");
      if (!row) return;
      this.cursor = Number(row.dataset["place"]);
      this.enter(event.shiftKey || event.ctrlKey || event.metaKey);
      this.draw();
    }, { signal });
    this.head.addEventListener("click", (event) => {
      const by = (event.target as Element).closest<HTMLElement>("[data-sort]")?.dataset["sort"];
      if (by) events.sort(by as Sort);
    }, { signal });
    this.grid.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  show(shown: Shown): void {
    const before = this.shown?.rows;
    this.shown = shown;
    this.cursor = clamp(this.cursor, 0, Math.max(shown.rows.length - 1, 0));
    if (before && before !== shown.rows && (before.length !== shown.rows.length || before[0] !== shown.rows[0])) {
      this.cursor = 0;
      this.grid.scrollTop = 0;
    }
    this.grid.setAttribute("aria-rowcount", String(shown.rows.length + 1));
    this.grid.setAttribute("aria-label", shown.name);
    this.body.style.height = `${shown.rows.length * TALL}px`;
    this.none.hidden = shown.rows.length > 0;
    this.drawHead(shown);
    this.draw();
  }

  focus(): void {
    this.grid.focus();
  }

  /** Opens the first one. */
  first(): void {
    this.cursor = 0;
    this.enter(false);
  }

  private soon(): void {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      if (!this.signal.aborted) this.draw();
    });
  }

  private key(event: KeyboardEvent): void {
    const last = (this.shown?.rows.length ?? 0) - 1;
    const page = Math.max(Math.floor(this.grid.clientHeight / TALL) - 2, 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -last - 1, End: last + 1 };
    const step = steps[event.key];
    if (event.target !== this.grid || last < 0) return;
    if (step !== undefined) {
      this.cursor = clamp(this.cursor + step, 0, last);
      this.inSight();
      this.draw();
    } else if (event.key === "Enter" || event.key === " ") this.enter(event.shiftKey);
    else if (event.key === "/") this.events.search();
    else return;
    event.preventDefault();
  }

  private enter(beside: boolean): void {
    const row = this.shown?.rows[this.cursor];
    if (row !== undefined) this.events.open(this.shown!.table.features[row]!, beside);
  }

  private inSight(): void {
    const top = this.cursor * TALL;
    const room = this.grid.clientHeight - this.head.offsetHeight;
    if (top < this.grid.scrollTop) this.grid.scrollTop = top;
    else if (top + TALL > this.grid.scrollTop + room) this.grid.scrollTop = top + TALL - room;
  }

  private drawHead({ sort, falling }: Shown): void {
    const last = this.extra(sort);
    const drawn = `${sort} ${falling}`;
    if (this.head.dataset["drawn"] === drawn) return;
    this.head.dataset["drawn"] = drawn;
    const cell = (by: Sort | null, name: string, cls: string): HTMLElement => {
      if (by === null) return h("span", { role: "columnheader", class: cls }, name);
      const sign = by === sort ? (falling ? " ▾" : " ▴") : "";
      return h("span", { role: "columnheader", class: cls, "aria-sort": by === sort ? (falling ? "descending" : "ascending") : "none" }, h("button", { type: "button", "data-sort": by, "data-key": `sort-${by}`, title: `Sort by ${SORTS[by]}` }, name + sign));
    };
    fill(this.head, cell("feature", "#", "iw-feat-n"), cell("label", "label", "iw-feat-label"), cell("token", "fires on", "iw-feat-token"), cell(null, "makes likelier", "iw-feat-token"), cell("density", "density", "iw-feat-n"), cell(last, NAMES[last], "iw-feat-n"));
  }

  /** What the last column shows: what the list is sorted by, where no other column does. */
  private extra(sort: Sort): keyof typeof NAMES {
    return sort in NAMES ? (sort as keyof typeof NAMES) : "max";
  }

  private draw(): void {
    const { shown } = this;
    if (!shown) return;
    const room = this.grid.clientHeight || 13 * TALL;
    const from = clamp(Math.floor(this.grid.scrollTop / TALL) - BEYOND, 0, shown.rows.length);
    const to = Math.min(from + Math.min(Math.ceil(room / TALL) + 2 * BEYOND, 40), shown.rows.length);
    const rows: HTMLElement[] = [];
    for (let place = from; place < to; place++) rows.push(this.row(shown, place));
    fill(this.body, ...rows);
    const active = this.cursor >= from && this.cursor < to ? `${this.id}-${this.cursor}` : null;
    if (active) this.grid.setAttribute("aria-activedescendant", active);
    else this.grid.removeAttribute("aria-activedescendant");
  }

  private row({ table, rows, edits, fires, sort, opened }: Shown, place: number): HTMLElement {
    const row = rows[place]!;
    const feature = table.features[row]!;
    const label = shownLabel(labelOf(table.about, edits, feature));
    const piece = (text: string | null): Node => (text === null ? h("span", { class: "iw-feat-no" }, "–") : tokenElement(text));
    const extra = this.extra(sort);
    const value = extra === "fires" ? (fires.get(feature) ?? NaN) : table.numbers[extra as NumberName][row]!;
    const density = table.numbers.density[row]!;
    const cell = (cls: string, ...inner: (Node | string)[]): HTMLElement => h("span", { role: "gridcell", class: cls }, ...inner);
    const element = h(
      "div",
      { class: "iw-feat-row", role: "row", id: `${this.id}-${place}`, "aria-rowindex": place + 2, "aria-selected": String(opened.includes(feature)), "data-place": place, "data-feature": feature, "data-at": place === this.cursor ? "true" : null },
      cell("iw-feat-n", String(feature)),
      cell("iw-feat-label", label),
      cell("iw-feat-token", piece(table.token(row))),
      cell("iw-feat-token", piece(table.says(row))),
      cell("iw-feat-n", table.dead(row) ? "dead" : rate(density)),
      cell("iw-feat-n", Number.isNaN(value) ? "–" : number(value)),
    );
    element.style.top = `${place * TALL}px`;
    return element;
  }
}

const NAMES = { max: "max", mean: "mean", kurtosis: "kurtosis", skew: "skew", entropy: "entropy", encoder_cosine: "enc·dec", fires: "here" } as const;

/** A share of tokens, small ones as well. */
export const rate = (share: number): string => (share > 0 && share < 0.001 ? `${Number((100 * share).toPrecision(2))}%` : percent(share));
