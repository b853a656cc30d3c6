// The card of an open latent: its label, where it fires, what it does, what it is like, how well the label holds.

import { fill, h } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { percent, tokenElement } from "../shared/tokens.ts";
import { rate } from "./list.ts";
import { type Fired, type Label, type RawCard, type Result, type Table, type Window, windowsOf } from "./state.ts";
import { activationAt, histogram, lit, near, windowList } from "./windows.ts";

const WORDS: Record<string, string> = { manual: "named by hand", auto: "named by a program", imported: "named in a file" };
const TESTS: Record<string, [string, string]> = {
  label: ["Test the label", "Does it fire where the label says? Judged on held-out windows"],
  tokens: ["tokens", "Explain it by a set of tokens, and test that"],
  ngram: ["n-grams", "Explain it by the last three tokens, and test that"],
  output: ["output", "Explain it by the tokens it makes likelier, and test that"],
};

export interface CardEvents {
  close(): void;
  go(feature: number): void;
  rename(text: string): void;
  note(text: string): void;
  hide(on: boolean): void;
  test(by: string): void;
  quantile(at: number, burst: string): void;
}

export interface CardShown {
  feature: number;
  raw: Partial<RawCard>;
  table: Table;
  label: Label;
  /** Names other latents. */
  labelOf(feature: number): string;
  quantile: number;
  results: readonly Result[];
  /** Tests whose answer is not there yet. */
  waiting: readonly string[];
  fired: Fired | null;
  of: string;
}

export class Card {
  readonly element = h("article", { class: "iw-feat-card" });
  windows: Window[] = [];
  private readonly title = h("b", { class: "iw-feat-title" });
  private readonly of = h("small", {});
  private readonly label: HTMLInputElement;
  private readonly source = h("small", { class: "iw-feat-source" });
  private readonly hide: HTMLButtonElement;
  private readonly note: HTMLTextAreaElement;
  private readonly facts = h("p", { class: "iw-feat-facts" });
  private readonly here = h("p", { class: "iw-feat-here" });
  private readonly chart = h("figure", {});
  private readonly slider: HTMLInputElement;
  private readonly said = h("output", {});
  private readonly all: HTMLButtonElement;
  private readonly examples = h("div", { class: "iw-feat-examples" });
  private readonly effects = h("div", { class: "iw-feat-effects" });
  private readonly partners = h("div", { class: "iw-feat-partners" });
  private readonly results = h("ul", { class: "iw-feat-results", "aria-live": "polite" });
  private readonly buttons: HTMLButtonElement[];
  private readonly body: HTMLElement;
  private readonly waits = h("p", { class: "iw-feat-none" });
  private everything = false;
  private made: unknown = null;
  private shown: CardShown | null = null;
  private burst = 0;

