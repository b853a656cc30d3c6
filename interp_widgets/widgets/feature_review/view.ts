// The whole widget: four steps, each with what it needs and what it came to.

import { type RawCard, windowsOf } from "../features/state.ts";
import { lit } from "../features/windows.ts";
import { choice } from "../shared/choice.ts";
import { fill, h } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { keepMenu } from "../shared/keep.ts";
import { keepFocus } from "../shared/keys.ts";
import { number } from "../shared/numbers.ts";
import { BufferLost } from "../shared/planes.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { type Status, status } from "../shared/status.ts";
import { percent, tokenElement } from "../shared/tokens.ts";
import type { Done, Effect, Moved, ReviewState, Step } from "./state.ts";
import css from "./style.css";
import text from "../features/text.css";

const SIGNS: Record<Step["state"], [string, string]> = { open: ["○", "open"], done: ["✓", "done"], failed: ["▲", "did not hold"] };
const WAYS = { remove: "take it out", force: "force it to its maximum" };

export class ReviewView {
  private readonly status: Status;
  private readonly number = h("input", { type: "number", min: 0, step: 1, "aria-label": "Latent", "data-key": "feature" });
  private readonly facts = h("span", { class: "iw-review-facts" });
  private readonly groups = h("div", { class: "iw-review-groups" });
  private readonly label = h("input", { type: "text", maxlength: 512, placeholder: "what is it about?", "aria-label": "Label", "data-key": "label" });
  private readonly test = h("button", { type: "button", "data-key": "test" }, "Test it on windows that were held back");
  private readonly prompt = h("input", { type: "text", "aria-label": "Prompt of the intervention", "data-key": "prompt" });
  private readonly run = h("button", { type: "button", "data-key": "run" }, "Run the model");
  private readonly moved = h("div", { class: "iw-review-moved" });
  private readonly steps: { item: HTMLElement; sign: HTMLElement; said: HTMLElement }[];

  constructor(
    private readonly link: Link<ReviewState>,
    private readonly frame: Frame,
  ) {
    const { signal } = frame;
    this.status = status(link, frame);
    const way = choice("Way", WAYS, (by) => link.act({ do: "how", by }, { how: by as ReviewState["how"] }), signal);
    link.watch(["how"], () => way.set(link.read("how")));
    const parts: [string, HTMLElement[]][] = [
      ["Look at examples, strong and faint", [this.groups]],
      ["Say what they have in common", [this.label]],
      ["Test it where nobody looked", [this.test]],
      ["See what it does", [h("div", { class: "iw-review-try" }, this.prompt, way.element, this.run), this.moved]],
    ];
    this.steps = parts.map(([title, inner]) => {
      const sign = h("span", { class: "iw-review-sign" });
      const said = h("span", { class: "iw-review-said" });
      return { sign, said, item: h("li", {}, h("div", { class: "iw-review-head" }, sign, h("b", {}, title), said), ...inner) };
    });
    const json = (): Blob => new Blob([JSON.stringify({ feature: link.read("feature"), work: link.read("work"), steps: link.read("steps"), test: link.read("test"), effect: link.read("effect") }, null, 1)], { type: "application/json" });
    const acts = h("div", { class: "iw-acts" }, this.status.busy, historyButtons(link, signal), keepMenu("review", { JSON: json }, (why) => this.status.fail(why), signal));
    const top = h("div", { class: "iw-top" }, h("div", { class: "iw-bar" }, h("label", {}, "Latent ", this.number), this.facts), acts);
    wear(frame.root, css);
    wear(frame.root, text);
    frame.root.append(top, this.status.error, h("ol", { class: "iw-review-steps" }, ...this.steps.map(({ item }) => item)), this.status.summary);
    this.listen();
    link.watch(["feature", "work", "prompt", "card", "steps", "effect", "suggested", "live"], () => this.guard(() => keepFocus(frame.root, () => this.draw())));
  }

