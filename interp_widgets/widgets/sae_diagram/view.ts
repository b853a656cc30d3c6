// The whole widget: the text to step through, families, the diagram, and the box with the parts of the loss.

import { SHAPES } from "../attribution/axes.ts";
import { lineStyle } from "../shared/color.ts";
import { clamp, fill, h, s } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { Readout } from "../shared/points.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import type { Theme } from "../shared/theme.ts";
import { tokenElement, visible } from "../shared/tokens.ts";
import { Diagram, heightOf, type Ink, WIDTH } from "./drawing.ts";
import { type DiagramState, familyLit, fine, latentWords, litAt, type Scene, sentence } from "./state.ts";
import css from "./style.css";

const HINT = "A box is as full as its value is large. A filled sign is a lit latent; a hollow one with a number fires faintly, below half of its own largest value here. Dashed lines are negative weights. Click a token, or move the slider with the arrow keys. Up and down arrows go through the latents; click or Enter holds one and draws its weights alone.";

export class View {
  private readonly status: Status;
  private readonly slider = h("input", { type: "range", min: 0, step: 1, "aria-label": "Token", "data-key": "token" });
  private readonly text = h("div", { class: "iw-sae-diagram-text", "aria-hidden": "true" });
  private readonly families = h("div", { class: "iw-sae-diagram-families", role: "group", "aria-label": "Families: go to the token that lights one most" });
  private readonly paper = h("div", {});
  private readonly readout: Readout = new Readout(() => this.plot, "no latent");
  private readonly plot = h("div", { class: "iw-sae-diagram-plot", role: "listbox", tabindex: 0, "data-home": true, "data-key": "plot" }, this.paper, this.readout.element);
  private readonly loss = h("table", { class: "iw-sae-diagram-loss" });
  private diagram: Diagram | null = null;
  private cursor = -1;