  constructor(events: CardEvents, place: number, signal: AbortSignal) {
    const options = { signal };
    this.label = h("input", { type: "text", placeholder: "no label: type one", maxlength: 512, "data-key": `label${place}` });
    this.label.addEventListener("change", () => events.rename(this.label.value.trim()), options);
    this.note = h("textarea", { rows: 1, placeholder: "note", maxlength: 4096, "data-key": `note${place}` });
    this.note.addEventListener("change", () => events.note(this.note.value), options);
    this.hide = h("button", { type: "button", "data-key": `hide${place}` }, "Hide label");
    this.hide.addEventListener("click", () => events.hide(this.hide.getAttribute("aria-pressed") !== "true"), options);
    const close = h("button", { type: "button", class: "iw-icon", title: "Close", "data-key": `close${place}` }, "×");
    close.addEventListener("click", () => events.close(), options);
    this.slider = h("input", { type: "range", min: 0, max: 1, step: 0.01, "data-key": `quantile${place}` });
    this.slider.addEventListener("pointerdown", () => (this.burst += 1), options);
    this.slider.addEventListener("keydown", () => (this.burst += 1), options);
    this.slider.addEventListener("input", () => events.quantile(Number(this.slider.value), `${place}-${this.burst}`), options);
    this.all = h("button", { type: "button", "aria-pressed": "false", "data-key": `all${place}` });
    this.all.addEventListener("click", () => {
      this.everything = !this.everything;
      this.drawWindows();
    }, options);
    this.partners.addEventListener("click", (event) => {
      const to = (event.target as Element).closest<HTMLElement>("[data-go]")?.dataset["go"];
      if (to !== undefined) events.go(Number(to));
    }, options);
    this.buttons = Object.entries(TESTS).map(([by, [name, title]]) => {
      const button = h("button", { type: "button", title, "data-by": by, "data-key": `test-${by}${place}` }, name);
      button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && events.test(by), options);
      return button;
    });
    const [test, ...explain] = this.buttons;
    this.body = h(
      "div",
      {},
      h("div", { class: "iw-feat-tests" }, test, h("span", {}, "or explain by"), ...explain),
      this.results,
      this.here,
      h("div", { class: "iw-feat-charts" }, this.chart, this.effects),
      h("div", { class: "iw-feat-slide" }, h("label", {}, h("span", {}, "Windows around"), this.slider), this.said, this.all),
      this.examples,
      this.partners,
    );
    this.element.append(h("header", {}, this.title, this.label, this.source, this.hide, close), this.of, this.note, this.facts, this.waits, this.body);
    this.element.dataset["place"] = String(place);
    this.naming = { close, place };
  }

  private readonly naming: { close: HTMLElement; place: number };

  show(shown: CardShown): void {
    const { feature, raw, label } = shown;
    if (this.shown?.feature !== feature) this.everything = false;
    this.shown = shown;
    this.element.setAttribute("aria-label", `Latent ${feature}`);
    this.naming.close.setAttribute("aria-label", `Close latent ${feature}`);
    this.label.setAttribute("aria-label", `Label of latent ${feature}`);
    this.note.setAttribute("aria-label", `Note on latent ${feature}`);
    this.slider.setAttribute("aria-label", `Quantile of the activations of latent ${feature}`);
    this.title.textContent = `Latent ${feature}`;
    this.of.textContent = shown.of;
    put(this.label, label.text);
    put(this.note, label.note);
    this.label.dataset["hidden"] = String(label.hidden);
    this.source.textContent = label.text === "" ? "" : (WORDS[label.source] ?? label.source);
    this.hide.setAttribute("aria-pressed", String(label.hidden));
    this.hide.hidden = label.text === "";
    const here = raw.feature === feature && !raw.gone;
    this.body.hidden = !here;
    this.waits.hidden = here;
    this.waits.textContent = raw.gone ? "These dashboards have no such latent." : "Its card is on its way.";
    this.drawFacts();
    if (!here) return;
    if (this.made !== raw) {
      this.made = raw;
      this.windows = windowsOf(raw as RawCard);
      fill(this.effects, effects(raw as RawCard));
    }
    this.drawPartners(raw as RawCard);
    this.drawWindows();
    this.drawTests();
    this.drawHere();
  }

  private drawFacts(): void {
    const { feature, table, raw } = this.shown!;
    const row = table.row(feature);
    const of = (name: "density" | "max" | "mean" | "kurtosis" | "encoder_cosine"): number => table.numbers[name][row] ?? NaN;
    if (row < 0) {
      this.facts.textContent = "";
      return;
    }
    if (table.dead(row)) {
      this.facts.textContent = `Dead: it fired on none of ${table.about.tokens.toLocaleString("en")} tokens.`;
      return;
    }
    const fires = raw.fires === undefined ? "" : ` (${raw.fires.toLocaleString("en")})`;
    const parts = [`fires on ${rate(of("density"))} of tokens${fires}`, `max ${number(of("max"))}`, `mean ${number(of("mean"))}`];
    if (!Number.isNaN(of("encoder_cosine"))) parts.push(`encoder–decoder cosine ${number(of("encoder_cosine"))}`);
    if (!Number.isNaN(of("kurtosis"))) parts.push(`kurtosis of its logits ${number(of("kurtosis"), 1)}`);
    this.facts.textContent = parts.join(" · ");
  }

  private drawWindows(): void {
    const { feature, quantile, raw, table } = this.shown!;
    const card = raw as RawCard;
    const most = table.numbers.max[table.row(feature)] ?? 0;
    const at = activationAt(card, quantile, most);
    const dead = this.windows.length === 0;
    this.slider.closest<HTMLElement>(".iw-feat-slide")!.hidden = dead;
    this.chart.hidden = dead;
    if (Number(this.slider.value) !== quantile) this.slider.value = String(quantile);
    const words = quantile >= 1 ? `the strongest, ${number(most)}` : `${number(at)}, above ${percent(quantile)} of them`;
    this.said.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    const held = this.windows.length;
    this.all.textContent = `All ${held}${held < card.all ? ` of ${card.all}` : ""}`;
    this.all.title = held < card.all ? "A card holds as many windows as fit in 3.5 kB; the record has the others." : "All windows of this latent";
    this.all.setAttribute("aria-pressed", String(this.everything));
    fill(this.chart, h("figcaption", {}, "tokens, by activation"), histogram(card, most, at) as unknown as Node);
    fill(this.examples, dead ? h("p", { class: "iw-feat-none" }, "There is no window in which it fires.") : windowList(near(this.windows, quantile, this.everything), most));
  }

  private drawPartners({ neighbours, correlated }: RawCard): void {
    const { labelOf } = this.shown!;
    const chip = (to: number, said: string): HTMLElement => h("button", { type: "button", "data-go": to, "data-key": `go${this.naming.place}-${to}` }, `${to}${labelOf(to) ? ` ${labelOf(to)}` : ""}`, h("small", {}, said));
    const group = (name: string, chips: HTMLElement[]): HTMLElement | null => (chips.length ? h("div", {}, h("span", {}, name), ...chips) : null);
    fill(
      this.partners,
      group("Closest directions", neighbours.map(([to, cosine]) => chip(to, `cosine ${number(cosine)}`))),
      group("Fire together", correlated.map(([to, r, jaccard]) => chip(to, `r ${number(r)}, Jaccard ${number(jaccard)}`))),
    );
  }

  private drawTests(): void {
    const { label, results, waiting } = this.shown!;
    for (const button of this.buttons) button.setAttribute("aria-disabled", String(button.dataset["by"] === "label" && label.text === ""));
    fill(this.results, ...results.map(result), ...waiting.map((by) => h("li", {}, h("span", { class: "iw-busy" }, `testing ${by}`))));
  }

  private drawHere(): void {
    const { feature, fired, table } = this.shown!;
    this.here.hidden = fired === null;
    if (!fired) return;
    const values = fired.of(feature);
    const top = Math.max(...values, 0);
    const most = Math.max(table.numbers.max[table.row(feature)] ?? 0, top, 1e-9);
    fill(this.here, h("span", {}, top > 0 ? `On the prompt, ${number(top)}: ` : "Silent on the prompt: "), lit(fired.raw.tokens, values.map((value) => value / most), most, top > 0 ? values.indexOf(top) : -1));
  }
}

