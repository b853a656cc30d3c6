// The whole widget: heads to take out, the bias of every subject before and after, and what it costs elsewhere.

import { choice } from "../shared/choice.ts";
import { fill, h } from "../shared/dom.ts";
import { nameOf } from "../shared/heads.ts";
import { historyButtons } from "../shared/history.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { biasBars, type Colors, costBars } from "./bars.ts";
import { type BiasState, control, cost, effect, has, ORDERS, type RawShown, REPLACEMENTS } from "./state.ts";
import css from "./style.css";

const HINT = "Click a head (Enter, Space) to take it out or put it back; arrow keys move between heads. Hollow bars are before the edit, filled ones after.";
const [WIDEST, GAP] = [470, 18];

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly grid = h("div", { class: "iw-bias-grid", role: "group", "aria-label": "Heads that are taken out" });
  private readonly clear = h("button", { type: "button" }, "None");
  private readonly random = h("input", { type: "checkbox" });
  private readonly charts = h("div", { class: "iw-bias-charts" });
  private readonly words = h("div", { class: "iw-bias-words" });
  private home: [number, number] = [0, 0];

  constructor(
    private readonly link: Link<BiasState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    const radios = choice("in their place", REPLACEMENTS, (by) => this.act({ do: "replace", by }, { replace: by as BiasState["replace"] }), signal);
    link.watch(["replace", "live"], () => {
      radios.set(link.read("replace"));
      radios.element.querySelectorAll("input").forEach((input) => (input.disabled = !link.read("live")));
    });
    const sorted = choice("Sort by", ORDERS, (by) => link.act({ do: "order", by }, { order: by as BiasState["order"] }), signal);
    link.watch(["order"], () => sorted.set(link.read("order")));
    const side = h("div", { class: "iw-bias-tools" }, radios.element, h("label", {}, this.random, " control: random heads"), this.clear, this.status.busy);
    const top = h("div", { class: "iw-top" }, h("div", { class: "iw-bias-top" }, h("div", {}, h("p", { class: "iw-hint" }, "Heads taken out"), this.grid), side), h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    wear(frame.root, css);
    frame.root.append(top, this.status.error, this.words, h("div", { class: "iw-bar" }, sorted.element), this.charts, h("p", { class: "iw-hint" }, HINT), this.status.summary);
    this.listen();
    link.watch(["heads", "replace", "control", "order", "shown", "live"], () => keepFocus(frame.root, () => this.draw()));
  }

  private act(action: { do: string; [field: string]: unknown }, echo: Partial<BiasState>): void {
    this.status.fail("");
    if (this.link.read("live")) this.link.act(action, echo);
  }

  /** Sorted, as Python keeps them: an exported page looks the same edit up by the same words. */
  private choose(heads: BiasState["heads"]): void {
    const sorted = [...heads].sort(([a, b], [c, d]) => a - c || b - d);
    this.act({ do: "heads", heads: sorted }, { heads: sorted });
  }

  private listen(): void {
    const { charts, grid, link, signal } = this;
    grid.addEventListener("click", (event) => {
      const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-head]");
      if (!cell) return;
      const [layer, head] = [Number(cell.dataset["layer"]), Number(cell.dataset["head"])];
      this.home = [layer, head];
      const heads = link.read("heads");
      const left = heads.filter(([l, i]) => l !== layer || i !== head);
      this.choose(left.length < heads.length ? left : [...left, [layer, head]]);
    }, { signal });
    grid.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, 0], ArrowDown: [-1, 0] }[event.key];
      if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const [layer, head] = [this.home[0] + by[0]!, this.home[1] + by[1]!];
      const next = grid.querySelector<HTMLElement>(`[data-layer="${layer}"][data-head="${head}"]`);
      if (!next) return;
      this.home = [layer, head];
      grid.querySelectorAll<HTMLElement>("[data-head]").forEach((cell) => (cell.tabIndex = cell === next ? 0 : -1));
      next.focus();
    }, { signal });
    this.clear.addEventListener("click", () => link.read("heads").length > 0 && this.choose([]), { signal });
    this.random.addEventListener("change", () => this.act({ do: "control", on: this.random.checked }, { control: this.random.checked }), { signal });
    let wide = 0;
    const sized = new ResizeObserver(() => {
      if (charts.clientWidth === wide) return;
      wide = charts.clientWidth;
      keepFocus(this.frame.root, () => this.draw());
    });
    sized.observe(charts);
    signal.addEventListener("abort", () => sized.disconnect());
  }

  private draw(): void {
    const { link } = this;
    const raw = link.read("shown");
    const live = link.read("live");
    this.heads(raw, live);
    this.random.checked = link.read("control");
    this.random.disabled = !live;
    this.clear.setAttribute("aria-disabled", String(!live || link.read("heads").length === 0));
    const width = this.width();
    fill(this.charts, h("figure", {}, biasBars(raw, link.read("order"), width)), h("figure", {}, costBars(raw, width)));
    fill(this.words, ...[effect(raw), cost(raw), control(raw)].filter(Boolean).map((text) => h("p", {}, text)));
    this.charts.dataset["stale"] = this.words.dataset["stale"] = String(this.stale(raw));
  }

  private width(): number {
    const room = this.charts.clientWidth || 800;
    return Math.min(room > 620 ? Math.floor((room - GAP) / 2) : room, WIDEST);
  }

  /** Whether what is shown is another edit than the one that is asked for. */
  private stale(raw: RawShown): boolean {
    const heads = this.link.read("heads");
    return raw.replace !== this.link.read("replace") || heads.length !== raw.heads.length || heads.some(([layer, head]) => !has(raw.heads, layer, head));
  }

  private heads(raw: RawShown, live: boolean): void {
    const chosen = this.link.read("heads");
    this.grid.style.gridTemplateColumns = `2.2em repeat(${raw.heads_a_layer}, minmax(24px, 34px))`;
    const cells: HTMLElement[] = [];
    for (let layer = raw.layers - 1; layer >= 0; layer--) {
      cells.push(h("span", { class: "iw-hint" }, `L${layer}`));
      for (let head = 0; head < raw.heads_a_layer; head++) {
        const out = has(chosen, layer, head);
        const here = layer === this.home[0] && head === this.home[1];
        cells.push(h("button", { type: "button", "data-layer": layer, "data-head": head, "data-key": `head${layer}.${head}`, "data-random": has(raw.control_heads, layer, head), tabindex: here ? 0 : -1, "aria-pressed": String(out), "aria-disabled": live ? null : "true", "aria-label": `head ${nameOf([layer, head])}${out ? ", taken out" : ""}` }, out ? "✕" : has(raw.control_heads, layer, head) ? "?" : String(head)));
      }
    }
    fill(this.grid, ...cells);
  }

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => {
      const style = getComputedStyle(this.frame.root);
      const of = (name: string): string => style.getPropertyValue(name);
      const colors: Colors = { before: of("--iw-faint"), after: of("--iw-link"), cost: of("--iw-accent"), text: style.color, faint: of("--iw-faint"), line: of("--iw-line") };
      const raw = this.link.read("shown");
      const [left, right] = [biasBars(raw, this.link.read("order"), 430, colors), costBars(raw, 430, colors)];
      const height = Math.max(Number(left.getAttribute("height")), Number(right.getAttribute("height")));
      left.setAttribute("width", "880");
      left.setAttribute("height", String(height));
      left.setAttribute("viewBox", `0 0 880 ${height}`);
      right.setAttribute("x", "450");
      left.append(right);
      left.style.background = style.backgroundColor;
      return left;
    };
    const rows = (): Blob => {
      const { subjects, before, after, families, loss_before, loss_after } = this.link.read("shown");
      const lines = [["kind", "name", "before", "after"], ...subjects.map((name, i) => ["bias", name, before[i]!, after[i]!]), ...families.map((name, i) => ["loss", name, loss_before[i] ?? "", loss_after[i] ?? ""])];
      return new Blob([`${lines.map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
    };
    const plain = (): Blob => new Blob([JSON.stringify(this.link.read("shown"), null, 1)], { type: "application/json" });
    return keepMenu("gender", { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.signal);
  }
}
