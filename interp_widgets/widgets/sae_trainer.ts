// SAETrainer: the front end of `sae_trainer.py`.

import { widget } from "./shared/runtime.ts";
import { TRAITS, type TrainerState } from "./sae_trainer/state.ts";
import { View } from "./sae_trainer/view.ts";

export default widget<TrainerState>(TRAITS, "train", (link, frame) => {
  new View(link, frame);
});
