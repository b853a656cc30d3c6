"""Lesson 02: what features write over each other, and how that changes with every direction."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def interference(W: Tensor) -> tuple[Tensor, Tensor]:
    """What others write along each direction, ``[feature]``, and the gradient of its sum."""
    gram = W @ W.T
    others = gram - torch.diag(gram.diagonal())
    return (others**2).sum(-1), 4 * others @ W


def _with_itself(W: Tensor) -> tuple[Tensor, Tensor]:
    gram = W @ W.T
    return (gram**2).sum(-1), 4 * gram @ W


def _once(W: Tensor) -> tuple[Tensor, Tensor]:
    each, slope = interference(W)
    return each, slope / 2


def _not_squared(W: Tensor) -> tuple[Tensor, Tensor]:
    gram = W @ W.T
    others = gram - torch.diag(gram.diagonal())
    return others.abs().sum(-1), interference(W)[1]


def _cosines(W: Tensor) -> tuple[Tensor, Tensor]:
    return interference(torch.nn.functional.normalize(W, dim=-1))


def _columns(W: Tensor) -> tuple[Tensor, Tensor]:
    gram = W.T @ W
    others = gram - torch.diag(gram.diagonal())
    return (others**2).sum(-1), 4 * W @ others


def _directions() -> list[Case]:
    generator = torch.Generator().manual_seed(2)
    fifths = torch.arange(5) * 2 * torch.pi / 5
    return [
        Case("7 random directions in 3 dimensions", (torch.randn(7, 3, generator=generator),)),
        Case("a pentagon", (1.2 * torch.stack([fifths.cos(), fifths.sin()], -1),)),
        Case("four directions at right angles", (2 * torch.eye(4),)),
    ]


INTERFERENCE = Exercise(
    id="02.4",
    title="Interference",
    difficulty=3,
    importance=3,
    minutes=10,
    returns="the interference of each feature [feature], and the gradient of its sum [feature, d]",
    solution=interference,
    cases=_directions,
    tolerance=1e-5,
    mistakes=(
        Mistake(
            "diagonal included",
            _with_itself,
            "Your sums hold j = i: a feature's own signal is no interference. Take the diagonal "
            "out.",
        ),
        Mistake(
            "each pair once",
            _once,
            "Your gradient is half of it: a pair i, j stands in the sum twice, as i, j and as j, "
            "i.",
        ),
        Mistake(
            "not squared",
            _not_squared,
            "You add up sizes of dot products; wanted are their squares.",
        ),
        Mistake(
            "cosines",
            _cosines,
            "You made all directions equally long. A weak feature disturbs less: use W as it is.",
        ),
        Mistake(
            "columns",
            _columns,
            "You compare columns with columns. Directions are the rows of W: W @ W.T.",
        ),
    ),
)
