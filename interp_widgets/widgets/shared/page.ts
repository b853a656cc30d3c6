// The stand-in for a kernel in an exported page (`_export.py`).
//
// What needs no computing is done here (the action's own echo); an action that was recorded gets its recorded answer;
// of any other the page says that it needs a kernel. Undo steps back through the states of this page.

import type { Action, Host } from "./runtime.ts";

type State = Record<string, unknown>;

interface Recorded {
  /** Name of its module. */
  module: string;
  state: State;
  /** Answers by action, as one line of JSON with sorted keys. */
  answers: Record<string, State>;
  /** The `do` of actions that only a kernel can answer. */
  computes: string[];
}

interface Message {
  action?: Action;
  echo?: State;
  view?: string;
  n?: number;
}

class Page implements Host {
  private state: State;
  private listeners = new Map<string, Set<() => void>>();
  private done: State[] = [];
  private undone: State[] = [];

  constructor(private readonly recorded: Recorded) {
    this.state = { ...recorded.state };
  }

  get(name: string): unknown {
    return this.state[name];
  }

  on(name: string, callback: () => void): void {
    const known = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, known.add(callback));
  }

  off(name: string, callback: () => void): void {
    this.listeners.get(name)?.delete(callback);
  }

  send(content: unknown): void {
    const { action, echo = {}, view, n } = content as Message;
    if (!action) return;
    // As a kernel does: the answer comes after the gesture, not within it.
    queueMicrotask(() => {
      const change = this.answer(action, echo);
      this.become({ ...this.state, error: "", ...change, answered: [view, n] });
    });
  }

  private answer(action: Action, echo: State): State {
    const steps: Record<string, [State[], State[]]> = { undo: [this.done, this.undone], redo: [this.undone, this.done] };
    const stacks = steps[action.do];
    if (stacks) {
      const [from, to] = stacks;
      const back = from.pop();
      if (!back) return {};
      to.push(this.state);
      return { ...back, ...this.depth() };
    }
    const recorded = this.recorded.answers[key(action)];
    if (!recorded && this.recorded.computes.includes(action.do)) {
      const kept = action["burst"] === undefined ? {} : echo; // what was typed stays; a choice goes back
      return { ...kept, error: "This page runs without a kernel, and this was not recorded in it. Open the notebook to try it." };
    }
    this.done.push(this.state);
    this.undone.length = 0;
    return { ...echo, ...recorded, ...this.depth() };
  }

  private depth(): State {
    return { depth: [this.done.length, this.undone.length] };
  }

  private become(next: State): void {
    const before = this.state;
    this.state = next;
    for (const name of Object.keys(next)) {
      if (before[name] !== next[name]) this.listeners.get(`change:${name}`)?.forEach((run) => run());
    }
  }
}

/** The same line of JSON as `_export.key` writes. */
function key(action: Action): string {
  const { burst: _, ...kept } = action;
  return JSON.stringify(kept, Object.keys(kept).sort());
}

interface Module {
  default: { render(context: { model: Host; el: Element }): void };
}

async function load(source: string): Promise<Module> {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return (await import(url)) as Module;
  } finally {
    URL.revokeObjectURL(url);
  }
}

const page = JSON.parse(document.getElementById("recorded")!.textContent!) as { modules: Record<string, string>; widgets: Recorded[] };
const modules: Record<string, Module> = {};
for (const [name, source] of Object.entries(page.modules)) modules[name] = await load(source);
page.widgets.forEach((recorded, i) => {
  modules[recorded.module]!.default.render({ model: new Page(recorded), el: document.getElementById(`widget-${i}`)! });
});
