"""Which latents fire together: Pearson correlations of activations, and shared tokens.

Of few pairs of latents a table is kept, and every token counts in it. Of more than that, tokens
themselves are remembered with what fires on them: all of them while they fit, then a fair half, a
quarter and so on, drawn by content, so that neither memory nor the result depends on how many
texts there are or in which order they come. Pairs are then counted some latents at a time.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from interp_widgets.core.dictionary.content import chance, mixed
from interp_widgets.core.dictionary.feature_statistics import Counts

CELLS = 1 << 24  # of the table of pairs
HELD = 1 << 23  # tokens, and latents that fire on them, that are remembered
_PAIRS = 1 << 21  # that are spelled out at a time
_BLOCK = 1 << 22  # cells whose partners are looked for at a time
_STEADY = 1e-12  # of its mean square: a variance below is rounding, and the latent never varies

Partners = tuple[Tensor, Tensor, Tensor]


class Together:
    """Counts in a table of pairs.

    Attributes:
        both: tokens on which both latents fire, int32 ``[row, feature]``.
        products: sums of products of activations, float64 ``[row, feature]``.
    """

    def __init__(self, d_sae: int, features: np.ndarray) -> None:
        """Nothing seen yet; ``features`` are looked at, all are their possible partners."""
        self._features = features
        self.both = torch.zeros(len(features), d_sae, dtype=torch.int32)
        self.products = torch.zeros(len(features), d_sae, dtype=torch.float64)

    def add(
        self, contents: np.ndarray, tokens: np.ndarray, features: np.ndarray, values: np.ndarray
    ) -> None:
        """Count a batch.

        Args:
            contents: what stands for each token and its surroundings, ``[token]``.
            tokens: the token of each pair that fires, in order.
            features: its latent.
            values: how strongly.
        """
        if not len(tokens):
            return
        rows, d_sae = self.products.shape
        length = len(contents)
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
        at = torch.from_numpy(self._features)
        fires = (codes > 0).float()
        self.both += (fires[:, at].T @ fires).round().int()
        # Means are taken off first: float32 would round away what a dense latent varies by.
        total, middle = codes.sum(0, dtype=torch.float64), codes.mean(0)
        codes -= middle
        middle = middle.double()
        self.products += codes[:, at].T @ codes
        self.products += torch.outer(total[at] - length * middle[at], middle)
        self.products += torch.outer(middle[at], total)

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

    def partners(self, counts: Counts, keep: int) -> Partners:
        """The latents whose activations go with those of each.

        Args:
            counts: of the same tokens.
            keep: partners a latent.

        Returns:
            Features, -1 where there is none; Pearson correlations over all tokens, most first; and
            the share of tokens that both fire on of those that either does (Jaccard). All
            ``[row, keep]``, NaN beside -1.
        """
        found = []
        for rows in _blocks(*self.both.shape):
            row, column = self.both[rows].nonzero(as_tuple=True)
            sums, shared = (part[rows][row, column] for part in (self.products, self.both))
            found.append(_strongest(counts, self._features[rows], row, column, sums, shared, keep))
        return _stacked(found)


class Remembered:
    """Remembers tokens with all that fires on them, at most `HELD` of both."""

    def __init__(self, d_sae: int, features: np.ndarray, seed: int) -> None:
        """Nothing seen yet; ``features`` are looked at, all are their possible partners."""
        self._d_sae, self._features = d_sae, features
        self._key = mixed(np.uint64(seed + 3))
        self._share = 1.0  # of tokens that are kept
        self._kept: list[_Tokens] = []

    def add(
        self, contents: np.ndarray, tokens: np.ndarray, features: np.ndarray, values: np.ndarray
    ) -> None:
        """Remember a batch, given as to `Together.add`."""
        new = _Tokens(
            chance(contents ^ self._key),
            np.bincount(tokens, minlength=len(contents)),
            features.astype(np.int32),
            values.astype(np.float32),
        )
        self._kept.append(new.below(self._share))
        while sum(map(len, self._kept)) > HELD:
            self._share /= 2
            self._kept = [part.below(self._share) for part in self._kept]

    def partners(self, counts: Counts, keep: int) -> Partners:
        """As `Together.partners`; over the tokens that are remembered, where those are not all."""
        from scipy.sparse import csr_array

        whole = _Tokens.joined(self._kept)
        if self._share < 1:
            counts = Counts(self._d_sae, 0)
            counts.add(len(whole.per_token), whole.features, whole.values)
        places = np.concatenate([[0], np.cumsum(whole.per_token)])
        shape = (len(whole.per_token), self._d_sae)
        codes = csr_array((whole.values.astype(np.float64), whole.features, places), shape=shape)
        fires = csr_array((np.ones(len(whole.values), np.float32), codes.indices, places), shape)
        own_codes, own_fires = (x.tocsc()[:, self._features].T.tocsr() for x in (codes, fires))
        found = []
        for rows in _blocks(len(self._features), self._d_sae):
            products, both = own_codes[rows] @ codes, own_fires[rows] @ fires
            products.sort_indices()
            both.sort_indices()
            row = np.repeat(np.arange(products.shape[0]), np.diff(products.indptr))
            row, column, sums, shared = (
                torch.from_numpy(part)
                for part in (row, products.indices.astype(np.int64), products.data, both.data)
            )
            found.append(_strongest(counts, self._features[rows], row, column, sums, shared, keep))
        return _stacked(found)


class _Tokens:
    """Tokens: the chance of each, how many latents fire on it, and which and how strongly."""

    def __init__(
        self,
        chances: np.ndarray,
        per_token: np.ndarray,
        features: np.ndarray,
        values: np.ndarray,
    ) -> None:
        self.chances, self.per_token = chances, per_token
        self.features, self.values = features, values

    def __len__(self) -> int:
        return len(self.chances) + len(self.features)

    def below(self, share: float) -> _Tokens:
        """Those with a chance of at most that."""
        if share >= 1:
            return self
        kept = self.chances <= share
        fires = np.repeat(kept, self.per_token)
        return _Tokens(
            self.chances[kept], self.per_token[kept], self.features[fires], self.values[fires]
        )

    @classmethod
    def joined(cls, parts: list[_Tokens]) -> _Tokens:
        """Several one after the other."""
        names = ("chances", "per_token", "features", "values")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def together(d_sae: int, features: np.ndarray, seed: int) -> Together | Remembered:
    """What counts pairs of ``features`` and all latents: a table, where it is small enough."""
    if len(features) * d_sae <= CELLS:
        return Together(d_sae, features)
    return Remembered(d_sae, features, seed)


def _blocks(rows: int, columns: int) -> list[slice]:
    size = max(1, _BLOCK // max(columns, 1))
    return [slice(at, min(at + size, rows)) for at in range(0, rows, size)]


def _strongest(
    counts: Counts,
    own: np.ndarray,
    row: Tensor,
    column: Tensor,
    products: Tensor,
    both: Tensor,
    keep: int,
) -> Partners:
    """The partners of some latents, from their pairs with latents that fire where they do.

    Args:
        counts: of the same tokens.
        own: the latents, ``[row]``.
        row: the first latent's place in ``own``, ``[pair]``.
        column: the second latent.
        products: sums of products of activations.
        both: tokens on which both fire.
        keep: partners a latent.
    """
    n = max(counts.tokens, 1)
    mean, square = torch.from_numpy(counts.total / n), torch.from_numpy(counts.squares / n)
    variance = square - mean * mean
    spread = torch.where(variance > _STEADY * square, variance, 0.0).sqrt()
    mine = torch.from_numpy(own)
    first = mine[row]
    found = (products / n - mean[first] * mean[column]) / (spread[first] * spread[column])
    found = torch.where(found.isfinite() & (first != column), found, -torch.inf)
    shape = (len(own), len(counts.count))
    table = torch.full(shape, -torch.inf).index_put_((row, column), found.float())
    best = table.topk(min(keep, shape[1]), dim=1)
    there = best.values > -torch.inf
    shared = torch.zeros(shape, dtype=torch.int32).index_put_((row, column), both.int())
    shared = shared.gather(1, best.indices)
    count = torch.from_numpy(counts.count)
    either = count[mine, None] + count[best.indices] - shared
    who = torch.full((len(own), keep), -1, dtype=torch.int32)
    pearson, jaccard = (torch.full(who.shape, torch.nan) for _ in range(2))
    columns = slice(best.indices.shape[1])
    who[:, columns] = torch.where(there, best.indices, -1).int()
    pearson[:, columns] = torch.where(there, best.values, torch.nan)
    jaccard[:, columns] = torch.where(there, shared / either, torch.nan).float()
    return who, pearson, jaccard


def _stacked(parts: list[Partners]) -> Partners:
    who, pearson, jaccard = (torch.cat(column) for column in zip(*parts, strict=True))
    return who, pearson, jaccard
