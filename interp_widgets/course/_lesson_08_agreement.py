"""Lesson 08: how well estimates agree with what they estimate, in three numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def agreement(estimate: Tensor, exact: Tensor) -> Tensor:
    """Correlation, rank correlation and share of equal signs ``[3]``, for effects ``[cell]``."""

    def correlation(x: Tensor, y: Tensor) -> Tensor:
        return torch.corrcoef(torch.stack([x, y]))[0, 1]

    def ranks(x: Tensor) -> Tensor:
        return x.argsort().argsort().to(x.dtype)

    moves = exact != 0
    same = estimate[moves].sign() == exact[moves].sign()
    return torch.stack(
        [
            correlation(estimate, exact),
            correlation(ranks(estimate), ranks(exact)),
            same.to(exact.dtype).mean(),
        ]
    )


def _absolute(estimate: Tensor, exact: Tensor) -> Tensor:
    return torch.cat([agreement(estimate.abs(), exact.abs())[:2], agreement(estimate, exact)[2:]])


def _one_argsort(estimate: Tensor, exact: Tensor) -> Tensor:
    orders = torch.stack([estimate.argsort(), exact.argsort()]).to(exact.dtype)
    found = agreement(estimate, exact).clone()
    found[1] = torch.corrcoef(orders)[0, 1]
    return found


def _signs_of_all(estimate: Tensor, exact: Tensor) -> Tensor:
    found = agreement(estimate, exact).clone()
    found[2] = (estimate.sign() == exact.sign()).to(exact.dtype).mean()
    return found


def _cosine(estimate: Tensor, exact: Tensor) -> Tensor:
    found = agreement(estimate, exact).clone()
    found[0] = torch.cosine_similarity(estimate, exact, dim=0)
    return found


def _squared(estimate: Tensor, exact: Tensor) -> Tensor:
    found = agreement(estimate, exact).clone()
    found[0] = found[0] ** 2
    return found


def _ranks_by_size(estimate: Tensor, exact: Tensor) -> Tensor:
    found = agreement(estimate, exact).clone()
    found[1] = agreement(estimate.abs(), exact.abs())[1]
    return found


def _none_without_effect(estimate: Tensor, exact: Tensor) -> Tensor:
    return agreement(estimate[exact != 0], exact[exact != 0])


def _effects() -> list[Case]:
    generator = torch.Generator().manual_seed(85)

    def draw(n: int) -> tuple[Tensor, Tensor]:
        exact = torch.randn(n, generator=generator, dtype=torch.float64) ** 3 + 0.2
        return exact + 0.6 * torch.randn(n, generator=generator, dtype=torch.float64), exact

    few, many, outlier = draw(9), draw(40), draw(15)
    outlier[0][3] -= 9  # estimated far too low
    still = [part.clone() for part in draw(12)]
    still[1][2] = 0.0  # nothing changes there, whatever is estimated
    return [
        Case("nine cells", few),
        Case("forty cells", many),
        Case("fifteen cells, one of them far off", outlier),
        Case("a cell without any effect among twelve", (still[0], still[1])),
    ]


AGREEMENT = Exercise(
    id="08.3",
    title="An agreement table",
    difficulty=2,
    importance=4,
    minutes=10,
    returns="correlation, rank correlation, share of equal signs [3]",
    solution=agreement,
    cases=_effects,
    mistakes=(
        Mistake(
            "absolute values",
            _absolute,
            "You correlate absolute values, so an estimate of the wrong sign counts as right. "
            "Keep the signs in both correlations.",
        ),
        Mistake(
            "one argsort",
            _one_argsort,
            "argsort says which cell comes first, second, … The rank of each cell is the argsort "
            "of that: x.argsort().argsort().",
        ),
        Mistake(
            "ranks by size",
            _ranks_by_size,
            "You rank by absolute size. The most negative effect has the lowest rank.",
        ),
        Mistake(
            "signs of cells that do nothing",
            _signs_of_all,
            "Your share of signs counts cells whose exact effect is 0. They have no sign to guess; "
            "leave them out.",
        ),
        Mistake(
            "cells that do nothing left out everywhere",
            _none_without_effect,
            "You leave the cells without an effect out of the correlations, too. They have no "
            "sign, but they have a value, 0, and an estimate can miss it.",
        ),
        Mistake(
            "cosine",
            _cosine,
            "The first number is a cosine. A correlation takes off the mean of each side first: "
            "torch.corrcoef.",
        ),
        Mistake(
            "r squared",
            _squared,
            "The first number is r², the share of variance. Asked for is r, which has a sign.",
        ),
    ),
)
