"""Lesson 07: the layer where an answer moves from the subject to the end of the prompt."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def crossing_layer(recovery: Tensor, subject: list[int], end: int) -> Tensor:
    """First layer from which on the end ``[layer, pos]`` recovers more than any of the subject.

    The number of layers if the end never does.
    """
    subject_leads = recovery[:, subject].amax(1) >= recovery[:, end]  # [layer]
    layer = torch.arange(1, len(recovery) + 1)
    return (layer * subject_leads).max()  # one above the last layer where the subject leads


def _first_time(recovery: Tensor, subject: list[int], end: int) -> int:
    ahead = recovery[:, end] > recovery[:, subject].amax(1)
    return int(ahead.int().argmax()) if ahead.any() else len(recovery)


def _end_moves(recovery: Tensor, subject: list[int], end: int) -> int:
    moved = recovery[:, end] > 0.05
    return int(moved.int().argmax()) if moved.any() else len(recovery)


def _half_way(recovery: Tensor, subject: list[int], end: int) -> int:
    over = recovery[:, end] > 0.5
    return int(over.int().argmax()) if over.any() else len(recovery)


def _against_sum(recovery: Tensor, subject: list[int], end: int) -> Tensor:
    curves = torch.stack([recovery[:, subject].sum(1), recovery[:, end]], 1)
    return crossing_layer(curves, [0], 1)


def _grids() -> list[Case]:
    """Grids drawn by hand: a row a layer, five positions, two of them the subject's name."""

    def grid(first: list[float], last: list[float], end: list[float]) -> Tensor:
        rows = torch.zeros(len(first), 5)
        rows[:, 1], rows[:, 2], rows[:, 4] = (torch.tensor(x) for x in (first, last, end))
        return rows

    read_late = grid(
        [0.6, 0.1, 0.1, 0, 0, 0, 0, 0, 0],
        [0.1, 0.9, 1, 1, 1, 0.97, 0.8, 0.45, 0],
        [0, 0, 0.01, 0.01, 0.04, 0.1, 0.2, 0.6, 1],
    )
    there_and_back = grid(
        [0.1, 0.1, 0.4, 0.4, 0, 0, 0, 0, 0],
        [0.1, 0.2, 0.8, 0.9, 0.9, 0.9, 0.2, 0.1, 0],
        [0.2, 0.3, 0.1, 0.1, 0.1, 0.2, 0.7, 0.8, 1],
    )
    one_piece = grid(
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 0.9, 0.3, 0.1, 0, 0, 0, 0, 0],
        [0, 0.1, 0.6, 0.7, 0.8, 0.9, 1, 1, 1],
    )
    two_halves = grid(
        [0.6, 0.6, 0.5, 0.5, 0.5, 0.5, 0.4, 0.1, 0],
        [0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.1, 0],
        [0, 0.2, 0.55, 0.6, 0.7, 0.75, 0.75, 0.9, 1],
    )
    much_but_less = grid(
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 0.95, 0.95, 0.9, 0.9, 0.85, 0.3],
        [0, 0.1, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 1],
    )
    first_word = grid(
        [0.9, 0.8, 0.8, 0.8, 0.75, 0.7, 0.6, 0.3, 0],
        [0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0],
        [0, 0.05, 0.2, 0.3, 0.42, 0.5, 0.55, 0.7, 1],
    )
    never = grid([0.2, 0, 0, 0, 0, 0], [0.8, 1, 0.95, 0.9, 0.8, 0.6], [0, 0, 0.05, 0.1, 0.15, 0.4])
    return [
        Case("a name that is read late", (read_late, [1, 2], 4)),
        Case("an end that leads, falls back, and leads again", (there_and_back, [1, 2], 4)),
        Case("a name of one token that is read early", (one_piece, [2], 4)),
        Case("a name whose two words have the same share", (two_halves, [1, 2], 4)),
        Case("an end that has much while the name has more", (much_but_less, [1, 2], 4)),
        Case("a name that is read at its first word", (first_word, [1, 2], 4)),
        Case("an end that never leads", (never, [1, 2], 4)),
    ]


CROSSING = Exercise(
    id="07.5",
    title="The crossing layer",
    difficulty=2,
    importance=3,
    minutes=10,
    returns="a layer, 0 to n_layers; one layer off passes",
    solution=crossing_layer,
    cases=_grids,
    tolerance=1.0,
    mistakes=(
        Mistake(
            "first piece of the name",
            lambda recovery, subject, end: crossing_layer(recovery, subject[:1], end),
            "You look at the first piece of the name only. What the pieces say together is "
            "gathered at the last one: take the larger of them, layer by layer.",
        ),
        Mistake(
            "last piece of the name",
            lambda recovery, subject, end: crossing_layer(recovery, subject[-1:], end),
            "You look at the last piece of the name only. Here it is read at its first one: take "
            "the larger of them, layer by layer.",
        ),
        Mistake(
            "sum of the name",
            _against_sum,
            "You add up the pieces of the name. The end has to recover more than any one of them: "
            "take the larger of them, layer by layer.",
        ),
        Mistake(
            "more than a half",
            _half_way,
            "That is where the end passes a half. The name can still have more then: compare the "
            "two, layer by layer.",
        ),
        Mistake(
            "first layer where the end leads",
            _first_time,
            "That is the first layer where the end leads. It can fall back again: wanted is the "
            "layer from which on it leads for good.",
        ),
        Mistake(
            "first layer where the end recovers anything",
            _end_moves,
            "That is where the end begins to recover something. The crossing is where it recovers "
            "more than the subject does.",
        ),
        Mistake(
            "positions for layers",
            lambda recovery, subject, end: crossing_layer(recovery.T[:, :5], subject, end),
            "You went along the positions. Layers are the first axis: recovery[:, end].",
        ),
        Mistake(
            "counted from the top",
            lambda recovery, subject, end: len(recovery) - crossing_layer(recovery, subject, end),
            "You count from the last layer down. Layer 0 is the lowest.",
        ),
    ),
)
