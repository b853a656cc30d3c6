"""Where a latent fires most: in texts that the model reads once, or in rows of activations."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.sae import SAE
    from interp_widgets.core.language_model import LanguageModel

TOKENS = 2048  # of text, or rows, that are looked at; what was shown before is never forgotten
_TEXTS = 256
SHOWN = 4  # examples of a latent
MADE_OF = 9  # true features of a sample, one more than the page names
_AT_ONCE = 64  # rows that are encoded together
_BEFORE, _AFTER = 7, 2  # tokens beside the one that fires most


class Codes:
    """Codes of one latent, worked out only for the rows that are asked for.

    Args:
        sae: the dictionary.
        x: ``[token, d]``.
        latent: its number.
    """

    def __init__(self, sae: SAE, x: Tensor, latent: int) -> None:
        self._sae, self._x, self._latent = sae, x.to(sae.device), latent

    def of(self, rows: Tensor | slice) -> list[float]:
        """Codes of these rows."""
        with torch.no_grad():
            return self._sae.encode(self._x[rows])[:, self._latent].float().tolist()

    def strongest(self) -> Iterator[tuple[int, float]]:
        """Rows that it fires on with their codes, the largest first.

        A code is the positive part of what the latent alone reads, or 0 where it is below its
        threshold or others are chosen before it: so rows come in the order of those readings.
        """
        one = slice(self._latent, self._latent + 1)
        alone = replace(
            self._sae,
            W_enc=self._sae.W_enc[:, one],
            b_enc=self._sae.b_enc[one],
            W_dec=self._sae.W_dec[one],
            **{"activation": "relu", "k": None, "threshold": None, "decoder_weighted": False},
        )
        with torch.no_grad():
            reading = alone.pre(self._x)[:, 0]
        order = reading.argsort(descending=True)[: int((reading > 0).sum())]
        for rows in order.split(_AT_ONCE):
            for row, code in zip(rows.tolist(), self.of(rows), strict=True):
                if code > 0:
                    yield row, code


class Examples:
    """Activations to look for examples in.

    Attributes:
        x: ``[token, d]``.
    """

    def __init__(self, x: Tensor) -> None:
        self.x = x

    def of(self, sae: SAE, latent: int) -> list[dict[str, Any]]:
        """Where a latent fires most, strongest first; empty where it never does."""
        if len(self.x) == 0:
            return []
        return self._best(Codes(sae, self.x, latent))

    def _best(self, codes: Codes) -> list[dict[str, Any]]:
        raise NotImplementedError


class InText(Examples):
    """Tokens of texts. The first token of each is left out, as training does."""

    def __init__(self, model: LanguageModel, site: str, texts: Sequence[str]) -> None:
        from interp_widgets.core.cache import cache

        self._pieces: list[list[str]] = []
        self._text: list[int] = []  # of each row of x
        parts, room = [], TOKENS
        # Texts often come sorted: some of all of them, rather than the first.
        for text in texts[:: max(len(texts) // _TEXTS, 1)]:
            ids = model.ids(text)[: min(room + 1, model.context)]
            if len(ids) < 2:
                continue
            parts.append(cache(model, ids, sites=[site])[site].reshape(len(ids), -1)[1:])
            self._text += [len(self._pieces)] * (len(ids) - 1)
            self._pieces.append(model.tokens(ids)[1:])
            room -= len(ids) - 1
            if room <= 0:
                break
        super().__init__(torch.cat(parts) if parts else torch.empty(0, 0))

    def _best(self, codes: Codes) -> list[dict[str, Any]]:
        best: dict[int, int] = {}  # one example a text
        for row, _ in codes.strongest():
            best.setdefault(self._text[row], row)
            if len(best) == SHOWN:
                break
        found = []
        for text, row in best.items():
            begin, pieces = self._text.index(text), self._pieces[text]
            place = row - begin
            first, last = max(place - _BEFORE, 0), min(place + _AFTER + 1, len(pieces))
            near = codes.of(slice(begin + first, begin + last))
            found.append(
                {
                    "tokens": pieces[first:last],
                    "acts": [round(value, 3) for value in near],
                    "peak": place - first,
                }
            )
        return found


class InRows(Examples):
    """Rows of activations; of samples that were made it is known which features are in them."""

    def __init__(self, x: Any, codes: Any = None) -> None:
        super().__init__(torch.as_tensor(x)[:TOKENS].float())
        self._codes = None if codes is None else torch.as_tensor(codes)[:TOKENS]

    def _best(self, codes: Codes) -> list[dict[str, Any]]:
        return [
            {"row": row, "act": round(code, 3), "features": self._in(row)}
            for row, code in itertools.islice(codes.strongest(), SHOWN)
        ]

    def _in(self, row: int) -> list[int]:
        """True features of a sample, the strongest first."""
        if self._codes is None:
            return []
        strength = self._codes[row]
        shown = min(int((strength > 0).sum()), MADE_OF)
        return strength.argsort(descending=True)[:shown].tolist()
