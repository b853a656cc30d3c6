"""The windows of text that show a latent, chosen in one pass and in bounded memory.

A window is a token on which the latent fires and some tokens around it. Of each latent two sets are
kept: the *top* windows, by activation, and a *sample* in which a window's chance is proportional to
its activation (Efraimidis and Spirakis, 2006). Both have one window a text at most and no two with
the same tokens. A third set, the *pool*, is shared: windows drawn at random from all text, with
what fires in each; those in which a latent is silent are its negatives.

Chance comes from content (`content`), so the sets do not depend on the order of texts.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from interp_widgets.core.dictionary.content import Digests, chance, mixed


@dataclass(frozen=True)
class Stretch:
    """A batch of whole texts, and what fires on them.

    Attributes:
        ids: of tokens, ``[token]``.
        starts: where each text begins and where the last ends, ``[text + 1]``.
        first: number of the first text, counted over all batches.
        counted: tokens that count, ``[token]``.
        tokens, rows, values: the pairs that fire: token, row of the latent, how strongly. In the
            order of tokens, and of rows within a token.
        n_rows: latents looked at.
        reach: tokens before and after the peak of a window.
        digests: of stretches of these tokens.
        seed: of all chance.
    """

    ids: np.ndarray
    starts: np.ndarray
    first: int
    counted: np.ndarray
    tokens: np.ndarray
    rows: np.ndarray
    values: np.ndarray
    n_rows: int
    reach: tuple[int, int]
    digests: Digests
    seed: int

    def text_of(self, tokens: np.ndarray) -> np.ndarray:
        """The text that tokens are in, counted in this batch."""
        return np.searchsorted(self.starts, tokens, side="right") - 1

    def spans(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the windows around tokens begin and end; they do not leave their text."""
        text = self.text_of(tokens)
        begin = np.maximum(tokens - self.reach[0], self.starts[text])
        return begin, np.minimum(tokens + self.reach[1] + 1, self.starts[text + 1])

    def contents(self, tokens: np.ndarray) -> np.ndarray:
        """Digest of the window around each token, its peak's place included."""
        begin, end = self.spans(tokens)
        return mixed(self.digests(begin, end) ^ mixed(tokens - begin))

    def held_out(self, tokens: np.ndarray) -> np.ndarray:
        """Whether explanations may not see the text of each token: every other one, by content."""
        whole = self.digests(self.starts[:-1], self.starts[1:])
        # Of the top bit: which texts are held out must not go with which windows are drawn.
        return (mixed(whole ^ mixed(np.uint64(self.seed))) >> np.uint64(63)).astype(bool)[
            self.text_of(tokens)
        ]

    def around(self, tokens: np.ndarray) -> np.ndarray:
        """Places of the window around each token, ``[window, width]``; -1 outside its text."""
        begin, end = self.spans(tokens)
        at = tokens[:, None] + np.arange(-self.reach[0], self.reach[1] + 1)
        return np.where((at >= begin[:, None]) & (at < end[:, None]), at, -1)

    def activations(self, rows: np.ndarray, places: np.ndarray) -> np.ndarray:
        """How strongly latents fire at places ``[window, width]``; 0 where they do not."""
        keys = self.tokens * self.n_rows + self.rows
        wanted = places * self.n_rows + rows[:, None]
        if not len(keys):
            return np.zeros(wanted.shape, dtype=np.float32)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, self.values[at], 0).astype(np.float32)


