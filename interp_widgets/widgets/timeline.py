"""TrainingTimeline: the course model's training, step by step, across the phase change.

A slider moves through what training recorded: losses on words written twice, and the best heads.
At steps whose weights ship the model itself is loaded and run on the same lists: the scores of all
heads, their patterns, the loss at every position, and whether the recorded numbers come out again.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._pack import plane
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._traits import packed, state

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.repeats import Repeats
    from interp_widgets.core.timeline import Timeline

MEASURES = ("induction", "previous_token")
_KINDS = {"induction": "an induction head", "previous_token": "a previous-token head"}
_HEADS = {"induction": "induction", "previous_token": "previous"}  # measure -> field of `Repeats`


class TrainingTimeline(Widget):
    """A slider over training: when induction appears, and which heads then do it.

    Args:
        record: what training recorded; `iw.timeline` by default.
        model: the course model, if it is loaded already, for the last step.
        **state: any of `step`, `measure`, `head`.

    Attributes:
        step: of training, one that was recorded; the last one by default.
        measure: the score that heads are shown by: ``"induction"`` or ``"previous_token"``.
        head: layer and head whose pattern is shown; empty for the best by that score.

    Raises:
        TypeError: no timeline.
        ValueError: a step that was not recorded, a head that is not there.
    """

    _esm = STATIC / "timeline.js"

    step = state(traitlets.Int(0))
    measure = state(traitlets.Enum(MEASURES, "induction"))
    head = state(traitlets.List(traitlets.Int()))

    recorded = packed(traitlets.Dict())
    live = packed(traitlets.Dict())  # by step, what its model does, as far as it was run

    ACTIONS = ("step", "measure", "head")

    def __init__(
        self,
        record: Timeline | None = None,
        *,
        model: LanguageModel | None = None,
        **state: Any,
    ) -> None:
        from interp_widgets.core.timeline import timeline

        if record is not None and not hasattr(record, "loadable"):
            raise TypeError(
                f"TrainingTimeline shows a Timeline, not a {type(record).__name__}. Give none for "
                "the course model's."
            )
        self.record = timeline() if record is None else record
        self._model = model
        self._seen: dict[int, Repeats] = {}
        state.setdefault("step", self.record.steps[-1])
        self._check_step(state["step"])
        self._check_head(state.get("head", []))
        self._run(state["step"])
        super().__init__(**state)

    @property
    def scores(self) -> Tensor | None:
        """Score of every head at this step, ``[layer, head]``; None where no weights ship."""
        found = self._seen.get(self.step)
        return None if found is None else getattr(found, _HEADS[self.measure])

    @property
    def pattern(self) -> Tensor | None:
        """Weights of the head shown, ``[dst, src]``; None where no weights ship."""
        found = self._seen.get(self.step)
        return None if found is None else found.patterns[self._shown_head(found)]

    def _shown_head(self, found: Repeats) -> tuple[int, int]:
        if self.head:
            return self.head[0], self.head[1]
        return divmod(int(getattr(found, _HEADS[self.measure]).argmax()), found.induction.shape[1])

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. A head chosen twice gives way to the best one."""
        match action:
            case {"do": "step", "to": int(step)}:
                return {**state, "step": step}
            case {"do": "measure", "by": str(by)}:
                return {**state, "measure": by}
            case {"do": "head", "layer": int(layer), "head": int(head)}:
                chosen = [layer, head]
                return {**state, "head": [] if state["head"] == chosen else chosen}
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses steps that were not recorded, and heads that are not there."""
        match action:
            case {"do": "step", "to": value} | {"do": "set", "name": "step", "value": value}:
                self._check_step(value)
            case {"do": "head", "layer": layer, "head": head}:
                self._check_head([layer, head])
            case {"do": "set", "name": "head", "value": value}:
                self._check_head(value)
            case {"do": "measure", "by": by} if by not in MEASURES:
                raise ValueError(f"measure is one of {', '.join(MEASURES)}; got {by!r}.")

    def _check_step(self, step: Any) -> None:
        if isinstance(step, int):  # traitlets looks at types
            self.record.at(step)

    def _check_head(self, head: Any) -> None:
        if not isinstance(head, list | tuple) or len(head) == 0:
            return
        layers, heads = self._run(self.record.steps[-1]).induction.shape
        layer, index = head if len(head) == 2 else (-1, -1)
        if not 0 <= layer < layers or not 0 <= index < heads:
            raise ValueError(
                f"head is [layer, head], layers 0 to {layers - 1} and heads 0 to {heads - 1}, or "
                f"[] for the best one; got {head!r}."
            )

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """What training recorded, and the models that were run; starts a run where one is due."""
        step = self.step
        if step in self.record.loadable and step not in self._seen:
            self._runner.start(lambda: self._work(step))
        else:
            self.stop()
        return {"recorded": _recorded(self.record), "live": self._live()}

    def _work(self, step: int) -> Generator[Answer]:
        self._run(step)
        yield lambda: {"live": self._live(), "summary": self.describe(), "error": ""}

    def _run(self, step: int) -> Any:
        """What the model of a step does; None where no weights ship."""
        if step in self.record.loadable and step not in self._seen:
            self._seen[step] = _repeats(
                step, self._model if step == self.record.steps[-1] else None
            )
        return self._seen.get(step)

    def _live(self) -> dict[str, Any]:
        return {str(step): _sent(found) for step, found in sorted(self._seen.items())}

    def export_state(self) -> dict[str, Any]:
        """With every model whose weights ship, so that an exported page needs none."""
        for step in self.record.loadable:
            self._run(step)
        self.push(live=self._live())
        return super().export_state()

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """The step, what is right by then, and the best head."""
        at, step = self.record.at(self.step), self.step
        read = self.record.tokens[self.record.steps.index(step)] / 1e6
        said = (
            f"Step {step} of training, {read:.1f} million tokens read: "
            f"{100 * at['induction_accuracy']:.0f} % of a second copy's words are right, the loss "
            f"is {at['induction_loss_first_copy']:.1f} nats in the first copy and "
            f"{at['induction_loss_second_copy']:.1f} in the second (in-context score "
            f"{at['in_context_score']:.1f})"
        )
        found = self._seen.get(step)
        if found is None:
            best = at["best_induction_head"]
            return f"{said}; the best induction head has {best:.2f}, as recorded."
        layer, head = self._shown_head(found)
        score = float(getattr(found, _HEADS[self.measure])[layer, head])
        return f"{said}; head L{layer}.z.{head} scores {score:.2f} as {_KINDS[self.measure]}."

    def _figure(self) -> Any:
        from interp_widgets.plots.timeline import plot_print

        return plot_print(self.record, self.step)

    def _heading(self) -> str:
        return f"Training of {self.record.model}: {self._brief()}"

    def _brief(self) -> str:
        return f"{len(self.record.steps)} steps, at {self.step}"


def _repeats(step: int, model: LanguageModel | None) -> Repeats:
    from interp_widgets.core.repeats import repeats

    return _of_checkpoint(step) if model is None else repeats(model)


@lru_cache(maxsize=4)
def _of_checkpoint(step: int) -> Repeats:
    """Several timelines in one notebook run each checkpoint once."""
    from interp_widgets.core.load import load
    from interp_widgets.core.repeats import repeats

    return repeats(load(checkpoint=step))


def _recorded(record: Timeline) -> dict[str, Any]:
    return {
        "model": record.model,
        "steps": list(record.steps),
        "tokens": list(record.tokens),
        "measures": list(record.measures),
        "loadable": list(record.loadable),
        "planes": [plane("values", record.values, "f32")],
    }


def _sent(found: Repeats) -> dict[str, Any]:
    """Of patterns the lower triangle: nothing looks ahead."""
    dst, src = np.tril_indices(len(found.tokens))
    return {
        "tokens": list(found.tokens),
        "length": found.length,
        "accuracy": found.accuracy,
        "first": found.loss_first,
        "second": found.loss_second,
        "planes": [
            plane("induction", found.induction, "f32"),
            plane("previous_token", found.previous, "f32"),
            plane("loss", found.loss, "f32"),
            plane("patterns", found.patterns.numpy()[:, :, dst, src], "u8", "sqrt"),
        ],
    }
