"""ResidualBus: what each part of the model writes towards the answer, and the sum of it.

The residual stream runs upwards from the embedding to the unembedding; one row is one writer. A
writer that is clicked is taken off, and the sum falls by its share: that is its direct effect. The
model run anew without it tells the whole effect, which later blocks have changed: a zero ablation
at the last token, where the answer is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

import traitlets

from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._pack import plane
from interp_widgets.widgets._prompt_words import likeliest, short, unknown_words
from interp_widgets.widgets._prompted import PromptedWidget
from interp_widgets.widgets._traits import drawn, packed, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.logit_attribution import LogitAttribution, Removal

MOST_NAMED = 3  # removed writers that the description names one by one
LIKELIEST = 10  # next tokens that the boxes for answer and distractor offer
NO_MODEL = (
    "Running without these writers needs a model, and this view shows a stored record. "
    "With one: record.widget(model=model)."
)


@dataclass(frozen=True)
class _Answered:
    """A record, what else could be asked, and what the model did without some writers."""

    record: LogitAttribution
    likeliest: tuple[str, ...] = ()
    ran: tuple[str, ...] = ()
    removal: Removal | None = None

    @property
    def prompt(self) -> str:
        return self.record.prompt


class ResidualBus(PromptedWidget):
    """The residual stream as a bus: who writes how much of the answer, and the sum on the way.

    Args:
        record: what to show. Without it, `model`, `prompt` and `answer` say what to compute.
        model: lets a person type prompts and tokens and run the model without some writers;
            without it the widget shows its record and no more.
        prompt: the first prompt, when there is no record.
        answer: the token asked about, as its text (``" Paris"``), when there is no record.
        distractor: the token it is compared with; empty for none.
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of `removed`, `opened`, `ran`, `prompts`.

    Attributes:
        removed: writers taken off the sum: names of the record's parts (``"L3.z.5"``) or of a
            whole block (``"L3.attn_out"``). May be set.
        opened: layers whose heads are listed.
        ran: the writers that the model was run without.
        answer: the token asked about.
        distractor: the token it is compared with; empty for none.
        prompts: the prompt, in a list.

    Raises:
        TypeError: neither a record nor all that is needed to compute one, or both.
        ValueError: a token's text that is several tokens, a writer that is not there.

    Example:
        >>> ResidualBus(model=iw.load(), prompt="The capital of France is", answer=" Paris")
        ... # doctest: +SKIP
    """

    _esm = STATIC / "logit_attribution.js"

    removed = state(traitlets.List(traitlets.Unicode()))
    opened = state(traitlets.List(traitlets.Int()))
    ran = state(traitlets.List(traitlets.Unicode()))
    answer = state(traitlets.Unicode(""))
    distractor = state(traitlets.Unicode(""))

    shown = packed(traitlets.Dict())
    effect = drawn(traitlets.Dict())  # of `ran`: parts, frozen, live, forward; or empty

    ACTIONS = ("remove", "restore_all", "open", "run", "prompt", "answer", "distractor")
    COMPUTES = ("run", "prompt", "answer", "distractor")

    def __init__(
        self,
        record: LogitAttribution | None = None,
        *,
        model: LanguageModel | None = None,
        prompt: str | None = None,
        answer: str | None = None,
        distractor: str = "",
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        shown = _first_record(record, model, prompt, answer, distractor)
        shown.without(*state.get("removed", []), *state.get("ran", []))  # refuses unknown names
        if model is None and state.get("ran"):
            raise ValueError(NO_MODEL)
        for layer in state.get("opened", []):
            _check_layer(shown, layer)
        texts = (*shown.pieces, "")[:2]
        offered = () if model is None else likeliest(model, shown.prompt, k=LIKELIEST)
        super().__init__(
            [_Answered(shown, offered)],
            [model],
            also=[(*texts, ())],
            offers=offers,
            answer=texts[0],
            distractor=texts[1],
            **state,
        )

    @property
    def record(self) -> LogitAttribution:
        """The record shown."""
        return self._records[0].record

    @property
    def total(self) -> float:
        """The logit difference without what is removed, final norm held still."""
        return self.record.without(*self.removed)

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. What the model did without writers is of one question only."""
        match action:
            case {"do": "remove", "part": str(part)}:
                return {**state, "removed": _toggled(state["removed"], part), "ran": []}
            case {"do": "restore_all"}:
                return {**state, "removed": [], "ran": []}
            case {"do": "open", "layer": int(layer)}:
                return {**state, "opened": sorted({*state["opened"]} ^ {layer})}
            case {"do": "run"}:
                # Naming the writers makes the answer one that an exported page can look up.
                parts = list(action.get("parts", state["removed"]))
                same = {*parts} == {*state["removed"]}
                return {**state, "removed": state["removed"] if same else parts, "ran": parts}
            case {"do": "answer" | "distractor" as which, "text": str(text)}:
                return {**state, which: text, "ran": []}
            case {"do": "prompt"}:
                state = {**state, "ran": []}
        return PromptedWidget.reduce(state, action)

    def check(self, action: Action) -> None:
        """Refuses writers that are not there, texts of several tokens, runs without a model."""
        super().check(action)
        match action:
            case {"do": "remove", "part": str(part)}:
                self.record.without(part)
                whole = _block(part)
                if part != whole and whole in self.removed:
                    raise ValueError(f"{whole} is removed as a whole. Restore it to pick heads.")
            case {"do": "set", "name": "removed" | "ran" as which, "value": list(parts)}:
                self.record.without(*parts)
                if which == "ran" and parts and not self.live:
                    raise ValueError(NO_MODEL)
            case {"do": "open", "layer": int(layer)}:
                _check_layer(self.record, layer)
            case {"do": "set", "name": "opened", "value": list(layers)}:
                for layer in layers:
                    _check_layer(self.record, layer)
            case {"do": "run"}:
                self._check_run(action)
            case {"do": "answer" | "distractor" as which, "text": str(text)}:
                self._check_token(which, text)
            case {"do": "set", "name": "answer" | "distractor" as which, "value": str(text)}:
                self._check_token(which, text)

    def _check_run(self, action: Action) -> None:
        if not self.live:
            raise ValueError(NO_MODEL)
        parts = action.get("parts", self.removed)
        if not parts:
            raise ValueError("Nothing is removed yet. Click a writer first.")
        self.record.without(*parts)

    def _check_token(self, which: str, text: str) -> None:
        """One token, and not the one that it would be compared with."""
        self._check_live()
        if which == "distractor" and not text:
            return
        model = cast("LanguageModel", self._models[0])
        asked = model.token_id(text)
        other = self.distractor if which == "answer" else self.answer
        if other and model.token_id(other) == asked:
            raise ValueError(f"Answer and distractor are both {text!r}. Compare two tokens.")

    def opening_actions(self) -> list[Action]:
        """The question shown now, as actions, so that an exported page comes back to it."""
        asked = super().opening_actions()
        if asked:
            asked += [{"do": "answer", "text": self.answer}]
            asked += [{"do": "distractor", "text": self.distractor}]
        return asked

    # -- answers -------------------------------------------------------------------------------

    def _also(self, side: int) -> tuple[str, str, tuple[str, ...]]:
        return self.answer, self.distractor, tuple(sorted(self.ran))

    def _steps(self, side: int, prompt: str, also: Any) -> Iterator[_Answered]:
        from interp_widgets.core.logit_attribution import logit_attribution

        model = cast("LanguageModel", self._models[side])
        answer, distractor, ran = also
        with self._lock:
            held, asked = self._records[side], self._asked[side]
        record, offered = held.record, held.likeliest
        known = None if asked is None else (asked[0], *cast("tuple[Any, ...]", asked[1])[:2])
        if known is None or known[0] != prompt:
            offered = likeliest(model, prompt, k=LIKELIEST)
        if known != (prompt, answer, distractor):
            record = logit_attribution(model, prompt, answer, distractor or None)
        yield _Answered(record, offered, ran, record.ablate(model, *ran) if ran else None)

    def _cells(self, record: _Answered) -> int:
        return len(record.record.parts)

    def _views(self) -> dict[str, Any]:
        answered = self._records[0]
        effect: dict[str, Any] = {}
        # While the model still runs, the answer at hand is of another question.
        if answered.removal is not None and set(answered.ran) == set(self.ran):
            found = answered.removal
            effect = {"parts": list(answered.ran), "frozen": found.frozen}
            effect |= {"live": found.live, "forward": found.forward}
        return {"shown": _overview(answered, self.live), "effect": effect}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """The question and its largest shares, what is removed, and what is left of the sum."""
        said = [self.record.describe()]
        if self.removed:
            n = len(self.removed)
            names = ", ".join(self.removed) if n <= MOST_NAMED else f"{n} writers"
            said.append(f"Without {names} the shares sum to {self.total:+.2f}.")
        answered = self._records[0]
        if answered.removal and {*answered.ran} == {*self.ran} == {*self.removed}:
            said.append(f"The model run without them gives {answered.removal.forward:+.2f}.")
        return " ".join(said)

    def _figure(self) -> Any:
        from interp_widgets.plots.logit_attribution import plot_print

        return plot_print(self.record)

    def _brief(self) -> str:
        pieces = self.record.pieces
        return f"{short(self.record.prompt)}, {' - '.join(repr(piece) for piece in pieces)}"


