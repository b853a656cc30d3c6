// The whole widget: what steers, the curves, where the runs stand, and what the chosen run has learned.

import { lineStyle, type LineStyle, ramp } from "../shared/color.ts";
import { fill, h, s } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { BufferLost } from "../shared/planes.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import type { Theme } from "../shared/theme.ts";
import { Knobs, Transport } from "./controls.ts";
import { Curve } from "./curve.ts";
import { Designs } from "./designs.ts";
import { type Colors, drawFront, SHAPES } from "./front.ts";
import { drawCard, drawDensity, drawMatch } from "./panels.ts";
import { ABOUT, MEASURES, type TrainerState } from "./state.ts";
import css from "./style.css";
import { ends, Store } from "./store.ts";
import { Tiles } from "./tiles.ts";

const HINT = "Drag along the curve to rewind to a kept step (ticks below it); Shift and drag to look closer. The handle does the same by arrow keys and Enter.";
const RECORD = "A stored record: drag to look closer.";
const SILENCE_MS = 20_000; // without a word from a training that goes on

export class View {
  private readonly status: Status;
  private readonly store = new Store();
  private readonly transport: Transport;
  private readonly knobs: Knobs;
  private readonly designs: Designs;
  private readonly curve: Curve;
  private readonly tiles: Tiles;
  private readonly where = h("span", { class: "iw-train-where" });
  private readonly light = h("span", { class: "iw-light" });
  private readonly again = h("button", { type: "button", title: "Rewind to the last kept step and train up to here once more: do the numbers come out the same?" }, "Check");
  private readonly race = h("div", { class: "iw-train-runs", role: "group", "aria-label": "Chosen run" });
  private readonly front = s("svg");
  /** Of names in the front: where each stood last. */
  private readonly sides = new Map<string, number>();
  private readonly density = s("svg");
  private readonly match = h("canvas", { role: "img" });
  private readonly found = h("figure", { class: "iw-train-match" });
  private readonly foundSaid = h("p", {});
  private readonly latent = h("input", { type: "number", min: 0, step: 1, "aria-label": "Latent", "data-key": "latent" });
  private readonly latents: HTMLElement;
  private readonly card = h("div", { class: "iw-train-card" });
  private readonly hint = h("p", { class: "iw-hint" });
  private frameAsked = 0;
  private asked = false;
  private before: { at: number; step: number } | null = null;
  private speed = 0;
  private waiting = 0;
  private silent = false;

