"""Lesson 01: the four numbers that a prediction is judged by."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

Numbers = tuple[Tensor, Tensor, Tensor, Tensor]


def four_numbers(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    """Cross-entropy ``[pos]``, perplexity, KL(P ‖ Q) and KL(Q ‖ P) ``[pos]``, in nats.

    P and Q are the distributions of ``logits`` and ``others`` ``[pos, vocab]`` at this temperature,
    ``came [pos]`` the tokens that came.
    """
    p = (logits / temperature).log_softmax(-1)
    q = (others / temperature).log_softmax(-1)
    cross_entropy = -p[torch.arange(len(came)), came]
    forward = (p.exp() * (p - q)).sum(-1)
    backward = (q.exp() * (q - p)).sum(-1)
    return cross_entropy, cross_entropy.mean().exp(), forward, backward


def _bits(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    loss, perplexity, forward, backward = four_numbers(logits, others, came, temperature)
    two = torch.tensor(2.0).log()
    return loss / two, perplexity, forward / two, backward / two


def _bits_and_e(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    loss, _, forward, backward = _bits(logits, others, came, temperature)
    return loss, loss.mean().exp(), forward, backward


def _swapped(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    loss, perplexity, forward, backward = four_numbers(logits, others, came, temperature)
    return loss, perplexity, backward, forward


def _mean_of_perplexities(
    logits: Tensor, others: Tensor, came: Tensor, temperature: float
) -> Numbers:
    loss, _, forward, backward = four_numbers(logits, others, came, temperature)
    return loss, loss.exp().mean(), forward, backward


def _symmetric(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    loss, perplexity, forward, _ = four_numbers(logits, others, came, temperature)
    return loss, perplexity, forward, forward


def _one_temperature(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    return four_numbers(logits, others * temperature, came, temperature)


def _one_loss(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    loss, perplexity, forward, backward = four_numbers(logits, others, came, temperature)
    return loss.mean(), perplexity, forward, backward


def _perplexity_a_token(
    logits: Tensor, others: Tensor, came: Tensor, temperature: float
) -> Numbers:
    loss, _, forward, backward = four_numbers(logits, others, came, temperature)
    return loss, loss.exp(), forward, backward


def _no_minus(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    loss, _, forward, backward = four_numbers(logits, others, came, temperature)
    return -loss, (-loss).mean().exp(), forward, backward


def _log_of_softmax(logits: Tensor, others: Tensor, came: Tensor, temperature: float) -> Numbers:
    p, q = (logits / temperature).softmax(-1), (others / temperature).softmax(-1)
    loss = -p[torch.arange(len(came)), came].log()
    forward, backward = (p * (p / q).log()).sum(-1), (q * (q / p).log()).sum(-1)
    return loss, loss.mean().exp(), forward, backward


def _predictions() -> list[Case]:
    generator = torch.Generator().manual_seed(4)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    sure = 120 * (torch.rand(3, 5, generator=generator) * 2 - 1)
    return [
        Case(
            "random logits at temperature 1",
            (drawn(6, 11), drawn(6, 11), torch.tensor([2, 10, 0, 3, 7, 7]), 1.0),
        ),
        Case(
            "random logits at temperature 0.5",
            (drawn(4, 9), drawn(4, 9), torch.tensor([8, 1, 4, 0]), 0.5),
        ),
        Case(
            "very sure predictions (logits up to ±120) at temperature 2",
            (sure, sure.flip(-1), sure.argmax(-1), 2.0),
        ),
    ]


def _finite(got: Numbers, case: Case) -> None:
    if not all(torch.isfinite(torch.as_tensor(part)).all() for part in got):
        raise WrongAnswerError(
            f"On {case.name}, some of your numbers are NaN or infinite. A probability that "
            "underflows to 0 has no logarithm: take log_softmax(-1) of the logits instead of the "
            "log of a softmax."
        )


NUMBERS = Exercise(
    id="01.4",
    title="Cross-entropy, perplexity, KL, temperature",
    difficulty=1,
    importance=3,
    minutes=10,
    returns="cross-entropy [pos], perplexity (one number), KL(P ‖ Q) [pos], KL(Q ‖ P) [pos]",
    solution=four_numbers,
    cases=_predictions,
    verify=_finite,
    tolerance=1e-3,
    mistakes=(
        Mistake(
            "bits",
            _bits,
            "Cross-entropy and KL are in bits; wanted are nats, so use the natural logarithm.",
        ),
        Mistake(
            "bits raised to e",
            _bits_and_e,
            "These are bits, and exp of bits is no perplexity: use the natural logarithm "
            "throughout.",
        ),
        Mistake(
            "directions swapped",
            _swapped,
            "The two KL are swapped. In KL(P ‖ Q) the mean is taken under P: P stands in front of "
            "the logarithm, and above the fraction line inside it.",
        ),
        Mistake(
            "one KL for both",
            _symmetric,
            "You return the same KL twice. It is not symmetric: work out both.",
        ),
        Mistake(
            "mean of perplexities",
            _mean_of_perplexities,
            "That is the mean of exp(cross-entropy). Perplexity is the exp of the mean: average "
            "the logarithms first.",
        ),
        Mistake(
            "no temperature",
            lambda logits, others, came, temperature: four_numbers(logits, others, came, 1.0),
            "You left the temperature out: divide the logits by it before the softmax.",
        ),
        Mistake(
            "times temperature",
            lambda logits, others, came, temperature: four_numbers(
                logits, others, came, 1 / temperature
            ),
            "You multiply by the temperature. Logits are divided by it: a low temperature makes "
            "differences larger.",
        ),
        Mistake(
            "temperature for P alone",
            _one_temperature,
            "Only P has the temperature. Divide both sets of logits by it.",
        ),
        Mistake(
            "one loss for all places",
            _one_loss,
            "You took the mean of the cross-entropy. Return one for each place; only the "
            "perplexity is one number for all.",
        ),
        Mistake(
            "a perplexity for each place",
            _perplexity_a_token,
            "That is a perplexity for each place. Wanted is one number: exp of the mean "
            "cross-entropy.",
        ),
        Mistake(
            "no minus",
            _no_minus,
            "The minus is missing: a cross-entropy is −log p, and never below zero.",
        ),
        Mistake("log of a softmax", _log_of_softmax, "Take log_softmax(-1) of the logits."),
    ),
)
