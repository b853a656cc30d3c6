"""Splitting: what one latent of a narrow dictionary becomes in a wider one (Bricken et al., 2023).

Every latent of the wider dictionary is given to its nearest latent in the narrower one. A narrow
latent with several near ones has split; a wide latent with none near is new. Directions alone say
what is alike, not what is the same: whether the parts fire where the whole did is counted on
activations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.arguments import check_real
from interp_widgets.core.dictionary.fidelity import check_finite
from interp_widgets.core.dictionary.matching import unit
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.sae_checks import check_rows
from interp_widgets.core.dictionary.token_stream import check_dictionary
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 4096  # activations encoded at a time


@dataclass(frozen=True, eq=False, repr=False)
class Splitting(Result):
    """Which latents of a wide dictionary are near which of a narrow one.

    Attributes:
        threshold: cosine above which two directions are near.
        wide: latents of the wide dictionary that were compared, int64 ``[wide]``; where activations
            were given, those that fired on them.
        narrow: those of the narrow one, int64 ``[narrow]``.
        nearest: for each wide latent the nearest narrow one, a number in the narrow dictionary,
            int64 ``[wide]``.
        cosines: of the two, ``[wide]``.
        covered: share of the activations on which a narrow latent fires where one of its near wide
            latents does too, ``[narrow]``; NaN without activations, or without near ones.
    """

    threshold: float
    wide: Tensor
    narrow: Tensor
    nearest: Tensor
    cosines: Tensor
    covered: Tensor

    @property
    def parts(self) -> Tensor:
        """How many wide latents are near each narrow one, int64 ``[narrow]``."""
        near = self.nearest[self.cosines > self.threshold]
        return (near[None] == self.narrow[:, None]).sum(1)

    @property
    def split(self) -> float:
        """Share of narrow latents with two near wide ones or more, 0..1."""
        return float((self.parts > 1).double().mean())

    @property
    def new(self) -> float:
        """Share of wide latents that no narrow one is near, 0..1."""
        return float((self.cosines <= self.threshold).double().mean())

    def children(self, feature: int) -> list[int]:
        """Wide latents near a latent of the narrow dictionary, the nearest first.

        Raises:
            KeyError: a latent that was not compared.
        """
        if feature not in self.narrow.tolist():
            raise KeyError(f"latent {feature} of the narrow dictionary was not compared.")
        mine = (self.nearest == feature) & (self.cosines > self.threshold)
        order = self.cosines[mine].argsort(descending=True, stable=True)
        return self.wide[mine][order].tolist()

    def __repr__(self) -> str:
        return (
            f"Splitting({len(self.narrow)} latents to {len(self.wide)}: {self.split:.2f} split, "
            f"{self.new:.2f} new)"
        )

    def describe(self) -> str:
        """How many latents split, and how many are new."""
        return (
            f"Of {len(self.narrow)} latents {self.split:.0%} have two or more of the "
            f"{len(self.wide)} wider ones near them (cosine above {self.threshold:g}); "
            f"{self.new:.0%} of the wider ones are near none."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a wide latent: wide, narrow (the nearest), cosine, near."""
        import pandas as pd

        return pd.DataFrame(
            {
                "wide": self.wide.numpy(),
                "narrow": self.nearest.numpy(),
                "cosine": self.cosines.numpy(),
                "near": (self.cosines > self.threshold).numpy(),
            }
        )


@torch.no_grad()
def splitting(narrow: SAE, wide: SAE, x: Tensor | None = None, threshold: float = 0.7) -> Splitting:
    """Find for every latent of a wide dictionary the nearest one of a narrow dictionary.

    Args:
        narrow: a dictionary of some activations.
        wide: a wider one of the same activations.
        x: activations ``[token, d]``; latents that never fire on them are left out.
        threshold: cosine above which two directions are near.

    Raises:
        TypeError: no dictionaries, no activations.
        ValueError: of other widths, a threshold that is no cosine, activations that are not finite,
            or no latent that fires.
    """
    check_pair(narrow, wide, x, threshold)
    few, many = fires(narrow, x), fires(wide, x)
    ours, theirs = alive(few, narrow, "narrow"), alive(many, wide, "wide")
    rows = unit(wide.directions.cpu()[theirs].double())
    others = unit(narrow.directions.cpu()[ours].double())
    best = (rows @ others.T).max(1)
    near = best.values > threshold
    covered = torch.full((len(ours),), float("nan"))
    if few is not None and many is not None:
        for place, feature in enumerate(ours.tolist()):
            parts = theirs[near & (best.indices == place)]
            if len(parts):
                said = many[:, parts].any(1)
                covered[place] = said[few[:, feature]].double().mean()
    return Splitting(
        model=wide.model,
        revision=wide.revision,
        prompt="",
        threshold=float(threshold),
        wide=theirs,
        narrow=ours,
        nearest=ours[best.indices],
        cosines=best.values.float(),
        covered=covered,
    )


def check_pair(one: Any, other: Any, x: Any, threshold: Any) -> None:
    """Refuse what cannot be compared.

    Raises:
        TypeError: no dictionaries, no activations, no number.
        ValueError: of other widths, activations that are not finite, a threshold that is no cosine.
    """
    check_dictionary(one)
    check_dictionary(other)
    if one.d_out != other.d_out:
        raise ValueError(
            f"the dictionaries write {one.d_out} and {other.d_out} numbers: they are not of the "
            "same activations."
        )
    if x is not None:
        for sae in (one, other):  # which may be on other devices: `fires` moves x
            check_rows(
                x, sae.d_in, x.device if isinstance(x, Tensor) else sae.device, "x", "numbers"
            )
        if x.ndim != 2:
            raise ValueError(f"x= is activations [token, d]; got {list(x.shape)}.")
        check_finite(x, "activations in x")
    check_real("threshold", threshold)
    if not -1 <= threshold <= 1:
        raise ValueError(f"threshold= is a cosine, -1 to 1; got {threshold}.")


def fires(sae: SAE, x: Tensor | None) -> Tensor | None:
    """Which latents fire on which activations, bool ``[token, feature]`` on the cpu."""
    if x is None:
        return None
    parts = x.split(_ROWS)
    return torch.cat([(sae.encode(part.to(sae.device)) != 0).cpu() for part in parts])


def alive(fired: Tensor | None, sae: SAE, name: str) -> Tensor:
    """Numbers of the latents to compare, int64.

    Raises:
        ValueError: none fires.
    """
    if fired is None:
        return torch.arange(sae.d_sae)
    found = fired.any(0).nonzero()[:, 0]
    if not len(found):
        raise ValueError(f"no latent of the {name} dictionary fires on these activations.")
    return found
