"""What is counted of latents while texts go by: how often and how strongly.

Histograms are exact and need no second pass: the bins of a latent are as wide as a power of two,
and when it fires more strongly than ever before, pairs of bins become one.
"""

from __future__ import annotations

import numpy as np

FINE = 256  # bins that are counted in
BINS = 32  # bins of the record
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


class Counts:
    """Counts of every latent, and histograms of those that are looked at.

    Attributes:
        tokens: seen so far.
        count: tokens on which each latent fires, ``[feature]``.
        total, squares: sums of activations and of their squares, float64 ``[feature]``.
        most: largest activation, float64 ``[row]``.
        fine: histogram of activations, ``[row, FINE]``.
    """

    def __init__(self, d_sae: int, n_rows: int) -> None:
        """Nothing seen yet."""
        self.tokens = 0
        self.count = np.zeros(d_sae, dtype=np.int64)
        self.total = np.zeros(d_sae)
        self.squares = np.zeros(d_sae)
        self.most = np.zeros(n_rows)
        self.fine = np.zeros((n_rows, FINE), dtype=np.int64)
        self._power = np.full(n_rows, -(1 << 20))  # bins end at 2 to this power

    def add(self, tokens: int, features: np.ndarray, values: np.ndarray) -> None:
        """Count a batch of ``tokens`` and the pairs that fire in it."""
        size = len(self.count)
        values = values.astype(np.float64)
        self.tokens += tokens
        self.count += np.bincount(features, minlength=size)
        self.total += np.bincount(features, values, minlength=size)
        self.squares += np.bincount(features, values * values, minlength=size)

    def fill(self, rows: np.ndarray, values: np.ndarray) -> None:
        """Add pairs of a batch to the histograms of their rows."""
        if not len(rows):
            return
        values = values.astype(np.float64)
        np.maximum.at(self.most, rows, values)
        _, power = np.frexp(self.most)  # most < 2**power
        power = np.where(self.most > 0, power, self._power)
        shift = np.minimum(power - self._power, int(np.log2(FINE)))
        for by in np.unique(shift[shift > 0]):
            at = shift == by
            merged = self.fine[at].reshape(at.sum(), -1, 1 << by).sum(-1)
            self.fine[at] = 0
            self.fine[at, : merged.shape[1]] = merged
        self._power = power
        bins = (np.ldexp(values, -power[rows]) * FINE).astype(np.int64)
        self.fine += np.bincount(rows * FINE + bins, minlength=self.fine.size).reshape(
            self.fine.shape
        )

    def histogram(self) -> tuple[np.ndarray, np.ndarray]:
        """Counts ``[row, BINS]`` and the width of each row's bins ``[row]``; 0 where dead."""
        coarse = self.fine.reshape(len(self.fine), BINS, -1).sum(-1)
        return coarse, np.where(self.most > 0, np.ldexp(1.0 / BINS, self._safe), 0.0)

    def quantiles(self) -> np.ndarray:
        """Activations that a share `LEVELS` of the tokens on which a latent fires stay below.

        ``[row, level]``, NaN where it never fires; within a bin taken as evenly spread, so off by
        less than 1/128 of the largest activation.
        """
        below = np.cumsum(self.fine, axis=1)
        rows = np.arange(len(self.fine))
        found = np.full((len(self.fine), len(LEVELS)), np.nan)
        width = np.ldexp(1.0 / FINE, self._safe)
        alive = self.most > 0
        for i, level in enumerate(LEVELS):
            target = level * below[:, -1]
            bin_ = np.minimum((below < target[:, None]).sum(1), FINE - 1)
            inside = np.maximum(self.fine[rows, bin_], 1)
            part = (target - (below[rows, bin_] - self.fine[rows, bin_])) / inside
            found[alive, i] = np.minimum((bin_ + part) * width, self.most)[alive]
        return found

    def ranks(self, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Shares of the tokens on which latents fire on which they fire more weakly.

        Within a bin taken as evenly spread, so off by less than the share that the bin holds.

        Args:
            rows: of the latents, ``[window]``.
            values: activations, ``[window]``.
        """
        below = np.cumsum(self.fine, axis=1)
        width = np.ldexp(1.0 / FINE, self._safe)[rows]
        bins = np.minimum((values / width).astype(np.int64), FINE - 1)
        inside = self.fine[rows, bins]
        span = np.minimum(width, self.most[rows] - bins * width)  # no activation lies beyond
        part = np.where(span > 0, (values - bins * width) / np.where(span > 0, span, 1), 1.0)
        weaker = below[rows, bins] - inside * (1 - np.minimum(part, 1))
        return weaker / np.maximum(below[rows, -1], 1)

    @property
    def _safe(self) -> np.ndarray:
        return np.where(self.most > 0, self._power, 0)
