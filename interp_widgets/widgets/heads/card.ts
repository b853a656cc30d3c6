// The card of the open head: its role and numbers, where it looks on the prompt, and what it writes about tokens.

import { Matrix, type Point } from "../attention/matrix.ts";
import { Pattern } from "../attention/pattern.ts";
import type { Ramp } from "../shared/color.ts";
import { SharedCursor } from "../shared/cursor.ts";
import { fill, h } from "../shared/dom.ts";
import { type Head, nameOf } from "../shared/heads.ts";
import { number } from "../shared/numbers.ts";
import type { RawPlane } from "../shared/planes.ts";
import { percent, tokenElement, visible } from "../shared/tokens.ts";
import { type RawCard, type RawShown, scoresOf, worded } from "./state.ts";

const ROLES = ["previous token", "induction", "duplicate token", "mover", "backup mover", "negative mover", "inhibition", "copying", "successor"];

export interface CardEvents {
  role(head: Head, text: string): void;
  close(): void;
}

export class Card {
  readonly element = h("div", { class: "iw-heads-card", role: "group", "aria-label": "Card of the open head" });
  private readonly title = h("b", { class: "iw-heads-name" });
  private readonly role: HTMLInputElement;
  private readonly numbers = h("p", { class: "iw-heads-numbers" });
  private readonly looks = h("div", { class: "iw-heads-looks" });
  private readonly said = h("p", { class: "iw-heads-said" });
  private readonly writes = h("div", { class: "iw-heads-writes" });
  private readonly waits = h("p", { class: "iw-hint" });
  private readonly matrix: Matrix;
  private readonly shared: SharedCursor;
  private pattern: Pattern | null = null;
  private tokens: string[] = [];
  private made: unknown[] = [];
  private head: Head = [0, 0];

  constructor(
    events: CardEvents,
    paths: HTMLElement,
    list: string,
    signal: AbortSignal,
  ) {
    this.role = h("input", { type: "text", list, placeholder: "role: none", "aria-label": "Role of this head", maxlength: 40, "data-key": "role" });
    this.role.addEventListener("change", () => events.role(this.head, this.role.value), { signal });
    const close = h("button", { type: "button", class: "iw-icon", "aria-label": "Close the card", title: "Close" }, "×");
    close.addEventListener("click", () => events.close(), { signal });
    this.matrix = new Matrix({ hover: (point) => this.mark(point), pick: () => undefined }, signal);
    this.shared = new SharedCursor(signal, () => this.mark(null, true));
    this.looks.append(h("div", { class: "iw-heads-part" }, "Where it looks"), this.matrix.element, this.said);
    const roles = h("datalist", { id: list }, ...ROLES.map((role) => h("option", { value: role })));
    this.element.append(h("div", { class: "iw-heads-title" }, this.title, this.role, roles, close), this.numbers, this.waits, this.looks, this.writes, paths);
  }

  show(head: Head, raw: RawShown, card: RawCard | undefined, role: string, effect: string, ramp: Ramp, live: boolean): void {
    this.head = head;
    this.title.textContent = nameOf(head);
    if (this.role.value !== role && !this.role.matches(":focus")) this.role.value = role;
    fill(this.numbers, effect ? h("b", {}, effect) : null, h("span", {}, scored(raw, head).join(" · ")));
    this.waits.hidden = card !== undefined;
    this.waits.textContent = live ? "Pattern and writes appear once the model has run; an exported page has those it was saved with." : "Pattern and writes need a model: record.widget(model=model).";
    this.looks.hidden = card === undefined;
    this.writes.hidden = !card?.raised.length;
    if (!card) {
      this.made = [];
      return;
    }
    if (this.made[0] === card && this.made[1] === ramp) return;
    this.made = [card, ramp];
    this.tokens = card.tokens;
    this.pattern = patternOf(head, card);
    this.matrix.show(this.pattern, card.tokens, "shown", ramp);
    this.mark(null, true);
    fill(this.writes, h("div", { class: "iw-heads-part" }, "What it writes about a token: raised most"), written(card));
  }

  /** A cell of the pattern in words; `passive` where another view points. */
  private mark(point: Point | null, passive = false): void {
    const { pattern, tokens } = this;
    if (!pattern) return;
    if (!passive) this.shared.point(point ? tokens : null, point?.dst);
    const lit = point?.dst ?? this.shared.column(tokens) ?? -1;
    const dst = lit < 0 ? tokens.length - 1 : lit;
    const most = point?.src != null ? [{ pos: point.src, value: pattern.value(dst, point.src) }] : pattern.looksAt(dst, 0).slice(0, 3);
    const words = `${visible(tokens[dst]!)} (${dst}) looks at ${most.map(({ pos, value }) => `${visible(tokens[pos]!)} (${pos}) ${percent(value)}`).join(", ")}`;
    this.said.textContent = words;
    this.matrix.mark(point, lit, words);
  }
}

/** All scores of a head that are defined. */
function scored(raw: RawShown, [layer, head]: Head): string[] {
  const all = scoresOf(raw);
  if (!all) return [];
  const at = layer * raw.heads + head;
  return raw.kinds.map((name, kind) => [name, all[kind * raw.layers * raw.heads + at]!] as const)
    .filter(([, value]) => !Number.isNaN(value))
    .map(([name, value]) => `${worded(name).replace(" (from weights)", "")} ${number(value)}`);
}

/** One head's triangle as the attention view's pattern, raw weights alone. */
function patternOf(head: Head, card: RawCard): Pattern {
  const n = card.tokens.length;
  const ones = (name: string, shape: number[]): RawPlane => ({ name, type: "f32", shape, curve: null, top: 1, bytes: new Float32Array(n).fill(1).buffer });
  // The plane holds this head alone, at place 0.
  const pattern = new Pattern([head[0], 0], n, { planes: [...card.planes, ones("norms", [1, n]), ones("scales", [n])] }, "raw", 1, undefined);
  (pattern as { name: Head }).name = head;
  return pattern;
}

function written({ raised }: RawCard): HTMLElement {
  const row = ([source, tokens]: RawCard["raised"][number]): HTMLElement => h("li", {}, h("span", { class: "iw-heads-from" }, tokenElement(source)), "→", ...tokens.map(([token, by]) => h("span", { class: "iw-heads-to", title: `+${number(by)} above the mean` }, tokenElement(token))));
  return h("ol", {}, ...raised.map(row));
}
