// The whole widget: tools, the strip, the legend of its colours.

import { ramp, type Ramp } from "../shared/color.ts";
import { SharedCursor } from "../shared/cursor.ts";
import { h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { BufferLost, numbers, type RawPlane } from "../shared/planes.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { themeOf } from "../shared/theme.ts";
import { Tooltip } from "../shared/tooltip.ts";
import { asDocument, drawing, type Kept, table } from "./files.ts";
import { nameOf, textOf, type Token, tokenOf } from "./names.ts";
import { positions, type Range, ranges, type Scale, type TokensState } from "./state.ts";
import { type Shade, Strip } from "./strip.ts";
import css from "./style.css";

const HINT = "Click a token to select it, Shift-click or drag for a range, Ctrl-click for several. Keys: arrows, Space, Shift + arrows, Ctrl+A, Escape; Ctrl+C copies.";
/** Ramps for values above and below 0; those below are underlined as well. */
const [ABOVE, BELOW] = ["probability", "entropy"] as const;

export class View {
  private readonly status: Status;
  private readonly shared: SharedCursor;
  private readonly strip: Strip;
  private readonly tip = new Tooltip();
  private readonly count = h("span", { class: "iw-tok-count" });
  private readonly legend = h("div", { class: "iw-foot", hidden: true });
  private raw: readonly string[] = [];
  private tokens: readonly Token[] = [];
  private values: Float32Array | null = null;
  private selected: ReadonlySet<number> = new Set();
  private ramps: { above: Ramp; below: Ramp };
  private cursor: number | null = null;
  private byKey = false;

  constructor(
    private readonly link: Link<TokensState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.ramps = this.colors();
    this.status = status(link, frame);
    this.shared = new SharedCursor(signal, () => this.draw());
    this.strip = new Strip(
      {
        point: (pos, byKey) => this.point(pos, byKey),
        only: (pos) => this.select(this.selected.size === 1 && this.selected.has(pos) ? [] : [[pos, pos]]),
        toggle: (pos) => this.toggle(pos),
        range: (from, to, gesture, add) => this.range(from, to, gesture, add),
        all: () => this.select([[0, this.tokens.length - 1]]),
        escape: () => this.clear(),
        copy: () => this.copy(),
      },
      signal,
    );
    const { busy, error, summary } = this.status;
    const bar = h("div", { class: "iw-bar" }, historyButtons(link, signal), this.button("Copy", "Copy the selected tokens as text (Ctrl+C)", () => this.copy()), this.button("Clear", "Select nothing (Escape)", () => this.clear()), this.count, busy, h("span", { class: "iw-push" }, this.menu()));
    wear(frame.root, css);
    frame.root.append(bar, error, this.strip.element, this.legend, h("p", { class: "iw-hint" }, HINT), summary, this.tip.element);
    link.watch(["tokens", "special", "values", "scale"], () => this.take());
    link.watch(["selected"], () => this.mark());
    frame.onTheme(() => {
      this.ramps = this.colors();
      this.explain();
      this.draw();
    });
    document.addEventListener("scroll", () => this.tip.hide(), { capture: true, passive: true, signal });
  }

  // -- parts -----------------------------------------------------------------------------------

  private button(text: string, title: string, run: () => void): HTMLElement {
    const button = h("button", { type: "button", title, "data-key": text }, text);
    button.addEventListener("click", run, { signal: this.frame.signal });
    return button;
  }

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => drawing(this.kept());
    const makers = { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: () => table(this.kept()), JSON: () => asDocument(this.kept()) };
    return keepMenu("tokens", makers, (why) => this.status.fail(why), this.frame.signal);
  }

  private kept(): Kept {
    const places = this.strip.places;
    if (!places) throw new Error("the tokens have not been laid out yet");
    const style = getComputedStyle(this.frame.root);
    const line = this.ramps.above.rgb.subarray(120, 123);
    return { tokens: this.tokens, values: this.values, label: this.scale?.label ?? "", selected: this.selected, shade: (pos) => this.shade(pos), negative: (pos) => this.negative(pos), places, font: this.strip.font, ground: style.backgroundColor, text: style.color, line: `rgb(${line.join(",")})` };
  }

  private colors(): { above: Ramp; below: Ramp } {
    const theme = themeOf(this.frame.root);
    return { above: ramp(ABOVE, theme), below: ramp(BELOW, theme) };
  }

  private get scale(): Scale | null {
    const scale = this.link.read("scale");
    return "top" in scale ? (scale as Scale) : null;
  }

  // -- drawing ---------------------------------------------------------------------------------

  /** What Python sent: tokens and their values. */
  private take(): void {
    const { link } = this;
    this.raw = link.read("tokens");
    const special = new Set(link.read("special"));
    this.tokens = this.raw.map((piece, i) => tokenOf(piece, special.has(i)));
    const sent = link.read("values");
    try {
      this.values = this.scale ? numbers(sent as RawPlane) : null;
    } catch (lost) {
      if (!(lost instanceof BufferLost)) throw lost;
      this.values = null;
      link.askForText();
    }
    this.explain();
    this.mark();
  }

  private mark(): void {
    const selected = this.link.read("selected");
    this.selected = new Set(selected);
    const [some, all] = [selected.length.toLocaleString("en"), this.tokens.length.toLocaleString("en")];
    this.count.textContent = `${some} of ${all} selected`;
    this.strip.element.dataset["selected"] = ranges(selected.slice(0, 100)).map(([a, b]) => `${a}-${b}`).join(" ");
    this.draw();
  }

  private draw(): void {
    const lit = this.cursor === null ? this.shared.column(this.raw) : null;
    this.strip.show({ tokens: this.tokens, shade: (pos) => this.shade(pos), words: (pos) => this.words(pos), negative: (pos) => this.negative(pos), selected: this.selected, cursor: this.cursor, lit });
  }

  private shade(pos: number): Shade | null {
    const [value, scale] = [this.values?.[pos] ?? NaN, this.scale];
    if (Number.isNaN(value) || !scale) return null;
    const { rgb, ink } = value < 0 ? this.ramps.below : this.ramps.above;
    const level = Math.round(Math.min(Math.abs(value) / scale.top, 1) * 255);
    const color = rgb.subarray(level * 3, level * 3 + 3);
    return { background: `rgb(${color.join(",")})`, text: ink[level]! };
  }

  private negative(pos: number): boolean {
    return (this.values?.[pos] ?? 0) < 0;
  }

  private words(pos: number): string {
    if (!this.values) return "";
    const value = this.values[pos]!;
    return `${this.scale?.label ?? ""} ${Number.isNaN(value) ? "not known" : figure(value)}`;
  }

  /** The legend: which colour is which value. */
  private explain(): void {
    const scale = this.scale;
    this.legend.hidden = scale === null;
    if (!scale) return;
    const canvas = h("canvas", { width: 256, height: 1, "aria-hidden": "true" });
    const context = canvas.getContext("2d")!;
    const pixels = context.createImageData(256, 1);
    for (let i = 0; i < 256; i++) {
      const signed = scale.diverging ? (i - 127.5) / 127.5 : i / 255;
      const { rgb } = signed < 0 ? this.ramps.below : this.ramps.above;
      const level = Math.round(Math.abs(signed) * 255) * 3;
      pixels.data.set([...rgb.subarray(level, level + 3), 255], i * 4);
    }
    context.putImageData(pixels, 0, 0);
    const ends = [scale.diverging ? figure(-scale.top) : "0", figure(scale.top)];
    const bar = h("span", { class: "iw-legend" }, h("span", {}, scale.label), ends[0]!, canvas, ends[1]!);
    this.legend.replaceChildren(bar, ...(scale.diverging ? [h("span", {}, "underlined: below 0")] : []));
  }

  // -- hands -----------------------------------------------------------------------------------

  private point(pos: number | null, byKey: boolean): void {
    if (pos === this.cursor && byKey === this.byKey) return;
    this.cursor = pos;
    this.byKey = byKey;
    this.shared.point(pos === null ? null : this.raw, pos ?? -1);
    this.draw();
    const box = pos === null ? null : this.strip.box(pos);
    if (pos === null || !box) return this.tip.hide();
    const value = this.words(pos);
    this.tip.show(box, this.frame.root.getBoundingClientRect(), h("b", {}, nameOf(this.tokens[pos]!)), h("div", {}, `token ${pos}`), ...(value ? [h("div", {}, value)] : []));
  }

  private select(chosen: readonly Range[], gesture?: number): void {
    if (chosen.length === 0) return this.clear();
    const burst = gesture === undefined ? {} : { burst: `range ${gesture}` };
    this.link.act({ do: "select", ranges: chosen, ...burst }, { selected: positions(chosen) });
  }

  private toggle(pos: number): void {
    const now = this.link.read("selected");
    this.select(ranges(now.includes(pos) ? now.filter((other) => other !== pos) : [...now, pos].sort((a, b) => a - b)));
  }

  private range(from: number, to: number, gesture: number, add: boolean): void {
    const range: Range = [Math.min(from, to), Math.max(from, to)];
    const before = add ? this.link.read("selected") : [];
    this.select(ranges(positions([...ranges(before), range])), add ? undefined : gesture);
  }

  private clear(): void {
    if (this.selected.size > 0) this.link.act({ do: "clear" }, { selected: [] });
  }

  /** Selected tokens as text: what stood together stays together, other parts each get a line. */
  private async copy(): Promise<void> {
    const parts = ranges(this.link.read("selected")).map(([a, b]) => textOf(this.tokens.slice(a, b + 1)));
    if (parts.length === 0) return this.frame.announce("Nothing is selected.");
    try {
      await navigator.clipboard.writeText(parts.join("\n"));
      this.frame.announce("Copied.");
    } catch {
      this.status.fail("The browser did not let this page write to the clipboard. Save keeps the tokens as a file.");
    }
  }
}

/** Three digits that count. */
const figure = (value: number): string => String(Number(value.toPrecision(3)));
