"""TokenStrip: the tokens of a text, newlines, spaces and bytes made visible; select some of them.

Each token may carry a value, which colours it. What a person selects in the page is `selected` in
Python, and what Python selects shows in the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from interp_widgets.widgets import _token_data as token_data
from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._pack import plane
from interp_widgets.widgets._traits import drawn, packed, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel


class TokenStrip(Widget):
    """Tokens as they are cut, with what cannot be seen made visible, and a selection.

    Args:
        model: cuts the prompt into tokens. Without it, `tokens` are shown.
        prompt: text, or token ids.
        tokens: the pieces themselves, raw (``" Austin"``), as `model.tokens` and the `tokens` of
            every record give them.
        values: a number for each token, ``[pos]``; NaN or None where there is none. From 0 to the
            largest; where some are negative, both ways from 0.
        label: what the values are, with their unit: ``"loss, nats"``.
        **state: `selected`, the positions to begin with.

    Attributes:
        selected: positions of the selected tokens, ascending. May be set.
        tokens: the pieces shown.

    Raises:
        TypeError: neither a model with a prompt nor tokens, or both; tokens that are no texts.
        ValueError: no tokens, values that do not fit them or are infinite, positions that are
            not there.

    Example:
        >>> TokenStrip(tokens=["Hello", ",", " world"], values=[0.1, 2.0, 0.5], label="loss, nats")
        TokenStrip('Hello, world', 3 tokens with loss, nats)
    """

    _esm = STATIC / "tokens.js"

    selected = state(traitlets.List(traitlets.Int()))

    tokens = drawn(traitlets.List())
    special = drawn(traitlets.List())  # positions of markers that the tokenizer adds
    values = packed(traitlets.Dict())  # a plane; empty when the tokens carry none
    scale = drawn(traitlets.Dict())

    ACTIONS = ("select", "clear")

    def __init__(
        self,
        model: LanguageModel | None = None,
        prompt: str | Sequence[int] | None = None,
        *,
        tokens: Sequence[str] | None = None,
        values: Any = None,
        label: str = "value",
        **state: Any,
    ) -> None:
        shown, special = token_data.tokens_of(model, prompt, tokens)
        self._numbers = token_data.numbers(values, len(shown))
        markers = set(special)
        self._text = "".join(token for i, token in enumerate(shown) if i not in markers)
        token_data.check_positions(state.get("selected", []), len(shown))
        sent: dict[str, Any] = {}
        if self._numbers is not None:
            sent["values"] = plane("values", self._numbers, "f32")
            sent["scale"] = {"label": str(label), **token_data.scale(self._numbers)}
        super().__init__(tokens=shown, special=special, **sent, **state)

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. `select` says the whole selection, as ranges with both ends."""
        match action:
            case {"do": "select", "ranges": list(ranges)}:
                chosen = {pos for first, last in ranges for pos in range(first, last + 1)}
                return {**state, "selected": sorted(chosen)}
            case {"do": "clear"}:
                return {**state, "selected": []}
        raise ValueError(f"TokenStrip knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses positions that are not there."""
        match action:
            case {"do": "select", "ranges": list(ranges)}:
                token_data.check_ranges(ranges, len(self.tokens))
            case {"do": "set", "name": "selected", "value": list(positions)}:
                token_data.check_positions(positions, len(self.tokens))

    @traitlets.validate("selected")
    def _ascending(self, proposal: Any) -> list[int]:
        return sorted({int(pos) for pos in proposal["value"]})  # True is an int, and 1

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """One sentence: how many tokens of which kinds, their values, and what is selected."""
        label = self.scale.get("label", "")
        return token_data.sentence(
            self.tokens, self.special, self._text, self._numbers, label, self.selected
        )

    def _figure(self) -> Any:
        from interp_widgets.plots.tokens import plot_print

        return plot_print(self.tokens, self._numbers, self.scale.get("label", ""))

    def _brief(self) -> str:
        with_values = f" with {self.scale['label']}" if self._numbers is not None else ""
        return f"{token_data.short(self._text)}, {token_data.count(len(self.tokens))}{with_values}"
