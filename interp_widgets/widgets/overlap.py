"""OverlapPlot: two directions that can be dragged, and what each then reads of the other.

Features are written along directions into one vector. A drag turns one of two directions in the
plane that they span; cosine, mixture and all readings follow.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
import traitlets

from interp_widgets.core.figures import written
from interp_widgets.core.overlap import overlap, random_directions
from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._traits import drawn, state

if TYPE_CHECKING:
    from interp_widgets.core.overlap import Overlap

MOST = 40  # directions
LONGEST = 3.0  # of an arrow, and most of a strength
COATS, HOOKS = 20, 5


def _presets() -> dict[str, Overlap]:
    names = ("credential", "urgency")
    coats = random_directions(COATS, HOOKS)
    return {
        "credential": overlap([[1, 0], [0.8, 0.6]], [1.5, 1.0], names),
        "right angles": overlap([[1, 0], [0, 1]], [1.5, 1.0], names),
        "coats": overlap(
            coats, [1.0, 1.0] + [0.0] * (COATS - 2), [f"coat {i}" for i in range(COATS)]
        ),
    }


PRESETS = tuple(_presets())


class OverlapPlot(Widget):
    """Two of some directions in their plane, to be dragged, and the readings of all.

    Args:
        record: directions to show, as `iw.overlap` makes them; else a preset is shown.
        model: not needed; there so that ``record.widget()`` works as for every record.
        **state: any of the attributes below.

    Attributes:
        preset: ``"credential"`` (two directions of cosine 0.8), ``"right angles"``, ``"coats"``
            (20 random directions in 5 dimensions); empty for the record that was given.
        pair: which two can be dragged.
        moved: where their tips are in the plane, ``[[x, y], [x, y]]``; empty where nobody moved
            them.
        strengths: how strongly each feature is on; empty for those that the example has.

    Raises:
        TypeError: no overlap, or a model.
        ValueError: a preset, pair, place or strength that cannot be.
    """

    _esm = STATIC / "overlap.js"

    preset = state(traitlets.Unicode("credential"))
    pair = state(traitlets.List(traitlets.Int(), [0, 1]))
    moved = state(traitlets.List(traitlets.List(traitlets.Float())))
    strengths = state(traitlets.List(traitlets.Float()))

    scene = drawn(traitlets.Dict())

    ACTIONS = ("move", "strength", "pair", "preset")
    COMPUTES = ("pair", "preset")

    def __init__(self, record: Overlap | None = None, *, model: None = None, **state: Any) -> None:
        _refuse(record, model)
        self._scenes = _presets()
        if record is not None:
            self._scenes[""] = record
            state.setdefault("preset", "")
        for name in ("preset", "pair", "moved", "strengths"):
            if name in state:
                self._check({"preset": "credential", **state}["preset"], name, state[name])
        super().__init__(**state)

    @property
    def record(self) -> Overlap:
        """The directions as they are by now, and their readings."""
        base = self._scenes[self.preset]
        directions = base.directions.clone()
        if self.moved:
            axes = base.plane((self.pair[0], self.pair[1]))
            directions[self.pair] = torch.tensor(self.moved) @ axes
        return overlap(directions, self.strengths or base.strengths, base.names)

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. Another pair or example stands where it stood at first."""
        match action:
            case {"do": "move", "to": list(tips)}:
                return {**state, "moved": [[float(x) for x in tip] for tip in tips]}
            case {"do": "strength", "to": list(strengths)}:
                return {**state, "strengths": [float(x) for x in strengths]}
            case {"do": "pair", "pair": [int(first), int(second)]}:
                return {**state, "pair": [first, second], "moved": []}
            case {"do": "preset", "name": str(name)}:
                return {**state, "preset": name, "pair": [0, 1], "moved": [], "strengths": []}
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses what is not there, arrows without length, and numbers that are out of reach."""
        match action:
            case {"do": "set", "name": str(name), "value": value}:
                self._check(self.preset, name, value)
            case {"do": "move", "to": value}:
                self._check(self.preset, "moved", value)
            case {"do": "strength", "to": value}:
                self._check(self.preset, "strengths", value)
            case {"do": "pair", "pair": value}:
                self._check(self.preset, "pair", value)
            case {"do": "preset", "name": value}:
                self._check(self.preset, "preset", value)

    def _check(self, preset: str, name: str, value: Any) -> None:
        if name == "preset" and isinstance(value, str) and value not in self._scenes:
            raise ValueError(
                f"preset is one of {', '.join(map(repr, self._scenes))}; got {value!r}."
            )
        if preset not in self._scenes or not isinstance(value, list | tuple):
            return  # traitlets looks at types
        count = len(self._scenes[preset].names)
        if name == "pair":
            _check_pair(value, count)
        elif name == "moved" and value:
            _check_tips(value)
        elif name == "strengths" and value:
            _check_strengths(value, count)

    def opening_actions(self) -> list[Action]:
        """What is shown first, as actions, so that an exported page comes back to it."""
        example = [{"do": "preset", "name": self.preset}] if self.preset in PRESETS else []
        return [*example, {"do": "pair", "pair": self.pair}]

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """The example as it is at first; the page lays over it what a person moved."""
        base = self._scenes[self.preset]
        axes = base.plane((self.pair[0], self.pair[1]))
        return {
            "scene": {
                "names": list(base.names),
                "directions": _rounded(base.directions),
                "strengths": _rounded(base.strengths[None])[0],
                "axes": _rounded(axes),
                "presets": list(self._scenes),
            }
        }

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """The cosine of the two, what each reads, and the loudest of those that are off."""
        record = self.record
        first, second = self.pair
        names, on, read = record.names, record.strengths.tolist(), record.readings.tolist()
        each = " and ".join(
            f"{names[i]} is on with {written(on[i])} and reads {written(read[i])}"
            for i in self.pair
        )
        said = (
            f"{names[first]} and {names[second]} have cosine "
            f"{written(float(record.cosines[first, second]))}: {each}"
        )
        off = [i for i in range(len(names)) if on[i] == 0]
        if not off:
            return f"{said}."
        worst = max(off, key=lambda i: abs(read[i]))
        loudest = f"{names[worst]} reads {written(read[worst])}"
        return f"{said}; of the {len(off)} that are off, {loudest}."

    def _figure(self) -> Any:
        from interp_widgets.plots.overlap import plot_print

        return plot_print(self.record, (self.pair[0], self.pair[1]))

    def _heading(self) -> str:
        return f"Overlap of directions: {self._brief()}"

    def _brief(self) -> str:
        features, hidden = self._scenes[self.preset].directions.shape
        return f"{features} directions in {hidden} dimensions"


def _rounded(rows: torch.Tensor) -> list[list[float]]:
    return [[round(x, 5) for x in row] for row in rows.tolist()]


def _check_pair(pair: Any, count: int) -> None:
    whole = all(isinstance(i, int) for i in pair)
    if len(pair) != 2 or not whole or pair[0] == pair[1] or not all(0 <= i < count for i in pair):
        raise ValueError(
            f"pair is two different directions of 0 to {count - 1}; got {list(pair)!r}."
        )


def _check_tips(tips: Any) -> None:
    """Two places, none in the middle, none far out."""
    good = len(tips) == 2 and all(isinstance(tip, list | tuple) and len(tip) == 2 for tip in tips)
    good = good and all(isinstance(x, int | float) for tip in tips for x in tip)
    if good and all(1e-3 <= math.hypot(*tip) <= LONGEST for tip in tips):
        return
    raise ValueError(
        f"moved is [[x, y], [x, y]], arrows longer than 0 and at most {LONGEST:g} long; got "
        f"{tips!r}."
    )


def _check_strengths(strengths: Any, count: int) -> None:
    good = len(strengths) == count and all(isinstance(x, int | float) for x in strengths)
    if not good or not all(abs(x) <= LONGEST for x in strengths):
        raise ValueError(
            f"strengths is {count} numbers from {-LONGEST:g} to {LONGEST:g}; got {strengths!r}."
        )


def _refuse(record: Any, model: Any) -> None:
    if model is not None:
        raise TypeError(
            f"Directions need no model; got a {type(model).__name__}. Leave model= out."
        )
    if record is None:
        return
    if not hasattr(record, "readings"):
        raise TypeError(
            f"OverlapPlot shows an Overlap, not a {type(record).__name__}; iw.overlap gives one."
        )
    features, hidden = record.directions.shape
    if not 2 <= features <= MOST or hidden < 2:
        raise ValueError(
            f"OverlapPlot shows 2 to {MOST} directions in 2 dimensions or more; got {features} in "
            f"{hidden}."
        )
