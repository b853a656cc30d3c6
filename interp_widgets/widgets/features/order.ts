// Which latents the list shows, and in which order: the same as `_features_list.py`.

import { type Edits, labelOf, type NumberName, shownLabel, type Sort, type Table } from "./state.ts";

export interface Wish {
  sort: Sort;
  falling: boolean;
  search: string;
  only: string;
  densities: readonly number[];
}

/** Rows of the table. */
export function order(table: Table, wish: Wish, edits: Edits, fires: ReadonlyMap<number, number>): number[] {
  const { features, numbers } = table;
  const [low, high] = wish.densities.length === 2 ? (wish.densities as [number, number]) : [0, 1];
  const finds = search(table, wish.search, edits);
  const labels = (row: number): string => shownLabel(labelOf(table.about, edits, features[row]!));
  const passes: Record<string, (row: number) => boolean> = {
    alive: (row) => !table.dead(row),
    dead: (row) => table.dead(row),
    labelled: (row) => labels(row) !== "",
    unlabelled: (row) => labels(row) === "",
    firing: (row) => fires.has(features[row]!),
  };
  const pass = passes[wish.only] ?? (() => true);
  const rows: number[] = [];
  for (let row = 0; row < table.count; row++) {
    const density = numbers.density[row]!;
    if (density >= low && density <= high && finds(row) && pass(row)) rows.push(row);
  }
  const keys = keysOf(table, wish.sort, labels, fires);
  const key = new Map(rows.map((row) => [row, keys(row)]));
  const way = wish.falling ? -1 : 1;
  return rows.sort((a, b) => {
    const [x, y] = [key.get(a)!, key.get(b)!];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || features[a]! - features[b]!;
    if (x === y) return features[a]! - features[b]!;
    return (x < y ? -1 : 1) * way;
  });
}

/** What a row is sorted by; null where it is not known. */
function keysOf(table: Table, sort: Sort, labels: (row: number) => string, fires: ReadonlyMap<number, number>): (row: number) => number | string | null {
  switch (sort) {
    case "feature":
      return (row) => table.features[row]!;
    case "label":
      return (row) => labels(row).toLowerCase() || null;
    case "token":
      return (row) => table.token(row)?.trim().toLowerCase() || null;
    case "fires":
      return (row) => fires.get(table.features[row]!) ?? null;
  }
  const values = table.numbers[sort as NumberName];
  return (row) => (Number.isNaN(values[row]!) ? null : values[row]!);
}

/** Whether a row holds the query in its label, note, strongest token or top logits, or is of that number. */
function search(table: Table, typed: string, edits: Edits): (row: number) => boolean {
  const query = typed.trim().toLowerCase();
  if (query === "") return () => true;
  const number = /^#?\d+$/.test(query) ? Number(query.replace("#", "")) : -1;
  const fits = table.about.strings.map((piece) => piece.toLowerCase().includes(query));
  return (row) => {
    const feature = table.features[row]!;
    if (feature === number) return true;
    for (const place of table.places(row)) if (place >= 0 && fits[place]) return true;
    const label = labelOf(table.about, edits, feature);
    return !label.hidden && `${label.text}\n${label.note}`.toLowerCase().includes(query);
  };
}
