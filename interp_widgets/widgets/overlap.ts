// OverlapPlot: the front end of `overlap.py`.

import { OverlapView } from "./overlap/view.ts";
import { type OverlapState, TRAITS } from "./overlap/state.ts";
import { widget } from "./shared/runtime.ts";

export default widget<OverlapState>(TRAITS, "overlap", (link, frame) => {
  new OverlapView(link, frame);
});
