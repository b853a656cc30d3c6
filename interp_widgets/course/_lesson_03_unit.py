"""Lesson 03: directions of length 1, so that the penalty cannot be got round."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

Closed = tuple[Tensor, Tensor, Tensor]


def close_loophole(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    """Codes for directions of length 1, the gradient across these, and a step of it."""
    lengths = W_dec.norm(dim=-1)  # [feature]
    unit = W_dec / lengths[:, None]
    along = (slope * unit).sum(-1, keepdim=True)  # [feature, 1]
    across = slope - along * unit
    moved = unit - rate * across
    return f * lengths, across, moved / moved.norm(dim=-1, keepdim=True)


def _the_other_way(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    _, across, stepped = close_loophole(f, W_dec, slope, rate)
    return f / W_dec.norm(dim=-1), across, stepped


def _codes_as_they_are(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    _, across, stepped = close_loophole(f, W_dec, slope, rate)
    return f, across, stepped


def _columns(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    codes, across, _ = close_loophole(f, W_dec, slope, rate)
    moved = W_dec / W_dec.norm(dim=-1, keepdim=True) - rate * across
    return codes, across, moved / moved.norm(dim=0, keepdim=True)


def _not_projected(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    moved = W_dec / W_dec.norm(dim=-1, keepdim=True) - rate * slope
    codes = close_loophole(f, W_dec, slope, rate)[0]
    return codes, slope, moved / moved.norm(dim=-1, keepdim=True)


def _not_normalised(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    codes, across, _ = close_loophole(f, W_dec, slope, rate)
    return codes, across, W_dec / W_dec.norm(dim=-1, keepdim=True) - rate * across


def _from_any_length(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    codes, across, _ = close_loophole(f, W_dec, slope, rate)
    moved = W_dec - rate * across
    return codes, across, moved / moved.norm(dim=-1, keepdim=True)


def _kept_from_shrinking(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    codes, across, _ = close_loophole(f, W_dec, slope, rate)
    moved = W_dec / W_dec.norm(dim=-1, keepdim=True).clamp(max=1) - rate * across
    return codes, across, moved / moved.norm(dim=-1, keepdim=True).clamp(max=1)


def _along_only(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    codes, across, _ = close_loophole(f, W_dec, slope, rate)
    moved = W_dec / W_dec.norm(dim=-1, keepdim=True) - rate * (slope - across)
    return codes, slope - across, moved / moved.norm(dim=-1, keepdim=True)


def _whole_matrix(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    codes, across, _ = close_loophole(f, W_dec, slope, rate)
    moved = W_dec / W_dec.norm(dim=-1, keepdim=True) - rate * across
    return codes, across, moved / moved.norm()


def _uphill(f: Tensor, W_dec: Tensor, slope: Tensor, rate: float) -> Closed:
    codes, across, _ = close_loophole(f, W_dec, slope, rate)
    return codes, across, close_loophole(f, W_dec, -slope, rate)[2]


def _same_and_honest(got: Any, case: Case) -> None:
    """What has to hold of any answer: the reconstruction stays, angles are right, lengths are 1."""
    f, W_dec, *_ = case.args
    codes, across, stepped = (torch.as_tensor(part) for part in got)
    unit = W_dec / W_dec.norm(dim=-1, keepdim=True)
    if not torch.allclose(codes @ unit, f @ W_dec, atol=1e-4):
        raise WrongAnswerError(
            f"On {case.name}, your codes with directions of length 1 do not give the "
            "reconstruction that codes and directions gave before."
        )
    left = (across * unit).sum(-1).abs().max().item()
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


def _cheats() -> list[Case]:
    cases = []
    for latents, d, rate, longer in ((6, 4, 0.1, (8.0, 8.0)), (24, 8, 1.0, (0.3, 3.0))):
        draw = torch.Generator().manual_seed(3)
        unit = torch.nn.functional.normalize(torch.randn(latents, d, generator=draw), dim=-1)
        slope = torch.randn(latents, d, generator=draw)
        least, most = longer
        lengths = least + (most - least) * torch.rand(latents, 1, generator=draw)
        f = torch.relu(torch.randn(5, latents, generator=draw))
        said = f"{most:g}" if least == most else f"{least:g} to {most:g}"
        name = f"{latents} directions in {d} dimensions, {said} long"
        cases.append(Case(name, (f, lengths * unit, slope, rate)))
    return cases


UNIT = Exercise(
    id="03.3",
    title="Close the loophole",
    difficulty=3,
    importance=4,
    minutes=15,
    returns=(
        "codes [sample, feature], the gradient across the directions [feature, d], and the "
        "directions after the step [feature, d]"
    ),
    solution=close_loophole,
    cases=_cheats,
    verify=_same_and_honest,
    tolerance=1e-5,
    mistakes=(
        Mistake(
            "the other way round",
            _the_other_way,
            "You divide codes by the lengths. A direction made shorter needs a larger code: what "
            "is taken from the one goes into the other.",
        ),
        Mistake(
            "codes as they are",
            _codes_as_they_are,
            "You hand the codes on as they came. With directions of length 1 they give another "
            "reconstruction.",
        ),
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
            "from any length",
            _from_any_length,
            "You step from directions as long as they came. Set them to length 1 first: the same "
            "step turns a long direction less.",
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
