// How a token looks. What cannot be seen is made visible: newlines, tabs, spaces, control and zero-width characters.

import { h } from "./dom.ts";

const NAMED: Record<string, string> = { "\n": "↵", "\t": "⇥", "\r": "␍", " ": "·", "\u00a0": "⍽" };
// Controls, soft hyphen, zero-width and bidirectional marks: they would vanish or turn the line around.
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** A token's text with everything visible. A leading space shows as a middle dot. */
export function visible(piece: string): string {
  if (piece === "") return "∅";
  let out = "";
  for (const char of piece) {
    const named = NAMED[char];
    if (named !== undefined) out += named;
    else if (HIDDEN.test(char)) out += `‹${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}›`;
    else out += char;
  }
  return out;
}

/** The two parts of a token: its leading space, drawn faintly, and the rest. */
export function split(piece: string): { lead: boolean; body: string } {
  const lead = piece.length > 1 && piece.startsWith(" ") && piece[1] !== " ";
  return { lead, body: visible(lead ? piece.slice(1) : piece) };
}

/** A token as an element: text nodes only, whatever the text says. */
export function tokenElement(piece: string): HTMLElement {
  const { lead, body } = split(piece);
  return h("span", { class: "iw-token" }, lead ? h("i", {}, "·") : null, body);
}

/** What a person types as a token: ␣, · or a leading space stand for the space; a bare word gets one, too; “las” in quotes is itself. */
export function asToken(typed: string): string {
  const quoted = /^(["'`])(.+)\1$/u.exec(typed.trim());
  if (quoted) return quoted[2]!;
  const text = typed.replace(/^[␣·]/u, " ");
  if (text.trim() === "") return "";
  return /^[\p{L}\p{N}]/u.test(text) ? ` ${text.trimEnd()}` : text.trimEnd();
}

/** A token as a person would have typed it: `asToken` reads it back. */
export function asTyped(token: string): string {
  if (token.startsWith(" ")) return `·${token.slice(1)}`;
  return /^[\p{L}\p{N}]/u.test(token) ? `"${token}"` : token;
}

/** Beginning-of-text markers and their like, which views dim. */
export const isSpecial = (piece: string): boolean => /^(<\|[^|]*\|>|<\/?[a-z_]+>|\[[A-Z]+\])$/.test(piece);

export function percent(p: number): string {
  if (Number.isNaN(p)) return "?";
  if (p >= 0.995) return p >= 0.9995 ? "100%" : `${(100 * p).toFixed(1)}%`;
  if (p >= 0.1) return `${Math.round(100 * p)}%`;
  if (p >= 0.001) return `${(100 * p).toFixed(1)}%`;
  return p === 0 ? "0%" : "<0.1%";
}

export const short = (x: number): string =>
  Number.isNaN(x) ? "?" : Math.abs(x) >= 100 ? x.toFixed(0) : Math.abs(x) >= 10 ? x.toFixed(1) : x.toFixed(2);
