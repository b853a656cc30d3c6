"""Lesson 08: attribution patching by hand, two forwards and one backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from interp_widgets.course._lesson_07_hooks import two_prompts
from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError
from interp_widgets.course.tiny import tiny_gpt2, tiny_gpt_neo

Metric = Callable[[Tensor], Tensor]

_STEP = 1e-3  # of the way from the corrupt to the clean run, for a finite difference
_NEAR = 0.02  # of the largest slope


def attribution(hf: Any, block: Any, clean: Tensor, corrupt: Tensor, metric: Metric) -> Tensor:
    """Estimated effect ``[pos]`` of patching a block's clean output into the corrupt run."""
    held = {}

    def keep(module: Any, inputs: Any, output: Any) -> None:
        held["x"] = output  # [1, pos, d]

    handle = block.register_forward_hook(keep)
    try:
        hf(clean[None])
        there = held["x"].detach()
        value = metric(hf(corrupt[None]).logits[0])
    finally:
        handle.remove()
    (slope,) = torch.autograd.grad(value, held["x"])
    return (slope * (there - held["x"]).detach())[0].sum(-1)


def _held(hf: Any, block: Any, ids: Tensor) -> tuple[Tensor, Tensor]:
    """The output of a block ``[pos, d]``, still in its graph, and the logits."""
    held = {}

    def keep(module: Any, inputs: Any, output: Any) -> None:
        held["x"] = output

    handle = block.register_forward_hook(keep)
    try:
        logits = hf(ids[None]).logits[0]
    finally:
        handle.remove()
    return held["x"], logits


def _at_the_clean_run(
    hf: Any, block: Any, clean: Tensor, corrupt: Tensor, metric: Metric
) -> Tensor:
    there, logits = _held(hf, block, clean)
    (slope,) = torch.autograd.grad(metric(logits), there)
    here, _ = _held(hf, block, corrupt)
    return (slope * (there - here).detach())[0].sum(-1)


def _parts(
    hf: Any, block: Any, clean: Tensor, corrupt: Tensor, metric: Metric
) -> tuple[Tensor, Tensor]:
    """Slope and difference ``[pos, d]``."""
    there, _ = _held(hf, block, clean)
    here, logits = _held(hf, block, corrupt)
    (slope,) = torch.autograd.grad(metric(logits), here)
    return slope[0], (there - here).detach()[0]


def _not_summed(hf: Any, block: Any, clean: Tensor, corrupt: Tensor, metric: Metric) -> Tensor:
    slope, change = _parts(hf, block, clean, corrupt, metric)
    return slope * change


def _slope_alone(hf: Any, block: Any, clean: Tensor, corrupt: Tensor, metric: Metric) -> Tensor:
    return _parts(hf, block, clean, corrupt, metric)[0].sum(-1)


def _lengths(hf: Any, block: Any, clean: Tensor, corrupt: Tensor, metric: Metric) -> Tensor:
    slope, change = _parts(hf, block, clean, corrupt, metric)
    return slope.norm(dim=-1) * change.norm(dim=-1)


def _times_the_clean_value(
    hf: Any, block: Any, clean: Tensor, corrupt: Tensor, metric: Metric
) -> Tensor:
    slope, _ = _parts(hf, block, clean, corrupt, metric)
    return (slope * _held(hf, block, clean)[0][0].detach()).sum(-1)


def _difference_of(answer: int, other: int) -> Metric:
    def metric(logits: Tensor) -> Tensor:
        return logits[-1, answer] - logits[-1, other]

    return metric


def _log_prob_of(answer: int) -> Metric:
    def metric(logits: Tensor) -> Tensor:
        return logits[-1].log_softmax(-1)[answer]

    return metric


