"""AttentionView: where every head looks on one prompt.

All heads stand as thumbnails, layers upwards, heads to the right; one is open and large. Pointing
at a token shows where it looks and what looks at it. Heads are found by scores on this prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import traitlets

from interp_widgets.widgets import _attention_data as data
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._prompt_words import short
from interp_widgets.widgets._prompted import PromptedWidget
from interp_widgets.widgets._traits import packed, state

if TYPE_CHECKING:
    from interp_widgets.core.attention import Attention
    from interp_widgets.core.language_model import LanguageModel

WEIGHTS = ("raw", "value")
FIRST = ("shown", "dimmed", "hidden")
ORDERS = ("place", "score")
MOST_PICTURED = 256  # tokens; a still picture of more would take longer than the view itself
EXPORT_BYTES = 400_000


class AttentionView(PromptedWidget):
    """Attention of every head on a prompt, as thumbnails and one head large.

    Args:
        record: what to show. Without it, `model` and `prompt` say what to compute.
        model: lets a person type prompts; without it the widget shows its record and no more.
        prompt: the first prompt, when there is no record.
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of `opened`, `pinned`, `weights`, `score`, `order`, `first`, `picked`,
            `prompts`.

    Attributes:
        opened: the head shown large, as [layer, head]; at first the one with the highest `score`.
        pinned: the head beside it to compare with, as [layer, head]; [] when there is none.
        weights: raw (what a token gives to each earlier one) or value (value-weighted: the
            length of what the head adds to the stream from there).
        score: the score written on every thumbnail, one of `core.heads.KINDS` that comes from
            patterns; empty for none.
        order: thumbnails by place (layer and head) or by score, highest first.
        first: the first token's column: shown, dimmed or hidden. Heads with nothing to say rest
            there.
        picked: the token that stays pointed at, or -1.
        prompts: the prompt, in a list.

    Example:
        >>> AttentionView(model=iw.load(), prompt="The capital of France is")  # doctest: +SKIP
    """

    _esm = STATIC / "attention.js"

    opened = state(traitlets.List(traitlets.Int(), [0, 0], minlen=2, maxlen=2))
    pinned = state(traitlets.List(traitlets.Int(), maxlen=2))
    weights = state(traitlets.Enum(WEIGHTS, "raw"))
    score = state(traitlets.Enum(("", *data.SCORES), "previous_token"))
    order = state(traitlets.Enum(ORDERS, "place"))
    first = state(traitlets.Enum(FIRST, "shown"))
    picked = state(traitlets.Int(-1, min=-1))

    shown = packed(traitlets.Dict())  # _attention_data.overview
    layers = packed(traitlets.Dict())  # "layer" → _attention_data.layer
    exact = packed(traitlets.Dict())  # "layer.head" → _attention_data.exact of the picked token

    ACTIONS = ("prompt", "open", "pin", "weights", "score", "order", "first", "pick")
    COMPUTES = ("prompt",)

    def __init__(
        self,
        record: Attention | None = None,
        *,
        model: LanguageModel | None = None,
        prompt: str | None = None,
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        shown = _first_record(record, model, prompt)
        self._scored: tuple[Attention, np.ndarray] | None = None
        self._overview: tuple[Attention, dict[str, Any]] | None = None
        self._sent: tuple[Attention, dict[int, dict[str, Any]]] | None = None
        if "opened" not in state:
            top = data.best(self._scores(shown), state.get("score") or "previous_token")
            state = {**state, "opened": list(top[:2]) if top else [0, 0]}
        for name in ("opened", "pinned"):
            _check_head(shown, name, state.get(name, []))
        super().__init__([shown], [model], offers=offers, **state)

    @property
    def record(self) -> Attention:
        """The record shown."""
        return self._records[0]

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure."""
        match action:
            case {"do": "open", "layer": int(layer), "head": int(head)}:
                return {**state, "opened": [layer, head]}
            case {"do": "pin", "layer": int(layer), "head": int(head)}:
                there = state["pinned"] == [layer, head]
                return {**state, "pinned": [] if there else [layer, head]}
            case {"do": "weights", "by": str(by)} if by in WEIGHTS:
                return {**state, "weights": by}
            case {"do": "score", "by": str(by)} if by in ("", *data.SCORES):
                return {**state, "score": by}
            case {"do": "order", "by": str(by)} if by in ORDERS:
                return {**state, "order": by}
            case {"do": "first", "by": str(by)} if by in FIRST:
                return {**state, "first": by}
            case {"do": "pick", "pos": int(pos)} if pos >= 0:
                return {**state, "picked": -1 if state["picked"] == pos else pos}
        return PromptedWidget.reduce(state, action)

    def check(self, action: Action) -> None:
        """Refuses heads and tokens that are not there, and prompts without a model."""
        super().check(action)
        match action:
            case {"do": "open" | "pin", "layer": int(layer), "head": int(head)}:
                _check_head(self.record, "this", [layer, head])
            case {"do": "set", "name": "opened" | "pinned" as name, "value": list(value)}:
                _check_head(self.record, name, value)
            case {"do": "pick", "pos": int(pos)} if pos >= len(self.record.tokens):
                n = len(self.record.tokens)
                raise ValueError(f"This prompt has tokens 0 to {n - 1}; got {pos}.")

    # -- answers -------------------------------------------------------------------------------

    def _steps(self, side: int, prompt: str, also: Any) -> Iterator[Attention]:
        from interp_widgets.core.attention import attention

        yield attention(cast("LanguageModel", self._models[side]), prompt)

    def _cells(self, record: Attention) -> int:
        return record.patterns.numel()

    def _views(self) -> dict[str, Any]:
        """Thumbnails, and the layers and rows that the present state needs."""
        record = self.record
        open_layers = {heads[0] for heads in (self.opened, self.pinned) if heads}
        every = range(len(record.patterns))
        wanted = every if data.is_whole(record) else sorted(open_layers)
        return {
            "shown": self._shown(record),
            "layers": {str(index): self._layer(record, index) for index in wanted},
            "exact": self._exact(record),
        }

    def _shown(self, record: Attention) -> dict[str, Any]:
        """Made once a record, since most actions leave it as it is."""
        if self._overview is None or self._overview[0] is not record:
            self._overview = (record, data.overview(record, self._scores(record), self.live))
        return self._overview[1]

    def _layer(self, record: Attention, index: int) -> dict[str, Any]:
        if self._sent is None or self._sent[0] is not record:
            self._sent = (record, {})
        made = self._sent[1]
        if index not in made:
            if not data.is_whole(record):  # a long prompt's layers are large: the latest two stay
                for old in list(made)[:-1]:
                    del made[old]
            made[index] = data.layer(record, index)
        return made[index]

    def _scores(self, record: Attention) -> np.ndarray:
        if self._scored is None or self._scored[0] is not record:
            self._scored = (record, data.scores(record))
        return self._scored[1]

    def _exact(self, record: Attention) -> dict[str, Any]:
        """Exact weights of the picked token, where the page has bytes alone."""
        if data.is_fine(record) or not 0 <= self.picked < len(record.tokens):
            return {}
        heads = [one for one in (self.opened, self.pinned) if one]
        return {f"{a}.{b}": data.exact(record, a, b, self.picked) for a, b in heads}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """Which prompt, how many heads, where the open one looks, and which scores highest."""
        record = self.record
        layers, heads = record.patterns.shape[:2]
        said = [
            f"Attention on {short(record.prompt)} in {record.model}: {layers} layers × "
            f"{heads} heads, {data.count(record.tokens)}.",
            data.sentence(record, self.opened, self.weights == "value"),
        ]
        top = data.best(self._scores(record), self.score) if self.score else None
        if top:
            named = self.score.replace("_", " ")
            said.append(f"Highest {named} score: L{top[0]}.z.{top[1]} ({top[2]:.2f}).")
        if self.first != "shown":
            said.append(f"The first token's column is {self.first}.")
        return " ".join(said)

    def export_state(self) -> dict[str, Any]:
        """With every layer while that stays small: any head can be opened."""
        record = self.record
        if data.cells(record) <= EXPORT_BYTES:
            every = {str(i): data.layer(record, i) for i in range(len(record.patterns))}
            self.push(layers=every)
        return self.get_state()

    def _figure(self) -> Any:
        if len(self.record.tokens) > MOST_PICTURED:
            return None
        from interp_widgets.plots.attention import plot_print

        layer, head = self.opened
        return plot_print(self.record, layer, head, self.weights)

    def _brief(self) -> str:
        layers, heads = self.record.patterns.shape[:2]
        size = f"{layers} layers × {heads} heads × {data.count(self.record.tokens)}"
        return f"{short(self.record.prompt)}, {size}"


def _first_record(
    record: Attention | None, model: LanguageModel | None, prompt: str | None
) -> Attention:
    if record is not None:
        if prompt is not None:
            raise TypeError("AttentionView got a record and a prompt; it needs one of them.")
        if not hasattr(record, "value_norms"):
            raise TypeError(
                f"AttentionView shows an Attention record, not a {type(record).__name__}. "
                'To compute one: AttentionView(model=model, prompt="…").'
            )
        return record
    if model is None or prompt is None:
        raise TypeError(
            "AttentionView needs a record, or model= and prompt=: "
            'AttentionView(model=iw.load(), prompt="…").'
        )
    from interp_widgets.core.attention import attention

    return attention(model, prompt)


def _check_head(record: Attention, name: str, value: Any) -> None:
    """A head is [layer, head] of this record; none at all is for traitlets to refuse."""
    if not value:
        return
    layers, heads = record.patterns.shape[:2]
    fits = len(value) == 2 and 0 <= value[0] < layers and 0 <= value[1] < heads
    if not fits:
        raise ValueError(
            f"{name} head is [layer, head]; this record has layers 0 to {layers - 1} and heads "
            f"0 to {heads - 1}; got {value!r}."
        )
