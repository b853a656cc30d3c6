// Every direction against every other as a square of colours; of few features, with the numbers.

import { type Ramp } from "../shared/color.ts";
import { s } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";

const SIZE = 230;
const [LEFT, TOP] = [24, 18];
const NUMBERS = 8; // features up to which numbers fit

export interface Ink {
  text: string;
  faint: string;
  line: string;
  accent: string;
}

function shade(ramp: Ramp, value: number, top: number): [string, string] {
  const step = Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, value / top)));
  return [`rgb(${ramp.rgb.subarray(step * 3, step * 3 + 3).join()})`, ramp.ink[step]!];
}

/** A drawing whose cells are made once and then only coloured: it changes many times a second. */
export class Heat {
  readonly element: SVGSVGElement;
  private readonly cells: SVGRectElement[] = [];
  private readonly texts: SVGTextElement[] = [];
  private readonly mark = s("rect", { fill: "none", "stroke-width": 2 });
  private readonly size: number;

  constructor(
    private readonly features: number,
    ink: Ink,
  ) {
    const [width, height] = [LEFT + SIZE + 2, TOP + SIZE + 2];
    this.size = SIZE / features;
    this.element = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": "Dot product of every direction with every other", "font-family": "system-ui, sans-serif", "font-size": 11, fill: ink.faint });
    const every = Math.ceil(features / 10);
    for (let i = 0; i < features; i++) {
      const middle = (i + 0.5) * this.size;
      if (i % every === 0) this.element.append(s("text", { x: LEFT - 5, y: TOP + middle + 4, "text-anchor": "end" }, String(i)), s("text", { x: LEFT + middle, y: TOP - 5, "text-anchor": "middle" }, String(i)));
      for (let j = 0; j < features; j++) {
        const [x, y] = [LEFT + j * this.size, TOP + i * this.size];
        this.cells.push(s("rect", { x, y, width: this.size + 0.3, height: this.size + 0.3, "data-row": i }));
        if (features <= NUMBERS) this.texts.push(s("text", { x: x + this.size / 2, y: y + this.size / 2 + 4, "text-anchor": "middle", "pointer-events": "none" }));
      }
    }
    this.mark.setAttribute("stroke", ink.accent);
    this.element.append(...this.cells, ...this.texts, this.mark);
  }

  draw(products: Float32Array, ramp: Ramp, picked: number): void {
    const top = products.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
    products.forEach((value, at) => {
      const [fill, ink] = shade(ramp, value, top);
      this.cells[at]!.setAttribute("fill", fill);
      const text = this.texts[at];
      if (!text) return;
      text.textContent = number(value, 1);
      text.setAttribute("fill", ink);
    });
    const shown = picked >= 0 && picked < this.features;
    const at: Record<string, number> = { x: LEFT, y: TOP + picked * this.size, width: shown ? SIZE : 0, height: shown ? this.size : 0 };
    for (const [name, value] of Object.entries(at)) this.mark.setAttribute(name, String(value));
  }
}
