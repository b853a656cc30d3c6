// The prompts of a widget: one box each where a model is at hand, plain text where only a record is shown.

import { fill, h } from "./dom.ts";
import { PromptBox } from "./prompt.ts";
import type { BaseState, Link } from "./runtime.ts";

/** Traits of a widget with prompts; what is typed is the action `{do: "prompt", side, text}`. */
export interface PromptState extends BaseState {
  prompts: string[];
  offers: string[];
  live: boolean;
}

/** A prompt that Python has read, and the parts of it that the model does not know. */
export interface Read {
  prompt: string;
  unknown: [number, number][];
}

const nameOf = (index: number, of: number): string => (of > 1 ? ["First prompt", "Second prompt"][index]! : "Prompt");

/**
 * @param also traits that `read` looks at
 * @param read what Python has read, one a prompt
 * @param typed runs when a person types
 */
export function promptBoxes<S extends PromptState>(link: Link<S>, also: readonly (keyof S)[], read: () => readonly Read[], typed: () => void, signal: AbortSignal): HTMLElement {
  const element = h("div");
  const boxes: PromptBox[] = [];
  const box = (index: number, of: number): PromptBox =>
    new PromptBox(
      nameOf(index, of),
      (text, burst) => {
        const prompts = link.read("prompts").map((p, i) => (i === index ? text : p));
        typed();
        link.act({ do: "prompt", side: index, text, burst }, { prompts } as Partial<S>);
      },
      signal,
    );
  link.watch(["prompts", "offers", "live", ...also], () => {
    const prompts = link.read("prompts");
    element.dataset["two"] = String(prompts.length > 1);
    if (!link.read("live")) {
      fill(element, ...prompts.map((text, i) => said(nameOf(i, prompts.length), text)));
      return;
    }
    while (boxes.length < prompts.length) boxes.push(box(boxes.length, prompts.length));
    fill(element, ...boxes.map((b) => b.element));
    const known = read();
    boxes.forEach((b, i) => {
      b.show(prompts[i] ?? "", link.read("offers"));
      const side = known[i];
      if (side) b.underline(side.prompt, side.unknown);
    });
  });
  return element;
}

function said(name: string, text: string): HTMLElement {
  return h("div", { class: "iw-prompt" }, h("span", { class: "iw-name" }, name), h("div", { class: "iw-said", tabindex: text.length > 400 ? 0 : null }, text));
}
