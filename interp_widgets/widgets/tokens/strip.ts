// The strip itself: a list box of which only the rows in sight are in the page.

import { clamp, h, uid } from "../shared/dom.ts";
import { beside, HIGH, type Layout, layout, ROW } from "./layout.ts";
import { nameOf, type Token } from "./names.ts";

/** Rows kept ready above and below those in sight. */
const SPARE = 4;

export interface Shade {
  background: string;
  text: string;
}

export interface StripLook {
  tokens: readonly Token[];
  shade(pos: number): Shade | null;
  /** A token's value in words, or nothing. */
  words(pos: number): string;
  negative(pos: number): boolean;
  selected: ReadonlySet<number>;
  cursor: number | null;
  lit: number | null;
}

export interface StripEvents {
  point(pos: number | null, byKey: boolean): void;
  only(pos: number): void;
  /** This one more or less. */
  toggle(pos: number): void;
  /** All from one to another; `gesture` tells one sweep from the next, `add` keeps what was selected before. */
  range(from: number, to: number, gesture: number, add: boolean): void;
  all(): void;
  escape(): void;
  copy(): void;
}

export class Strip {
  readonly element: HTMLElement;
  private readonly inner = h("div", { class: "iw-tok-inner", role: "presentation" });
  private readonly id = uid("tok");
  private readonly shown = new Map<number, HTMLElement>();
  private look: StripLook | null = null;
  private made: Layout | null = null;
  /** Whether a drag has begun, and whether it has left its token. */
  private drag: { from: number; moved: boolean } | null = null;
  /** Where the keys are, where a range begins, and how many ranges were begun. */
  private last = 0;
  private anchor = 0;
  private gestures = 0;

  constructor(
    private readonly events: StripEvents,
    private readonly signal: AbortSignal,
  ) {
    const label = "Tokens. Arrows move, Space selects, Shift and arrows select a range, Control A all, Escape none.";
    this.element = h("div", { class: "iw-tok-strip", role: "listbox", tabindex: 0, "aria-multiselectable": "true", "aria-label": label, "data-home": true, "data-key": "strip" }, this.inner);
    this.listen();
    const resized = new ResizeObserver(() => this.room() !== this.made?.room && this.arrange());
    resized.observe(this.element);
    signal.addEventListener("abort", () => resized.disconnect());
  }

  /** The places of all tokens, for drawing them elsewhere. */
  get places(): Layout | null {
    return this.made;
  }

