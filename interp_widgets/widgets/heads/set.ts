// The heads gathered in a set, and what the model does with only these.

import { choice } from "../shared/choice.ts";
import { fill, h } from "../shared/dom.ts";
import { nameOf } from "../shared/heads.ts";
import { number } from "../shared/numbers.ts";
import type { Link } from "../shared/runtime.ts";
import { type HeadsState, type RawRan, REPLACE } from "./state.ts";

const OTHERS = { corrupt: "as in the corrupt run", mean: "their mean", zero: "zero" };

export class HeadSet {
  readonly element = h("div", { class: "iw-heads-set", role: "group", "aria-label": "Heads gathered in a set" });
  private readonly names = h("p");
  private readonly result = h("div", { class: "iw-heads-ran", role: "status" });
  private readonly asks: HTMLElement;
  private readonly replace;

  constructor(
    private readonly link: Link<HeadsState>,
    signal: AbortSignal,
  ) {
    const run = h("button", { type: "button", "data-key": "run" }, "Run with only these");
    run.addEventListener("click", () => link.act({ do: "run" }, { circuit: link.read("selected").map(nameOf) }), { signal });
    const empty = h("button", { type: "button", "data-key": "empty" }, "Empty the set");
    empty.addEventListener("click", () => link.act({ do: "select", heads: [] }, { selected: [] }), { signal });
    this.replace = choice("Others become", REPLACE, (by) => link.act({ do: "replace", by }, { replace: by as keyof typeof REPLACE }), signal);
    this.asks = h("div", { class: "iw-heads-asks" }, run, this.replace.element, empty);
    this.element.append(this.names, this.asks, this.result);
  }

  draw(): void {
    const { link } = this;
    const selected = link.read("selected");
    const [circuit, ran] = [link.read("circuit"), link.read("ran")];
    this.element.hidden = !selected.length && !circuit.length;
    this.names.textContent = selected.length ? `Gathered: ${selected.map(nameOf).join(", ")}` : "The set is empty.";
    const can = link.read("live") && link.read("prompts").length > 1;
    const [run, replace] = this.asks.children as unknown as [HTMLElement, HTMLElement];
    run.hidden = !can || !selected.length;
    replace.hidden = !can;
    this.replace.set(link.read("replace"));
    this.result.hidden = circuit.length === 0;
    const same = ran.asked.join() === circuit.join() && ran.replace === link.read("replace");
    fill(this.result, ...(same ? told(ran) : [h("p", {}, "running …")]));
  }
}

function told({ heads, faithfulness, empty, completeness, minimality = [], replace }: RawRan): HTMLElement[] {
  const percent = (x: number | null | undefined): string => (x == null ? "?" : number(x));
  const bar = h("i");
  bar.style.width = `${Math.round(Math.min(Math.max(faithfulness ?? 0, 0), 1) * 100)}%`;
  const each = heads.map((name, i) => [name, minimality[i]] as const).filter(([, by]) => by != null);
  return [
    h("p", {}, h("b", {}, `Faithfulness ${percent(faithfulness)}`), ` with only ${heads.join(", ")}${replace ? `, all other heads ${OTHERS[replace]}` : ""}. 1: as the whole model; 0: as the corrupt run. With no head at all: ${percent(empty)}.`),
    h("div", { class: "iw-heads-faith", "aria-hidden": "true" }, bar),
    ...(completeness == null ? [] : [h("p", {}, `Completeness gap ${percent(completeness)}: how far, at worst, the set and the model part when the same heads are taken out of both; 0 is complete.`)]),
    ...(each.length ? [h("p", {}, `What each adds: ${each.map(([name, by]) => `${name} ${number(by!)}`).join(", ")}.`)] : []),
  ];
}
