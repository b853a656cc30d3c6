"""LayerBarPatching: one bar a layer, how much of an answer a patch there brings back.

A gradient estimates all bars at once; exact runs then replace it, bar by bar, and the difference
stays visible. The bars of one position, one head, an attention or an MLP differ from layer to
layer. Patched at all positions, the stream is the whole run, and every bar is 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import traitlets

from interp_widgets.widgets import _patching_data as data
from interp_widgets.widgets._attention_data import short
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._patching_data import MODES, Answered, Question
from interp_widgets.widgets._prompted import PromptedWidget
from interp_widgets.widgets._traits import drawn, packed, state

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.record import Patching

DIRECTIONS = ("denoise", "noise")
WHOLE = (
    "The stream at all positions is everything that later layers read, so patching it makes the "
    "run the other run: every bar is 1.0 whatever the model does. Patch one position to see where "
    "the information sits."
)


class LayerBarPatching(PromptedWidget):
    """Activation patching as bars: how far a patch in each layer moves one run to the other.

    Args:
        record: what to show. Without it the other arguments say what to compute.
        model: lets a person type prompts and tokens and change what is patched; without it the
            widget shows its record and no more.
        clean: the prompt with the behaviour, when there is no record.
        corrupt: the prompt without it, token for token as long.
        answer: the token that the clean prompt calls for, as its text (``" Paris"``).
        distractor: the token that the corrupt prompt calls for; empty for none (then the metric is
            the answer's log-probability).
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of `mode`, `direction`, `pos`, `head`, `opened`.

    Attributes:
        mode: what is patched: ``"all"`` positions of the stream, one ``"position"`` of it, the
            output of an ``"attention"`` or an ``"mlp"``, or of one ``"head"``.
        direction: ``"denoise"`` (clean into corrupt) or ``"noise"`` (corrupt into clean).
        pos: the position that ``"position"`` patches; -1 for the last one.
        head: the head that ``"head"`` patches, of every layer.
        opened: the layer whose card is open; -1 for none.
        answer: the token asked about.
        distractor: the token it is compared with.
        prompts: the clean and the corrupt prompt.

    Raises:
        TypeError: neither a record nor all that is needed to compute one, or both.
        ValueError: prompts of unequal length (both are shown, token under token), a token's text
            that is several tokens, a layer, head or position that is not there.
    """

    _esm = STATIC / "patching.js"

    mode = state(traitlets.Enum(tuple(MODES), "position"))
    direction = state(traitlets.Enum(DIRECTIONS, "denoise"))
    pos = state(traitlets.Int(-1))
    head = state(traitlets.Int(0))
    opened = state(traitlets.Int(-1))
    answer = state(traitlets.Unicode(""))
    distractor = state(traitlets.Unicode(""))

    shown = packed(traitlets.Dict())
    note = drawn(traitlets.Unicode(""))  # why these bars look as they do, where it needs saying

    ACTIONS = ("position", "head", "open", "mode", "direction", "prompt", "answer", "distractor")
    COMPUTES = ("mode", "direction", "prompt", "answer", "distractor")

    def __init__(
        self,
        record: Patching | None = None,
        *,
        model: LanguageModel | None = None,
        clean: str | None = None,
        corrupt: str | None = None,
        answer: str | None = None,
        distractor: str = "",
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        given = (clean, corrupt, answer, distractor or None)
        mode, direction = state.pop("mode", "position"), state.pop("direction", "denoise")
        if mode not in MODES or direction not in DIRECTIONS:
            raise ValueError(
                f"mode= is one of {', '.join(MODES)} and direction= one of "
                f"{', '.join(DIRECTIONS)}; got mode={mode!r}, direction={direction!r}."
            )
        found, whole = _first(record, model, given, mode, direction)
        asked = found.question
        for name in ("pos", "head", "opened"):
            if name in state:
                _check_place(found, name, state[name])
        super().__init__(
            [found],
            [model],
            # What is not whole yet is asked for again, by the runner.
            also=[asked if whole else None],
            offers=offers,
            prompts=[found.prompt, asked.corrupt],
            answer=asked.answer,
            distractor=asked.distractor,
            mode=asked.mode,
            direction=asked.direction,
            **state,
        )

    @property
    def record(self) -> Patching:
        """The record shown: exact where it is known, else the estimate."""
        return self._records[0].record

    @property
    def recovery(self) -> Tensor:
        """The bars ``[layer]``: 0 the base run, 1 the other one; NaN where not known yet."""
        found = self._records[0]
        bars = data.recovery(found.record, exact=found.exact is not None)
        assert bars is not None
        return bars[:, _column(found, self.pos, self.head)]

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. An open card stays open while what is patched changes."""
        match action:
            case {"do": "mode" | "direction" as which, "by": str(by)}:
                return {**state, which: by}
            case {"do": "position", "pos": int(pos)}:
                return {**state, "pos": pos}
            case {"do": "head", "head": int(head)}:
                return {**state, "head": head}
            case {"do": "open", "layer": int(layer)}:
                return {**state, "opened": -1 if layer == state["opened"] else layer}
            case {"do": "answer" | "distractor" as which, "text": str(text)}:
                return {**state, which: text}
        return PromptedWidget.reduce(state, action)

    def check(self, action: Action) -> None:
        """Refuses places that are not there, texts of several tokens, sweeps without a model."""
        super().check(action)
        match action:
            case {"do": "position", "pos": int(pos)} | {"do": "set", "name": "pos", "value": pos}:
                _check_place(self._records[0], "pos", pos)
            case {"do": "head", "head": int(head)}:
                _check_place(self._records[0], "head", head)
            case {"do": "open", "layer": int(layer)}:
                _check_place(self._records[0], "opened", layer)
            case {"do": "set", "name": "head" | "opened" as name, "value": value}:
                _check_place(self._records[0], name, value)
            case {"do": "mode" | "direction" as which, "by": by}:
                self._check_choice(which, by)
            case {"do": "set", "name": "mode" | "direction" as which, "value": str(by)}:
                self._check_choice(which, by)
            case {"do": "answer" | "distractor" as which, "text": str(text)}:
                self._check_token(which, text)
            case {"do": "set", "name": "answer" | "distractor" as which, "value": str(text)}:
                self._check_token(which, text)

    def _check_choice(self, which: str, by: Any) -> None:
        self._check_live()
        known = tuple(MODES) if which == "mode" else DIRECTIONS
        if by not in known:
            raise ValueError(f"{which} is one of {', '.join(known)}; got {by!r}.")

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
            asked += [{"do": which, "by": getattr(self, which)} for which in ("mode", "direction")]
            asked += [{"do": which, "text": getattr(self, which)} for which in TOKENS]
        return asked

    # -- answers -------------------------------------------------------------------------------

    def _also(self, side: int) -> Question:
        asked = (self.prompts[1], self.answer, self.distractor, self.mode, self.direction)
        if self.opened < 0 or not self.live:
            return Question(*asked)
        # Of a mode without columns the card is the same whatever the position.
        column = {"position": self.pos, "head": self.head}.get(self.mode, 0)
        if self.mode == "position":
            column = _column(self._records[0], self.pos, 0, self.mode)
        return Question(*asked, self.opened, column)

    def _steps(self, side: int, prompt: str, also: Any) -> Iterator[Answered]:
        model = cast("LanguageModel", self._models[side])
        with self._lock:
            held, asked = self._records[side], self._asked[side]
        # None where what is held is not whole.
        same = asked is not None and asked[1] is not None and held.exact is not None
        if same and held.prompt == prompt and held.question[:5] == also[:5]:
            bare = replace(held, question=also, before=(), after=())
            yield data.card(model, bare) if also.layer >= 0 else bare
        else:
            yield from data.steps(model, prompt, also)

    def _cells(self, record: Answered) -> int:
        return record.record.values.numel()

    def _views(self) -> dict[str, Any]:
        found = self._records[0]
        return {"shown": data.overview(found), "note": _note(found)}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """What is patched into what, and the layers where that brings back most and least."""
        found = self._records[0]
        where = _where(found, _column(found, self.pos, self.head))
        into = (
            "clean into corrupt" if found.question.direction == "denoise" else "corrupt into clean"
        )
        bars = self.recovery
        said = f"Patching {where}, {into}, one layer at a time:"
        known = (~bars.isnan()).nonzero().flatten()
        if not len(known):
            return f"{said} nothing is known yet, or the two runs do not differ in the metric."
        if found.question.mode == "all":
            return (
                f"{said} every bar is the whole run, {float(bars[known].mean()):z.2f} on average."
            )
        best = int(known[bars[known].argmax()])
        least = int(known[bars[known].argmin()])
        how = "" if found.exact is not None else "an estimate, "
        return (
            f"{said} {how}most in layer {best} (recovery {float(bars[best]):z.2f}), "
            f"least in layer {least} ({float(bars[least]):z.2f})."
        )

    def _figure(self) -> Any:
        from interp_widgets.plots.patching import plot_print

        return plot_print(self.record)

    def _heading(self) -> str:
        return f"Patching layer by layer: {self._brief()}"

    def _brief(self) -> str:
        clean, corrupt = (short(prompt) for prompt in self.prompts)
        return f"{clean} / {corrupt}, {self.answer!r}, {self.mode}, {self.direction}"


TOKENS = ("answer", "distractor")


def _first(
    record: Patching | None,
    model: LanguageModel | None,
    given: tuple[str | None, ...],
    mode: str,
    direction: str,
) -> tuple[Answered, bool]:
    """What the widget opens with, and whether that is all there is to know."""
    if record is not None:
        if any(one is not None for one in given):
            raise TypeError("LayerBarPatching got a record and a question; it needs one of them.")
        if not hasattr(record, "check_whole"):
            raise TypeError(
                f"LayerBarPatching shows a Patching record, not a {type(record).__name__}. To "
                'compute one: LayerBarPatching(model=model, clean="…", corrupt="…", answer=" …").'
            )
        found = data.of_record(record)
        # With a model even a stored estimate gets its exact values.
        return found, model is None or found.exact is not None
    clean, corrupt, answer, distractor = given
    if model is None or clean is None or corrupt is None or answer is None:
        raise TypeError(
            "LayerBarPatching needs a record, or model=, clean=, corrupt= and answer=: "
            'LayerBarPatching(model=iw.load(), clean="…", corrupt="…", answer=" …").'
        )
    return data.first(model, clean, Question(corrupt, answer, distractor or "", mode, direction))


def _column(found: Answered, pos: int, head: int, mode: str | None = None) -> int:
    """The column of the sweep that the bars show; a position past a new prompt's end is its end."""
    mode = mode or found.question.mode
    if mode == "position":
        last = len(found.record.clean_tokens[0]) - 1
        return last if pos < 0 else min(pos, last)
    return min(head, found.columns - 1) if mode == "head" else 0


def _check_place(found: Answered, name: str, value: Any) -> None:
    """Raises where there is no such position, head or layer; traitlets looks at types."""
    if not isinstance(value, int):
        return
    layers, mode = found.record.values.shape[1], found.question.mode
    if name == "head" and mode != "head":
        low, high = 0, value  # how many heads there are is known with the sweep that patches them
    else:
        count = {"pos": len(found.record.clean_tokens[0]), "head": found.columns, "opened": layers}
        low, high = (0 if name == "head" else -1), count[name] - 1
    if not low <= value <= high:
        what = {"pos": "positions", "head": "heads", "opened": "layers"}[name]
        raise ValueError(f"{name}: {what} go from {low} to {high}; got {value}.")


def _where(found: Answered, column: int) -> str:
    match found.question.mode:
        case "all":
            return "the whole stream"
        case "position":
            tokens = found.record.labels[1] if len(found.record.labels) > 1 else ()
            return f"the stream at position {column} ({tokens[column].strip()!r})"
        case "attention":
            return "the attention's output"
        case "mlp":
            return "the MLP's output"
    return f"head {column}"


def _note(found: Answered) -> str:
    if found.record.recovery.isnan().all() and (found.exact is None or found.exact.done == 1):
        return (
            "The clean and the corrupt run give the same value, so there is nothing to recover. "
            "Change a word in one of the prompts."
        )
    return WHOLE if found.question.mode == "all" else ""
