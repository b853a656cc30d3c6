// The view as files: a drawing of the patterns shown (SVG, PNG), their numbers (CSV), state and numbers (JSON).

import type { Ramp } from "../shared/color.ts";
import { h, s } from "../shared/dom.ts";
import { nameOf } from "../shared/heads.ts";
import { csvLine } from "../shared/keep.ts";
import { visible } from "../shared/tokens.ts";
import { paint } from "./matrix.ts";
import { type Heads, type Pattern, shade } from "./pattern.ts";
import { type First, SCORES } from "./state.ts";

export interface Kept {
  heads: Heads;
  patterns: readonly Pattern[];
  first: First;
  ramp: Ramp;
  ground: string;
  text: string;
}

const [HEAD, NAMES, GAP, SIDE] = [44, 96, 28, 480];
/** Beyond this many tokens a pattern is one embedded picture without names. */
const MOST_NAMED = 60;

export function drawing(kept: Kept): SVGSVGElement {
  const n = kept.heads.raw.tokens.length;
  const named = n <= MOST_NAMED;
  const cell = named ? Math.max(Math.floor(SIDE / n), 12) : Math.max(SIDE / n, 1);
  const part = (named ? NAMES : 12) + n * cell + GAP;
  const [width, height] = [12 + part * kept.patterns.length, HEAD + n * cell + 24];
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": "system-ui, sans-serif", "font-size": 11, fill: kept.text });
  svg.append(s("rect", { width: "100%", height: "100%", fill: kept.ground }));
  svg.append(s("text", { x: 12, y: 16, "font-weight": 600 }, `Attention · ${kept.heads.raw.model} · ${kept.heads.raw.prompt.slice(0, 100)}`));
  kept.patterns.forEach((pattern, i) => {
    const left = 12 + i * part + (named ? NAMES : 0);
    const first = kept.first === "shown" ? "" : ` · first token ${kept.first}`;
    svg.append(s("text", { x: left, y: 34 }, `${nameOf(pattern.name)} · ${pattern.weights === "raw" ? "attention weight" : "length added to the stream"}${first}`));
    const group = s("g", { transform: `translate(${left} ${HEAD})` });
    group.append(...(named ? squares(pattern, kept, cell) : [raster(pattern, kept, n * cell)]));
    svg.append(group);
  });
  return svg;
}

function squares(pattern: Pattern, { first, ramp, heads }: Kept, cell: number): SVGElement[] {
  const parts: SVGElement[] = [];
  heads.raw.tokens.forEach((token, dst) => {
    const y = dst * cell + cell / 2 + 4;
    parts.push(s("text", { x: -6, y, "text-anchor": "end" }, fitted(token)), s("text", { x: (dst + 1) * cell + 4, y, opacity: 0.7 }, fitted(token)));
    for (let src = first === "hidden" && dst > 0 ? 1 : 0; src <= dst; src++) {
      const level = Math.round(shade(pattern.value(dst, src), pattern.top) * 255) * 3;
      const opacity = first === "dimmed" && src === 0 && dst > 0 ? 0.3 : 1;
      parts.push(s("rect", { x: src * cell, y: dst * cell, width: cell - 1, height: cell - 1, fill: `rgb(${ramp.rgb.subarray(level, level + 3).join(",")})`, opacity }));
    }
  });
  return parts;
}

function raster(pattern: Pattern, { first, ramp }: Kept, side: number): SVGElement {
  const canvas = h("canvas");
  paint(canvas, pattern, first, ramp);
  return s("image", { width: side, height: side, href: canvas.toDataURL(), style: "image-rendering: pixelated" });
}

function fitted(token: string): string {
  const chars = [...visible(token)];
  return chars.length > 12 ? `${chars.slice(0, 11).join("")}…` : chars.join("");
}

export function table({ heads, patterns }: Kept): Blob {
  const { tokens } = heads.raw;
  const lines = [csvLine(["head", "dst", "src", "dst_token", "src_token", "kind", "weight", "within"])];
  for (const pattern of patterns) {
    for (let dst = 0; dst < pattern.n; dst++) {
      for (let src = 0; src <= dst; src++) {
        lines.push(csvLine([nameOf(pattern.name), dst, src, tokens[dst]!, tokens[src]!, pattern.weights, pattern.value(dst, src), pattern.off(dst, src)]));
      }
    }
  }
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

export function asDocument({ heads, patterns }: Kept, state: Record<string, unknown>): Blob {
  const { model, prompt, tokens, check } = heads.raw;
  const scores = heads.ordered(-1).map((head) => {
    const found = Object.keys(SCORES).map((name, kind) => [name, heads.score(kind, head)] as const);
    // What is not defined is null, which is what JSON makes of NaN.
    return { head: nameOf(head), ...Object.fromEntries(found) };
  });
  const rows = (pattern: Pattern): number[][] => Array.from({ length: pattern.n }, (_, dst) => Array.from({ length: dst + 1 }, (__, src) => pattern.value(dst, src)));
  const shown = patterns.map((pattern) => ({ head: nameOf(pattern.name), kind: pattern.weights, rows: rows(pattern) }));
  return new Blob([JSON.stringify({ model, prompt, tokens, check, state, scores, patterns: shown }, null, 1)], { type: "application/json" });
}