def _toggled(removed: list[str], part: str) -> list[str]:
    """Without this writer, or with it again; a block that goes takes its own parts along."""
    if part in removed:
        return [name for name in removed if name != part]
    return [*(name for name in removed if _block(name) != part), part]


def _block(part: str) -> str:
    from interp_widgets.core.logit_attribution import block_of

    return block_of(part)


def _check_layer(record: LogitAttribution, layer: int) -> None:
    if not 0 <= layer < record.n_layers:
        raise ValueError(f"opened: layers go from 0 to {record.n_layers - 1}; got {layer}.")


def _overview(answered: _Answered, live: bool) -> dict[str, Any]:
    """The record as the page draws it; names of blocks once, with how many parts each has."""
    record = answered.record
    blocks = [[block, len([*parts])] for block, parts in groupby(record.parts, _block)]
    return {
        "model": record.model,
        "prompt": record.prompt,
        "unknown": unknown_words(record.prompt, list(record.tokens)) if live else [],
        "pieces": list(record.pieces),
        "likeliest": list(answered.likeliest),
        "tokens": list(record.tokens),
        "names": list(record.parts),
        "blocks": blocks,
        "planes": [
            plane("shares", record.contributions, "f32"),
            plane("norms", record.norms, "f32"),
        ],
        "total": record.total,
        "check": record.check,
        "softcap": record.softcap,
    }


def _first_record(
    record: LogitAttribution | None,
    model: LanguageModel | None,
    prompt: str | None,
    answer: str | None,
    distractor: str,
) -> LogitAttribution:
    if record is not None:
        if prompt is not None or answer is not None or distractor:
            raise TypeError("ResidualBus got a record and a question; it needs one of them.")
        if not hasattr(record, "contributions"):
            raise TypeError(
                f"ResidualBus shows a LogitAttribution record, not a {type(record).__name__}. "
                'To compute one: ResidualBus(model=model, prompt="…", answer=" …").'
            )
        return record
    if model is None or prompt is None or answer is None:
        raise TypeError(
            "ResidualBus needs a record, or model=, prompt= and answer=: "
            'ResidualBus(model=iw.load(), prompt="…", answer=" …").'
        )
    from interp_widgets.core.logit_attribution import logit_attribution

    return logit_attribution(model, prompt, answer, distractor or None)
