// What every widget says besides its picture: that it computes, what went wrong, and in one sentence what it shows.

import { h } from "./dom.ts";
import type { BaseState, Frame, Link } from "./runtime.ts";

/** Work shorter than this is not announced: a sign would only flicker. */
const PATIENCE_MS = 400;

export interface Status {
  /** The sign of work, with the button that stops it or goes on. */
  busy: HTMLElement;
  error: HTMLElement;
  summary: HTMLElement;
  /** Shows something that went wrong in the page itself; an empty text takes it back. */
  fail(why: string): void;
}

export function status<S extends BaseState>(link: Link<S>, frame: Frame): Status {
  const sign = h("span", { class: "iw-busy" }, "computing");
  const button = h("button", { type: "button" }, "Stop");
  const busy = h("span", { class: "iw-work iw-unseen" }, sign, button);
  button.addEventListener("click", () => link.work(link.read("stopped") ? "resume" : "stop"), { signal: frame.signal });
  const error = h("div", { class: "iw-error", role: "alert", hidden: true });
  const summary = h("p", { class: "iw-summary" });
  let here = "";
  let slow = 0;
  const show = (): void => {
    const message = link.read("error") || here;
    error.hidden = message === "";
    if (error.textContent !== message) error.textContent = message;
    clearTimeout(slow);
    const working = link.read("busy") && !link.dead;
    const stopped = link.read("stopped") && !link.dead;
    sign.hidden = stopped && !working;
    button.textContent = stopped ? "Stopped: go on" : "Stop";
    unseen(button, false);
    unseen(busy, !working && !stopped);
    // A kernel that does not answer is busy as well, as far as a person can tell; it would not hear a stop either.
    if (!working && !stopped && link.pending && !link.dead) {
      slow = setTimeout(() => {
        unseen(button, true);
        unseen(busy, !link.pending);
      }, PATIENCE_MS);
    }
  };
  link.watch(["error", "busy", "stopped", "answered"], show);
  link.watch(["summary"], () => {
    summary.textContent = link.read("summary");
    frame.announce(link.read("summary"));
  });
  frame.signal.addEventListener("abort", () => clearTimeout(slow));
  return {
    busy,
    error,
    summary,
    fail(why) {
      here = why;
      show();
    },
  };
}

/** Out of sight, but in its place: what stands below must not move under a hand that drags. */
function unseen(element: HTMLElement, on: boolean): void {
  element.classList.toggle("iw-unseen", on);
}
