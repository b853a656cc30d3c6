// The whole widget: prompt, tools, thumbnails of all heads, the open head and the one pinned beside it, the tokens.

import { ramp, type Ramp } from "../shared/color.ts";
import { SharedCursor } from "../shared/cursor.ts";
import { fill, h } from "../shared/dom.ts";
import { type Head, isHead, nameOf, sameHead } from "../shared/heads.ts";
import { historyButtons } from "../shared/history.ts";
import { keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { BufferLost } from "../shared/planes.ts";
import { promptBoxes } from "../shared/prompts.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { type Theme, themeOf } from "../shared/theme.ts";
import { asDocument, drawing, type Kept, table } from "./files.ts";
import { HeadGrid } from "./heads.ts";
import type { Point } from "./matrix.ts";
import { Panel, words } from "./panel.ts";
import { Heads, Pattern } from "./pattern.ts";
import { type AttentionState, type RawLayer, type RawShown, SCORES, type Weights } from "./state.ts";
import { Strip } from "./strip.ts";
import css from "./style.css";
import { choices, legend, RAMPS, scoreChoice } from "./tools.ts";

const HINT = "Point at a token to see where it looks (before it) and what looks at it (after it); click to hold it. Click a small pattern to open its head, Shift-click or P to pin one beside it.";
const COARSE: Record<Weights, string> = {
  raw: "sent as bytes: ± 0.4 points at most; hold a token for exact weights",
  value: "sent as bytes: ± 0.4% of a value’s length at most; hold a token for exact ones",
};
const TOLERANCE = 1e-3;

export class View {
  private readonly status: Status;
  private readonly signal: AbortSignal;
  private readonly shared: SharedCursor;
  private readonly grid: HeadGrid;
  private readonly open: Panel;
  private readonly beside: Panel;
  private readonly panels = h("div", { class: "iw-att-panels" });
  private readonly strip: Strip;
  private readonly reading = h("div", { class: "iw-att-reading" });
  private readonly exactness = h("span", {});
  private readonly light = h("span", { class: "iw-light" });
  private readonly scale = legend();
  private readonly pinButton = this.button("Pin", "Keep this head in sight, to compare it with others", () => this.pin(this.link.read("opened")));
  private heads: Heads | null = null;
  private point: Point | null = null;
  private pointedIn: Panel | null = null;
  private colors: { key: string; ramp: Ramp } | null = null;
  private made: { key: string; layer: RawLayer; pattern: Pattern }[] = [];
  private heldBy: RawShown | null = null;

  constructor(
    private readonly link: Link<AttentionState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.signal = signal;
    this.status = status(link, frame);
    this.shared = new SharedCursor(signal, () => this.mark());
    this.grid = new HeadGrid({ open: (head) => this.openHead(head), pin: (head) => this.pin(head) }, signal);
    this.open = this.panel([this.pinButton]);
    this.beside = this.panel([this.button("Unpin", "Take the pinned head away", () => this.pin(this.link.read("pinned") as Head))]);
    this.strip = new Strip({ hover: (pos, byKey) => this.pointAt(pos === null ? null : { dst: pos, src: null }, byKey, null), pick: (pos) => this.pick(pos) }, signal);
    const bar = h("div", { class: "iw-bar" }, ...choices(link, signal), scoreChoice(link, () => this.read(), signal), this.status.busy);
    const body = h("div", { class: "iw-att-body" }, this.grid.element, h("div", { class: "iw-att-main" }, this.panels, this.strip.element, this.reading));
    const foot = h("div", { class: "iw-foot" }, this.scale.element, this.exactness, this.light);
    wear(frame.root, css);
    frame.root.append(this.top(), bar, this.status.error, body, foot, h("p", { class: "iw-hint" }, HINT), this.status.summary);
    link.watch(["shown", "layers", "exact", "opened", "pinned", "weights", "score", "order", "first", "answered"], () => this.safely(() => this.draw()));
    link.watch(["opened", "pinned"], () => {
      const both = sameHead(link.read("opened"), link.read("pinned"));
      this.pinButton.setAttribute("aria-pressed", String(both));
      this.pinButton.textContent = both ? "Pinned: now open another" : "Pin";
    });
    link.watch(["picked"], () => this.mark());
    frame.onTheme(() => this.safely(() => this.draw()));
    document.addEventListener("scroll", (event) => this.point && (event.target as Node).contains(frame.root) && this.mark(), { capture: true, passive: true, signal });
  }

  // -- parts -----------------------------------------------------------------------------------

  private top(): HTMLElement {
    const { link, signal } = this;
    const boxes = promptBoxes(link, ["shown"], () => [link.read("shown")], () => this.status.fail(""), signal);
    return h("div", { class: "iw-top" }, boxes, h("div", { class: "iw-acts" }, historyButtons(link, signal), this.menu()));
  }

  private menu(): HTMLElement {
    const picture = (): SVGSVGElement => drawing(this.kept());
    const makers = { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: () => table(this.kept()), JSON: () => asDocument(this.kept(), this.state()) };
    return keepMenu("attention", makers, (why) => this.status.fail(why), this.signal);
  }

  private kept(): Kept {
    const style = getComputedStyle(this.frame.root);
    const patterns = [this.open.pattern, this.beside.pattern].filter((p) => p !== null);
    return { heads: this.heads!, patterns, first: this.link.read("first"), ramp: this.ramp(), ground: style.backgroundColor, text: style.color };
  }

  private state(): Record<string, unknown> {
    return Object.fromEntries((["prompts", "opened", "pinned", "weights", "score", "order", "first", "picked"] as const).map((name) => [name, this.link.read(name)]));
  }

  private panel(buttons: HTMLElement[]): Panel {
    const panel: Panel = new Panel({ hover: (point, byKey) => this.pointAt(point, byKey, panel), pick: (pos) => this.pick(pos) }, buttons, this.signal);
    return panel;
  }

  private button(text: string, title: string, run: () => void): HTMLElement {
    const button = h("button", { type: "button", title, "data-key": `head/${text}` }, text);
    button.addEventListener("click", run, { signal: this.signal });
    return button;
  }

  // -- drawing ---------------------------------------------------------------------------------

  /** Decodes what arrived; a host that lost the bytes is asked for text. */
  private safely(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      this.link.askForText();
    }
  }

  private read(): Heads | null {
    const raw = this.link.read("shown");
    if (this.heldBy === raw) return this.heads;
    try {
      this.heads = new Heads(raw);
      this.heldBy = raw;
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      this.link.askForText();
    }
    return this.heads;
  }

  private ramp(): Ramp {
    const theme: Theme = themeOf(this.frame.root);
    const weights = this.link.read("weights");
    const key = `${weights}/${theme}`;
    if (this.colors?.key !== key) this.colors = { key, ramp: ramp(RAMPS[weights], theme) };
    return this.colors.ramp;
  }

  private draw(): void {
    const heads = this.read();
    if (!heads) return;
    const { link } = this;
    const [weights, first, score, opened, pinned] = [link.read("weights"), link.read("first"), link.read("score"), link.read("opened"), link.read("pinned")];
    const kind = Object.keys(SCORES).indexOf(score);
    const colors = this.ramp();
    this.grid.show({ heads, weights, first, kind, scoreName: SCORES[score] ?? "", byScore: link.read("order") === "score" && kind >= 0, opened, pinned, ramp: colors });
    const two = isHead(pinned) && !sameHead(pinned, opened);
    keepFocus(this.frame.root, () => {
      this.fillPanel(this.open, opened, heads, kind, colors);
      if (two) this.fillPanel(this.beside, pinned, heads, kind, colors);
      fill(this.panels, this.open.element, two ? this.beside.element : null);
      fill(this.reading, this.open.lists, two ? this.beside.lists : null);
    });
    this.frame.root.dataset["two"] = String(two);
    this.scale.show(this.frame, weights, this.topOf(opened, weights));
    this.exactness.textContent = heads.raw.fine ? "" : COARSE[weights];
    const good = heads.raw.check <= TOLERANCE;
    this.light.dataset["state"] = good ? "good" : "bad";
    this.light.textContent = `${good ? "✓" : "▲"} weights of a token sum to 1 (±${heads.raw.check === 0 ? "0" : heads.raw.check.toExponential(0)})`;
    this.mark();
  }

  private topOf([layer]: Head, weights: Weights): number {
    return weights === "raw" ? 1 : (this.heads!.raw.tops[layer] ?? 1);
  }

  private fillPanel(panel: Panel, head: Head, heads: Heads, kind: number, colors: Ramp): void {
    const pattern = this.pattern(head, heads);
    const name = nameOf(head);
    if (!pattern) {
      const why = this.link.pending ? "…" : "This layer is not in this page. Open the notebook to see it.";
      if (!this.link.pending || !panel.pattern) panel.wait(name, why);
      return;
    }
    const score = heads.score(kind, head);
    const said = kind < 0 ? "" : `${SCORES[this.link.read("score")]} ${Number.isNaN(score) ? "–" : score.toFixed(2)}`;
    panel.show({ pattern, tokens: heads.raw.tokens, first: this.link.read("first"), ramp: colors, score: said });
  }

  /** A head's numbers; decoded once. */
  private pattern(head: Head, heads: Heads): Pattern | null {
    const layer = this.link.read("layers")[String(head[0])];
    if (!layer) return null;
    const weights = this.link.read("weights");
    const exact = this.link.read("exact")[`${head[0]}.${head[1]}`];
    const key = `${nameOf(head)}/${weights}/${exact?.pos ?? ""}`;
    const known = this.made.find((made) => made.key === key && made.layer === layer);
    if (known) return known.pattern;
    const pattern = new Pattern(head, heads.raw.tokens.length, layer, weights, this.topOf(head, weights), exact);
    this.made = [...this.made, { key, layer, pattern }].slice(-4);
    return pattern;
  }

  private mark(): void {
    const heads = this.heads;
    if (!heads) return;
    const { tokens } = heads.raw;
    const [picked, weights, first] = [this.link.read("picked"), this.link.read("weights"), this.link.read("first")];
    if (this.point && this.point.dst >= tokens.length) this.point = null;
    const lit = this.point ? null : this.shared.column(tokens);
    const held = picked >= 0 && picked < tokens.length ? picked : tokens.length - 1;
    const focus = this.point?.dst ?? lit ?? held;
    const two = this.panels.childElementCount > 1;
    const shown = two ? [this.open, this.beside] : [this.open];
    for (const panel of shown) panel.point(this.point, focus, panel === this.pointedIn);
    const patterns = shown.map((panel) => panel.pattern).filter((p) => p !== null);
    this.strip.show(tokens, { patterns, first, ramp: this.ramp(), focus, picked, lit, words: ({ value }) => words(weights, value) });
  }

  // -- hands -----------------------------------------------------------------------------------

  /** Moves the cursor; hovering stays in the browser. */
  private pointAt(point: Point | null, byKey: boolean, panel: Panel | null): void {
    if (point?.dst === this.point?.dst && point?.src === this.point?.src && panel === this.pointedIn) return;
    this.point = point;
    this.pointedIn = panel;
    this.shared.point(point && this.heads!.raw.tokens, point?.dst);
    this.mark();
    if (point && panel) this.strip.reveal(point.dst);
    if (byKey && point && panel === null) this.frame.announce(this.open.words(point.dst));
  }

  private openHead([layer, head]: Head): void {
    this.link.act({ do: "open", layer, head }, { opened: [layer, head] });
  }

  private pin([layer, head]: Head): void {
    const pinned: Head | [] = sameHead(this.link.read("pinned"), [layer, head]) ? [] : [layer, head];
    this.link.act({ do: "pin", layer, head }, { pinned });
  }

  private pick(pos: number): void {
    this.link.act({ do: "pick", pos }, { picked: this.link.read("picked") === pos ? -1 : pos });
  }
}
