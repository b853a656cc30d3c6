// The whole widget: the plane with its arrows, sliders for how strongly they are on, and all readings.

import { choice } from "../shared/choice.ts";
import { lineStyle } from "../shared/color.ts";
import { clamp, fill, h, s } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { number } from "../shared/numbers.ts";
import type { Action, Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import type { Theme } from "../shared/theme.ts";
import { drawBars } from "./bars.ts";
import { drawPlane, type Ink, reachOf } from "./plane.ts";
import { LONGEST, type OverlapState, type Picture, picture, type Point } from "./state.ts";
import css from "./style.css";

const NAMES: Record<string, string> = { credential: "credential, urgency", "right angles": "at right angles", coats: "20 coats, 5 hooks", "": "yours" };
const HINT = "Drag the tip of an arrow; or choose it with Tab, turn it with ← and → (Shift: in large steps), make it longer or shorter with ↑ and ↓. Thin dotted lines show where the mixture falls on each direction: that far out is the reading.";
const SHORTEST = 0.1;

type Moved = Partial<Pick<OverlapState, "moved" | "strengths">>;

export class OverlapView {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly plane = h("figure", { class: "iw-overlap-plane" });
  private readonly bars = h("figure", {});
  private readonly words = h("p", { class: "iw-overlap-words" });
  private readonly strengths = h("div", { class: "iw-overlap-on" });
  private readonly selects = [h("select", { "aria-label": "First direction", "data-key": "pair0" }), h("select", { "aria-label": "Second direction", "data-key": "pair1" })] as const;
  private readonly pairs = h("span", { class: "iw-overlap-pair" }, "Directions ", this.selects[0], " and ", this.selects[1]);
  private readonly inputs = [0, 1].map((i) => h("input", { type: "range", min: -LONGEST, max: LONGEST, step: 0.05, "data-strength": i, "data-key": `strength${i}` }));
  private readonly said = [h("b", {}), h("b", {})];
  private readonly labels = [h("span", {}), h("span", {})];
  /** An arrow in the hand: how far the plane reaches stays as it was. Python hears of it when it is let go. */
  private held: { arrow: number; reach: number } | null = null;
  /** What a hand is moving, as long as it has not let go. */
  private moving: Moved = {};

  constructor(
    private readonly link: Link<OverlapState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    const presets = choice("Example", Object.fromEntries(link.read("scene").presets.map((name) => [name, NAMES[name] ?? name])), (name) => link.act({ do: "preset", name }), signal);
    link.watch(["preset"], () => presets.set(link.read("preset")));
    this.inputs.forEach((input, i) => this.strengths.append(h("label", {}, this.labels[i]!, this.said[i]!, input)));
    const acts = h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu());
    const top = h("div", { class: "iw-top" }, h("div", { class: "iw-bar" }, presets.element, this.pairs), acts);
    wear(frame.root, css);
    frame.root.append(top, this.status.error, this.words, h("div", { class: "iw-overlap-charts" }, this.plane, h("div", {}, this.strengths, this.bars)), h("p", { class: "iw-hint" }, HINT), this.status.summary);
    this.listen();
    frame.onTheme(() => this.draw());
    link.watch(["scene", "pair", "moved", "strengths"], () => keepFocus(frame.root, () => this.draw()));
  }

  private listen(): void {
    const { link, plane, signal } = this;
    plane.addEventListener("pointerdown", (event) => {
      const arrow = (event.target as Element).closest<SVGElement>("[data-arrow]");
      if (!arrow || event.button !== 0) return;
      event.preventDefault();
      plane.setPointerCapture(event.pointerId);
      this.held = { arrow: Number(arrow.dataset["arrow"]), reach: reachOf(this.now()) };
      plane.querySelector<SVGElement>(`[data-arrow="${this.held.arrow}"]`)?.focus();
    }, { signal });
    plane.addEventListener("pointermove", (event) => this.held && this.drag(event), { signal });
    for (const end of ["pointerup", "pointercancel"] as const) {
      plane.addEventListener(end, () => {
        this.held = null;
        const { moved } = this.moving;
        this.moving = {};
        if (moved) this.tell({ do: "move", to: moved }, { moved });
        else keepFocus(this.frame.root, () => this.draw());
      }, { signal });
    }
    plane.addEventListener("keydown", (event) => this.key(event), { signal });
    this.inputs.forEach((input, i) => {
      const strengths = (): number[] => this.now().strengths.map((on, k) => (k === link.read("pair")[i] ? Number(input.value) : on));
      input.addEventListener("input", () => {
        this.moving = { strengths: strengths() };
        keepFocus(this.frame.root, () => this.draw());
      }, { signal });
      input.addEventListener("change", () => {
        const to = strengths();
        this.moving = {};
        this.tell({ do: "strength", to }, { strengths: to });
      }, { signal });
    });
    this.selects.forEach((select, i) => select.addEventListener("change", () => {
      const pair = [...link.read("pair")] as [number, number];
      pair[i] = Number(select.value);
      link.act({ do: "pair", pair });
    }, { signal }));
  }

  private now({ moved, strengths }: Moved = this.moving): Picture {
    const { link } = this;
    return picture(link.read("scene"), link.read("pair"), moved ?? link.read("moved"), strengths ?? link.read("strengths"));
  }

  /** An action; the sentence below the picture says at once what follows from it. */
  private tell(action: Action, echo: Moved): void {
    this.link.act(action, { ...echo, summary: this.sentence(echo) });
  }

  /** What is read, and whose; with what a gesture is about to change. */
  private sentence(change: Moved = this.moving): string {
    const shown = this.now(change);
    const parts = shown.pair.map((i, side) => {
      const own = shown.strengths[i]! * Math.hypot(...shown.tips[side]!);
      const others = shown.readings[i]! - own;
      return `${shown.names[i]} reads ${number(shown.readings[i]!)} = ${number(own)} its own ${others < 0 ? "−" : "+"} ${number(Math.abs(others))} of others`;
    });
    return `Cosine ${number(shown.cosine)}. ${parts.join("; ")}.`;
  }

  private drag(event: PointerEvent): void {
    const { arrow, reach } = this.held!;
    const box = this.plane.querySelector("svg")!.getBoundingClientRect();
    const at = (share: number): number => (2 * share - 1) * reach;
    this.moving = { moved: this.tips(arrow, [at((event.clientX - box.left) / box.width), -at((event.clientY - box.top) / box.height)]) };
    keepFocus(this.frame.root, () => this.draw());
  }

  /** Both tips, one of them elsewhere; not in the middle, where it would point nowhere, nor far out. */
  private tips(arrow: number, [x, y]: Point): number[][] {
    const size = Math.hypot(x, y) || 1;
    const scale = clamp(size, SHORTEST, LONGEST) / size;
    const tips = this.now().tips.map((tip) => [...tip]);
    tips[arrow] = [x * scale, y * scale].map((one) => Math.round(one * 1000) / 1000);
    return tips;
  }

  private key(event: KeyboardEvent): void {
    const arrow = (event.target as Element).closest<SVGElement>("[data-arrow]")?.dataset["arrow"];
    const by = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] }[event.key];
    if (arrow === undefined || !by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const [x, y] = this.now().tips[Number(arrow)]!;
    const angle = Math.atan2(y, x) + (by[0]! * (event.shiftKey ? 15 : 1) * Math.PI) / 180;
    const size = clamp(Math.hypot(x, y) + by[1]!, SHORTEST, LONGEST);
    const moved = this.tips(Number(arrow), [size * Math.cos(angle), size * Math.sin(angle)]);
    this.tell({ do: "move", to: moved, burst: `key${arrow}` }, { moved });
  }

  private ink(): Ink {
    const style = getComputedStyle(this.frame.root);
    const of = (name: string): string => style.getPropertyValue(name).trim();
    const theme = (this.frame.root.dataset["theme"] ?? "light") as Theme;
    const solid = (i: number): { color: string; dash: string } => ({ ...lineStyle(i, theme), dash: "" });
    return { text: style.color, faint: of("--iw-faint"), line: of("--iw-line"), ground: of("--iw-ground"), arrows: [solid(0), solid(1)], mixture: { ...lineStyle(2, theme), dash: "7 4" } };
  }

  private draw(): void {
    const { link } = this;
    const shown = this.now();
    const ink = this.ink();
    fill(this.plane, drawPlane(shown, this.held?.reach ?? reachOf(shown), ink));
    fill(this.bars, drawBars(shown, ink));
    this.words.textContent = this.sentence();
    this.inputs.forEach((input, side) => {
      const i = shown.pair[side]!;
      input.value = String(shown.strengths[i]!);
      this.labels[side]!.textContent = `${shown.names[i]} is on with`;
      input.setAttribute("aria-label", `${shown.names[i]} is on with`);
      this.said[side]!.textContent = number(shown.strengths[i]!);
    });
    this.pairs.hidden = shown.names.length < 3;
    this.selects.forEach((select, side) => {
      const other = shown.pair[1 - side]!;
      fill(select, ...shown.names.map((name, i) => h("option", { value: i, selected: i === shown.pair[side], disabled: i === other }, name)));
    });
    this.frame.root.dataset["preset"] = link.read("preset");
  }

  private menu(): HTMLElement {
    const whole = (): SVGSVGElement => {
      const [left, right] = [this.plane, this.bars].map((figure) => figure.querySelector("svg")!.cloneNode(true) as SVGSVGElement) as [SVGSVGElement, SVGSVGElement];
      const [w, tall] = [Number(left.getAttribute("width")), Number(right.getAttribute("height"))];
      const [width, height] = [w + 20 + Number(right.getAttribute("width")), Math.max(Number(left.getAttribute("height")), tall)];
      right.setAttribute("x", String(w + 20));
      const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}` }, left, right);
      svg.style.background = getComputedStyle(this.frame.root).backgroundColor;
      return svg;
    };
    const rows = (): Blob => {
      const { names, strengths, readings } = this.now();
      const lines = [["feature", "strength", "reading"], ...names.map((name, i) => [name, strengths[i]!, readings[i]!])];
      return new Blob([`${lines.map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
    };
    const plain = (): Blob => new Blob([JSON.stringify({ ...this.link.read("scene"), ...this.now() }, null, 1)], { type: "application/json" });
    return keepMenu("overlap", { PNG: () => pngBlob(whole()), SVG: () => svgBlob(whole()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.signal);
  }
}