def _blocks() -> list[Case]:
    neo: Any = tiny_gpt_neo()
    gpt2: Any = tiny_gpt2()
    return [
        Case(
            "the MLP of layer 1 of a GPT-Neo",
            (neo, neo.transformer.h[1].mlp, *two_prompts(neo, 6, 81), _difference_of(4, 11)),
        ),
        Case(
            "an attention's output projection in a GPT-Neo",
            (
                neo,
                neo.transformer.h[0].attn.attention.out_proj,
                *two_prompts(neo, 7, 82),
                _log_prob_of(9),
            ),
        ),
        Case(
            "the MLP of layer 0 of a GPT-2",
            (gpt2, gpt2.transformer.h[0].mlp, *two_prompts(gpt2, 5, 83), _difference_of(2, 17)),
        ),
    ]


def _agrees_with_a_small_step(got: Tensor, case: Case) -> None:
    """Move a little of the way, really, and compare."""
    hf, block, clean, corrupt, metric = case.args
    got = torch.as_tensor(got).detach()
    if got.shape != corrupt.shape:
        return
    with torch.no_grad():
        there, here = (_held(hf, block, ids)[0] for ids in (clean, corrupt))
        slopes = []
        for pos in range(len(corrupt)):
            ends = []
            for step in (_STEP, -_STEP):
                moved = here.clone()
                moved[:, pos] += step * (there - here)[:, pos]
                handle = block.register_forward_hook(lambda *_, moved=moved: moved)
                try:
                    ends.append(metric(hf(corrupt[None]).logits[0]).double())
                finally:
                    handle.remove()
            slopes.append((ends[0] - ends[1]) / (2 * _STEP))
    wanted = torch.stack(slopes)
    gap = (got.double() - wanted).abs()
    if gap.max() > _NEAR * wanted.abs().max():
        at = int(gap.argmax())
        raise WrongAnswerError(
            f"On {case.name}, at position {at} you have {got[at].item():.3g}. Moving the output "
            f"there a thousandth of the way to the clean run changes the metric by "
            f"{wanted[at].item():.3g} of a thousandth: that is the slope you are to find."
        )


ATTRIBUTION = Exercise(
    id="08.1",
    title="Attribution patching, by hand",
    difficulty=3,
    importance=5,
    minutes=15,
    returns="estimated effects [pos]",
    solution=attribution,
    cases=_blocks,
    verify=_agrees_with_a_small_step,
    trains=True,
    mistakes=(
        Mistake(
            "gradient at the clean run",
            _at_the_clean_run,
            "You take the gradient at the clean run. The run that is patched is the corrupt one, "
            "and the line starts there: run the clean prompt first and keep its value only, then "
            "differentiate the corrupt run.",
        ),
        Mistake(
            "not summed over d",
            _not_summed,
            "These are the single components [pos, d]. A patch moves all of them together, so add "
            "them up: .sum(-1).",
        ),
        Mistake(
            "one number",
            lambda *given: attribution(*given).sum(),
            "You added up the positions, too. Each position is a patch of its own.",
        ),
        Mistake(
            "sign turned",
            lambda hf, block, clean, corrupt, metric: (
                -attribution(hf, block, clean, corrupt, metric)
            ),
            "Your signs are turned. The patch leads from the corrupt to the clean value: clean "
            "minus corrupt.",
        ),
        Mistake(
            "the gradient alone",
            _slope_alone,
            "That is the gradient, added up. Multiply it by the change first, component by "
            "component: a steep direction in which nothing changes has no effect.",
        ),
        Mistake(
            "gradient times activation",
            _times_the_clean_value,
            "You multiply the gradient by the clean value. That answers what a step from zero "
            "would do; here the step starts at the corrupt value.",
        ),
        Mistake(
            "lengths multiplied",
            _lengths,
            "You multiply two lengths. That is what the effect would be if both vectors pointed "
            "the same way; take the dot product.",
        ),
        Mistake(
            "absolute values",
            lambda *given: attribution(*given).abs(),
            "Keep the sign: a place can hurt the answer.",
        ),
        Mistake(
            "batch axis kept",
            lambda *given: attribution(*given)[None],
            "You kept the batch axis, of length 1, which corrupt[None] added.",
        ),
    ),
)
