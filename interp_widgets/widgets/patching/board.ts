// Two grids of token × layer: of the run that is patched from, and of the run that is patched. A cell dragged from the
// first to the second (or picked in one and put into the other, by click or by key) patches that site.

import { ramp } from "../shared/color.ts";
import { SharedCursor } from "../shared/cursor.ts";
import { h, s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { themeOf } from "../shared/theme.ts";
import { visible } from "../shared/tokens.ts";
import { Tooltip } from "../shared/tooltip.ts";
import { title } from "./card.ts";
import { type Cell, Grid, type GridData } from "./grid.ts";
import { baseTokens, byPosition, donorTokens, type PatchState, placeAt, type RawShown, type Sweep, sizes } from "./state.ts";

const HINT = "Drag a cell of the first grid to any cell of the second: what the one run holds there is put in here. By keys: Enter picks a cell, arrows and Enter put it. Click a cell of the second grid for its card.";

export class Board {
  readonly element: HTMLElement;
  private readonly source: Grid;
  private readonly target: Grid;
  private readonly names = [title(""), title("")] as const;
  private readonly state = h("p", { class: "iw-patch-held", role: "status" });
  private readonly line = s("line", { "stroke-width": 2.5, "marker-end": "none" });
  private readonly wire = s("svg", { class: "iw-patch-wire", "aria-hidden": "true" }, this.line);
  private readonly tip = new Tooltip();
  private readonly shared: SharedCursor;
  private readonly signal: AbortSignal;
  private raw: RawShown | null = null;
  private held: Cell | null = null;

  constructor(
    private readonly link: Link<PatchState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.source = new Grid({ hover: (cell) => this.hover(this.source, cell), press: (cell, drags) => this.pick(cell, drags), cancel: () => this.hold(null) }, signal);
    this.target = new Grid({ hover: (cell) => this.hover(this.target, cell), press: (cell) => this.put(cell), cancel: () => this.hold(null) }, signal);
    this.shared = new SharedCursor(signal, () => this.mark());
    const half = (name: HTMLElement, grid: Grid): HTMLElement => h("div", { class: "iw-patch-half" }, name, grid.element);
    const first = half(this.names[0], this.source);
    const hint = h("p", { class: "iw-hint" }, HINT);
    const both = h("div", { class: "iw-patch-both" }, first, half(this.names[1], this.target), this.wire);
    this.element = h("div", { class: "iw-patch-board" }, both, this.state, hint, this.tip.element);
    // Without a model nothing can be moved: a record is one grid, and one without positions none.
    link.watch(["live", "shown"], () => {
      first.hidden = hint.hidden = !link.read("live");
      this.element.hidden = !link.read("live") && !byPosition(link.read("shown"));
    });
    const moved = new ResizeObserver(() => this.wired());
    moved.observe(this.element);
    for (const grid of [this.source, this.target]) grid.element.addEventListener("scroll", () => this.wired(), { signal });
    signal.addEventListener("abort", () => moved.disconnect());
    frame.onTheme(() => this.raw && this.show(this.raw, this.sweep!));
  }

  private sweep: Sweep | null = null;

  show(raw: RawShown, sweep: Sweep): void {
    this.raw = raw;
    this.sweep = sweep;
    const [from, into] = raw.direction === "denoise" ? ["Clean", "Corrupt"] : ["Corrupt", "Clean"];
    this.names[0].textContent = `${from} run: take a site from here`;
    this.names[1].textContent = this.link.read("live") ? `${into} run: put it in here` : "Recovery by layer and position";
    const [donor, base] = [donorTokens(raw), baseTokens(raw)];
    const colors = ramp("signed", themeOf(this.frame.root));
    const back = new Map(raw.partners.map((partner, pos) => [partner, pos]));
    const { layers, positions } = sizes(raw);
    const known = byPosition(raw) && positions === base.length;
    const value = (layer: number, pos: number): number => {
      if (!known) return NaN;
      const { column } = placeAt(raw, pos, this.link.read("head"));
      const exact = sweep.exact(layer, column);
      return Number.isNaN(exact) ? sweep.estimate(layer, column) : exact;
    };
    const name = (tokens: string[], { layer, col }: Cell): string => `layer ${layer}, position ${col} (${visible(tokens[col] ?? "")})`;
    const grid = (label: string, cols: string[], more: Pick<GridData, "differs" | "value" | "words">): GridData => ({ label, layers, cols, ...more });
    this.source.show(grid(this.names[0].textContent, donor, { differs: (col) => base[back.get(col) ?? -1] !== donor[col], value: () => NaN, words: (cell) => name(donor, cell) }), colors);
    this.target.show(grid(this.names[1].textContent, base, { differs: (col) => donor[raw.partners[col] ?? -1] !== base[col], value, words: (cell) => this.said(name(base, cell), value(cell.layer, cell.col)) }), colors);
    if (this.held && this.held.col >= donor.length) this.held = null;
    this.mark();
  }

  private said(name: string, value: number): string {
    const recovery = Number.isNaN(value) ? "" : `: the plain patch here has recovery ${number(value)}`;
    return this.held ? `put it into ${name}${recovery}` : `${name}${recovery}`;
  }

  private hover(grid: Grid, cell: Cell | null): void {
    const raw = this.raw;
    if (!raw) return;
    const tokens = grid === this.source ? donorTokens(raw) : baseTokens(raw);
    this.shared.point(cell ? tokens : null, cell?.col);
    if (!cell) {
      this.tip.hide();
      return;
    }
    const words = grid === this.source ? `layer ${cell.layer}, position ${cell.col} (${visible(tokens[cell.col] ?? "")})` : this.said(`layer ${cell.layer}, position ${cell.col} (${visible(tokens[cell.col] ?? "")})`, this.valueAt(cell));
    this.tip.show(grid.box(cell), this.element.getBoundingClientRect(), h("span", {}, words));
  }

  private valueAt({ layer, col }: Cell): number {
    const raw = this.raw!;
    if (!byPosition(raw)) return NaN;
    const { column } = placeAt(raw, col, this.link.read("head"));
    const exact = this.sweep!.exact(layer, column);
    return Number.isNaN(exact) ? this.sweep!.estimate(layer, column) : exact;
  }

  /** A cell of the source is picked up; with a pointer it can be dragged on. */
  private pick(cell: Cell, drags: PointerEvent | null): void {
    this.hold(cell);
    if (!drags) {
      if (this.source.element.matches(":focus")) this.target.enter(cell);
      return;
    }
    drags.preventDefault(); // no text is selected on the way
    const done = new AbortController();
    const { signal } = done;
    this.signal.addEventListener("abort", () => done.abort(), { signal });
    const over = (event: PointerEvent): Cell | null => this.target.at(event.clientX, event.clientY);
    document.addEventListener("pointermove", (event) => {
      this.pointed = { x: event.clientX, y: event.clientY };
      this.wired();
    }, { signal });
    document.addEventListener("pointerup", (event) => {
      done.abort();
      this.pointed = null;
      const to = over(event);
      if (to) this.put(to);
      else this.wired(); // let go elsewhere, it stays picked
    }, { signal });
    document.addEventListener("pointercancel", () => {
      done.abort();
      this.pointed = null;
      this.hold(null);
    }, { signal });
  }

  private pointed: { x: number; y: number } | null = null;

  private put(cell: Cell): void {
    const from = this.held;
    if (!from) {
      const place = byPosition(this.raw!) ? { pos: cell.col } : {};
      this.link.act({ do: "open", layer: cell.layer, ...place }, { opened: cell.layer, ...place });
      return;
    }
    this.hold(null);
    this.tip.hide();
    this.link.act({ do: "carry", source: [from.layer, from.col], target: [cell.layer, cell.col] }, { carried: [from.layer, from.col, cell.layer, cell.col] });
  }

  private hold(cell: Cell | null): void {
    this.held = cell;
    const token = cell && this.raw ? visible(donorTokens(this.raw)[cell.col] ?? "") : "";
    this.state.textContent = cell ? `Picked: layer ${cell.layer}, position ${cell.col} (${token}). Now choose where to put it, or Escape.` : "";
    this.mark();
  }

  private mark(): void {
    const raw = this.raw;
    if (!raw) return;
    const [a, b, c, d] = this.link.read("carried");
    const from = this.held ?? (a === undefined ? null : { layer: a, col: b! });
    const to = c === undefined || this.held ? null : { layer: c, col: d! };
    const opened = this.link.read("opened");
    const open = opened >= 0 && byPosition(raw) ? [{ layer: opened, col: placeAt(raw, this.link.read("pos"), 0).pos }] : [];
    this.source.mark({ framed: from ? [from] : [], lit: this.shared.column(donorTokens(raw)) });
    this.target.mark({ framed: to ? [to] : open, lit: this.shared.column(baseTokens(raw)) });
    requestAnimationFrame(() => this.wired());
  }

  /** The wire from the site that was taken to where it was put, or to the pointer. */
  private wired(): void {
    const [a, b, c, d] = this.link.read("carried");
    const from = this.held ?? (a === undefined ? null : { layer: a, col: b! });
    const end = this.held ? this.pointed : c === undefined ? null : this.target.middle({ layer: c, col: d! });
    this.wire.toggleAttribute("hidden", !from || !end);
    if (!from || !end) return;
    const box = this.wire.getBoundingClientRect();
    const start = this.source.middle(from);
    for (const [name, value] of [["x1", start.x - box.left], ["y1", start.y - box.top], ["x2", end.x - box.left], ["y2", end.y - box.top]] as const) this.line.setAttribute(name, String(value));
  }
}
