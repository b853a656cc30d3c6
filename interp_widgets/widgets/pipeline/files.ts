// What can be kept: the three runs as one drawing, and their numbers.

import { s } from "../shared/dom.ts";
import { csvLine } from "../shared/keep.ts";
import { number } from "../shared/numbers.ts";
import { percent, visible } from "../shared/tokens.ts";
import { type Colors, drawMap, mapHeight } from "./map.ts";
import { ends, formula, type RawShown, RUNS } from "./state.ts";

const WIDE = 290;

/** The three runs beside each other, and the recovery under them. */
export function picture(raw: RawShown, colors: Colors, ground: string): SVGSVGElement {
  const under = mapHeight(raw.layers) + 40;
  const height = under + 150;
  const [from, into] = ends(raw);
  const svg = s("svg", { viewBox: `0 0 ${3 * WIDE} ${height}`, width: 3 * WIDE, height, "font-family": "system-ui, sans-serif", "font-size": 12, fill: colors.text });
  svg.append(s("rect", { width: 3 * WIDE, height, fill: ground }));
  RUNS.forEach((run, i) => {
    const left = i * WIDE + 10;
    const role = i === 2 ? "target" : i === from ? "source" : "hole";
    const tokens = raw.tokens[i === 2 ? into : i]!;
    const map = drawMap({ tokens, layers: raw.layers, place: raw, role, lit: null, width: WIDE - 20, label: run, movable: false }, colors);
    map.setAttribute("x", String(left));
    map.setAttribute("y", "26");
    svg.append(s("text", { x: left, y: 16, "font-weight": 700 }, `${i + 1} ${run} run: ${raw.metric} ${number(raw.runs[i]!.value)}`), map);
    raw.runs[i]!.top.forEach(([token, p], row) => svg.append(s("text", { x: left, y: under + row * 17 }, `${percent(p)}  ${visible(token)}`)));
  });
  svg.append(s("text", { x: 10, y: height - 36, "font-weight": 700 }, formula(raw)), s("text", { x: 10, y: height - 14, fill: colors.faint }, raw.meaning));
  return svg;
}

export function table(raw: RawShown): string {
  const rows = RUNS.flatMap((run, i) => raw.runs[i]!.top.map(([token, p]) => [run, raw.metric, raw.runs[i]!.value, token, p]));
  return `${[["run", "metric", "value", "token", "probability"], ...rows].map(csvLine).join("\r\n")}\r\n`;
}
