// A tooltip beside a box on the screen. As a popover it lies above the page, so the edge of a notebook's output, which
// clips everything else, does not cut it.

import { clamp, fill, h } from "./dom.ts";

export class Tooltip {
  readonly element = h("div", { class: "iw-tip", popover: "manual", "aria-hidden": "true" });

  show(box: DOMRect, ...content: Node[]): void {
    const tip = this.element;
    fill(tip, ...content);
    tip.classList.add("iw-on");
    if (!this.open) tip.showPopover?.();
    const { width, height } = tip.getBoundingClientRect();
    const below = box.bottom + 8;
    const above = box.top - height - 8;
    const y = below + height <= window.innerHeight || above < 0 ? below : above;
    tip.style.left = `${clamp(box.left, 4, Math.max(window.innerWidth - width - 4, 4))}px`;
    tip.style.top = `${clamp(y, 4, Math.max(window.innerHeight - height - 4, 4))}px`;
  }

  hide(): void {
    this.element.classList.remove("iw-on");
    if (this.open) this.element.hidePopover?.();
  }

  private get open(): boolean {
    try {
      return this.element.matches(":popover-open");
    } catch {
      return false; // a browser without popovers: the class alone shows it
    }
  }
}
