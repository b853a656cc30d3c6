// The whole widget: the question, the bus from the embedding (bottom) to the unembedding (top), what is left of the sum.

import { SharedCursor } from "../shared/cursor.ts";
import { fill, h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { BufferLost } from "../shared/planes.ts";
import { promptBoxes } from "../shared/prompts.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { tokenBox } from "../shared/token_box.ts";
import { visible } from "../shared/tokens.ts";
import { Tooltip } from "../shared/tooltip.ts";
import { asDocument, drawing, type Kept, table } from "./files.ts";
import { Row, type Scales, scalesOf } from "./rows.ts";
import { type BusState, type Effect, isEffect, type Part, partsOf, type RawShown, sameNames, signed, title, toggled, type Writer, writers } from "./state.ts";
import css from "./style.css";

const HINT =
  "Read upwards. Click a writer (Enter, Space) to remove it or to put it back; arrows move along the stream, O opens an attention. " +
  "Shares are read with the final norm frozen as it was in this run; what no part writes has the row “bias”. So they add up.";
const RUN = "Zero ablation: the model runs again with their writes at the last token set to zero. Earlier tokens keep theirs.";
const TOLERANCE = 1e-2;

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly stream = h("div", { class: "iw-bus-stream", role: "group", "aria-label": "Writers, the last one first" });
  private readonly total = h("span", { class: "iw-bus-total" });
  private readonly last = h("span", { class: "iw-bus-last" });
  private readonly shared: SharedCursor;
  private readonly light = h("span", { class: "iw-light" });
  private readonly effect = h("div", { class: "iw-bus-effect" });
  private readonly restore: HTMLElement;
  private readonly run: HTMLElement;
  private readonly tip = new Tooltip();
  private readonly rows = new Map<string, Row>();
  private order: Writer[] = [];
  private raw: RawShown | null = null;
  private parts: Part[] = [];
  private scales!: Scales;
  private home = "";

  constructor(
    private readonly link: Link<BusState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    this.shared = new SharedCursor(signal, () => this.showLit());
    this.restore = this.button("Restore all", () => link.act({ do: "restore_all" }, { removed: [], ran: [] }));
    this.run = this.button("Run without them", () => this.runWithout());
    this.run.title = RUN;
    const boxes = promptBoxes(link, ["shown"], () => [link.read("shown")], () => this.status.fail(""), signal);
    const top = h("div", { class: "iw-top" }, boxes, h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    const asked = h("div", { class: "iw-bus-asked" }, ...(["answer", "distractor"] as const).map((which) => tokenBox(link, which, which === "answer" ? "Answer" : "Distractor", () => this.status.fail(""), signal)), this.status.busy);
    const bar = h("div", { class: "iw-bar" }, this.total, this.restore, this.run, this.light);
    const titles = h("div", { class: "iw-bus-titles" }, ...["writer", "share: − left, + right", "logits", "running total"].map((text) => h("span", {}, text)));
    wear(frame.root, css);
    frame.root.append(top, asked, this.status.error, bar, titles, this.stream, this.effect, h("p", { class: "iw-hint" }, HINT), this.status.summary, this.tip.element);
    this.listen();
    link.watch(["shown", "removed", "opened", "ran", "effect", "busy"], () => this.draw());
  }

  private button(text: string, run: () => void): HTMLElement {
    const button = h("button", { type: "button" }, text);
    button.addEventListener("click", run, { signal: this.signal });
    return button;
  }

  private listen(): void {
    const { stream, signal } = this;
    const rowOf = (event: Event): Row | undefined => this.rows.get((event.target as Element).closest<HTMLElement>("[data-part]")?.dataset["part"] ?? "");
    const point = (event: Event): void => {
      const row = rowOf(event);
      if (row) this.tell(row);
    };
    const { last } = this;
    last.addEventListener("pointerenter", () => this.pointAtLast(), { signal });
    last.addEventListener("pointerleave", () => this.shared.point(null), { signal });
    stream.addEventListener("pointerover", point, { signal });
    stream.addEventListener("focusin", point, { signal });
    for (const kind of ["pointerleave", "focusout", "scroll"]) stream.addEventListener(kind, () => this.tip.hide(), { signal });
    stream.addEventListener("keydown", (event) => {
      const row = rowOf(event);
      if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = this.order.findIndex(({ name }) => name === row.writer.name);
      const to = { ArrowUp: at + 1, ArrowDown: at - 1, Home: 0, End: this.order.length - 1 }[event.key];
      if (to !== undefined) this.focus(Math.min(Math.max(to, 0), this.order.length - 1));
      else if (event.key.toLowerCase() === "o") this.open(row);
      else return;
      event.preventDefault();
    }, { signal });
  }

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => drawing(this.kept());
    const state = (): Record<string, unknown> => Object.fromEntries((["prompts", "answer", "distractor", "removed", "opened", "ran"] as const).map((name) => [name, this.link.read(name)]));
    const makers = { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: () => table(this.kept(), this.link.read("removed")), JSON: () => asDocument(this.kept(), state()) };
    return keepMenu("logit_attribution", makers, (why) => this.status.fail(why), this.signal);
  }

  private kept(): Kept {
    const style = getComputedStyle(this.frame.root);
    const colors = { ground: style.backgroundColor, text: style.color, plus: style.getPropertyValue("--iw-link"), minus: style.getPropertyValue("--iw-accent") };
    return { raw: this.link.read("shown"), parts: this.parts, said: this.total.textContent!, rows: this.order, scales: this.scales, total: this.left(), asked: this.asked(), colors };
  }

  private asked(): string {
    return this.link.read("shown").pieces.map(visible).join(" − ");
  }

  private left(): number {
    return this.order.at(-1)!.after;
  }

  private draw(): void {
    const { link } = this;
    const [raw, removed, opened] = [link.read("shown"), link.read("removed"), link.read("opened")];
    if (raw !== this.raw) {
      try {
        this.parts = partsOf(raw);
      } catch (error) {
        if (!(error instanceof BufferLost)) throw error;
        link.askForText();
        return;
      }
      this.raw = raw;
    }
    const whole = writers(this.parts, [], opened);
    this.order = writers(this.parts, removed, opened);
    // The whole stream counts for the scale as well: bars keep their length when others go.
    this.scales = scalesOf(whole, [...whole, ...this.order].flatMap(({ before, after }) => [before, after]));
    const shown = this.order.map((writer) => {
      // A part may bear its block's name ("embed"), but only attentions are opened.
      const row = this.rows.get(writer.name) ?? new Row(writer.name, { remove: (r) => this.remove(r), open: (r) => this.open(r) }, this.signal);
      this.rows.set(writer.name, row);
      row.show(writer, this.scales);
      return row;
    });
    fill(this.stream, ...shown.map((row) => row.element).reverse());
    if (!this.order.some(({ name }) => name === this.home)) this.home = this.order.at(-1)!.name;
    this.mark();
    this.sums(removed);
  }

  private sums(removed: readonly string[]): void {
    const raw = this.link.read("shown");
    const cap = raw.softcap === null ? "" : ", before the soft-cap";
    const was = removed.length ? ` (whole: ${signed(raw.total)})` : "";
    const own = raw.pieces.length > 1 ? "difference" : "logit";
    fill(this.last, visible(raw.tokens.at(-1)!));
    this.total.replaceChildren(`${this.asked()} after `, this.last, `: ${signed(this.left())} logits${cap}${was}`);
    this.showLit();
    const good = raw.check <= TOLERANCE;
    this.light.dataset["state"] = good ? "good" : "bad";
    const off = raw.check === 0 ? "0" : raw.check.toExponential(0);
    this.light.textContent = good ? `✓ whole sum is the model’s own ${own} (±${off})` : `▲ whole sum misses the model’s own ${own} by ${off}`;
    for (const button of [this.restore, this.run]) button.setAttribute("aria-disabled", String(removed.length === 0));
    const effect = this.link.read("effect");
    const known = removed.length > 0 && isEffect(effect) && sameNames(effect.parts, removed);
    fill(this.effect, ...(known ? outcomes(effect) : []));
  }

  /** Of all columns of the prompt the bus has one: the token after which it reads. */
  private showLit(): void {
    const tokens = this.raw?.tokens ?? [];
    const at = tokens.length - 1;
    if (at >= 0 && this.shared.column(tokens) === at) this.last.dataset["lit"] = String(at);
    else delete this.last.dataset["lit"];
  }

  private pointAtLast(): void {
    const { tokens } = this.link.read("shown");
    this.shared.point(tokens, tokens.length - 1);
  }

  // -- hands -----------------------------------------------------------------------------------

  private remove({ writer }: Row): void {
    this.home = writer.name;
    const removed = this.link.read("removed");
    // A head of a block that is off as a whole stands for that block.
    const whole = writer.name !== writer.block && removed.includes(writer.block);
    const one = whole ? { ...writer, name: writer.block } : writer;
    const members = this.parts.filter(({ block }) => block === one.block).map(({ name }) => name);
    this.status.fail("");
    this.link.act({ do: "remove", part: one.name }, { removed: toggled(removed, one, members), ran: [] });
  }

  private open({ writer }: Row): void {
    const layer = writer.within ? Number(/^L(\d+)/.exec(writer.block)?.[1] ?? -1) : writer.layer;
    if (layer < 0) return;
    this.home = writer.block;
    const opened = this.link.read("opened");
    const next = opened.includes(layer) ? opened.filter((other) => other !== layer) : [...opened, layer].sort((a, b) => a - b);
    this.link.act({ do: "open", layer }, { opened: next });
  }

  private runWithout(): void {
    const parts = [...this.link.read("removed")].sort();
    if (parts.length > 0) this.link.act({ do: "run", parts });
  }

  /** The one row that Tab comes to, and that takes the focus of a row that goes. */
  private mark(): void {
    for (const [name, { button }] of this.rows) {
      button.tabIndex = name === this.home ? 0 : -1;
      button.toggleAttribute("data-home", name === this.home);
    }
  }

  private focus(at: number): void {
    this.home = this.order[at]!.name;
    this.mark();
    this.rows.get(this.home)!.button.focus();
  }

  private tell(row: Row): void {
    const { writer } = row;
    const length: [string, string] = writer.norm === null ? ["parts left", `${writer.left} of ${writer.parts}`] : ["length of the write", writer.norm.toFixed(3)];
    const lines: [string, string][] = [["share", `${signed(writer.share, 5)} logits`], length, ["running total", signed(writer.after, 5)]];
    const list = h("dl", { class: "iw-bus-tip" }, ...lines.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
    this.tip.show(row.button.getBoundingClientRect(), this.frame.root.getBoundingClientRect(), h("h4", {}, `${title(writer)} · ${writer.name}${writer.gone ? " (removed)" : ""}`), list);
  }
}

/** Three answers to one question, from the most frozen to the model itself. */
function outcomes({ frozen, live, forward }: Effect): HTMLElement[] {
  const lines: [number, string][] = [
    [forward, "model run again with their writes at the last token set to zero (zero ablation)"],
    [live, "their writes taken off the last stream, the final norm made anew, later blocks as they were"],
    [frozen, "sum of the shares left, final norm frozen"],
  ];
  return lines.map(([value, how]) => h("div", {}, h("b", {}, signed(value)), ` ${how}`));
}
