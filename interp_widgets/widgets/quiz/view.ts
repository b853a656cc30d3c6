// One question at a time: its options, what the answer brought, and the steps through the quiz.

import css from "../shared/course.css";
import { fill, h, uid } from "../shared/dom.ts";
import { historyButtons } from "../shared/history.ts";
import { Rich } from "../shared/rich.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { wear } from "../shared/sheets.ts";
import { status } from "../shared/status.ts";
import { type Feedback, feedback, type QuizState, sign, unscored } from "./state.ts";

const COUNTS = "The first answer counts, also when you take it back.";

export class View {
  private readonly rich: Rich;
  private readonly steps = h("ol", { class: "iw-steps", "aria-label": "Questions" });
  private readonly ask = h("p", { class: "iw-ask", id: uid("ask") });
  private readonly kind = h("p", { class: "iw-kind" });
  private readonly prompt = h("p", { class: "iw-said-prompt" });
  private readonly options = h("div", { class: "iw-options", role: "radiogroup", "aria-labelledby": this.ask.id, tabindex: -1, "data-home": true });
  private readonly told = h("div", { class: "iw-told", hidden: true });
  private readonly main = h("button", { type: "button", class: "iw-main", "data-key": "main" });
  private readonly reveal = h("button", { type: "button", "data-key": "reveal" }, "Show the answer");
  private readonly again = h("button", { type: "button", "data-key": "again" }, "Start again");
  private readonly score = h("span", { class: "iw-score" });
  private readonly unkept = h("p", { class: "iw-hint", role: "status", hidden: true });
  private rows: { box: HTMLElement; input: HTMLInputElement; mark: HTMLElement }[] = [];
  private shown = "";
  private asked = "";
  private said = "";

  constructor(
    private readonly link: Link<QuizState>,
    private readonly frame: Frame,
  ) {
    const { signal, root } = frame;
    const { busy, error, summary } = status(link, frame);
    this.rich = new Rich(root, (term) => link.read("terms")[term], signal);
    const title = h("span", { class: "iw-quiz-title" });
    link.watch(["title"], () => (title.textContent = link.read("title")));
    const head = h("div", { class: "iw-quiz-head" }, title, busy, h("span", { class: "iw-push" }, historyButtons(link, signal)));
    const go = h("div", { class: "iw-go" }, this.main, this.reveal, this.again, this.score);
    wear(root, css);
    root.append(head, this.steps, error, this.kind, this.ask, this.prompt, this.options, this.told, go, this.unkept, summary);
    // The second click of a double click would go past an explanation that nobody has read.
    this.main.addEventListener("click", (event) => event.detail > 1 || this.forward(), { signal });
    this.reveal.addEventListener("click", () => this.showAnswer(), { signal });
    this.again.addEventListener("click", () => this.startAgain(), { signal });
    root.addEventListener("keydown", (event) => this.key(event), { signal });
    link.watch(["at", "chosen", "tried", "revealed", "round", "questions", "feedback", "score", "key", "answered"], () => this.draw());
  }

  private get at(): number {
    return this.link.read("at");
  }

  private get chosen(): number {
    return this.link.read("chosen")[this.at]!;
  }

  private get told_(): Feedback {
    return feedback(this.link, this.at);
  }

  // -- drawing ---------------------------------------------------------------------------------

  private draw(): void {
    const asked = this.link.read("questions")[this.at]!;
    const count = this.link.read("questions").length;
    const which = `${this.at}/${this.link.read("round")}`;
    if (which !== this.shown) this.build();
    this.shown = which;
    const kind = asked.kind === "predict" ? " · Predict, then look: one go" : "";
    this.kind.textContent = `Question ${this.at + 1} of ${count}${kind}`;
    this.paintSteps();
    this.paintOptions();
    this.paintTold();
    this.paintGo();
  }

  /** Makes the question anew; a mere change of its state leaves its elements where they are. */
  private build(): void {
    const asked = this.link.read("questions")[this.at]!;
    fill(this.ask, ...this.rich.nodes(asked.ask));
    this.prompt.hidden = asked.prompt === "";
    this.prompt.textContent = `${asked.prompt} …`;
    const name = uid("option");
    this.rows = asked.options.map((pieces, i) => {
      const input = h("input", { type: "radio", name, value: i, "data-key": `option-${i}` });
      const mark = h("span", { class: "iw-mark" });
      const text = h("span", {}, ...this.rich.nodes(pieces));
      const box = h("label", { class: "iw-option" }, input, h("kbd", { "aria-hidden": "true" }, String(i + 1)), text, mark);
      input.addEventListener("change", () => this.choose(i), { signal: this.frame.signal });
      return { box, input, mark };
    });
    fill(this.options, ...this.rows.map((row) => row.box));
    this.said = "";
  }