  private get done(): Done {
    return this.link.read("work")[this.link.read("feature")] ?? {};
  }

  private listen(): void {
    const { link, label, number: feature, prompt, run, test } = this;
    const options = { signal: this.frame.signal };
    const also = (more: Done): Partial<ReviewState> => ({ work: { ...link.read("work"), [link.read("feature")]: { ...this.done, ...more } } });
    feature.addEventListener("change", () => feature.value !== "" && link.act({ do: "pick", feature: Number(feature.value) }), options);
    this.groups.addEventListener("click", (event) => {
      const group = (event.target as Element).closest<HTMLElement>("[data-group]")?.dataset["group"];
      if (group === undefined) return;
      const looked = [...new Set([...(this.done.looked ?? []), Number(group)])].sort();
      link.act({ do: "look", group: Number(group) }, also({ looked }));
    }, options);
    label.addEventListener("change", () => link.act({ do: "label", text: label.value }, also({ label: label.value.trim() })), options);
    test.addEventListener("click", () => link.act({ do: "test" }), options);
    prompt.addEventListener("change", () => link.act({ do: "prompt", text: prompt.value }, { prompt: prompt.value }), options);
    run.addEventListener("click", () => link.act({ do: "intervene", on: prompt.value || link.read("suggested") }), options);
  }

  private draw(): void {
    const { link } = this;
    const feature = link.read("feature");
    const card = link.read("card");
    const { looked = [], label = "" } = this.done;
    if (!this.number.matches(":focus") || this.number.value === "") this.number.value = String(feature);
    this.facts.textContent = card.feature === feature ? `fires on ${percent(card.density)} of tokens, at most ${number(card.max)}` : "";
    fill(this.groups, ...card.groups.map((group, i) => {
      if (group.all === 0) return h("p", {}, `${group.name}: no window but held-out ones`);
      const windows = windowsOf(group as unknown as RawCard); // read before it is asked for: a host that loses buffers shows at once
      if (!looked.includes(i)) return h("button", { type: "button", "data-group": i, "data-key": `group${i}` }, `Look at the ${group.name}`);
      return h("div", {}, h("span", {}, group.name), h("ol", {}, ...windows.map((one) => h("li", {}, h("b", {}, number(one.activation)), lit(one.tokens, one.shares, card.max, one.peak)))));
    }));
    if (!this.label.matches(":focus")) this.label.value = label;
    this.test.setAttribute("aria-disabled", String(label === ""));
    if (!this.prompt.matches(":focus")) this.prompt.value = link.read("prompt") || this.done.intervened?.[0] || link.read("suggested");
    this.run.setAttribute("aria-disabled", String(!link.read("live")));
    this.run.title = link.read("live") ? "" : "Needs the model and the dictionary";
    const effect = link.read("effect");
    fill(this.moved, ...(effect.feature === feature ? moved(effect as Effect) : []));
    link.read("steps").forEach(({ state, said }, i) => {
      const step = this.steps[i]!;
      const [sign, word] = SIGNS[state];
      step.item.dataset["state"] = state;
      fill(step.sign, h("span", { "aria-hidden": "true" }, sign), h("span", { class: "iw-sr" }, word));
      step.said.textContent = said;
    });
  }

  /** A host that loses buffers is asked for text; other errors are errors. */
  private guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof BufferLost)) throw error;
      this.link.askForText();
    }
  }
}

/** Near 1 a tenth of a percent is much. */
const share = (p: number): string => (p >= 0.1 ? `${(100 * p).toFixed(1)}%` : percent(p));

function moved({ rises, falls }: Effect): HTMLElement[] {
  const row = ([token, before, after]: Moved): HTMLElement => h("li", {}, tokenElement(token), h("b", {}, `${share(before)} → ${share(after)}`));
  const list = (name: string, rows: Moved[]): HTMLElement => h("div", {}, h("span", {}, name), h("ol", {}, ...rows.map(row)));
  return [list("next token, rises", rises), list("falls", falls)];
}
