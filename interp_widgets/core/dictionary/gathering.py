"""Gathering what `features` shows, batch by batch, and making a record of it at any time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interp_widgets.core.dictionary.content import Digests, mixed
from interp_widgets.core.dictionary.examples import Best, Pool, Stretch, Windows, sample_scores
from interp_widgets.core.dictionary.feature_record import FeatureDashboards
from interp_widgets.core.dictionary.feature_statistics import Counts
from interp_widgets.core.dictionary.feature_weights import (
    LogitEffects,
    encoder_cosines,
    neighbours,
)
from interp_widgets.core.dictionary.labels import Labels
from interp_widgets.core.dictionary.partners import together
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import TokenBatch, firing

POOL = 512  # windows drawn at random, shared by all latents
LOGITS = 8  # tokens at either end of the logit effects
PARTNERS = 6  # neighbours, and correlated latents
_FAR = np.int64(1 << 32)  # no text has as many tokens
_FAINTEST = np.float32(2.0**-24)  # the smallest float16: what fires must not look silent


@dataclass(frozen=True)
class Settings:
    """What to keep.

    Attributes:
        top, sampled: windows of a latent.
        reach: tokens before and after the peak of a window.
        seed: of all chance.
    """

    top: int = 12
    sampled: int = 16
    reach: tuple[int, int] = (15, 8)
    seed: int = 0


class Gathering:
    """All that is gathered of some latents of a dictionary."""

    def __init__(
        self, sae: SAE, features: Tensor, settings: Settings, about: dict[str, Any]
    ) -> None:
        """Nothing read yet.

        Args:
            sae: the dictionary.
            features: the latents, ``[row]``.
            settings: what to keep.
            about: fields of the record that say where activations come from.
        """
        self._sae, self._features, self._settings, self._about = sae, features, settings, about
        rows, width = len(features), sum(settings.reach) + 1
        self._row_of = np.full(sae.d_sae, -1)
        self._row_of[features.numpy()] = np.arange(rows)
        self._counts = Counts(sae.d_sae, rows)
        self._together = together(sae.d_sae, features.numpy(), settings.seed)
        self._top = Best(rows, settings.top, width)
        # Some of the sample will be among the top windows already.
        self._sample = Best(rows, settings.sampled + settings.top, width)
        self._pool = Pool(POOL, rows, width)
        self._labels = Labels(sae.d_sae)
        self._texts = 0

    @cached_property
    def _near(self) -> tuple[Tensor, Tensor]:
        # When a record is made: of many latents it takes a second, and may never be asked for.
        return neighbours(self._sae, self._features, PARTNERS)

    @property
    def tokens(self) -> int:
        """Tokens that counted so far."""
        return self._counts.tokens

    def add(self, batch: TokenBatch, numbers: np.ndarray | None = None) -> None:
        """Look at a batch of texts.

        Args:
            batch: the texts.
            numbers: what stands for each token's text, uint64 ``[token]``; its id if left out.
        """
        counted = batch.counted.numpy()
        (place,) = np.nonzero(counted)
        found = firing(
            self._sae, batch.activations[torch.from_numpy(place).to(batch.activations.device)]
        )
        tokens, features, values = (part.numpy() for part in found)
        self._counts.add(len(place), features, values)
        rows = self._row_of[features]
        (own,) = np.nonzero(rows >= 0)
        # Latents may be asked for in any order.
        own = own[np.lexsort((rows[own], tokens[own]))]
        self._counts.fill(rows[own], values[own])
        ids = batch.ids.numpy()
        stretch = Stretch(
            ids=ids,
            starts=batch.starts.numpy(),
            first=self._texts,
            counted=counted,
            tokens=place[tokens[own]],
            rows=rows[own],
            values=values[own],
            n_rows=len(self._features),
            reach=self._settings.reach,
            digests=Digests(ids if numbers is None else numbers),
            seed=self._settings.seed,
        )
        contents = stretch.contents(place)
        self._together.add(contents, tokens, features, values)
        self._pool.add(stretch, contents)
        contents = contents[tokens[own]]
        self._top.add(stretch, stretch.values.astype(np.float64), contents)
        scores = sample_scores(stretch, contents, features[own])
        self._sample.add(stretch, scores, contents)
        self._texts += len(batch.starts) - 1

    def record(
        self,
        names: Callable[[list[int]], list[str]],
        effects: LogitEffects | None,
        complete: bool,
    ) -> FeatureDashboards:
        """What is known so far.

        Args:
            names: pieces of token ids.
            effects: on logits, of the same latents.
            complete: everything was read; partners are looked for only then.
        """
        windows, slots = self._windows()
        pool = self._pool.windows
        packed, places = _packed(windows, pool, self._settings.reach)
        known = [packed, *((effects.top_ids, effects.bottom_ids) if effects is not None else ())]
        vocabulary = np.unique(np.concatenate([np.asarray(part).ravel() for part in known]))
        peak_ids = np.full(len(self._features), -1)
        first = np.flatnonzero(slots == 0)
        peak_ids[windows.row[first]] = windows.ids[first, self._settings.reach[0]]
        compact = torch.uint16 if len(vocabulary) < 1 << 16 else torch.int32
        fields: dict[str, Any] = {
            **self._about,
            **self._columns(),
            **_effect_columns(effects, vocabulary, len(self._features)),
            **self._partners(complete),
            **self._slotted(windows, slots, places),
            **_pooled(pool, places[len(windows) :]),
        }
        return FeatureDashboards(
            **fields,
            d_sae=self._sae.d_sae,
            variant=self._sae.variant or self._sae.activation,
            n_texts=self._texts,
            n_tokens=self.tokens,
            complete=complete,
            n_top=self._settings.top,
            features=self._features,
            encoder_cosine=encoder_cosines(self._sae)[self._features],
            neighbours=self._near[0].int(),
            neighbour_cosines=self._near[1].half(),
            peak_ids=_placed(vocabulary, peak_ids),
            pieces=tuple(names(vocabulary.tolist())),
            tokens=torch.from_numpy(np.searchsorted(vocabulary, packed)).to(compact),
            pool_fires=torch.from_numpy(np.packbits(self._pool.fires.T, axis=1)),
            labels=self._labels,
        )

    def _windows(self) -> tuple[Windows, np.ndarray]:
        """Top windows and sample of all latents, and the slot of each."""
        top, sample = self._top.windows(), self._sample.windows()
        both = [mixed(w.content ^ mixed(w.row.astype(np.uint64))) for w in (top, sample)]
        sample = sample[~np.isin(both[1], both[0])]
        sample = sample[_rank(sample.row) < self._settings.sampled]
        sample = sample[np.lexsort((sample.content, -sample.value, sample.row))]
        slots = np.concatenate([_rank(top.row), _rank(sample.row) + self._settings.top])
        return Windows.joined([top, sample]), slots

    def _slotted(
        self, windows: Windows, slots: np.ndarray, places: np.ndarray
    ) -> dict[str, Tensor]:
        """Windows as tables ``[row, window]``."""
        shape = (len(self._features), self._settings.top + self._settings.sampled)
        starts, lengths, peaks = places[: len(windows)].T
        most = np.maximum(self._counts.most[windows.row], np.finfo(np.float32).tiny)
        share = windows.activity / most[:, None].astype(np.float32)
        share = np.where(windows.activity > 0, np.maximum(share, _FAINTEST), np.float32(0))
        columns: dict[str, tuple[np.ndarray, Any, type]] = {
            "starts": (starts, -1, np.int32),
            "lengths": (lengths, 0, np.uint8),
            "peaks": (peaks, 0, np.uint8),
            "activity": (_left(share, windows.ids), 0, np.float16),
            "held_out": (windows.held_out, False, bool),
            "texts": (windows.text, -1, np.int32),
            "ranks": (self._counts.ranks(windows.row, windows.value), np.nan, np.float16),
        }
        found = {}
        for name, (values, absent, dtype) in columns.items():
            table = np.full(shape + values.shape[1:], absent, dtype=dtype)
            table[windows.row, slots] = values
            found[name] = torch.from_numpy(table)
        return found

    def _columns(self) -> dict[str, Tensor]:
        counts, at = self._counts, self._features.numpy()
        count = counts.count[at]
        histogram, width = counts.histogram()
        with np.errstate(invalid="ignore"):
            mean = counts.total[at] / count
        columns = {
            "density": count / max(counts.tokens, 1),
            "max": counts.most,
            "mean": mean,
            "quantiles": counts.quantiles(),
            "bin_width": width,
        }
        found = {name: torch.from_numpy(column).float() for name, column in columns.items()}
        whole = {"count": torch.from_numpy(count), "histogram": torch.from_numpy(histogram).int()}
        return found | whole

    def _partners(self, complete: bool) -> dict[str, Tensor]:
        if complete:
            who, pearson, jaccard = self._together.partners(self._counts, PARTNERS)
        else:
            shape = (len(self._features), PARTNERS)
            who = torch.full(shape, -1, dtype=torch.int32)
            pearson = jaccard = torch.full(shape, torch.nan)
        return {"correlated": who, "correlations": pearson.half(), "jaccards": jaccard.half()}


def _rank(row: np.ndarray) -> np.ndarray:
    """How many of the same row come before each, of rows in order."""
    return np.arange(len(row)) - np.searchsorted(row, row)


def _packed(
    windows: Windows, pool: Windows, reach: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """All windows as stretches of one row of tokens, in which overlaps are stored once.

    Returns:
        Ids of tokens; and of each window, those of the pool last, its start, its length and the
        place of its peak, ``[window, 3]``.
    """
    ids = np.concatenate([windows.ids, pool.ids])
    text = np.concatenate([windows.text, pool.text])
    position = np.concatenate([windows.position, pool.position])
    there = ids >= 0
    where = (text * _FAR + position)[:, None] + np.arange(-reach[0], reach[1] + 1)
    kept, first = np.unique(where[there], return_index=True)
    skipped = there.argmax(1)
    starts = np.searchsorted(kept, where[np.arange(len(ids)), skipped])
    return ids[there][first], np.stack([starts, there.sum(1), reach[0] - skipped], axis=1)


def _left(share: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Rows moved so that the first token of each window stands in the first column."""
    columns = np.arange(share.shape[1]) + (ids >= 0).argmax(1)[:, None]
    inside = columns < share.shape[1]
    return np.where(inside, np.take_along_axis(share, columns * inside, axis=1), 0)


