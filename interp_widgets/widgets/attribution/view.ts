// The whole widget: the question, how effects are estimated, the scatter, and how well both agree.

import { choice } from "../shared/choice.ts";
import { lineStyle } from "../shared/color.ts";
import { fill, h, s } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { number } from "../shared/numbers.ts";
import { BufferLost } from "../shared/planes.ts";
import { promptBoxes } from "../shared/prompts.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import type { Theme } from "../shared/theme.ts";
import { tokenBox } from "../shared/token_box.ts";
import { Tooltip } from "../shared/tooltip.ts";
import { SHAPES } from "./axes.ts";
import { picture, table } from "./files.ts";
import { Plot } from "./plot.ts";
import { Points, type RawAgreement, type RawShown, type ScatterState, TECHNIQUES } from "./state.ts";
import css from "./style.css";

const HINT = "On the dashed line the estimate is exact. Left and right arrows go by exact effect, up and down by error; click or Enter holds a cell. A dash at the left edge waits for its run.";

export class View {
  private readonly status: Status;
  private readonly plot: Plot;
  private readonly tip = new Tooltip();
  private readonly numbers = h("p", { class: "iw-scatter-numbers" });
  private readonly kinds = h("div", { class: "iw-scatter-kinds", role: "group", "aria-label": "Kinds of places compared" });
  private readonly residuals = h("table", { class: "iw-scatter-residuals" });
  private readonly worst = h("div", { class: "iw-scatter-worst" });
  private readonly card = h("p", { class: "iw-scatter-card", role: "status" });
  private readonly controls: HTMLElement;
  private readonly asked: HTMLElement;
  private readonly steps = h("input", { type: "number", min: 1, max: 64, "aria-label": "Steps of integrated gradients", "data-key": "steps" });
  private points: Points | null = null;
  private made: RawShown | null = null;

