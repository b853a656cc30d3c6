// A head by its place in the model.

export type Head = [layer: number, head: number];

export const nameOf = ([layer, head]: readonly [number, number]): string => `L${layer}.z.${head}`;
export const sameHead = (a: Head | [], b: Head | []): boolean => a[0] === b[0] && a[1] === b[1];
export const isHead = (head: Head | []): head is Head => head.length === 2;
