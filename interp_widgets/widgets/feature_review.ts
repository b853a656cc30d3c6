// FeatureReview: the front end of `feature_review.py`.

import { type ReviewState, TRAITS } from "./feature_review/state.ts";
import { ReviewView } from "./feature_review/view.ts";
import { widget } from "./shared/runtime.ts";

export default widget<ReviewState>(TRAITS, "review", (link, frame) => {
  new ReviewView(link, frame);
});
