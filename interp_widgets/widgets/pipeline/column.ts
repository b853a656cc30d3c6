// One run: its map, what it says next, and the metric.

import { fill, h } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { percent, tokenElement, visible } from "../shared/tokens.ts";
import { drawMap, type RunMap } from "./map.ts";
import { ends, type RawShown, RUNS } from "./state.ts";

const TITLES = ["Clean run", "Corrupt run", "Patched run"];

/** What happens in a run, in a line. */
function sentence(raw: RawShown, run: number): string {
  const [from, into] = ends(raw);
  if (run === 2) return `The ${RUNS[into]} run again, with the place from the ${RUNS[from]} run in it.`;
  return run === from ? "The place is copied from here." : "The place that will be replaced is dashed.";
}

export class Column {
  readonly element: HTMLElement;
  readonly map = h("div", { class: "iw-pipe-map" });
  private readonly body = h("div", { class: "iw-pipe-body" });
  private readonly hidden = h("p", { class: "iw-hint" }, "Not run yet: press Next.");
  private readonly words = h("p", { class: "iw-pipe-words" });

  constructor(private readonly run: number) {
    const title = h("p", { class: "iw-pipe-title" }, `${run + 1} ${TITLES[run]}`);
    this.element = h("div", { class: "iw-pipe-run", role: "group", "data-run": RUNS[run]!, "aria-label": TITLES[run]! }, title, this.words, this.hidden, this.map, this.body);
  }

  draw(raw: RawShown, open: boolean, map: Omit<RunMap, "width">, width: number): void {
    this.element.dataset["open"] = String(open);
    this.hidden.hidden = open;
    this.map.hidden = !open;
    this.body.hidden = !open;
    this.words.textContent = open ? sentence(raw, this.run) : "";
    if (!open) return;
    fill(this.map, drawMap({ ...map, width }));
    const { value, top } = raw.runs[this.run]!;
    const listed = top.length ? h("ol", {}, ...top.map((one) => this.row(raw, one))) : h("p", { class: "iw-hint" }, "Next tokens need a model: PatchingPipeline(record, model=model).");
    fill(this.body, h("p", { class: "iw-pipe-next" }, "Next token"), listed, h("p", { class: "iw-pipe-metric" }, this.metric(raw), h("b", { "data-value": this.run }, number(value))));
  }

  private metric({ metric, answer, distractor }: RawShown): string {
    if (metric === "logit_diff") return `logit ${visible(answer)} − ${visible(distractor)} = `;
    return `log-probability of ${visible(answer)} = `;
  }

  private row({ answer, distractor }: RawShown, [token, p]: [string, number]): HTMLElement {
    const role = token === answer ? "answer" : token === distractor ? "distractor" : null;
    const bar = h("i", { "data-as": role });
    bar.style.width = `${Math.round(p * 100)}%`;
    return h("li", { "data-as": role }, tokenElement(token), h("span", { class: "iw-pipe-track" }, bar), h("span", {}, percent(p)), role === null ? null : h("em", {}, role));
  }
}
