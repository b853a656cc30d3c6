"""Seed stability: how many latents a second training finds again.

Two dictionaries of the same activations, trained from other seeds, share part of their latents
(Paulo & Belrose, 2025). What both found may be in the model; what one found may be in the training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.dictionary.matching import check_how, match_directions, random_match
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.splitting import alive, check_pair, fires
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Stability(Result):
    """Latents of one dictionary and their partners in another, one to one, with signs.

    Attributes:
        threshold: cosine above which a pair counts as the same latent.
        latents: those of the first dictionary that were compared, int64 ``[one]``; where
            activations were given, those that fired on them.
        partners: each one's partner in the second, int64 ``[one]``; -1 where there is none left.
        cosines: of the pairs, ``[one]``; NaN without a partner.
        others: how many latents of the second were compared.
        chance: the share that a second dictionary of random directions would share.
    """

    threshold: float
    latents: Tensor
    partners: Tensor
    cosines: Tensor
    others: int
    chance: float

    @property
    def shared(self) -> float:
        """Share of the first dictionary's latents that the second found again, 0..1."""
        return float((self.cosines > self.threshold).double().mean())

    def __repr__(self) -> str:
        return (
            f"Stability({self.shared:.2f} of {len(self.latents)} latents found again among "
            f"{self.others} above {self.threshold:g}, {self.chance:.2f} by chance)"
        )

    def describe(self) -> str:
        """How many latents were found again, beside what chance gives."""
        return (
            f"{self.shared:.0%} of {len(self.latents)} latents have a partner of their own above "
            f"cosine {self.threshold:g} in the other dictionary; random directions would give "
            f"{self.chance:.0%}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a latent: latent, partner (-1: none), cosine."""
        import pandas as pd

        return pd.DataFrame(
            {
                "latent": self.latents.numpy(),
                "partner": self.partners.numpy(),
                "cosine": self.cosines.numpy(),
            }
        )


@torch.no_grad()
def seed_stability(
    one: SAE,
    other: SAE,
    x: Tensor | None = None,
    threshold: float = 0.7,
    how: str = "hungarian",
) -> Stability:
    """Pair the latents of two dictionaries and count those that both have.

    Args:
        one: a dictionary.
        other: one of the same activations, trained from another seed.
        x: activations ``[token, d]``; latents that never fire on them are left out.
        threshold: cosine above which a pair counts as the same latent.
        how: as in `match_directions`; ``"hungarian"`` takes seconds for some thousand latents,
            ``"greedy"`` less.

    Raises:
        TypeError: no dictionaries, no activations.
        ValueError: of other widths, a threshold that is no cosine, another ``how``, activations
            that are not finite, or no latent that fires.
    """
    check_pair(one, other, x, threshold)
    check_how(how)
    ours = alive(fires(one, x), one, "first")
    theirs = alive(fires(other, x), other, "second")
    rows = one.directions.cpu()[ours]
    match = match_directions(other.directions.cpu()[theirs], rows, how=how)
    # Greed costs little here: at chance few pairs are above the threshold, and none compete.
    chance = random_match(rows, len(theirs), draws=1, how="greedy", threshold=float(threshold))
    partners = torch.where(match.partner < 0, -1, theirs[match.partner.clamp(min=0)])
    return Stability(
        model=one.model,
        revision=one.revision,
        prompt="",
        threshold=float(threshold),
        latents=ours,
        partners=partners,
        cosines=match.cosines,
        others=len(theirs),
        chance=chance.count / len(ours),
    )
