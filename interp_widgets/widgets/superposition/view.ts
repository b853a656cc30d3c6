// The whole widget: sliders, the toy's overlaps, directions and loss, and what they mean in words.

import { lineStyle, type Ramp, ramp } from "../shared/color.ts";
import { fill, h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { keepFocus } from "../shared/keys.ts";
import { number } from "../shared/numbers.ts";
import { BufferLost } from "../shared/planes.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { stillness, type Theme } from "../shared/theme.ts";
import { drawPlaces, inPlane } from "./arrows.ts";
import { menu } from "./files.ts";
import { Film } from "./film.ts";
import { Heat, type Ink } from "./heat.ts";
import { drawLoss } from "./loss.ts";
import { sliders } from "./sliders.ts";
import { array, direction, dot, gram, type Moment, PRESETS, type RawToy, type ToyState } from "./state.ts";
import css from "./style.css";

const HINT = "Move a slider and let go: training goes on from the present weights (of another size, anew). Click a feature, or choose it by arrow keys and Enter, to see what it shares.";

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly film = new Film();
  private readonly train = h("button", { type: "button", "data-key": "train", "data-home": true });
  private readonly anew = h("button", { type: "button", title: "Other random weights, untrained" }, "New weights");
  private readonly relu = h("input", { type: "checkbox" });
  private readonly presets = h("span", { class: "iw-toy-presets", role: "group", "aria-label": "Examples" });
  private readonly overlaps = h("figure", {});
  private readonly places = h("figure", {});
  private readonly loss = h("figure", {});
  private readonly chips = h("div", { class: "iw-toy-chips", role: "group", "aria-label": "Features" });
  private readonly words = h("div", { class: "iw-toy-words" });
  private readonly light = h("span", { class: "iw-light", title: "The shares of all features can never add up to more dimensions than there are." });
  private heat: Heat | null = null;
  private colors: Ramp | null = null;
  private ticking = 0;
  private ticked = 0;
  private home = 0;

  constructor(
    private readonly link: Link<ToyState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    for (const [name, text] of Object.entries(PRESETS)) this.presets.append(h("button", { type: "button", "data-preset": name }, text));
    const work = h("div", { class: "iw-toy-work" }, this.train, this.anew, h("label", {}, this.relu, " ReLU"), this.status.busy);
    const acts = h("div", { class: "iw-acts" }, historyButtons(link, signal), menu(link, frame, () => this.pictures(), (why) => this.status.fail(why)));
    const top = h("div", { class: "iw-top" }, h("div", { class: "iw-bar" }, h("span", { class: "iw-faint" }, "Examples"), this.presets), acts);
    const charts = h("div", { class: "iw-toy-charts" }, this.overlaps, this.places, this.loss);
    wear(frame.root, css);
    frame.root.append(top, sliders(link, signal), work, this.status.error, this.words, charts, this.chips, h("p", { class: "iw-hint" }, HINT), this.status.summary);
    this.listen();
    frame.onTheme(() => {
      this.heat = null;
      this.draw();
    });
    link.watch(["toy", "picked", "runs", "relu", "features", "hidden"], () => keepFocus(frame.root, () => this.draw()));
  }

  private listen(): void {
    const { link, signal } = this;
    this.train.addEventListener("click", () => link.act({ do: "train" }, { runs: link.read("runs") + 1 }), { signal });
    this.anew.addEventListener("click", () => link.act({ do: "reset", seed: link.read("seed") + 1 }, { seed: link.read("seed") + 1, runs: 0 }), { signal });
    this.relu.addEventListener("change", () => link.act({ do: "relu", on: this.relu.checked }, { relu: this.relu.checked }), { signal });
    this.presets.addEventListener("click", (event) => {
      const name = (event.target as HTMLElement).dataset["preset"];
      if (name) link.act({ do: "preset", name });
    }, { signal });
    for (const box of [this.chips, this.places, this.overlaps]) {
      box.addEventListener("click", (event) => {
        const { feature, row } = (event.target as Element).closest<HTMLElement>("[data-feature], [data-row]")?.dataset ?? {};
        if (feature !== undefined || row !== undefined) this.pick(Number(feature ?? row));
      }, { signal });
    }
    this.chips.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const next = this.chips.querySelector<HTMLElement>(`[data-feature="${this.home + by}"]`);
      if (!next) return;
      this.home += by;
      this.chips.querySelectorAll<HTMLElement>("button").forEach((chip) => (chip.tabIndex = chip === next ? 0 : -1));
      next.focus();
    }, { signal });
    signal.addEventListener("abort", () => cancelAnimationFrame(this.ticking));
  }

  private pick(feature: number): void {
    this.home = feature;
    this.link.act({ do: "pick", feature }, { picked: this.link.read("picked") === feature ? -1 : feature });
  }

  private get theme(): Theme {
    return (this.frame.root.dataset["theme"] ?? "light") as Theme;
  }

  private ink(): Ink {
    const style = getComputedStyle(this.frame.root);
    const of = (name: string): string => style.getPropertyValue(name).trim();
    return { text: style.color, faint: of("--iw-faint"), line: of("--iw-line"), accent: of("--iw-accent") };
  }

  private draw(): void {
    const { link } = this;
    const toy = link.read("toy");
    try {
      this.film.load(toy, stillness());
      const ink = this.ink();
      const [steps, losses] = [array(toy, "steps").values, array(toy, "losses").values];
      fill(this.loss, h("figcaption", {}, "Loss"), drawLoss(steps, losses, toy.changes, ink));
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      link.askForText();
      return;
    }
    this.train.textContent = link.read("runs") > 0 ? "Train on" : "Train";
    this.relu.checked = link.read("relu");
    this.features(toy);
    this.show();
    if (this.film.playing && !this.ticking) this.tick();
  }

  /** One picture after the other while there are more. */
  private tick(): void {
    this.ticked = performance.now();
    const next = (now: number): void => {
      this.film.advance(Math.max(now - this.ticked, 0));
      this.ticked = now;
      this.show();
      this.ticking = this.film.playing ? requestAnimationFrame(next) : 0;
    };
    this.ticking = requestAnimationFrame(next);
  }

  /** The present moment: overlaps and directions. */
  private show(): void {
    const moment = this.film.now();
    const products = gram(moment);
    const [picked, ink] = [this.link.read("picked"), this.ink()];
    if (!this.heat || this.overlaps.dataset["features"] !== String(moment.features)) {
      this.heat = new Heat(moment.features, ink);
      this.colors = ramp("signed", this.theme);
      this.overlaps.dataset["features"] = String(moment.features);
      fill(this.overlaps, h("figcaption", {}, "Dot product of directions, W @ W.T"), this.heat.element);
    }
    this.heat.draw(products, this.colors!, picked);
    const name = inPlane(moment) ? "Directions of the features" : "Share of a dimension, 0 to 1";
    fill(this.places, h("figcaption", {}, name), drawPlaces(moment, products, picked, (i) => lineStyle(i, this.theme), ink));
    this.places.dataset["still"] = String(!this.film.playing);
  }

  private features(toy: RawToy): void {
    const picked = this.link.read("picked");
    const count = toy.held.length;
    this.home = Math.min(this.home, count - 1);
    fill(this.chips, ...toy.held.map((held, i) => h("button", { type: "button", "data-feature": i, "data-key": `feature${i}`, "data-held": held, tabindex: i === this.home ? 0 : -1, "aria-pressed": String(i === picked), "aria-label": `feature ${i}, ${held ? "represented" : "not represented"}` }, String(i))));
    const asked = this.link.read("features") === count && this.link.read("hidden") === array(toy, "frames").shape[2];
    const sum = toy.shares.reduce((all: number, share) => all + (share ?? 0), 0);
    const hidden = array(toy, "frames").shape[2]!;
    this.light.dataset["state"] = sum <= hidden + 0.01 ? "good" : "bad";
    this.light.textContent = `${sum <= hidden + 0.01 ? "✓" : "▲"} shares add up to ${number(sum)} of ${hidden} dimension${hidden === 1 ? "" : "s"}`;
    fill(this.words, h("p", {}, toy.hint), this.light, picked >= 0 && picked < count ? h("p", {}, this.about(picked, toy)) : null);
    this.words.dataset["stale"] = String(!asked);
  }

  /** One feature in words. */
  private about(feature: number, toy: RawToy): string {
    const { values, shape } = array(toy, "frames");
    const [, features, hidden] = shape as [number, number, number];
    const last: Moment = { weights: values.subarray(values.length - features * hidden), features, hidden };
    const own = direction(last, feature);
    const length = Math.sqrt(dot(own, own));
    const near = Array.from({ length: features }, (_, i) => ({ i, other: direction(last, i) }))
      .filter(({ i, other }) => i !== feature && dot(other, other) > 0.01)
      .map(({ i, other }) => ({ i, cosine: dot(own, other) / (length * Math.sqrt(dot(other, other))) }))
      .sort((a, b) => Math.abs(b.cosine) - Math.abs(a.cosine))
      .slice(0, 3);
    const shared = length > 0.1 && near.length ? ` Cosine with ${near.map(({ i, cosine }) => `${i}: ${number(cosine)}`).join(", with ")}.` : "";
    return `Feature ${feature}: squared norm ${number(length ** 2)}${toy.held[feature] ? "" : ", not represented"}, ${number(toy.shares[feature] ?? NaN)} of a dimension; others write ${number(toy.crosstalk[feature] ?? NaN)} over it (squared dot products).${shared}`;
  }

  /** The three drawings, for a file. */
  private pictures(): SVGSVGElement[] {
    return [this.overlaps, this.places, this.loss].map((figure) => figure.querySelector("svg")!.cloneNode(true) as SVGSVGElement);
  }
}