@dataclass(frozen=True)
class Windows:
    """Windows of latents, side by side.

    Attributes:
        row: of the latent, ``[window]``.
        score: what windows are chosen by; more is better.
        content: digest of the window.
        value: activation at the peak.
        text: number of the text.
        position: of the peak in its text.
        held_out: whether explanations may not see it.
        ids: of tokens, the peak always in the same column, ``[window, width]``; -1 outside.
        activity: activations of these tokens, ``[window, width]``.
    """

    row: np.ndarray
    score: np.ndarray
    content: np.ndarray
    value: np.ndarray
    text: np.ndarray
    position: np.ndarray
    held_out: np.ndarray
    ids: np.ndarray
    activity: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, chosen: np.ndarray) -> Self:
        return type(self)(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Several one after the other."""
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    @classmethod
    def none(cls, width: int) -> Self:
        """No window."""
        whole, real = np.empty(0, dtype=np.int64), np.empty(0)
        ids, activity = np.empty((0, width), np.int32), np.empty((0, width), np.float32)
        content, flag = np.empty(0, dtype=np.uint64), np.empty(0, dtype=bool)
        return cls(whole, real, content, real, whole, whole, flag, ids, activity)


class Best:
    """The windows with the best scores, so many of each latent."""

    def __init__(self, n_rows: int, keep: int, width: int) -> None:
        """Nothing seen yet; ``keep`` windows a latent."""
        self.keep = keep
        self._floor = np.full(n_rows, -np.inf)  # the last score that is good enough
        self._kept = Windows.none(width)
        self._new: list[Windows] = []

    def add(self, stretch: Stretch, scores: np.ndarray, contents: np.ndarray) -> None:
        """Look at a batch.

        Args:
            stretch: the batch.
            scores: of each pair that fires.
            contents: digest of the window around each pair's token.
        """
        (chosen,) = np.nonzero(scores >= self._floor[stretch.rows])
        text = stretch.text_of(stretch.tokens[chosen])
        # The best of each text and latent; of equals the first in the text.
        group = text * stretch.n_rows + stretch.rows[chosen]
        chosen = chosen[_first_of(group, -scores[chosen])]
        chosen = chosen[_best_of(stretch.rows[chosen], scores[chosen], contents[chosen], self.keep)]
        if not len(chosen):
            return
        tokens, rows = stretch.tokens[chosen], stretch.rows[chosen]
        text, places = stretch.text_of(tokens), stretch.around(tokens)
        self._new.append(
            Windows(
                row=rows,
                score=scores[chosen],
                content=contents[chosen],
                value=stretch.values[chosen].astype(np.float64),
                text=text + stretch.first,
                position=tokens - stretch.starts[text],
                held_out=stretch.held_out(tokens),
                ids=np.where(places < 0, -1, stretch.ids[places]).astype(np.int32),
                activity=stretch.activations(rows, places),
            )
        )
        if sum(map(len, self._new)) > max(4096, len(self._kept) // 2):
            self.windows()

    def windows(self) -> Windows:
        """The best so far, by latent, the best first."""
        if self._new:
            every = Windows.joined([self._kept, *self._new])
            self._kept = every[_best_of(every.row, every.score, every.content, self.keep)]
            self._new = []
            rows, counts = np.unique(self._kept.row, return_counts=True)
            last = np.cumsum(counts) - 1
            full = counts == self.keep
            self._floor[rows[full]] = self._kept.score[last[full]]
        return self._kept


def _first_of(group: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Places of the least of each group by ``order``; of equals the first."""
    ranked = np.lexsort((order, group))
    return ranked[np.diff(group[ranked], prepend=-1) != 0]


def _best_of(row: np.ndarray, score: np.ndarray, content: np.ndarray, keep: int) -> np.ndarray:
    """Places of the ``keep`` best of each row, of windows with the same tokens only one."""
    ranked = np.lexsort((-score, content, row))
    same = (row[ranked][1:] == row[ranked][:-1]) & (content[ranked][1:] == content[ranked][:-1])
    single = ranked[np.concatenate([[True], ~same])[: len(ranked)]]
    ranked = single[np.lexsort((content[single], -score[single], row[single]))]
    begin = np.searchsorted(row[ranked], row[ranked])
    return ranked[np.arange(len(ranked)) - begin < keep]


def sample_scores(stretch: Stretch, contents: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Scores by which the best are a sample, each with a chance proportional to its activation.

    Args:
        stretch: the batch.
        contents: digest of the window around each pair's token.
        features: the latent of each pair; a window is drawn for one latent as if alone.
    """
    own = mixed(features.astype(np.uint64) ^ mixed(np.uint64(stretch.seed + 1)))
    return np.log(chance(contents ^ own)) / stretch.values


class Pool:
    """Windows drawn from all text, each with the latents that fire in it.

    Attributes:
        windows: at most ``size``, those with the best scores first; their ``activity`` is empty.
        fires: ``[window, latent]``.
    """

    def __init__(self, size: int, n_rows: int, width: int) -> None:
        """Nothing seen yet."""
        self._size = size
        self.windows = Windows.none(width)
        self.fires = np.zeros((0, n_rows), dtype=bool)

    def add(self, stretch: Stretch, contents: np.ndarray) -> None:
        """Look at a batch; ``contents`` are digests of the windows around tokens that count."""
        (tokens,) = np.nonzero(stretch.counted)
        scores = chance(contents ^ mixed(np.uint64(stretch.seed + 2)))
        if len(self.windows) == self._size:
            chosen = scores >= self.windows.score.min()
            tokens, contents, scores = tokens[chosen], contents[chosen], scores[chosen]
        one = np.zeros(len(tokens), dtype=np.int64)
        chosen = _best_of(one, scores, contents, self._size)
        tokens, contents, scores = tokens[chosen], contents[chosen], scores[chosen]
        text, places = stretch.text_of(tokens), stretch.around(tokens)
        new = Windows(
            row=one[chosen],
            score=scores,
            content=contents,
            value=np.zeros(len(tokens)),
            text=text + stretch.first,
            position=tokens - stretch.starts[text],
            held_out=stretch.held_out(tokens),
            ids=np.where(places < 0, -1, stretch.ids[places]).astype(np.int32),
            activity=np.zeros(places.shape, dtype=np.float32),
        )
        every = Windows.joined([self.windows, new])
        fires = np.concatenate([self.fires, _fires(stretch, tokens)])
        best = _best_of(every.row, every.score, every.content, self._size)
        self.windows, self.fires = every[best], fires[best]


def _fires(stretch: Stretch, peaks: np.ndarray) -> np.ndarray:
    """Which latents fire anywhere in the windows around tokens, ``[window, latent]``."""
    begin, end = stretch.spans(peaks)
    low, high = np.searchsorted(stretch.tokens, begin), np.searchsorted(stretch.tokens, end)
    found = np.zeros((len(peaks), stretch.n_rows), dtype=bool)
    window = np.repeat(np.arange(len(peaks)), high - low)
    pair = np.arange(len(window)) + np.repeat(
        low - np.cumsum(high - low) + (high - low), high - low
    )
    found[window, stretch.rows[pair]] = True
    return found
