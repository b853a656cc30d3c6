// LogitLensHeatmap: the front end of `logit_lens.py`.

import { widget } from "./shared/runtime.ts";
import { type LensState, TRAITS } from "./logit_lens/state.ts";
import { View } from "./logit_lens/view.ts";

export default widget<LensState>(TRAITS, "lens", (link, frame) => {
  new View(link, frame);
});