  get font(): string {
    // Its parts: as a whole it is empty where a browser cannot write it as one, as in forced colours.
    const { fontStyle, fontWeight, fontSize, fontFamily } = getComputedStyle(this.inner);
    return `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;
  }

  show(look: StripLook): void {
    const other = this.look?.tokens !== look.tokens;
    this.look = look;
    if (other || !this.made) this.arrange();
    else this.render(true);
  }

  /** Scrolls so that a token is in sight. */
  reveal(pos: number): void {
    const { element, made } = this;
    if (!made) return;
    const top = made.rowOf[pos]! * ROW;
    const seen = element.clientHeight - 2 * this.padding();
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + seen) element.scrollTop = top + ROW - seen;
    this.render();
  }

  /** The box of a token on the screen, when it is in the page. */
  box(pos: number): DOMRect | null {
    return this.inner.querySelector(`[data-pos="${pos}"]`)?.getBoundingClientRect() ?? null;
  }

  // -- drawing ---------------------------------------------------------------------------------

  private padding(): number {
    return this.inner.offsetTop;
  }

  private room(): number {
    return Math.floor(this.inner.clientWidth);
  }

  private arrange(): void {
    const look = this.look;
    const room = this.room();
    if (!look || room <= 0) return; // hidden: it is laid out when it gets a width
    const first = this.made ? this.made.rows[Math.floor(this.element.scrollTop / ROW)] : undefined;
    this.made = layout(look.tokens, this.font, room);
    this.inner.style.height = `${(this.made.rows.length - 1) * ROW}px`;
    for (const row of this.shown.values()) row.remove();
    this.shown.clear();
    // What was at the top stays at the top when the width changes.
    if (first !== undefined && first < look.tokens.length) this.element.scrollTop = this.made.rowOf[first]! * ROW;
    this.render();
  }

  /** Puts the rows in sight into the page; `again` when also those that are there may look different. */
  private render(again = false): void {
    const { made, look, element } = this;
    if (!made || !look) return;
    const rows = made.rows.length - 1;
    const from = clamp(Math.floor(element.scrollTop / ROW) - SPARE, 0, rows);
    const to = clamp(Math.ceil((element.scrollTop + element.clientHeight) / ROW) + SPARE, 0, rows);
    for (const [row, line] of this.shown) {
      if (row >= from && row < to) continue;
      line.remove();
      this.shown.delete(row);
    }
    for (let row = from; row < to; row++) {
      const there = this.shown.get(row);
      if (there && !again) continue;
      for (const token of (there ?? this.line(row)).children) this.mark(token as HTMLElement);
    }
    element.dataset["drawn"] = `${made.rows[from]}-${made.rows[to]! - 1}`;
    if (look.lit === null) delete element.dataset["lit"];
    else element.dataset["lit"] = String(look.lit);
    // Only an element that is in the page can be named as the active one.
    const { cursor } = look;
    const active = cursor !== null && made.rowOf[cursor]! >= from && made.rowOf[cursor]! < to;
    if (active) element.setAttribute("aria-activedescendant", `${this.id}-${cursor}`);
    else element.removeAttribute("aria-activedescendant");
  }

  /** One row of tokens, put where the reading order has it. */
  private line(row: number): HTMLElement {
    const made = this.made!;
    const parts: HTMLElement[] = [];
    for (let pos = made.rows[row]!; pos < made.rows[row + 1]!; pos++) parts.push(this.token(pos));
    const line = h("div", { class: "iw-tok-row", role: "presentation" }, ...parts);
    line.style.top = `${row * ROW}px`;
    const after = [...this.shown.keys()].filter((other) => other > row).sort((a, b) => a - b)[0];
    this.inner.insertBefore(line, after === undefined ? null : this.shown.get(after)!);
    this.shown.set(row, line);
    return line;
  }

  private token(pos: number): HTMLElement {
    const { tokens, words } = this.look!;
    const { kind, lead, body } = tokens[pos]!;
    const value = words(pos);
    const name = `token ${pos}, ${nameOf(tokens[pos]!)}${value ? `, ${value}` : ""}`;
    const element = h(
      "div",
      { class: "iw-tok", role: "option", id: `${this.id}-${pos}`, "data-pos": pos, "data-kind": kind, "aria-label": name, "aria-posinset": pos + 1, "aria-setsize": tokens.length },
      lead ? h("i", {}, "·") : null,
      body,
    );
    element.style.left = `${this.made!.left[pos]}px`;
    element.style.width = `${this.made!.width[pos]}px`;
    element.style.height = `${HIGH}px`;
    return element;
  }

  private mark(element: HTMLElement): void {
    const look = this.look!;
    const pos = Number(element.dataset["pos"]);
    const shade = look.shade(pos);
    element.style.background = shade?.background ?? "";
    element.style.color = shade?.text ?? "";
    element.setAttribute("aria-selected", String(look.selected.has(pos)));
    element.toggleAttribute("data-negative", look.negative(pos));
    element.toggleAttribute("data-at", pos === (look.cursor ?? look.lit));
  }

  // -- hands -----------------------------------------------------------------------------------

  private listen(): void {
    const on = <K extends keyof HTMLElementEventMap>(name: K, run: (event: HTMLElementEventMap[K]) => void): void =>
      this.element.addEventListener(name, run, { signal: this.signal });
    on("scroll", () => this.render());
    on("pointerdown", (e) => {
      const at = this.at(e.target);
      // A finger's drag scrolls; a mouse's drag selects.
      if (at !== null && e.pointerType === "mouse" && e.button === 0) this.drag = { from: at, moved: false };
    });
    on("pointermove", (e) => this.move(e));
    on("pointerleave", () => this.events.point(null, false));
    document.addEventListener("pointerup", () => setTimeout(() => (this.drag = null)), { signal: this.signal });
    on("click", (e) => {
      const at = this.at(e.target);
      if (at === null || this.drag?.moved) return;
      const command = e.ctrlKey || e.metaKey;
      this.last = at;
      if (e.shiftKey) return this.events.range(this.anchor, at, this.gestures, command);
      this.begin(at);
      if (command) this.events.toggle(at);
      else this.events.only(at);
    });
    on("keydown", (e) => this.key(e));
    on("focus", () => this.element.matches(":focus-visible") && this.events.point(this.last, true));
    on("blur", () => this.events.point(null, false));
  }

  private move(event: PointerEvent): void {
    const at = this.at(event.target);
    this.events.point(at, false);
    const { drag } = this;
    if (!drag || at === null || (at === drag.from && !drag.moved)) return;
    if (!drag.moved) this.begin(drag.from);
    drag.moved = true;
    this.last = at;
    this.events.range(this.anchor, at, this.gestures, false);
  }

  /** The next range begins here. */
  private begin(pos: number): void {
    this.anchor = pos;
    this.gestures += 1;
  }

  private at(target: EventTarget | null): number | null {
    const token = (target as Element | null)?.closest<HTMLElement>("[data-pos]");
    return token ? Number(token.dataset["pos"]) : null;
  }

  private key(event: KeyboardEvent): void {
    if (!this.made || event.altKey) return;
    if (event.ctrlKey || event.metaKey) this.command(event);
    else this.plain(event);
  }

  /** Control with a letter would be the notebook's: select all its cells, copy one. */
  private command(event: KeyboardEvent): void {
    const key = event.key.toLowerCase();
    if (event.shiftKey || (key !== "a" && key !== "c")) return;
    if (key === "a") this.events.all();
    else this.events.copy();
    event.preventDefault();
    event.stopPropagation();
  }

  private plain(event: KeyboardEvent): void {
    const at = clamp(this.last, 0, this.look!.tokens.length - 1);
    const to = this.target(event.key, at);
    if (to !== null) {
      this.last = to;
      this.reveal(to);
      if (event.shiftKey) this.events.range(this.anchor, to, this.gestures, false);
      else this.begin(to);
      this.events.point(to, true);
    } else if (event.key === " " || event.key === "Enter") {
      this.begin(at);
      if (event.key === " ") this.events.toggle(at);
      else this.events.only(at);
    } else if (event.key === "Escape") this.events.escape();
    else return;
    event.preventDefault();
  }

  /** Where a key leads, or null for a key that does not move. */
  private target(key: string, at: number): number | null {
    const made = this.made!;
    const page = Math.max(Math.floor(this.element.clientHeight / ROW) - 1, 1);
    const rows: Record<string, number> = { ArrowUp: -1, ArrowDown: 1, PageUp: -page, PageDown: page };
    const places: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: this.look!.tokens.length - 1 };
    if (key in rows) return beside(made, at, rows[key]!);
    return key in places ? clamp(places[key]!, 0, this.look!.tokens.length - 1) : null;
  }
}
