// A prompt box that runs as one types. Words the model has no tokens for are underlined by a copy of the text that lies
// under the box; offered prompts are one choice away.

import { fill, h, uid } from "./dom.ts";

const PAUSE_MS = 1200;

export interface PromptBox {
  element: HTMLElement;
  show(text: string, offers: readonly string[]): void;
  /** Ranges of `text` that the model does not know; ignored when the box holds another text by now. */
  underline(text: string, ranges: readonly [number, number][]): void;
}

export function promptBox(
  label: string,
  typed: (text: string, burst: string) => void,
  signal: AbortSignal,
): PromptBox {
  const [id, hint] = [uid("prompt"), uid("hint")];
  const area = h("textarea", { id, rows: 1, spellcheck: "false", autocomplete: "off", "aria-describedby": hint });
  const under = h("div", { class: "iw-under", "aria-hidden": "true" });
  const words = h("span", { class: "iw-unknown", id: hint });
  const offers = h("select", { class: "iw-offers", "aria-label": "Prompts this model speaks" });
  let known = "";
  let burst = 0;
  let last = 0;

  const fit = (): void => {
    area.style.height = "auto";
    // Not laid out yet: the observer below comes back.
    area.style.height = area.scrollHeight ? `${Math.min(area.scrollHeight + 2, 140)}px` : "";
  };
  let wide = 0;
  const resized = new ResizeObserver(() => {
    if (area.clientWidth === wide) return;
    wide = area.clientWidth;
    fit();
  });
  resized.observe(area);
  signal.addEventListener("abort", () => resized.disconnect());
  const forget = (): void => {
    fill(under);
    words.textContent = "";
  };
  const say = (text: string): void => {
    const now = Date.now();
    // A pause ends a burst: undo takes back what was typed since the last one.
    if (now - last > PAUSE_MS) burst = now;
    last = now;
    typed(text, `${id}-${burst}`);
  };
  area.addEventListener("input", () => {
    fit();
    forget();
    say(area.value);
  }, { signal });
  area.addEventListener("blur", () => (last = 0), { signal });
  area.addEventListener("scroll", () => (under.scrollTop = area.scrollTop), { signal });
  offers.addEventListener("change", () => {
    last = 0;
    if (offers.selectedIndex > 0) say(offers.value);
    offers.selectedIndex = 0;
  }, { signal });

  return {
    element: h(
      "div",
      { class: "iw-prompt" },
      h("label", { for: id }, label),
      h("div", { class: "iw-typed" }, under, area),
      offers,
      words,
    ),
    show(text, list) {
      if (area.value !== text) {
        area.value = text;
        forget();
        fit();
      }
      offers.hidden = list.length === 0;
      if (list.join("\n") !== known || offers.options.length === 0) {
        known = list.join("\n");
        fill(offers, h("option", {}, "Try a prompt…"), ...list.map((text) => h("option", { value: text }, text)));
      }
    },
    underline(text, ranges) {
      if (text !== area.value) return;
      const parts: (string | Node)[] = [];
      let at = 0;
      for (const [from, to] of ranges) {
        parts.push(text.slice(at, from), h("u", {}, text.slice(from, to)));
        at = to;
      }
      fill(under, ...parts, text.slice(at));
      const names = ranges.map(([from, to]) => text.slice(from, to));
      words.textContent = names.length ? `Not in this model’s vocabulary, read in crumbs: ${names.join(", ")}` : "";
    },
  };
}
