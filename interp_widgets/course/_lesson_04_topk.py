"""Lesson 04: of all latents, the k that answer loudest."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def topk(pre: Tensor, k: int) -> Tensor:
    """The ``k`` largest of each row, what is negative of them cut off, ``[.., feature]``."""
    values, places = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, places, values.relu())


def _negatives(pre: Tensor, k: int) -> Tensor:
    values, places = pre.topk(k, dim=-1)
    return torch.zeros_like(pre).scatter(-1, places, values)


def _sizes(pre: Tensor, k: int) -> Tensor:
    places = pre.abs().topk(k, dim=-1).indices
    return torch.zeros_like(pre).scatter(-1, places, pre.gather(-1, places))


def _all_rows_together(pre: Tensor, k: int) -> Tensor:
    many = k * pre[..., 0].numel()
    values, places = pre.flatten().topk(many)
    return torch.zeros_like(pre.flatten()).scatter(0, places, values.relu()).view_as(pre)


def _switches(pre: Tensor, k: int) -> Tensor:
    return (topk(pre, k) > 0).float() * pre.relu().sum(-1, keepdim=True)


def _rows() -> list[Case]:
    generator = torch.Generator().manual_seed(4)
    few = torch.randn(6, 10, generator=generator) - 1.2  # rows with less than 4 positive ones
    many = torch.randn(5, 3, 40, generator=generator)
    return [
        Case("the five numbers of the text", (torch.tensor([0.1, 2.4, 0.3, 1.7, 0.05]), 2)),
        Case("rows that have fewer positive numbers than k", (few.requires_grad_(), 4)),
        Case("a batch of sequences", (many.requires_grad_(), 8)),
    ]


TOPK = Exercise(
    id="04.1",
    title="TopK",
    difficulty=2,
    importance=4,
    minutes=10,
    returns="codes in the shape of pre, [.., feature]",
    solution=topk,
    cases=_rows,
    trains=True,
    mistakes=(
        Mistake(
            "no way back",
            lambda pre, k: topk(pre.detach(), k),
            "Values are right, but training needs slopes: no `detach`, no `.data`, no `.item()`.",
        ),
        Mistake(
            "negatives kept",
            _negatives,
            "You keep negative values where a row has fewer than k positive ones. A latent says "
            "that something is there: put a ReLU behind the choice.",
        ),
        Mistake(
            "largest sizes",
            _sizes,
            "You choose by size, whatever the sign. Strongly negative means clearly absent: choose "
            "by value.",
        ),
        Mistake(
            "values alone",
            lambda pre, k: pre.topk(k, dim=-1).values.relu(),
            "These are the k values, without their places. The decoder has to know which latents "
            "they are of: put them back where they stood, zeros elsewhere.",
        ),
        Mistake(
            "the batch's largest",
            _all_rows_together,
            "You choose among all rows together. That is another method, BatchTopK; here each row "
            "has k of its own.",
        ),
        Mistake(
            "all alike",
            _switches,
            "All chosen latents have the same value. Each keeps its own.",
        ),
    ),
)
