// The whole widget: filters, the list, the prompt, one card or two.

import { fill, h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { BufferLost } from "../shared/planes.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { Card } from "./card.ts";
import { cardJson, listCsv } from "./files.ts";
import { List } from "./list.ts";
import { order } from "./order.ts";
import { Prompt } from "./prompt.ts";
import { type Edit, type Edits, type FeaturesState, Fired, labelOf, ONLY, type RawCard, type RawColumns, type RawFired, shownLabel, type Sort, SORTS, Table } from "./state.ts";
import css from "./style.css";
import text from "./text.css";

const HINT = "↑ ↓ walk the list, Enter opens a latent, Shift+Enter opens it beside the other, / searches. A label is a guess: test it.";
const DECADES = [0, 0.00001, 0.0001, 0.001, 0.01, 0.1, 1];

export class FeaturesView {
  private readonly status: Status;
  private readonly list: List;
  private readonly prompt: Prompt;
  private readonly cards: Card[];
  private readonly stage = h("div", { class: "iw-feat-cards" });
  private readonly search = h("input", { type: "search", placeholder: "label, token, #", "aria-label": "Search labels, notes and tokens", "data-key": "search" });
  private readonly only = h("select", { "aria-label": "Which latents", "data-key": "only" }, ...Object.entries(ONLY).map(([value, name]) => h("option", { value }, name)));
  private readonly sort = h("select", { "aria-label": "Sort by", "data-key": "sort" }, ...Object.entries(SORTS).map(([value, name]) => h("option", { value }, name)));
  private readonly way = h("button", { type: "button", class: "iw-icon", "data-key": "way" });
  private readonly limits = [h("select", { "aria-label": "Least density", "data-key": "least" }), h("select", { "aria-label": "Greatest density", "data-key": "most" })] as const;
  private readonly sides = h("div", { class: "iw-feat-sides" });
  private readonly found = h("span", { class: "iw-feat-count" });
  private tables: Table[] = [];
  private rawColumns: RawColumns[] = [];
  private readonly fired = new WeakMap<RawFired, Fired>();
  private rows: number[] = [];
  private listedFor = "";
  private typing = 0;

  constructor(
    private readonly link: Link<FeaturesState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.status = status(link, frame);
    this.list = new List({ open: (feature, beside) => this.open(this.placeFor(beside), feature), sort: (by) => this.sortBy(by), search: () => this.search.focus() }, signal);
    this.prompt = new Prompt(link, (feature) => this.open(this.placeFor(false), feature), signal);
    this.cards = [0, 1].map((place) => this.card(place));
    const bar = h("div", { class: "iw-bar" }, this.sides, this.search, this.only, this.found, h("span", { class: "iw-feat-by-sort" }, h("label", {}, "by ", this.sort), this.way), h("span", { class: "iw-feat-range" }, "density ", this.limits[0], " to ", this.limits[1]));
    const acts = h("div", { class: "iw-acts" }, this.status.busy, historyButtons(link, signal), this.menu());
    this.stage.append(...this.cards.map((card) => card.element));
    wear(frame.root, css);
    wear(frame.root, text);
    frame.root.append(h("div", { class: "iw-top" }, bar, acts), this.status.error, this.prompt.element, h("div", { class: "iw-feat-main" }, this.list.element, this.stage), h("p", { class: "iw-hint" }, HINT), this.status.summary);
    this.listen();
    link.watch(["columns", "sort", "falling", "search", "only", "densities", "side", "opened", "edits", "prompt", "at", "fired", "quantile", "left", "right", "results", "tested", "live", "offers"], () => this.guard(() => keepFocus(frame.root, () => this.draw())));
  }

  // -- hands ---------------------------------------------------------------------------------

  private listen(): void {
    const { link, only, search, sort, way } = this;
    const options = { signal: this.frame.signal };
    search.addEventListener("focus", () => (this.typing += 1), options);
    search.addEventListener("input", () => link.act({ do: "search", text: search.value, burst: `search-${this.typing}` }, { search: search.value }), options);
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.list.first();
      else if (event.key === "ArrowDown") this.list.focus();
      else return;
      event.preventDefault();
    }, options);
    only.addEventListener("change", () => link.act({ do: "only", by: only.value }, { only: only.value }), options);
    sort.addEventListener("change", () => this.sortBy(sort.value as Sort), options);
    way.addEventListener("click", () => this.sorted(link.read("sort"), !link.read("falling")), options);
    this.limits.forEach((select) => select.addEventListener("change", () => {
      const [low, high] = this.limits.map((one) => Number(one.value)) as [number, number];
      const between = low === 0 && high === 1 ? [] : [Math.min(low, high), Math.max(low, high)];
      link.act({ do: "densities", between }, { densities: between });
    }, options));
    this.sides.addEventListener("click", (event) => {
      const to = (event.target as Element).closest<HTMLElement>("[data-side]")?.dataset["side"];
      if (to !== undefined && Number(to) !== link.read("side")) link.act({ do: "side", to: Number(to) }, { side: Number(to) });
    }, options);
  }

  private sortBy(by: Sort): void {
    const same = by === this.link.read("sort");
    this.sorted(by, same ? !this.link.read("falling") : !["feature", "label", "token"].includes(by));
  }

  private sorted(sort: Sort, falling: boolean): void {
    this.link.act({ do: "sort", by: sort, falling }, { sort, falling });
  }

  /** Where a latent of the list is opened: with two dictionaries, on the side of its own. */
  private placeFor(beside: boolean): number {
    return this.tables.length > 1 ? this.link.read("side") : Number(beside);
  }

  private open(place: number, feature: number): void {
    const opened = [...this.link.read("opened")] as [number, number];
    if (opened[place] === feature) return;
    opened[place] = feature;
    this.link.act({ do: "open", place, feature }, { opened });
  }

  private card(place: number): Card {
    const { link } = this;
    const feature = (): number => link.read("opened")[place]!;
    const edit = (action: Record<string, unknown>, change: Edit): void => {
      const side = this.sideOf(place);
      const edits = [...link.read("edits")] as [Edits, Edits];
      const { hidden, ...before } = edits[side]![feature()] ?? {};
      const kept = change.text === undefined && hidden !== undefined ? { ...before, hidden } : before; // a new name is to be seen
      edits[side] = { ...edits[side], [feature()]: { ...kept, ...change } };
      link.act({ do: "", side, feature: feature(), ...action }, { edits });
    };
    return new Card(
      {
        close: () => {
          const opened = [...link.read("opened")] as [number, number];
          opened[place] = -1;
          link.act({ do: "close", place }, { opened });
        },
        go: (to) => this.open(place, to),
        rename: (text) => edit({ do: "rename", text }, { text }),
        note: (note) => edit({ do: "note", text: note }, { note }),
        hide: (on) => edit({ do: "hide", on }, { hidden: on }),
        test: (by) => {
          const label = by === "label" ? this.labelAt(this.sideOf(place), feature()).text : "";
          link.act({ do: "test", side: this.sideOf(place), feature: feature(), by, label });
        },
        quantile: (at, burst) => link.act({ do: "quantile", at, burst }, { quantile: at }),
      },
      place,
      this.frame.signal,
    );
  }

  // -- drawing -------------------------------------------------------------------------------

  private draw(): void {
    const { link } = this;
    const columns = link.read("columns");
    if (columns !== this.rawColumns) {
      this.tables = columns.map((one) => new Table(one));
      this.rawColumns = columns;
      this.listedFor = "";
    }
    const side = Math.min(link.read("side"), this.tables.length - 1);
    const table = this.tables[side];
    if (!table) return;
    const fired = this.firedOn(side);
    this.prompt.show(fired, (feature) => shownLabel(this.labelAt(side, feature)));
    this.drawBar(side, table);
    this.drawList(side, table, fired);
    this.drawCards();
  }

  private drawBar(side: number, table: Table): void {
    const { link } = this;
    const [search, only, sort, falling] = [link.read("search"), link.read("only"), link.read("sort"), link.read("falling")];
    if (this.search.value !== search) this.search.value = search;
    this.only.value = only;
    this.sort.value = sort;
    this.way.textContent = falling ? "▾" : "▴";
    this.way.setAttribute("aria-label", falling ? "Falling; sort rising" : "Rising; sort falling");
    const between = link.read("densities");
    this.limits.forEach((select, i) => {
      const value = between[i] ?? i;
      const steps = [...new Set([...DECADES, value])].sort((a, b) => a - b);
      if (select.options.length !== steps.length || Number(select.value) !== value) fill(select, ...steps.map((step) => h("option", { value: step, selected: step === value }, share(step))));
    });
    this.sides.hidden = this.tables.length < 2;
    const drawn = `${side} ${this.tables.map(({ about }) => named(about)).join("|")}`;
    if (this.sides.dataset["drawn"] !== drawn) {
      this.sides.dataset["drawn"] = drawn;
      fill(this.sides, ...this.tables.map(({ about }, i) => h("button", { type: "button", "data-side": i, "data-key": `side${i}`, "aria-pressed": String(i === side) }, named(about))));
    }
    this.list.element.dataset["site"] = table.about.site;
  }

  private drawList(side: number, table: Table, fired: Fired | null): void {
    const { link } = this;
    const edits = link.read("edits")[side] ?? {};
    const fires = fired?.strengths(link.read("at")) ?? new Map<number, number>();
    const wish = { sort: link.read("sort"), falling: link.read("falling"), search: link.read("search"), only: link.read("only"), densities: link.read("densities") };
    const key = JSON.stringify([side, wish, edits, [...fires]]);
    if (key !== this.listedFor) {
      this.rows = order(table, wish, edits, fires);
      this.listedFor = key;
    }
    const of = this.tables.length > 1 ? [link.read("opened")[side]!] : link.read("opened");
    const name = `Latents at ${table.about.site || "one place"} of ${table.about.model || "no model"}, by ${SORTS[wish.sort] ?? wish.sort}`;
    this.found.textContent = `${this.rows.length.toLocaleString("en")} of ${table.count.toLocaleString("en")}${table.about.complete ? "" : ", being read"}`;
    this.list.show({ table, rows: this.rows, edits, fires, sort: wish.sort, falling: wish.falling, opened: of, name });
  }

  private drawCards(): void {
    const { link } = this;
    const opened = link.read("opened");
    const results = link.read("results");
    this.cards.forEach((card, place) => {
      const feature = opened[place]!;
      card.element.hidden = feature < 0;
      if (feature < 0) return;
      const side = this.sideOf(place);
      const mine = results.filter((one) => one.side === side && one.feature === feature);
      const known = new Set(mine.map(({ by }) => by));
      const waiting = link.read("tested").filter(([s, f, by]) => s === side && f === feature && !known.has(by)).map(([, , by]) => by);
      const labelled = (other: number): string => shownLabel(this.labelAt(side, other));
      card.show({ feature, raw: link.read(place === 0 ? "left" : "right"), table: this.tables[side]!, label: this.labelAt(side, feature), labelOf: labelled, quantile: link.read("quantile"), results: mine, waiting, fired: this.firedOn(side), of: this.tables.length > 1 ? named(this.tables[side]!.about) : "" });
    });
    const count = opened.filter((feature) => feature >= 0).length;
    this.stage.dataset["open"] = String(count);
  }

  private sideOf(place: number): number {
    return this.tables.length > 1 ? place : 0;
  }

  private labelAt(side: number, feature: number): ReturnType<typeof labelOf> {
    return labelOf(this.tables[side]!.about, this.link.read("edits")[side] ?? {}, feature);
  }

  /** What fires on the prompt, where that is known of the prompt that is typed now. */
  private firedOn(side: number): Fired | null {
    const raw = this.link.read("fired")[side];
    if (raw?.prompt === undefined || raw.prompt !== this.link.read("prompt")) return null;
    const known = this.fired.get(raw as RawFired) ?? new Fired(raw as RawFired);
    this.fired.set(raw as RawFired, known);
    return known;
  }

  /** A host that loses buffers is asked for text; other errors are errors. */
  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      this.link.askForText();
    }
  }

  // -- keeping -------------------------------------------------------------------------------

  private menu(): HTMLElement {
    const { link } = this;
    const picture = (): SVGSVGElement => {
      const chart = this.stage.querySelector<SVGSVGElement>("article:not([hidden]) .iw-feat-hist");
      if (!chart) throw new Error("open a latent that fires");
      const copy = chart.cloneNode(true) as SVGSVGElement;
      const styled = [...chart.querySelectorAll<SVGElement>("*")];
      copy.querySelectorAll<SVGElement>("*").forEach((part, i) => {
        const { fill: inside, stroke } = getComputedStyle(styled[i]!);
        part.setAttribute("fill", inside);
        part.setAttribute("stroke", stroke);
      });
      copy.setAttribute("font-family", "system-ui, sans-serif");
      copy.setAttribute("font-size", "11");
      copy.style.background = getComputedStyle(this.frame.root).backgroundColor;
      return copy;
    };
    const json = (): Blob => {
      const cards = this.cards.flatMap((card, place) => {
        const raw = link.read(place === 0 ? "left" : "right") as RawCard;
        if (card.element.hidden || raw.feature !== link.read("opened")[place]) return [];
        const side = this.sideOf(place);
        return [{ ...cardJson(raw, this.tables[side]!, card.windows), label: this.labelAt(side, raw.feature!) }];
      });
      return new Blob([JSON.stringify({ cards, edits: link.read("edits"), results: link.read("results") }, null, 1)], { type: "application/json" });
    };
    const csv = (): Blob => {
      const side = link.read("side");
      return new Blob([listCsv(this.tables[side]!, this.rows, link.read("edits")[side] ?? {})], { type: "text/csv" });
    };
    return keepMenu("latents", { CSV: csv, JSON: json, SVG: () => svgBlob(picture()), PNG: () => pngBlob(picture()) }, (why) => this.status.fail(why), this.frame.signal);
  }
}

const named = ({ variant, site, dSae }: RawColumns): string => [variant, dSae.toLocaleString("en"), site ? `at ${site}` : ""].filter(Boolean).join(" ");

const share = (x: number): string => (x === 0 ? "any" : x === 1 ? "all" : `${Number((100 * x).toPrecision(3))}%`);
