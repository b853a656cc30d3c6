// Quiz: the front end of `quiz.py`.

import { widget } from "./shared/runtime.ts";
import { type QuizState, TRAITS } from "./quiz/state.ts";
import { View } from "./quiz/view.ts";

export default widget<QuizState>(TRAITS, "quiz", (link, frame) => {
  new View(link, frame);
});
