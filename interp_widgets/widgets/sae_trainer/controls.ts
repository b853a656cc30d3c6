// What steers the training: start, pause, step, stop, and a slider for each knob of the chosen run.

import { clamp, fill, h } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import { brief, KNOBS, type TrainerState } from "./state.ts";
import type { Run } from "./store.ts";

const EVERY_MS = 120; // between two values of a slider that is drawn
const FINE = 1000; // places of a slider
const REST_MS = 1500; // after which another key is another gesture

export class Transport {
  readonly element = h("div", { class: "iw-train-transport", role: "group", "aria-label": "Training" });
  private readonly go = h("button", { type: "button", class: "iw-train-go", "data-key": "go", "data-home": true });
  private readonly step = h("button", { type: "button", "data-key": "step", title: "Train one step of every run" }, "Step");
  private readonly many = h("button", { type: "button", "data-key": "many", title: "Train ten steps of every run" }, "+10");
  private readonly halt = h("button", { type: "button", "data-key": "halt", title: "End the training here; a rewind opens it again" }, "■ Stop");
  private readonly reset = h("button", { type: "button", "data-key": "reset", title: "Rewind to step 0" }, "↺ Reset");

  constructor(private readonly link: Link<TrainerState>, signal: AbortSignal) {
    const { go, halt, many, reset, step } = this;
    this.element.append(go, h("span", { class: "iw-pair" }, step, many), halt, reset);
    const on = (button: HTMLElement, run: () => void): void => button.addEventListener("click", () => button.getAttribute("aria-disabled") !== "true" && run(), { signal });
    on(go, () => (link.read("mode") === "running" && !this.over ? link.act({ do: "pause" }, { mode: "paused" }) : link.act({ do: "start" }, { mode: "running" })));
    on(step, () => link.act({ do: "step", n: 1 }, { mode: "paused" }));
    on(many, () => link.act({ do: "step", n: 10 }, { mode: "paused" }));
    on(halt, () => link.act({ do: "stop" }, { mode: "stopped" }));
    on(reset, () => link.act({ do: "rewind", to: 0 }, { mode: "paused" }));
  }

  private over = false;

  draw(runs: readonly Run[]): void {
    const live = runs.filter(({ about }) => about.live);
    this.over = live.length > 0 && live.every(({ now }) => now.done);
    const begun = live.some(({ now }) => now.step > 0);
    const running = this.link.read("mode") === "running" && !this.over;
    const label = running ? "❚❚ Pause" : begun ? "▶ Go on" : "▶ Start";
    if (this.go.textContent !== label) this.go.textContent = label;
    off(this.go, this.over || this.link.dead);
    for (const button of [this.step, this.many]) off(button, this.over || this.link.dead);
    off(this.halt, this.over || !begun || this.link.dead);
    off(this.reset, !begun || this.link.dead);
    this.element.hidden = live.length === 0;
  }
}

/** aria-disabled keeps the focus on a button that has just done its last. */
const off = (button: HTMLElement, on: boolean): void => button.setAttribute("aria-disabled", String(on));

interface Knob {
  name: string;
  input: HTMLInputElement;
  out: HTMLOutputElement;
  low: number;
  high: number;
}

export class Knobs {
  readonly element = h("div", { class: "iw-train-knobs", role: "group" });
  private knobs: Knob[] = [];
  private made = "";
  private held: HTMLInputElement | null = null;
  private burst = "";
  private waiting = 0;
  private last = 0;
  private turnedAt = 0;

  constructor(private readonly link: Link<TrainerState>, private readonly signal: AbortSignal) {
    signal.addEventListener("abort", () => clearTimeout(this.waiting));
  }

  draw(run: Run | undefined, chosen: number): void {
    const knobs = run?.about.knobs ?? {};
    const made = JSON.stringify([chosen, knobs]);
    if (made !== this.made) {
      this.made = made;
      this.knobs = Object.entries(knobs).map(([name, [, low, high]]) => this.knob(name, low, high));
      fill(this.element, ...this.knobs.map(({ input, out, name }) => h("label", {}, h("span", {}, KNOBS[name] ?? name), input, out)));
      this.element.setAttribute("aria-label", `What can be changed of ${run?.about.name ?? "the run"}`);
      this.element.hidden = this.knobs.length === 0;
    }
    const settings = this.link.read("settings")[chosen] ?? {};
    for (const knob of this.knobs) {
      const value = settings[knob.name] ?? knobs[knob.name]![0];
      if (knob.input !== this.held) knob.input.value = String(place(knob, value));
      knob.input.disabled = this.link.dead;
      this.say(knob, value);
    }
  }

  private say(knob: Knob, value: number): void {
    const text = brief(value);
    knob.input.setAttribute("aria-valuetext", text);
    if (knob.out.textContent !== text) knob.out.textContent = text;
  }

  private knob(name: string, low: number, high: number): Knob {
    const whole = name === "k";
    const input = h("input", { type: "range", min: whole ? low : 0, max: whole ? high : FINE, step: whole ? 1 : 10, "data-key": `knob-${name}`, "data-knob": name });
    const knob = { name, input, out: h("output", {}), low, high };
    const { signal } = this;
    input.addEventListener("pointerdown", () => {
      this.held = input;
      this.burst = "";
    }, { signal });
    input.addEventListener("input", () => this.turned(knob), { signal });
    // A gesture is one step of undo, and one mark: it ends when the hand lets go, or the keys rest.
    input.addEventListener("change", () => {
      const byHand = this.held !== null;
      this.held = null;
      this.turned(knob, true);
      if (byHand) this.burst = "";
    }, { signal });
    input.addEventListener("blur", () => (this.burst = ""), { signal });
    return knob;
  }

  private turned(knob: Knob, now = false): void {
    if (this.held === null && performance.now() - this.turnedAt > REST_MS) this.burst = "";
    this.turnedAt = performance.now();
    this.burst ||= `knob${Date.now()}`;
    const burst = this.burst;
    const value = valueAt(knob);
    this.say(knob, value);
    clearTimeout(this.waiting);
    const send = (): void => {
      this.last = performance.now();
      const chosen = this.link.read("chosen");
      const settings = this.link.read("settings").map((one, i) => (i === chosen ? { ...one, [knob.name]: value } : one));
      if (this.link.read("settings")[chosen]?.[knob.name] === value) return;
      this.link.act({ do: "change", run: chosen, what: knob.name, to: value, burst }, { settings });
    };
    const rest = this.last + EVERY_MS - performance.now();
    if (now || rest <= 0) send();
    else this.waiting = setTimeout(send, rest);
  }
}

/** Where a value stands on its slider; all but k in powers. */
function place({ name, low, high }: Knob, value: number): number {
  if (name === "k") return value;
  return value <= 0 ? 0 : clamp((Math.log(value / low) / Math.log(high / low)) * FINE, 0, FINE);
}

function valueAt({ name, input, low, high }: Knob): number {
  const at = Number(input.value);
  return name === "k" ? at : Number((low * (high / low) ** (at / FINE)).toPrecision(3));
}
