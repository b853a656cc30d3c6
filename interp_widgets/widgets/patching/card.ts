// Cards: what a patch did in numbers and in words, and the next tokens before it, after it and in the other run.

import { h } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { percent, tokenElement, visible } from "../shared/tokens.ts";
import { baseTokens, type Bar, donorTokens, type Listed, type RawCard, type RawMoved, type RawShown, type Said } from "./state.ts";
import { meaning, movedMeaning } from "./words.ts";

const WAITS = "Next tokens before and after appear once the model has run; an exported page has those of recorded cards.";
const NO_MODEL = "Next tokens before and after need a model: record.widget(model=model).";

/** A heading to the eye; to the page it is none, since nobody knows under which heading a widget stands. */
export const title = (text: string): HTMLElement => h("p", { class: "iw-patch-title" }, text);

/** The metric of both runs, and which of them is patched. */
function ends(raw: RawShown): { base: number; other: number; text: string } {
  const [clean, corrupt] = raw.values.map((value) => value ?? NaN) as [number, number];
  const [base, other] = raw.direction === "denoise" ? [corrupt, clean] : [clean, corrupt];
  return { base, other, text: `${raw.metric}: clean ${number(clean)}, corrupt ${number(corrupt)}` };
}

export function card(raw: RawShown, bar: Bar, place: { pos: number; head: number; column: number }, held: RawCard, live: boolean): HTMLElement[] {
  const { exact, estimate, layer } = bar;
  const measured = !Number.isNaN(exact);
  const share = measured ? exact : estimate;
  const { base, other, text } = ends(raw);
  const facts = [
    `recovery ${number(share, 3)}${measured ? "" : " (estimate)"}`,
    Number.isNaN(bar.low) ? "" : `95 % interval ${number(bar.low, 3)} to ${number(bar.high, 3)} over ${raw.pairs[0]} pairs`,
    measured && !Number.isNaN(estimate) ? `estimate ${number(estimate, 3)}, off by ${number(estimate - exact, 3)}` : "",
    Number.isNaN(bar.other) ? "" : `compared run ${number(bar.other, 3)}`,
    `${text}, patched ${number(base + share * (other - base))}`,
  ];
  const here = held.place?.[0] === layer && held.place[1] === place.column && held.of?.[0] === raw.mode && held.of[1] === raw.at && held.of[2] === raw.direction;
  const which = raw.pairs[0] > 1 ? h("p", { class: "iw-hint" }, "Next tokens are those of the pair in the boxes.") : null;
  return [
    title(`Layer ${layer}`),
    h("p", {}, facts.filter(Boolean).join(" · ")),
    h("p", {}, meaning(raw, bar, place.pos, place.head)),
    here && held.said ? h("div", {}, which, tables(raw, held.said)) : h("p", { class: "iw-hint" }, live ? WAITS : NO_MODEL),
  ];
}

export function movedCard(raw: RawShown, moved: RawMoved, drop: () => void): HTMLElement[] {
  const close = h("button", { type: "button", class: "iw-patch-close", "aria-label": "Take the moved site back", title: "Take it back" }, "×");
  close.addEventListener("click", drop);
  const [fromLayer, fromPos, toLayer, toPos] = moved.move!;
  const [from, to] = [`position ${fromPos} (${visible(donorTokens(raw)[fromPos] ?? "")})`, `position ${toPos} (${visible(baseTokens(raw)[toPos] ?? "")})`];
  return [
    title(`From layer ${fromLayer}, ${from}, to layer ${toLayer}, ${to}`),
    close,
    h("p", {}, `recovery ${number(moved.recovery!, 3)} · ${ends(raw).text}, patched ${number(moved.value!)}`),
    h("p", {}, movedMeaning(raw, moved.site!, from, to, moved.recovery ?? NaN)),
    tables(raw, moved.said!),
  ];
}

/** Before, after, and what the patch aims at: the run that it was taken from. */
function tables(raw: RawShown, [clean, corrupt, patched]: Said): HTMLElement {
  const [base, other] = raw.direction === "denoise" ? [corrupt, clean] : [clean, corrupt];
  const [before, aim] = raw.direction === "denoise" ? ["corrupt", "clean"] : ["clean", "corrupt"];
  return h("div", { class: "iw-patch-tables" }, listed(`before: ${before} run`, base), listed("after the patch", patched), listed(`for comparison: ${aim} run`, other));
}

function listed(title: string, tokens: Listed): HTMLElement {
  const row = ([token, p]: [string, number]): HTMLElement => {
    const bar = h("i");
    bar.style.width = `${Math.round(p * 60)}px`;
    return h("li", {}, tokenElement(token), h("span", { class: "iw-patch-track" }, bar), h("span", {}, percent(p)));
  };
  return h("div", {}, h("b", {}, title), h("ol", {}, ...tokens.map(row)));
}
