// The whole widget: two prompts, two tokens, what is patched, one bar a layer, and the card of the bar that is open.

import { choice } from "../shared/choice.ts";
import { SharedCursor } from "../shared/cursor.ts";
import { fill, h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { BufferLost } from "../shared/planes.ts";
import { promptBoxes } from "../shared/prompts.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { type Status, status } from "../shared/status.ts";
import { tokenBox } from "../shared/token_box.ts";
import { drawBars, WIDEST } from "./bars.ts";
import { card } from "./card.ts";
import { positions } from "./positions.ts";
import { type Bar, barsOf, columnOf, columns, DIRECTIONS, MODES, type PatchState, type RawShown } from "./state.ts";
import css from "./style.css";

const HINT = "Click a bar (Enter, Space) to open its card; left and right arrows move between layers.";
const NAMES = ["Clean prompt", "Corrupt prompt"];
const TOLERANCE = 1e-3;

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly places = h("div", { class: "iw-patch-places", role: "group", "aria-label": "Position that is patched" });
  private readonly heads = h("select", { "aria-label": "Head that is patched" });
  private readonly note = h("p", { class: "iw-patch-note" });
  private readonly light = h("span", { class: "iw-light" });
  private readonly chart = h("div", { class: "iw-patch-bars" });
  private readonly card = h("div", { class: "iw-patch-card", role: "region", "aria-label": "Card of the open layer" });
  private readonly shared: SharedCursor;
  private bars: Bar[] = [];
  private home = 0;

  constructor(
    private readonly link: Link<PatchState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    this.shared = new SharedCursor(signal, () => this.mark());
    const typed = (): void => this.status.fail("");
    const read = (): { prompt: string; unknown: [number, number][] }[] => {
      const { prompts, unknown } = link.read("shown");
      return unknown.map((ranges, i) => ({ prompt: prompts[i]!, unknown: ranges }));
    };
    const boxes = promptBoxes(link, ["shown"], read, typed, signal);
    link.watch(["prompts", "live"], () => boxes.querySelectorAll(".iw-prompt > :is(label, .iw-name)").forEach((label, i) => (label.textContent = NAMES[i]!)));
    const top = h("div", { class: "iw-top" }, boxes, h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    const asked = h("div", { class: "iw-patch-asked" }, tokenBox(link, "answer", "Answer", typed, signal), tokenBox(link, "distractor", "Distractor", typed, signal), this.status.busy);
    const pick = <K extends "mode" | "direction">(which: K, label: string, options: Record<PatchState[K], string>): HTMLElement => {
      const radios = choice(label, options, (by) => {
        typed();
        link.act({ do: which, by }, { [which]: by } as Partial<PatchState>);
      }, signal);
      link.watch([which], () => radios.set(link.read(which)));
      return radios.element;
    };
    const bar = h("div", { class: "iw-bar" }, pick("mode", "Patch", MODES), this.heads, pick("direction", "Direction", DIRECTIONS), this.light);
    const legend = h("div", { class: "iw-patch-legend" }, ...(["exact", "estimate", "error"] as const).map((as) => h("span", {}, h("i", { "data-as": as }), { exact: "measured by a run", estimate: "estimated by a gradient, not measured yet", error: "tick: the estimate; line: its error" }[as])));
    frame.root.append(h("style", {}, css), top, asked, this.status.error, bar, this.places, this.note, this.chart, legend, this.card, h("p", { class: "iw-hint" }, HINT), this.status.summary);
    this.listen();
    link.watch(["shown", "mode", "direction", "pos", "head", "opened", "note", "prompts", "answer", "distractor", "live"], () => keepFocus(frame.root, () => this.draw()));
  }

  private listen(): void {
    const { chart, heads, places, signal } = this;
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
    heads.addEventListener("change", () => this.link.act({ do: "head", head: Number(heads.value) }, { head: Number(heads.value) }), { signal });
    const point = (event: Event): void => {
      const at = (event.target as Element).closest<HTMLElement>("[data-pos]")?.dataset["pos"];
      this.shared.point(at === undefined ? null : this.base(), at === undefined ? undefined : Number(at));
    };
    for (const kind of ["pointerover", "focusin"]) places.addEventListener(kind, point, { signal });
    for (const kind of ["pointerleave", "focusout"]) places.addEventListener(kind, () => this.shared.point(null), { signal });
  }

  /** Tokens of the prompt that is patched. */
  private base(): string[] {
    const { tokens, direction } = this.link.read("shown");
    return tokens[direction === "denoise" ? 1 : 0];
  }

  private open(layer: number): void {
    if (layer < 0) return;
    this.home = layer;
    const opened = this.link.read("opened");
    this.link.act({ do: "open", layer }, { opened: layer === opened ? -1 : layer });
  }

  private focus(layer: number): void {
    this.home = layer;
    this.draw();
    this.chart.querySelector<SVGElement>(`[data-layer="${layer}"]`)?.focus();
  }

  private draw(): void {
    const { link } = this;
    const raw = link.read("shown");
    const column = columnOf(raw, link.read("pos"), link.read("head"));
    try {
      this.bars = barsOf(raw, column);
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      link.askForText();
      return;
    }
    this.home = Math.min(this.home, this.bars.length - 1);
    const opened = Math.min(link.read("opened"), this.bars.length - 1);
    this.chart.replaceChildren(drawBars(this.bars, opened, this.home, this.ends(raw), this.width()));
    this.chart.dataset["stale"] = String(this.stale(raw));
    this.choices(raw, column);
    this.note.textContent = link.read("note");
    this.note.hidden = link.read("note") === "";
    this.card.hidden = opened < 0;
    fill(this.card, ...(opened < 0 ? [] : card(raw, this.bars[opened]!, column, link.read("live"))));
    this.check(raw);
    this.mark();
  }

  /** Drawn as wide as there is room, so that its letters keep their size. */
  private width(): number {
    return Math.min(this.chart.clientWidth || WIDEST, WIDEST);
  }

  private ends({ direction }: RawShown): [string, string] {
    const ends: [string, string] = ["corrupt", "clean"];
    return direction === "denoise" ? ends : [ends[1], ends[0]];
  }

  /** Whether the bars answer an older question than the one that is asked. */
  private stale(raw: RawShown): boolean {
    const same = (["mode", "direction", "answer", "distractor"] as const).every((name) => raw[name] === this.link.read(name));
    return !same || this.link.read("prompts").some((prompt, i) => prompt !== raw.prompts[i]);
  }

  private choices(raw: RawShown, column: number): void {
    this.places.hidden = raw.mode !== "position";
    if (raw.mode === "position") fill(this.places, ...positions(raw, column, (pos) => this.link.act({ do: "position", pos }, { pos })));
    this.heads.hidden = raw.mode !== "head";
    if (raw.mode === "head") {
      if (this.heads.options.length !== columns(raw)) fill(this.heads, ...Array.from({ length: columns(raw) }, (_, head) => h("option", { value: head }, `head ${head}`)));
      this.heads.value = String(column);
    }
  }

  private check({ nothing, whole }: RawShown): void {
    const known = nothing !== null && whole !== null;
    const good = known && Math.abs(nothing) <= TOLERANCE && Math.abs(whole - 1) <= TOLERANCE;
    this.light.dataset["state"] = known ? (good ? "good" : "bad") : "open";
    this.light.textContent = known ? `${good ? "✓" : "▲"} run into itself: ${nothing.toFixed(3)} · whole stream: ${whole.toFixed(3)}` : "check: not run yet";
    this.light.title = "Patching a run into itself must change nothing (0); patching its whole stream must give the other run (1).";
  }

  private mark(): void {
    const lit = this.shared.column(this.base());
    for (const button of this.places.querySelectorAll<HTMLElement>("[data-pos]")) {
      if (button.dataset["pos"] === String(lit)) button.dataset["lit"] = String(lit);
      else delete button.dataset["lit"];
    }
  }

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => {
      const style = getComputedStyle(this.frame.root);
      const of = (name: string): string => style.getPropertyValue(name);
      const svg = drawBars(this.bars, -1, 0, this.ends(this.link.read("shown")), WIDEST, { bar: of("--iw-link"), text: style.color, faint: of("--iw-faint"), line: style.color });
      svg.style.background = style.backgroundColor;
      return svg;
    };
    const rows = (): Blob => new Blob([`${[["layer", "recovery", "estimate"], ...this.bars.map(({ layer, exact, estimate }) => [layer, exact, estimate])].map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
    const plain = (): Blob => {
      const { planes: _, ...raw } = this.link.read("shown");
      return new Blob([JSON.stringify({ ...raw, pos: this.link.read("pos"), head: this.link.read("head"), bars: this.bars }, null, 1)], { type: "application/json" });
    };
    return keepMenu("patching", { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.signal);
  }
}
