// The history of what was asked, and which run of it the bars are compared with.

import { choice } from "../shared/choice.ts";
import { fill, h } from "../shared/dom.ts";
import type { Link } from "../shared/runtime.ts";
import { CONTRASTS, type Contrast, type PatchState } from "./state.ts";

export function runs(link: Link<PatchState>, signal: AbortSignal): HTMLElement {
  const list = h("select", { "aria-label": "Compare with an earlier run" });
  const keep = h("button", { type: "button", title: "Adds what is shown to the runs that bars can be compared with" }, "Keep run");
  const forget = h("button", { type: "button" }, "Forget it");
  const how = choice("as", CONTRASTS, (by) => link.act({ do: "contrast", by }, { contrast: by as Contrast }), signal);
  list.addEventListener("change", () => {
    const run = Number(list.value);
    link.act({ do: "compare", run }, { compared: run });
  }, { signal });
  keep.addEventListener("click", () => link.act({ do: "keep" }), { signal });
  forget.addEventListener("click", () => link.act({ do: "forget", run: link.read("compared") }, { compared: -1 }), { signal });
  const element = h("div", { class: "iw-patch-runs" }, h("span", { class: "iw-name", "aria-hidden": "true" }, "Compare with"), list, how.element, keep, forget);
  link.watch(["names", "compared", "contrast", "live"], () => {
    const [names, compared] = [link.read("names"), link.read("compared")];
    element.hidden = !link.read("live");
    // Runs that never had an answer (half a prompt) are not offered.
    const shown = names.map((name, i) => [name, i] as const).filter(([name, i]) => name !== "" || i === compared);
    fill(list, h("option", { value: -1 }, shown.length ? "nothing" : "nothing yet: runs appear here"), ...shown.reverse().map(([name, i]) => h("option", { value: i }, name || "a run that is not known yet")));
    list.value = String(compared);
    how.element.hidden = forget.hidden = compared < 0;
    how.set(link.read("contrast"));
  });
  return element;
}
