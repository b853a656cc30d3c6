"""SuperpositionPlayground: a toy model that learns to keep more features than it has dimensions.

Sliders say how many features there are, in how many dimensions, how rare, how unequal and how
correlated they are. The toy trains beside the notebook's cells. When a slider moves that leaves the
toy its size, training goes on from the weights that it has by then.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import traitlets

from interp_widgets.widgets._base import STATIC, Widget
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._superposition_data import sent
from interp_widgets.widgets._traits import packed, state

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.superposition import Superposition

STEPS, EVERY = 1000, 20  # of a run; between its frames
FRAMES = STEPS // EVERY + 1
PATIENCE_S = 1.0  # what is trained by then is there when the widget opens
KEPT = 64  # runs

RANGES = {
    "features": (1, 40),
    "hidden": (1, 20),
    "density": (0.005, 1.0),
    "decay": (0.5, 1.0),
    "correlation": (-1.0, 1.0),
    "seed": (0, 2**31),
    "runs": (0, 1000),
}
PRESETS: dict[str, dict[str, Any]] = {
    "pentagon": {"features": 5, "hidden": 2, "density": 0.05, "decay": 1.0, "correlation": 0.0},
    "dense": {"features": 5, "hidden": 2, "density": 1.0, "decay": 0.8, "correlation": 0.0},
    "opposites": {"features": 4, "hidden": 2, "density": 0.3, "decay": 1.0, "correlation": -1.0},
    "coats": {"features": 20, "hidden": 5, "density": 0.03, "decay": 0.95, "correlation": 0.0},
}


class Run(NamedTuple):
    """One stretch of training: all that its settings depend on."""

    features: int
    hidden: int
    seed: int
    number: int
    density: float
    decay: float
    correlation: float
    relu: bool


Trail = tuple[Run, ...]
"""The runs that led to a toy, each from where the one before it ended."""


class SuperpositionPlayground(Widget):
    """A toy of superposition with its sliders: train it, watch its geometry, change it, go on.

    Args:
        record: a toy to begin with, which counts as one run; random weights by default.
        model: not needed; there so that ``record.widget()`` works as for every record.
        **state: any of the attributes below.

    Attributes:
        features: of the inputs, 1 to 40.
        hidden: dimensions that they are squeezed through, 1 to 20.
        density: the chance that a feature is on, 0.005 to 1.
        decay: importance of each feature against the one before it, 0.5 to 1.
        correlation: of the two features of each pair, -1 (never on together) to 1 (always).
        relu: whether the output goes through a ReLU; without one the toy is linear.
        seed: of the first weights.
        runs: how often training was asked for since the weights were random; 0 is untrained.
        picked: the feature that is marked; -1 for none.

    Raises:
        TypeError: no toy, or a model.
        ValueError: a number outside its range.
    """

    _esm = STATIC / "superposition.js"

    features = state(traitlets.Int(5))
    hidden = state(traitlets.Int(2))
    density = state(traitlets.Float(0.05))
    decay = state(traitlets.Float(1.0))
    correlation = state(traitlets.Float(0.0))
    relu = state(traitlets.Bool(True))
    seed = state(traitlets.Int(0))
    runs = state(traitlets.Int(0))
    picked = state(traitlets.Int(-1))

    toy = packed(traitlets.Dict())

    ACTIONS = (
        "pick",
        "features",
        "hidden",
        "density",
        "decay",
        "correlation",
        "relu",
        "train",
        "reset",
        "preset",
    )
    COMPUTES = ACTIONS[1:]

    def __init__(
        self, record: Superposition | None = None, *, model: None = None, **state: Any
    ) -> None:
        _refuse(record, model)
        self._given: dict[Trail, Superposition] = {}
        self._found: OrderedDict[Trail, Superposition] = OrderedDict()
        self._frames: dict[Trail, list[Tensor]] = {}
        self._going: dict[Trail, Iterator[Superposition]] = {}
        self._whole: set[Trail] = set()
        self._numbers: dict[Trail, int] = {}
        self._moving: Trail | None = None
        if record is not None:
            settings = _settings_of(record)
            self._given[(_run({**settings, "runs": 1}),)] = record
            state = {**settings, "runs": 1, **state}
        for name, value in state.items():
            _check(name, value)
        super().__init__(**state)

    @property
    def record(self) -> Superposition:
        """The toy as it is by now."""
        with self._lock:
            return self._present(self._trail())

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. A feature picked twice is let go."""
        match action:
            case {"do": "pick", "feature": int(feature)}:
                return {**state, "picked": -1 if state["picked"] == feature else feature}
            case {"do": "features" | "hidden" as which, "to": int(to)}:
                return _small({**state, which: to})
            case {"do": "density" | "decay" | "correlation" as which, "to": int(to) | float(to)}:
                return {**state, which: float(to)}
            case {"do": "relu", "on": bool(on)}:
                return {**state, "relu": on}
            case {"do": "train"}:
                return {**state, "runs": state["runs"] + 1}
            case {"do": "reset", "seed": int(seed)}:
                return {**state, "seed": seed, "runs": 0}
            case {"do": "preset", "name": str(name)} if name in PRESETS:
                return _small({**state, **PRESETS[name], "relu": True, "runs": state["runs"] + 1})
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses numbers outside their range, and features that are not there."""
        match action:
            case {"do": "set", "name": str(name), "value": value}:
                self._check(name, value)
            case {"do": "pick", "feature": value}:
                self._check("picked", value)
            case {"do": "reset", "seed": value}:
                self._check("seed", value)
            case {"do": str(name), "to": value}:
                self._check(name, value)
            case {"do": "preset", "name": name} if name not in PRESETS:
                raise ValueError(f"preset is one of {', '.join(PRESETS)}; got {name!r}.")

    def _check(self, name: str, value: Any) -> None:
        _check(name, value)
        if name == "picked" and isinstance(value, int) and not -1 <= value < self.features:
            raise ValueError(
                f"picked is a feature from 0 to {self.features - 1}, or -1; got {value!r}."
            )

    def opening_actions(self) -> list[Action]:
        """Where the sliders stand, as actions, so that an exported page comes back to it."""
        sliders = ("features", "hidden", "density", "decay", "correlation")
        at = [{"do": name, "to": getattr(self, name)} for name in sliders]
        return [*at, {"do": "relu", "on": self.relu}]

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """The toy that the present state leads to; trains where that is due."""
        if not self._history.done:
            self._first = dict(self._history.state)
        trail = self._trail()
        if not trail or trail in self._whole | self._given.keys():
            self.stop()
            # What was trained before stands there at once: undo is no training.
            if trail != self._moving:
                self._moving = None
        elif self._complete:
            self._moving = trail
            self._runner.start(lambda: self._work(trail))
        else:
            self._begin(trail)
        return self._views()

    def _begin(self, trail: Trail) -> None:
        """Trains what is done within `PATIENCE_S`, before anything is shown."""
        until = time.perf_counter() + PATIENCE_S
        self._going[trail] = self._train(trail)
        for found in self._going[trail]:
            self._keep(trail, found)
            if time.perf_counter() > until:
                self._runner.start(lambda: self._work(trail))
                return
        self._whole.add(trail)

    def _work(self, trail: Trail) -> Generator[Answer]:
        with self._lock:
            steps = self._going.pop(trail, None) or self._train(trail)
        for found in steps:
            with self._lock:
                self._keep(trail, found)
            try:
                yield self._show
            except GeneratorExit:
                with self._lock:
                    self._going[trail] = steps  # asked for again, it goes on
                raise
        with self._lock:
            self._whole.add(trail)
        yield self._show

    def _train(self, trail: Trail) -> Iterator[Superposition]:
        from interp_widgets.core.superposition import iter_superposition

        run, start = trail[-1], self._start(trail)
        return iter_superposition(
            run.features,
            run.hidden,
            run.density,
            run.decay,
            run.correlation,
            relu=run.relu,
            seed=run.seed,
            steps=STEPS,
            start=start,
            every=EVERY,
        )

    def _start(self, trail: Trail) -> Superposition | None:
        """The toy that the trail's last run goes on from."""
        earlier = (self._known(trail[:end]) for end in range(len(trail) - 1, 0, -1))
        return next((toy for toy in earlier if toy is not None), None)

    def _known(self, trail: Trail) -> Superposition | None:
        """What a trail has led to by now."""
        return self._given.get(trail, self._found.get(trail))

    def _trail(self) -> Trail:
        """The runs that the actions so far ask for. Another size or a reset begins anew."""
        trail: Trail = ()
        state = self._first
        for action in [None, *self._history.done]:
            state = state if action is None else self._step(state, action)
            run = _run(state)
            if not run.number:
                trail = ()
            elif not trail or trail[-1][:3] != run[:3]:
                trail = (run,)
            elif trail[-1] != run:
                trail = (*trail, run)
        return trail

    def _keep(self, trail: Trail, found: Superposition) -> None:
        self._found[trail] = found
        self._found.move_to_end(trail)
        self._frames.setdefault(trail, []).append(found.weights)
        while len(self._found) > KEPT:
            old, _ = self._found.popitem(last=False)
            self._whole.discard(old)
            self._frames.pop(old, None)
            self._going.pop(old, None)

    def _present(self, trail: Trail) -> Superposition:
        """The toy of a trail as far as it is trained."""
        known = self._known(trail)
        if known is not None:
            return known
        run = _run(self._history.state)
        key = trail or (run,)
        start = self._start(key)
        return start if start is not None else next(self._train(key))

    def _views(self) -> dict[str, Any]:
        trail = self._trail()
        record = self._present(trail)
        frames = self._frames.get(trail) if trail == self._moving else None
        number = self._numbers.setdefault(trail, len(self._numbers))
        return {"toy": sent(record, frames or [record.weights], FRAMES, number)}

    def _show(self) -> dict[str, Any]:
        with self._lock:
            return {**self._views(), "summary": self.describe(), "error": ""}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """How many features are held, and in which shape."""
        return self.record.describe()

    def _figure(self) -> Any:
        from interp_widgets.plots.superposition import plot_print

        return plot_print(self.record)

    def _heading(self) -> str:
        return f"Superposition in a toy: {self._brief()}"

    def _brief(self) -> str:
        return f"{self.features} features in {self.hidden} dimensions, density {self.density:g}"


