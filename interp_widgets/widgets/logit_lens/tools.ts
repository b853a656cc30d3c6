// The bar of controls: what colours the cells, what the lines show, which tokens are tracked.

import { ramp } from "../shared/color.ts";
import { choice } from "../shared/choice.ts";
import { fill, h } from "../shared/dom.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { themeOf } from "../shared/theme.ts";
import { asToken, short, tokenElement, visible } from "../shared/tokens.ts";
import type { Cells, Paint } from "./grid.ts";
import { lensName } from "./lens.ts";
import { chosen, type Color, type Contrast, type LensState, type Measure } from "./state.ts";

const COLORS: Record<Color, string> = { probability: "probability", entropy: "entropy", kl: "KL to output", rank: "rank" };
const MEASURES: Record<Measure, string> = { probability: "probability", rank: "rank", logit: "logit" };

export function colorChoice(link: Link<LensState>, signal: AbortSignal): HTMLElement {
  const colors = choice("Colour", COLORS, (by) => link.act({ do: "color", by }, { color: by as Color }), signal);
  link.watch(["color"], () => colors.set(link.read("color")));
  link.watch(["sides"], () => (colors.element.hidden = link.read("sides").every((side) => side.base !== "")));
  return colors.element;
}

export function measureChoice(link: Link<LensState>, signal: AbortSignal): HTMLElement {
  const measures = choice("Lines", MEASURES, (by) => link.act({ do: "measure", by }, { measure: by as Measure }), signal);
  link.watch(["measure"], () => measures.set(link.read("measure")));
  link.watch(["sides"], () => (measures.element.hidden = link.read("sides").every((side) => side.base !== "")));
  return measures.element;
}

/** Tracked tokens as chips, and a box to add one. The chosen chip's rank can colour the cells. */
export function trackTool(link: Link<LensState>, signal: AbortSignal): HTMLElement {
  const box = h("input", { type: "text", placeholder: "e.g. ␣Paris", "aria-label": "Track a token", title: 'A word gets its leading space; "las" in quotes has none', spellcheck: "false", autocomplete: "off" });
  const add = h("button", { type: "submit" }, "Track");
  const chips = h("span", { class: "iw-chips" });
  const form = h("form", { class: "iw-chips iw-track" }, chips, box, add);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const token = asToken(box.value);
    if (!token) return;
    track(link, token);
    box.value = "";
  }, { signal });
  link.watch(["tracked", "rank_of"], () => {
    const tracked = link.read("tracked");
    const now = chosen(tracked, link.read("rank_of"));
    fill(chips, ...tracked.map((token) => chip(link, token, token === now)));
  });
  return form;
}

export function track(link: Link<LensState>, token: string): void {
  link.act({ do: "track", token });
}

export function untrack(link: Link<LensState>, token: string): void {
  link.act({ do: "untrack", token }, { tracked: link.read("tracked").filter((t) => t !== token) });
}

function chip(link: Link<LensState>, token: string, on: boolean): HTMLElement {
  const name = visible(token);
  const pick = h("button", { type: "button", "aria-pressed": String(on), "data-key": `chip/${token}`, title: `Colour “rank” by ${name}` }, tokenElement(token));
  const drop = h("button", { type: "button", "aria-label": `Stop tracking ${name}`, "data-key": `drop/${token}` }, "✕");
  pick.addEventListener("click", () => link.act({ do: "rank_of", token }, { rank_of: token }));
  drop.addEventListener("click", () => untrack(link, token));
  return h("span", { class: "iw-chip", "data-chosen": String(on) }, pick, drop);
}

interface Legend {
  element: HTMLElement;
  /** Draws the scale of these sides' colours; hidden while there are none of its sort. */
  show(frame: Frame, grids: readonly Cells[], paint: Paint, rankOf: string): void;
}

/** The colour scale with its ends: one for lenses, one for differences. */
export function legend(differs: boolean): Legend {
  const canvas = h("canvas", { width: 256, height: 1, "aria-hidden": "true" });
  const [from, to, name] = [h("span", {}), h("span", {}), h("span", {})];
  const element = h("span", { class: "iw-legend" }, name, from, canvas, to);
  return {
    element,
    show(frame, grids, paint, rankOf) {
      const mine = grids.filter((grid) => grid.differs === differs);
      element.hidden = mine.length === 0;
      if (!mine[0]) return;
      const colors = ramp(mine[0].ramp(paint), themeOf(frame.root));
      const context = canvas.getContext("2d")!;
      const pixels = context.createImageData(256, 1);
      for (let i = 0; i < 256; i++) pixels.data.set([...colors.rgb.subarray(i * 3, i * 3 + 3), 255], i * 4);
      context.putImageData(pixels, 0, 0);
      [name.textContent, from.textContent, to.textContent] = differs ? contrastEnds(mine, paint) : colorEnds(paint, rankOf);
    },
  };
}

function colorEnds({ color, scales }: Paint, rankOf: string): [string, string, string] {
  const texts: Record<Color, [string, string, string]> = {
    probability: ["probability of the top token", "0", "1"],
    entropy: ["entropy, nats", "0", short(scales.entropy)],
    kl: ["KL to the model’s output, nats", "0", short(scales.kl)],
    rank: [rankOf ? `rank of “${visible(rankOf)}”` : "rank of the token each column ends with", (scales.rank + 1).toLocaleString("en"), "1"],
  };
  return texts[color];
}

function contrastEnds(grids: readonly Cells[], { contrast, scales }: Paint): [string, string, string] {
  const pairs = new Set(grids.map((grid) => grid.raw.names.map(lensName).join("\n")));
  const [a, b] = pairs.size === 1 ? ([...pairs][0]!.split("\n") as [string, string]) : ["first", "second"];
  const ends = (size: number): [string, string] => [`−${short(size)}`, `+${short(size)}`];
  const texts: Record<Contrast, [string, string, string]> = {
    diff: [`probability of the token written: ${a} less ${b}`, ...ends(scales.diff)],
    gain: [`nats by which ${a} is nearer to the output than ${b}`, ...ends(scales.gain)],
    kl: [`KL from ${b} to ${a}, nats`, "0", short(scales.apart)],
    distance: [`share of the probability that ${a} and ${b} give to other tokens`, "0", "1"],
  };
  return texts[contrast];
}
