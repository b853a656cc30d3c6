// Colour scales. Every ramp is monotone in lightness, so it reads without hue, in grey print and for colour-blind eyes:
// weak values lie near the page's own ground, strong ones stand out. Ramps are mixed in OKLab (Ottosson, 2020), where
// equal steps look equal. One ramp has two arms, for values below and above nothing; a sign beside the number says which.

import type { Theme } from "./theme.ts";

type Triple = readonly [number, number, number];
export type RampName = "probability" | "entropy" | "kl" | "rank" | "signed";

const RAMPS: Record<"light" | "dark", Record<RampName, readonly string[]>> = {
  light: {
    probability: ["#f4f6f9", "#cfe2ee", "#8fc3d9", "#4395bb", "#1b638f", "#0b3357"],
    entropy: ["#f8f6f2", "#f2dfbe", "#e5b873", "#c78a36", "#935a1d", "#55300f"],
    kl: ["#f7f5f9", "#e2d4eb", "#c2a3d4", "#9a70b6", "#6f4593", "#402260"],
    rank: ["#f4f7f4", "#cde6d4", "#8bc8a0", "#459f70", "#1f6e4d", "#0b4231"],
    signed: ["#7a3806", "#bd6413", "#e5a860", "#f3dcc0", "#f6f5f7", "#d9d3e8", "#ab9fce", "#7663a8", "#432a72"],
  },
  dark: {
    probability: ["#1a2029", "#1b3b52", "#1f6285", "#3c93b6", "#86c6da", "#e9f7fb"],
    entropy: ["#211e1a", "#4a3318", "#7c531c", "#b27f33", "#dfb56e", "#fbf0d8"],
    kl: ["#1f1c25", "#3a2a50", "#5e4281", "#8d66b1", "#bf9dd6", "#f4eafb"],
    rank: ["#1a211e", "#1b4233", "#23694d", "#47986f", "#8fc9a5", "#e8f8ec"],
    signed: ["#ffe3c2", "#f0aa55", "#b06e1d", "#593a17", "#1d1c21", "#3d3459", "#6b5b9e", "#a796da", "#ece5ff"],
  },
};

/** 256 steps of a ramp as RGB bytes, and the colour of text on each step. */
export interface Ramp {
  rgb: Uint8Array;
  ink: string[];
}

export function ramp(name: RampName, theme: Theme): Ramp {
  const stops = theme === "contrast" ? systemStops(name === "signed") : RAMPS[theme][name];
  const points = stops.map((c) => toLab(parse(c)));
  const rgb = new Uint8Array(256 * 3);
  const ink: string[] = [];
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (points.length - 1);
    const low = Math.min(Math.floor(at), points.length - 2);
    const color = fromLab(mix(points[low]!, points[low + 1]!, at - low));
    rgb.set(color, i * 3);
    // Black or white: on any colour one of them has WCAG's contrast of 4.5, on mid tones only just.
    ink.push(luminance(color) > 0.179 ? "#000" : "#fff");
  }
  return { rgb, ink };
}

/** In forced colours the ramp runs from the user's page to the user's text. */
function systemStops(signed: boolean): string[] {
  const probe = document.createElement("span");
  document.body.append(probe);
  const stops = ["Canvas", "CanvasText"].map((name) => {
    probe.style.color = name;
    const [r, g, b] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? ["0", "0", "0"]).map(Number);
    return `#${[r, g, b].map((c) => (c ?? 0).toString(16).padStart(2, "0")).join("")}`;
  });
  probe.remove();
  return signed ? [stops[1]!, ...stops] : stops;
}

/** Line colours (after Okabe and Ito, 2008), each with its own dash, so that hue is never alone. */
const LINES: Record<Theme, readonly string[]> = {
  light: ["#0b5d92", "#b8560b", "#0b7a5c", "#a2487c", "#6b5d00", "#4a4fb0", "#8b2f2f", "#4d5560"],
  dark: ["#6cb9e8", "#f0a35c", "#4fcfa3", "#e59cc6", "#e2d25a", "#a3a8f5", "#f08a85", "#b9c2cd"],
  contrast: ["CanvasText", "CanvasText", "CanvasText", "CanvasText", "CanvasText", "CanvasText", "CanvasText", "CanvasText"],
};
const DASHES = ["", "6 3", "2 3", "9 3 2 3", "1 4", "12 4", "4 2 1 2 1 2", "7 2 2 2"] as const;

export interface LineStyle {
  color: string;
  dash: string;
}

export function lineStyle(index: number, theme: Theme): LineStyle {
  const i = index % DASHES.length;
  return { color: LINES[theme][i]!, dash: DASHES[i]! };
}

function parse(hex: string): Triple {
  const n = parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

const toLinear = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const toSrgb = (c: number): number => (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055);

function luminance([r, g, b]: Triple): number {
  return 0.2126 * toLinear(r / 255) + 0.7152 * toLinear(g / 255) + 0.0722 * toLinear(b / 255);
}

function toLab([r8, g8, b8]: Triple): Triple {
  const [r, g, b] = [toLinear(r8 / 255), toLinear(g8 / 255), toLinear(b8 / 255)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const n = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * n,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * n,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * n,
  ];
}

function fromLab([L, a, b]: Triple): Triple {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const n = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const byte = (c: number): number => Math.round(255 * toSrgb(Math.min(Math.max(c, 0), 1)));
  return [
    byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * n),
    byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * n),
    byte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * n),
  ];
}

const mix = (a: Triple, b: Triple, t: number): Triple => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];
