// The bar of controls: which weights, what of the first token, and how heads are found.

import { choice } from "../shared/choice.ts";
import { ramp } from "../shared/color.ts";
import { fill, h, uid } from "../shared/dom.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { themeOf } from "../shared/theme.ts";
import { short } from "../shared/tokens.ts";
import type { Heads } from "./pattern.ts";
import { type AttentionState, type First, type Order, SCORES, type Weights } from "./state.ts";

const WEIGHTS: Record<Weights, string> = { raw: "raw", value: "value-weighted" };
const FIRST: Record<First, string> = { shown: "shown", dimmed: "dimmed", hidden: "hidden" };
const ORDER: Record<Order, string> = { place: "by layer", score: "by score" };

/** The palette of each kind of weight. */
export const RAMPS = { raw: "probability", value: "kl" } as const;

export function choices(link: Link<AttentionState>, signal: AbortSignal): HTMLElement[] {
  const weights = choice("Weights", WEIGHTS, (by) => link.act({ do: "weights", by }, { weights: by as Weights }), signal);
  const first = choice("First token", FIRST, (by) => link.act({ do: "first", by }, { first: by as First }), signal);
  const order = choice("Heads", ORDER, (by) => link.act({ do: "order", by }, { order: by as Order }), signal);
  weights.element.title = "raw: the weight a token gives; value-weighted: the length of what the head adds to the stream from there";
  first.element.title = "Heads with nothing to say rest on the first token; its column can step back";
  link.watch(["weights"], () => weights.set(link.read("weights")));
  link.watch(["first"], () => first.set(link.read("first")));
  link.watch(["order"], () => order.set(link.read("order")));
  return [weights.element, first.element, order.element];
}

/** Which score is written on the thumbnails. */
export function scoreChoice(link: Link<AttentionState>, heads: () => Heads | null, signal: AbortSignal): HTMLElement {
  const id = uid("score");
  const select = h("select", { id });
  select.addEventListener("change", () => link.act({ do: "score", by: select.value }, { score: select.value }), { signal });
  link.watch(["shown", "score"], () => {
    const known = heads();
    const options = Object.entries(SCORES).map(([name, words], kind) => {
      const defined = known?.defined(kind) ?? true;
      const why = name.startsWith("previous") || name.startsWith("first") ? "needs two tokens" : "no token comes twice";
      return h("option", { value: name, disabled: !defined }, defined ? words : `${words} (${why})`);
    });
    fill(select, h("option", { value: "" }, "no score"), ...options);
    select.value = link.read("score");
  });
  return h("span", { class: "iw-att-find" }, h("label", { for: id }, "Find heads by"), select);
}

export interface Legend {
  element: HTMLElement;
  show(frame: Frame, weights: Weights, top: number): void;
}

/** The colour scale with its ends. */
export function legend(): Legend {
  const canvas = h("canvas", { width: 256, height: 1, "aria-hidden": "true" });
  const [name, to] = [h("span", {}), h("span", {})];
  return {
    element: h("span", { class: "iw-legend" }, name, h("span", {}, "0"), canvas, to),
    show(frame, weights, top) {
      const { rgb } = ramp(RAMPS[weights], themeOf(frame.root));
      const context = canvas.getContext("2d")!;
      const pixels = context.createImageData(256, 1);
      for (let i = 0; i < 256; i++) pixels.data.set([...rgb.subarray(i * 3, i * 3 + 3), 255], i * 4);
      context.putImageData(pixels, 0, 0);
      name.textContent = weights === "raw" ? "attention weight (root scale)" : "length added to the stream (root scale)";
      to.textContent = weights === "raw" ? "1" : `${short(top)}, the layer’s largest`;
    },
  };
}
