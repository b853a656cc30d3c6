"""Lesson 04: a threshold that learns, though a step has no slope."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def jumprelu(pre: Tensor, threshold: Tensor, slope: Tensor, width: float) -> tuple[Tensor, Tensor]:
    """Codes ``[token, feature]``, and what the loss changes by with each threshold, ``[feature]``.

    Args:
        pre: ``[token, feature]``.
        threshold: ``[feature]``.
        slope: of the loss by each code, ``[token, feature]``.
        width: of the window around a threshold.
    """
    codes = pre * (pre > threshold)
    window = (pre - threshold).abs() < width / 2
    return codes, -(slope * threshold / width * window).sum(0)


def _codes(pre: Tensor, threshold: Tensor) -> Tensor:
    return pre * (pre > threshold)


def _ordinary(pre: Tensor, threshold: Tensor, slope: Tensor, width: float) -> tuple[Tensor, Tensor]:
    return _codes(pre, threshold), torch.zeros_like(threshold)


def _other_sign(
    pre: Tensor, threshold: Tensor, slope: Tensor, width: float
) -> tuple[Tensor, Tensor]:
    codes, by_threshold = jumprelu(pre, threshold, slope, width)
    return codes, -by_threshold


def _of_the_step(
    pre: Tensor, threshold: Tensor, slope: Tensor, width: float
) -> tuple[Tensor, Tensor]:
    window = (pre - threshold).abs() < width / 2
    return _codes(pre, threshold), -(slope / width * window).sum(0)


def _twice_as_wide(
    pre: Tensor, threshold: Tensor, slope: Tensor, width: float
) -> tuple[Tensor, Tensor]:
    window = (pre - threshold).abs() < width
    return _codes(pre, threshold), -(slope * threshold / width * window).sum(0)


def _mean(pre: Tensor, threshold: Tensor, slope: Tensor, width: float) -> tuple[Tensor, Tensor]:
    codes, by_threshold = jumprelu(pre, threshold, slope, width)
    return codes, by_threshold / len(pre)


def _by_its_own_code(
    pre: Tensor, threshold: Tensor, slope: Tensor, width: float
) -> tuple[Tensor, Tensor]:
    window = (pre - threshold).abs() < width / 2
    return _codes(pre, threshold), -(slope * pre / width * window).sum(0)


def _not_summed(
    pre: Tensor, threshold: Tensor, slope: Tensor, width: float
) -> tuple[Tensor, Tensor]:
    window = (pre - threshold).abs() < width / 2
    return _codes(pre, threshold), -slope * threshold / width * window


def _shifted(pre: Tensor, threshold: Tensor, slope: Tensor, width: float) -> tuple[Tensor, Tensor]:
    return (pre - threshold).relu(), jumprelu(pre, threshold, slope, width)[1]


def _batches() -> list[Case]:
    generator = torch.Generator().manual_seed(4)
    cases = []
    for tokens, features, width in ((5000, 6, 0.2), (400, 30, 0.5)):
        pre, slope = torch.randn(2, tokens, features, generator=generator)
        threshold = 0.3 + torch.rand(features, generator=generator)
        name = f"{tokens} tokens, {features} latents, and a window of {width}"
        cases.append(Case(name, (pre, threshold, slope, width)))
    return cases


JUMPRELU = Exercise(
    id="04.2",
    title="JumpReLU, and a slope for its threshold",
    difficulty=4,
    importance=3,
    minutes=20,
    returns="codes [token, feature], and the loss's slope by each threshold [feature]",
    solution=jumprelu,
    cases=_batches,
    mistakes=(
        Mistake(
            "ordinary slope",
            _ordinary,
            "Your thresholds have a slope of 0: that is what automatic differentiation says of a "
            "step, and nothing would ever move them. Let the tokens in the window vote.",
        ),
        Mistake(
            "other sign",
            _other_sign,
            "Your slope has the other sign. A higher threshold takes codes away.",
        ),
        Mistake(
            "slope of the step",
            _of_the_step,
            "You count how many tokens are lost. Here each takes its whole code along, which is "
            "about the threshold: the height of the step is missing.",
        ),
        Mistake(
            "twice as wide",
            _twice_as_wide,
            "Your window reaches a whole width to either side. It is one width in all.",
        ),
        Mistake(
            "mean over tokens",
            _mean,
            "You take a mean over tokens. All tokens share one threshold, so their slopes add up.",
        ),
        Mistake(
            "each by its own code",
            _by_its_own_code,
            "You let each token count with its own code. In the window all of them are about θ, "
            "and θ it is that is meant.",
        ),
        Mistake(
            "not added up",
            _not_summed,
            "That is what each token says. All tokens share a threshold: add them up.",
        ),
        Mistake(
            "shifted ReLU",
            _shifted,
            "Your codes are pre − threshold. That shrinks all of them; JumpReLU lets through whole "
            "what is above.",
        ),
    ),
)
