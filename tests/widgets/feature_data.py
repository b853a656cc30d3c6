"""Dashboards of a random dictionary of the tiny model, for tests of what shows them."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

import torch
from torch.nn.functional import normalize

import interp_widgets as iw
from interp_widgets.core.dictionary.sae import SAE
from tests.core.tiny import WORDS

LATENTS = 24


@lru_cache(maxsize=2)
def small_sae(seed: int = 0) -> SAE:
    """A dictionary of the tiny model's middle layer; its last two latents are dead."""
    rng = torch.Generator().manual_seed(seed)
    directions = normalize(torch.randn(LATENTS, 32, generator=rng), dim=-1)
    alive = (torch.arange(LATENTS) < LATENTS - 2).float()
    return SAE(
        directions.T * alive,
        torch.zeros(LATENTS),
        directions,
        torch.zeros(32),
        activation="topk",
        k=3,
        site="L1.resid_post",
        variant="topk",
    )


def dashboards(model: Any, seed: int = 0) -> Any:
    """What its latents fire on, in texts of the tiny model's words; labels are new each time."""
    rng = random.Random(0)
    texts = [" ".join(rng.choices(WORDS, k=12)) for _ in range(60)]
    return iw.features(model, small_sae(seed), texts)
