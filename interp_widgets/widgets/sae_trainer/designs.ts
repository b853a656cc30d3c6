// Runs that were made here can be made otherwise: another variant, another width, one more in the race, one less.

import { fill, h } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import type { TrainerState } from "./state.ts";
import type { Run } from "./store.ts";

const WIDTHS = [1, 2, 4, 8, 16]; // latents a dimension
const MOST = 6; // runs in a race
const WHY: Record<string, string> = {
  norm: "The penalty counts codes alone: long directions make small codes, and the penalty is dodged",
  center: "The mean is not taken off first: latents are spent on it",
  l1_up: "Sparsity at any price: latents die",
  l1_down: "Sparsity for nothing: all latents fire",
  width: "As many latents as dimensions: features have to share",
};

export class Designs {
  readonly element = h("div", { class: "iw-train-designs", role: "group", "aria-label": "What is trained" });
  private readonly variant = h("select", { "aria-label": "Variant of the chosen run", "data-key": "variant" });
  private readonly width = h("select", { "aria-label": "Latents of the chosen run", "data-key": "width" });
  private readonly enter = h("select", { "aria-label": "Add a run of this variant to the race", "data-key": "enter" });
  private readonly leave = h("button", { type: "button", "data-key": "leave", title: "Take the chosen run out of the race; Undo brings it back as it was" }, "Remove");
  private readonly breaks = h("details", { class: "iw-train-breaks" }, h("summary", { "data-key": "breaks" }, "Break it"));
  private readonly switches = h("div", { role: "group", "aria-label": "Break the chosen run on purpose" });
  private made = "";

  constructor(private readonly link: Link<TrainerState>, signal: AbortSignal) {
    const { enter, leave, variant, width } = this;
    this.element.append(h("label", {}, "variant", variant), h("label", {}, "latents", width), enter, leave, this.breaks);
    this.breaks.append(this.switches);
    const options = { signal };
    variant.addEventListener("change", () => this.make("variant", variant.value), options);
    width.addEventListener("change", () => this.make("d_sae", Number(width.value)), options);
    enter.addEventListener("change", () => {
      link.act({ do: "enter", variant: enter.value }, { mode: "paused" });
      enter.value = "";
    }, options);
    this.switches.addEventListener("change", (event) => {
      const name = (event.target as HTMLElement).dataset["switch"];
      link.act({ do: "break", run: link.read("chosen"), switch: name }, { mode: "paused" });
      this.made = "";
    }, options);
    leave.addEventListener("click", () => leave.getAttribute("aria-disabled") !== "true" && link.act({ do: "leave", run: link.read("chosen") }, { mode: "paused", chosen: 0 }), options);
  }

  private make(what: string, to: string | number): void {
    this.link.act({ do: "make", run: this.link.read("chosen"), what, to }, { mode: "paused" });
    this.made = ""; // a choice that is refused goes back
  }

  draw(run: Run | undefined, runs: number): void {
    const designs = this.link.read("designs");
    const here = designs.length > 0 && run !== undefined && run.about.live;
    this.element.hidden = !here;
    if (!here) return;
    const { d_in, d_sae, variant } = run.about;
    const broken = designs[this.link.read("chosen")]?.broken ?? [];
    const made = JSON.stringify([variant, d_sae, d_in, runs, broken]);
    if (made === this.made || this.link.pending) return;
    this.made = made;
    const { variants, switches } = this.link.read("curves");
    const widths = [...new Set([...WIDTHS.map((times) => times * d_in), d_sae])].sort((a, b) => a - b);
    fill(this.variant, ...variants.map((name) => h("option", { value: name, selected: name === variant }, name)));
    fill(this.width, ...widths.map((wide) => h("option", { value: wide, selected: wide === d_sae }, `${wide} (${Number((wide / d_in).toPrecision(2))}×)`)));
    fill(this.switches, ...Object.entries(switches).map(([name, words]) => h("label", { title: WHY[name] }, h("input", { type: "checkbox", checked: broken.includes(name), "data-switch": name, "data-key": `switch-${name}` }), words)));
    fill(this.enter, h("option", { value: "", disabled: true, selected: true }, "+ race against …"), ...variants.map((name) => h("option", { value: name }, name)));
    this.enter.disabled = runs >= MOST;
    this.leave.hidden = runs < 2;
  }
}
