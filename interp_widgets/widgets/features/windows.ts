// Stretches of text in which a latent fires, and its histogram.

import { h, s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { isSpecial, tokenElement } from "../shared/tokens.ts";
import type { RawCard, Window } from "./state.ts";

const SHOWN = 8;
const GROUPS: [string, number][] = [["top tenth of what it fires on", 0.9], ["upper half", 0.5], ["lower half", 0.1], ["bottom tenth", 0]];

/** Tokens of which each stands out as far as the latent fires on it. */
export function lit(tokens: readonly string[], shares: ArrayLike<number>, most: number, peak: number): HTMLElement {
  // Lines break between words, although a space is drawn as a dot.
  const pieces = tokens.flatMap((token, i) => {
    const element = tokenElement(token);
    const share = shares[i]!;
    if (share > 0) {
      element.style.setProperty("--act", `${Math.round(share * 100)}%`);
      element.dataset["fires"] = "true";
      element.title = `${number(share * most)}`;
    }
    if (i === peak) element.dataset["peak"] = "true";
    if (isSpecial(token)) element.dataset["dim"] = "true";
    return /^\s/.test(token) ? [h("wbr"), element] : [element];
  });
  return h("span", { class: "iw-feat-text" }, ...pieces);
}

/** The windows nearest to a quantile, strongest first; or all of them. */
export function near(windows: readonly Window[], quantile: number, all: boolean): Window[] {
  const order = [...windows].sort((a, b) => Math.abs(a.quantile - quantile) - Math.abs(b.quantile - quantile) || b.activation - a.activation);
  return order.slice(0, all ? undefined : SHOWN).sort((a, b) => b.activation - a.activation);
}

/** A list of windows, under the names of their groups. */
export function windowList(windows: readonly Window[], most: number): HTMLElement {
  const items: HTMLElement[] = [];
  let before = "";
  for (const one of windows) {
    const group = GROUPS.find(([, least]) => one.quantile >= least)![0];
    if (group !== before) items.push(h("li", { class: "iw-feat-group" }, group));
    before = group;
    const held = one.heldOut ? h("small", { title: "No explanation sees this window, so it can test them." }, "held out") : null;
    items.push(h("li", {}, h("b", {}, number(one.activation)), lit(one.tokens, one.shares, most, one.peak), held));
  }
  return h("ol", { class: "iw-feat-windows" }, ...items);
}

const [WIDE, TALL, LEFT, FOOT] = [280, 104, 34, 18];

/** How often it fires how strongly; a line where the slider is. */
export function histogram({ histogram: counts, binWidth }: RawCard, most: number, at: number): SVGSVGElement {
  const highest = Math.max(...counts, 1);
  const span = Math.max(counts.length * binWidth, 1e-9);
  const x = (value: number): number => LEFT + (value / span) * (WIDE - LEFT - 6);
  const y = (count: number): number => TALL - FOOT - (count / highest) * (TALL - FOOT - 8);
  const bars = counts.map((count, i) => s("rect", { class: "iw-feat-bar", x: x(i * binWidth) + 0.5, y: y(count), width: Math.max(x(binWidth) - LEFT - 1, 0.5), height: TALL - FOOT - y(count) }, s("title", {}, `${count} tokens from ${number(i * binWidth)} to ${number((i + 1) * binWidth)}`)));
  const label = `Activations of ${counts.reduce((sum, count) => sum + count, 0)} tokens on which it fires, up to ${number(most)}`;
  return s(
    "svg",
    { class: "iw-feat-hist", width: WIDE, height: TALL, viewBox: `0 0 ${WIDE} ${TALL}`, role: "img", "aria-label": label },
    ...bars,
    s("line", { class: "iw-feat-axis", x1: LEFT, x2: WIDE - 6, y1: TALL - FOOT, y2: TALL - FOOT }),
    s("text", { x: LEFT - 5, y: 14, "text-anchor": "end" }, highest.toLocaleString("en")),
    s("text", { x: LEFT, y: TALL - 4 }, "0"),
    s("text", { x: WIDE - 6, y: TALL - 4, "text-anchor": "end" }, number(most)),
    s("line", { class: "iw-feat-at", x1: x(at), x2: x(at), y1: 2, y2: TALL - FOOT }),
  );
}

/** The activation that a share of the tokens it fires on stays below: between bins and levels taken as evenly spread. */
export function activationAt({ histogram: counts, binWidth, levels }: RawCard, quantile: number, most: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let below = 0;
  const edges = counts.map((count, i): [number, number] => [(below += count) / total, (i + 1) * binWidth]);
  const known = [[0, 0] as [number, number], ...edges, ...levels].map(([share, x]): [number, number] => [share, Math.min(x, most)]);
  // Equal shares lie at the beginning and the end of a gap: the way up ends at the first, and goes on from the last.
  known.sort(([a, x], [b, y]) => a - b || x - y);
  const above = known.findIndex(([share]) => share > 0 && share >= quantile);
  if (above < 0 || quantile >= 1) return most;
  const [[from, low], [to, high]] = [known[above - 1]!, known[above]!];
  return low + ((quantile - from) / (to - from)) * (high - low);
}
