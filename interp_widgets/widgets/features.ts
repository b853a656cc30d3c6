// FeatureDashboard: the front end of `features.py`.

import { type FeaturesState, TRAITS } from "./features/state.ts";
import { FeaturesView } from "./features/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<FeaturesState>(TRAITS, "features", (link, frame) => {
  new FeaturesView(link, frame);
});
