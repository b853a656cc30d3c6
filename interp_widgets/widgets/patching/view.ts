// The whole widget: two prompts, two tokens, what is patched, one bar a layer with its card, and the board to move sites.

import { SharedCursor } from "../shared/cursor.ts";
import { fill, h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { BufferLost, numbers } from "../shared/planes.ts";
import { promptBoxes } from "../shared/prompts.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { tokenBox } from "../shared/token_box.ts";
import { type Colors, drawBars, STYLED, WIDEST } from "./bars.ts";
import { Board } from "./board.ts";
import { card, movedCard } from "./card.ts";
import { copyCode } from "./code.ts";
import { controls } from "./controls.ts";
import { Heads } from "./heads.ts";
import { pairs } from "./pairs.ts";
import { alignment, positions } from "./positions.ts";
import { runs } from "./runs.ts";
import { type Bar, barsOf, baseTokens, byPosition, type Contrast, type PatchState, placeAt, type RawShown, type Sweep, sweepOf, TRAITS } from "./state.ts";
import css from "./style.css";

const HINT = "Click a bar (Enter, Space) to open its card; left and right arrows move between layers.";
const NAMES = ["Clean prompt", "Corrupt prompt"];
const LEGEND = { exact: "measured by a run", estimate: "estimated by a gradient, not measured yet", error: "tick: the estimate; line: its error", interval: "95 % interval over pairs", compared: "the compared run" };

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly places = h("div", { class: "iw-patch-places", role: "group", "aria-label": "Position that is patched" });
  private readonly pairing = h("div", { class: "iw-patch-pairing" });
  private readonly note = h("p", { class: "iw-patch-note" });
  private readonly light = h("span", { class: "iw-light" });
  private readonly chart = h("div", { class: "iw-patch-bars" });
  private readonly legend = h("div", { class: "iw-patch-legend" });
  private readonly card = h("div", { class: "iw-patch-card", role: "group", "aria-label": "Card of the open layer" });
  private readonly moved = h("div", { class: "iw-patch-card", role: "group", "aria-label": "What the moved site does" });
  private readonly shared: SharedCursor;
  private readonly board: Board;
  private readonly heads: Heads;
  private bars: Bar[] = [];
  private held: RawShown | null = null;
  private sweep: Sweep | null = null;
  private home = 0;
  private brought = -1;

  constructor(
    private readonly link: Link<PatchState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    this.shared = new SharedCursor(signal, () => this.mark());
    this.board = new Board(link, frame);
    this.heads = new Heads(link, frame);
    const typed = (): void => this.status.fail("");
    const read = (): { prompt: string; unknown: [number, number][] }[] => {
      const { prompts, unknown } = link.read("shown");
      return unknown.map((ranges, i) => ({ prompt: prompts[i]!, unknown: ranges }));
    };
    const boxes = promptBoxes(link, ["shown"], read, typed, signal);
    link.watch(["prompts", "live"], () => boxes.querySelectorAll(".iw-prompt > :is(label, .iw-name)").forEach((label, i) => (label.textContent = NAMES[i]!)));
    const code = copyCode(link, signal);
    const top = h("div", { class: "iw-top" }, boxes, h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    const asked = h("div", { class: "iw-patch-asked" }, tokenBox(link, "answer", "Answer", typed, signal), tokenBox(link, "distractor", "Distractor", typed, signal), code.button, this.status.busy);
    const bar = h("div", { class: "iw-bar" }, ...controls(link, typed, signal), this.light);
    wear(frame.root, css);
    frame.root.append(top, this.pairing, asked, code.panel, pairs(link, typed, signal), this.status.error, bar, this.places, this.note, runs(link, signal), this.chart, this.legend, h("p", { class: "iw-hint" }, HINT), this.card, this.heads.element, this.board.element, this.moved, this.status.summary);
    this.listen();
    link.watch(["pairing", "align", "live"], () => this.align());
    link.watch(TRAITS, () => keepFocus(frame.root, () => this.draw()));
  }

  private listen(): void {
    const { chart, places, signal } = this;
    const layerOf = (event: Event): number => Number((event.target as Element).closest("[data-layer]")?.getAttribute("data-layer") ?? -1);
    chart.addEventListener("click", (event) => this.open(layerOf(event)), { signal });
    chart.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const last = this.bars.length - 1;
      const to = { ArrowLeft: this.home - 1, ArrowRight: this.home + 1, Home: 0, End: last }[event.key];
      if (to !== undefined) this.focus(Math.min(Math.max(to, 0), last));
      else if (event.key === "Enter" || event.key === " ") this.open(layerOf(event));
      else if (event.key === "Escape" && this.link.read("opened") >= 0) this.open(this.link.read("opened"));
      else return;
      event.preventDefault();
    }, { signal });
    let drawn = 0;
    const sized = new ResizeObserver(() => {
      if (this.width() === drawn) return;
      drawn = this.width();
      keepFocus(this.frame.root, () => this.draw());
    });
    sized.observe(chart);
    signal.addEventListener("abort", () => sized.disconnect());
    const point = (event: Event): void => {
      const at = (event.target as Element).closest<HTMLElement>("[data-pos]")?.dataset["pos"];
      this.shared.point(at === undefined ? null : baseTokens(this.link.read("shown")), at === undefined ? undefined : Number(at));
    };
    for (const kind of ["pointerover", "focusin"]) places.addEventListener(kind, point, { signal });
    for (const kind of ["pointerleave", "focusout"]) places.addEventListener(kind, () => this.shared.point(null), { signal });
  }

  private open(layer: number): void {
    if (layer < 0) return;
    this.home = layer;
    const opened = this.link.read("opened");
    this.link.act({ do: "open", layer }, { opened: layer === opened ? -1 : layer });
  }

  private focus(layer: number): void {
    this.home = layer;
    for (const bar of this.chart.querySelectorAll<SVGElement>("[data-layer]")) {
      const here = bar.dataset["layer"] === String(layer);
      bar.setAttribute("tabindex", here ? "0" : "-1");
      bar.toggleAttribute("data-home", here);
      if (here) bar.focus();
    }
  }

  private draw(): void {
    const { link } = this;
    const raw = link.read("shown");
    const place = placeAt(raw, link.read("pos"), link.read("head"));
    try {
      // Unpacked once for each answer, not for each key that moves through it.
      if (this.held !== raw) this.sweep = sweepOf(raw);
      this.held = raw;
      const { plane } = link.read("other");
      this.bars = barsOf(raw, this.sweep!, place.column, plane && link.read("compared") >= 0 ? numbers(plane) : null);
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      link.askForText();
      return;
    }
    this.home = Math.min(this.home, this.bars.length - 1);
    const opened = Math.min(link.read("opened"), this.bars.length - 1);
    this.chart.replaceChildren(this.drawn(opened, this.width(), STYLED));
    this.chart.dataset["stale"] = String(this.stale(raw));
    this.keys();
    this.places.hidden = !byPosition(raw);
    if (byPosition(raw)) fill(this.places, ...positions(raw, place.pos, (pos) => link.act({ do: "position", pos }, { pos })));
    this.bring(place.pos);
    this.note.textContent = link.read("note");
    this.note.hidden = link.read("note") === "";
    this.card.hidden = opened < 0;
    fill(this.card, ...(opened < 0 ? [] : card(raw, this.bars[opened]!, place, link.read("card"), link.read("live"))));
    const moved = link.read("moved");
    const there = moved.move?.join() === link.read("carried").join();
    this.moved.hidden = !there;
    fill(this.moved, ...(there ? movedCard(raw, moved, () => link.act({ do: "drop" }, { carried: [] })) : []));
    this.heads.show(raw, this.sweep!);
    this.board.show(raw, this.sweep!);
    this.check(raw);
    this.mark();
  }

  /** Scrolls a long list of positions to the picked one, once: after that it stays where a person scrolls it. */
  private bring(pos: number): void {
    const { places } = this;
    if (pos === this.brought || places.clientHeight === 0) return;
    this.brought = pos;
    const picked = places.querySelector<HTMLElement>('[aria-pressed="true"]');
    if (!picked) return;
    const [inside, whole] = [picked.getBoundingClientRect(), places.getBoundingClientRect()];
    if (inside.bottom > whole.bottom) places.scrollTop += inside.bottom - whole.bottom + 4;
    else if (inside.top < whole.top) places.scrollTop -= whole.top - inside.top + 4;
  }

  private drawn(opened: number, width: number, colors: Colors): SVGSVGElement {
    const raw = this.link.read("shown");
    const ends: [string, string] = raw.direction === "denoise" ? ["corrupt", "clean"] : ["clean", "corrupt"];
    return drawBars({ bars: this.bars, opened, home: this.home, ends, contrast: this.contrast(), width, colors });
  }

  /** How a compared run is drawn; null while there is none to draw. */
  private contrast(): Contrast | null {
    return this.bars.some(({ other }) => !Number.isNaN(other)) ? this.link.read("contrast") : null;
  }

  private keys(): void {
    const contrast = this.contrast();
    const interval = this.bars.some(({ low }) => !Number.isNaN(low));
    const shown = (Object.keys(LEGEND) as (keyof typeof LEGEND)[]).filter((as) => (as === "interval" ? interval && contrast !== "difference" : as === "compared" ? contrast === "beside" : as !== "error" || (!interval && contrast !== "difference")));
    fill(this.legend, ...shown.map((as) => h("span", {}, h("i", { "data-as": as }), LEGEND[as])));
  }

  /** Drawn as wide as there is room, so that its letters keep their size. */
  private width(): number {
    return Math.min(this.chart.clientWidth || WIDEST, WIDEST);
  }

  /** Whether the bars answer an older question than the one that is asked. */
  private stale(raw: RawShown): boolean {
    const { link } = this;
    const same = (["mode", "direction", "align", "answer", "distractor"] as const).every((name) => raw[name] === link.read(name));
    const spread = ["all", "position"].includes(raw.mode) || raw.at === link.read("at");
    return !same || !spread || raw.pairs[0] !== link.read("pairs").length + 1 || link.read("prompts").some((prompt, i) => prompt !== raw.prompts[i]);
  }

  /** Prompts of unequal length are shown in columns, with the way out. */
  private align(): void {
    const { link } = this;
    const table = alignment(link.read("pairing"));
    const by = link.read("align") ? "" : "diff";
    this.pairing.hidden = !link.read("live") || (table === null && by === "diff");
    if (this.pairing.hidden) return;
    const button = h("button", { type: "button", "data-key": "align", "aria-pressed": String(by === "") }, "Align prompts");
    button.addEventListener("click", () => {
      this.status.fail("");
      link.act({ do: "align", by }, { align: by });
    });
    const why = by ? "The prompts differ in length. Aligned, positions that stand under each other are patched; dashes are left alone." : "Aligned: only positions with a partner are patched.";
    fill(this.pairing, table, h("p", { class: "iw-hint" }, why), button);
  }

  private check({ nothing, whole, align, values, tolerance }: RawShown): void {
    const gap = Math.abs((values[0] ?? 0) - (values[1] ?? 0)) || 1;
    const still = nothing !== null && Math.abs(nothing) <= tolerance * gap;
    const good = still && (whole === null || Math.abs(whole - 1) <= tolerance);
    this.light.dataset["state"] = nothing === null ? "open" : good ? "good" : "bad";
    const stream = whole !== null ? whole.toFixed(3) : align ? "not asked, prompts differ in length" : "not asked, both runs agree";
    this.light.textContent = nothing === null ? "check: not run yet" : `${good ? "✓" : "▲"} run into itself: ${nothing.toFixed(3)} · whole stream: ${stream}`;
    this.light.title = "Patching a run into itself must change nothing (0); patching its whole stream must give the other run (1).";
  }

  private mark(): void {
    const lit = this.shared.column(baseTokens(this.link.read("shown")));
    for (const button of this.places.querySelectorAll<HTMLElement>("[data-pos]")) {
      if (button.dataset["pos"] === String(lit)) button.dataset["lit"] = String(lit);
      else delete button.dataset["lit"];
    }
  }

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => {
      const style = getComputedStyle(this.frame.root);
      const of = (name: string): string => style.getPropertyValue(name);
      const svg = this.drawn(-1, WIDEST, { bar: of("--iw-link"), other: of("--iw-accent"), text: style.color, faint: of("--iw-faint") });
      svg.style.background = style.backgroundColor;
      return svg;
    };
    const names = ["layer", "exact", "estimate", "low", "high", "other"] as const;
    const rows = (): Blob => new Blob([`${[["layer", "recovery", "estimate", "low", "high", "compared"], ...this.bars.map((bar) => names.map((name) => bar[name]))].map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
    const plain = (): Blob => {
      const { planes: _, ...raw } = this.link.read("shown");
      const { pos, head, card, moved } = { pos: this.link.read("pos"), head: this.link.read("head"), card: this.link.read("card"), moved: this.link.read("moved") };
      return new Blob([JSON.stringify({ ...raw, pos, head, card, moved, bars: this.bars }, null, 1)], { type: "application/json" });
    };
    return keepMenu("patching", { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.signal);
  }
}
