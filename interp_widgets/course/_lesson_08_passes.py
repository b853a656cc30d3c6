"""Lesson 08: what a method costs, counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from interp_widgets.course._lesson_07_hooks import patch_resid, two_prompts
from interp_widgets.course._lesson_08_attribution import attribution
from interp_widgets.course.exercises import Case, Exercise, Mistake
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo


def count_passes(hf: Any, work: Callable[[], Any]) -> tuple[Tensor, Tensor]:
    """Prompts that are run forward and backward through a model while ``work()`` runs."""
    counts = {"forward": torch.tensor(0), "backward": torch.tensor(0)}

    def forward(module: Any, inputs: Any, output: Any) -> None:
        counts["forward"] += len(output)  # [batch, pos, vocab]

    def backward(module: Any, gradients: Any) -> None:
        counts["backward"] += len(gradients[0])

    handles = [
        hf.lm_head.register_forward_hook(forward),
        hf.lm_head.register_full_backward_pre_hook(backward),
    ]
    try:
        work()
    finally:
        for handle in handles:
            handle.remove()
    return counts["forward"], counts["backward"]


def _calls(hf: Any, work: Callable[[], Any]) -> tuple[int, ...]:
    counts = [0, 0]

    def forward(*_: Any) -> None:
        counts[0] += 1

    def backward(*_: Any) -> None:
        counts[1] += 1

    handles = [
        hf.lm_head.register_forward_hook(forward),
        hf.lm_head.register_full_backward_pre_hook(backward),
    ]
    try:
        work()
    finally:
        for handle in handles:
            handle.remove()
    return tuple(counts)


def _calls_backward(hf: Any, work: Callable[[], Any]) -> tuple[Tensor, int]:
    calls = []
    handle = hf.lm_head.register_full_backward_pre_hook(lambda *_: calls.append(1))
    try:
        forward, _ = count_passes(hf, work)
    finally:
        handle.remove()
    return forward, len(calls)


def _every_layer(hf: Any, work: Callable[[], Any]) -> tuple[Tensor, Tensor]:
    forward, backward = count_passes(hf, work)
    return forward * len(hf.transformer.h), backward * len(hf.transformer.h)


def _works() -> list[Case]:
    cases = []
    for name, hf, length in (("a GPT-Neo", tiny_gpt_neo(), 6), ("a GPT-2", tiny_gpt2(), 5)):
        clean, corrupt = two_prompts(hf, length, 84)
        cases += [
            Case(f"attribution patching of {name}", (hf, _estimate(hf, clean, corrupt))),
            Case(f"exact patching of {name}, cell by cell", (hf, _loop(hf, clean, corrupt))),
            Case(f"exact patching of {name}, all cells in a batch", (hf, _batch(hf, corrupt))),
            Case(
                f"gradients of three prompts of {name}, in a batch", (hf, _gradients(hf, corrupt))
            ),
        ]
    return cases


def _last_difference(logits: Tensor) -> Tensor:
    return logits[-1, 3] - logits[-1, 7]


def _estimate(hf: Any, clean: Tensor, corrupt: Tensor) -> Callable[[], Any]:
    def work() -> None:
        attribution(hf, hf.transformer.h[1].mlp, clean, corrupt, _last_difference)

    return work


def _loop(hf: Any, clean: Tensor, corrupt: Tensor) -> Callable[[], Any]:
    def work() -> None:
        with torch.no_grad():
            for pos in range(len(corrupt)):
                patch_resid(hf, clean, corrupt, 1, pos)

    return work


def _batch(hf: Any, corrupt: Tensor) -> Callable[[], Any]:
    """As many rows as there would be cells; what is patched does not matter for the count."""

    def work() -> None:
        with torch.no_grad():
            hf(corrupt.expand(2 * len(corrupt), -1))

    return work


def _gradients(hf: Any, corrupt: Tensor) -> Callable[[], Any]:
    """Three prompts forward and three backward, in one batch."""

    def work() -> None:
        value = hf(corrupt.expand(3, -1)).logits[:, -1, 3].sum()
        torch.autograd.grad(value, hf.transformer.wpe.weight)

    return work


COUNT_PASSES = Exercise(
    id="08.2",
    title="Count passes",
    difficulty=2,
    importance=3,
    minutes=10,
    returns="(prompts run forward, prompts run backward), two whole numbers",
    solution=count_passes,
    cases=_works,
    trains=True,
    mistakes=(
        Mistake(
            "calls instead of prompts",
            _calls,
            "You count calls. A batch of twelve prompts is one call and twelve times the work: "
            "count its rows, len(output).",
        ),
        Mistake(
            "one forward, one backward",
            lambda hf, work: (1, 1),
            "Attribution patching runs two prompts forward: the clean one, whose values it takes, "
            "and the corrupt one, which it differentiates. And other methods are to be counted, "
            "too: count, do not tell.",
        ),
        Mistake(
            "no backward passes",
            lambda hf, work: (count_passes(hf, work)[0], 0),
            "A backward pass starts at the logits as well. "
            "hf.lm_head.register_full_backward_pre_hook(hook) calls hook(module, gradients) there.",
        ),
        Mistake(
            "backward calls instead of prompts",
            _calls_backward,
            "Your forward count is right. Backward you count calls: a batch of three is one call, "
            "and gradients is a tuple of one. Count the rows, len(gradients[0]).",
        ),
        Mistake(
            "layers counted",
            _every_layer,
            "You count layers, so every pass several times. Put the hook where each prompt comes "
            "by once: hf.lm_head.",
        ),
        Mistake(
            "backward counted as forward",
            lambda hf, work: (sum(count_passes(hf, work)), count_passes(hf, work)[1]),
            "Your forward count holds the backward passes, too. Give them counters of their own.",
        ),
    ),
)
