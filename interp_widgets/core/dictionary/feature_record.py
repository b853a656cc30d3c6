"""The record of many latents: columns of numbers, and windows of text packed into one table.

Columns hold one entry a latent and can be read without decoding anything, so a list of ten thousand
latents costs nothing. Windows are stretches of one shared row of tokens, and tokens are numbers of
one shared list of pieces; `Feature` decodes those of one latent when they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import index
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.explanation import Explanation, check_explanation
from interp_widgets.core.dictionary.feature_statistics import LEVELS
from interp_widgets.core.dictionary.feature_view import Example, Feature
from interp_widgets.core.dictionary.labels import Labels
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from interp_widgets.core.dictionary.scores import Score


@dataclass(frozen=True, eq=False, repr=False)
class FeatureDashboards(Result):
    """What each latent of a dictionary is about.

    ``dash[17]`` is the latent 17 as a `Feature`. In a partial record (`iter_features`) partners are
    not known yet (-1, NaN); all else is of the tokens read so far. Where there is no window or
    token, numbers are -1. `labels` and `explanations` may be changed; all else may not.

    Attributes:
        site: where the dictionary reads.
        variant: of the dictionary.
        d_sae: latents of the dictionary.
        n_texts, n_tokens: read; tokens that count.
        complete: all texts were read.
        n_top: how many of the windows of a latent are its top ones; the others are its sample.
        features: numbers of the latents, int64 ``[row]``.
        count: tokens on which each fires, int64 ``[row]``.
        density: the same as a share of all tokens, 0..1, ``[row]``.
        max: largest activation, ``[row]``; 0 of a dead latent.
        mean: activation where it fires, ``[row]``; NaN of a dead latent.
        quantiles: activations that shares `LEVELS` of those tokens stay below, ``[row, level]``.
        histogram: tokens by activation, int32 ``[row, bin]``; bin i begins at i times `bin_width`.
        bin_width: ``[row]``; 0 of a dead latent.
        top_effects, bottom_effects: largest and smallest logits that a unit of it adds, float16
            ``[row, k]``; NaN where the dictionary does not write to the stream.
        top_ids, bottom_ids: pieces of their tokens, int32 ``[row, k]``.
        skew, kurtosis, entropy: of the effects, ``[row]``, see `feature_weights`.
        encoder_cosine: of what it reads and what it writes, ``[row]``.
        neighbours: latents with the closest directions, int32 ``[row, k]``; `neighbour_cosines`.
        correlated: latents whose activations go with its own, int32 ``[row, k]``; their Pearson
            `correlations` and `jaccards` over all tokens, float16.
        peak_ids: piece of the token it fires on most strongly, int32 ``[row]``.
        pieces: every token of the record as text.
        tokens: stretches of text one after the other, numbers of pieces, ``[token]``.
        starts: where each window begins in ``tokens``, int32 ``[row, window]``.
        lengths, peaks: tokens of a window, and the place of its peak, uint8 ``[row, window]``.
        activity: activations as shares of ``max``, float16 ``[row, window, place]``.
        held_out: explanations may not see the window, ``[row, window]``.
        texts: number of the text, int32 ``[row, window]``.
        ranks: share of the tokens on which the latent fires on which it fires more weakly than at
            the window's peak, 0..1, float16 ``[row, window]``.
        pool_starts, pool_lengths, pool_peaks, pool_held_out, pool_texts: the same of windows drawn
            at random, ``[window]``.
        pool_fires: which latents fire in them, a bit each, uint8 ``[row, window / 8]``.
        labels: names of latents.
        explanations: what programs made of them, by feature.
    """

    site: str
    variant: str
    d_sae: int
    n_texts: int
    n_tokens: int
    complete: bool
    n_top: int
    features: Tensor
    count: Tensor
    density: Tensor
    max: Tensor
    mean: Tensor
    quantiles: Tensor
    histogram: Tensor
    bin_width: Tensor
    top_effects: Tensor
    top_ids: Tensor
    bottom_effects: Tensor
    bottom_ids: Tensor
    skew: Tensor
    kurtosis: Tensor
    entropy: Tensor
    encoder_cosine: Tensor
    neighbours: Tensor
    neighbour_cosines: Tensor
    correlated: Tensor
    correlations: Tensor
    jaccards: Tensor
    peak_ids: Tensor
    pieces: tuple[str, ...]
    tokens: Tensor
    starts: Tensor
    lengths: Tensor
    peaks: Tensor
    activity: Tensor
    held_out: Tensor
    texts: Tensor
    ranks: Tensor
    pool_starts: Tensor
    pool_lengths: Tensor
    pool_peaks: Tensor
    pool_held_out: Tensor
    pool_texts: Tensor
    pool_fires: Tensor
    labels: Labels
    explanations: dict[int, list[Explanation]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse packed windows that point outside; a file may come from anybody."""
        n = len(self.features)
        for name, value in vars(self).items():
            is_column = isinstance(value, Tensor) and not name.startswith(("pool_", "tokens"))
            if (is_column or name == "pool_fires") and len(value) != n:
                raise ValueError(f"{name} has {len(value)} rows for {n} latents")
        words = self.tokens.long()
        if len(words) and not 0 <= int(words.min()) <= int(words.max()) < len(self.pieces):
            raise ValueError("tokens that are none of the pieces")
        for starts, lengths in ((self.starts, self.lengths), (self.pool_starts, self.pool_lengths)):
            if bool((starts.long() + lengths.long() > len(words)).any()):
                raise ValueError("windows that end after the last token")
        for ids in (self.peak_ids, self.top_ids, self.bottom_ids):
            if ids.numel() and not -1 <= int(ids.min()) <= int(ids.max()) < len(self.pieces):
                raise ValueError("tokens that are none of the pieces")

    def __repr__(self) -> str:
        state = "" if self.complete else ", partial"
        return (
            f"FeatureDashboards({len(self)} latents, {self.n_tokens} tokens{state}, {self.site}, "
            f"{self.model})"
        )

    def __len__(self) -> int:
        return len(self.features)

    def __iter__(self) -> Iterator[int]:
        return iter(self.features.tolist())

    def __contains__(self, feature: object) -> bool:
        number = _number(feature)
        return number is not None and bool((self.features == number).any())

    def __getitem__(self, feature: int) -> Feature:
        return Feature(self, self.row(feature))

    @property
    def levels(self) -> tuple[float, ...]:
        """The shares of `quantiles`."""
        return LEVELS

    @property
    def dead(self) -> Tensor:
        """Latents that fired on no token, bool ``[row]``."""
        return self.count == 0

    @property
    def layer(self) -> int | None:
        """The layer of the place, None of ``embed`` and ``final``."""
        found = re.match(r"L(\d+)\.", self.site)
        return int(found[1]) if found else None

    def row(self, feature: int) -> int:
        """Where a latent stands in the columns.

        Raises:
            KeyError: not among these latents.
        """
        number = _number(feature)
        found = [] if number is None else (self.features == number).nonzero().flatten().tolist()
        if not found:
            which = f"{self.d_sae}, 0 to {self.d_sae - 1}"
            if len(self) < self.d_sae:
                which = f"{len(self)} of {self.d_sae}, the first {self.features[:3].tolist()}"
            raise KeyError(f"no latent {feature!r:.40} here: there are {which}. Give one's number.")
        return found[0]

    @cached_property
    def pool(self) -> tuple[Example, ...]:
        """The windows that were drawn at random, as those see them that are silent there."""
        columns = (
            self.pool_starts,
            self.pool_lengths,
            self.pool_peaks,
            self.pool_held_out,
            self.pool_texts,
        )
        return tuple(
            Example(self.words(start, n), (0.0,) * n, peak, "quiet", None, held_out, text)
            for start, n, peak, held_out, text in zip(*(c.tolist() for c in columns), strict=True)
        )

    def words(self, start: int, length: int) -> tuple[str, ...]:
        """Pieces of a stretch of ``tokens``."""
        return tuple(self.pieces[i] for i in self.tokens[start : start + length].tolist())

    def examples(self, feature: int) -> tuple[Example, ...]:
        """Windows in which a latent fires: the top ones, then the sample."""
        return self[feature].examples

    def explain(self, feature: int, method: Any = "tokens") -> Explanation:
        """Say what a latent is about, and keep it in place of what that method said before.

        Args:
            feature: the latent.
            method: ``"tokens"``, ``"ngram"``, ``"output"``, or a function that takes a prompt and
                answers it; see `explain.explain`, also for what it raises.
        """
        from interp_widgets.core.dictionary.explain import explain

        found = explain(self, feature, method)
        self.keep(found)
        return found

    def score(
        self, explanation: Explanation, how: str = "detection", ask: Any = None, seed: int = 0
    ) -> Score:
        """Judge an explanation on windows that it did not see; a kept one keeps its score.

        Args:
            explanation: of `explain`, or ``Explanation(feature, "llm", words)``.
            how: ``"detection"``, ``"fuzzing"`` or ``"simulation"``.
            ask: who reads words, a function that takes a prompt and answers it.
            seed: of the choice of windows; see `scores.score`, also for what it raises.
        """
        from interp_widgets.core.dictionary.scores import keep_score, score

        found = score(self, explanation, how, ask, seed)
        for kept in self.explanations.get(explanation.feature, ()):
            if (kept.kind, kept.text) == (explanation.kind, explanation.text):
                self.keep(keep_score(kept, found))
                break
        return found

    def keep(self, explanation: Explanation) -> None:
        """Keep an explanation, in place of one of the same kind.

        Raises:
            TypeError: something else. KeyError: of a latent that is not among these.
        """
        check_explanation(explanation)
        feature = int(self.features[self.row(explanation.feature)])
        kept = self.explanations.setdefault(feature, [])
        kept[:] = [one for one in kept if one.kind != explanation.kind] + [explanation]

    def search(self, query: str) -> list[int]:
        """Latents whose label, note, strongest token or top logits hold ``query``, in order.

        Upper and lower case are alike. An empty query finds all.

        Raises:
            TypeError: no text.
        """
        if not isinstance(query, str):
            raise TypeError(f"what is searched for is text; got {type(query).__name__}.")
        query = query.casefold()
        fits = torch.tensor([query in piece.casefold() for piece in self.pieces] + [False])
        ids = torch.cat([self.peak_ids[:, None], self.top_ids], dim=1).long()
        by_token = fits[torch.where(ids < 0, len(self.pieces), ids)].any(1)
        named = {
            feature
            for feature, label in self.labels.items()
            if not label.hidden and query in f"{label.text}\n{label.note}".casefold()
        }
        found = zip(self.features.tolist(), by_token.tolist(), strict=True)
        return [feature for feature, there in found if there or feature in named or not query]

    def describe(self) -> str:
        """One sentence: how many latents, how many are dead, how dense the others are."""
        alive = ~self.dead
        typical = float(self.density[alive].median()) if bool(alive.any()) else 0.0
        return (
            f"{len(self)} latents at {self.site} of {self.model}, read on {self.n_tokens} tokens: "
            f"{int(self.dead.sum())} never fire, half of the others on less than {typical:.2%} of "
            f"the tokens; {sum(feature in self for feature in self.labels)} have labels."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a latent.

        Columns: feature, label, density, max, mean, peak_token, top_logit (the token it makes
        likeliest), kurtosis, neighbour, neighbour_cosine, partner (correlated most), correlation.
        """
        import pandas as pd

        names = (*self.pieces, "")
        first = {"neighbour": self.neighbours, "partner": self.correlated}
        numbers = {
            "neighbour_cosine": self.neighbour_cosines,
            "correlation": self.correlations,
        }
        return pd.DataFrame(
            {
                "feature": self.features.numpy(),
                "label": [self.labels.text(feature) for feature in self],
                "density": self.density.numpy(),
                "max": self.max.numpy(),
                "mean": self.mean.numpy(),
                "peak_token": [names[i] for i in self.peak_ids.tolist()],
                "top_logit": [names[i] for i in self.top_ids[:, 0].tolist()],
                "kurtosis": self.kurtosis.numpy(),
                **{name: _first(x, -1).numpy() for name, x in first.items()},
                **{name: _first(x, torch.nan).float().numpy() for name, x in numbers.items()},
            }
        )

    def _parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        tensors, plain = super()._parts()
        said = [one.to_json() for kept in self.explanations.values() for one in kept]
        return tensors, plain | {"labels": self.labels.to_json(), "explanations": said}

    @classmethod
    def _values(cls, plain: dict[str, Any], tensors: dict[str, Tensor]) -> dict[str, Any]:
        labels = Labels.from_json(plain["d_sae"], plain["labels"])
        explanations: dict[int, list[Explanation]] = {}
        for said in plain["explanations"]:
            one = Explanation.from_json(said)
            explanations.setdefault(one.feature, []).append(one)
        rest = plain | {"labels": None, "explanations": None}
        values = super()._values(rest, tensors)
        return values | {"labels": labels, "explanations": explanations}


def _number(feature: Any) -> int | None:
    """A whole number of Python's, NumPy's or torch's; None of anything else."""
    try:
        return None if isinstance(feature, bool) else index(feature)
    except TypeError:
        return None


def _first(table: Tensor, absent: float) -> Tensor:
    """The first column, or what stands for none where there is no column."""
    return table[:, 0] if table.shape[1] else table.new_full((len(table),), absent)