/** What a box holds, unless a person is typing in it. */
function put(box: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  if (box.value !== text && !box.matches(":focus")) box.value = text;
  else if (box.value !== text && box.dataset["was"] !== text) box.value = text;
  box.dataset["was"] = text;
}

function effects({ top, bottom }: RawCard): HTMLElement {
  if (top.length === 0) return h("p", { class: "iw-feat-none" }, "What it does to the model's answer is not known: it does not write to the stream, or no model was read.");
  const most = Math.max(...[...top, ...bottom].map(([, by]) => Math.abs(by)), 1e-9);
  const row = ([piece, by]: [string, number]): HTMLElement => {
    const bar = h("i", {});
    bar.style.width = `${Math.round((Math.abs(by) / most) * 48)}px`;
    return h("li", {}, tokenElement(piece), bar, h("b", {}, by > 0 ? `+${number(by)}` : number(by)));
  };
  const column = (name: string, rows: [string, number][]): HTMLElement => h("div", {}, h("span", { title: "Logits that a unit of activation adds, above the mean over all tokens" }, `${name}, logits a unit`), h("ol", { class: "iw-feat-logits" }, ...rows.map(row)));
  return h("div", { class: "iw-feat-both" }, column("makes likelier", top), column("makes less likely", bottom));
}

function result({ by, text, how, reader, value, control, windows, error }: Result): HTMLElement {
  const name = h("span", { class: "iw-feat-by" }, by === "llm" ? "in words" : (TESTS[by]?.[0] ?? by).replace("Test the ", ""));
  if (error !== undefined) return h("li", {}, name, `${text ? `“${text}”: ` : ""}${error}`);
  if (value === undefined || how === undefined) return h("li", {}, name, text);
  const meter = h("span", { class: "iw-feat-meter", role: "img", "aria-label": `${how} ${number(value)}, control ${number(control ?? null)}` }, h("i", {}), h("u", {}));
  meter.style.setProperty("--value", `${Math.max(value, 0) * 100}%`);
  meter.style.setProperty("--control", `${Math.max(control ?? 0, 0) * 100}%`);
  const judged = windows === undefined ? "" : `, ${windows} held-out windows`;
  const as = by === "label" ? (reader === "rule" ? ", read as a list of words" : ", read by ask=") : "";
  return h("li", {}, name, `“${text}”`, h("span", { class: "iw-feat-score" }, meter, h("b", {}, `${how} ${number(value)}`), ` control ${number(control ?? null)}${judged}${as}`));
}
