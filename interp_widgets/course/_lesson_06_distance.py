"""Lesson 06: how far a row is from the answer, in both directions of KL."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError


def kl_both(logits: Tensor) -> tuple[Tensor, Tensor]:
    """``KL(final ‖ row)`` and the mean of both directions, nats, each ``[row, pos]``."""
    row = logits.log_softmax(-1)  # [row, pos, vocab], log-probabilities
    final = row[-1]
    forward = (final.exp() * (final - row)).sum(-1)
    backward = (row.exp() * (row - final)).sum(-1)
    return forward, (forward + backward) / 2


def _swapped(logits: Tensor) -> tuple[Tensor, Tensor]:
    forward, symmetric = kl_both(logits)
    return 2 * symmetric - forward, symmetric


def _bits(logits: Tensor) -> tuple[Tensor, Tensor]:
    forward, symmetric = kl_both(logits)
    return forward / torch.log(torch.tensor(2.0)), symmetric / torch.log(torch.tensor(2.0))


def _not_halved(logits: Tensor) -> tuple[Tensor, Tensor]:
    forward, symmetric = kl_both(logits)
    return forward, 2 * symmetric


def _other_direction_second(logits: Tensor) -> tuple[Tensor, Tensor]:
    forward, symmetric = kl_both(logits)
    return forward, 2 * symmetric - forward


def _mean_over_vocabulary(logits: Tensor) -> tuple[Tensor, Tensor]:
    forward, symmetric = kl_both(logits)
    return forward / logits.shape[-1], symmetric / logits.shape[-1]


def _log_of_softmax(logits: Tensor) -> tuple[Tensor, Tensor]:
    row = logits.softmax(-1)
    final = row[-1]
    forward = (final * (final / row).log()).sum(-1)
    backward = (row * (row / final).log()).sum(-1)
    return forward, (forward + backward) / 2


def _to_next_row(logits: Tensor) -> tuple[Tensor, Tensor]:
    row = logits.log_softmax(-1)
    above = torch.cat([row[1:], row[-1:]])
    forward = (above.exp() * (above - row)).sum(-1)
    backward = (row.exp() * (row - above)).sum(-1)
    return forward, (forward + backward) / 2


def _distributions() -> list[Case]:
    generator = torch.Generator().manual_seed(6)
    return [
        Case("random logits of 9 rows", (torch.randn(9, 5, 30, generator=generator),)),
        Case(
            "very sure rows (logits up to ±150)",
            (150 * (torch.rand(3, 2, 6, generator=generator) * 2 - 1),),
        ),
    ]


def _finite(got: tuple[Tensor, Tensor], case: Case) -> None:
    if not all(torch.isfinite(torch.as_tensor(part)).all() for part in got):
        raise WrongAnswerError(
            f"On {case.name}, some of your numbers are NaN or infinite. A probability that "
            "underflows to 0 has no logarithm: take log_softmax(-1) of the logits instead of the "
            "log of a softmax."
        )


KL = Exercise(
    id="06.5",
    title="The two directions of KL",
    difficulty=2,
    importance=2,
    minutes=10,
    returns="two tensors [row, pos] in nats: KL(final ‖ row), and the mean of both directions",
    solution=kl_both,
    cases=_distributions,
    verify=_finite,
    tolerance=1e-3,
    bonus=True,
    mistakes=(
        Mistake(
            "directions swapped",
            _swapped,
            "That is KL(row ‖ final). Wanted is KL(final ‖ row): the average is taken under the "
            "final distribution.",
        ),
        Mistake("bits", _bits, "These are bits; wanted are nats, so use the natural logarithm."),
        Mistake(
            "not halved",
            _not_halved,
            "The symmetric one is the mean of the two directions, not their sum.",
        ),
        Mistake(
            "the other direction second",
            _other_direction_second,
            "Your second output is KL(row ‖ final) itself. Wanted is the mean of both directions.",
        ),
        Mistake(
            "mean over the vocabulary",
            _mean_over_vocabulary,
            "You take the mean over the vocabulary. KL is a sum over it: p weighs already.",
        ),
        Mistake("log of a softmax", _log_of_softmax, "Take log_softmax(-1) of the logits."),
        Mistake(
            "compared with the next row",
            _to_next_row,
            "You compare each row with the next; wanted: with the last.",
        ),
    ),
)
