"""Lesson 03: directions of length 1, so that the penalty cannot be got round."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

Stepped = tuple[Tensor, Tensor]


def unit_step(W_dec: Tensor, slope: Tensor, rate: float) -> Stepped:
    """The gradient without what would change lengths, and the directions after a step of it."""
    along = (slope * W_dec).sum(-1, keepdim=True)  # [feature, 1]
    across = slope - along * W_dec
    moved = W_dec - rate * across
    return across, moved / moved.norm(dim=-1, keepdim=True)


def _columns(W_dec: Tensor, slope: Tensor, rate: float) -> Stepped:
    across, _ = unit_step(W_dec, slope, rate)
    moved = W_dec - rate * across
    return across, moved / moved.norm(dim=0, keepdim=True)


def _not_projected(W_dec: Tensor, slope: Tensor, rate: float) -> Stepped:
    moved = W_dec - rate * slope
    return slope, moved / moved.norm(dim=-1, keepdim=True)


def _not_normalised(W_dec: Tensor, slope: Tensor, rate: float) -> Stepped:
    across, _ = unit_step(W_dec, slope, rate)
    return across, W_dec - rate * across


def _kept_from_shrinking(W_dec: Tensor, slope: Tensor, rate: float) -> Stepped:
    along = (slope * W_dec).sum(-1, keepdim=True).clamp(min=0)
    moved = W_dec - rate * (slope - along * W_dec)
    return slope - along * W_dec, moved / moved.norm(dim=-1, keepdim=True).clamp(max=1)


def _along_only(W_dec: Tensor, slope: Tensor, rate: float) -> Stepped:
    along = (slope * W_dec).sum(-1, keepdim=True) * W_dec
    moved = W_dec - rate * along
    return along, moved / moved.norm(dim=-1, keepdim=True)


def _whole_matrix(W_dec: Tensor, slope: Tensor, rate: float) -> Stepped:
    across, _ = unit_step(W_dec, slope, rate)
    moved = W_dec - rate * across
    return across, moved / moved.norm()


def _uphill(W_dec: Tensor, slope: Tensor, rate: float) -> Stepped:
    return unit_step(W_dec, slope, rate)[0], unit_step(W_dec, -slope, rate)[1]


def _lengths_and_angles(got: Any, case: Case) -> None:
    W_dec = case.args[0]
    across, stepped = (torch.as_tensor(part) for part in got)
    left = (across * W_dec).sum(-1).abs().max().item()
    if left > 1e-5:
        raise WrongAnswerError(
            f"On {case.name}, your gradient still reaches {left:.2g} along a direction; wanted 0: "
            "take out of each row what lies along that row of W_dec."
        )
    lengths = stepped.norm(dim=-1)
    if (lengths - 1).abs().max() > 1e-5:
        raise WrongAnswerError(
            f"On {case.name}, directions are {lengths.min():.3g} to {lengths.max():.3g} long after "
            "your step; wanted 1 for every row."
        )


def _steps() -> list[Case]:
    cases = []
    for latents, d, rate in ((6, 4, 0.1), (24, 8, 1.0)):
        draw = torch.Generator().manual_seed(3)
        W_dec = torch.nn.functional.normalize(torch.randn(latents, d, generator=draw), dim=-1)
        slope = torch.randn(latents, d, generator=draw)
        cases.append(Case(f"{latents} directions in {d} dimensions", (W_dec, slope, rate)))
    return cases


UNIT = Exercise(
    id="03.3",
    title="Close the loophole",
    difficulty=3,
    importance=4,
    minutes=15,
    returns="the gradient across the directions [feature, d], and the directions after the step",
    solution=unit_step,
    cases=_steps,
    verify=_lengths_and_angles,
    tolerance=1e-6,
    mistakes=(
        Mistake(
            "wrong axis",
            _columns,
            "You made the columns of W_dec as long as 1. Directions are its rows, W_dec[feature].",
        ),
        Mistake(
            "gradient as it is",
            _not_projected,
            "You step along the whole gradient. Its part along the direction only changes lengths, "
            "which are set back to 1 anyway: take it out first.",
        ),
        Mistake(
            "lengths as they come",
            _not_normalised,
            "A step across a direction makes it a little longer each time. Divide each row by its "
            "length at the end.",
        ),
        Mistake(
            "kept from shrinking only",
            _kept_from_shrinking,
            "You keep directions from getting shorter, and let them grow. But it is long "
            "directions with small codes that make the penalty cheap.",
        ),
        Mistake(
            "the other part",
            _along_only,
            "You kept the part along the direction and threw the rest away. Wanted is the rest.",
        ),
        Mistake(
            "uphill",
            _uphill,
            "You step up the gradient. Descent goes against it: minus.",
        ),
        Mistake(
            "one length for all",
            _whole_matrix,
            "You divided by the length of the whole matrix. Each row gets a length of 1.",
        ),
    ),
)
