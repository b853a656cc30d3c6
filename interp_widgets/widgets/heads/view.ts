// The whole widget: prompts and tokens where there are some, what is drawn, the grid, and the card of the open head.

import { ramp, type Ramp } from "../shared/color.ts";
import { h, uid } from "../shared/dom.ts";
import { type Head, isHead, nameOf } from "../shared/heads.ts";
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
import { Card } from "./card.ts";
import { picture, table } from "./files.ts";
import { Grid, roomOf } from "./grid.ts";
import { Paths } from "./paths.ts";
import { HeadSet } from "./set.ts";
import { EFFECTS, type HeadsState, type Numbers, numbersOf, words, worded } from "./state.ts";
import css from "./style.css";

const HINT = "Click a head (Enter) to open its card. Drag, Shift+click, Space or Shift+arrows gather heads in a set; Escape empties it.";

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly measure = h("select", { "aria-label": "What is drawn", "data-key": "measure" });
  private readonly caption = h("div", { class: "iw-head" });
  private readonly legend = h("canvas", { width: 256, height: 1, "aria-hidden": "true" });
  private readonly ends = [h("span"), h("span")] as const;
  private readonly readout = h("div", { class: "iw-heads-readout" });
  private readonly set: HeadSet;
  private readonly paths: Paths;
  private readonly asked: HTMLElement;
  private readonly side: HTMLElement;
  private readonly grid: Grid;
  private readonly card: Card;
  private all: Numbers | null = null;
  private ramps: { theme: Theme; signed: Ramp; plain: Ramp } | null = null;

  constructor(
    private readonly link: Link<HeadsState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    const typed = (): void => this.status.fail("");
    const read = (): { prompt: string; unknown: [number, number][] }[] => {
      const { prompts, unknown } = link.read("shown");
      return unknown.map((ranges, i) => ({ prompt: prompts[i] ?? "", unknown: ranges }));
    };
    const boxes = promptBoxes(link, ["shown"], read, typed, signal);
    link.watch(["prompts", "live"], () => {
      const names = link.read("prompts").length > 1 ? ["Clean prompt", "Corrupt prompt"] : ["Prompt"];
      boxes.querySelectorAll(".iw-prompt > :is(label, .iw-name)").forEach((label, i) => (label.textContent = names[i]!));
    });
    this.asked = h("div", { class: "iw-heads-asked" }, tokenBox(link, "answer", "Answer", typed, signal), tokenBox(link, "distractor", "Distractor", typed, signal));
    this.grid = new Grid({ open: (head) => this.pick(head), select: (heads) => this.select(heads), point: (said) => (this.readout.textContent = said) }, signal);
    this.set = new HeadSet(link, signal);
    this.paths = new Paths(link, () => this.draw(), signal);
    this.card = new Card({ role: (head, text) => this.tag(head, text), close: () => isHead(link.read("opened")) && this.open(link.read("opened") as Head) }, this.paths.element, uid("roles"), signal);
    this.measure.addEventListener("change", () => {
      const by = this.measure.value;
      typed();
      link.act({ do: EFFECTS.includes(by) && by !== "record" ? "effect" : "measure", by }, { measure: by });
    }, { signal });
    const top = h("div", { class: "iw-top" }, boxes, h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
    const bar = h("div", { class: "iw-bar" }, h("label", { class: "iw-heads-by" }, "Colour by ", this.measure), this.status.busy);
    const foot = h("div", { class: "iw-foot" }, h("span", { class: "iw-legend" }, this.ends[0], this.legend, this.ends[1]), h("span", { class: "iw-heads-dashed" }, "dashed: estimated by a gradient, not measured yet"));
    this.side = h("div", { class: "iw-heads-side" }, this.caption, this.grid.element, this.readout, foot, this.set.element);
    wear(frame.root, css);
    frame.root.append(top, this.asked, this.status.error, bar, h("div", { class: "iw-heads-body" }, this.side, this.card.element), h("p", { class: "iw-hint" }, HINT), this.status.summary);
    frame.onTheme(() => this.draw());
    link.watch(["shown", "grid", "cards", "measure", "opened", "selected", "roles", "sender", "receiver", "replace", "circuit", "route", "ran", "answer", "prompts", "live"], () => keepFocus(frame.root, () => this.draw()));
  }

  // -- actions -----------------------------------------------------------------------------------

  /** Opens a head, or where a receiver is to be picked takes it as that. */
  private pick(head: Head): void {
    if (!this.paths.picking) return this.open(head);
    this.status.fail(this.paths.receive(head));
    this.draw();
  }

  private open(head: Head): void {
    const opened = this.link.read("opened");
    this.link.act({ do: "open", layer: head[0], head: head[1] }, { opened: isHead(opened) && nameOf(opened) === nameOf(head) ? [] : head });
  }

  private select(heads: Head[]): void {
    const sorted = [...heads].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    if (sorted.map(nameOf).join() === this.link.read("selected").map(nameOf).join()) return;
    this.link.act({ do: "select", heads: sorted }, { selected: sorted });
  }

  private tag([layer, head]: Head, text: string): void {
    const { [nameOf([layer, head])]: _, ...others } = this.link.read("roles");
    const roles = text.trim() ? { ...others, [nameOf([layer, head])]: text.trim() } : others;
    this.link.act({ do: "role", layer, head, text }, { roles });
  }

  // -- drawing -----------------------------------------------------------------------------------

  private colors(): { signed: Ramp; plain: Ramp } {
    const theme = this.frame.root.dataset["theme"] as Theme;
    if (this.ramps?.theme !== theme) this.ramps = { theme, signed: ramp("signed", theme), plain: ramp("probability", theme) };
    return this.ramps;
  }

  private draw(): void {
    const { link } = this;
    const raw = link.read("shown");
    const measure = link.read("measure");
    try {
      this.all = numbersOf(raw, link.read("grid"), measure);
      const colors = this.colors();
      const [opened, selected, roles] = [link.read("opened"), link.read("selected"), link.read("roles")];
      const palette = this.all.signed ? colors.signed : colors.plain;
      if (!isHead(opened)) this.paths.picking = false;
      const path = link.read("sender") ? [link.read("sender"), link.read("receiver")] as const : null;
      this.grid.show({ all: this.all, roles, opened, selected, ramp: palette, path, picking: this.paths.picking });
      this.card.element.hidden = !isHead(opened);
      if (isHead(opened)) {
        this.paths.show(opened, link.read("cards")[nameOf(opened)]);
        const scored = this.all.unit === "score";
        const effect = scored ? "" : words(this.all, opened, undefined).replace(`${nameOf(opened)}, `, "");
        this.card.show(opened, raw, link.read("cards")[nameOf(opened)], roles[nameOf(opened)] ?? "", effect, colors.plain, link.read("live"));
      }
      this.legends(palette);
      this.set.draw();
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      link.askForText();
      return;
    }
    this.choices(raw.measures, measure);
    // As wide as the grid can use: the rest is the card's.
    this.side.style.flexBasis = `${Math.min(Math.max(roomOf(raw.heads), 340), 700)}px`;
    this.asked.hidden = link.read("prompts").length < 2;
  }

  private legends(palette: Ramp): void {
    const { title, unit, most, signed } = this.all!;
    this.caption.textContent = unit === "score" ? title : `${title}: ${unit}`;
    const c = this.legend.getContext("2d")!;
    const pixels = c.createImageData(256, 1);
    for (let i = 0; i < 256; i++) pixels.data.set([...palette.rgb.subarray(i * 3, i * 3 + 3), 255], i * 4);
    c.putImageData(pixels, 0, 0);
    this.ends[0].textContent = signed ? number(-most) : "0";
    this.ends[1].textContent = number(most);
    const dashed = this.frame.root.querySelector<HTMLElement>(".iw-heads-dashed");
    if (dashed) dashed.hidden = !this.all!.exact.some((value, i) => Number.isNaN(value) && !Number.isNaN(this.all!.estimate[i]!));
  }

  private choices(measures: readonly string[], measure: string): void {
    const known = [...this.measure.options].map((option) => option.value);
    if (known.join() !== measures.join()) {
      const group = (label: string, names: readonly string[]): HTMLElement | null => (names.length ? h("optgroup", { label }, ...names.map((name) => h("option", { value: name }, worded(name)))) : null);
      const groups = [group("What patching does", measures.filter((name) => EFFECTS.includes(name))), group("Scores", measures.filter((name) => !EFFECTS.includes(name)))];
      this.measure.replaceChildren(...groups.filter((one) => one !== null));
    }
    this.measure.value = measure;
  }

  private menu(): HTMLElement {
    const drawn = (): SVGSVGElement => {
      const style = getComputedStyle(this.frame.root);
      const colors = this.colors();
      return picture(this.all!, this.link.read("roles"), this.link.read("selected"), this.all!.signed ? colors.signed : colors.plain, style.color, style.backgroundColor);
    };
    const rows = (): Blob => new Blob([table(this.all!, this.link.read("shown"), this.link.read("roles"))], { type: "text/csv" });
    const plain = (): Blob => {
      const { planes: _, ...raw } = this.link.read("shown");
      const { exact, estimate, ...all } = this.all!;
      const state = { measure: this.link.read("measure"), selected: this.link.read("selected"), roles: this.link.read("roles") };
      return new Blob([JSON.stringify({ ...raw, ...state, ...all, exact: [...exact], estimate: [...estimate] }, null, 1)], { type: "application/json" });
    };
    return keepMenu("heads", { PNG: () => pngBlob(drawn()), SVG: () => svgBlob(drawn()), CSV: rows, JSON: plain }, (why) => this.status.fail(why), this.signal);
  }
}
