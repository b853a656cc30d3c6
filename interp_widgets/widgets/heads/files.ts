// The grid as files: a drawing, a table, and everything as JSON.

import type { Ramp } from "../shared/color.ts";
import { s } from "../shared/dom.ts";
import { type Head, nameOf } from "../shared/heads.ts";
import { csvLine } from "../shared/keep.ts";
import { clamp } from "../shared/dom.ts";
import { number } from "../shared/numbers.ts";
import { isEstimate, type Numbers, type RawShown, scoresOf, valueOf } from "./state.ts";

const [WIDE, TALL, GUTTER, TOP, FOOT] = [46, 28, 40, 26, 30];

export function picture(all: Numbers, roles: Record<string, string>, selected: readonly Head[], ramp: Ramp, ink: string, ground: string): SVGSVGElement {
  const { layers, heads } = all;
  const [width, height] = [Math.max(GUTTER + heads * WIDE + 8, 420), TOP + layers * TALL + FOOT];
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "font-family": "system-ui, sans-serif", "font-size": 11, fill: ink });
  svg.append(s("rect", { width, height, fill: ground }), s("text", { x: 4, y: 16 }, all.title));
  for (let layer = 0; layer < layers; layer++) {
    const y = TOP + (layers - 1 - layer) * TALL;
    svg.append(s("text", { x: GUTTER - 8, y: y + TALL / 2 + 4, "text-anchor": "end" }, `L${layer}`));
    for (let head = 0; head < heads; head++) {
      const at: Head = [layer, head];
      const [x, value, role] = [GUTTER + head * WIDE, valueOf(all, at), roles[nameOf(at)]];
      if (layer === 0) svg.append(s("text", { x: x + WIDE / 2, y: height - 12, "text-anchor": "middle" }, String(head)));
      const share = all.signed ? (clamp(value / all.most, -1, 1) + 1) / 2 : clamp(value / all.most, 0, 1);
      const level = Math.round(share * 255);
      const known = !Number.isNaN(value);
      const chosen = selected.some((one) => nameOf(one) === nameOf(at));
      svg.append(s("rect", { x: x + 1, y: y + 1, width: WIDE - 2, height: TALL - 2, fill: known ? `rgb(${ramp.rgb.subarray(level * 3, level * 3 + 3).join()})` : "none", stroke: chosen || !known ? ink : "none", "stroke-dasharray": isEstimate(all, at) ? "2 2" : null }));
      const color = known ? ramp.ink[level]! : ink;
      svg.append(s("text", { x: x + WIDE / 2, y: y + (role ? 12 : 18), "text-anchor": "middle", fill: color }, number(value)));
      if (role) svg.append(s("text", { x: x + WIDE / 2, y: y + 23, "text-anchor": "middle", fill: color, "font-size": 8.5, "font-weight": 600 }, role));
    }
  }
  return svg;
}

/** One row a head: what is drawn, its estimate, its role, and every score that is known. */
export function table(all: Numbers, raw: RawShown, roles: Record<string, string>): string {
  const scores = scoresOf(raw);
  const count = all.layers * all.heads;
  const lines = [csvLine(["layer", "head", "name", all.unit, "estimate", "role", ...(scores ? raw.kinds : [])])];
  for (let i = 0; i < count; i++) {
    const head: Head = [Math.floor(i / all.heads), i % all.heads];
    const each = scores ? raw.kinds.map((_, kind) => scores[kind * count + i]!) : [];
    lines.push(csvLine([...head, nameOf(head), all.exact[i]!, all.estimate[i]!, roles[nameOf(head)] ?? "", ...each]));
  }
  return `${lines.join("\r\n")}\r\n`;
}
