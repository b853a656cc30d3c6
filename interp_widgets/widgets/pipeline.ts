// PatchingPipeline: the front end of `pipeline.py`.

import { type PipeState, TRAITS } from "./pipeline/state.ts";
import { View } from "./pipeline/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<PipeState>(TRAITS, "pipe", (link, frame) => {
  new View(link, frame);
});
