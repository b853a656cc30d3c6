"""Which learned direction stands for which true one, one to one, and how well.

The largest cosine of every true direction alone says little: many truths may share one latent, a
direction may point the wrong way, and a random dictionary that is wide enough comes near anything.
So pairs are one to one, signs count, and `random_match` says what chance gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.arguments import check_real, check_whole
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.switches import check_switch

if TYPE_CHECKING:
    import pandas as pd

WAYS = ("hungarian", "greedy")
_SALT = 0xC2B2AE3D27D4EB4F


@dataclass(frozen=True, eq=False, repr=False)
class Match(Result):
    """Pairs of true and found directions.

    Attributes:
        signed: whether the opposite direction counts as far (or as the same one).
        how: ``"hungarian"`` or ``"greedy"``.
        matrix: cosines ``[true, feature]``, their sizes where signs do not count.
        partner: the found direction that is paired with each true one, int64 ``[true]``; -1 where
            there are fewer found ones than true ones.
    """

    signed: bool
    how: str
    matrix: Tensor
    partner: Tensor

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """``(true, feature)`` of every pair, in the order of the true ones."""
        return [(true, int(found)) for true, found in enumerate(self.partner) if found >= 0]

    @property
    def cosines(self) -> Tensor:
        """Cosine of every true direction with its partner, ``[true]``; NaN without one."""
        taken = self.matrix.gather(1, self.partner.clamp(min=0)[:, None])[:, 0]
        return taken.masked_fill(self.partner < 0, float("nan"))

    @property
    def best(self) -> Tensor:
        """Largest cosine of every true direction with any found one, ``[true]``: not one to one."""
        return self.matrix.max(1).values

    @property
    def median(self) -> float:
        """Median cosine of the pairs; a true direction without a partner counts as 0."""
        return float(self.cosines.nan_to_num(0.0).quantile(0.5))

    def count(self, threshold: float = 0.9) -> int:
        """How many true directions have a partner above ``threshold``; TypeError: no number."""
        check_real("threshold", threshold)
        return int((self.cosines > threshold).sum())

    def recovered(self, threshold: float = 0.9) -> float:
        """`count` as a share of the true directions, 0..1."""
        return self.count(threshold) / len(self.partner)

    def __repr__(self) -> str:
        true, found = self.matrix.shape
        signs = "signed" if self.signed else "unsigned"
        return f"Match({self.count()} of {true} true directions above 0.9, {found} found, {signs})"

    def describe(self) -> str:
        """How many true directions were found, and how well in the middle."""
        true, found = self.matrix.shape
        signs = "signs count" if self.signed else "signs do not count"
        return (
            f"{self.count()} of {true} true directions have a partner of their own above cosine "
            f"0.9 among {found} ({signs}); the median cosine is {self.median:.2f}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a true direction: true, feature (-1: none), cosine, best (not one to one)."""
        import pandas as pd

        return pd.DataFrame(
            {
                "true": range(len(self.partner)),
                "feature": self.partner.numpy(),
                "cosine": self.cosines.numpy(),
                "best": self.best.numpy(),
            }
        )


@dataclass(frozen=True)
class Baseline:
    """What dictionaries of random directions score, as means over draws.

    Attributes:
        median: median cosine of their pairs.
        count: true directions with a partner above the threshold.
        threshold: that threshold.
        draws: how many dictionaries.
    """

    median: float
    count: float
    threshold: float
    draws: int


def match_directions(found: Any, true: Any, signed: bool = True, how: str = "hungarian") -> Match:
    """Pair true directions with found ones, one to one, so that their cosines are large.

    Args:
        found: ``[feature, d]``, rows of any length, such as ``sae.directions``.
        true: ``[true, d]``.
        signed: a direction and its opposite are two different ones. False takes sizes.
        how: ``"hungarian"`` for the largest sum of cosines (Kuhn, 1955), ``"greedy"`` for the best
            pair first, then the best of what is left.

    Returns:
        The pairs.

    Raises:
        TypeError: no matrices of numbers.
        ValueError: no directions, other widths, numbers that are not finite, another ``how``.
    """
    check_how(how)
    check_switch("signed", signed)
    ours, theirs = _rows("found", found), _rows("true", true)
    if ours.shape[1] != theirs.shape[1]:
        raise ValueError(
            f"found directions have {ours.shape[1]} numbers and true ones {theirs.shape[1]}; "
            "directions are rows, [feature, d]. Is one of them transposed?"
        )
    matrix = unit(theirs) @ unit(ours).T
    if not signed:
        matrix = matrix.abs()
    partner = _hungarian(matrix) if how == "hungarian" else _greedy(matrix)
    return Match("", "", "", signed, how, matrix.float(), partner)


