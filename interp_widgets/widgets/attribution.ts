// AttributionScatter: the front end of `attribution.py`.

import { type ScatterState, TRAITS } from "./attribution/state.ts";
import { View } from "./attribution/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<ScatterState>(TRAITS, "scatter", (link, frame) => {
  new View(link, frame);
});
