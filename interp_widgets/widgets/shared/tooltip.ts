// A tooltip beside a box on the screen. As a popover it lies above the page, so the edge of a notebook's output, which
// clips everything else, does not cut it.

import { clamp, fill, h } from "./dom.ts";

export class Tooltip {
  readonly element = h("div", { class: "iw-tip", popover: "manual", "aria-hidden": "true" });

  /** Shows content beside `box`, within `room` where it fits: two views side by side have two tooltips. */
  show(box: DOMRect, room: DOMRect, ...content: Node[]): void {
    const tip = this.element;
    fill(tip, ...content);
    tip.classList.add("iw-on");
    if (!this.open) tip.showPopover?.();
    const { width, height } = tip.getBoundingClientRect();
    // Beside the box, so that the column it stands in stays in sight.
    const right = box.right + 12;
    const left = box.left - width - 12;
    const x = right + width <= room.right || left < room.left ? right : left;
    tip.style.left = `${clamp(x, 4, Math.max(window.innerWidth - width - 4, 4))}px`;
    tip.style.top = `${clamp(box.top - 10, 4, Math.max(window.innerHeight - height - 4, 4))}px`;
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
