"""A control for dictionaries: random directions that fire as often as its latents do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from interp_widgets.core.dictionary.feature_record import FeatureDashboards
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import TokenBatch, each_text, token_batches
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import expand

_TOKENS = 20_000  # that thresholds are found on
_MARGIN = 1e-4  # standard deviations: tokens that are equal stay on one side of a threshold


def random_directions(
    model: LanguageModel,
    dashboards: FeatureDashboards,
    texts: Iterable[Any] | str | Path,
    which: Sequence[int] | None = None,
    seed: int = 0,
) -> SAE:
    """A dictionary of random directions, each with a threshold that lets it fire as often as one.

    Give it to `features` and explain and score what it gives: whatever an explanation of a latent
    scores above that is to the credit of the latent, not of the measure.

    Args:
        model: the model.
        dashboards: of the latents.
        texts: like those that the dashboards are of; the first 20,000 tokens are read.
        which: latents; None for all in the dashboards. Latent i of the result stands against the
            i-th of these.
        seed: of the directions.

    Returns:
        A JumpReLU dictionary at the same place.

    Raises:
        KeyError: a latent that is not among the dashboards.
        ValueError: dashboards without a place, texts without a token that counts.
        TypeError, FileNotFoundError: as `features`.
    """
    check_model(model)
    check_seed(seed)
    each = each_text(texts)
    rows = [dashboards.row(feature) for feature in (dashboards if which is None else which)]
    if not dashboards.site:
        raise ValueError("these dashboards do not say which place of a model they are of.")
    (site,) = expand(dashboards.site, model.n_layers)
    x = _sample(token_batches(model, site, each))
    draw = torch.Generator().manual_seed(seed)
    directions = F.normalize(torch.randn(len(rows), x.shape[1], generator=draw), dim=1).to(x)
    center = x.mean(0)
    on = (x - center) @ directions.T
    often = (dashboards.density[rows].double() * len(x)).round().long().clamp(max=len(x) - 1)
    threshold = on.sort(0, descending=True).values.gather(0, often[None])[0]
    threshold += _MARGIN * on.std(0)
    # One that fires on most tokens has a threshold below 0, which JumpReLU has not: all is raised.
    raised = -threshold.clamp(max=0)
    return SAE(
        directions.T.contiguous(),
        raised - center @ directions.T,
        directions,
        torch.zeros_like(center),
        activation="jumprelu",
        threshold=threshold + raised,
        center=False,
        variant="random directions",
        site=dashboards.site,
        model=model.name,
        revision=model.revision,
    )


def _sample(batches: Iterator[TokenBatch]) -> torch.Tensor:
    """Activations of the first tokens that count, ``[token, d_in]`` on the cpu."""
    read: list[torch.Tensor] = []
    for batch in batches:
        read.append(batch.activations[batch.counted.to(batch.activations.device)].cpu())
        if sum(map(len, read)) >= _TOKENS:
            break
    if not any(map(len, read)):
        raise ValueError("the texts have no token that counts: give some of two tokens or more.")
    return torch.cat(read)
