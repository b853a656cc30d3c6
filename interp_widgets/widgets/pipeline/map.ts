// A run as a map: a column a token, a row a layer, upwards. One place is lit where it is copied from and where it goes.

import { s } from "../shared/dom.ts";
import { visible } from "../shared/tokens.ts";
import { type Cell, reached } from "./state.ts";

const [LEFT, FOOT, TOP] = [26, 74, 4];
const NAMED = 7; // letters of a token's name

export interface Colors {
  place: string;
  reach: string;
  cell: string;
  text: string;
  faint: string;
}

export const STYLED: Colors = { place: "var(--iw-accent)", reach: "var(--iw-link)", cell: "color-mix(in srgb, var(--iw-text) 9%, var(--iw-ground))", text: "var(--iw-text)", faint: "var(--iw-faint)" };

export interface RunMap {
  tokens: readonly string[];
  layers: number;
  place: Cell;
  /** The place is copied from here, given up here, or filled here. */
  role: "source" | "hole" | "target";
  lit: number | null;
  width: number;
  /** Says what the map is to screen readers; the place of a source is a button. */
  label: string;
  movable: boolean;
}

export const mapHeight = (layers: number): number => TOP + layers * rowHeight(layers) + FOOT;

function rowHeight(layers: number): number {
  return Math.max(Math.min(17, 150 / layers), 3);
}

export function drawMap(map: RunMap, colors: Colors = STYLED): SVGSVGElement {
  const { tokens, layers, place, role, width } = map;
  const high = rowHeight(layers);
  const wide = Math.min((width - LEFT - 2) / tokens.length, 40);
  const height = mapHeight(layers);
  const x = (pos: number): number => LEFT + pos * wide;
  const y = (layer: number): number => TOP + (layers - 1 - layer) * high;
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": map.label, "font-family": "system-ui, sans-serif", "font-size": 10, fill: colors.faint });
  const gap = Math.min(wide, high) > 6 ? 1 : 0.25;
  for (let layer = 0; layer < layers; layer++) {
    for (let pos = 0; pos < tokens.length; pos++) {
      if (layer === place.layer && pos === place.pos) continue;
      const hit = role === "target" && reached(place, { layer, pos });
      svg.append(s("rect", { "data-layer": layer, "data-pos": pos, "data-reached": hit || null, x: x(pos) + gap, y: y(layer) + gap, width: wide - 2 * gap, height: high - 2 * gap, rx: Math.min(2, high / 4), fill: hit ? colors.reach : colors.cell, "fill-opacity": hit ? 0.45 : 1, stroke: hit ? colors.reach : "none", "stroke-width": 0.75 }));
    }
  }
  const every = Math.ceil(10 / high);
  for (let layer = 0; layer < layers; layer++) {
    const named = layer === place.layer;
    if (!named && (layer % every !== 0 || Math.abs(layer - place.layer) < every / 2)) continue;
    svg.append(s("text", { x: LEFT - 4, y: y(layer) + high / 2 + 3.5, "text-anchor": "end", fill: named ? colors.text : colors.faint, "font-weight": named ? 700 : 400 }, `L${layer}`));
  }
  const ground = TOP + layers * high + 5;
  tokens.forEach((token, pos) => {
    const named = pos === place.pos || pos === map.lit;
    if (!named && wide < 11) return;
    const chars = [...visible(token)];
    const name = chars.length > NAMED + 3 ? `${chars.slice(0, NAMED + 2).join("")}…` : chars.join("");
    const at = x(pos) + wide / 2 + 3.5;
    svg.append(s("text", { "data-name": pos, "data-lit": pos === map.lit ? pos : null, x: at, y: ground, transform: `rotate(-90 ${at} ${ground})`, "text-anchor": "end", fill: named ? colors.text : colors.faint, "font-weight": named ? 700 : 400 }, name));
  });
  svg.append(spot(map, { x: x(place.pos), y: y(place.layer), wide, high }, colors));
  return svg;
}

/** The place itself, last and on top; in the run that it is copied from it is what keys move. */
function spot({ tokens, place, role, movable }: RunMap, box: { x: number; y: number; wide: number; high: number }, colors: Colors): SVGElement {
  const filled = role !== "hole";
  const grown = { x: box.x - 1, y: box.y - 1, width: box.wide + 2, height: box.high + 2 };
  const shape = s("rect", { ...grown, rx: 3, fill: filled ? colors.place : "transparent", stroke: colors.text, "stroke-width": 2, "stroke-dasharray": filled ? null : "3 2" });
  const where = `layer ${place.layer}, position ${place.pos} (${visible(tokens[place.pos] ?? "")})`;
  const named = role === "source" && movable ? { role: "button", tabindex: 0, "data-key": "place", "data-home": true, "aria-label": `Place that is copied: ${where}. Arrow keys move it.` } : { role: "img", "aria-label": `${{ source: "copied from", hole: "to be replaced", target: "replaced" }[role]}: ${where}` };
  return s("g", { class: "iw-pipe-spot", "data-role": role, "data-layer": place.layer, "data-pos": place.pos, ...named }, shape);
}
