"""Lesson 08: gradients averaged on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

Metric = Callable[[Tensor], Tensor]


def integrated(metric: Metric, start: Tensor, end: Tensor, m: int) -> Tensor:
    """Effect of each component ``[d]`` of a step from ``start`` to ``end``, from ``m`` slopes."""
    total = torch.zeros_like(start)
    for k in range(m):
        point = start + (k + 0.5) / m * (end - start)
        point = point.detach().requires_grad_()
        (slope,) = torch.autograd.grad(metric(point), point)
        total += slope / m
    return total * (end - start)


def _at(metric: Metric, start: Tensor, end: Tensor, places: list[float]) -> Tensor:
    total = torch.zeros_like(start)
    for place in places:
        point = (start + place * (end - start)).detach().requires_grad_()
        total += torch.autograd.grad(metric(point), point)[0] / len(places)
    return total * (end - start)


def _endpoints(metric: Metric, start: Tensor, end: Tensor, m: int) -> Tensor:
    return _at(metric, start, end, [0.0, 1.0])


def _at_the_start(metric: Metric, start: Tensor, end: Tensor, m: int) -> Tensor:
    return _at(metric, start, end, [0.0])


def _left_ends(metric: Metric, start: Tensor, end: Tensor, m: int) -> Tensor:
    return _at(metric, start, end, [k / m for k in range(m)])


def _right_ends(metric: Metric, start: Tensor, end: Tensor, m: int) -> Tensor:
    return _at(metric, start, end, [(k + 1) / m for k in range(m)])


def _with_both_ends(metric: Metric, start: Tensor, end: Tensor, m: int) -> Tensor:
    return _at(metric, start, end, torch.linspace(0, 1, m).tolist())


def _no_change(metric: Metric, start: Tensor, end: Tensor, m: int) -> Tensor:
    return integrated(metric, start, end, m) / (end - start)


def _half_way(metric: Metric, start: Tensor, end: Tensor, m: int) -> Tensor:
    return _at(metric, start, end, [0.5])


def _certain(weights: Tensor) -> Metric:
    """The probability of the first of some options: flat where it is all but certain."""

    def metric(x: Tensor) -> Tensor:
        return (weights @ x).softmax(-1)[0]

    return metric


def _bent(weights: Tensor) -> Metric:
    def metric(x: Tensor) -> Tensor:
        return torch.tanh(weights @ x).prod() + (weights[0] @ x) ** 2 / 10

    return metric


def _steps() -> list[Case]:
    generator = torch.Generator().manual_seed(86)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    start, end = draw(5), draw(5)
    return [
        Case("a softmax, in eight steps", (_certain(2 * draw(4, 5)), start, end, 8)),
        Case("a bent surface, in three steps", (_bent(draw(2, 5)), end, start, 3)),
        Case("the same in one step", (_bent(draw(2, 6)), draw(6), draw(6), 1)),
    ]


def _is_complete(got: Any, case: Case) -> None:
    """Compare the sum with the whole step, where there are steps enough to."""
    metric, start, end, m = case.args
    got = torch.as_tensor(got).detach()
    if got.shape != start.shape or m < 8:
        return
    with torch.no_grad():
        whole = float(metric(end) - metric(start))
    if abs(float(got.sum()) - whole) > 0.1 * abs(whole):
        raise WrongAnswerError(
            f"On {case.name}, your shares add up to {float(got.sum()):.3g}; the whole step changes "
            f"the metric by {whole:.3g}. Slopes averaged along the way give the whole way, up to "
            "the coarseness of the steps."
        )


INTEGRATED = Exercise(
    id="08.4",
    title="Slopes on the way",
    difficulty=4,
    importance=3,
    minutes=15,
    returns="effects of the components [d]",
    solution=integrated,
    cases=_steps,
    verify=_is_complete,
    trains=True,
    mistakes=(
        Mistake(
            "both ends only",
            _endpoints,
            "You average the slopes at the two ends. What happens between them, which is the point "
            "of the method, is not looked at: take m points inside.",
        ),
        Mistake(
            "start only",
            _at_the_start,
            "That is the plain gradient at the start: attribution patching. Take m points on the "
            "way.",
        ),
        Mistake(
            "left ends of the parts",
            _left_ends,
            "Your points are the left ends of the m parts, so the end is seen less than the start. "
            "Take their middles: (k + 0.5) / m.",
        ),
        Mistake(
            "right ends of the parts",
            _right_ends,
            "Your points are the right ends of the m parts, so the start is never seen. Take their "
            "middles: (k + 0.5) / m.",
        ),
        Mistake(
            "points from end to end",
            _with_both_ends,
            "Your points reach from one end to the other, as linspace(0, 1, m) puts them. Take the "
            "middles of m equal parts: (k + 0.5) / m.",
        ),
        Mistake(
            "summed, not averaged",
            lambda metric, start, end, m: m * integrated(metric, start, end, m),
            "You add up the slopes; take their mean. The way is walked once, in m parts.",
        ),
        Mistake(
            "the slopes alone",
            _no_change,
            "That is the mean slope. Multiply it by the way, end minus start, component by "
            "component.",
        ),
        Mistake(
            "added up",
            lambda metric, start, end, m: integrated(metric, start, end, m).sum(),
            "You added up the components. Their sum is known without any gradient: the metric at "
            "the end less the metric at the start. Return the single shares.",
        ),
        Mistake(
            "half way only",
            _half_way,
            "You take one slope, half way. Take m of them, at (k + 0.5) / m.",
        ),
    ),
)
