"""Lesson 02: two directions that overlap, and what one reads of the other."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def cosine_and_reading(a: Tensor, b: Tensor, on_a: float, on_b: float) -> tuple[Tensor, Tensor]:
    """Cosine of two directions, and what stands along the first in their mixture."""
    cosine = a @ b / (a.norm() * b.norm())
    mixture = on_a * a + on_b * b
    return cosine, mixture @ a / a.norm()


def _dot(a: Tensor, b: Tensor, on_a: float, on_b: float) -> tuple[Tensor, Tensor]:
    return a @ b, cosine_and_reading(a, b, on_a, on_b)[1]


def _reading_not_of_length_one(
    a: Tensor, b: Tensor, on_a: float, on_b: float
) -> tuple[Tensor, Tensor]:
    return cosine_and_reading(a, b, on_a, on_b)[0], (on_a * a + on_b * b) @ a


def _own_only(a: Tensor, b: Tensor, on_a: float, on_b: float) -> tuple[Tensor, Tensor]:
    return cosine_and_reading(a, b, on_a, on_b)[0], on_a * a.norm()


def _along_the_second(a: Tensor, b: Tensor, on_a: float, on_b: float) -> tuple[Tensor, Tensor]:
    return cosine_and_reading(b, a, on_b, on_a)


def _length_of_the_mixture(a: Tensor, b: Tensor, on_a: float, on_b: float) -> tuple[Tensor, Tensor]:
    return cosine_and_reading(a, b, on_a, on_b)[0], (on_a * a + on_b * b).norm()


def _other_order(a: Tensor, b: Tensor, on_a: float, on_b: float) -> tuple[Tensor, Tensor]:
    cosine, reading = cosine_and_reading(a, b, on_a, on_b)
    return reading, cosine


def _strengths_and_cosine(a: Tensor, b: Tensor, on_a: float, on_b: float) -> tuple[Tensor, Tensor]:
    cosine, _ = cosine_and_reading(a, b, on_a, on_b)
    return cosine, on_a + on_b * cosine


def _pairs() -> list[Case]:
    generator = torch.Generator().manual_seed(2)
    a, b = 2 * torch.randn(2, 6, generator=generator)
    return [
        Case(
            "the two directions of the text",
            (torch.tensor([1.0, 0.0]), torch.tensor([0.8, 0.6]), 1.5, 1.0),
        ),
        Case("two random directions of other lengths", (a, b, 0.7, -1.2)),
    ]


OVERLAP = Exercise(
    id="02.1",
    title="The arithmetic of overlap",
    difficulty=1,
    importance=3,
    minutes=5,
    returns="two numbers: the cosine of a and b, and the reading along a",
    solution=cosine_and_reading,
    cases=_pairs,
    mistakes=(
        Mistake(
            "dot product for the cosine",
            _dot,
            "That is the dot product. It is the cosine only of directions of length 1: divide by "
            "both lengths.",
        ),
        Mistake(
            "read by a direction that is not of length 1",
            _reading_not_of_length_one,
            "You read with a as it is. A reading is a length along a direction: divide by the "
            "length of a.",
        ),
        Mistake(
            "own strength only",
            _own_only,
            "That is what a itself wrote. The mixture holds b as well, and a part of b lies along "
            "a.",
        ),
        Mistake(
            "read along the second",
            _along_the_second,
            "That is the reading along b. Wanted is the one along a.",
        ),
        Mistake(
            "other order",
            _other_order,
            "These are the right numbers in the other order: the cosine comes first.",
        ),
        Mistake(
            "lengths left out of the mixture",
            _strengths_and_cosine,
            "You add strengths as if both directions had length 1. The mixture holds a and b as "
            "long as they are.",
        ),
        Mistake(
            "length of the mixture",
            _length_of_the_mixture,
            "That is how long the whole mixture is. A reading is how far it reaches along a.",
        ),
    ),
)
