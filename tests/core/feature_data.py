"""A small dictionary, and texts of random words with activations that depend on content alone."""

from __future__ import annotations

import random

import torch

from interp_widgets.core.dictionary.sae import SAE
from tests.core.tiny import WORDS

D, LATENTS = 12, 20


def dictionary(**changes) -> SAE:
    draw = torch.Generator().manual_seed(0)
    directions = torch.randn(LATENTS, D, generator=draw, dtype=torch.float64)
    bias = torch.randn(LATENTS, generator=draw, dtype=torch.float64) - 3
    bias[3], bias[5] = -1e3, 1e2  # one that never fires, one that always does
    given = {"center": False, "site": "L1.resid_post"} | changes
    return SAE(directions.T.contiguous(), bias, directions, bias.new_zeros(D), **given)


def lists(n: int = 60, seed: int = 0) -> tuple[list[list[str]], list[torch.Tensor]]:
    """Texts of random words, two of them alike, and activations that depend on content alone."""
    draw = random.Random(seed)
    texts = [[f" {w}" for w in draw.choices(WORDS, k=draw.randint(1, 40))] for _ in range(n)]
    texts[7] = texts[4]
    made = {
        word: torch.randn(D, generator=torch.Generator().manual_seed(i), dtype=torch.float64)
        for i, word in enumerate(f" {w}" for w in WORDS)
    }
    rows = []
    for text in texts:
        x = torch.stack([made[word] for word in text])
        rows.append(x + 0.5 * torch.cat([torch.zeros(1, D), x[:-1]]) + 0.1 * x.cumsum(0))
    return texts, rows
