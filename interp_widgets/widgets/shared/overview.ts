// A strip of all columns with a window on those in sight: click or drag it to go there.

import { h } from "./dom.ts";
import type { Heatmap } from "./heatmap.ts";

export class Overview {
  readonly element = h("div", { class: "iw-overview", "aria-hidden": "true", hidden: true });
  private readonly pane = h("div", { class: "iw-pane" });
  private readonly mark = h("div", { class: "iw-tick-at", hidden: true });

  constructor(heatmap: Heatmap, signal: AbortSignal) {
    this.element.append(this.pane, this.mark);
    const go = (event: PointerEvent): void => {
      const box = this.element.getBoundingClientRect();
      heatmap.center((event.clientX - box.left) / box.width);
    };
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      go(event);
    }, { signal });
    this.element.addEventListener("pointermove", (event) => event.buttons && go(event), { signal });
  }

  /** Shows where a column lies that may be out of sight. */
  tick(heatmap: Heatmap, col: number | null): void {
    this.mark.hidden = col === null;
    if (col !== null) this.mark.style.left = `${heatmap.share(col) * 100}%`;
  }

  /** Shows the picture of all columns; without one it stays hidden. */
  update(heatmap: Heatmap): void {
    const [from, to] = heatmap.window;
    this.element.hidden = !heatmap.scrolls;
    this.pane.style.left = `${from * 100}%`;
    this.pane.style.width = `${(to - from) * 100}%`;
    if (heatmap.scrolls) heatmap.thumbnail(this.element);
  }
}
