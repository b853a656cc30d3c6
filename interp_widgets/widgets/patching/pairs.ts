// More pairs of prompts, whose mean and interval the bars show.

import { fill, h } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import { asToken, visible } from "../shared/tokens.ts";
import type { PatchState, RawPair } from "./state.ts";

const FIELDS = ["Clean prompt", "Corrupt prompt", "Answer", "Distractor"];

export function pairs(link: Link<PatchState>, typed: () => void, signal: AbortSignal): HTMLElement {
  const title = h("summary", {}, "Pairs");
  const list = h("ol", { class: "iw-patch-pairs", start: 2, tabindex: 0, "aria-label": "Pairs besides the one in the boxes" });
  const inputs = FIELDS.map((name) => h("input", { type: "text", "aria-label": `${name} of a new pair`, placeholder: name, spellcheck: "false", autocomplete: "off" }));
  const add = h("button", { type: "button" }, "Add pair");
  const form = h("div", { class: "iw-patch-form", role: "group", "aria-label": "Add a pair" }, ...inputs, add);
  const element = h("details", { class: "iw-patch-more" }, title, list, form);
  const read = (): RawPair => inputs.map((input, i) => (i < 2 ? input.value.trim() : asToken(input.value))) as RawPair;
  let asked = "";
  const send = (): void => {
    typed();
    const pair = read();
    asked = pair.join("\n");
    link.act({ do: "add", pair });
  };
  add.addEventListener("click", send, { signal });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target === add) return;
    event.preventDefault();
    send();
  }, { signal });
  list.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-index]");
    if (button) link.act({ do: button.dataset["do"]!, index: Number(button.dataset["index"]) });
  }, { signal });
  link.watch(["pairs", "live", "shown"], () => {
    const [held, live] = [link.read("pairs"), link.read("live")];
    const [count, measured, dropped] = link.read("shown").pairs;
    const several = `Pairs: ${held.length + 1}, bars show their mean`;
    const left = dropped ? `, ${dropped} left out: their runs do not differ` : "";
    title.textContent = held.length === 0 ? "Add more pairs" : measured < count ? `${several} (${measured} of ${count} measured)` : `${several}${left}`;
    element.hidden = !live && held.length === 0;
    form.hidden = !live;
    // What was typed goes once it has become the last pair.
    if (held.at(-1)?.join("\n") === asked && asked !== "") {
      asked = "";
      for (const input of inputs) input.value = "";
    }
  });
  link.watch(["pairs", "live"], () => {
    const held = link.read("pairs");
    list.hidden = held.length === 0;
    const button = (what: string, name: string, index: number): HTMLElement => h("button", { type: "button", "data-do": what, "data-index": index, "data-key": `${what}${index}`, "aria-label": `${name}: pair ${index + 2}` }, name);
    fill(list, ...held.map(([clean, corrupt, answer, distractor], i) =>
      h("li", {}, h("span", {}, `${clean} / ${corrupt} · ${visible(answer)}${distractor ? ` / ${visible(distractor)}` : ""}`), ...(link.read("live") ? [button("front", "To the boxes", i), button("take_out", "Remove", i)] : []))));
  });
  return element;
}
