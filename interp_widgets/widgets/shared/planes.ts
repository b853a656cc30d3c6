// Arrays from bytes: the other half of `_pack.py`.

export interface RawPlane {
  name: string;
  type: "u8" | "u16" | "u32" | "i32" | "f16" | "f32";
  shape: number[];
  curve: "linear" | "sqrt" | "log" | null;
  top: number;
  bytes: unknown;
}

/** Thrown when the host between Python and the page lost a binary buffer. */
export class BufferLost extends Error {}

/** Bytes however they came: a buffer, a view of one, or base64 text. */
export function toBytes(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const text = (value as { base64?: unknown } | null)?.base64;
  if (typeof text === "string") return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  throw new BufferLost("a binary buffer did not arrive");
}

/** Numbers of a plane; NaN where a value is not known. */
export function numbers(plane: RawPlane): Float32Array {
  const codes = decode(plane);
  if (codes instanceof Float32Array) return codes;
  const out = new Float32Array(codes.length);
  if (codes instanceof Int32Array) {
    for (let i = 0; i < codes.length; i++) out[i] = codes[i]! < 0 ? NaN : codes[i]!;
    return out;
  }
  const missing = 2 ** Number(plane.type.slice(1)) - 1;
  const unbend = curve(plane, missing - 1);
  // A byte has few codes: each is worked out once.
  const table = missing < 256 ? Float32Array.from({ length: 256 }, (_, code) => (code === missing ? NaN : unbend(code))) : null;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    out[i] = table ? table[code]! : code === missing ? NaN : unbend(code);
  }
  return out;
}

/** Indices of a plane; -1 where one is not known. */
export function indices(plane: RawPlane): Int32Array {
  const codes = decode(plane);
  const missing = 2 ** Number(plane.type.slice(1)) - 1;
  const out = new Int32Array(codes.length);
  for (let i = 0; i < codes.length; i++) out[i] = codes[i] === missing ? -1 : codes[i]!;
  return out;
}

function curve({ curve: name, top }: RawPlane, highest: number): (code: number) => number {
  switch (name) {
    case null:
      return (code) => code;
    case "linear":
      return (code) => (code / highest) * top;
    case "sqrt":
      return (code) => (code / highest) ** 2 * top;
    case "log": {
      const span = Math.log1p(top);
      return (code) => Math.round(Math.expm1((code / highest) * span));
    }
  }
}

function decode(plane: RawPlane): Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array {
  const bytes = toBytes(plane.bytes);
  if (plane.type === "u8") return bytes;
  const own = bytes.slice().buffer; // typed arrays want an aligned start
  switch (plane.type) {
    case "u16":
      return new Uint16Array(own);
    case "u32":
      return new Uint32Array(own);
    case "i32":
      return new Int32Array(own);
    case "f32":
      return new Float32Array(own);
    case "f16":
      return Float32Array.from(new Uint16Array(own), half);
  }
}

/** IEEE half precision; browsers do not all have Float16Array yet. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
