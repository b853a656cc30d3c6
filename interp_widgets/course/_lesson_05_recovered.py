"""Lesson 05: the loss that a reconstruction gives back, of what its absence would cost."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.course.exercises import Case, Exercise, Mistake

Rest = Callable[[Tensor], Tensor]


def ce_recovered(rest: Rest, x: Tensor, x_hat: Tensor, ids: Tensor) -> Tensor:
    """1 where the reconstruction does as well as the activation, 0 where as badly as zeros."""

    def loss(stream: Tensor) -> Tensor:
        return F.cross_entropy(rest(stream)[:-1], ids[1:])

    clean, spliced, ablated = loss(x), loss(x_hat), loss(torch.zeros_like(x))
    return (ablated - spliced) / (ablated - clean)


def _losses(rest: Rest, streams: list[Tensor], ids: Tensor, shift: int = 1) -> list[Tensor]:
    end = len(ids) - shift
    return [F.cross_entropy(rest(stream)[:end], ids[shift:]) for stream in streams]


def _variance(rest: Rest, x: Tensor, x_hat: Tensor, ids: Tensor) -> Tensor:
    return 1 - (x - x_hat).square().sum() / (x - x.mean(0)).square().sum()


def _with_the_error(rest: Rest, x: Tensor, x_hat: Tensor, ids: Tensor) -> Tensor:
    return ce_recovered(rest, x, x_hat + (x - x_hat), ids)


def _the_same_place(rest: Rest, x: Tensor, x_hat: Tensor, ids: Tensor) -> Tensor:
    clean, spliced, ablated = _losses(rest, [x, x_hat, torch.zeros_like(x)], ids, shift=0)
    return (ablated - spliced) / (ablated - clean)


def _upside_down(rest: Rest, x: Tensor, x_hat: Tensor, ids: Tensor) -> Tensor:
    return 1 - ce_recovered(rest, x, x_hat, ids)


def _quotient(rest: Rest, x: Tensor, x_hat: Tensor, ids: Tensor) -> Tensor:
    clean, spliced = _losses(rest, [x, x_hat], ids)
    return clean / spliced


def _streams() -> list[Case]:
    generator = torch.Generator().manual_seed(5)
    into, out = torch.randn(12, 40, generator=generator), torch.randn(40, 9, generator=generator)

    def rest(stream: Tensor) -> Tensor:
        return torch.tanh(stream @ into / 4) @ out

    x = torch.randn(30, 12, generator=generator)
    # The model is right more often than not, so that there is something to lose.
    ids = torch.cat([torch.zeros(1, dtype=torch.long), rest(x)[:-1].argmax(-1)])
    noisy = x + 0.5 * torch.randn(x.shape, generator=generator)
    return [
        Case("a reconstruction with errors", (rest, x, noisy, ids)),
        Case("the activation itself", (rest, x, x.clone(), ids)),
        Case("a reconstruction of zeros", (rest, x, torch.zeros_like(x), ids)),
    ]


RECOVERED = Exercise(
    id="05.1",
    title="CE recovered",
    difficulty=2,
    importance=5,
    minutes=10,
    returns="one number, 1 for the activation itself and 0 for zeros",
    solution=ce_recovered,
    cases=_streams,
    mistakes=(
        Mistake(
            "variance explained",
            _variance,
            "That is the fraction of variance explained: it never asks the model. Run `rest` on "
            "each stream and compare the losses.",
        ),
        Mistake(
            "the error added back",
            _with_the_error,
            "You add the error to the reconstruction, so that the model runs as ever and nothing "
            "is lost. Splice in the reconstruction alone.",
        ),
        Mistake(
            "this token for the next",
            _the_same_place,
            "You score each position by the token that stands there. It predicts the one after: "
            "logits[:-1] against ids[1:].",
        ),
        Mistake(
            "upside down",
            _upside_down,
            "That is the share that is lost. Recovered is what is left of it: the activation "
            "itself gives 1.",
        ),
        Mistake(
            "a quotient of losses",
            _quotient,
            "You divide one loss by another. The scale needs its lower end too: what zeros cost.",
        ),
    ),
)
