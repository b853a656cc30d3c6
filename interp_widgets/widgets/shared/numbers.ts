// How a number is written: a real minus sign, none before a zero, a dash for what is not known.

export function number(x: number | null, digits = 2): string {
  if (x === null || Number.isNaN(x)) return "–";
  const text = Math.abs(x).toFixed(digits);
  return x < 0 && Number(text) !== 0 ? `−${text}` : text;
}
