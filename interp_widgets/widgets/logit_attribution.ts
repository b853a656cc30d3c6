// ResidualBus: the front end of `logit_attribution.py`.

import { type BusState, TRAITS } from "./logit_attribution/state.ts";
import { View } from "./logit_attribution/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<BusState>(TRAITS, "bus", (link, frame) => {
  new View(link, frame);
});
