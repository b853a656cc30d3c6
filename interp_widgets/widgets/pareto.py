"""ParetoExplorer: dictionaries as points, any two of their measures against each other.

A dictionary that another beats in both is not on the front. Which are depends on what is asked for:
the axes, the variants and the width are chosen in the view.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

import traitlets

from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._pareto_points import (
    MEASURES,
    Points,
    check_point,
    judged_values,
    points_of,
)
from interp_widgets.widgets._traits import drawn, state

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from interp_widgets.core.dictionary.evaluation_record import SAEEvaluation
    from interp_widgets.core.dictionary.sweep import Sweep
    from interp_widgets.core.dictionary.training_run import TrainingRun

AXES = tuple(MEASURES)
SCALES = ("log", "linear")
LOGARITHMIC = ("l0", "seconds", "width")  # unless somebody chooses otherwise
MOST_ADDED = 50


class ParetoExplorer(Widget):
    """Dictionaries as points of two measures, and the front that none of the others beats.

    Args:
        source: a `Sweep`, as `iw.sae_sweep` and `iw.train_sweep` give; a data frame with its
            columns; evaluations or training runs by name, or a list of them (a run knows only L0,
            variance explained and dead latents, of the batch it was last trained on).
        model: not needed; there so that ``record.widget()`` works as for every record.
        **state: any of the attributes below.

    Attributes:
        x, y: the measures: ``"l0"``, ``"fve"``, ``"nmse"``, ``"cosine"``, ``"shrinkage"``,
            ``"dead"``, ``"ce_recovered"``, ``"delta_ce"``, ``"kl"``, ``"seconds"``, ``"width"``.
        x_scale, y_scale: ``"log"`` or ``"linear"``.
        hidden: variants that are not shown.
        width: the number of latents that is shown; 0 for all.
        pinned: numbers of the points that are held, two at most; they are compared.
        added: points of one's own, ``{"name": …, "variant": …, "width": …, "l0": …, …}``; they are
            counted after those of the source.

    Raises:
        TypeError: no such source, or a model.
        ValueError: no point, or a choice that cannot be.

    Example:
        >>> explorer = ParetoExplorer(iw.sae_sweep(), y="ce_recovered")  # doctest: +SKIP
        >>> explorer.add("mine", iw.evaluate_sae(model, sae, texts))  # doctest: +SKIP
    """

    _esm = STATIC / "pareto.js"

    x = state(traitlets.Enum(AXES, "l0"))
    y = state(traitlets.Enum(AXES, "fve"))
    x_scale = state(traitlets.Enum(SCALES, "log"))
    y_scale = state(traitlets.Enum(SCALES, "linear"))
    hidden = state(traitlets.List(traitlets.Unicode()))
    width = state(traitlets.Int(0, min=0))
    pinned = state(traitlets.List(traitlets.Int(), maxlen=2))
    added = state(traitlets.List(traitlets.Dict()))

    scene = drawn(traitlets.Dict())

    ACTIONS = ("axis", "scale", "variant", "width", "pin", "add")

    def __init__(
        self,
        source: Sweep | pd.DataFrame | Mapping[str, Any] | Sequence[Any],
        *,
        model: None = None,
        **state: Any,
    ) -> None:
        if model is not None:
            raise TypeError(
                f"Points are judged already; got a {type(model).__name__}. Leave model= out."
            )
        self._source = points_of(source)
        for axis in ("x", "y"):
            if axis in state:
                state.setdefault(f"{axis}_scale", _scale_of(state[axis]))
        for name in ("added", "hidden", "width", "pinned"):
            if name in state:
                self._check(name, state[name], state.get("added", []))
        super().__init__(**state)

    # -- what is known -------------------------------------------------------------------------

    @property
    def points(self) -> Points:
        """All points: those of the source, then one's own."""
        return self._source.with_own(self.added)

    @property
    def shown(self) -> list[int]:
        """Numbers of the points that the choice of variants and width leaves."""
        points = self.points
        return [
            i
            for i, (variant, width) in enumerate(zip(points.variants, points.widths, strict=True))
            if variant not in self.hidden and self.width in (0, width)
        ]

    @property
    def front(self) -> list[str]:
        """Names of the points shown that none of the others beats, the best by `x` first."""
        points = self.points
        return [points.names[i] for i in points.front(self.x, self.y, self.shown)]

    def difference(self) -> dict[str, float]:
        """Every measure of the second point that is held less that of the first.

        Raises:
            ValueError: there are not two.
        """
        points = self.points
        held = [i for i in self.pinned if i < len(points.names)]
        if len(held) != 2:
            raise ValueError(f"two points are compared; held are {len(held)}.")
        first, second = held
        return {key: values[second] - values[first] for key, values in points.values.items()}

    def add(
        self, name: str, judged: SAEEvaluation | TrainingRun | Sweep | Mapping[str, Any]
    ) -> Self:
        """Puts a point of one's own among the others; one of the same name is replaced.

        Args:
            name: what it is called.
            judged: what `iw.evaluate_sae` found; or a training run, a sweep of one point, or
                measures by name.

        Raises:
            TypeError: nothing that was judged. ValueError: a measure that cannot be.
        """
        if isinstance(judged, dict):
            check_point({"name": name, **judged})
        return self.act({"do": "add", "point": {"name": str(name), **judged_values(judged)}})

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. The axes change places when one takes what the other has."""
        match action:
            case {"do": "axis", "axis": "x" | "y" as axis, "by": str(by)} if by in AXES:
                other = "y" if axis == "x" else "x"
                chosen = {axis: by, f"{axis}_scale": _scale_of(by)}
                if state[other] == by and state[axis] != by:
                    chosen |= {other: state[axis], f"{other}_scale": state[f"{axis}_scale"]}
                    chosen[f"{axis}_scale"] = state[f"{other}_scale"]
                return {**state, **chosen}
            case {"do": "scale", "axis": "x" | "y" as axis, "by": str(by)} if by in SCALES:
                return {**state, f"{axis}_scale": by}
            case {"do": "variant", "name": str(name)}:
                rest = [one for one in state["hidden"] if one != name]
                return {**state, "hidden": rest if name in state["hidden"] else [*rest, name]}
            case {"do": "width", "of": int(width)}:
                return {**state, "width": width}
            case {"do": "pin", "point": int(point)}:
                rest = [one for one in state["pinned"] if one != point]
                held = point in state["pinned"]
                return {**state, "pinned": rest if held else [*rest[-1:], point]}
            case {"do": "add", "point": dict(point)}:
                names = [one["name"] for one in state["added"]]
                added = list(state["added"])
                if point["name"] in names:
                    added[names.index(point["name"])] = point
                else:
                    added.append(point)
                return {**state, "added": added}
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses variants, widths and points that are not there."""
        match action:
            case {"do": "set", "name": str(name), "value": value}:
                self._check(name, value, self.added)
            case {"do": "variant", "name": str(name)}:
                self._check("hidden", [name], self.added)
            case {"do": "width", "of": value}:
                self._check("width", value, self.added)
            case {"do": "pin", "point": value}:
                self._check("pinned", [value], self.added)
            case {"do": "add", "point": value}:
                check_point(value)
                if len(self.added) == MOST_ADDED:
                    raise ValueError(f"there is room for {MOST_ADDED} points of one's own.")

    def _check(self, name: str, value: Any, added: Sequence[Any]) -> None:
        if name == "added" and isinstance(value, list | tuple):
            for point in value:
                check_point(point)
            return
        points = self._source.with_own(added)
        if name == "hidden" and isinstance(value, list | tuple):
            for variant in value:
                if variant not in points.variants:
                    there = ", ".join(dict.fromkeys(points.variants))
                    raise ValueError(f"variants are {there}; got {variant!r}.")
        elif name == "width" and isinstance(value, int):
            if value and value not in points.widths:
                there = ", ".join(map(str, sorted({*points.widths} - {0})))
                raise ValueError(f"width is one of {there}, or 0 for all; got {value}.")
        elif name == "pinned" and isinstance(value, list | tuple):
            count = len(points.names)
            good = all(isinstance(i, int) and 0 <= i < count for i in value)
            if not good or len(value) > 2 or len(set(value)) < len(value):
                raise ValueError(
                    f"pinned is two different points of 0 to {count - 1} at most; got {value!r}."
                )

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """All points; the page finds their front itself."""
        return {"scene": self.points.scene()}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """How many points, how many none beats, and the two ends of that front."""
        points, shown = self.points, self.shown
        x, y = MEASURES[self.x].label, MEASURES[self.y].label
        count = f"{len(shown)} {'dictionary' if len(shown) == 1 else 'dictionaries'}"
        said = f"{count}{points.title}, {x} against {y}"
        front = points.front(self.x, self.y, shown)
        if not front:
            return f"{said}: of none are both known."
        ends = [
            f"{points.names[i]} ({x} {points.text(self.x, i)}, {y} {points.text(self.y, i)})"
            for i in (front[0], front[-1])
        ]
        if len(front) == 1:
            return f"{said}: {ends[0]} beats all others or is their equal."
        return f"{said}: {len(front)} are beaten by none, from {ends[0]} to {ends[1]}."

    def _figure(self) -> Any:
        from interp_widgets.plots.pareto import Mark, Series, plot_print

        points, shown = self.points, self.shown
        series = []
        for number, variant in enumerate(dict.fromkeys(points.variants)):
            its = [i for i in shown if points.variants[i] == variant]
            line = points.front(self.x, self.y, its)
            series.append(Series(variant, number, *self._places(its), *self._places(line)))
        front = self._places(points.front(self.x, self.y, shown))
        labels = (MEASURES[self.x].label, MEASURES[self.y].label)
        title = f"{len(shown)} dictionaries{points.title}"
        marks = [Mark(self._name(i), *self._place(i), i in self.pinned) for i in self._named(shown)]
        return plot_print(series, front, labels, (self.x_scale, self.y_scale), title, marks)

    def _named(self, shown: Sequence[int]) -> list[int]:
        """Points that carry their names and have a place: one's own, and those that are held."""
        scales = (self.x_scale, self.y_scale)

        def fits(point: int) -> bool:
            pairs = zip(self._place(point), scales, strict=True)
            return all(v > 0 or (s == "linear" and not math.isnan(v)) for v, s in pairs)

        own = self.points.own
        return [i for i in shown if (own[i] or i in self.pinned) and fits(i)]

    def _name(self, point: int) -> str:
        letter = "AB"[self.pinned.index(point)] if point in self.pinned else ""
        own = self.points.names[point] if self.points.own[point] else ""
        return f"{letter} {own}".strip()

    def _place(self, point: int) -> tuple[float, float]:
        values = self.points.values
        return values[self.x][point], values[self.y][point]

    def _places(self, which: Sequence[int]) -> tuple[list[float], list[float]]:
        places = [self._place(i) for i in which]
        return [x for x, _ in places], [y for _, y in places]

    def _heading(self) -> str:
        return f"Sparsity and fidelity: {self._brief()}"

    def _brief(self) -> str:
        x, y = MEASURES[self.x].label, MEASURES[self.y].label
        return f"{len(self.points.names)} dictionaries{self._source.title}, {x} against {y}"


def _scale_of(measure: Any) -> str:
    return "log" if measure in LOGARITHMIC else "linear"
