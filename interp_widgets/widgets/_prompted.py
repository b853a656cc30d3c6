"""Widgets that show records of prompts, one a side, and run the model anew as a person types."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Self

import traitlets

from interp_widgets.widgets._base import Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._traits import drawn, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

CACHE_CELLS = 400_000

Asked = tuple[str, Hashable]
"""What one side is asked for: a prompt, and what `_also` says."""


class PromptedWidget(Widget):
    """Base of widgets with prompt boxes (`shared/prompts.ts` draws them).

    A subclass writes `_steps` (the core's iterating function) and `_views` (the traits that follow
    from the records held). Records that were complete once are kept, so undo computes nothing.

    Args:
        records: one a side.
        models: the model of each side; None where the record is only shown.
        also: what each record was made with, as `_also` says it; nothing besides prompts if empty.
        linked: all sides follow one prompt (two models compared on one prompt).
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: values of state traits.

    Attributes:
        prompts: one prompt a box.
    """

    prompts = state(traitlets.List(traitlets.Unicode()))

    offers = drawn(traitlets.List(traitlets.Unicode()))
    live = drawn(traitlets.Bool(False))  # a model is at hand: prompts can be typed

    ACTIONS = ("prompt",)
    COMPUTES = ("prompt",)

    def __init__(
        self,
        records: Sequence[Any],
        models: Sequence[LanguageModel | None],
        also: Sequence[Hashable] = (),
        linked: bool = False,
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        self._records = list(records)
        self._models = list(models)
        made_with = also or [()] * len(self._records)
        self._asked: list[Asked | None] = [
            (record.prompt, more) for record, more in zip(self._records, made_with, strict=True)
        ]
        self._known: OrderedDict[tuple[int, Asked], Any] = OrderedDict()
        self._pursued: list[Asked] | None = None
        boxes = self._records[:1] if linked else self._records
        super().__init__(
            offers=[str(getattr(offer, "prompt", offer)) for offer in offers],
            live=all(m is not None for m in self._models),
            **{"prompts": [r.prompt for r in boxes], **state},
        )

    # -- what a subclass writes ---------------------------------------------------------------

    def _steps(self, side: int, prompt: str, also: Any) -> Iterator[Any]:
        """Records of this prompt, each more complete than the one before; closing it cancels."""
        raise NotImplementedError

    def _views(self) -> dict[str, Any]:
        """Traits that follow from the records held and from the state."""
        raise NotImplementedError

    def _also(self, side: int) -> Hashable:
        """What a side's record depends on besides its prompt, in the present state."""
        return ()

    def _cells(self, record: Any) -> int:
        """How large a record is; at most `CACHE_CELLS` of them are kept for undo."""
        return len(record.tokens)

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The part of the reducer that all such widgets share; a subclass ends in it."""
        match action:
            case {"do": "prompt", "side": int(side), "text": str(text)}:
                prompts = [text if i == side else p for i, p in enumerate(state["prompts"])]
                return {**state, "prompts": prompts}
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses prompts where there is no model to read them."""
        match action:
            case {"do": "prompt"}:
                self._check_live()
            case {"do": "set", "name": "prompts", "value": value}:
                self._check_live()
                if len(value) != len(self._history.state["prompts"]):
                    raise ValueError(f"prompts holds one text a prompt box; got {value!r}.")

    def _check_live(self) -> None:
        if not self.live:
            raise ValueError(
                "This view shows a stored record. To type prompts: record.widget(model=model)."
            )

    def opening_actions(self) -> list[Action]:
        """The prompts shown now, as actions; a viewer has no prompt box to ask with."""
        if not self.live:
            return []
        return [{"do": "prompt", "side": i, "text": p} for i, p in enumerate(self.prompts)]

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """What the page draws for the present state; starts a run where records do not fit it."""
        last = len(self.prompts) - 1  # linked sides share one prompt
        wanted = [(self.prompts[min(i, last)], self._also(i)) for i in range(len(self._records))]
        missing: list[int] = []
        for side, asked in enumerate(wanted):
            if asked == self._asked[side] or self._models[side] is None:
                continue
            known = self._known.get((side, asked))
            if known is None:
                missing.append(side)
            else:
                self._hold(side, asked, known)
        if not missing:
            self.stop()
        elif self._pursued != wanted or not self._runner.running:
            self._pursued = wanted
            self._runner.start(lambda: self._run(missing, wanted))
        return self._views()

    def stop(self) -> Self:
        """Stops what is being computed, within one batch."""
        with self._lock:
            self._pursued = None  # asked for again before it has ended, it is begun anew
        return super().stop()

    def _run(self, sides: list[int], wanted: list[Asked]) -> Generator[Answer, None, None]:
        """Computes these sides, one after the other, in the runner's thread."""
        # Answers may be dropped on the way, so each says all that is found by then.
        found: dict[int, tuple[Asked | None, Any]] = {}
        for side in sides:
            steps = self._steps(side, *wanted[side])
            record = next(steps)
            for later in steps:
                found[side] = (None, record)
                yield lambda found=dict(found): self._show(found)
                record = later
            # Only the last one is complete, and most often it is the only one.
            found[side] = (wanted[side], record)
            yield lambda found=dict(found): self._show(found)

    def _show(self, found: dict[int, tuple[Asked | None, Any]]) -> dict[str, Any]:
        with self._lock:
            for side, (asked, record) in found.items():
                self._hold(side, asked, record)
            return {**self._views(), "summary": self.describe(), "error": ""}

    def _hold(self, side: int, asked: Asked | None, record: Any) -> None:
        """Makes this the side's record; a complete one (`asked` given) is kept for undo."""
        self._records[side] = record
        self._asked[side] = asked
        if asked is None:
            return
        self._known[side, asked] = record
        self._known.move_to_end((side, asked))
        cells = sum(self._cells(r) for r in self._known.values())
        while cells > CACHE_CELLS and len(self._known) > 1:
            _, old = self._known.popitem(last=False)
            cells -= self._cells(old)
