// The card of one bar: its recovery, the next tokens before and after the patch, and what this means in words.

import { h } from "../shared/dom.ts";
import { percent, tokenElement } from "../shared/tokens.ts";
import { type Bar, meaning, number, type RawShown } from "./state.ts";

export function card(raw: RawShown, bar: Bar, column: number, live: boolean): HTMLElement[] {
  const { exact, estimate, layer } = bar;
  const measured = !Number.isNaN(exact);
  const [clean, corrupt] = raw.values;
  const [base, other] = raw.direction === "denoise" ? [corrupt, clean] : [clean, corrupt];
  const share = measured ? exact : estimate;
  const numbers = [
    `recovery ${number(share, 3)}${measured ? "" : " (estimate)"}`,
    measured && !Number.isNaN(estimate) ? `estimate ${number(estimate, 3)}, off by ${number(estimate - exact, 3)}` : "",
    `${raw.metric}: clean ${number(clean)}, corrupt ${number(corrupt)}, patched ${number(base + share * (other - base))}`,
  ];
  const here = raw.card.length === 2 && raw.card[0] === layer && raw.card[1] === column;
  const waits = live ? "Next tokens before and after appear once the model has run; an exported page has those of recorded cards." : "Next tokens before and after need a model: record.widget(model=model).";
  return [
    h("h4", {}, `Layer ${layer}`),
    h("p", {}, numbers.filter(Boolean).join(" · ")),
    h("p", {}, meaning(raw, bar, column)),
    here ? h("div", { class: "iw-patch-tables" }, listed("Next token before", raw.before), listed("after the patch", raw.after)) : h("p", { class: "iw-hint" }, waits),
  ];
}

function listed(title: string, tokens: RawShown["before"]): HTMLElement {
  const row = ([token, p]: [string, number]): HTMLElement => {
    const bar = h("i");
    bar.style.width = `${Math.round(p * 80)}px`;
    return h("li", {}, tokenElement(token), bar, h("span", {}, percent(p)));
  };
  return h("div", {}, h("b", {}, title), h("ol", {}, ...tokens.map(row)));
}
