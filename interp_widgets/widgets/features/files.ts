// What can be kept: the list as a table, labels as a table, open cards as JSON.

import { csvLine } from "../shared/keep.ts";
import { type Edits, labelOf, NUMBERS, type RawCard, type Table, type Window } from "./state.ts";

/** One row a listed latent. */
export function listCsv(table: Table, rows: readonly number[], edits: Edits): string {
  const lines = [csvLine(["feature", "label", "note", "source", "strongest_token", "top_logit", ...NUMBERS])];
  for (const row of rows) {
    const feature = table.features[row]!;
    const { text, note, source, hidden } = labelOf(table.about, edits, feature);
    const numbers = NUMBERS.map((name) => table.numbers[name][row]!);
    lines.push(csvLine([feature, hidden ? "" : text, note, text ? source : "", table.token(row) ?? "", table.says(row) ?? "", ...numbers.map((x) => (Number.isNaN(x) ? "" : x))]));
  }
  return `${lines.join("\r\n")}\r\n`;
}

/** An open card as plain data. */
export function cardJson(card: RawCard, table: Table, windows: readonly Window[]): Record<string, unknown> {
  const { planes: _planes, pieces: _pieces, all: _all, ...plain } = card;
  const most = table.numbers.max[table.row(card.feature!)] ?? 0;
  return {
    model: table.about.model,
    site: table.about.site,
    ...plain,
    windows: windows.map(({ shares, ...one }) => ({ ...one, activations: Array.from(shares, (share) => Number((share * most).toPrecision(3))) })),
  };
}
