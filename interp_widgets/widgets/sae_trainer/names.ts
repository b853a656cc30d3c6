// Where the names of points stand: beside their point, on no other point and no other name.

export interface Spot {
  x: number;
  y: number;
  anchor: "start" | "middle" | "end";
  text: string;
}

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const LETTER = 6.2; // px, of the font that names are written in
const LONGEST = 19; // letters; the buttons above the chart say the whole name
const [UP, DOWN] = [9, 4]; // px from the line that letters stand on
const POINT = 7; // px around the middle of a point

/** Right, left, over and under, then aslant. */
const SIDES: readonly (readonly [dx: number, dy: number, anchor: Spot["anchor"]])[] = [[10, 4, "start"], [-10, 4, "end"], [0, -10, "middle"], [0, 18, "middle"], [8, -7, "start"], [8, 16, "start"], [-8, -7, "end"], [-8, 16, "end"]];

/**
 * A place for every name that has one. `sides` remembers where each stood: while points move, a name stays on its side
 * as long as it can.
 */
export function placed(points: readonly (readonly [number, number] | null)[], names: readonly string[], room: Box, sides: Map<string, number>): (Spot | null)[] {
  const dots = points.map((point) => point && { left: point[0] - POINT, right: point[0] + POINT, top: point[1] - POINT, bottom: point[1] + POINT });
  const taken: Box[] = [];
  return points.map((point, i) => {
    if (!point) return null;
    const name = names[i]!;
    const text = name.length > LONGEST ? `${name.slice(0, LONGEST - 1).trimEnd()}…` : name;
    const last = sides.get(name) ?? 0;
    for (const side of [last, ...SIDES.keys()]) {
      const [dx, dy, anchor] = SIDES[side]!;
      const [x, y, wide] = [point[0] + dx, point[1] + dy, text.length * LETTER];
      const left = x - { start: 0, middle: wide / 2, end: wide }[anchor];
      const box = { left, right: left + wide, top: y - UP, bottom: y + DOWN };
      const inside = box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom;
      if (!inside || taken.some((other) => meet(box, other)) || dots.some((dot, j) => j !== i && dot !== null && meet(box, dot))) continue;
      taken.push(box);
      sides.set(name, side);
      return { x, y, anchor, text };
    }
    return null;
  });
}

const meet = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
