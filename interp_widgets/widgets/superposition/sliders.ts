// The five numbers that a person may turn. A slider's number follows the hand; Python hears of it when the hand lets go.

import { h } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import type { Link } from "../shared/runtime.ts";
import { percent, type Slider, type ToyState } from "./state.ts";

interface Scale {
  label: string;
  low: number;
  high: number;
  step: number;
  /** The slider's place of a value, and back. */
  place(value: number): number;
  value(place: number): number;
  said(value: number): string;
}

const plain = { place: (x: number): number => x, value: (x: number): number => Math.round(100 * x) / 100 };
const TENTHS = 20; // steps of the density's slider to a power of ten

const SCALES: Record<Slider, Scale> = {
  features: { label: "features", low: 1, high: 40, step: 1, ...plain, said: String },
  hidden: { label: "dimensions", low: 1, high: 20, step: 1, ...plain, said: String },
  density: {
    label: "each feature is on",
    low: -2 * TENTHS,
    high: 0,
    step: 1,
    place: (p) => TENTHS * Math.log10(p),
    value: (at) => Number((10 ** (at / TENTHS)).toPrecision(2)),
    said: (p) => `${percent(p)} of the time`,
  },
  decay: { label: "importance of the next", low: 0.5, high: 1, step: 0.01, ...plain, said: (x) => `× ${number(x)}` },
  correlation: { label: "pairs", low: -1, high: 1, step: 0.1, ...plain, said: (c) => (c === 0 ? "independent" : `${c > 0 ? "together" : "apart"}: ${number(c, 1)}`) },
};

export function sliders(link: Link<ToyState>, signal: AbortSignal): HTMLElement {
  const box = h("div", { class: "iw-toy-sliders" });
  for (const [name, scale] of Object.entries(SCALES) as [Slider, Scale][]) {
    const input = h("input", { type: "range", min: scale.low, max: scale.high, step: scale.step, "aria-label": scale.label, "data-key": name });
    const said = h("b", {});
    const say = (value: number): void => {
      said.textContent = scale.said(value);
      input.setAttribute("aria-valuetext", scale.said(value));
    };
    input.addEventListener("input", () => say(scale.value(Number(input.value))), { signal });
    input.addEventListener("change", () => {
      const to = scale.value(Number(input.value));
      if (to !== link.read(name)) link.act({ do: name, to }, { [name]: to });
    }, { signal });
    link.watch([name], () => {
      input.value = String(scale.place(link.read(name)));
      say(link.read(name));
    });
    box.append(h("label", {}, h("span", {}, scale.label), said, input));
  }
  return box;
}
