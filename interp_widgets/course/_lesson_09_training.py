"""Lesson 09: train toys on letters that come round, with nothing for places to give away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.toys import draw, toy_model

Make = Callable[[], Any]


def train_on_repeats(make_model: Make, symbols: Tensor, periods: Tensor, rate: float) -> Tensor:
    """Train a new model with Adam; the loss before each step, nats ``[step]``."""
    hf = make_model()
    optimizer = torch.optim.Adam(hf.parameters(), lr=rate)
    place = torch.arange(2 * symbols.shape[-1])
    history = []
    for letters, period in zip(symbols, periods, strict=True):
        ids = letters.gather(1, place % period[:, None])  # each row with its own period
        loss = cross_entropy(hf(ids).logits[:, :-1].mT, ids[:, 1:], reduction="none")
        follows = place[1:] > period[:, None]  # the letter before it has been there already
        mean = loss[follows].mean()
        optimizer.zero_grad()
        mean.backward()
        optimizer.step()
        history.append(mean.item())
    return torch.tensor(history)


def _trained(
    make_model: Make,
    symbols: Tensor,
    periods: Tensor,
    rate: float,
    *,
    own_place: bool = False,
    everything: bool = False,
    early: int = 0,
    piled_up: bool = False,
) -> Tensor:
    """Training with one thing done otherwise: what the mistakes have in common."""
    hf = make_model()
    optimizer = torch.optim.Adam(hf.parameters(), lr=rate)
    place = torch.arange(2 * symbols.shape[-1])
    history = []
    for letters, period in zip(symbols, periods, strict=True):
        ids = letters.gather(1, place % period[:, None])
        logits = hf(ids).logits
        logits = logits[:, 1:] if own_place else logits[:, :-1]
        loss = cross_entropy(logits.mT, ids[:, 1:], reduction="none")
        follows = place[1:] > period[:, None] - early
        mean = loss.mean() if everything else loss[follows].mean()
        if not piled_up:
            optimizer.zero_grad()
        mean.backward()
        optimizer.step()
        history.append(mean.item())
    return torch.tensor(history)


def _fixed_period(make_model: Make, symbols: Tensor, periods: Tensor, rate: float) -> Tensor:
    return train_on_repeats(make_model, symbols, periods[:, :1].expand_as(periods), rate)


def _never_steps(make_model: Make, symbols: Tensor, periods: Tensor, rate: float) -> Tensor:
    return train_on_repeats(make_model, symbols, periods, 0.0)


def _first_texts_only(make_model: Make, symbols: Tensor, periods: Tensor, rate: float) -> Tensor:
    return train_on_repeats(
        make_model, symbols[:1].expand_as(symbols), periods[:1].expand_as(periods), rate
    )


def _toy(layers: int) -> Any:
    return toy_model(layers, seed=93)


def _cases() -> list[Case]:
    return [
        Case(
            f"an untrained toy of {layers} layer{'s' * (layers > 1)}, 4 steps",
            (partial(_toy, layers), *draw(4, seed=layers, rows=8), 0.01),
        )
        for layers in (2, 1)
    ]


def _starts_blind(got: Tensor, case: Case) -> None:
    first = float(torch.as_tensor(got)[0])
    if not 2.1 < first < 2.5:
        raise WrongAnswerError(
            f"On {case.name}, your first loss is {first:.2f} nats; an untrained model guesses "
            "blindly among ten letters, which costs about ln 10 = 2.30. Which tokens do you score, "
            "with the logits of which place?"
        )


TRAINING = Exercise(
    id="09.3",
    title="One layer or two",
    difficulty=3,
    importance=5,
    minutes=15,
    returns="the loss before each step [step], nats",
    solution=train_on_repeats,
    cases=_cases,
    verify=_starts_blind,
    tolerance=1e-3,
    trains=True,
    mistakes=(
        Mistake(
            "one period for all",
            _fixed_period,
            "All texts of a batch have the period of its first. Then looking that many places "
            "back is enough, one layer can do it, and nothing need be found. Use "
            "periods[step][:, None].",
        ),
        Mistake(
            "shifted by one",
            partial(_trained, own_place=True),
            "You score each letter with the logits of its own place, where the model has read it "
            "already: it learns to repeat its input.",
        ),
        Mistake(
            "every letter",
            partial(_trained, everything=True),
            "You take the mean over all letters. The first time round they are drawn at random, "
            "and no model can know them; score those that follow from the text.",
        ),
        Mistake(
            "the first letter of the second round",
            partial(_trained, early=1),
            "You score the first letter of the second round, too. That the letters come round "
            "now cannot be known: start with place > period.",
        ),
        Mistake(
            "gradients pile up",
            partial(_trained, piled_up=True),
            "The first losses are right, later ones drift: gradients of earlier steps are still "
            "there. Call optimizer.zero_grad() before backward().",
        ),
        Mistake(
            "no step",
            _never_steps,
            "The first loss is right, but nothing is learned: optimizer.step() is missing, or the "
            "optimizer holds other weights.",
        ),
        Mistake(
            "the same texts at every step",
            _first_texts_only,
            "You train on the first batch at every step. Use symbols[step] and periods[step].",
        ),
    ),
)
