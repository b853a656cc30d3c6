"""SAEDiagram: an activation goes into a dictionary, a few latents light, and it is rebuilt.

Eight of its dimensions, 24 of the latents, and what comes out, with the numbers of the loss; step
from token to token and see which latents the model's own activations light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from interp_widgets.plots.theme import visible
from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._sae_diagram_data import Walk, dictionary_of, fine, of_prompts, walk
from interp_widgets.widgets._traits import drawn, state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from interp_widgets.core.dictionary.sae import SAE
    from interp_widgets.core.dictionary.training_run import TrainingRun
    from interp_widgets.core.language_model import LanguageModel


class SAEDiagram(Widget):
    """A sparse autoencoder at work on real activations, token by token.

    Args:
        sae: the dictionary, or a training run: then what it is by now.
        activations: what it reads, ``[token, d_in]``, 128 tokens at most; or give ``model`` and
            ``prompt``.
        tokens: the text at each row of ``activations``.
        model: the model whose activations are read.
        prompt: a text, or several; the first position of each is left out.
        site: where, if the dictionary does not say.
        families: latents by the name of what they stand for: ``{"Capitals": [12, 40], "Math": 7}``.
        names: names of single latents.
        latents: which to draw, 24 at most; else those of families and then the strongest here.
        **state: `token`, `picked`.

    Attributes:
        token: number of the token that is shown.
        picked: the latent whose weights alone are drawn; -1 for all that are lit.

    Raises:
        TypeError: no dictionary, or not one way to its activations.
        ValueError: a transcoder, activations that do not fit, latents that are not there.

    Example:
        >>> SAEDiagram(iw.sae(3), model=model, prompt="Paris is in France")  # doctest: +SKIP
    """

    _esm = STATIC / "sae_diagram.js"

    token = state(traitlets.Int(0, min=0))
    picked = state(traitlets.Int(-1, min=-1))

    scene = drawn(traitlets.Dict())

    ACTIONS = ("token", "pick")

    def __init__(
        self,
        sae: SAE | TrainingRun,
        activations: Tensor | None = None,
        *,
        tokens: Sequence[str] | None = None,
        model: LanguageModel | None = None,
        prompt: str | Sequence[str] | None = None,
        site: str | None = None,
        families: Mapping[str, int | Sequence[int]] | None = None,
        names: Mapping[int, str] | None = None,
        latents: Sequence[int] | None = None,
        **state: Any,
    ) -> None:
        dictionary = dictionary_of(sae)
        if (activations is None) == (model is None or prompt is None):
            raise TypeError(
                "SAEDiagram needs activations, or model= and prompt=: SAEDiagram(iw.sae(3), "
                "model=model, prompt='Paris is in France')."
            )
        if model is not None and prompt is not None:
            prompts = [prompt] if isinstance(prompt, str) else list(prompt)
            activations, tokens = of_prompts(model, dictionary, prompts, site)
        named = model.name if model is not None else ""
        self._walk = walk(
            dictionary, activations, tokens, families or {}, names or {}, latents, named
        )
        for name in ("token", "picked"):
            if name in state:
                self._check(name, state[name])
        super().__init__(**state)

    @property
    def walk(self) -> Walk:
        """Activations, codes and reconstructions, and what of them is drawn."""
        return self._walk

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. Picking the picked latent lets go of it."""
        match action:
            case {"do": "token", "to": int(token)}:
                return {**state, "token": token}
            case {"do": "pick", "latent": int(latent)}:
                return {**state, "picked": -1 if latent == state["picked"] else latent}
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses tokens and latents that are not there."""
        match action:
            case {"do": "set", "name": str(name), "value": value}:
                self._check(name, value)
            case {"do": "token", "to": value}:
                self._check("token", value)
            case {"do": "pick", "latent": value}:
                self._check("picked", value)

    def _check(self, name: str, value: Any) -> None:
        if not isinstance(value, int):
            return  # traitlets looks at types
        count = len(self._walk.tokens)
        if name == "token" and not 0 <= value < count:
            raise ValueError(f"there are tokens 0 to {count - 1}; got {value}.")
        if name == "picked" and value != -1 and value not in self._walk.latents:
            there = ", ".join(map(str, self._walk.latents))
            raise ValueError(f"the latents that are drawn are {there}; got {value}.")

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """All tokens; stepping through them needs no kernel."""
        return {"scene": self._walk.scene()}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """The token, how many latents fire, what is left unexplained, and who is lit."""
        at, shown = self._walk, self.token
        lit = at.lit(shown)
        said = (
            f"{visible(at.tokens[shown])} ({shown + 1} of {len(at.tokens)}): "
            f"{int(at.l0[shown])} of {at.sae.d_sae} latents fire, L1 {fine(float(at.l1[shown]))}, "
            f"squared error {fine(float(at.mse[shown]))}"
        )
        return f"{said}; lit: {', '.join(lit)}." if lit else f"{said}."

    def _figure(self) -> Any:
        from interp_widgets.plots.sae_diagram import plot_print

        at, shown = self._walk, self.token
        dims, latents = list(at.dims), list(at.latents)
        names = [f"{one} {at.name(one)}".strip() for one in latents]
        return plot_print(
            at.x[shown, dims].cpu().numpy(),
            at.codes[shown, latents].cpu().numpy(),
            at.out[shown, dims].cpu().numpy(),
            names,
            self.describe(),
        )

    def _heading(self) -> str:
        return f"A dictionary at work: {self._brief()}"

    def _brief(self) -> str:
        place = " of ".join(part for part in (self._walk.sae.place, self._walk.model) if part)
        shape = f"{self._walk.sae.d_in} → {self._walk.sae.d_sae}"
        return f"{shape}{place and ', ' + place}, {len(self._walk.tokens)} tokens"
