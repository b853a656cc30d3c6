"""Absorption: a specific latent swallows what a general one should say (Chanin et al., 2024).

Where one feature implies another, a dictionary that pays for every latent that fires learns a
direction for both at once, and the general latent falls silent exactly there: it looks like "a word
with P", with holes. On activations of known features the holes can be counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.arguments import check_whole
from interp_widgets.core.dictionary.feature_weights import directions_of
from interp_widgets.core.dictionary.matching import unit
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.synthetic import GroundTruth
from interp_widgets.core.dictionary.token_stream import check_dictionary
from interp_widgets.core.metrics import precise
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

SILENT = 0.1  # of its usual strength: below, a latent counts as silent
SUPPLIED = 0.4  # of the parent's strength: what another latent has to bring to have absorbed it


@dataclass(frozen=True, eq=False, repr=False)
class Absorption(Result):
    """How often the latent of a parent feature is silent where a child fires.

    Attributes:
        parent: the general feature.
        children: features that imply it, or are suspected to.
        latent: the latent whose direction is nearest to the parent's.
        cosine: of the two.
        rates: share of samples with parent and child in which the latent is silent and another one
            brings the parent's direction instead, ``[child]``; NaN where there is no such sample.
        absorbers: which latent that is most often, int64 ``[child]``; -1 without any.
        samples: with parent and child, int64 ``[child]``.
        missed: share of samples with the parent and none of the children in which the latent is
            silent: what is no absorption, but a latent that is no good.
    """

    parent: int
    children: tuple[int, ...]
    latent: int
    cosine: float
    rates: Tensor
    absorbers: Tensor
    samples: Tensor
    missed: float

    @property
    def rate(self) -> float:
        """Share absorbed over all samples with the parent and a child, 0..1."""
        if not int(self.samples.sum()):
            return float("nan")
        return float((self.rates.nan_to_num() * self.samples).sum() / self.samples.sum())

    def __repr__(self) -> str:
        return (
            f"Absorption(feature {self.parent}, latent {self.latent}: {self.rate:.2f} absorbed by "
            f"{len(self.children)} children, {self.missed:.2f} missed)"
        )

    def describe(self) -> str:
        """How often the latent is silent with a child, and without one."""
        said = f"Latent {self.latent} stands for feature {self.parent} (cosine {self.cosine:.2f})."
        if not int(self.samples.sum()):
            return f"{said} It fires with none of the more specific features: nothing to absorb."
        alone = f"without one it misses {self.missed:.0%}."
        if isnan(self.missed):
            alone = "it never fires without one."
        return (
            f"{said} Where a more specific feature fires too, {self.rate:.0%} of the time it is "
            f"silent and another latent brings its direction; {alone}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a child: child, samples, rate, absorber (-1: none)."""
        import pandas as pd

        return pd.DataFrame(
            {
                "child": self.children,
                "samples": self.samples.numpy(),
                "rate": self.rates.numpy(),
                "absorber": self.absorbers.numpy(),
            }
        )


def absorption(
    sae: SAE,
    truth: GroundTruth,
    parent: int,
    children: Sequence[int] | None = None,
    latent: int | None = None,
) -> Absorption:
    """Count where a general feature's latent is silent because a specific one spoke for it.

    Args:
        sae: a dictionary of activations like those of ``truth``.
        truth: samples whose features are known.
        parent: the general feature.
        children: the specific ones; None for those that imply it in ``truth``.
        latent: the latent to judge; None for the one whose direction is nearest to the parent's.

    Returns:
        The record. In samples in which the parent does not fire nothing is counted.

    Raises:
        TypeError: no dictionary, no known features, no numbers of features.
        ValueError: another width, an unknown feature or latent, no children; a normalisation with a
            scale for each token.
    """
    _check_sae(sae)
    children = _children(truth, parent, children)
    if latent is not None:
        _check_number("latent", latent, sae.d_sae)
    direction = truth.directions[parent].to(sae.device, sae.dtype)
    with torch.no_grad():
        codes = sae.encode(truth.x.to(sae.device))
        cosines = unit(sae.directions) @ direction
        own = int(cosines.argmax()) if latent is None else latent
        # In the units of the activations: how far each latent's direction goes along the parent's.
        brought = (codes * (directions_of(sae) @ precise(direction))).cpu()
    fires = truth.codes > 0
    alone = fires[:, parent] & ~fires[:, list(children)].any(1)
    mine = codes[:, own].cpu()
    usual = float(mine[alone].mean()) if bool(alone.any()) else float(mine.max())
    silent = mine <= SILENT * usual
    brought[:, own] = 0
    most, who = brought.max(1)
    absorbed = silent & (most >= SUPPLIED * truth.codes[:, parent])
    both = [fires[:, parent] & fires[:, child] for child in children]
    return Absorption(
        model=sae.model,
        revision=sae.revision,
        prompt="",
        parent=parent,
        children=children,
        latent=own,
        cosine=float(cosines[own]),
        rates=torch.tensor([_share(absorbed, where) for where in both]),
        absorbers=torch.tensor([_usual(who[absorbed & where]) for where in both]),
        samples=torch.tensor([int(where.sum()) for where in both]),
        missed=_share(silent, alone),
    )


def _check_sae(sae: Any) -> None:
    check_dictionary(sae)
    if sae.normalization.per_token:
        raise ValueError(
            f"normalisation {sae.normalization.mode!r} gives every token a scale of its own; "
            "absorption is counted in one unit. Train with another one."
        )


def _share(of: Tensor, where: Tensor) -> float:
    return float(of[where].double().mean()) if bool(where.any()) else float("nan")


def _usual(latents: Tensor) -> int:
    return int(latents.mode().values) if len(latents) else -1


def _children(truth: Any, parent: int, children: Sequence[int] | None) -> tuple[int, ...]:
    if not isinstance(truth, GroundTruth):
        raise TypeError(
            "absorption is counted on known features, as iw.ground_truth(parents={1: 0}) makes "
            f"them; got {type(truth).__name__}."
        )
    features = len(truth.directions)
    _check_number("parent", parent, features)
    if children is None:
        found = tuple(child for child, above in truth.parents.items() if above == parent)
    elif isinstance(children, Iterable):
        found = tuple(children)
    else:
        raise TypeError(f"children= is features, such as [1, 2]; got {children!r:.40}.")
    if not found:
        raise ValueError(
            f"no feature implies feature {parent}. Say which could: children=[1, 2], or make "
            "samples with iw.ground_truth(parents={1: 0})."
        )
    for child in found:
        _check_number("children", child, features)
        if child == parent:
            raise ValueError(f"feature {parent} is no child of its own.")
    return found


def _check_number(name: str, number: Any, size: int) -> None:
    check_whole(name, number, least=0)
    if number >= size:
        raise ValueError(f"{name}= goes from 0 to {size - 1}; got {number}.")
