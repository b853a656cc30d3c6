// What is patched, where and which way.

import { choice } from "../shared/choice.ts";
import { fill, h } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import { ATS, DIRECTIONS, MODES, type PatchState } from "./state.ts";

export function controls(link: Link<PatchState>, typed: () => void, signal: AbortSignal): HTMLElement[] {
  const pick = <K extends "mode" | "at" | "direction">(which: K, label: string, options: Record<PatchState[K], string>): HTMLElement => {
    const radios = choice(label, options, (by) => {
      typed();
      link.act({ do: which, by }, { [which]: by } as Partial<PatchState>);
    }, signal);
    link.watch([which], () => radios.set(link.read(which)));
    return radios.element;
  };
  const at = pick("at", "at", ATS);
  const head = h("select", { "aria-label": "Head that is patched" });
  head.addEventListener("change", () => link.act({ do: "head", head: Number(head.value) }, { head: Number(head.value) }), { signal });
  link.watch(["mode", "shown", "head"], () => {
    const { mode, heads } = link.read("shown");
    at.hidden = ["all", "position"].includes(link.read("mode"));
    head.hidden = mode !== "head";
    if (mode !== "head") return;
    if (head.options.length !== heads) fill(head, ...Array.from({ length: heads }, (_, i) => h("option", { value: i }, `head ${i}`)));
    head.value = String(Math.min(link.read("head"), heads - 1));
  });
  return [pick("mode", "Patch", MODES), head, at, pick("direction", "Direction", DIRECTIONS)];
}
