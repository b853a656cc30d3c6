// GenderBars: the front end of `gender.py`.

import { type BiasState, TRAITS } from "./gender/state.ts";
import { View } from "./gender/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<BiasState>(TRAITS, "bias", (link, frame) => {
  new View(link, frame);
});
