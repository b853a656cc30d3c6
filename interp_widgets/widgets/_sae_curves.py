"""A training curve of any length as at most 512 buckets, each with its least and largest value.

A bucket holds as many steps as it must for the whole run to fit, always a power of two. So when a
run outgrows its buckets, neighbours join in pairs, and the page joins its own in the same way: what
travels is only what is new.
"""

from __future__ import annotations

import numpy as np

MOST = 512  # buckets; half of them at least once there were so many steps
_FEW = 64  # with fewer than so many after a cut, coarse buckets are made finer again
_ANEW = 128  # buckets that are made then, at most: they are sent once more


class Curves:
    """Several measures of one run, step by step, thinned as they come.

    Attributes:
        steps: how many were taken in.
        size: steps in a bucket.
        low: least values, float32 ``[bucket, measure]``; NaN where no step of it has one.
        high: largest values.
    """

    def __init__(self, measures: int) -> None:
        self.steps = 0
        self.size = 1
        self.low = np.empty((0, measures), dtype=np.float32)
        self.high = np.empty((0, measures), dtype=np.float32)

    def extend(self, rows: np.ndarray) -> int:
        """Takes in the next steps, ``[step, measure]``.

        Returns:
            The first bucket that is not what it was.
        """
        if len(rows) == 0:
            return len(self.low)
        while self.steps + len(rows) > MOST * self.size:
            self._join()
        first = self.steps // self.size
        starts = np.arange(-(self.steps % self.size), len(rows), self.size).clip(0)
        low = np.fmin.reduceat(rows, starts, axis=0)
        high = np.fmax.reduceat(rows, starts, axis=0)
        if first < len(self.low):  # its earlier steps count as well
            low[0] = np.fmin(low[0], self.low[first])
            high[0] = np.fmax(high[0], self.high[first])
        self.low = np.concatenate([self.low[:first], low.astype(np.float32)])
        self.high = np.concatenate([self.high[:first], high.astype(np.float32)])
        self.steps += len(rows)
        return first

    def restart(self, rows: np.ndarray) -> None:
        """Begins anew with these steps in finer buckets: after a rewind."""
        self.cut(0)
        self.size = 1
        while len(rows) > _ANEW * self.size:
            self.size *= 2
        self.extend(rows)

    def cut(self, steps: int) -> int:
        """Forgets what came after a step.

        Returns:
            How many steps are left: those of whole buckets.
        """
        buckets = steps // self.size
        self.low, self.high = self.low[:buckets], self.high[:buckets]
        self.steps = buckets * self.size
        return self.steps

    def note(self, measure: int, value: float) -> None:
        """Adds what was measured only now to the last bucket."""
        for ends, pick in ((self.low, np.fmin), (self.high, np.fmax)):
            if len(ends):
                ends[-1, measure] = pick(ends[-1, measure], value)

    def coarse(self, steps: int) -> bool:
        """Whether so few steps would fill too few of these buckets."""
        return self.size > 1 and steps < _FEW * self.size

    def _join(self) -> None:
        """Joins neighbours in pairs."""
        self.size *= 2
        if len(self.low):
            pairs = np.arange(0, len(self.low), 2)
            self.low = np.fmin.reduceat(self.low, pairs, axis=0)
            self.high = np.fmax.reduceat(self.high, pairs, axis=0)


def close_up(values: np.ndarray, points: int) -> tuple[int, np.ndarray]:
    """A stretch of one measure, thinned to so many buckets.

    Args:
        values: float32 ``[step]``.
        points: most buckets.

    Returns:
        Steps in a bucket, and least and largest values ``[2, bucket]``.
    """
    size = max(-(-len(values) // points), 1)
    starts = np.arange(0, len(values), size)
    ends = np.stack([np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)])
    return size, ends.astype(np.float32)
