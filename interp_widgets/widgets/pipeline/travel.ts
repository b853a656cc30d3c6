// The way of the copied place from one run into the other: a curve that stays, and a chip that runs along it once.

import { h, s } from "../shared/dom.ts";
import { stillness } from "../shared/theme.ts";

const MS = 700;
const ROOM_PX = 7; // between the highest point of the way and the maps under it

interface Point {
  x: number;
  y: number;
}

function middle(element: Element, within: DOMRect): Point {
  const box = element.getBoundingClientRect();
  return { x: box.left + box.width / 2 - within.left, y: box.top + box.height / 2 - within.top };
}

export class Travel {
  readonly element = s("svg", { class: "iw-pipe-way", "aria-hidden": "true" });
  private readonly chip = h("div", { class: "iw-pipe-chip", "aria-hidden": "true", hidden: true });

  constructor(private readonly room: HTMLElement) {
    room.append(this.element, this.chip);
  }

  hide(): void {
    this.element.replaceChildren();
  }

  /** Draws the way between the two spots, and lets the chip run along it when `go`. */
  draw(go: boolean): void {
    const [from, to] = ["source", "target"].map((role) => this.room.querySelector<SVGElement>(`.iw-pipe-spot[data-role="${role}"]`));
    this.hide();
    if (!from || !to) return;
    const within = this.room.getBoundingClientRect();
    const [a, b] = [middle(from, within), middle(to, within)];
    // Side by side the way goes over the maps; one under the other it goes round on the right.
    const over = from.ownerSVGElement!.getBoundingClientRect().top - within.top - ROOM_PX;
    const bend = Math.abs(b.x - a.x) > 60 ? { x: (a.x + b.x) / 2, y: 2 * over - (a.y + b.y) / 2 } : { x: Math.max(a.x, b.x) + 60, y: (a.y + b.y) / 2 };
    const path = `M${a.x} ${a.y}Q${bend.x} ${bend.y} ${b.x} ${b.y}`;
    this.element.append(s("path", { class: "iw-pipe-halo", d: path, fill: "none" }), s("path", { class: "iw-pipe-line", d: path, fill: "none" }), arrow(bend, b));
    if (go && !stillness()) this.run([a, bend, b]);
  }

  private run([a, bend, b]: [Point, Point, Point]): void {
    const at = (t: number): Point => ({ x: (1 - t) ** 2 * a.x + 2 * t * (1 - t) * bend.x + t * t * b.x, y: (1 - t) ** 2 * a.y + 2 * t * (1 - t) * bend.y + t * t * b.y });
    const frames = Array.from({ length: 13 }, (_, i) => at(i / 12)).map(({ x, y }) => ({ transform: `translate(${x - 8}px, ${y - 8}px)` }));
    this.chip.hidden = false;
    this.chip.getAnimations().forEach((old) => old.cancel());
    const moved = this.chip.animate(frames, { duration: MS, easing: "ease-in-out" });
    moved.onfinish = () => (this.chip.hidden = true);
  }
}

function arrow(from: Point, to: Point): SVGElement {
  const angle = Math.atan2(to.y - from.y, to.x - from.x);
  const tip = { x: to.x - 9 * Math.cos(angle), y: to.y - 9 * Math.sin(angle) };
  const wing = (turn: number): string => `${tip.x - 9 * Math.cos(angle + turn)} ${tip.y - 9 * Math.sin(angle + turn)}`;
  return s("path", { class: "iw-pipe-tip", d: `M${tip.x} ${tip.y}L${wing(0.45)}L${wing(-0.45)}Z` });
}