  constructor(
    private readonly link: Link<DiagramState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.status = status(link, frame);
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value), "slide"), { signal });
    this.text.addEventListener("click", (event) => {
      const at = (event.target as Element).closest<HTMLElement>("[data-at]")?.dataset["at"];
      if (at !== undefined) this.go(Number(at));
    }, { signal });
    this.families.addEventListener("click", (event) => {
      const at = Number((event.target as Element).closest<HTMLElement>("[data-at]")?.dataset["at"] ?? -1);
      if (at >= 0) this.go(at);
    }, { signal });
    this.listen();
    const acts = h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu());
    const top = h("div", { class: "iw-top" }, h("label", { class: "iw-sae-diagram-step" }, "Token ", this.slider), acts);
    const box = h("div", { class: "iw-sae-diagram-box" }, h("b", {}, "Loss of this token"), this.loss, h("p", {}, "A penalty on L1, or a fixed number of latents, is what keeps f sparse; the squared error is what keeps it faithful. Both count all latents, drawn or not."));
    wear(frame.root, css);
    frame.root.append(top, this.status.error, this.text, this.families, h("div", { class: "iw-sae-diagram-body" }, this.plot, box), h("p", { class: "iw-hint" }, HINT), this.status.summary);
    frame.onTheme(() => this.draw());
    link.watch(["scene", "token", "picked"], () => keepFocus(frame.root, () => this.draw()));
  }

  private listen(): void {
    const { plot, frame: { signal } } = this;
    const hit = (event: Event): number => Number((event.target as Element).closest<SVGElement>("[data-latent]")?.dataset["latent"] ?? -1);
    plot.addEventListener("pointermove", (event) => this.to(hit(event)), { signal });
    plot.addEventListener("pointerleave", () => this.to(-1), { signal });
    plot.addEventListener("click", (event) => hit(event) >= 0 && this.pick(hit(event)), { signal });
    plot.addEventListener("focus", () => plot.matches(":focus-visible") && this.to(this.home()), { signal });
    plot.addEventListener("blur", () => this.to(-1), { signal });
    plot.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const last = this.link.read("scene").latents.length - 1;
      const at = this.cursor < 0 ? this.home() : this.cursor;
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last }[event.key];
      if (to !== undefined) this.to(clamp(to, 0, last));
      else if (event.key === "Enter" || event.key === " ") this.pick(at);
      else if (event.key === "Escape") this.to(-1);
      else return;
      event.preventDefault();
    }, { signal });
  }

  private home(): number {
    const scene = this.link.read("scene");
    const held = scene.latents.findIndex(({ id }) => id === this.link.read("picked"));
    return held >= 0 ? held : (litAt(scene, this.link.read("token"))[0] ?? 0);
  }

  private go(token: number, burst?: string): void {
    const action = { do: "token", to: token, ...(burst ? { burst } : {}) };
    this.link.act(action, { token, summary: sentence(this.link.read("scene"), token) });
  }

  private pick(j: number): void {
    const latent = this.link.read("scene").latents[j]!.id;
    this.link.act({ do: "pick", latent }, { picked: this.link.read("picked") === latent ? -1 : latent });
  }

  private to(j: number): void {
    if (j === this.cursor) return;
    this.cursor = j;
    this.diagram?.point(j);
    this.read();
  }

  private read(): void {
    if (this.cursor < 0) return this.readout.quiet();
    const scene = this.link.read("scene");
    this.readout.say(latentWords(scene, this.link.read("token"), this.cursor), scene.latents[this.cursor]!.id === this.link.read("picked"));
  }

  private ink(): Ink {
    const style = getComputedStyle(this.frame.root);
    const of = (name: string): string => style.getPropertyValue(name).trim();
    const theme = (this.frame.root.dataset["theme"] ?? "light") as Theme;
    const line = (i: number): string => lineStyle(i, theme).color;
    return { text: style.color, faint: of("--iw-faint"), line: of("--iw-line"), ground: of("--iw-ground"), accent: of("--iw-accent"), input: line(0), output: line(2), plain: line(7), family: (i) => line([1, 3, 5, 4, 6, 0, 2][i % 7]!) };
  }

  private draw(): void {
    const { link } = this;
    const [scene, token] = [link.read("scene"), link.read("token")];
    this.slider.max = String(scene.tokens.length - 1);
    this.slider.value = String(token);
    this.slider.setAttribute("aria-valuetext", `${visible(scene.tokens[token]!)}, ${token + 1} of ${scene.tokens.length}`);
    fill(this.text, ...scene.tokens.map((piece, i) => h("span", { "data-at": i, "data-now": String(i === token) }, tokenElement(piece))));
    const { family } = this.ink();
    this.families.hidden = scene.families.length === 0;
    fill(this.families, ...scene.families.map(({ name, at, shine }, i) => {
      const [on, faint] = [familyLit(scene, token, i), shine[token] === 1];
      const corners = SHAPES[(i + 1) % SHAPES.length]!(7, 7, 5.5).map((one) => one.join()).join(" ");
      const sign = s("svg", { width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true" }, s("polygon", { points: corners, fill: on ? family(i) : "none", stroke: family(i), "stroke-width": 1.3 }));
      return h("button", { type: "button", "data-at": at, "data-key": `family${i}`, "data-lit": String(on), "aria-disabled": String(at < 0) }, sign, ` ${name}: ${on ? "lit" : at < 0 ? "never lit here" : faint ? "faint" : "dark"}`);
    }));
    this.numbers(scene, token);
    this.paint();
    this.plot.setAttribute("aria-label", `${scene.latents.length} latents, ${litAt(scene, token).length} of them lit. Up and down arrows go through them; Enter holds one.`);
  }

  private drawn(): Diagram {
    const scene = this.link.read("scene");
    return new Diagram(scene, this.link.read("token"), scene.latents.findIndex(({ id }) => id === this.link.read("picked")), this.ink());
  }

  private paint(): void {
    const { link } = this;
    const scene = link.read("scene");
    this.diagram = this.drawn();
    this.diagram.point(this.cursor);
    this.paper.replaceChildren(this.diagram.element);
    this.plot.dataset["lit"] = litAt(scene, link.read("token")).map((j) => scene.latents[j]!.id).join();
  }

  private numbers(scene: Scene, token: number): void {
    const mean = (row: readonly number[]): number => row.reduce((sum, value) => sum + value, 0) / row.length;
    const row = (key: string, name: string, values: readonly number[], write = fine): HTMLElement => h("tr", { "data-part": key }, h("th", { scope: "row" }, name), h("td", {}, write(values[token]!)), h("td", {}, fine(mean(values))));
    const left = scene.mse.map((error, i) => (scene.size[i]! > 0 ? error / scene.size[i]! : NaN));
    const head = h("tr", {}, h("td", {}), h("th", { scope: "col" }, "here"), h("th", { scope: "col" }, "mean"));
    this.loss.replaceChildren(h("thead", {}, head), h("tbody", {}, row("mse", "squared error", scene.mse), row("left", "its share of x²", left), row("l1", "L1: sum of f", scene.l1), row("l0", "L0: latents that fire", scene.l0, String)));
  }

  private menu(): HTMLElement {
    const { link } = this;
    const drawn = (): SVGSVGElement => {
      const svg = this.drawn().element;
      svg.prepend(s("rect", { width: WIDTH, height: heightOf(link.read("scene")), fill: this.ink().ground }));
      return svg;
    };
    const rows = (): Blob => {
      const { tokens, mse, l1, l0, latents, codes } = link.read("scene");
      const lines = [["token", "mse", "l1", "l0", ...latents.map(({ id, name }) => (name ? `${id} ${name}` : String(id)))], ...tokens.map((piece, i) => [piece, mse[i]!, l1[i]!, l0[i]!, ...codes[i]!])];
      return new Blob([`${lines.map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
    };
    const plain = (): Blob => new Blob([JSON.stringify({ ...link.read("scene"), token: link.read("token"), picked: link.read("picked") }, null, 1)], { type: "application/json" });
    return keepMenu("sae_diagram", { PNG: () => pngBlob(drawn()), SVG: () => svgBlob(drawn()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.frame.signal);
  }
}
