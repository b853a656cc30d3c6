// The whole widget: two prompts, a place, three runs uncovered one after the other, and how far the last one got.

import { choice } from "../shared/choice.ts";
import { SharedCursor } from "../shared/cursor.ts";
import { clamp, fill, h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { promptBoxes } from "../shared/prompts.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { tokenBox } from "../shared/token_box.ts";
import { Column } from "./column.ts";
import { picture, table } from "./files.ts";
import { DIRECTIONS, ends, formula, type PipeState, type RawShown, SITES } from "./state.ts";
import css from "./style.css";
import { Travel } from "./travel.ts";

const HINT = "Next and Back step through the runs (arrow keys, too). Click a cell of the run that is copied from, or move its place with the arrow keys.";
const NAMES = ["Clean prompt", "Corrupt prompt"];
const STEPS = ["Clean run", "Corrupt run", "Patched run"];
const LAST = STEPS.length - 1;
const TOLERANCE = 1e-3;
const QUESTION = ["site", "direction", "answer", "distractor", "layer"] as const;

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly shared: SharedCursor;
  private readonly heads = h("select", { "aria-label": "Head that is copied" });
  private readonly light = h("span", { class: "iw-light" });
  private readonly steps = STEPS.map((name, step) => h("button", { type: "button", "data-step": step }, h("b", {}, String(step + 1)), ` ${name}`));
  private readonly back = h("button", { type: "button", "data-key": "back" }, "◀ Back");
  private readonly next = h("button", { type: "button", "data-key": "next" }, "Next ▶");
  private readonly columns = STEPS.map((_, run) => new Column(run));
  private readonly room = h("div", { class: "iw-pipe-runs" }, ...this.columns.map((column) => column.element));
  private readonly travel = new Travel(this.room);
  private readonly formula = h("p", { class: "iw-pipe-formula" });
  private readonly meaning = h("p", {});
  private readonly result = h("div", { class: "iw-pipe-result" }, this.formula, this.meaning);
  /** What the chip has travelled for: it goes once for a place and a patch, and not when the view opens. */
  private travelled: string | null = null;

  constructor(
    private readonly link: Link<PipeState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    this.shared = new SharedCursor(signal, () => this.draw());
    const typed = (): void => this.status.fail("");
    const read = (): { prompt: string; unknown: [number, number][] }[] => {
      const { prompts, unknown } = link.read("shown");
      return unknown.map((ranges, i) => ({ prompt: prompts[i]!, unknown: ranges }));
    };
    const boxes = promptBoxes(link, ["shown"], read, typed, signal);
    link.watch(["prompts", "live"], () => boxes.querySelectorAll(".iw-prompt > :is(label, .iw-name)").forEach((label, i) => (label.textContent = NAMES[i]!)));
    const top = h("div", { class: "iw-top" }, boxes, h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    const asked = h("div", { class: "iw-pipe-asked" }, tokenBox(link, "answer", "Answer", typed, signal), tokenBox(link, "distractor", "Distractor", typed, signal), this.status.busy);
    const bar = h("div", { class: "iw-bar" }, this.pick("site", "Copy", SITES), this.heads, this.pick("direction", "Direction", DIRECTIONS), this.light);
    const stepper = h("div", { class: "iw-pipe-steps", role: "group", "aria-label": "Steps of patching" }, this.back, ...this.steps, this.next);
    wear(frame.root, css);
    frame.root.append(top, asked, this.status.error, bar, stepper, this.room, this.result, h("p", { class: "iw-hint" }, HINT), this.status.summary);
    this.listen(stepper);
    link.watch([...QUESTION, "pos", "head", "shown", "step", "prompts", "live"], () => keepFocus(frame.root, () => this.draw()));
  }

  private pick<K extends "site" | "direction">(which: K, label: string, options: Record<PipeState[K], string>): HTMLElement {
    const radios = choice(label, options, (by) => {
      this.status.fail("");
      this.link.act({ do: which, by }, { [which]: by } as Partial<PipeState>);
    }, this.signal);
    this.link.watch([which, "live"], () => {
      radios.set(this.link.read(which));
      radios.element.querySelectorAll("input").forEach((input) => (input.disabled = !this.link.read("live")));
    });
    return radios.element;
  }

  private listen(stepper: HTMLElement): void {
    const { heads, link, room, signal } = this;
    this.back.addEventListener("click", () => this.go(link.read("step") - 1), { signal });
    this.next.addEventListener("click", () => this.go(link.read("step") + 1), { signal });
    this.steps.forEach((button, step) => button.addEventListener("click", () => this.go(step), { signal }));
    stepper.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.go(link.read("step") + by);
    }, { signal });
    heads.addEventListener("change", () => link.act({ do: "head", head: Number(heads.value) }, { head: Number(heads.value) }), { signal });
    room.addEventListener("click", (event) => {
      const cell = (event.target as Element).closest<SVGElement>("[data-layer]");
      if (cell && this.source().contains(cell)) this.place(Number(cell.dataset["layer"]), Number(cell.dataset["pos"]));
    }, { signal });
    room.addEventListener("keydown", (event) => this.move(event), { signal });
    room.addEventListener("pointerover", (event) => {
      const cell = (event.target as Element).closest<SVGElement>("[data-pos]");
      const run = this.columns.findIndex(({ map }) => cell !== null && map.contains(cell));
      this.shared.point(run < 0 ? null : this.tokens(run), Number(cell?.dataset["pos"] ?? -1));
    }, { signal });
    room.addEventListener("pointerleave", () => this.shared.point(null), { signal });
    let wide = 0;
    const sized = new ResizeObserver(() => {
      if (room.clientWidth === wide) return;
      wide = room.clientWidth;
      keepFocus(this.frame.root, () => this.draw());
    });
    sized.observe(room);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  private tokens(run: number): string[] {
    const raw = this.link.read("shown");
    return raw.tokens[run === 2 ? ends(raw)[1] : run]!;
  }

  /** The map of the run that is copied from. */
  private source(): HTMLElement {
    return this.columns[ends(this.link.read("shown"))[0]]!.map;
  }

  private go(to: number): void {
    const step = clamp(to, 0, LAST);
    if (step !== this.link.read("step")) this.link.act({ do: "step", to: step }, { step });
  }

  private place(layer: number, pos: number, burst?: string): void {
    if (!this.link.read("live")) return;
    this.status.fail("");
    this.link.act({ do: "place", layer, pos, burst }, { layer, pos });
  }

  private move(event: KeyboardEvent): void {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey || !(event.target as Element).closest("[data-role=source]")) return;
    event.preventDefault();
    const raw = this.link.read("shown");
    const at = this.at(raw);
    this.place(clamp(at.layer + by[0]!, 0, raw.layers - 1), clamp(at.pos + by[1]!, 0, raw.tokens[0].length - 1), "keys");
  }

  /** The place picked, which may be newer than the one shown. */
  private at(raw: RawShown): { layer: number; pos: number } {
    const pos = this.link.read("pos");
    const last = raw.tokens[0].length - 1;
    return { layer: clamp(this.link.read("layer"), 0, raw.layers - 1), pos: pos < 0 ? last : Math.min(pos, last) };
  }

  private draw(): void {
    const { link } = this;
    const raw = link.read("shown");
    const step = link.read("step");
    const [from, into] = ends(raw);
    const place = this.at(raw);
    const open = (run: number): boolean => step >= run;
    // A copy from the corrupt run needs that run: the clean one is then the one with the hole.
    this.columns.forEach((column, run) => {
      const role = run === 2 ? "target" : run === from ? "source" : "hole";
      const tokens = raw.tokens[run === 2 ? into : run]!;
      const label = `${STEPS[run]}: ${raw.layers} layers by ${tokens.length} tokens`;
      column.draw(raw, open(run), { tokens, layers: raw.layers, place, role, lit: this.shared.column(tokens), label, movable: link.read("live") }, Math.max(Math.floor(column.element.clientWidth - 22), 120));
    });
    this.steps.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(i === step));
      button.dataset["done"] = String(i <= step);
    });
    this.back.setAttribute("aria-disabled", String(step === 0));
    this.next.setAttribute("aria-disabled", String(step === LAST));
    this.result.hidden = step < LAST;
    this.formula.textContent = formula(raw);
    this.meaning.textContent = raw.meaning;
    this.room.dataset["stale"] = this.result.dataset["stale"] = String(this.stale(raw));
    this.choices(raw);
    this.check(raw);
    const trip = step < LAST ? "" : JSON.stringify([place, raw.direction, link.read("site"), link.read("head")]);
    if (trip === "") this.travel.hide();
    else this.travel.draw(this.travelled !== null && trip !== this.travelled);
    this.travelled = trip;
  }

  /** Whether what is shown answers an older question than the one that is asked. */
  private stale(raw: RawShown): boolean {
    const place = this.at(raw);
    const same = QUESTION.every((name) => raw[name] === this.link.read(name)) && place.pos === raw.pos && (raw.site !== "z" || raw.head === this.link.read("head"));
    return !same || this.link.read("prompts").some((prompt, i) => prompt !== raw.prompts[i]);
  }

  private choices(raw: RawShown): void {
    this.heads.hidden = this.link.read("site") !== "z";
    if (this.heads.options.length !== raw.heads) fill(this.heads, ...Array.from({ length: raw.heads }, (_, head) => h("option", { value: head }, `head ${head}`)));
    this.heads.value = String(this.link.read("head"));
    this.heads.disabled = !this.link.read("live");
  }

  private check({ nothing, whole }: RawShown): void {
    const good = nothing !== null && nothing <= TOLERANCE && (whole === null || Math.abs(whole - 1) <= TOLERANCE);
    this.light.dataset["state"] = nothing === null ? "open" : good ? "good" : "bad";
    this.light.textContent = nothing === null ? "check: not run" : `${good ? "✓" : "▲"} run into itself: ${nothing.toFixed(3)}${whole === null ? "" : ` · whole stream: ${whole.toFixed(3)}`}`;
    this.light.title = "Patching a run into itself must change nothing (0); patching its whole stream must give the other run (1).";
  }

  private menu(): HTMLElement {
    const drawing = (): SVGSVGElement => {
      const style = getComputedStyle(this.frame.root);
      const of = (name: string): string => style.getPropertyValue(name);
      return picture(this.link.read("shown"), { place: of("--iw-accent"), reach: of("--iw-link"), cell: of("--iw-line"), text: style.color, faint: of("--iw-faint") }, style.backgroundColor);
    };
    const rows = (): Blob => new Blob([table(this.link.read("shown"))], { type: "text/csv" });
    const plain = (): Blob => new Blob([JSON.stringify(this.link.read("shown"), null, 1)], { type: "application/json" });
    return keepMenu("pipeline", { PNG: () => pngBlob(drawing()), SVG: () => svgBlob(drawing()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.signal);
  }
}
