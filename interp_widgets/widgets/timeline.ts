// TrainingTimeline: the front end of `timeline.py`.

import { widget } from "./shared/runtime.ts";
import { type TimeState, TRAITS } from "./timeline/state.ts";
import { View } from "./timeline/view.ts";

export default widget<TimeState>(TRAITS, "time", (link, frame) => {
  new View(link, frame);
});
