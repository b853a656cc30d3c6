// Layer × head: one click from a cell to its card.

import { ramp } from "../shared/color.ts";
import { h } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { themeOf } from "../shared/theme.ts";
import { Tooltip } from "../shared/tooltip.ts";
import { title } from "./card.ts";
import { type Cell, Grid } from "./grid.ts";
import { type PatchState, placeAt, type RawShown, type Sweep, sizes } from "./state.ts";

export class Heads {
  readonly element: HTMLElement;
  private readonly grid: Grid;
  private readonly tip = new Tooltip();
  private words: (cell: Cell) => string = () => "";

  constructor(
    private readonly link: Link<PatchState>,
    private readonly frame: Frame,
  ) {
    const press = ({ layer, col }: Cell): void => link.act({ do: "open", layer, head: col }, { opened: layer, head: col });
    const hover = (cell: Cell | null): void => (cell ? this.tip.show(this.grid.box(cell), this.element.getBoundingClientRect(), h("span", {}, this.words(cell))) : this.tip.hide());
    this.grid = new Grid({ hover, press, cancel: () => this.tip.hide() }, frame.signal);
    this.element = h("div", { class: "iw-patch-heads" }, title("Layer × head: recovery of every head"), this.grid.element, this.tip.element);
  }

  show(raw: RawShown, sweep: Sweep): void {
    this.element.hidden = raw.mode !== "head";
    if (this.element.hidden) return;
    const { layers, heads } = sizes(raw);
    const [pos, head, opened] = [this.link.read("pos"), this.link.read("head"), this.link.read("opened")];
    const value = (layer: number, col: number): number => {
      const { column } = placeAt(raw, pos, col);
      const exact = sweep.exact(layer, column);
      return Number.isNaN(exact) ? sweep.estimate(layer, column) : exact;
    };
    this.words = ({ layer, col }) => `layer ${layer}, head ${col}: recovery ${number(value(layer, col))}`;
    const cols = Array.from({ length: heads }, (_, i) => String(i));
    this.grid.show({ label: "Recovery by layer and head", layers, cols, differs: () => false, value, words: this.words }, ramp("signed", themeOf(this.frame.root)));
    this.grid.mark({ framed: opened < 0 ? [] : [{ layer: opened, col: Math.min(head, heads - 1) }], lit: null });
  }
}
