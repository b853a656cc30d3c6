// ParetoExplorer: the front end of `pareto.py`.

import { type ParetoState, TRAITS } from "./pareto/state.ts";
import { View } from "./pareto/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<ParetoState>(TRAITS, "pareto", (link, frame) => {
  new View(link, frame);
});
