"""Widgets that ask the core for several things at once, each by itself and kept by itself.

What the present state wants is a list of jobs, quickest first. A job that is no longer wanted is
dropped; one that was only interrupted by a quicker wish goes on where it stood.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import traitlets

from interp_widgets.widgets._base import Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._traits import drawn, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

PATIENCE_S = 1.0  # what is known by then is there when the widget opens
KEPT = 512  # answers


class Job(NamedTuple):
    """Something to compute: a name that says all it depends on, and records, ever more complete."""

    key: Any  # hashable
    steps: Callable[[], Iterator[Any]]


class JobWidget(Widget):
    """Base of widgets with prompts, two tokens to compare, and several things to compute.

    A subclass writes `_jobs` and `_views`, and ends its `reduce` and begins its `check` in these.

    Attributes:
        prompts: the clean and the corrupt prompt, or one, or none.
        answer: the token asked about.
        distractor: the token it is compared with.
    """

    prompts = state(traitlets.List(traitlets.Unicode()))
    answer = state(traitlets.Unicode(""))
    distractor = state(traitlets.Unicode(""))

    offers = drawn(traitlets.List(traitlets.Unicode()))
    live = drawn(traitlets.Bool(False))  # a model is at hand: prompts can be typed

    def __init__(
        self,
        model: LanguageModel | None,
        offers: Sequence[Any] = (),
        known: Mapping[Any, Any] | None = None,
        **state: Any,
    ) -> None:
        self._model = model
        self._from_start = dict(known or {})
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._whole: set[Hashable] = set()
        self._paused: dict[Hashable, Iterator[Any]] = {}
        self._pursued: list[Hashable] | None = None
        named = [str(getattr(offer, "prompt", offer)) for offer in offers]
        super().__init__(offers=named, live=model is not None, **state)

    # -- what a subclass writes ---------------------------------------------------------------

    def _jobs(self) -> list[Job]:
        """What the present state wants, quickest first."""
        raise NotImplementedError

    def _views(self) -> dict[str, Any]:
        """Traits that follow from the state and from what is known."""
        raise NotImplementedError

    def _known(self, key: Hashable) -> Any:
        """What a job has found by now, or None."""
        return self._answers.get(key, self._from_start.get(key))

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The part of the reducer that such widgets share; a subclass ends in it."""
        match action:
            case {"do": "prompt", "side": int(side), "text": str(text)}:
                prompts = [text if i == side else p for i, p in enumerate(state["prompts"])]
                return {**state, "prompts": prompts}
            case {"do": "answer" | "distractor" as which, "text": str(text)}:
                return {**state, which: text}
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses prompts and tokens where there is no model to read them."""
        match action:
            case {"do": "prompt"}:
                self._check_live()
            case {"do": "set", "name": "prompts", "value": list(value)}:
                self._check_live()
                wanted = len(self._history.state["prompts"])
                if len(value) != wanted:
                    raise ValueError(f"prompts holds {wanted} texts here; got {value!r}.")
            case {"do": "answer" | "distractor" as which, "text": str(text)}:
                self._check_token(which, text)
            case {"do": "set", "name": "answer" | "distractor" as which, "value": str(text)}:
                self._check_token(which, text)

    def _check_live(self) -> LanguageModel:
        if self._model is None:
            raise ValueError(
                "This view shows a stored record. To ask the model: record.widget(model=model)."
            )
        return self._model

    def _check_token(self, which: str, text: str) -> None:
        """One token, and not the one that it would be compared with."""
        model = self._check_live()
        if which == "distractor" and not text:
            return
        other = self.distractor if which == "answer" else self.answer
        if model.token_id(text) == (model.token_id(other) if other else None):
            raise ValueError(f"Answer and distractor are both {text!r}. Compare two tokens.")

    def opening_actions(self) -> list[Action]:
        """The question shown now, as actions, so that an exported page comes back to it."""
        if not self.live:
            return []
        asked = [{"do": "prompt", "side": i, "text": p} for i, p in enumerate(self.prompts)]
        tokens = [which for which in ("answer", "distractor") if getattr(self, which)]
        return [*asked, *({"do": which, "text": getattr(self, which)} for which in tokens)]

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """What the page draws for the present state; starts the jobs that are not done."""
        jobs = self._jobs()
        keys = {job.key for job in jobs}
        for key in [key for key in self._paused if key not in keys]:
            del self._paused[key]  # its generator closes
        for key in keys & self._answers.keys():
            self._answers.move_to_end(key)
        missing = [job for job in jobs if job.key not in self._whole | self._from_start.keys()]
        if not self._complete:
            missing = self._begin(missing)
        names = [job.key for job in missing]
        if not missing:
            self.stop()
        elif self._pursued != names or not self._runner.running:
            self._pursued = names
            self._runner.start(lambda: self._run(missing))
        return self._views()

    def stop(self) -> Self:
        """Stops what is being computed, within one batch."""
        with self._lock:
            self._pursued = None  # asked for again, it goes on
        return super().stop()

    def _begin(self, jobs: Sequence[Job]) -> list[Job]:
        """Does what is done within `PATIENCE_S`, before anything is shown; returns the rest."""
        until = time.perf_counter() + PATIENCE_S
        for number, job in enumerate(jobs):
            steps = job.steps()
            for found in steps:
                self._keep(job.key, found)
                if time.perf_counter() > until:
                    self._paused[job.key] = steps
                    return list(jobs[number:])
            self._whole.add(job.key)
        return []

    def _run(self, jobs: Sequence[Job]) -> Generator[Answer, None, None]:
        """Does these jobs one after the other, in the runner's thread.

        One that fails does not keep the others from being done; it is told at the end.
        """
        failure: Exception | None = None
        for job in jobs:
            with self._lock:
                steps = self._paused.pop(job.key, None)
            try:
                steps = job.steps() if steps is None else steps
                for found in steps:
                    with self._lock:
                        self._keep(job.key, found)
                    try:
                        yield self._show
                    except GeneratorExit:
                        with self._lock:
                            self._paused[job.key] = steps
                        raise
                with self._lock:
                    self._whole.add(job.key)
            except Exception as error:
                failure = failure or error
        yield self._show
        if failure is not None:
            raise failure

    def _keep(self, key: Hashable, found: Any) -> None:
        self._answers[key] = found
        self._answers.move_to_end(key)
        while len(self._answers) > KEPT:
            old, _ = self._answers.popitem(last=False)
            self._whole.discard(old)

    def _show(self) -> dict[str, Any]:
        with self._lock:
            return {**self._views(), "summary": self.describe(), "error": ""}
