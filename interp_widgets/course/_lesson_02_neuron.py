"""Lesson 02: neurons that answer to two topics."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def polysemantic(acts: Tensor, topic: Tensor) -> Tensor:
    """Whether a neuron reaches half of its maximum in two topics or more, bool ``[neuron]``."""
    best = torch.stack([acts[topic == one].amax(0) for one in topic.unique()])  # [topic, neuron]
    top = best.amax(0)
    return (top > 0) & ((best >= top / 2).sum(0) >= 2)


def _twice_one_topic(acts: Tensor, topic: Tensor) -> Tensor:
    top = acts.amax(0)
    return (top > 0) & ((acts >= top / 2).sum(0) >= 2)


def _means(acts: Tensor, topic: Tensor) -> Tensor:
    best = torch.stack([acts[topic == one].mean(0) for one in topic.unique()])
    top = best.amax(0)
    return (top > 0) & ((best >= top / 2).sum(0) >= 2)


def _of_all_neurons(acts: Tensor, topic: Tensor) -> Tensor:
    best = torch.stack([acts[topic == one].amax(0) for one in topic.unique()])
    return (best >= acts.max() / 2).sum(0) >= 2


def _sizes(acts: Tensor, topic: Tensor) -> Tensor:
    return polysemantic(acts.abs(), topic)


def _silent_ones_too(acts: Tensor, topic: Tensor) -> Tensor:
    best = torch.stack([acts[topic == one].amax(0) for one in topic.unique()])
    return (best >= best.amax(0) / 2).sum(0) >= 2


def _tables() -> list[Case]:
    generator = torch.Generator().manual_seed(2)
    acts = torch.tensor(
        [
            # one topic, two topics, one topic twice, two but weak, silent, also downwards, two
            [4.0, 4.0, 4.0, 0.2, 0.0, -3.0, 0.1],
            [0.0, 0.0, 3.0, 0.0, 0.0, -3.0, 0.1],
            [0.1, 3.0, 0.1, 0.2, 0.0, 2.0, 5.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0],
            [0.3, 0.1, 0.2, 0.1, 0.0, 0.0, 4.0],
            [0.1, 0.1, 0.1, 0.0, 0.0, 0.1, 0.0],
        ]
    )
    topic = torch.tensor([0, 0, 1, 1, 2, 2])
    noise = torch.randn(60, 40, generator=generator) ** 3
    return [
        Case("a table of 6 tokens and 7 neurons", (acts, topic)),
        Case(
            "a random table of 60 tokens and 40 neurons",
            (noise, torch.randint(0, 4, (60,), generator=generator)),
        ),
    ]


NEURON = Exercise(
    id="02.5",
    title="Neurons with two topics",
    difficulty=3,
    importance=3,
    minutes=15,
    returns="True or False for each neuron, [neuron]",
    solution=polysemantic,
    cases=_tables,
    tolerance=0.0,
    bonus=True,
    mistakes=(
        Mistake(
            "one topic twice",
            _twice_one_topic,
            "You count tokens. Two strong tokens of one topic are still one topic: take each "
            "topic's largest value first.",
        ),
        Mistake(
            "means",
            _means,
            "You compare the topics' means. A neuron that fires on one word of a topic has a small "
            "mean there: compare largest values.",
        ),
        Mistake(
            "half of the largest of all neurons",
            _of_all_neurons,
            "You compare with the largest value of all neurons. Each is compared with its own.",
        ),
        Mistake(
            "sizes",
            _sizes,
            "You take a negative value for firing. Leave the signs as they are.",
        ),
        Mistake(
            "silent neurons",
            _silent_ones_too,
            "A neuron that never fires has half of nothing everywhere: its largest value has to be "
            "above 0.",
        ),
    ),
)
