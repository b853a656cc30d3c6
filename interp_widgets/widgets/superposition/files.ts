// What can be kept: the three drawings side by side, and the numbers.

import { s } from "../shared/dom.ts";
import { csvLine, keepMenu, pngBlob, svgBlob } from "../shared/keep.ts";
import type { Frame, Link } from "../shared/runtime.ts";
import { array, type ToyState } from "./state.ts";

const GAP = 16;

export function menu(link: Link<ToyState>, frame: Frame, pictures: () => SVGSVGElement[], failed: (why: string) => void): HTMLElement {
  const picture = (): SVGSVGElement => {
    const parts = pictures();
    const wide = parts.map((part) => Number(part.getAttribute("width")));
    const width = wide.reduce((sum, x) => sum + x + GAP, -GAP);
    const height = Math.max(...parts.map((part) => Number(part.getAttribute("height"))));
    const whole = s("svg", { width, height, viewBox: `0 0 ${width} ${height}` });
    let x = 0;
    parts.forEach((part, i) => {
      part.setAttribute("x", String(x));
      x += wide[i]! + GAP;
      whole.append(part);
    });
    whole.style.background = getComputedStyle(frame.root).backgroundColor;
    return whole;
  };
  const directions = (): number[][] => {
    const { values, shape } = array(link.read("toy"), "frames");
    const [, features, hidden] = shape as [number, number, number];
    const last = values.subarray(values.length - features * hidden);
    return Array.from({ length: features }, (_, i) => Array.from(last.subarray(i * hidden, (i + 1) * hidden)));
  };
  const rows = (): Blob => {
    const { held, shares, crosstalk } = link.read("toy");
    const where = directions();
    const head = ["feature", "represented", "dimensionality", "interference", ...where[0]!.map((_, i) => `direction_${i}`)];
    const lines = [head, ...where.map((row, i) => [i, String(held[i]), shares[i] ?? "", crosstalk[i] ?? "", ...row])];
    return new Blob([`${lines.map(csvLine).join("\r\n")}\r\n`], { type: "text/csv" });
  };
  const plain = (): Blob => {
    const { planes: _, run: __, moving: ___, whole: ____, ...toy } = link.read("toy");
    const settings = Object.fromEntries((["features", "hidden", "density", "decay", "correlation", "relu", "seed", "runs"] as const).map((name) => [name, link.read(name)]));
    const series = Object.fromEntries(["bias", "steps", "losses"].map((name) => [name, Array.from(array(link.read("toy"), name).values)]));
    return new Blob([JSON.stringify({ ...settings, ...toy, ...series, directions: directions() }, null, 1)], { type: "application/json" });
  };
  return keepMenu("superposition", { PNG: () => pngBlob(picture()), SVG: () => svgBlob(picture()), CSV: rows, JSON: plain }, failed, frame.signal);
}
