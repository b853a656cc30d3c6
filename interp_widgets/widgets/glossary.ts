// Glossary: the front end of `glossary.py`. A list to search, or a text with its terms explained.

import css from "./shared/course.css";
import { fill, h, uid } from "./shared/dom.ts";
import { type Piece, Rich } from "./shared/rich.ts";
import { type BaseState, type Frame, type Link, widget } from "./shared/runtime.ts";
import { wear } from "./shared/sheets.ts";
import { status } from "./shared/status.ts";

export const TRAITS = ["query", "open_term", "terms", "text"] as const;

interface GlossaryState extends BaseState {
  query: string;
  open_term: string;
  terms: Record<string, string>;
  text: Piece[][];
}

function list(link: Link<GlossaryState>, signal: AbortSignal): HTMLElement {
  const box = h("input", { type: "text", "data-home": true, "data-key": "search", placeholder: "a word" });
  const terms = h("dl", { class: "iw-terms", tabindex: 0, "aria-label": "Terms", "data-key": "terms" });
  box.addEventListener("input", () => link.act({ do: "search", text: box.value, burst: "search" }, { query: box.value }), { signal });
  link.watch(["query", "open_term", "terms"], () => {
    const query = link.read("query");
    if (box.value !== query) box.value = query;
    const found = Object.entries(link.read("terms")).filter(([term, means]) => `${term} ${means}`.toLowerCase().includes(query.toLowerCase()));
    fill(terms, ...found.flatMap(([term, means]) => entry(link, term, means)));
  });
  return h("div", {}, h("label", { class: "iw-search" }, "Search", box), terms);
}

function entry(link: Link<GlossaryState>, term: string, means: string): HTMLElement[] {
  const open = link.read("open_term") === term;
  const id = uid("means");
  const button = h("button", { type: "button", "aria-expanded": String(open), "aria-controls": id, "data-key": `term-${term}` }, term);
  button.addEventListener("click", () => link.act({ do: "open", term }, { open_term: open ? "" : term }));
  return [h("dt", {}, button), h("dd", { id, hidden: !open }, means)];
}

function mount(link: Link<GlossaryState>, frame: Frame): void {
  const { error, summary } = status(link, frame);
  wear(frame.root, css);
  frame.root.append(error);
  if (link.read("text").length === 0) {
    frame.root.append(list(link, frame.signal), summary);
    return;
  }
  const rich = new Rich(frame.root, (term) => link.read("terms")[term], frame.signal);
  frame.root.append(h("div", { class: "iw-prose" }, ...link.read("text").map((part) => h("p", {}, ...rich.nodes(part)))));
}

export default widget<GlossaryState>(TRAITS, "glossary", mount);