def _pooled(pool: Windows, places: np.ndarray) -> dict[str, Tensor]:
    """The windows that all latents share."""
    starts, lengths, peaks = torch.from_numpy(places).T
    return {
        "pool_starts": starts.int(),
        "pool_lengths": lengths.to(torch.uint8),
        "pool_peaks": peaks.to(torch.uint8),
        "pool_held_out": torch.from_numpy(pool.held_out),
        "pool_texts": torch.from_numpy(pool.text).int(),
    }


def _placed(vocabulary: np.ndarray, ids: np.ndarray) -> Tensor:
    """Places of token ids in a list in order; -1 of -1."""
    return torch.from_numpy(np.where(ids < 0, -1, np.searchsorted(vocabulary, ids))).int()


def _effect_columns(
    effects: LogitEffects | None, vocabulary: np.ndarray, rows: int
) -> dict[str, Tensor]:
    if effects is None:
        ids, numbers = torch.full((rows, LOGITS), -1), torch.full((rows, LOGITS), torch.nan)
        one = torch.full((rows,), torch.nan)
        shape = {"skew": one, "kurtosis": one, "entropy": one}
        both = {f"{end}_effects": numbers.half() for end in ("top", "bottom")}
        return both | {f"{end}_ids": ids.int() for end in ("top", "bottom")} | shape
    return {
        "top_effects": effects.top.half(),
        "top_ids": _placed(vocabulary, effects.top_ids.numpy()),
        "bottom_effects": effects.bottom.half(),
        "bottom_ids": _placed(vocabulary, effects.bottom_ids.numpy()),
        "skew": effects.skew,
        "kurtosis": effects.kurtosis,
        "entropy": effects.entropy,
    }
