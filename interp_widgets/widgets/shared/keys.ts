// Keys belong to the widget while it has the focus. Without this, JupyterLab's command mode acts on them: `a` adds a
// cell, arrows leave the widget, and `d d` deletes the cell with the widget in it.

import type { BaseState, Link } from "./runtime.ts";

/**
 * Runs something that redraws parts of the widget. When that removes the element with the focus, the one that takes its
 * place (same `data-key`) gets it, or else the widget's main part (`data-home`): with the focus on the page's body the
 * next key would be JupyterLab's.
 */
export function keepFocus(root: HTMLElement, run: () => void): void {
  const active = (): HTMLElement | null => (root.getRootNode() as Document | ShadowRoot).activeElement as HTMLElement | null;
  const focused = active();
  const inside = focused !== null && root.contains(focused);
  run();
  const now = active();
  if (!inside || (now !== null && root.contains(now) && visible(now))) return;
  const key = focused.dataset["key"];
  const heir = key === undefined ? null : root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
  const next = heir !== null && visible(heir) ? heir : root.querySelector<HTMLElement>("[data-home]");
  next?.focus({ preventScroll: true });
}

/** A hidden element cannot hold the focus. */
function visible(element: HTMLElement): boolean {
  return element.getClientRects().length > 0;
}

export function keepKeys<S extends BaseState>(
  root: HTMLElement,
  link: Link<S>,
  signal: AbortSignal,
): void {
  root.addEventListener(
    "keydown",
    (event) => {
      const command = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      if (command && !event.altKey && (key === "z" || key === "y")) {
        // In a text box as well: typing is an action, so this is the undo that a person means.
        link.act({ do: key === "y" || event.shiftKey ? "redo" : "undo" });
        event.preventDefault();
        event.stopPropagation();
      } else if (!command && !event.altKey) {
        event.stopPropagation();
      }
    },
    { signal },
  );
}
