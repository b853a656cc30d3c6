"""One run of the trainer: live, or the record of one. What it knows, ready to be drawn.

A live run is asked for what costs time (firing rates, the match with true directions) only between
its steps, in the thread that trains it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.widgets._sae_curves import Curves

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.matching import Match
    from interp_widgets.core.dictionary.training_record import Training
    from interp_widgets.core.dictionary.training_run import TrainingRun

MEASURES = ("loss", "mse", "sparsity", "l0", "fve", "dead", "recovered")
RECOVERED = 0.9  # cosine from which a true direction counts as found
RECENT = 25  # steps that the numbers beside the curves are means of
KNOBS = ("l1", "k", "l0", "lr")  # in the order of their sliders


class Entrant:
    """A run or a record of one.

    Attributes:
        run: a `TrainingRun` or a `Training`.
        key: tells it from the other runs of its trainer.
        broken: in words, what was broken of it on purpose.
        live: it can be trained.
        curves: what is drawn of it.
        to_walk: steps asked for one by one and not done yet.
        opening: values of the knobs as it came.
        asked: what they were told to be last; the run obeys with its next step.
        rates: firing rate of each latent, ``[feature]``; empty until known.
        truths: true directions that are known.
        match: its pairs with true directions, None without such.
        looked_at: the step that `rates` and `match` are of.
        left_at: the step at which it was rewound last.
        recovered: share of the true directions that were found, at each of `recovered_at`.
        recovered_at: steps, ascending.
        retraced: steps trained again since, whose loss came out the same to the last bit.
        differs: the first step that did not, -1 if none.
        turned: whether knobs stood otherwise before that step than the first time.
        sent: buckets that the page has; the one after them may have changed.
        cut: steps left by a rewind that the page has not been told of, -1 if none.
    """

    def __init__(self, run: TrainingRun | Training, key: int = 0) -> None:
        self.run: Any = run
        self.key = key
        self.name = ""
        self.broken: list[str] = []
        self.live = hasattr(run, "advance")
        self.curves = Curves(len(MEASURES))
        self.to_walk = 0
        self.opening = self._knobs()
        self.asked = dict(self.opening)
        self.rates = np.zeros(0, dtype=np.float32) if self.live else np.asarray(run.density)
        self.truths = len(self.run.truth) if self.live and self.run.truth is not None else 0
        self.match: Match | None = None
        self.looked_at = self.left_at = self.retraced = 0
        self.differs, self.turned = -1, False
        self.sent, self.cut = 0, -1
        self.recovered: list[float] = []
        self.recovered_at: list[int] = []
        self._gestures: dict[tuple[str, float], Any] = {}
        self._old = np.zeros(0, dtype=np.float32)  # losses before the last rewind
        self._old_changes: tuple[Any, ...] = ()
        self.take_in()

    # -- where it stands -----------------------------------------------------------------------

    @property
    def step(self) -> int:
        """Steps trained."""
        return int(self.run.step)

    @property
    def done(self) -> bool:
        """Nothing is left to train, or it was stopped."""
        return not self.live or bool(self.run.done)

    @property
    def kept(self) -> list[int]:
        """Steps that it can be rewound to."""
        return [int(step) for step in self.run.checkpoints] if self.live else []

    @property
    def changes(self) -> list[list[Any]]:
        """Changes while it ran, as ``[step, knob, old, new]``; a drag of a slider is one."""
        found: list[list[Any]] = []
        hands: dict[str, tuple[Any, list[Any]]] = {}  # knob -> its last gesture and change
        for step, knobs in self.run.changes:
            if step > self.step:
                continue  # taken back with the steps before it
            for knob, old, new in _triples(knobs):
                gesture, last = hands.get(knob, (None, []))
                now = self._gestures.get((knob, float(new)))
                if last and now is not None and now == gesture:
                    last[3] = float(new)
                else:
                    last = [int(step), knob, float(old), float(new)]
                    found.append(last)
                hands[knob] = now, last
        return [one for one in found if one[2] != one[3]]

    def _knobs(self) -> dict[str, float]:
        given = self.run.hyper if self.live else {}
        return {name: float(given[name]) for name in KNOBS if name in given}

    # -- being told ----------------------------------------------------------------------------

    def turn(self, wanted: dict[str, float], gesture: Any) -> None:
        """Sets the knobs to these values, the others to what they were at first.

        Args:
            wanted: by knob.
            gesture: of a hand that draws a slider, the same for all values on its way.
        """
        wanted = {**self.opening, **wanted}
        new = {name: value for name, value in wanted.items() if self.asked[name] != value}
        if new:
            self.run.set(**{n: round(v) if n == "k" else v for n, v in new.items()})
            self.asked = wanted
            self._gestures |= {(name, float(value)): gesture for name, value in new.items()}

    def rewind(self, step: int) -> None:
        """Goes to the kept state at or before a step; what it had is kept to compare with."""
        self.left_at = self.step
        self.to_walk = 0
        self._old = self.rows(0, self.step)[:, 0].copy()  # of the losses alone
        self._old_changes = self.run.changes
        self.run.rewind(step)
        self.asked = self._knobs()
        self.retraced, self.differs, self.turned = 0, -1, False

    # -- curves --------------------------------------------------------------------------------

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Measures of these steps, float32 ``[step, measure]``."""
        names, whole = self._columns(start, stop)
        rows = np.full((len(whole), len(MEASURES)), np.nan, dtype=np.float32)
        for column, name in enumerate(MEASURES):
            if name in names:
                rows[:, column] = whole[:, names.index(name)]
        last = start + len(rows)
        here = slice(bisect_right(self.recovered_at, start), bisect_right(self.recovered_at, last))
        for step, share in zip(self.recovered_at[here], self.recovered[here], strict=True):
            rows[step - 1 - start, -1] = share
        return rows

    def recent(self) -> dict[str, float]:
        """Each measure about now: its mean over the last steps; NaN where it is not known."""
        rows = self.rows(max(self.step - RECENT, 0), self.step)
        known = np.isfinite(rows)
        means = np.where(known, rows, 0).sum(0) / np.maximum(known.sum(0), 1)
        means[~known.any(0)] = np.nan
        if self.match is not None:
            means[-1] = self.recovered[-1]
        return dict(zip(MEASURES, means.tolist(), strict=True))

    def _columns(self, start: int, stop: int) -> tuple[list[str], np.ndarray]:
        if self.live:
            from interp_widgets.core.dictionary.training_run import METRICS

            return list(METRICS), self.run.rows(start, stop)
        return list(self.run.metrics), self.run.values.numpy()[:, start:stop].T

    def take_in(self) -> None:
        """Takes in the steps trained since the last time, or takes back what a rewind did."""
        step, known = self.step, self.curves.steps
        if step < known:
            self._go_back(step)
        elif step > known:
            rows, size = self.rows(known, step), self.curves.size
            self._compare(known, rows[:, 0])
            first = self.curves.extend(rows)
            self.sent = min(self.sent // (self.curves.size // size), first)

    def _compare(self, start: int, losses: np.ndarray) -> None:
        """Holds what was trained again against what was there before the rewind."""
        old = self._old[start : start + len(losses)]
        if self.differs >= 0 or len(old) == 0:
            return
        unlike = np.flatnonzero(old.view(np.int32) != losses[: len(old)].view(np.int32))
        self.retraced += int(unlike[0]) if len(unlike) else len(old)
        if len(unlike):
            self.differs = step = start + int(unlike[0]) + 1
            now, then = (
                [change for change in changes if change[0] < step]
                for changes in (self.run.changes, self._old_changes)
            )
            self.turned = now != then

    def _go_back(self, step: int) -> None:
        left = bisect_right(self.recovered_at, step)
        self.recovered_at, self.recovered = self.recovered_at[:left], self.recovered[:left]
        self.match = None
        if self.curves.coarse(step):
            self.curves.restart(self.rows(0, step))
            self.sent = 0
        else:
            whole = self.curves.cut(step)
            self.curves.extend(self.rows(whole, step))
            self.sent = min(self.sent, len(self.curves.low))
        self.cut = step if self.cut < 0 else min(self.cut, step)

    def line(self) -> tuple[Any, ...]:
        """What `plots.sae_trainer.Line` holds of it."""
        low, high = (
            dict(zip(MEASURES, e.T, strict=True)) for e in (self.curves.low, self.curves.high)
        )
        return self.name, self.curves.size, low, high, [one[0] for one in self.changes]

    # -- what costs time -----------------------------------------------------------------------

    def look(self) -> None:
        """Asks for firing rates and, on data that was made, for the match with the truth."""
        if self.live:
            # Before the first step nobody has had a chance to fire.
            self.rates = self.run.density.numpy() if self.step else np.zeros(0, np.float32)
            self.match = None if self.run.truth is None else self.run.truth_match()
            self.looked_at = self.step

    def note(self) -> None:
        """Puts what `look` found into the curves."""
        if self.match is None:
            return
        found = self.match
        self.take_in()
        self.match = found  # that of before a rewind is gone
        share = self.match.recovered(RECOVERED)
        before = bisect_left(self.recovered_at, self.looked_at)
        self.recovered_at[before:], self.recovered[before:] = [self.looked_at], [share]
        if self.curves.steps == self.looked_at:
            self.curves.note(len(MEASURES) - 1, share)
            self.sent = max(min(self.sent, len(self.curves.low) - 1), 0)

    def frozen(self) -> Entrant:
        """The same as a record that stays as it is."""
        other = Entrant(self.run.record if self.live else self.run, self.key)
        other.name = self.name
        other.rates, other.match, other.truths = self.rates, self.match, self.truths
        other.recovered, other.recovered_at = self.recovered[:], self.recovered_at[:]
        other.retraced, other.differs, other.turned = self.retraced, self.differs, self.turned
        other._gestures = self._gestures
        other.curves.restart(other.rows(0, other.step))
        return other


def _triples(knobs: Any) -> list[tuple[str, float, float]]:
    """Changes at one step: a run has ``{knob: (old, new)}``, a record ``((knob, old, new), …)``."""
    if isinstance(knobs, dict):
        return [(knob, old, new) for knob, (old, new) in knobs.items()]
    return list(knobs)
