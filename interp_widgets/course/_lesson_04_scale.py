"""Lesson 04: how large a dictionary is, and what a wider one would bring."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake

# 04.5 -----------------------------------------------------------------------------


def count_parameters(d: int, expansion: int) -> int:
    """Numbers in an encoder, a decoder and their two biases."""
    d_sae = d * expansion
    return 2 * d * d_sae + d_sae + d


PARAMETERS = Exercise(
    id="04.5",
    title="Count the parameters",
    difficulty=1,
    importance=3,
    minutes=5,
    returns="one whole number",
    solution=count_parameters,
    cases=lambda: [
        Case("2,048 dimensions, 32 times as wide", (2048, 32)),
        Case("the course model, 8 times as wide", (128, 8)),
    ],
    tolerance=0.0,
    mistakes=(
        Mistake(
            "one factor forgotten",
            lambda d, expansion: d * expansion * 2,
            "That is twice the number of latents. Each latent has a direction of d numbers in the "
            "encoder, and another in the decoder.",
        ),
        Mistake(
            "no biases",
            lambda d, expansion: 2 * d * d * expansion,
            "These are the two matrices. Each latent has a bias too, and so has each dimension of "
            "the output.",
        ),
        Mistake(
            "one matrix",
            lambda d, expansion: d * d * expansion + d * expansion + d,
            "You count one matrix. They may begin as each other's transpose, but are trained "
            "apart: encoder and decoder.",
        ),
        Mistake(
            "a bias forgotten",
            lambda d, expansion: 2 * d * d * expansion + d * expansion,
            "The decoder's bias is missing: a number for each dimension.",
        ),
    ),
)

# 04.6 -----------------------------------------------------------------------------


def next_width(widths: Tensor, errors: Tensor, wider: float) -> tuple[Tensor, Tensor]:
    """Slope of a straight line through the logarithms, and the error it foretells at a width."""
    x, y = widths.log(), errors.log()
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    at = torch.as_tensor(wider, dtype=x.dtype).log()
    return slope, (y.mean() + slope * (at - x.mean())).exp()


def _line(x: Tensor, y: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
    slope = ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    return slope, y.mean() + slope * (at - x.mean())


def _linear(widths: Tensor, errors: Tensor, wider: float) -> tuple[Tensor, Tensor]:
    return _line(widths, errors, torch.as_tensor(wider))


def _width_only(widths: Tensor, errors: Tensor, wider: float) -> tuple[Tensor, Tensor]:
    return _line(widths.log(), errors, torch.as_tensor(wider).log())


def _not_back(widths: Tensor, errors: Tensor, wider: float) -> tuple[Tensor, Tensor]:
    slope, error = next_width(widths, errors, wider)
    return slope, error.log()


def _ends(widths: Tensor, errors: Tensor, wider: float) -> tuple[Tensor, Tensor]:
    slope = (errors[-1] / errors[0]).log() / (widths[-1] / widths[0]).log()
    return slope, errors[-1] * (wider / widths[-1]) ** slope


def _ladders() -> list[Case]:
    generator = torch.Generator().manual_seed(4)
    widths = 2.0 ** torch.arange(6, 11)
    law = 0.2 * widths**-0.3
    noise = (0.1 * torch.randn(5, generator=generator)).exp()
    return [
        Case("five widths with some noise", (widths, law * noise, 2048.0)),
        Case("three widths on the line", (widths[:3], law[:3], 4096.0)),
    ]


SCALING = Exercise(
    id="04.6",
    title="Foretell the next width",
    difficulty=3,
    importance=2,
    minutes=15,
    returns="two numbers: the slope, and the error foretold",
    solution=next_width,
    cases=_ladders,
    bonus=True,
    mistakes=(
        Mistake(
            "linear",
            _linear,
            "Your line runs through widths and errors as they are. It will foretell errors below "
            "0: take the logarithm of both.",
        ),
        Mistake(
            "logarithm of widths only",
            _width_only,
            "You take the logarithm of widths, and errors as they are. A power law is straight "
            "where both are logarithms.",
        ),
        Mistake(
            "logarithm returned",
            _not_back,
            "Your second number is the logarithm of an error. Take it back by `exp`.",
        ),
        Mistake(
            "first and last",
            _ends,
            "Your line runs through the first and the last point. Fit it to all of them.",
        ),
    ),
)
