// Text in pieces (`_rich.py`): plain, code, and terms that show their definition on hover and on focus.

import { h, uid } from "./dom.ts";
import { Tooltip } from "./tooltip.ts";

export type Piece = string | { code: string } | { term: string; shown: string };

/** Makes nodes of pieces. One tooltip serves all terms of a view. */
export class Rich {
  private readonly tip = new Tooltip();
  private place: (() => void) | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly define: (term: string) => string | undefined,
    private readonly signal: AbortSignal,
  ) {
    root.append(this.tip.element);
    // The tooltip goes along when the page scrolls under it.
    document.addEventListener("scroll", () => this.place?.(), { capture: true, passive: true, signal });
  }

  nodes(pieces: readonly Piece[]): Node[] {
    return pieces.map((piece) => {
      if (typeof piece === "string") return document.createTextNode(piece);
      if ("code" in piece) return h("code", {}, piece.code);
      return this.term(piece.term, piece.shown);
    });
  }

  private term(term: string, shown: string): Node {
    const means = this.define(term);
    if (means === undefined) return document.createTextNode(shown);
    const id = uid("term");
    // The definition is there for screen readers all the time; the tooltip is for eyes.
    const button = h("button", { type: "button", class: "iw-term", "aria-describedby": id }, shown);
    const place = (): void => {
      const content = h("p", {}, h("b", {}, term), ` ${means}`);
      this.tip.show(button.getBoundingClientRect(), this.root.getBoundingClientRect(), content);
    };
    const show = (): void => {
      this.place = place;
      place();
    };
    const hide = (): void => {
      this.place = null;
      this.tip.hide();
    };
    for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, show, { signal: this.signal });
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, hide, { signal: this.signal });
    button.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
      // Enter explains the term; it does not check the answer.
      if (event.key === "Enter" || event.key === " ") event.stopPropagation();
    }, { signal: this.signal });
    return h("span", {}, button, h("span", { id, hidden: true }, means));
  }
}
