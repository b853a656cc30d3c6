// The model of one step, run now: a score for every head, the pattern of one, and the loss at every position.

import { ramp, type RampName } from "../shared/color.ts";
import { h } from "../shared/dom.ts";
import type { Theme } from "../shared/theme.ts";
import { type Measure, MEASURES, patternOf, type RawLive, scores, shownHead, type TimeState } from "./state.ts";

const RAMP: RampName = "probability";
const CELL = 5; // px of a weight

/** All heads, a row a layer, the last on top; one tab stop, arrows move. */
export function grid(raw: RawLive, measure: Measure, chosen: TimeState["head"], theme: Theme): HTMLElement {
  const { values, heads } = scores(raw, measure);
  const [at, head] = shownHead(raw, measure, chosen);
  const colors = ramp(RAMP, theme);
  const table = h("div", { class: "iw-time-grid", role: "group", "aria-label": `${MEASURES[measure]} score of every head` });
  table.style.gridTemplateColumns = `2.2em repeat(${heads}, minmax(30px, 56px))`;
  for (let layer = values.length / heads - 1; layer >= 0; layer--) {
    table.append(h("span", { class: "iw-hint" }, `L${layer}`));
    for (let i = 0; i < heads; i++) {
      const value = values[layer * heads + i]!;
      const level = Math.round(Math.min(Math.max(value, 0), 1) * 255);
      const shown = layer === at && i === head;
      const cell = h("button", { type: "button", "data-layer": layer, "data-head": i, "data-key": `head${layer}.${i}`, tabindex: shown ? 0 : -1, "aria-pressed": String(shown), "aria-label": `head L${layer}.z.${i}: ${value.toFixed(2)}` }, value.toFixed(2).replace(/^0/, ""));
      cell.style.background = `rgb(${colors.rgb.slice(level * 3, level * 3 + 3).join(",")})`;
      cell.style.color = colors.ink[level]!;
      table.append(cell);
    }
  }
  table.append(h("span"), ...Array.from({ length: heads }, (_, i) => h("span", { class: "iw-hint" }, `h${i}`)));
  return table;
}

/** A head's weights on the list: rows look, columns are looked at. */
export function pattern(raw: RawLive, measure: Measure, chosen: TimeState["head"], theme: Theme): HTMLElement {
  const head = shownHead(raw, measure, chosen);
  const weights = patternOf(raw, head);
  const size = raw.tokens.length;
  const colors = ramp(RAMP, theme);
  const small = h("canvas", { width: size, height: size });
  const image = new ImageData(size, size);
  for (let dst = 0; dst < size; dst++) {
    for (let src = 0; src < size; src++) {
      const weight = src > dst ? 0 : weights[(dst * (dst + 1)) / 2 + src]!;
      const level = Math.round(Math.sqrt(weight) * 255);
      image.data.set([...colors.rgb.subarray(level * 3, level * 3 + 3), src > dst ? 0 : 255], (dst * size + src) * 4);
    }
  }
  small.getContext("2d")!.putImageData(image, 0, 0);
  const back = measure === "induction" ? raw.length - 1 : 1;
  const from = measure === "induction" ? raw.length + 1 : 1;
  let mean = 0;
  for (let dst = from; dst < size; dst++) mean += weights[(dst * (dst + 1)) / 2 + dst - back]! / (size - from);
  const what = measure === "induction" ? "the word after its first copy" : "the word before";
  const said = `Head L${head[0]}.z.${head[1]} on one list: from ${measure === "induction" ? "the second copy" : "everywhere"} ${mean.toFixed(2)} of its weight lies on ${what}.`;
  const canvas = h("canvas", { width: size * CELL, height: size * CELL, role: "img", "aria-label": said });
  const context = canvas.getContext("2d")!;
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, size * CELL, size * CELL);
  context.strokeStyle = getInk(theme);
  context.setLineDash([2, 3]);
  // Where the second copy begins, for rows and for columns.
  const half = (raw.length + 1) * CELL;
  context.beginPath();
  context.moveTo(0, half);
  context.lineTo(size * CELL, half);
  context.moveTo(half, half);
  context.lineTo(half, size * CELL);
  context.stroke();
  return h("figure", { class: "iw-time-pattern" }, canvas, h("figcaption", {}, said, " Rows look, columns are looked at; dashes: the second copy begins."));
}

const getInk = (theme: Theme): string => (theme === "dark" ? "#e7eaef" : "#1c1f24");
