"""Lesson 08, bonus: causal scrubbing where every draw can be tried."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

Metric = Callable[[Tensor], Tensor]


def scrubbed(metric: Metric, data: Tensor, keys: Tensor) -> Tensor:
    """Recovered share of a metric, parts exchanged among rows whose keys agree.

    Args:
        metric: rows ``[row, part]`` -> ``[row]``.
        data: what each part holds on each prompt, ``[prompt, part]``.
        keys: what the hypothesis says a part tells, ``[prompt, part]``: equal keys, equal meaning.

    Returns:
        1 if all is explained, 0 if no more than by exchanging at random.
    """

    def expected(keys: Tensor) -> Tensor:
        means = []
        for row in range(len(data)):
            donors = [(keys[:, j] == keys[row, j]).nonzero()[:, 0] for j in range(data.shape[1])]
            mixed = [data[torch.stack(each), range(data.shape[1])] for each in product(*donors)]
            means.append(metric(torch.stack(mixed)).mean())
        return torch.stack(means).mean()

    everything, nothing = metric(data).mean(), expected(torch.zeros_like(keys))
    return (expected(keys) - nothing) / (everything - nothing)


def _one_donor_for_all(metric: Metric, data: Tensor, keys: Tensor) -> Tensor:
    def expected(keys: Tensor) -> Tensor:
        means = []
        for row in range(len(data)):
            donors = (keys == keys[row]).all(1)
            means.append(metric(data[donors]).mean())
        return torch.stack(means).mean()

    everything = metric(data).mean()
    nothing = _expected(metric, data, torch.zeros_like(keys))
    return (expected(keys) - nothing) / (everything - nothing)


def _expected(metric: Metric, data: Tensor, keys: Tensor) -> Tensor:
    means = []
    for row in range(len(data)):
        donors = [(keys[:, j] == keys[row, j]).nonzero()[:, 0] for j in range(data.shape[1])]
        mixed = [data[torch.stack(each), range(data.shape[1])] for each in product(*donors)]
        means.append(metric(torch.stack(mixed)).mean())
    return torch.stack(means).mean()


def _all_choices_alike(metric: Metric, data: Tensor, keys: Tensor) -> Tensor:
    def expected(keys: Tensor) -> Tensor:
        rows = []
        for row in range(len(data)):
            donors = [(keys[:, j] == keys[row, j]).nonzero()[:, 0] for j in range(data.shape[1])]
            rows += [data[torch.stack(each), range(data.shape[1])] for each in product(*donors)]
        return metric(torch.stack(rows)).mean()

    nothing = expected(torch.zeros_like(keys))
    return (expected(keys) - nothing) / (metric(data).mean() - nothing)


def _no_baseline(metric: Metric, data: Tensor, keys: Tensor) -> Tensor:
    return _expected(metric, data, keys) / metric(data).mean()


def _not_scaled(metric: Metric, data: Tensor, keys: Tensor) -> Tensor:
    return _expected(metric, data, keys)


def _means_put_in(metric: Metric, data: Tensor, keys: Tensor) -> Tensor:
    rows = []
    for row in range(len(data)):
        same = keys == keys[row]
        rows.append((data * same).sum(0) / same.sum(0))
    everything = metric(data).mean()
    nothing = _expected(metric, data, torch.zeros_like(keys))
    return (metric(torch.stack(rows)).mean() - nothing) / (everything - nothing)


def _never_itself(metric: Metric, data: Tensor, keys: Tensor) -> Tensor:
    means = []
    for row in range(len(data)):
        donors = []
        for j in range(data.shape[1]):
            same = (keys[:, j] == keys[row, j]).nonzero()[:, 0]
            others = same[same != row]
            donors.append(others if len(others) else same)
        mixed = [data[torch.stack(each), range(data.shape[1])] for each in product(*donors)]
        means.append(metric(torch.stack(mixed)).mean())
    everything = metric(data).mean()
    nothing = _expected(metric, data, torch.zeros_like(keys))
    return (torch.stack(means).mean() - nothing) / (everything - nothing)


def _hypotheses() -> list[Case]:
    generator = torch.Generator().manual_seed(88)
    data = torch.randn(5, 3, generator=generator, dtype=torch.float64) + 1

    def agreeing(rows: Tensor) -> Tensor:
        return rows[:, 0] * rows[:, 1] + 0.2 * rows[:, 2] ** 2

    unique = torch.arange(5)[:, None].expand(-1, 3)
    halves = torch.stack([torch.tensor([0, 0, 1, 1, 0]), torch.tensor([0, 1, 1, 0, 1])], 1)
    two = torch.cat([halves, torch.zeros(5, 1, dtype=torch.long)], 1)
    dropped = torch.cat([unique[:, :2], torch.zeros(5, 1, dtype=torch.long)], 1)
    return [
        Case("two classes for two parts, the third irrelevant", (agreeing, data, two)),
        Case("only the third part irrelevant", (agreeing, data, dropped)),
        Case("every prompt a class of its own", (agreeing, data, unique)),
        Case("everything irrelevant", (agreeing, data, torch.zeros_like(unique))),
    ]


def _ends(got: Tensor, case: Case) -> None:
    """Two hypotheses whose score is known beforehand."""
    _, data, keys = case.args
    classes = {len(keys[:, j].unique()) for j in range(keys.shape[1])}
    known = {
        len(data): (1.0, "every prompt is a class of its own, so nothing is exchanged"),
        1: (0.0, "all prompts are one class, so everything is exchanged"),
    }
    if len(classes) == 1 and (size := classes.pop()) in known:
        wanted, why = known[size]
        value = float(torch.as_tensor(got).detach().double().mean())
        if abs(value - wanted) > 1e-4:
            raise WrongAnswerError(
                f"On {case.name}, you have {value:.3g}; wanted {wanted:g}: {why}."
            )


SCRUBBED = Exercise(
    id="08.6",
    title="A tiny causal scrub",
    difficulty=4,
    importance=2,
    minutes=20,
    returns="recovered share, one number",
    solution=scrubbed,
    cases=_hypotheses,
    verify=_ends,
    bonus=True,
    mistakes=(
        Mistake(
            "one donor for all parts",
            _one_donor_for_all,
            "You take all parts from one other row. Each part gets a donor of its own, since the "
            "hypothesis says that they may be exchanged independently.",
        ),
        Mistake(
            "all choices alike",
            _all_choices_alike,
            "You take one mean over all exchanges, so a prompt with more donors counts more. Every "
            "prompt counts once: the mean over its own exchanges first, then over prompts.",
        ),
        Mistake(
            "no random baseline",
            _no_baseline,
            "You divide by the clean value. With everything exchanged at random the metric is not "
            "0: take that value off, above and below the line.",
        ),
        Mistake(
            "not scaled",
            _not_scaled,
            "That is the metric of the scrubbed rows. Put it on the scale where all exchanged at "
            "random is 0 and nothing exchanged is 1.",
        ),
        Mistake(
            "means put in",
            _means_put_in,
            "You put the mean of a class in, which no prompt may ever have held. Put in single "
            "members, and average the metric afterwards.",
        ),
        Mistake(
            "never itself",
            _never_itself,
            "A row is a member of its own class: it may be drawn, too.",
        ),
    ),
)
