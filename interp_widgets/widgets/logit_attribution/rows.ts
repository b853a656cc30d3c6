// The rows of the bus: one writer each, with its signed bar and its step of the running total.

import { fill, h } from "../shared/dom.ts";
import { signed, title, type Writer } from "./state.ts";

/** Where a number stands, in percent of the width of its column. */
export interface Scales {
  share(value: number): number;
  sum(value: number): number;
}

export function scalesOf(rows: readonly Writer[], sums: readonly number[]): Scales {
  const most = Math.max(...rows.map((row) => Math.abs(row.share)), 1e-9);
  const [low, high] = [Math.min(0, ...sums), Math.max(0, ...sums)];
  const room = Math.max(high - low, 1e-9);
  return {
    share: (value) => 50 + (value / most) * 48,
    sum: (value) => 2 + ((value - low) / room) * 96,
  };
}

export class Row {
  readonly button = h("button", { type: "button", class: "iw-bus-writer", tabindex: -1 });
  readonly element: HTMLElement;
  private readonly toggle = h("button", { type: "button", class: "iw-bus-open", tabindex: -1 });
  private readonly name = h("span", { class: "iw-bus-name" });
  private readonly bar = h("span", { class: "iw-bus-bar" });
  private readonly value = h("span", { class: "iw-bus-value" });
  private readonly steps = ["in", "over", "out"].map((kind) => h("i", { class: `iw-bus-${kind}` }));
  private readonly origin = h("i", { class: "iw-bus-origin" });
  writer!: Writer;

  constructor(key: string, hands: { remove(row: Row): void; open(row: Row): void }, signal: AbortSignal) {
    this.button.dataset["key"] = `bus/${key}`;
    this.button.append(this.name, h("span", { class: "iw-bus-track" }, this.bar), this.value, h("span", { class: "iw-bus-sum" }, this.origin, ...this.steps));
    this.element = h("div", { class: "iw-bus-row" }, this.toggle, this.button);
    this.button.addEventListener("click", () => hands.remove(this), { signal });
    this.toggle.addEventListener("click", () => hands.open(this), { signal });
  }

  show(writer: Writer, scales: Scales): void {
    this.writer = writer;
    const { share, gone, before, after } = writer;
    const name = title(writer);
    this.element.dataset["part"] = writer.name;
    this.element.dataset["within"] = String(writer.within);
    this.element.dataset["gone"] = String(gone);
    this.toggle.style.visibility = writer.layer < 0 ? "hidden" : "";
    this.toggle.textContent = writer.open ? "▾" : "▸";
    this.toggle.setAttribute("aria-expanded", String(writer.open));
    this.toggle.setAttribute("aria-label", `Heads of ${name}`);
    this.button.setAttribute("aria-pressed", String(gone));
    this.button.setAttribute("aria-label", `Remove ${name}, share ${signed(share)}, sum so far ${signed(after)}`);
    fill(this.name, name);
    fill(this.value, gone ? h("s", {}, signed(share)) : signed(share));
    this.bar.dataset["sign"] = share < 0 ? "minus" : "plus";
    between(this.bar, scales.share(0), scales.share(share));
    const [from, to] = [scales.sum(before), scales.sum(after)];
    this.origin.style.left = `${scales.sum(0)}%`;
    this.steps[0]!.style.left = `${from}%`;
    between(this.steps[1]!, from, to);
    this.steps[2]!.style.left = `${to}%`;
  }
}

function between(element: HTMLElement, a: number, b: number): void {
  element.style.left = `${Math.min(a, b)}%`;
  element.style.width = `${Math.abs(a - b)}%`;
}