def random_match(
    true: Any,
    features: int,
    draws: int = 16,
    seed: int = 0,
    signed: bool = True,
    how: str = "hungarian",
    threshold: float = 0.9,
) -> Baseline:
    """What `match_directions` gives for dictionaries of random directions: the bar to clear.

    Args:
        true: ``[true, d]``.
        features: directions in each random dictionary.
        draws: how many dictionaries.
        seed: of the draws.
        signed: as in `match_directions`.
        how: as in `match_directions`.
        threshold: cosine above which a true direction counts as found.

    Raises:
        TypeError: as `match_directions`, or no number where one is wanted.
        ValueError: as `match_directions`, or no features or draws.
    """
    check_seed(seed)
    for name, value in (("features", features), ("draws", draws)):
        check_whole(name, value)
    check_real("threshold", threshold)
    theirs = _rows("true", true)
    # Not the bare seed: what is judged may have been drawn from it, and would be found whole.
    generator = torch.Generator().manual_seed((seed + _SALT) % 2**63)
    matches = [
        match_directions(
            torch.randn(features, theirs.shape[1], generator=generator), theirs, signed, how
        )
        for _ in range(draws)
    ]
    return Baseline(
        median=sum(match.median for match in matches) / draws,
        count=sum(match.count(threshold) for match in matches) / draws,
        threshold=threshold,
        draws=draws,
    )


def check_how(how: Any) -> None:
    """Refuse another way of pairing.

    Raises:
        ValueError: which it is.
    """
    if how not in WAYS:
        raise ValueError(f"how= is 'hungarian' or 'greedy'; got {how!r:.40}.")


def unit(rows: Tensor) -> Tensor:
    """Rows ``[..., d]`` at length 1; one of length 0 stays, so that its cosines are 0."""
    return rows / rows.norm(dim=-1, keepdim=True).clamp(min=torch.finfo(rows.dtype).tiny)


def _rows(name: str, directions: Any) -> Tensor:
    """Directions as float64 ``[feature, d]`` on the cpu."""
    try:
        rows = torch.as_tensor(directions).detach().to("cpu")
    except (TypeError, ValueError, RuntimeError) as wrong:
        raise TypeError(
            f"{name}= is a matrix of directions [feature, d]; got {type(directions).__name__}."
        ) from wrong
    if rows.is_complex():
        raise TypeError(f"{name}= are directions of real numbers; got {rows.dtype}.")
    rows = rows.to(torch.float64)
    if rows.ndim != 2 or 0 in rows.shape:
        raise ValueError(
            f"{name}= is a matrix of directions [feature, d]; got shape {list(rows.shape)}."
        )
    if not rows.isfinite().all():
        broken = int((~rows.isfinite()).any(1).sum())
        raise ValueError(f"{name}= has {broken} directions with numbers that are not finite.")
    return rows


def _hungarian(matrix: Tensor) -> Tensor:
    from scipy.optimize import linear_sum_assignment

    partner = torch.full((len(matrix),), -1)
    true, found = linear_sum_assignment(matrix.numpy(), maximize=True)
    partner[torch.from_numpy(true)] = torch.from_numpy(found)
    return partner


def _greedy(matrix: Tensor) -> Tensor:
    partner = torch.full((len(matrix),), -1)
    taken: set[int] = set()
    wanted = min(matrix.shape)
    for place in matrix.flatten().argsort(descending=True, stable=True).tolist():
        true, found = divmod(place, matrix.shape[1])
        if partner[true] < 0 and found not in taken:
            partner[true] = found
            taken.add(found)
            if len(taken) == wanted:
                break
    return partner
