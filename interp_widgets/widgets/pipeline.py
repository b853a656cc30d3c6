"""PatchingPipeline: the three steps of activation patching with their numbers, side by side.

The clean run, the corrupt run, and the run into which one place of the other travels. A person
picks the place, and steps through: what either run says, what is copied, what the patched run says
then, and the share of the way that it has gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import traitlets

from interp_widgets.widgets import _pipeline_data as data
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._patching_question import DIRECTIONS, Pair, check_tokens, token_id
from interp_widgets.widgets._pipeline_data import SITES, Piped, Question
from interp_widgets.widgets._prompt_words import short
from interp_widgets.widgets._prompted import PromptedWidget
from interp_widgets.widgets._traits import drawn, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.patched_run import PatchedRun
    from interp_widgets.core.patching.record import Patching

STEPS = 3
_CHOICES = {"site": SITES, "direction": DIRECTIONS}
_PLACES = ("layer", "pos", "head")


class PatchingPipeline(PromptedWidget):
    """Activation patching step by step: two runs, one place that travels, and what it changes.

    Args:
        record: one cell of activation patching to show. Without it the other arguments say what to
            compute.
        model: lets a person type prompts and pick places; without it the widget shows its record
            and no more.
        clean: the prompt with the behaviour, when there is no record.
        corrupt: the prompt without it, token for token as long.
        answer: the token that the clean prompt calls for, as its text (``" Paris"``).
        distractor: the token that the corrupt prompt calls for; empty for none (then the metric is
            the answer's log-probability).
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of `site`, `layer`, `pos`, `head`, `direction`, `step`.

    Attributes:
        site: kind of place that is copied: the stream that enters (``"resid_pre"``) or leaves
            (``"resid_post"``) a layer, what its attention or MLP writes, or one head (``"z"``).
        layer: of the place; by default half way up.
        pos: its position; -1 for the last one.
        head: the head that ``"z"`` copies.
        direction: ``"denoise"`` (clean into corrupt) or ``"noise"`` (corrupt into clean).
        step: how far a person has stepped: 0 the clean run, 1 the corrupt run too, 2 all three.
        answer: the token asked about.
        distractor: the token it is compared with.
        prompts: the clean and the corrupt prompt.

    Raises:
        TypeError: neither a record nor all that is needed to compute one, or both.
        ValueError: prompts of unequal length (both are shown, token under token), a token's text
            that is several tokens, a layer, head or position that is not there.
    """

    _esm = STATIC / "pipeline.js"

    site = state(traitlets.Enum(SITES, "resid_pre"))
    layer = state(traitlets.Int(0))
    pos = state(traitlets.Int(-1))
    head = state(traitlets.Int(0))
    direction = state(traitlets.Enum(DIRECTIONS, "denoise"))
    step = state(traitlets.Int(0))
    answer = state(traitlets.Unicode(""))
    distractor = state(traitlets.Unicode(""))

    shown = drawn(traitlets.Dict())

    ACTIONS = ("step", "place", "site", "head", "direction", "prompt", "answer", "distractor")
    COMPUTES = ("place", "site", "head", "direction", "prompt", "answer", "distractor")

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
        found = _first(record, model, given, state)
        asked = found.question
        for name in ("step", *_PLACES):
            _check_place(found, name, state.get(name, 0))
        super().__init__(
            [found],
            [model],
            also=[_silent(asked._replace(pos=state.get("pos", asked.pos)))],
            offers=offers,
            prompts=[found.prompt, asked.corrupt],
            **{**{name: getattr(asked, name) for name in asked._fields[1:]}, **state},
        )

    @property
    def record(self) -> Patching:
        """The sweep of this one cell."""
        return self._records[0].record

    @property
    def run(self) -> PatchedRun | None:
        """What the three runs say next; None in a viewer."""
        return self._records[0].run

    @property
    def numbers(self) -> dict[str, float]:
        """The metric of the ``"clean"``, ``"corrupt"`` and ``"patched"`` run."""
        return self._records[0].numbers

    @property
    def recovery(self) -> float:
        """How far the patch moved one run to the other: 0 not at all, 1 all the way."""
        return float(self.record.recovery[0])

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure."""
        match action:
            case {"do": "step", "to": int(step)}:
                return {**state, "step": step}
            case {"do": "place", "layer": int(layer), "pos": int(pos)}:
                return {**state, "layer": layer, "pos": pos}
            case {"do": "head", "head": int(head)}:
                return {**state, "head": head}
            case {"do": "site" | "direction" as which, "by": str(by)}:
                return {**state, which: by}
            case {"do": "answer" | "distractor" as which, "text": str(text)}:
                return {**state, which: text}
        return PromptedWidget.reduce(state, action)

    def check(self, action: Action) -> None:
        """Refuses places that are not there, texts of several tokens, runs without a model."""
        super().check(action)
        if action["do"] in self.COMPUTES or action.get("name") in (*_PLACES, *_CHOICES):
            self._check_live()
        found = self._records[0]
        match action:
            case {"do": "step", "to": value}:
                _check_place(found, "step", value)
            case {"do": "place", "layer": layer, "pos": pos}:
                _check_place(found, "layer", layer)
                _check_place(found, "pos", pos)
            case {"do": "head", "head": head}:
                _check_place(found, "head", head)
            case {"do": "set", "name": "step" | "layer" | "pos" | "head" as name, "value": value}:
                _check_place(found, name, value)
            case {"do": "site" | "direction" as which, "by": by} if by not in _CHOICES[which]:
                raise ValueError(f"{which} is one of {', '.join(_CHOICES[which])}; got {by!r}.")
            case {"do": "answer" | "distractor" as which, "text": str(text)}:
                self._check_token(which, text)
            case {"do": "set", "name": "answer" | "distractor" as which, "value": str(text)}:
                self._check_token(which, text)

    def _check_token(self, which: str, text: str) -> None:
        """One token, and not the one that it would be compared with."""
        self._check_live()
        if which == "distractor" and not text:
            return
        model = cast("LanguageModel", self._models[0])
        asked = token_id(model, which, text)
        other = self.distractor if which == "answer" else self.answer
        if other and model.token_id(other) == asked:
            raise ValueError(f"Answer and distractor are both {text!r}. Compare two tokens.")

    def opening_actions(self) -> list[Action]:
        """The question shown now, as actions, so that an exported page comes back to it."""
        asked = super().opening_actions()
        if asked:
            asked += [{"do": which, "by": getattr(self, which)} for which in _CHOICES]
            asked += [{"do": "place", "layer": self.layer, "pos": self.pos}]
            asked += [{"do": "head", "head": self.head}]
            asked += [
                {"do": which, "text": getattr(self, which)} for which in ("answer", "distractor")
            ]
        return asked

    # -- answers -------------------------------------------------------------------------------

    def _also(self, side: int) -> Question:
        return _silent(
            Question(self.prompts[1], *(getattr(self, name) for name in Question._fields[1:]))
        )

    def _steps(self, side: int, prompt: str, also: Any) -> Iterator[Piped]:
        yield data.answered(cast("LanguageModel", self._models[side]), prompt, also)

    def _cells(self, record: Piped) -> int:
        # Three rows of logits.
        return 1 if record.run is None else 3 * len(record.run.patched)

    def _views(self) -> dict[str, Any]:
        return {"shown": data.overview(self._records[0])}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """What is copied where, and the metric of the three runs."""
        found = self._records[0]
        values = found.numbers
        tokens = found.tokens[0 if found.question.direction == "denoise" else 1]
        into = (
            "clean run into the corrupt one"
            if found.question.direction == "denoise"
            else "corrupt run into the clean one"
        )
        metric = (
            "the logit difference" if found.question.distractor else "the answer's log-probability"
        )
        said = (
            f"Copying {data.place(found)} ({tokens[found.question.pos]!r}) from the {into}: "
            f"{metric} is {values['clean']:z.2f} clean, {values['corrupt']:z.2f} "
            f"corrupt and {values['patched']:z.2f} patched"
        )
        share = self.recovery
        return f"{said}." if share != share else f"{said}, a recovery of {share:z.2f}."

    def _figure(self) -> Any:
        from interp_widgets.plots.pipeline import plot_print

        found = self._records[0]
        return plot_print(found.record, {} if found.run is None else tops(found.run))

    def _heading(self) -> str:
        return f"Patching in three steps: {self._brief()}"

    def _brief(self) -> str:
        clean, corrupt = (short(prompt) for prompt in self.prompts)
        return f"{clean} / {corrupt}, {self.answer!r}, {self.record.labels[0][0]}, {self.direction}"


def tops(run: PatchedRun) -> dict[str, list[tuple[str, float]]]:
    """The likeliest next tokens of each run."""
    return {name: run.top_tokens(name, data.LISTED) for name in data.RUNS}


def _silent(asked: Question) -> Question:
    """The question without the head, where it asks about none."""
    return asked if asked.site == "z" else asked._replace(head=0)


def _first(
    record: Patching | None,
    model: LanguageModel | None,
    given: tuple[str | None, ...],
    state: State,
) -> Piped:
    """What the widget opens with."""
    if record is not None:
        if any(one is not None for one in given):
            raise TypeError("PatchingPipeline got a record and a question; it needs one of them.")
        if not hasattr(record, "check_whole"):
            raise TypeError(
                f"PatchingPipeline shows a Patching record, not a {type(record).__name__}. To "
                'compute one: PatchingPipeline(model=model, clean="…", corrupt="…", answer=" …").'
            )
        if state.keys() & {"site", *_PLACES, "direction"}:
            raise TypeError("The record says what was copied; give model=, clean=, … instead.")
        found = data.of_record(record)
        return found if model is None else data.answered(model, found.prompt, found.question)
    clean, corrupt, answer, distractor = given
    if model is None or clean is None or corrupt is None or answer is None:
        raise TypeError(
            "PatchingPipeline needs a record, or model=, clean=, corrupt= and answer=: "
            'PatchingPipeline(model=iw.load(), clean="…", corrupt="…", answer=" …").'
        )
    site, direction = state.get("site", "resid_pre"), state.get("direction", "denoise")
    for which, by in (("site", site), ("direction", direction)):
        if by not in _CHOICES[which]:
            raise ValueError(f"{which}= is one of {', '.join(_CHOICES[which])}; got {by!r}.")
    layer, pos, head = (state.get(n, d) for n, d in zip(_PLACES, (None, -1, 0), strict=True))
    layer = model.n_layers // 2 if layer is None else layer
    for name, value, most in (("layer", layer, model.n_layers), ("head", head, model.n_heads)):
        if not isinstance(value, int) or not 0 <= value < most:
            raise ValueError(f"{name}: {name}s go from 0 to {most - 1}; got {value!r}.")
    check_tokens(model, Pair(clean, corrupt, answer, distractor or ""))
    asked = Question(corrupt, answer, distractor or "", site, layer, pos, head, direction)
    return data.answered(model, clean, asked)


def _check_place(found: Piped, name: str, value: Any) -> None:
    """Raises where there is no such step, layer, position or head; traitlets looks at types."""
    if not isinstance(value, int):
        return
    last = {
        "step": STEPS - 1,
        "layer": found.layers - 1,
        "pos": len(found.tokens[0]) - 1,
        "head": found.heads - 1,
    }[name]
    low = -1 if name == "pos" else 0
    if not low <= value <= last:
        what = {"pos": "positions"}.get(name, f"{name}s")
        raise ValueError(f"{name}: {what} go from {low} to {last}; got {value}.")
