"""Numbers that stand for stretches of tokens, and chance that depends on nothing but content.

A sample drawn by such numbers is the same in whatever order texts come, and in whatever batches.
"""

from __future__ import annotations

import numpy as np

_STEP = 0x9E3779B97F4A7C15  # odd, so it has an inverse modulo 2**64


def mixed(numbers: np.ndarray | np.uint64) -> np.ndarray:
    """Every bit of the result depends on every bit given (Steele et al., 2014), uint64."""
    with np.errstate(over="ignore"):
        x = np.asarray(numbers, dtype=np.uint64) + np.uint64(_STEP)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def chance(numbers: np.ndarray) -> np.ndarray:
    """Uniform numbers above 0 and up to 1, float64, one for each number given."""
    return ((mixed(numbers) >> np.uint64(11)).astype(np.float64) + 1) / 2.0**53


class Digests:
    """Digests of any stretches of a row of tokens, after one pass over it.

    Sums of token digests, each times a power of its place, so that a difference of two sums,
    divided by a power, stands for the stretch between them wherever it lies (Karp and Rabin, 1987).
    """

    def __init__(self, tokens: np.ndarray) -> None:
        """Prepare a row of numbers that stand for tokens, ``[token]``."""
        n = len(tokens)
        up = np.full(n + 1, _STEP, dtype=np.uint64)
        down = np.full(n + 1, pow(_STEP, -1, 1 << 64), dtype=np.uint64)
        up[0] = down[0] = 1
        with np.errstate(over="ignore"):
            self._down = np.cumprod(down)
            sums = np.cumsum(mixed(tokens) * np.cumprod(up)[:-1])
        self._sums = np.concatenate([np.zeros(1, dtype=np.uint64), sums])

    def __call__(self, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
        """Digests of the stretches from ``starts`` up to ``stops``, uint64, shaped as they are."""
        with np.errstate(over="ignore"):
            found = (self._sums[stops] - self._sums[starts]) * self._down[starts]
            return mixed(found + mixed(np.asarray(stops - starts, dtype=np.uint64)))
