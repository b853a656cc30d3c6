"""Lesson 03: how many true directions a dictionary has found, one to one and signed."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def recovered(found: Tensor, true: Tensor) -> Tensor:
    """Cosine of each true direction with its own partner, ``[true]``; 0 where none is left."""
    unit = torch.nn.functional.normalize
    cosines = unit(true, dim=-1) @ unit(found, dim=-1).T  # [true, feature]
    scores = torch.zeros(len(true))
    for _ in range(min(cosines.shape)):
        row, column = divmod(int(cosines.argmax()), cosines.shape[1])
        scores[row] = cosines[row, column]
        cosines[row], cosines[:, column] = -2, -2  # both are taken
    return scores


def _unsigned(found: Tensor, true: Tensor) -> Tensor:
    unit = torch.nn.functional.normalize
    cosines = (unit(true, dim=-1) @ unit(found, dim=-1).T).abs()
    scores = torch.zeros(len(true))
    for _ in range(min(cosines.shape)):
        row, column = divmod(int(cosines.argmax()), cosines.shape[1])
        scores[row] = cosines[row, column]
        cosines[row], cosines[:, column] = -2, -2
    return scores


def _largest(found: Tensor, true: Tensor) -> Tensor:
    unit = torch.nn.functional.normalize
    return (unit(true, dim=-1) @ unit(found, dim=-1).T).max(-1).values


def _largest_size(found: Tensor, true: Tensor) -> Tensor:
    unit = torch.nn.functional.normalize
    return (unit(true, dim=-1) @ unit(found, dim=-1).T).abs().max(-1).values


def _in_order(found: Tensor, true: Tensor) -> Tensor:
    unit = torch.nn.functional.normalize
    cosines = unit(true, dim=-1) @ unit(found, dim=-1).T
    scores = torch.zeros(len(true))
    for row in range(min(cosines.shape)):
        column = int(cosines[row].argmax())
        scores[row] = cosines[row, column]
        cosines[:, column] = -2
    return scores


def _not_unit(found: Tensor, true: Tensor) -> Tensor:
    cosines = true @ found.T
    scores = torch.zeros(len(true))
    for _ in range(min(cosines.shape)):
        row, column = divmod(int(cosines.argmax()), cosines.shape[1])
        scores[row] = cosines[row, column]
        cosines[row], cosines[:, column] = -torch.inf, -torch.inf
    return scores


def _largest_sum(found: Tensor, true: Tensor) -> Tensor:
    from scipy.optimize import linear_sum_assignment

    unit = torch.nn.functional.normalize
    cosines = unit(true, dim=-1) @ unit(found, dim=-1).T
    rows, columns = linear_sum_assignment(cosines.numpy(), maximize=True)
    scores = torch.zeros(len(true))
    scores[rows] = cosines[rows, columns]
    return scores


def _same_number(found: Tensor, true: Tensor) -> Tensor:
    width = min(len(found), len(true))
    scores = torch.zeros(len(true))
    scores[:width] = torch.cosine_similarity(true[:width], found[:width], dim=-1)
    return scores


def _dictionaries() -> list[Case]:
    draw = torch.Generator().manual_seed(3)
    true = torch.nn.functional.normalize(torch.randn(24, 8, generator=draw), dim=-1)
    shuffled = 3 * true[torch.randperm(24, generator=draw)]
    near = true[:6].repeat_interleave(4, 0) + 0.1 * torch.randn(24, 8, generator=draw)
    return [
        Case("the true directions themselves, shuffled and three times as long", (shuffled, true)),
        Case("64 random directions", (torch.randn(64, 8, generator=draw), true)),
        Case("the opposites of the true directions", (-true, true)),
        Case("near copies of six of 24 directions, four of each", (near, true)),
        Case("fewer directions than there are true ones", (true[:5] + 0.05, true)),
    ]


RECOVERY = Exercise(
    id="03.4",
    title="Score recovery",
    difficulty=3,
    importance=4,
    minutes=10,
    returns="the cosine of each true direction with its partner, [true]",
    solution=recovered,
    cases=_dictionaries,
    tolerance=1e-5,
    mistakes=(
        Mistake(
            "signs left out",
            _unsigned,
            "You count a direction that points the wrong way as found. A code is never negative, "
            "so its opposite cannot stand in for it: leave the signs.",
        ),
        Mistake(
            "largest of each",
            _largest,
            "You give one found direction to several true ones. Each is taken once.",
        ),
        Mistake(
            "largest size of each",
            _largest_size,
            "You leave out signs, and give one found direction to several true ones.",
        ),
        Mistake(
            "first come, first served",
            _in_order,
            "You go through the true directions in order, and early ones take away what fits late "
            "ones better. Begin with the best pair of all.",
        ),
        Mistake(
            "dot products",
            _not_unit,
            "These are dot products: long directions win. Divide by the lengths of both.",
        ),
        Mistake(
            "largest sum",
            _largest_sum,
            "You pair for the largest sum of cosines. That is a good score, too, but not the one "
            "asked for: greedy takes the best pair first, whatever it costs the others.",
        ),
        Mistake(
            "the same number",
            _same_number,
            "You compare the first with the first. A dictionary has no order: any latent may stand "
            "for any feature.",
        ),
    ),
)
