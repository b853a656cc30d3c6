// The whole widget: prompt boxes, tools, one or two heatmaps under one cursor, the plots of pinned columns.

import { ramp } from "../shared/color.ts";
import { SharedCursor } from "../shared/cursor.ts";
import { clamp, fill, h } from "../shared/dom.ts";
import { type Cell, type Pinned, sameCell } from "../shared/geometry.ts";
import { historyButtons } from "../shared/history.ts";
import { keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { BufferLost } from "../shared/planes.ts";
import { promptBoxes } from "../shared/prompts.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { themeOf } from "../shared/theme.ts";
import css from "./style.css";
import { document as asDocument, drawing, table } from "./files.ts";
import { Difference } from "./difference.ts";
import { type Cells, Grid, NO_SCALES, type Paint, type Scales } from "./grid.ts";
import { contrastChoice, lensTools } from "./lens.ts";
import { Side } from "./side.ts";
import { chosen, type LensState, type Pin, sideNames } from "./state.ts";
import { colorChoice, legend, measureChoice, track, trackTool, untrack } from "./tools.ts";
import { Trails } from "./trails.ts";

const HINT = "Hover a cell or move with the arrow keys; click or press Enter to pin it and see how its column’s tokens rise and fall.";

export class View {
  private readonly status: Status;
  private readonly sidesBox = h("div", { class: "iw-sides" });
  private readonly legends = [legend(false), legend(true)];
  private readonly legendBox = h("span");
  private readonly stair = h("span", {}, h("span", { class: "iw-stair", "aria-hidden": "true" }), "above the line the top token is the final one");
  private readonly hint = h("p", { class: "iw-hint" }, HINT);
  private readonly trailsBox: HTMLElement;
  private readonly trails: Trails;
  private readonly signal: AbortSignal;
  private sides: Side[] = [];
  private grids: Cells[] = [];
  private cursor: Cell | null = null;
  private readonly shared: SharedCursor;
  private pointedAt = 0;
  private zoom = 1;

  constructor(
    private readonly link: Link<LensState>,
    private readonly frame: Frame,
  ) {
    this.signal = frame.signal;
    this.status = status(link, frame);
    this.shared = new SharedCursor(frame.signal, () => this.mark());
    this.trails = new Trails({
      point: (cell, side) => {
        this.pointedAt = side;
        this.point(cell, false);
      },
      track: (token, on) => (on ? untrack(link, token) : track(link, token)),
      unpin: (pins) => pins.forEach((pin) => this.togglePin(pin)),
    });
    this.trailsBox = h("div", { class: "iw-trails", hidden: true }, h("div", { class: "iw-bar" }, measureChoice(link, this.signal), this.unpinButton()), this.trails.element);
    wear(frame.root, css);
    frame.root.append(this.top(), this.bar(), this.status.error, this.sidesBox, this.foot(), this.hint, this.trailsBox, this.status.summary);
    link.watch(["sides", "ranks", "rank_of", "tracked"], () => this.safely(() => this.load()));
    link.watch(["color", "contrast"], () => this.paint());
    link.watch(["pinned", "measure", "trails", "sides"], () => this.safely(() => this.plot()));
    frame.onTheme(() => {
      this.paint();
      this.plot();
    });
    // The tooltip goes along when the page scrolls under it.
    const scrolled = (event: Event): void => {
      if (this.cursor && (event.target as Node).contains(frame.root)) this.mark();
    };
    document.addEventListener("scroll", scrolled, { capture: true, passive: true, signal: this.signal });
    const resized = new ResizeObserver(() => this.plot());
    resized.observe(frame.root);
    this.signal.addEventListener("abort", () => resized.disconnect());
  }

  // -- parts -----------------------------------------------------------------------------------

  private top(): HTMLElement {
    const boxes = promptBoxes(this.link, ["sides"], () => this.link.read("sides"), () => this.status.fail(""), this.signal);
    return h("div", { class: "iw-top" }, boxes, h("div", { class: "iw-acts" }, historyButtons(this.link, this.signal), this.menu()));
  }

  private bar(): HTMLElement {
    return h("div", { class: "iw-bar" }, lensTools(this.link, this.signal), colorChoice(this.link, this.signal), contrastChoice(this.link, this.signal), trackTool(this.link, this.signal), this.status.busy);
  }

  private foot(): HTMLElement {
    const button = (label: string, sign: string, factor: number): HTMLElement => {
      const made = h("button", { type: "button", class: "iw-icon", "aria-label": label, title: label }, sign);
      made.addEventListener("click", () => this.zoomBy(factor), { signal: this.signal });
      return made;
    };
    const zoom = h("span", { class: "iw-pair iw-push" }, button("Narrower columns", "−", 0.8), button("Wider columns", "+", 1.25));
    return h("div", { class: "iw-foot" }, this.legendBox, this.stair, zoom);
  }

  private unpinButton(): HTMLElement {
    const button = h("button", { type: "button", class: "iw-push" }, "Unpin all");
    button.addEventListener("click", () => this.link.act({ do: "unpin" }, { pinned: [] }), { signal: this.signal });
    return button;
  }

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => {
      const style = getComputedStyle(this.frame.root);
      const paint = this.paintOf();
      const look = { grids: this.grids, paint, ramp: (grid: Cells) => ramp(grid.ramp(paint), themeOf(this.frame.root)), ground: style.backgroundColor, text: style.color };
      return drawing(look, this.trails.drawings);
    };
    const state = (): Record<string, unknown> =>
      Object.fromEntries((["prompts", "kinds", "bases", "color", "contrast", "measure", "pinned", "tracked", "rank_of"] as const).map((name) => [name, this.link.read(name)]));
    return keepMenu(
      "logit_lens",
      {
        PNG: () => pngBlob(picture()),
        SVG: () => svgBlob(picture()),
        CSV: () => table(this.grids),
        JSON: () => asDocument(this.grids, state()),
      },
      (why) => this.status.fail(why),
      this.signal,
    );
  }

  // -- drawing ---------------------------------------------------------------------------------

  /** Decodes what arrived; a host that lost the bytes is asked for text. */
  private safely(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      this.link.askForText();
    }
  }

  private load(): void {
    const raw = this.link.read("sides");
    const ranks = this.link.read("ranks");
    const rankOf = chosen(this.link.read("tracked"), this.link.read("rank_of"));
    this.grids = raw.map((side, i) => (side.base ? new Difference(side) : new Grid(side, ranks[i] ?? null, rankOf)));
    while (this.sides.length < raw.length) this.sides.push(this.newSide(this.sides.length));
    this.sidesBox.dataset["two"] = String(raw.length > 1);
    fill(this.sidesBox, ...this.sides.map((side) => side.element));
    this.paint();
  }

  private newSide(index: number): Side {
    return new Side(
      {
        hover: (cell, byKey) => {
          this.pointedAt = index;
          this.point(cell, byKey);
        },
        pick: ({ row, col }) => this.togglePin([index, row, col]),
        scroll: (left) => this.sides.forEach((side, i) => i !== index && (side.heatmap.scroll = left)),
        zoom: (factor) => this.zoomBy(factor),
      },
      this.signal,
    );
  }

  /** What colours the cells; scales are those of all sides. */
  private paintOf(): Paint {
    const all = this.grids.map((grid) => grid.scales());
    const names = Object.keys(NO_SCALES) as (keyof Scales)[];
    const scales = Object.fromEntries(names.map((name) => [name, Math.max(...all.map((s) => s[name]))])) as unknown as Scales;
    return { color: this.link.read("color"), contrast: this.link.read("contrast"), scales };
  }

  private paint(): void {
    const paint = this.paintOf();
    const theme = themeOf(this.frame.root);
    const names = this.grids.length > 1 ? sideNames(this.grids.map((grid) => grid.raw)) : [];
    this.grids.forEach((grid, i) => this.sides[i]!.show(grid, names[i] ?? "", paint, ramp(grid.ramp(paint), theme)));
    const rankOf = chosen(this.link.read("tracked"), this.link.read("rank_of"));
    for (const one of this.legends) one.show(this.frame, this.grids, paint, rankOf);
    fill(this.legendBox, ...this.legends.map((one) => one.element).filter((element) => !element.hidden));
    this.stair.hidden = this.grids.every((grid) => grid.differs);
    this.mark();
  }

  private pinsOf(side: number): Pinned[] {
    const named = this.link.read("pinned").map(([s, row, col], i) => ({ side: s, row, col, name: String(i + 1) }));
    return named.filter((pin) => pin.side === side);
  }

  private mark(): void {
    this.sides.forEach((side, i) => {
      const lit = this.cursor ? null : this.shared.column(this.grids[i]?.tokens ?? []);
      side.point({ cursor: this.cursor, pins: this.pinsOf(i), lit }, i === this.pointedAt);
    });
  }

  private plot(): void {
    const pins = this.link.read("pinned");
    this.trailsBox.hidden = pins.length === 0;
    this.hint.hidden = pins.length > 0;
    const theme = themeOf(this.frame.root);
    const [trails, measure] = [this.link.read("trails"), this.link.read("measure")];
    keepFocus(this.frame.root, () => this.trails.show({ pins, trails, grids: this.grids, measure, cursor: this.cursor, theme }));
    this.mark();
  }

  // -- hands -----------------------------------------------------------------------------------

  /** Moves the one cursor; hovering stays in the browser. */
  private point(cell: Cell | null, byKey: boolean): void {
    if (sameCell(cell, this.cursor)) return;
    const column = this.cursor?.col;
    this.cursor = cell;
    this.shared.point(cell && this.grids[this.pointedAt]!.tokens, cell?.col);
    this.mark();
    if (this.link.read("pinned").some(([, , pos]) => pos === cell?.col || pos === column)) this.plotUnderPointer();
    const grid = this.grids[this.pointedAt];
    if (byKey && cell && grid && cell.row < grid.rows.length && cell.col < grid.tokens.length) this.frame.announce(grid.words(cell.row, cell.col));
  }

  /** Redraws the plots in the next frame: they hold the element under the pointer. */
  private plotUnderPointer(): void {
    requestAnimationFrame(() => !this.signal.aborted && this.plot());
  }

  private togglePin(pin: Pin): void {
    const [side, row, pos] = pin;
    const pins = this.link.read("pinned");
    const same = (other: Pin): boolean => other.every((n, i) => n === pin[i]);
    const next = pins.some(same) ? pins.filter((other) => !same(other)) : [...pins, pin].slice(-6);
    this.link.act({ do: "pin", side, row, pos }, { pinned: next });
  }

  private zoomBy(factor: number): void {
    this.zoom = clamp(this.zoom * factor, 0.02, 60);
    this.sides.forEach((side) => (side.heatmap.zoom = this.zoom));
  }
}
