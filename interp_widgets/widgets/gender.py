"""GenderBars: what editing a few heads does to a bias, subject by subject, and to everything else.

A grid of heads to switch off; bars of every subject's bias before and after; the change of the loss
on other families of texts; and as many random heads as a control, one click away.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import traitlets

from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._traits import drawn, state

if TYPE_CHECKING:
    from interp_widgets.core.head_edit import HeadEdit
    from interp_widgets.core.language_model import LanguageModel

REPLACEMENTS = ("zero", "mean")
ORDERS = ("before", "after", "name")
Asked = tuple[tuple[tuple[int, int], ...], str, bool]


class GenderBars(Widget):
    """Bias before and after an edit of heads, and what the edit costs elsewhere.

    Args:
        record: an edit to show. Without it the other arguments say what to measure.
        model: lets a person choose heads; without it the widget shows its record and no more.
        prompts: prompts after which the model is to say one of the words, with what each is about:
            as `iw.prompts` lists them, or ``{subject: [text, …]}``.
        others: other texts by family, such as ``iw.prompts()``.
        words: the two words.
        sample: texts that are drawn from each family.
        **state: any of `heads`, `replace`, `control`, `order`.

    Attributes:
        heads: layer and head of those that are edited.
        replace: what stands in for their outputs: ``"zero"`` or ``"mean"``.
        control: whether as many random other heads are edited beside them.
        order: what subjects are sorted by: their bias ``"before"`` or ``"after"``, or ``"name"``.

    Raises:
        TypeError: neither a record nor all that is needed to measure one, or both.
        ValueError: a head that is not there, a word of several tokens, nothing to measure with.
    """

    _esm = STATIC / "gender.js"

    heads = state(traitlets.List(traitlets.List(traitlets.Int())))
    replace = state(traitlets.Enum(REPLACEMENTS, "zero"))
    control = state(traitlets.Bool(False))
    order = state(traitlets.Enum(ORDERS, "before"))

    shown = drawn(traitlets.Dict())
    live = drawn(traitlets.Bool(False))  # a model is at hand: heads can be chosen

    ACTIONS = ("heads", "replace", "control", "order")
    COMPUTES = ("heads", "replace", "control")
    _MEASURED = ("heads", "replace", "control")

    def __init__(
        self,
        record: HeadEdit | None = None,
        *,
        model: LanguageModel | None = None,
        prompts: Any = (),
        others: Any = (),
        words: tuple[str, str] = (" she", " he"),
        sample: int = 10,
        **state: Any,
    ) -> None:
        from interp_widgets.core.head_edit import HeadEditor

        measurable = model is not None and len(prompts) > 0 and len(others) > 0
        _refuse(record, measurable, len(prompts) + len(others) > 0)
        self._editor = None
        if record is None or measurable:
            assert model is not None
            self._editor = HeadEditor(model, prompts, others, words, sample)
        if record is not None:
            state.setdefault("heads", [list(head) for head in record.heads])
            state.setdefault("replace", record.replace)
            state.setdefault("control", bool(record.control_heads))
        state["heads"] = [list(head) for head in self._known_heads(state.get("heads", []))]
        self._known: dict[Asked, HeadEdit] = {}
        asked = _asked(state)
        if record is None:
            assert self._editor is not None
            *_, record = self._editor.edit(*asked)
        elif asked != _asked_of(record) and self._editor is None:
            raise TypeError("The record says what was edited; give model=, prompts= and others=.")
        self._known[_asked_of(record)] = self._held = record
        super().__init__(live=self._editor is not None, **state)

    @property
    def record(self) -> HeadEdit:
        """The edit shown; what is not measured yet is NaN."""
        return self._held

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. All heads at once, so that a recorded action means one edit."""
        match action:
            case {"do": "heads", "heads": list(heads)}:
                return {**state, "heads": sorted(list(head) for head in heads)}
            case {"do": "replace", "by": str(by)}:
                return {**state, "replace": by}
            case {"do": "order", "by": str(by)}:
                return {**state, "order": by}
            case {"do": "control", "on": bool(on)}:
                return {**state, "control": on}
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses heads that are not there, and edits without a model."""
        if action["do"] in self.COMPUTES or action.get("name") in self._MEASURED:
            self._check_live()
        match action:
            case {"do": "heads", "heads": value} | {
                "do": "set",
                "name": "heads",
                "value": list(value),
            }:
                self._known_heads(value)
            case {"do": "replace", "by": by} if by not in REPLACEMENTS:
                raise ValueError(f"replace is one of {', '.join(REPLACEMENTS)}; got {by!r}.")
            case {"do": "order", "by": by} if by not in ORDERS:
                raise ValueError(f"order is one of {', '.join(ORDERS)}; got {by!r}.")

    def _check_live(self) -> None:
        if self._editor is None:
            raise ValueError(
                "This view shows a stored record. To choose heads: "
                "GenderBars(model=model, prompts=…, others=…)."
            )

    def _known_heads(self, heads: Any) -> Sequence[Any]:
        """The heads, once it is sure that the model has them."""
        if self._editor is None:
            return heads
        from interp_widgets.core.patching.head_sets import heads_of

        return heads_of(self._editor.model, heads)

    def opening_actions(self) -> list[Action]:
        """The edit shown now, as actions, so that an exported page comes back to it."""
        if self._editor is None:
            return []
        return [
            {"do": "control", "on": self.control},
            {"do": "replace", "by": self.replace},
            {"do": "heads", "heads": self.heads},
        ]

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """The edit that is known for the present state; starts a run where none is."""
        asked = _asked(self._state())
        found = self._known.get(asked)
        if found is not None:
            self.stop()
            self._held = found
        elif self._editor is not None:
            self._runner.start(lambda: self._work(asked))
        return {"shown": _overview(self._held)}

    def _state(self) -> State:
        return {name: getattr(self, name) for name in self.state_names()}

    def _work(self, asked: Asked) -> Generator[Answer]:
        assert self._editor is not None
        found = None
        for found in self._editor.edit(*asked):
            yield lambda found=found: self._show(found)
        assert found is not None
        with self._lock:
            self._known[asked] = found

    def _show(self, found: HeadEdit) -> dict[str, Any]:
        with self._lock:
            self._held = found
            return {"shown": _overview(found), "summary": self.describe(), "error": ""}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """How far the bias falls, and what that costs elsewhere."""
        said = self._held.describe()
        if not self._held.control_heads:
            return said
        fall, rise = self._held.control_fall, self._held.control_rise
        return (
            f"{said} As many random heads: bias {-100 * fall:+z.0f} %, loss {100 * rise:+z.1f} %."
        )

    def _figure(self) -> Any:
        from interp_widgets.plots.gender import plot_print

        return plot_print(self._held)

    def _heading(self) -> str:
        return f"Bias before and after an edit: {self._brief()}"

    def _brief(self) -> str:
        done = " + ".join(self._held.names) or "no head"
        return f"{done}, {self.replace}, {len(self._held.subjects)} subjects"


def _refuse(record: HeadEdit | None, measurable: bool, given: bool) -> None:
    """Raises unless there is something to show, and only one thing."""
    if record is None and not measurable:
        raise TypeError(
            "GenderBars needs a record, or model=, prompts= and others=: GenderBars(model=model, "
            'prompts=[p for p in iw.prompts("gender") if p.task == "job"], others=iw.prompts()).'
        )
    if record is not None and not hasattr(record, "control_heads"):
        raise TypeError(
            f"GenderBars shows a HeadEdit, not a {type(record).__name__}; iw.head_edit gives one."
        )
    if record is not None and given:
        raise TypeError("GenderBars got a record and prompts to measure; it needs one of them.")


def _asked(state: State) -> Asked:
    heads = tuple(sorted((layer, head) for layer, head in state.get("heads", [])))
    # Without an edit there is nothing to compare with random heads.
    return heads, state.get("replace", "zero"), bool(heads) and state.get("control", False)


def _asked_of(record: HeadEdit) -> Asked:
    return record.heads, record.replace, bool(record.control_heads)


def _overview(record: HeadEdit) -> dict[str, Any]:
    """The edit as the page draws it; what is not known yet travels as null."""
    return {
        "model": record.model,
        "heads": [list(head) for head in record.heads],
        "replace": record.replace,
        "words": list(record.words),
        "layers": record.layers,
        "heads_a_layer": record.heads_a_layer,
        "subjects": list(record.subjects),
        "before": _numbers(record.before),
        "after": _numbers(record.after),
        "families": list(record.families),
        "loss_before": _numbers(record.loss_before),
        "loss_after": _numbers(record.loss_after),
        "fall": _number(record.fall),
        "rise": _number(record.rise),
        "answer_before": _number(float(record.answer_before.nanmean())),
        "answer_after": _number(float(record.answer_after.nanmean())),
        "control_heads": [list(head) for head in record.control_heads],
        "control_fall": _number(record.control_fall),
        "control_rise": _number(record.control_rise),
    }


def _numbers(values: Any) -> list[float | None]:
    return [_number(value) for value in values.tolist()]


def _number(value: float) -> float | None:
    """NaN has no JSON: it travels as null."""
    return None if value != value else round(value, 6)
