"""Lesson 06: what a column of the lens tells, where a guess settles and how a token climbs."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake

# 06.2 -----------------------------------------------------------------------------


def convergence_rows(top1: Tensor) -> Tensor:
    """First row from which the top guess ``[row, pos]`` stays, for each position ``[pos]``."""
    changed = top1[1:] != top1[:-1]  # [row - 1, pos]: did this row differ from the one below it?
    row = torch.arange(1, len(top1))[:, None]
    return (row * changed).amax(0)  # the last row that changed anything; 0 if none did


def _first_change(top1: Tensor) -> Tensor:
    changed = top1[1:] != top1[:-1]
    return torch.where(changed.any(0), changed.int().argmax(0) + 1, 0)


def _tables() -> list[Case]:
    generator = torch.Generator().manual_seed(6)
    by_hand = torch.tensor([[7, 3, 5, 1], [7, 4, 6, 2], [7, 9, 6, 1], [7, 4, 6, 1], [7, 9, 5, 1]])
    return [
        Case("a table of 5 rows and 4 positions", (by_hand,)),
        Case("a random table of 9 rows", (torch.randint(0, 3, (9, 12), generator=generator),)),
        Case("a table of 2 rows", (torch.tensor([[1, 2], [1, 3]]),)),
    ]


CONVERGENCE = Exercise(
    id="06.2",
    title="Where the guess settles",
    difficulty=1,
    importance=3,
    minutes=5,
    returns="one row number per position, [pos]",
    solution=convergence_rows,
    cases=_tables,
    tolerance=0.0,
    mistakes=(
        Mistake(
            "first hit",
            lambda top1: (top1 == top1[-1]).int().argmax(0),
            "That is the first row that shows the final answer. A guess can come, go, and come "
            "back: wanted is the row after which it stays.",
        ),
        Mistake(
            "one row early",
            lambda top1: (convergence_rows(top1) - 1).clamp_min(0),
            "One row too low: that is the last row where the guess still differs. Wanted is the "
            "next one, the first that shows the final guess for good.",
        ),
        Mistake(
            "one row early everywhere",
            lambda top1: convergence_rows(top1) - 1,
            "One row too low everywhere: a column that never changes settles in row 0, the others "
            "in the first row that shows the final guess for good.",
        ),
        Mistake(
            "one row late",
            lambda top1: convergence_rows(top1) + 1,
            "One row too high: the row that brings the guess counts itself.",
        ),
        Mistake(
            "counted from the top",
            lambda top1: len(top1) - 1 - convergence_rows(top1),
            "That counts down from the last row. Row 0 is the embedding.",
        ),
        Mistake(
            "number of changes",
            lambda top1: (top1[1:] != top1[:-1]).sum(0),
            "That is how often the guess changes, not when it last does.",
        ),
        Mistake("first change", _first_change, "That is the first change. Wanted is the last one."),
    ),
)

# 06.4 -----------------------------------------------------------------------------


def rank_trajectory(logits: Tensor, tokens: list[int]) -> Tensor:
    """Ranks ``[row, token]`` at the last position of logits ``[row, pos, vocab]``; 0 is the top."""
    last = logits[:, -1]  # [row, vocab]
    mine = last[:, tokens]  # [row, token]
    return (last[:, :, None] > mine[:, None, :]).sum(1)  # how many tokens score higher


def _logits() -> list[Case]:
    generator = torch.Generator().manual_seed(6)
    return [
        Case("random logits of 9 rows", (torch.randn(9, 5, 40, generator=generator), [3, 17])),
        Case(
            "random logits with three tokens to follow",
            (torch.randn(4, 2, 11, generator=generator), [0, 10, 4]),
        ),
    ]


RANKS = Exercise(
    id="06.4",
    title="The climb of a token",
    difficulty=2,
    importance=3,
    minutes=10,
    returns="ranks [row, token] at the last position, 0 = top",
    solution=rank_trajectory,
    cases=_logits,
    tolerance=0.0,
    mistakes=(
        Mistake(
            "probability",
            lambda logits, tokens: logits[:, -1].softmax(-1)[:, tokens],
            "These are probabilities. A rank is the number of tokens that score higher.",
        ),
        Mistake(
            "logits",
            lambda logits, tokens: logits[:, -1][:, tokens],
            "These are the logits themselves. A rank is the number of tokens that score higher.",
        ),
        Mistake(
            "counted from 1",
            lambda logits, tokens: rank_trajectory(logits, tokens) + 1,
            "You count from 1; here rank 0 is the top.",
        ),
        Mistake(
            "counted from the bottom",
            lambda logits, tokens: rank_trajectory(-logits, tokens),
            "Upside down: that counts the tokens that score lower.",
        ),
        Mistake(
            "first position",
            lambda logits, tokens: rank_trajectory(logits[:, :1], tokens),
            "That is the first position; wanted is the last.",
        ),
        Mistake(
            "sorted once",
            lambda logits, tokens: logits[:, -1].argsort(-1, descending=True)[:, tokens],
            "One argsort tells which token stands at place i. You want the place of token i: "
            "count the tokens that score higher, or argsort a second time.",
        ),
        Mistake(
            "axes swapped",
            lambda logits, tokens: rank_trajectory(logits, tokens).T,
            "Right numbers, axes swapped: rows first, then tokens.",
        ),
    ),
)