  private paintSteps(): void {
    const all = this.link.read("questions");
    if (this.steps.childElementCount !== all.length) {
      fill(this.steps, ...all.map((_, i) => {
        const button = h("button", { type: "button", "data-key": `step-${i}` });
        button.addEventListener("click", () => this.go(i), { signal: this.frame.signal });
        return h("li", {}, button);
      }));
    }
    [...this.steps.querySelectorAll("button")].forEach((button, i) => {
      const { mark, words } = sign(feedback(this.link, i));
      button.textContent = mark ? `${i + 1} ${mark}` : String(i + 1);
      button.setAttribute("aria-label", `Question ${i + 1}, ${words}`);
      if (i === this.at) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
  }

  private paintOptions(): void {
    const told = this.told_;
    this.options.dataset["settled"] = String(told.settled);
    this.options.setAttribute("aria-disabled", String(told.settled));
    this.rows.forEach(({ box, input, mark }, i) => {
      input.checked = this.chosen === i;
      const state = told.settled && told.right === i ? "right" : told.wrong.includes(i) ? "wrong" : "";
      box.dataset["mark"] = state;
      const note = told.notes?.[i] ?? "";
      const words = { right: "✓ right", wrong: "✗ not this one", "": "" }[state];
      mark.textContent = [note, words].filter(Boolean).join(" · ");
    });
  }

  private paintTold(): void {
    const told = this.told_;
    const hint = told.hint ?? [];
    const open = told.settled || told.wrong.length > 0;
    this.told.hidden = !open;
    if (!open) {
      this.said = "";
      return;
    }
    const verdict = told.settled ? (told.found ? "Right." : told.wrong.length > 0 ? "Not quite." : "The answer.") : "Not this one.";
    const line = JSON.stringify([this.at, verdict, told]);
    if (line === this.said) return;
    this.said = line;
    this.told.dataset["mark"] = told.found ? "right" : told.wrong.length > 0 ? "wrong" : "";
    const text = h("span", {}, ...this.rich.nodes(hint), hint.length > 0 && told.why ? " " : "", ...this.rich.nodes(told.why ?? []));
    fill(this.told, h("b", {}, verdict), text);
    this.frame.announce(`${verdict} ${plain([...hint, " ", ...(told.why ?? [])])}`);
  }

  private paintGo(): void {
    const { settled, wrong } = this.told_;
    const count = this.link.read("questions").length;
    const last = this.next() === null;
    const alone = unscored(this.link);
    this.main.textContent = settled || alone ? (last ? "Finished" : "Next question") : "Check";
    const ready = settled || alone ? !last : this.chosen >= 0 && !wrong.includes(this.chosen);
    this.main.setAttribute("aria-disabled", String(!ready || this.link.dead));
    this.reveal.hidden = settled;
    const score = this.link.read("score");
    this.again.hidden = alone ? this.link.read("revealed").length === 0 : score.settled === 0;
    const passed = score.passed ? "Passed. " : `To pass: ${score.needed}. `;
    const best = score.best > score.right ? `Best so far ${score.best}. ` : "";
    this.score.textContent = alone
      ? "This page has no kernel: it shows answers on request and scores nothing."
      : `${score.right} of ${count} right at the first try. ${best}${score.best > 0 || score.given > 0 ? passed : ""}`;
    this.score.title = COUNTS;
    this.unkept.hidden = score.unkept === "";
    this.unkept.textContent = score.unkept;
  }

  // -- hands -----------------------------------------------------------------------------------

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const digit = Number(event.key);
    if (event.key >= "1" && event.key <= "9" && this.rows[digit - 1]) {
      this.rows[digit - 1]!.input.focus();
      this.choose(digit - 1);
    } else if (event.key === "Enter" && !event.shiftKey && !(event.target instanceof HTMLButtonElement)) {
      if (!event.repeat) this.forward();
    } else return;
    event.preventDefault();
  }

  private choose(option: number): void {
    if (this.told_.settled || this.link.dead) {
      this.paintOptions();
      return;
    }
    if (option === this.chosen) return;
    const chosen = this.link.read("chosen").map((old, i) => (i === this.at ? option : old));
    this.link.act({ do: "choose", question: this.at, option, burst: `choose-${this.at}` }, { chosen });
  }

  /** Check, or go on: what the main button and Enter do. */
  private forward(): void {
    if (this.main.getAttribute("aria-disabled") === "true") return;
    const next = this.next();
    if (!this.told_.settled && !unscored(this.link)) {
      const answer = { do: "answer", question: this.at, option: this.chosen };
      const line = JSON.stringify([this.link.read("round"), answer]);
      if (this.link.pending && line === this.asked) return; // Enter twice is one answer
      this.asked = line;
      this.link.act(answer);
    } else if (next !== null) {
      this.go(next);
    }
  }

  /** The next question that is open, from here round to the beginning. */
  private next(): number | null {
    const count = this.link.read("questions").length;
    for (let step = 1; step < count; step += 1) {
      const i = (this.at + step) % count;
      if (!feedback(this.link, i).settled) return i;
    }
    return null;
  }

  private go(to: number): void {
    if (to !== this.at) this.link.act({ do: "go", to }, { at: to });
  }

  private showAnswer(): void {
    this.main.focus(); // this button is about to go, and keys with it
    const revealed = [...new Set([...this.link.read("revealed"), this.at])].sort((a, b) => a - b);
    // With a kernel the answer is Python's to tell; the echo is all that a page alone has.
    this.link.act({ do: "reveal", question: this.at }, unscored(this.link) ? { revealed } : {});
  }

  private startAgain(): void {
    this.main.focus();
    const count = this.link.read("questions").length;
    const fresh = { at: 0, chosen: Array<number>(count).fill(-1), revealed: [], round: this.link.read("round") + 1 };
    this.link.act({ do: "again" }, unscored(this.link) ? fresh : {});
  }
}

const plain = (pieces: readonly (string | { code: string } | { shown: string })[]): string =>
  pieces.map((piece) => (typeof piece === "string" ? piece : "code" in piece ? piece.code : piece.shown)).join("");
