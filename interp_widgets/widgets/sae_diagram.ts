// SAEDiagram: the front end of `sae_diagram.py`.

import { type DiagramState, TRAITS } from "./sae_diagram/state.ts";
import { View } from "./sae_diagram/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<DiagramState>(TRAITS, "sae-diagram", (link, frame) => {
  new View(link, frame);
});
