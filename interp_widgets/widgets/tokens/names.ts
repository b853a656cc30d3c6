// What a token is, how it is written and what it is called.

import { split, visible } from "../shared/tokens.ts";

export type Kind = "text" | "newline" | "space" | "byte" | "special";

export interface Token {
  piece: string;
  kind: Kind;
  /** A leading space, drawn faintly. */
  lead: boolean;
  body: string;
}

const BYTES = /^(?:<0x[0-9A-F]{2}>)+$/;

export function tokenOf(piece: string, special: boolean): Token {
  if (special) return { piece, kind: "special", lead: false, body: visible(piece) };
  if (BYTES.test(piece)) return { piece, kind: "byte", lead: false, body: bytesOf(piece).map(hex).join(" ") };
  const kind = piece.includes("\n") ? "newline" : piece !== "" && piece.trim() === "" ? "space" : "text";
  return { piece, kind, ...split(piece) };
}

/** What a screen reader says of a token: white space and bytes by their names. */
export function nameOf({ piece, kind }: Token): string {
  if (kind === "special") return `special token ${visible(piece)}`;
  if (kind === "byte") {
    const bytes = bytesOf(piece).map(hex).join(" ");
    return piece.length > 6 ? `bytes ${bytes}` : `byte ${bytes}`;
  }
  if (piece === "") return "empty token";
  const runs = piece.match(/\n+|\t+|\r+| +|\u00a0+|[^\n\t\r \u00a0]+/gu) ?? [];
  if (kind === "text" && runs.length === 2 && runs[0] === " ") return `space, ${visible(runs[1]!)}`;
  return runs.map((run) => (NAMES[run[0]!] ? counted(NAMES[run[0]!]!, run.length) : visible(run))).join(", ");
}

const NAMES: Record<string, string> = { "\n": "newline", "\t": "tab", "\r": "carriage return", " ": "space", "\u00a0": "no-break space" };

const counted = (name: string, n: number): string => (n === 1 ? name : `${n} ${name}s`);

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");

const bytesOf = (piece: string): number[] => (piece.match(/[0-9A-F]{2}(?=>)/g) ?? []).map((two) => parseInt(two, 16));

/** Tokens as the text they were cut from; bytes that make a character together are that character again. */
export function textOf(tokens: readonly Token[]): string {
  const parts: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) parts.push(new TextDecoder().decode(Uint8Array.from(bytes)));
    bytes = [];
  };
  for (const token of tokens) {
    if (token.kind === "byte") bytes.push(...bytesOf(token.piece));
    else {
      flush();
      parts.push(token.piece);
    }
  }
  flush();
  return parts.join("");
}
