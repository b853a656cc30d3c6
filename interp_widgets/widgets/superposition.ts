// SuperpositionPlayground: the front end of `superposition.py`.

import { widget } from "./shared/runtime.ts";
import { TRAITS, type ToyState } from "./superposition/state.ts";
import { View } from "./superposition/view.ts";

export default widget<ToyState>(TRAITS, "toy", (link, frame) => {
  new View(link, frame);
});
