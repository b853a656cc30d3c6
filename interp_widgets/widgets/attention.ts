// AttentionView: the front end of `attention.py`.

import { type AttentionState, TRAITS } from "./attention/state.ts";
import { View } from "./attention/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<AttentionState>(TRAITS, "attention", (link, frame) => {
  new View(link, frame);
});
