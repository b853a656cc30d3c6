// The whole widget: a slider over training, curves of what was recorded, and the model of a step where its weights ship.

import { choice } from "../shared/choice.ts";
import { lineStyle } from "../shared/color.ts";
import { clamp, fill, h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { number } from "../shared/numbers.ts";
import { BufferLost } from "../shared/planes.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { stillness, type Theme } from "../shared/theme.ts";
import { type Chart, type Curve, type Drawn, drawChart } from "./chart.ts";
import { grid, pattern } from "./live.ts";
import { lossesOf, measured, MEASURES, nearest, type RawLive, type TimeState } from "./state.ts";
import css from "./style.css";

const PLAY_MS = 160;
const TOLERANCE = 0.05; // weights of checkpoints ship in half precision
const HINT = "Drag the slider, use its arrow keys, or click a curve. Dots are steps whose weights ship: there the model is loaded and run. Click a head (Enter) for its pattern.";
const LOSSES = { induction_loss_first_copy: "first copy", induction_loss_second_copy: "second copy" };
const SHARES = { induction_accuracy: "second copy right", best_induction_head: "best induction head", best_previous_head: "previous-token head" };

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly slider = h("input", { type: "range", min: 0, step: 1, "aria-label": "Training step", "data-key": "slider", "data-home": true });
  private readonly play = h("button", { type: "button" });
  private readonly where = h("b", { class: "iw-time-step" });
  private readonly jumps = h("span", { class: "iw-time-jumps", role: "group", "aria-label": "Steps whose weights ship" });
  private readonly charts = h("div", { class: "iw-time-charts" });
  private readonly table = h("div", { class: "iw-time-table" });
  private readonly live = h("div", { class: "iw-time-live" });
  private readonly light = h("span", { class: "iw-light" });
  private readonly measure: HTMLElement;
  private drawn: Drawn[] = [];
  private timer = 0;

  constructor(
    private readonly link: Link<TimeState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    const radios = choice("Heads by", MEASURES, (by) => link.act({ do: "measure", by }, { measure: by as TimeState["measure"] }), signal);
    link.watch(["measure"], () => radios.set(link.read("measure")));
    this.measure = h("div", { class: "iw-bar" }, radios.element, this.light);
    const top = h("div", { class: "iw-top" }, h("div", { class: "iw-time-bar" }, this.play, this.slider, this.where), h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    wear(frame.root, css);
    frame.root.append(top, h("div", { class: "iw-time-ship" }, h("span", {}, "Weights ship at"), this.jumps, this.status.busy), this.status.error, this.charts, this.table, this.measure, this.live, h("p", { class: "iw-hint" }, HINT), this.status.summary);
    this.listen();
    frame.onTheme(() => this.draw());
    link.watch(["step", "measure", "head", "recorded", "live"], () => keepFocus(frame.root, () => this.draw()));
  }

  private listen(): void {
    const { charts, link, live, signal, slider } = this;
    slider.addEventListener("input", () => {
      this.pause();
      this.go(link.read("recorded").steps[Number(slider.value)]!, "slide");
    }, { signal });
    this.play.addEventListener("click", () => this.toggle(), { signal });
    this.jumps.addEventListener("click", (event) => {
      const step = (event.target as HTMLElement).closest<HTMLElement>("[data-step]")?.dataset["step"];
      if (step === undefined) return;
      this.pause();
      this.go(Number(step));
    }, { signal });
    live.addEventListener("click", (event) => this.open((event.target as HTMLElement).closest<HTMLElement>("[data-head]")), { signal });
    live.addEventListener("keydown", (event) => this.key(event), { signal });
    const point = (event: PointerEvent): void => {
      const chart = this.drawn.find(({ element }) => element.contains(event.target as Node));
      if (!chart || (event.buttons & 1) === 0) return;
      this.pause();
      this.go(nearest(link.read("recorded").steps, chart.at(event.clientX)), "slide");
    };
    for (const kind of ["pointerdown", "pointermove"] as const) charts.addEventListener(kind, point, { signal });
    let wide = 0;
    const sized = new ResizeObserver(() => {
      if (charts.clientWidth === wide) return;
      wide = charts.clientWidth;
      keepFocus(this.frame.root, () => this.draw());
    });
    sized.observe(charts);
    signal.addEventListener("abort", () => {
      sized.disconnect();
      this.pause();
    });
  }

  private go(step: number, burst?: string): void {
    this.status.fail("");
    if (step !== this.link.read("step")) this.link.act({ do: "step", to: step, burst }, { step });
  }

  private open(cell: HTMLElement | null): void {
    if (!cell) return;
    const [layer, head] = [Number(cell.dataset["layer"]), Number(cell.dataset["head"])];
    const [l, i] = this.link.read("head");
    this.link.act({ do: "head", layer, head }, { head: l === layer && i === head ? [] : [layer, head] });
  }

  /** Arrows move between heads; Enter and Space click, as on any button. */
  private key(event: KeyboardEvent): void {
    const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-head]");
    if (!by || !cell || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const next = `[data-layer="${Number(cell.dataset["layer"]) + by[0]!}"][data-head="${Number(cell.dataset["head"]) + by[1]!}"]`;
    this.live.querySelector<HTMLElement>(next)?.focus();
  }

  /** Plays from here to the end, from the start if it stands there; who wants no motion gets the next checkpoint. */
  private toggle(): void {
    const { steps, loadable } = this.link.read("recorded");
    const here = this.link.read("step");
    if (stillness()) {
      this.go(loadable.find((step) => step > here) ?? loadable[0]!);
      return;
    }
    if (this.timer) {
      this.pause();
      return;
    }
    const burst = `play${Date.now()}`;
    if (here === steps.at(-1)) this.go(steps[0]!, burst);
    this.timer = setInterval(() => {
      const at = steps.indexOf(this.link.read("step"));
      if (at >= steps.length - 1) this.pause();
      else this.go(steps[at + 1]!, burst);
    }, PLAY_MS);
    this.name();
  }

  private pause(): void {
    clearInterval(this.timer);
    this.timer = 0;
    this.name();
  }

  private name(): void {
    this.play.textContent = stillness() ? "Next checkpoint ▶" : this.timer ? "❚❚ Pause" : "▶ Play";
  }

  private draw(): void {
    const { link } = this;
    const { steps, tokens, loadable } = link.read("recorded");
    const step = link.read("step");
    const at = steps.indexOf(step);
    this.name();
    this.slider.max = String(steps.length - 1);
    this.slider.value = String(at);
    this.slider.setAttribute("aria-valuetext", `step ${step}`);
    this.where.textContent = `step ${step} · ${(tokens[at]! / 1e6).toFixed(1)} M tokens`;
    fill(this.jumps, ...loadable.map((one) => h("button", { type: "button", "data-step": one, "data-key": `ship${one}`, "aria-pressed": String(one === step) }, String(one))));
    try {
      this.recorded(step);
      this.model(step);
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      link.askForText();
    }
  }

  private get theme(): Theme {
    return (this.frame.root.dataset["theme"] ?? "light") as Theme;
  }

  private room(of: number): number {
    const wide = this.charts.clientWidth || 800;
    return wide > 640 ? Math.floor((wide - 14 * (of - 1)) / of) : wide;
  }

  private curves(names: Record<string, string>, first: number): Curve[] {
    return Object.entries(names).map(([measure, name], i) => ({ name, values: measured(this.link.read("recorded"), measure), ...lineStyle(first + i, this.theme) }));
  }

  private base(): Pick<Chart, "colors" | "dots" | "part"> {
    const style = getComputedStyle(this.frame.root);
    const of = (name: string): string => style.getPropertyValue(name).trim();
    return { colors: { text: style.color, faint: of("--iw-faint"), line: of("--iw-line") }, dots: [], part: null };
  }

  private drawings(step: number, width: number): Drawn[] {
    const { steps, loadable } = this.link.read("recorded");
    const shared = { ...this.base(), x: steps, xName: "training step", cursor: step, dots: loadable, width };
    const losses = this.curves(LOSSES, 0);
    const top = Math.ceil(Math.max(...losses.flatMap(({ values }) => Array.from(values))));
    return [drawChart({ ...shared, title: "Loss on words written twice", unit: "nats a token", curves: losses, top }), drawChart({ ...shared, title: "How far induction is", unit: "0 to 1", curves: this.curves(SHARES, 2), top: 1 })];
  }

  private recorded(step: number): void {
    const raw = this.link.read("recorded");
    const drawn = this.drawings(step, this.room(2));
    const names = ["Loss on words written twice (nats a token)", "How far induction is (0 to 1)"];
    this.drawn = drawn;
    fill(this.charts, ...drawn.map(({ element }, i) => h("figure", {}, h("figcaption", {}, names[i]!), element)));
    const at = raw.steps.indexOf(step);
    const run = this.link.read("live")[step];
    const now: Record<string, number> = run ? { induction_accuracy: run.accuracy, induction_loss_first_copy: run.first, induction_loss_second_copy: run.second, in_context_score: run.second - run.first } : {};
    const rows = { induction_accuracy: "second copy right", induction_loss_first_copy: "loss, first copy", induction_loss_second_copy: "loss, second copy", in_context_score: "in-context score (second − first)" };
    const cell = (name: string): HTMLElement => h("tr", {}, h("th", { scope: "row" }, rows[name as keyof typeof rows]), h("td", { "data-recorded": name }, number(measured(raw, name)[at]!)), h("td", { "data-now": name }, name in now ? number(now[name]!) : "–"));
    fill(this.table, h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, `Step ${step}`), h("th", { scope: "col" }, "recorded in training"), h("th", { scope: "col" }, "measured now"))), h("tbody", {}, ...Object.keys(rows).map(cell))));
    const off = Math.max(...Object.keys(now).map((name) => Math.abs(now[name]! - measured(raw, name)[at]!)));
    const good = off <= TOLERANCE;
    this.light.dataset["state"] = run ? (good ? "good" : "bad") : "open";
    this.light.textContent = run ? `${good ? "✓" : "▲"} measured again: off by at most ${off.toFixed(3)}` : "check: no weights at this step";
    this.light.title = "The recorded numbers, measured once more on the same lists with the weights that ship.";
  }

  private model(step: number): void {
    const { loadable } = this.link.read("recorded");
    const run = this.link.read("live")[step];
    this.measure.dataset["live"] = String(run !== undefined);
    if (!run) {
      const ships = loadable.includes(step);
      fill(this.live, h("p", { class: "iw-time-none" }, ships ? "The model of this step is being loaded and run." : `No weights of step ${step} ship: above are the numbers that training recorded. Heads and patterns are there at steps ${loadable.join(", ")}.`));
      return;
    }
    const [measure, chosen] = [this.link.read("measure"), this.link.read("head")];
    fill(this.live, grid(run, measure, chosen, this.theme), pattern(run, measure, chosen, this.theme), this.positions(run));
  }

  private positions(run: RawLive): HTMLElement {
    const values = lossesOf(run);
    const top = Math.ceil(Math.max(...values));
    const width = clamp(this.room(3), 230, 340);
    const { element } = drawChart({ ...this.base(), title: "Loss at every position", unit: "nats", x: Array.from(values, (_, i) => i + 1), xName: "position", curves: [{ name: "loss, nats", values, ...lineStyle(0, this.theme) }], top, cursor: null, part: { at: run.length + 1, names: ["first", "second copy"] }, width });
    return h("figure", {}, h("figcaption", {}, "Loss at every position, mean of 64 lists"), element);
  }

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => {
      const [first, second] = this.drawings(this.link.read("step"), 430).map(({ element }) => element) as [SVGSVGElement, SVGSVGElement];
      first.setAttribute("width", "870");
      first.setAttribute("viewBox", `0 0 870 ${first.getAttribute("height")}`);
      second.setAttribute("x", "440");
      first.append(second);
      first.style.background = getComputedStyle(this.frame.root).backgroundColor;
      return first;
    };
    const rows = (): Blob => {
      const { steps, tokens, measures } = this.link.read("recorded");
      const columns = measures.map((name) => measured(this.link.read("recorded"), name));
      const lines = [["step", "tokens", ...measures], ...steps.map((step, i) => [step, tokens[i]!, ...columns.map((column) => column[i]!)])];
      return new Blob([`${lines.map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
    };
    const plain = (): Blob => {
      const { planes: _, ...raw } = this.link.read("recorded");
      const values = Object.fromEntries(raw.measures.map((name) => [name, Array.from(measured(this.link.read("recorded"), name))]));
      return new Blob([JSON.stringify({ ...raw, ...values, step: this.link.read("step") }, null, 1)], { type: "application/json" });
    };
    return keepMenu("timeline", { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.signal);
  }
}
