"""How well estimated effects agree with measured ones, and where they do not."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# A cell stands out if it is off by so many median errors, and by this share of the largest effect.
_MEDIANS = 5.0
_SHARE = 0.05


@dataclass(frozen=True)
class Agreement:
    """Numbers that compare estimates with exact effects, over the cells where both are known.

    Attributes:
        count: how many cells.
        pearson: correlation, -1..1; large effects decide it. NaN with fewer than three cells or if
            one side is constant, as is `spearman`.
        spearman: correlation of ranks, ties sharing theirs: whether the order is right.
        sign: of the cells that do change something, the share estimated to change it in the same
            direction, 0..1; NaN if none does.
        error: mean absolute difference, in the metric's unit.
    """

    count: int
    pearson: float
    spearman: float
    sign: float
    error: float


def agreement(estimate: Tensor, exact: Tensor) -> Agreement:
    """Compare estimated with exact effects.

    Args:
        estimate: of any shape; NaN where not known.
        exact: of the same shape.

    Raises:
        ValueError: another shape.
    """
    if estimate.shape != exact.shape:
        raise ValueError(
            f"estimates {list(estimate.shape)} and exact effects {list(exact.shape)} are not of "
            "the same cells. Ask for both with the same prompts, site and per."
        )
    known = ~(estimate.isnan() | exact.isnan())
    one, other = estimate[known].double(), exact[known].double()
    moves = other != 0
    same = (one.sign() == other.sign())[moves].double()
    return Agreement(
        count=len(one),
        pearson=_correlation(one, other),
        spearman=_correlation(_ranks(one), _ranks(other)),
        sign=float(same.mean()),
        error=float((one - other).abs().mean()),
    )


def outliers(estimate: Tensor, exact: Tensor, k: int = 5) -> list[int]:
    """Cells that the estimate gets most wrong, worst first, as indices into the flat tensors.

    A cell counts if its error is 5 times the median error or more, and 5 % of the largest exact
    effect or more; at most ``k`` are returned.
    """
    error = (estimate - exact).double().flatten().abs()
    known = error[~error.isnan()]
    if not len(known):
        return []
    largest = exact.double().flatten().abs().nan_to_num(0).max()
    least = max(float(_MEDIANS * known.median()), float(_SHARE * largest), 1e-12)
    order = error.nan_to_num(-1).argsort(descending=True, stable=True)[:k].tolist()
    return [cell for cell in order if float(error[cell]) >= least]


def _correlation(one: Tensor, other: Tensor) -> float:
    if len(one) < 3 or not (one.std() > 0 and other.std() > 0):
        return float("nan")
    return float(torch.corrcoef(torch.stack([one, other]))[0, 1])


def _ranks(values: Tensor) -> Tensor:
    """Rank of each value, 0 for the lowest; equal ones share the mean of theirs."""
    _, which, count = values.unique(return_inverse=True, return_counts=True)
    last = count.cumsum(0).double()
    return (last - (count.double() + 1) / 2)[which]
