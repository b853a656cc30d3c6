// LayerBarPatching: the front end of `patching.py`.

import { type PatchState, TRAITS } from "./patching/state.ts";
import { View } from "./patching/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<PatchState>(TRAITS, "patch", (link, frame) => {
  new View(link, frame);
});
