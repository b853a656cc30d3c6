// The seam to Python. The page reads traits and sends actions; it never writes a trait.
//
// A gesture shows at once: `act(action, echo)` lays the values it expects over the traits until Python has
// answered that very message, then Python's word counts. So fast clicks never flicker back.

import css from "./style.css";
import { h } from "./dom.ts";
import { keepFocus, keepKeys } from "./keys.ts";
import { wear } from "./sheets.ts";
import { followTheme } from "./theme.ts";

/** What every anywidget host promises (AFM), and what some of them add. */
export interface Host {
  get(name: string): unknown;
  on(name: string, callback: () => void): void;
  off(name: string, callback: () => void): void;
  send(content: unknown): void;
  comm_live?: boolean;
}

export interface Action {
  do: string;
  [field: string]: unknown;
}

/** Traits that every widget has (`_base.Widget`). */
export const BASE_TRAITS = ["busy", "stopped", "error", "summary", "depth", "answered", "plain"] as const;

export interface BaseState {
  busy: boolean;
  stopped: boolean;
  error: string;
  summary: string;
  depth: [number, number];
  answered: [string, number] | [];
  plain: boolean;
}

const RESTARTED = "The kernel was restarted: run the notebook again, down to this cell.";

export class Link<S extends BaseState> {
  private readonly view = Math.random().toString(36).slice(2, 10);
  private sent = 0;
  private overlay: Partial<S> = {};
  private changed = new Set<keyof S>();
  private watchers: { names: readonly (keyof S)[]; run: () => void }[] = [];
  private waiting = 0;
  private askedForText = false;
  /** The kernel that made this view is gone. */
  dead = false;

  constructor(
    private readonly host: Host,
    traits: readonly (keyof S & string)[],
    private readonly signal: AbortSignal,
    private readonly root: HTMLElement,
  ) {
    for (const name of [...traits, ...BASE_TRAITS]) {
      this.listen(`change:${name}`, () => this.note([name as keyof S]));
    }
    this.listen("change:answered", () => this.settle());
    this.listen("comm_live_update", () => {
      this.dead = this.host.comm_live !== true;
      this.note(["error"]);
    });
  }

  read<K extends keyof S>(name: K): S[K] {
    if (name === "error" && this.dead) return RESTARTED as S[K];
    return (name in this.overlay ? this.overlay[name] : this.host.get(name as string)) as S[K];
  }

  /** Sends an action; `echo` is what the page may show of its result right away. */
  act(action: Action, echo: Partial<S> = {}): void {
    if (this.dead) return; // nobody listens; `error` says so
    this.sent += 1;
    this.overlay = { ...this.overlay, ...echo };
    this.waiting = performance.now();
    this.host.send({ action, echo, view: this.view, n: this.sent });
    this.note([...(Object.keys(echo) as (keyof S)[]), "answered"]);
  }

  /** Stops what Python computes, goes on with it, or asks for all of it: no action, since it changes nothing that was chosen. */
  work(what: "stop" | "resume" | "all"): void {
    if (!this.dead) this.host.send({ work: what });
  }

  /** Whether the last action is still on its way. */
  get pending(): boolean {
    return this.waiting > 0;
  }

  /** Runs `run` now and, once per message, whenever one of these traits changes. */
  watch(names: readonly (keyof S)[], run: () => void): void {
    this.watchers.push({ names, run });
    run();
  }

  /** This host lost a binary buffer: asks Python to send text from now on. */
  askForText(): void {
    if (this.askedForText || this.dead) return;
    this.askedForText = true;
    this.host.send({ host: "no buffers" });
  }

  private listen(name: string, callback: () => void): void {
    this.host.on(name, callback);
    this.signal.addEventListener("abort", () => this.host.off(name, callback));
  }

  private settle(): void {
    const [view, n] = this.read("answered");
    if (view !== this.view || n !== this.sent) return;
    const names = Object.keys(this.overlay) as (keyof S)[];
    this.overlay = {};
    this.waiting = 0;
    this.note([...names, "answered"]);
  }

  private note(names: readonly (keyof S)[]): void {
    if (names.length > 0 && this.changed.size === 0) queueMicrotask(() => this.flush());
    for (const name of names) this.changed.add(name);
  }

  private flush(): void {
    const changed = this.changed;
    this.changed = new Set();
    if (this.signal.aborted) return;
    keepFocus(this.root, () => {
      for (const watcher of this.watchers) {
        if (watcher.names.some((name) => changed.has(name))) watcher.run();
      }
    });
  }
}

export interface Frame {
  root: HTMLElement;
  signal: AbortSignal;
  /** Says something to screen readers. */
  announce(text: string): void;
  /** Runs whenever the page's theme changes. */
  onTheme(run: () => void): void;
}

/** Makes the module that anywidget loads: `export default widget(TRAITS, name, mount)`. */
export function widget<S extends BaseState>(
  traits: readonly (keyof S & string)[],
  name: string,
  mount: (link: Link<S>, frame: Frame) => void,
): { render(context: { model: Host; el: HTMLElement }): () => void } {
  return {
    render({ model, el }) {
      const abort = new AbortController();
      const themed: (() => void)[] = [];
      const live = h("div", { class: "iw-sr", role: "status", "aria-live": "polite" });
      const root = h("section", { class: `iw iw-${name}` }, live);
      el.append(root);
      wear(root, css);
      followTheme(root, abort.signal, () => themed.forEach((run) => run()));
      const link = new Link<S>(model, traits, abort.signal, root);
      keepKeys(root, link, abort.signal);
      mount(link, {
        root,
        signal: abort.signal,
        announce: (text) => (live.textContent = text),
        onTheme: (run) => themed.push(run),
      });
      return () => {
        abort.abort();
        root.remove();
      };
    },
  };
}
