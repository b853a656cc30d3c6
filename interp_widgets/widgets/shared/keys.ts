// Keys belong to the widget while it has the focus. Without this, JupyterLab's command mode acts on them: `a` adds a
// cell, arrows leave the widget, and `d d` deletes the cell with the widget in it.

import type { BaseState, Link } from "./runtime.ts";

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