  constructor(
    private readonly link: Link<TrainerState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.status = status(link, frame);
    this.transport = new Transport(link, signal);
    this.knobs = new Knobs(link, signal);
    this.designs = new Designs(link, signal);
    this.tiles = new Tiles(link, signal);
    this.curve = new Curve(link, frame, () => this.store.runs, () => this.soon());
    this.found.append(h("figcaption", {}, h("b", {}, "True directions")), this.match, this.foundSaid);
    this.latents = h("figure", { class: "iw-train-latent" }, h("figcaption", {}, h("b", {}, "Latent"), this.latent, this.stepper(-1, "‹", "Latent before"), this.stepper(1, "›", "Next latent")), this.card);
    const beside = h("figure", {}, h("figcaption", {}, h("b", {}, "Sparsity against fidelity")), this.front);
    const rates = h("figure", { class: "iw-train-density" }, h("figcaption", {}, h("b", {}, "How often latents fire")), this.density);
    const bar = h("div", { class: "iw-bar" }, this.transport.element);
    const state = h("div", { class: "iw-train-state" }, this.where, h("span", { class: "iw-train-badge" }, this.light, this.again));
    const top = h("div", { class: "iw-top" }, bar, h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    wear(frame.root, css);
    frame.root.append(top, this.status.error, state, h("div", { class: "iw-train-field" }, this.race, this.designs.element), this.knobs.element, h("div", { class: "iw-train-stage" }, h("div", { class: "iw-train-left" }, this.curve.element), beside), this.tiles.element, h("div", { class: "iw-train-below" }, rates, this.found, this.latents), this.hint, this.status.summary);
    this.listen();
    link.watch(["curves"], () => this.guard(() => this.open()));
    link.watch(["pulse"], () => this.guard(() => this.take()));
    link.watch(["mode", "settings", "designs", "chosen", "measure", "scale", "window", "marks", "kept", "closeup", "error", "answered"], () => this.soon());
    link.watch(["density", "chosen"], () => this.guard(() => drawDensity(this.density, link.read("density"), { ...this.colors, bar: this.style("--iw-link"), bad: this.style("--iw-bad") })));
    link.watch(["match"], () => this.guard(() => this.drawMatch()));
    link.watch(["card", "picked"], () => this.drawCard());
    frame.onTheme(() => {
      this.soon();
      this.guard(() => this.drawMatch());
      drawDensity(this.density, link.read("density"), { ...this.colors, bar: this.style("--iw-link"), bad: this.style("--iw-bad") });
    });
  }

  // -- what comes ----------------------------------------------------------------------------

  private open(): void {
    this.asked = !this.store.open(this.link.read("curves"));
    if (this.asked) this.link.work("all");
    [this.before, this.speed] = [null, 0];
    const runs = this.store.runs;
    this.latent.max = String((runs[this.link.read("chosen")]?.about.d_sae ?? 1) - 1);
    this.hint.textContent = runs.some(({ about }) => about.live) ? HINT : RECORD;
    this.soon();
  }

  private take(): void {
    const { store } = this;
    if (!store.take(this.link.read("pulse")) && !this.asked) {
      this.asked = true;
      this.link.work("all");
    }
    const step = Math.max(...store.runs.map(({ now }) => now.step), 0);
    const at = performance.now();
    if (!store.working || !this.before || step < this.before.step) [this.before, this.speed] = [{ at, step }, 0];
    else if (at - this.before.at > 1000) [this.speed, this.before] = [(1000 * (step - this.before.step)) / (at - this.before.at), { at, step }];
    this.heard();
    this.soon();
  }

  /** A kernel that is shut down says no good-bye. */
  private heard(): void {
    clearTimeout(this.waiting);
    this.silent = false;
    if (!this.store.working || this.frame.signal.aborted) return;
    this.waiting = setTimeout(() => {
      this.silent = true;
      this.soon();
    }, SILENCE_MS);
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

  private soon(): void {
    this.frameAsked ||= requestAnimationFrame(() => {
      this.frameAsked = 0;
      if (!this.frame.signal.aborted) keepFocus(this.frame.root, () => this.guard(() => this.draw()));
    });
  }

  // -- hands ---------------------------------------------------------------------------------

  private listen(): void {
    const { again, density, found, frame, latent, link, match, race } = this;
    const options = { signal: frame.signal };
    race.addEventListener("click", (event) => {
      const index = (event.target as Element).closest<HTMLElement>("[data-run]")?.dataset["run"];
      if (index !== undefined && Number(index) !== link.read("chosen")) link.act({ do: "run", index: Number(index) }, { chosen: Number(index), picked: -1 });
    }, options);
    latent.addEventListener("change", () => latent.value !== "" && this.pick(Number(latent.value)), options);
    density.addEventListener("click", (event) => this.pick(Number((event.target as Element).getAttribute("data-latent") ?? -1)), options);
    match.addEventListener("click", (event) => {
      const { partner = [], side = 1 } = link.read("match");
      const box = match.getBoundingClientRect();
      this.pick(partner[Math.floor(((event.clientX - box.left) / box.width) * side)] ?? -1);
    }, options);
    again.addEventListener("click", () => {
      const step = Math.max(...this.store.runs.map(({ now }) => now.step));
      const to = (link.read("kept")[0] ?? []).filter((one) => one < step).at(-1);
      if (to === undefined || again.getAttribute("aria-disabled") === "true") return;
      link.act({ do: "rewind", to }, { mode: "paused" });
      link.act({ do: "step", n: step - to }, { mode: "paused" });
    }, options);
    let wide = 0;
    const sized = new ResizeObserver(() => {
      if (frame.root.clientWidth === wide) return;
      wide = frame.root.clientWidth;
      this.soon();
    });
    sized.observe(frame.root);
    frame.signal.addEventListener("abort", () => {
      sized.disconnect();
      cancelAnimationFrame(this.frameAsked);
      clearTimeout(this.waiting);
    });
    found.hidden = true;
  }

  private pick(latent: number): void {
    this.status.fail("");
    if (latent >= 0 && latent !== this.link.read("picked")) this.link.act({ do: "pick", latent }, { picked: latent });
  }

  private stepper(by: number, text: string, label: string): HTMLElement {
    const button = h("button", { type: "button", class: "iw-icon", "aria-label": label, "data-key": `latent${by}` }, text);
    button.addEventListener("click", () => {
      const most = Number(this.latent.max) + 1;
      this.pick((Math.max(this.link.read("picked"), by < 0 ? 0 : -1) + by + most) % most);
    }, { signal: this.frame.signal });
    return button;
  }

  // -- drawing -------------------------------------------------------------------------------

  private draw(): void {
    const { link, store } = this;
    const [chosen, runs] = [link.read("chosen"), store.runs];
    const styles = runs.map((_, i) => lineStyle(i, this.theme));
    this.transport.draw(runs);
    this.knobs.draw(runs[chosen], chosen);
    this.designs.draw(runs[chosen], runs.length);
    this.say();
    this.drawRace(styles, chosen);
    this.curve.draw(runs, styles, { ...this.colors, accent: this.style("--iw-accent") });
    this.tiles.draw(runs, styles, chosen, link.read("measure"), link.read("scale") === "log");
    drawFront(this.front, runs, styles, chosen, this.colors, this.sides);
    const most = String((runs[chosen]?.about.d_sae ?? 1) - 1);
    if (this.latent.max !== most) this.latent.max = most;
  }

  private say(): void {
    const { runs, working } = this.store;
    const chosen = runs[this.link.read("chosen")];
    if (!chosen) return;
    const { about, now } = chosen;
    const state = this.link.dead ? "ended with its kernel" : about.live ? (now.done ? (now.step < about.steps ? "stopped" : "done") : working ? this.silent ? `no word from the kernel for ${SILENCE_MS / 1000} s` : `${this.speed ? `${this.speed.toFixed(this.speed < 10 ? 1 : 0)} steps/s` : "training"}` : now.step === 0 ? "ready" : "paused") : "recorded";
    const text = `step ${now.step.toLocaleString("en")} of ${about.steps.toLocaleString("en")} · ${state}`;
    if (this.where.textContent !== text) this.where.textContent = text;
    // Its numbers are those of the last answer: while training runs, only these above are true.
    this.status.summary.classList.toggle("iw-unseen", working && !this.link.dead);
    const [same, differs] = now.again;
    this.light.dataset["state"] = differs >= 0 ? (now.turned ? "open" : "bad") : same > 0 ? "good" : "open";
    this.light.textContent = differs >= 0 ? (now.turned ? `another way from step ${differs} on` : `▲ other numbers from step ${differs} on`) : same > 0 ? `✓ ${same.toLocaleString("en")} steps again, bit for bit` : about.seed === null ? "" : `seed ${about.seed}`;
    this.light.title = "Steps that were trained again after a rewind are compared with those before it, to the last bit. Where a knob was turned, they go another way.";
    this.again.hidden = !about.live;
    this.again.setAttribute("aria-disabled", String(working || now.step === 0 || this.link.dead));
  }

  private drawRace(styles: readonly LineStyle[], chosen: number): void {
    const { runs } = this.store;
    this.race.hidden = runs.length < 2;
    if (runs.length < 2) return;
    const button = (i: number): HTMLElement => {
      const { about } = runs[i]!;
      const sign = s("svg", { width: 40, height: 14, viewBox: "0 0 40 14", "aria-hidden": "true" }, s("line", { x1: 1, x2: 39, y1: 7, y2: 7, stroke: styles[i]!.color, "stroke-width": 2, "stroke-dasharray": styles[i]!.dash || null }), s("path", { d: SHAPES[i % SHAPES.length]!, transform: "translate(20 7)", fill: styles[i]!.color }));
      return h("button", { type: "button", "data-run": i, "data-key": `run${i}`, "aria-pressed": String(i === chosen) }, sign as unknown as Node, about.name);
    };
    const drawn = runs.map(({ about }, i) => `${about.name} ${i === chosen}`).join() + this.theme;
    if (this.race.dataset["drawn"] === drawn) return;
    this.race.dataset["drawn"] = drawn;
    fill(this.race, ...runs.map((_, i) => button(i)));
  }

  private drawMatch(): void {
    const match = this.link.read("match");
    this.found.hidden = match.side === undefined;
    if (match.side === undefined) return;
    drawMatch(this.match, match, ramp("probability", this.theme));
    this.foundSaid.textContent = `${match.count} of ${match.truths} found, median cosine ${(match.median ?? 0).toFixed(2)}`;
  }

  private drawCard(): void {
    const picked = this.link.read("picked");
    this.latents.hidden = picked < 0 && !this.link.read("curves").runs.some(({ live }) => live); // a record has none
    const active = (this.frame.root.getRootNode() as Document | ShadowRoot).activeElement;
    if (active !== this.latent || picked >= 0) this.latent.value = picked < 0 ? "" : String(picked);
    const truths = this.store.runs[this.link.read("chosen")]?.about.truths ?? 0;
    drawCard(this.card, this.link.read("card"), picked, truths > 0);
  }

  private get theme(): Theme {
    return (this.frame.root.dataset["theme"] ?? "light") as Theme;
  }

  private style(name: string): string {
    return getComputedStyle(this.frame.root).getPropertyValue(name).trim();
  }

  private get colors(): Colors {
    const style = getComputedStyle(this.frame.root);
    const of = (name: string): string => style.getPropertyValue(name).trim();
    return { text: style.color, faint: of("--iw-faint"), line: of("--iw-line"), ground: style.backgroundColor };
  }

  // -- keeping -------------------------------------------------------------------------------

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => {
      const copy = this.curve.chart.element.cloneNode(true) as SVGSVGElement;
      copy.style.background = getComputedStyle(this.frame.root).backgroundColor;
      return copy;
    };
    const rows = (): Blob => {
      const lines = [["run", "first step", "last step", ...MEASURES.flatMap((m) => [`${ABOUT[m].name}, least`, `${ABOUT[m].name}, largest`])] as (string | number)[]];
      for (const run of this.store.runs) {
        for (let bucket = 0; bucket < run.length; bucket++) lines.push([run.about.name, bucket * run.size + 1, Math.min((bucket + 1) * run.size, run.now.step), ...MEASURES.flatMap((_, m) => ends(run, m, bucket).map((value) => (Number.isNaN(value) ? "" : value)))]);
      }
      return new Blob([`${lines.map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
    };
    const plain = (): Blob => {
      const runs = this.store.runs.map(({ about: { plane: _, ...about }, now }, i) => ({ ...about, step: now.step, done: now.done, now: Object.fromEntries(MEASURES.map((m, at) => [m, now.now[at]])), changes: this.link.read("marks")[i] }));
      return new Blob([JSON.stringify({ runs, density: this.link.read("density") }, null, 1)], { type: "application/json" });
    };
    return keepMenu("training", { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.frame.signal);
  }
}
