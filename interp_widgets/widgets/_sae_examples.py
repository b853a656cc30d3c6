"""Where a latent fires most: in texts that the model reads once, or in rows of activations."""

from __future__ import annotations

from collections.abc import Sequence
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
_BEFORE, _AFTER = 7, 2  # tokens beside the one that fires most


class Examples:
    """Activations to look for examples in.

    Attributes:
        x: ``[token, d]``.
    """

    def __init__(self, x: Tensor) -> None:
        self.x = x

    def of(self, sae: SAE, latent: int) -> list[dict[str, Any]]:
        """Where a latent fires most, strongest first; empty where it never does."""
        with torch.no_grad():
            return self._best(sae.encode(self.x.to(sae.device))[:, latent].float().cpu())

    def _best(self, acts: Tensor) -> list[dict[str, Any]]:
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

    def _best(self, acts: Tensor) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        used: set[int] = set()
        begins = {text: self._text.index(text) for text in set(self._text)}
        for row in acts.argsort(descending=True).tolist():
            text = self._text[row]
            if acts[row] <= 0 or len(found) == SHOWN:
                break
            if text in used:  # one example a text
                continue
            used.add(text)
            place, pieces = row - begins[text], self._pieces[text]
            first, last = max(place - _BEFORE, 0), min(place + _AFTER + 1, len(pieces))
            near = acts[begins[text] + first : begins[text] + last]
            found.append(
                {
                    "tokens": pieces[first:last],
                    "acts": [round(value, 3) for value in near.tolist()],
                    "peak": place - first,
                }
            )
        return found


class InRows(Examples):
    """Rows of activations; of samples that were made it is known which features are in them."""

    def __init__(self, x: Any, codes: Any = None) -> None:
        super().__init__(torch.as_tensor(x)[:TOKENS].float())
        self._codes = None if codes is None else torch.as_tensor(codes)[:TOKENS]

    def _best(self, acts: Tensor) -> list[dict[str, Any]]:
        best = [row for row in acts.topk(min(SHOWN, len(acts))).indices.tolist() if acts[row] > 0]
        return [
            {"row": row, "act": round(float(acts[row]), 3), "features": self._in(row)}
            for row in best
        ]

    def _in(self, row: int) -> list[int]:
        """True features of a sample, the strongest first."""
        if self._codes is None:
            return []
        strength = self._codes[row]
        shown = min(int((strength > 0).sum()), MADE_OF)
        return strength.argsort(descending=True)[:shown].tolist()
