"""Lesson 05: latents that a second training finds again."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def shared(one: Tensor, other: Tensor, threshold: float) -> Tensor:
    """Share of the first directions that have a partner of their own in the second."""
    from scipy.optimize import linear_sum_assignment

    unit = torch.nn.functional.normalize
    cosines = unit(one, dim=-1) @ unit(other, dim=-1).T  # [one, other]
    mine, theirs = linear_sum_assignment(cosines, maximize=True)
    return (cosines[mine, theirs] > threshold).sum() / len(one)


def _cosines(one: Tensor, other: Tensor) -> Tensor:
    unit = torch.nn.functional.normalize
    return unit(one, dim=-1) @ unit(other, dim=-1).T


def _many_to_one(one: Tensor, other: Tensor, threshold: float) -> Tensor:
    return (_cosines(one, other).amax(1) > threshold).float().mean()


def _either_sign(one: Tensor, other: Tensor, threshold: float) -> Tensor:
    from scipy.optimize import linear_sum_assignment

    cosines = _cosines(one, other).abs()
    return (cosines[linear_sum_assignment(cosines, maximize=True)] > threshold).sum() / len(one)


def _dot_products(one: Tensor, other: Tensor, threshold: float) -> Tensor:
    from scipy.optimize import linear_sum_assignment

    dots = one @ other.T
    return (dots[linear_sum_assignment(dots, maximize=True)] > threshold).sum() / len(one)


def _mean_cosine(one: Tensor, other: Tensor, threshold: float) -> Tensor:
    from scipy.optimize import linear_sum_assignment

    cosines = _cosines(one, other)
    return cosines[linear_sum_assignment(cosines, maximize=True)].mean()


def _same_number(one: Tensor, other: Tensor, threshold: float) -> Tensor:
    n = min(len(one), len(other))
    return (_cosines(one, other).diagonal()[:n] > threshold).sum() / len(one)


def _dictionaries() -> list[Case]:
    generator = torch.Generator().manual_seed(5)
    common = torch.randn(40, 24, generator=generator)

    def dictionary(kept: Tensor, own: int, noise: float) -> Tensor:
        alike = kept + noise * torch.randn(kept.shape, generator=generator)
        rows = torch.cat([alike, torch.randn(own, 24, generator=generator)])
        lengths = 0.1 + 2 * torch.rand(len(rows), 1, generator=generator)
        return (rows * lengths)[torch.randperm(len(rows), generator=generator)]

    once = dictionary(common, 20, 0.2)
    again = dictionary(common[:30], 30, 0.2)
    flipped = dictionary(torch.cat([common[:10], -common[10:30]]), 30, 0.2)
    doubled = dictionary(torch.cat([common[:20], common[:20]]), 20, 0.1)
    return [
        Case("two dictionaries of 60", (once, again, 0.7)),
        Case("one with directions turned round", (once, flipped, 0.7)),
        Case("one with directions twice", (doubled, again, 0.7)),
    ]


SEEDS = Exercise(
    id="05.5",
    title="Seed stability",
    difficulty=3,
    importance=3,
    minutes=10,
    returns="a share from 0 to 1",
    solution=shared,
    cases=_dictionaries,
    tolerance=0.02,
    mistakes=(
        Mistake(
            "many to one",
            _many_to_one,
            "Several of your latents share one partner. Each of the second dictionary is given "
            "away once.",
        ),
        Mistake(
            "either sign",
            _either_sign,
            "You take opposite directions for the same. A latent only ever adds its direction, "
            "with a plus: leave the signs.",
        ),
        Mistake(
            "dot products",
            _dot_products,
            "Those are dot products. Directions come in all lengths here: divide by them first.",
        ),
        Mistake(
            "mean cosine",
            _mean_cosine,
            "That is the mean cosine of the pairs. Wanted is the share of them above the "
            "threshold.",
        ),
        Mistake(
            "same number, same latent",
            _same_number,
            "You compare latent 0 with latent 0. Numbers mean nothing: a second training puts its "
            "latents in another order.",
        ),
    ),
)
