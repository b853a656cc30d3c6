"""What is counted of latents while texts go by: how often, how strongly, and with which others.

Histograms are exact and need no second pass: the bins of a latent are as wide as a power of two,
and when it fires more strongly than ever before, pairs of bins become one.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

FINE = 256  # bins that are counted in
BINS = 32  # bins of the record
LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_CELLS = 1 << 24  # of the table of pairs; a wider dictionary needs which=
_PAIRS = 1 << 21  # that are spelled out at a time
_ROWS = 256  # whose partners are looked for at a time


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

    @property
    def _safe(self) -> np.ndarray:
        return np.where(self.most > 0, self._power, 0)


class Together:
    """How latents fire together: tokens that both fire on, and sums of products."""

    def __init__(self, d_sae: int, features: np.ndarray) -> None:
        """Nothing seen yet; ``features`` are looked at, all are their possible partners."""
        self._features = features
        self.known = len(features) * d_sae <= _CELLS
        size = (len(features), d_sae) if self.known else (0, 0)
        self.both = torch.zeros(size, dtype=torch.int32)
        self.products = torch.zeros(size, dtype=torch.float64)

    def add(
        self, length: int, tokens: np.ndarray, features: np.ndarray, values: np.ndarray
    ) -> None:
        """Count a batch of ``length`` tokens and the pairs (token, feature) that fire in it."""
        if not self.known or not len(tokens):
            return
        rows, d_sae = self.products.shape
        # A pair of latents costs some twenty nanoseconds one by one, a cell of a product far less.
        per_token = np.bincount(tokens, minlength=length)
        if float((per_token.astype(np.float64) ** 2).sum()) * 700 > 2.0 * length * rows * d_sae:
            self._product(length, tokens, features, values)
        else:
            self._one_by_one(tokens, features, values, per_token)

    def _product(
        self, length: int, tokens: np.ndarray, features: np.ndarray, values: np.ndarray
    ) -> None:
        codes = torch.zeros(length, self.products.shape[1])
        codes[torch.from_numpy(tokens), torch.from_numpy(features)] = torch.from_numpy(
            values.astype(np.float32)
        )
        own = codes[:, torch.from_numpy(self._features)]
        self.products += own.T @ codes
        self.both += ((own > 0).float().T @ (codes > 0).float()).round().int()

    def _one_by_one(
        self, tokens: np.ndarray, features: np.ndarray, values: np.ndarray, per_token: np.ndarray
    ) -> None:
        rows, d_sae = self.products.shape
        row_of = np.full(d_sae, -1)
        row_of[self._features] = np.arange(rows)
        begin = np.cumsum(per_token) - per_token
        (own,) = np.nonzero(row_of[features] >= 0)
        many = per_token[tokens[own]]
        cut = np.searchsorted(np.cumsum(many), np.arange(_PAIRS, many.sum(), _PAIRS))
        for part in np.split(own, cut):
            many = per_token[tokens[part]]
            left = np.repeat(part, many)
            right = np.repeat(begin[tokens[part]] - np.cumsum(many) + many, many)
            right += np.arange(len(right))
            cells = torch.from_numpy(row_of[features[left]] * d_sae + features[right])
            weight = torch.from_numpy(values[left].astype(np.float64) * values[right])
            self.products.view(-1).index_add_(0, cells, weight)
            ones = torch.ones(len(cells), dtype=torch.int32)
            self.both.view(-1).index_add_(0, cells, ones)

    def partners(self, counts: Counts, keep: int) -> tuple[Tensor, Tensor, Tensor]:
        """The latents whose activations go with those of each.

        Args:
            counts: of the same tokens.
            keep: partners a latent.

        Returns:
            Features, -1 where there is none; Pearson correlations over all tokens, most first; and
            the share of tokens that both fire on of those that either does (Jaccard). All
            ``[row, keep]``, NaN beside -1.
        """
        shape = (len(self._features), keep)
        who = torch.full(shape, -1, dtype=torch.int32)
        pearson, jaccard = torch.full(shape, torch.nan), torch.full(shape, torch.nan)
        if not self.known or not counts.tokens:
            return who, pearson, jaccard
        n = counts.tokens
        mean = torch.from_numpy(counts.total / n)
        spread = (torch.from_numpy(counts.squares / n) - mean * mean).clamp(min=0).sqrt()
        alive = torch.from_numpy(counts.count > 0)
        count = torch.from_numpy(counts.count)
        for at in range(0, len(self._features), _ROWS):
            own = torch.from_numpy(self._features[at : at + _ROWS])
            joint = self.products[at : at + _ROWS] / n - mean[own, None] * mean
            found = joint / (spread[own, None] * spread)
            usable = alive[own, None] & alive & (self.both[at : at + _ROWS] > 0)
            usable[torch.arange(len(own)), own] = False
            found = torch.where(usable & found.isfinite(), found, -torch.inf)
            best = found.topk(min(keep, found.shape[1]), dim=1)
            there = best.values > -torch.inf
            both = self.both[at : at + _ROWS].gather(1, best.indices)
            either = count[own, None] + count[best.indices] - both
            rows, columns = slice(at, at + len(own)), slice(best.indices.shape[1])
            who[rows, columns] = torch.where(there, best.indices, -1).int()
            pearson[rows, columns] = torch.where(there, best.values, torch.nan).float()
            jaccard[rows, columns] = torch.where(there, both / either, torch.nan).float()
        return who, pearson, jaccard
