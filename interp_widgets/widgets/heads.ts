// HeadGrid: the front end of `heads.py`.

import { type HeadsState, TRAITS } from "./heads/state.ts";
import { View } from "./heads/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<HeadsState>(TRAITS, "heads", (link, frame) => {
  new View(link, frame);
});
