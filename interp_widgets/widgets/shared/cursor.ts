// One cursor across widgets: point at a token in one view, and every other view of the same tokens lights its column.
//
// It stays in the browser, so it works without a kernel. Every widget has its own copy of this module, which is why the
// views talk by an event on the document. Tokens name what is pointed at: views of other prompts do not light.

import { uid } from "./dom.ts";

const NAME = "interp-widgets:cursor";

interface Pointed {
  from: string;
  /** The tokens' texts as one string; null when nothing is pointed at any more. */
  key: string | null;
  pos: number;
}

const keys = new WeakMap<readonly string[], string>();

function keyOf(tokens: readonly string[]): string {
  let key = keys.get(tokens);
  if (key === undefined) keys.set(tokens, (key = JSON.stringify(tokens)));
  return key;
}

export class SharedCursor {
  private readonly self = uid("view");
  private told = false;
  private elsewhere: Pointed | null = null;

  /** `moved` runs when another view's cursor has moved or gone; `column` then says where it is. */
  constructor(signal: AbortSignal, moved: () => void) {
    const heard = (event: Event): void => {
      const detail = (event as CustomEvent<Pointed>).detail;
      if (detail.from === this.self) return;
      const before = this.elsewhere;
      this.elsewhere = detail.key === null ? null : detail;
      if (before?.key !== this.elsewhere?.key || before?.pos !== this.elsewhere?.pos) moved();
    };
    document.addEventListener(NAME, heard, { signal });
    signal.addEventListener("abort", () => this.point(null));
  }

  /** Tells the other views which of these tokens is pointed at here; `null` that none is. */
  point(tokens: readonly string[] | null, pos = -1): void {
    const key = tokens && pos >= 0 && pos < tokens.length ? keyOf(tokens) : null;
    if (key === null && !this.told) return;
    this.told = key !== null;
    // What is pointed at here now is no longer pointed at elsewhere.
    this.elsewhere = null;
    document.dispatchEvent(new CustomEvent<Pointed>(NAME, { detail: { from: this.self, key, pos } }));
  }

  /** Which of these tokens another view points at, or null. */
  column(tokens: readonly string[]): number | null {
    const at = this.elsewhere;
    return at && at.key === keyOf(tokens) ? at.pos : null;
  }
}