  constructor(
    private readonly link: Link<ScatterState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.status = status(link, frame);
    const typed = (): void => this.status.fail("");
    const read = (): { prompt: string; unknown: [number, number][] }[] => {
      const { prompts, unknown } = link.read("shown");
      return unknown.map((ranges, i) => ({ prompt: prompts[i] ?? "", unknown: ranges }));
    };
    const boxes = promptBoxes(link, ["shown"], read, typed, signal);
    link.watch(["prompts", "live"], () => boxes.querySelectorAll(".iw-prompt > :is(label, .iw-name)").forEach((label, i) => (label.textContent = ["Clean prompt", "Corrupt prompt"][i]!)));
    this.asked = h("div", { class: "iw-scatter-asked" }, tokenBox(link, "answer", "Answer", typed, signal), tokenBox(link, "distractor", "Distractor", typed, signal));
    const techniques = choice("Estimate by", TECHNIQUES, (by) => {
      typed();
      link.act({ do: "technique", by }, { technique: by as keyof typeof TECHNIQUES });
    }, signal);
    link.watch(["technique"], () => techniques.set(link.read("technique")));
    this.steps.addEventListener("change", () => {
      const m = Math.min(Math.max(Math.round(Number(this.steps.value)) || 1, 1), 64);
      link.act({ do: "steps", m }, { steps: m, technique: "integrated" });
    }, { signal });
    this.controls = h("div", { class: "iw-bar" }, techniques.element, h("label", { class: "iw-scatter-m" }, "steps ", this.steps), this.kinds, this.status.busy);
    this.plot = new Plot({ hover: (cell, byKey) => this.hover(cell, byKey), pick: (cell) => this.pick(cell) }, signal);
    this.kinds.addEventListener("click", (event) => this.toggle((event.target as Element).closest<HTMLElement>("[data-kind]")?.dataset["kind"]), { signal });
    this.worst.addEventListener("click", (event) => {
      const cell = (event.target as Element).closest<HTMLElement>("[data-cell]")?.dataset["cell"];
      if (cell !== undefined) this.pick(Number(cell));
    }, { signal });
    const top = h("div", { class: "iw-top" }, boxes, h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    const side = h("div", { class: "iw-scatter-side" }, this.numbers, this.worst, this.residuals, this.card);
    wear(frame.root, css);
    frame.root.append(top, this.asked, this.status.error, this.controls, h("div", { class: "iw-scatter-body" }, this.plot.element, side), this.tip.element, h("p", { class: "iw-hint" }, HINT), this.status.summary);
    frame.onTheme(() => this.draw());
    link.watch(["shown", "picked", "sites", "technique", "steps", "live", "prompts", "answer"], () => keepFocus(frame.root, () => this.draw()));
  }

  private pick(cell: number): void {
    this.link.act({ do: "pick", cell }, { picked: this.link.read("picked") === cell ? -1 : cell });
  }

  private toggle(kind: string | undefined): void {
    if (kind === undefined) return;
    const sites = this.link.read("sites");
    const kinds = sites.includes(kind) ? sites.filter((one) => one !== kind) : [...sites, kind];
    if (kinds.length) this.link.act({ do: "sites", kinds }, { sites: kinds, picked: -1 });
    else this.status.fail("One kind of place stays: there would be nothing to compare.");
  }

  private hover(cell: number, byKey: boolean): void {
    if (cell < 0 || !this.points) return this.tip.hide();
    const [name, ...rest] = this.points.words(cell).split(": ");
    this.tip.show(this.plot.box(cell), this.frame.root.getBoundingClientRect(), h("b", {}, name!), h("p", {}, rest.join(": ")), ...(byKey ? [h("p", {}, "Enter holds it")] : []));
  }

  private draw(): void {
    const { link } = this;
    const raw = link.read("shown");
    try {
      if (this.made !== raw || !this.points) this.points = new Points(raw);
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      link.askForText();
      return;
    }
    this.made = raw;
    const picked = link.read("picked") < this.points.count ? link.read("picked") : -1;
    this.plot.show(this.points, picked, this.theme());
    this.plot.element.dataset["stale"] = String(raw.stale || raw.groups.map(({ kind }) => kind).join() !== link.read("sites").join());
    this.numbers.replaceChildren(...agreed(raw.agreement, this.points.count));
    this.card.textContent = picked < 0 ? "" : `Held: ${this.points.words(picked)}.`;
    this.listed(raw, picked);
    this.tabled(raw);
    this.choices(raw);
  }

  private theme(): Theme {
    return this.frame.root.dataset["theme"] as Theme;
  }

  private listed(raw: RawShown, picked: number): void {
    const { worst } = raw;
    this.worst.hidden = worst.length === 0;
    fill(this.worst, h("b", {}, "Furthest off"), ...worst.map((cell) => h("button", { type: "button", "data-cell": cell, "data-key": `worst${cell}`, "aria-pressed": String(cell === picked) }, `${this.points!.name(cell)} `, h("small", {}, `${number(this.points!.estimate[cell]!)} for ${number(this.points!.exact[cell]!)}`))));
  }

  /** Mean error by kind, as bars. */
  private tabled({ groups, unit }: RawShown): void {
    const most = Math.max(...groups.map(({ agreement }) => agreement.error ?? 0), 1e-12);
    const row = ({ kind, agreement }: RawShown["groups"][number], i: number): HTMLElement => {
      const bar = h("i");
      bar.style.width = `${Math.round((100 * (agreement.error ?? 0)) / most)}%`;
      return h("tr", {}, h("th", { scope: "row" }, this.key(i), ` ${kind}`), h("td", { class: "iw-scatter-bar" }, bar), h("td", {}, number(agreement.error, 3)), h("td", {}, number(agreement.pearson)), h("td", {}, `${agreement.count}`));
    };
    const head = h("tr", {}, ...["place", `mean error (${unit})`, "", "Pearson", "cells"].map((name) => (name ? h("th", { scope: "col", colspan: name.startsWith("mean") ? 2 : null }, name) : null)));
    this.residuals.hidden = groups.length === 0;
    this.residuals.replaceChildren(h("thead", {}, head), h("tbody", {}, ...groups.map(row)));
  }

  /** The shape and colour of a kind. */
  private key(group: number): SVGSVGElement {
    const theme = this.theme();
    const svg = s("svg", { width: 11, height: 11, viewBox: "0 0 11 11", "aria-hidden": "true" });
    svg.append(s("polygon", { points: SHAPES[group % SHAPES.length]!(5.5, 5.5, 4.5).map((at) => at.join()).join(" "), fill: theme === "contrast" ? "CanvasText" : lineStyle(group, theme).color }));
    return svg;
  }

  private choices(raw: RawShown): void {
    const { link } = this;
    const live = link.read("live");
    this.controls.hidden = !live;
    this.asked.hidden = link.read("answer") === "";
    if (this.steps.value !== String(link.read("steps")) && !this.steps.matches(":focus")) this.steps.value = String(link.read("steps"));
    this.steps.parentElement!.hidden = link.read("technique") !== "integrated";
    const sites = link.read("sites");
    fill(this.kinds, h("span", {}, "Places"), ...raw.offered.map((kind) => h("button", { type: "button", "data-kind": kind, "data-key": `kind-${kind}`, "aria-pressed": String(sites.includes(kind)) }, kind)));
  }

  private menu(): HTMLElement {
    const drawn = (): SVGSVGElement => {
      const style = getComputedStyle(this.frame.root);
      return picture(this.points!, this.theme() === "dark", style.color, style.backgroundColor);
    };
    const plain = (): Blob => {
      const { planes: _, ...raw } = this.link.read("shown");
      const { exact, estimate } = this.points!;
      return new Blob([JSON.stringify({ ...raw, technique: this.link.read("technique"), steps: this.link.read("steps"), exact: [...exact], estimate: [...estimate] }, null, 1)], { type: "application/json" });
    };
    const rows = (): Blob => new Blob([table(this.points!)], { type: "text/csv" });
    return keepMenu("attribution", { PNG: () => pngBlob(drawn()), SVG: () => svgBlob(drawn()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.frame.signal);
  }
}

function agreed({ count, pearson, spearman, sign }: RawAgreement, of: number): (Node | string)[] {
  if (!count) return ["No cell is measured yet."];
  const share = sign === null ? "–" : `${Math.round(100 * sign)} %`;
  const part = count === of ? `${of} cells` : `${count} of ${of} cells measured`;
  return [h("b", {}, `Pearson ${number(pearson, 3)}`), ` · Spearman ${number(spearman, 3)} · same sign ${share} · ${part}`];
}
