// TokenStrip: the front end of `tokens.py`.

import { widget } from "./shared/runtime.ts";
import { type TokensState, TRAITS } from "./tokens/state.ts";
import { View } from "./tokens/view.ts";

export default widget<TokensState>(TRAITS, "tokens", (link, frame) => {
  new View(link, frame);
});
