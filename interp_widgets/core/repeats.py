"""Lists of random words written twice: what a model makes of the second copy, and which heads.

The measures of the training timeline, on the same lists, so that a recorded number can be measured
again. A head's score is its mean weight at a fixed distance: one back (previous token), or, from
the second copy, as far back as the token after the word's first copy (induction; Olsson et al.,
2022).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.language_model import check_model
from interp_widgets.core.sites import Site
from interp_widgets.core.timeline import words

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

LISTS, LENGTH, SEED = 64, 25, 11  # as the timeline was recorded


@dataclass(frozen=True, eq=False)
class Repeats:
    """A model on word lists written twice.

    Attributes:
        tokens: pieces of the first list, BOS in front.
        patterns: weights on that list, ``[layer, head, dst, src]``.
        previous, induction: score of every head, 0..1, ``[layer, head]``.
        loss: of predicting each token from those before it, nats, ``[pos - 1]``, mean over lists.
        length: words of one copy.
        accuracy: share of words right from the second word of the second copy on.
    """

    tokens: tuple[str, ...]
    patterns: Tensor
    previous: Tensor
    induction: Tensor
    loss: Tensor
    length: int
    accuracy: float

    @property
    def loss_first(self) -> float:
        """Mean loss in the first copy, nats."""
        return float(self.loss[: self.length].mean())

    @property
    def loss_second(self) -> float:
        """Mean loss in the second copy from its second word on, nats."""
        return float(self.loss[self.length + 1 :].mean())


@torch.no_grad()
def repeats(model: LanguageModel) -> Repeats:
    """Run a model that speaks the course model's words on the timeline's lists.

    Args:
        model: the course model, or one of its checkpoints.

    Raises:
        ValueError: a model whose tokenizer has no BOS or splits these words.
    """
    check_model(model)
    ids = _lists(model)
    heads = torch.zeros(2, model.n_layers, model.n_heads)
    patterns = torch.zeros(model.n_layers, model.n_heads, ids.shape[1], ids.shape[1])

    def look(layer: int) -> Edit:
        def seen(pattern: Tensor) -> None:
            patterns[layer] = pattern[0]
            before = pattern.diagonal(-1, -2, -1)[..., 1:]
            after = pattern.diagonal(1 - LENGTH, -2, -1)[..., 2:]
            heads[:, layer] = torch.stack([before.mean((0, 2)), after.mean((0, 2))])

        return seen

    with hooked(model, {Site(n, "pattern"): look(n) for n in range(model.n_layers)}):
        logits = model.logits(ids)[:, :-1].float()
    loss = F.cross_entropy(logits.mT, ids[:, 1:], reduction="none")
    right = (logits.argmax(-1) == ids[:, 1:])[:, LENGTH + 1 :]
    return Repeats(
        tokens=tuple(model.tokens(ids[0])),
        patterns=patterns,
        previous=heads[0],
        induction=heads[1],
        loss=loss.mean(0).cpu(),
        length=LENGTH,
        accuracy=float(right.float().mean()),
    )


def _lists(model: LanguageModel) -> Tensor:
    """BOS and the lists, each twice: ``[list, 1 + 2 · LENGTH]``."""
    bos = model.tokenizer.bos_token_id
    if bos is None:
        raise ValueError(f"{model.name} has no BOS, with which the lists begin.")
    vocabulary = torch.tensor([model.token_id(f" {word}") for word in words()])
    draw = random.Random(SEED)
    rows = [draw.choices(range(len(vocabulary)), k=LENGTH) for _ in range(LISTS)]
    once = vocabulary[torch.tensor(rows)]
    start = torch.full((LISTS, 1), bos, dtype=torch.long)
    return torch.cat([start, once, once], dim=1).to(model.device)