def _run(state: State) -> Run:
    return Run(
        state["features"],
        state["hidden"],
        state["seed"],
        state["runs"],
        state["density"],
        state["decay"],
        state["correlation"],
        state["relu"],
    )


def _small(state: State) -> State:
    """A feature that is no longer there is not picked."""
    return {**state, "picked": -1} if state["picked"] >= state["features"] else state


def _settings_of(record: Superposition) -> dict[str, Any]:
    features, hidden = record.weights.shape
    decay = float(record.importance[1] / record.importance[0]) if features > 1 else 1.0
    return {
        "features": features,
        "hidden": hidden,
        "density": record.density,
        "decay": round(decay, 6),
        "correlation": record.correlation,
        "relu": record.relu,
        "seed": record.seed,
    }


def _check(name: str, value: Any) -> None:
    """Refuses a number outside its range; traitlets looks at types."""
    if name not in RANGES or not isinstance(value, int | float):
        return
    low, high = RANGES[name]
    if not low <= value <= high:
        raise ValueError(f"{name} is {low:g} to {high:g} here; got {value!r}.")


def _refuse(record: Any, model: Any) -> None:
    if model is not None:
        raise TypeError(
            f"A toy is trained by itself and needs no model; got a {type(model).__name__}. Leave "
            "model= out."
        )
    if record is not None and not hasattr(record, "dimensionality"):
        raise TypeError(
            f"SuperpositionPlayground shows a Superposition, not a {type(record).__name__}; "
            "iw.superposition gives one."
        )
