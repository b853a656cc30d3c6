// The whole widget: axes and filters, the scatter, and the numbers of the points that are held.

import { choice } from "../shared/choice.ts";
import { lineStyle } from "../shared/color.ts";
import { fill, h, s } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { number } from "../shared/numbers.ts";
import type { Action, Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import type { Theme } from "../shared/theme.ts";
import { Tooltip } from "../shared/tooltip.ts";
import { type Ink, sign } from "./chart.ts";
import { Plot } from "./plot.ts";
import { type Choices, good, type Measure, type ParetoState, Points, type ScaleName, scaleOf } from "./state.ts";
import css from "./style.css";

const HINT = "Ringed points are on the front: no other is better in one measure and as good in the other. A line joins the best of a variant. Arrows go from point to point; click or Enter holds one, two are compared. Hollow signs: another width than most.";

export class View {
  private readonly status: Status;
  private readonly plot: Plot;
  private readonly tip = new Tooltip();
  private readonly variants = h("div", { class: "iw-pareto-variants", role: "group", "aria-label": "Variants shown" });
  private readonly width = h("select", { "aria-label": "Width", "data-key": "width" });
  private readonly widths = h("label", { class: "iw-pareto-width" }, "Width ", this.width);
  private readonly numbers = h("table", { class: "iw-pareto-numbers" });
  private readonly missing = h("p", { class: "iw-pareto-missing" });
  private readonly empty = h("p", { class: "iw-pareto-missing" }, "Hold a point, or two, to read all of their numbers here.");

  constructor(
    private readonly link: Link<ParetoState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.status = status(link, frame);
    this.plot = new Plot({ hover: (point, byKey) => this.hover(point, byKey), pick: (point, byKey) => this.pin(point, byKey) }, signal);
    this.variants.addEventListener("click", (event) => {
      const name = (event.target as Element).closest<HTMLElement>("[data-variant]")?.dataset["variant"];
      if (name !== undefined) this.toggle(name);
    }, { signal });
    this.width.addEventListener("change", () => this.act({ do: "width", of: Number(this.width.value) }, { width: Number(this.width.value) }), { signal });
    const acts = h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu());
    const top = h("div", { class: "iw-top" }, h("div", { class: "iw-bar" }, this.axis("x", "Across"), this.axis("y", "Up"), this.widths), acts);
    const side = h("div", { class: "iw-pareto-side" }, this.empty, this.numbers, this.missing);
    wear(frame.root, css);
    frame.root.append(top, this.status.error, this.variants, h("div", { class: "iw-pareto-body" }, this.plot.element, side), this.tip.element, h("p", { class: "iw-hint" }, HINT), this.status.summary);
    frame.onTheme(() => this.draw());
    link.watch(["scene", "x", "y", "x_scale", "y_scale", "hidden", "width", "pinned"], () => keepFocus(frame.root, () => this.draw()));
  }

  private choices(change: Partial<Choices> = {}): Choices {
    const { link } = this;
    const now = { x: link.read("x"), y: link.read("y"), x_scale: link.read("x_scale"), y_scale: link.read("y_scale"), hidden: link.read("hidden"), width: link.read("width"), pinned: link.read("pinned"), scene: link.read("scene") };
    return { ...now, ...change };
  }

  /** An action; the sentence below says at once what follows from it. */
  private act(action: Action, echo: Partial<Choices>): void {
    this.link.act(action, { ...echo, summary: new Points(this.choices(echo)).sentence });
  }

  private axis(axis: "x" | "y", name: string): HTMLElement {
    const { link, frame } = this;
    const options = link.read("scene").measures.map(({ key, label }) => h("option", { value: key }, label));
    const select = h("select", { "aria-label": `${name}: measure`, "data-key": axis }, ...options);
    select.addEventListener("change", () => this.measure(axis, select.value), { signal: frame.signal });
    const scale = choice(`${name}: scale`, { log: "log", linear: "linear" }, (by) => this.act({ do: "scale", axis, by }, { [`${axis}_scale`]: by as ScaleName }), frame.signal);
    scale.element.querySelector("legend")!.className = "iw-sr";
    link.watch([axis, `${axis}_scale`], () => {
      select.value = link.read(axis);
      scale.set(link.read(`${axis}_scale`));
    });
    return h("div", { class: "iw-pareto-axis" }, h("label", {}, `${name} `, select), scale.element);
  }

  /** Takes a measure for an axis; they change places where the other has it. */
  private measure(axis: "x" | "y", by: string): void {
    const now = this.choices();
    const other = axis === "x" ? "y" : "x";
    const [mine, its] = [`${axis}_scale`, `${other}_scale`] as const;
    const swap = now[other] === by && now[axis] !== by;
    const echo: Partial<Choices> = swap ? { [axis]: by, [mine]: now[its], [other]: now[axis], [its]: now[mine] } : { [axis]: by, [mine]: scaleOf(by) };
    this.act({ do: "axis", axis, by }, echo);
  }

  private toggle(name: string): void {
    const hidden = this.link.read("hidden");
    this.act({ do: "variant", name }, { hidden: hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name] });
  }

  private pin(point: number, byKey: boolean): void {
    if (!byKey) this.tip.hide(); // its numbers stand in the table, which the tip would cover
    const rest = this.link.read("pinned").filter((one) => one !== point);
    const held = rest.length < this.link.read("pinned").length;
    this.act({ do: "pin", point }, { pinned: held ? rest : [...rest.slice(-1), point] });
  }

  private hover(point: number, byKey: boolean): void {
    if (point < 0) return this.tip.hide();
    const points = new Points(this.choices());
    const rows = points.state.scene.measures.filter((measure) => !Number.isNaN(points.value(point, measure))).map((measure) => h("tr", {}, h("th", { scope: "row" }, measure.label), h("td", {}, points.text(point, measure))));
    const where = points.front.includes(point) ? h("p", {}, "On the front: none beats it.") : null;
    const parts = [h("b", {}, points.all[point]!.name), h("table", { class: "iw-pareto-tip" }, ...rows), where, byKey ? h("p", {}, "Enter holds it") : null];
    this.tip.show(this.plot.box(point), this.frame.root.getBoundingClientRect(), ...parts.filter((part) => part !== null));
  }

  private ink(): Ink {
    const style = getComputedStyle(this.frame.root);
    const of = (name: string): string => style.getPropertyValue(name).trim();
    const theme = (this.frame.root.dataset["theme"] ?? "light") as Theme;
    return { text: style.color, faint: of("--iw-faint"), line: of("--iw-line"), grid: theme === "contrast" ? 0.3 : 1, ground: of("--iw-ground"), accent: of("--iw-accent"), variant: (i) => lineStyle(i, theme) };
  }

  private draw(): void {
    const points = new Points(this.choices());
    const ink = this.ink();
    this.plot.show(points, ink);
    fill(this.variants, ...points.variants.map((variant, i) => {
      const key = s("svg", { width: 30, height: 12, viewBox: "0 0 30 12", "aria-hidden": "true" }, s("line", { x1: 0, x2: 30, y1: 6, y2: 6, stroke: ink.variant(i).color, "stroke-width": 1.5, "stroke-dasharray": ink.variant(i).dash }), sign(i, 15, 6, 4.5, ink));
      return h("button", { type: "button", "data-variant": variant, "data-key": `variant-${variant}`, "aria-pressed": String(!points.state.hidden.includes(variant)) }, key, ` ${variant}`);
    }));
    this.widths.hidden = points.widths.length < 2;
    fill(this.width, h("option", { value: 0, selected: points.state.width === 0 }, "all"), ...points.widths.map((width) => h("option", { value: width, selected: width === points.state.width }, String(width))));
    const out = points.shown.length - points.across.length;
    const logs = [points.state.x_scale, points.state.y_scale].includes("log");
    this.missing.textContent = out ? `${out} of ${points.shown.length} have no place here: ${logs ? "a logarithmic scale has none for 0 and below, or " : ""}a measure is not known.` : "";
    this.compare(points);
  }

  /** All numbers of what is held; of two also how they differ. */
  private compare(points: Points): void {
    const { pinned } = points;
    this.numbers.hidden = pinned.length === 0;
    this.empty.hidden = pinned.length > 0;
    const names = pinned.map((i, k) => h("th", { scope: "col" }, h("b", {}, "AB"[k]!), ` ${points.all[i]!.name}`));
    const head = h("tr", {}, h("th", { scope: "col" }, "measure"), ...names, pinned.length === 2 ? h("th", { scope: "col" }, "B − A") : null);
    const row = (measure: Measure): HTMLElement => {
      const values = pinned.map((i) => points.value(i, measure));
      const chosen = measure === points.x || measure === points.y;
      const cells = values.map((value) => h("td", {}, number(value, measure.digits)));
      return h("tr", { "data-measure": measure.key, "data-chosen": String(chosen) }, h("th", { scope: "row" }, measure.label), ...cells, pinned.length === 2 ? h("td", {}, ...difference(measure, values[0]!, values[1]!)) : null);
    };
    this.numbers.replaceChildren(h("thead", {}, head), h("tbody", {}, ...points.state.scene.measures.map(row)));
  }

  private menu(): HTMLElement {
    const now = (): Points => new Points(this.choices());
    const drawn = (): SVGSVGElement => {
      const svg = this.plot.drawing();
      const { ground } = this.ink();
      svg.prepend(s("rect", { width: svg.getAttribute("width"), height: svg.getAttribute("height"), fill: ground }));
      return svg;
    };
    const rows = (): Blob => {
      const points = now();
      const { measures } = points.state.scene;
      const lines = [["name", "variant", ...measures.map(({ key }) => key), "front"], ...points.shown.map((i) => [points.all[i]!.name, points.all[i]!.variant, ...measures.map((measure) => points.all[i]!.values[measures.indexOf(measure)] ?? ""), String(points.front.includes(i))])];
      return new Blob([`${lines.map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
    };
    const plain = (): Blob => {
      const points = now();
      return new Blob([JSON.stringify({ ...points.state, front: points.front }, null, 1)], { type: "application/json" });
    };
    return keepMenu("pareto", { PNG: () => pngBlob(drawn()), SVG: () => svgBlob(drawn()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.frame.signal);
  }
}

/** How far apart, and for whom. */
function difference(measure: Measure, a: number, b: number): (Node | string)[] {
  const text = number(b - a, measure.digits);
  if (Number.isNaN(b - a)) return [text];
  const gain = good(measure, b) - good(measure, a);
  const signed = b > a && Number(text) !== 0 ? `+${text}` : text;
  return gain === 0 || Number(text.replace("−", "-")) === 0 ? [signed] : [`${signed} `, h("small", {}, gain > 0 ? "better" : "worse")];
}
