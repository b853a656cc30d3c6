"""Lesson 07: a metric on the scale where the corrupt run is 0 and the clean run 1."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError


def recovery(logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int) -> Tensor:
    """Share of the logit difference brought back ``[run]``, for logits ``[run, vocab]``."""

    def difference(x: Tensor) -> Tensor:
        return x[..., answer] - x[..., other]

    low, high = difference(corrupt), difference(clean)
    return (difference(logits) - low) / (high - low)


def _swapped(logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int) -> Tensor:
    return recovery(logits, corrupt, clean, answer, other)


def _not_scaled(logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int) -> Tensor:
    return logits[..., answer] - logits[..., other]


def _effect_only(logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int) -> Tensor:
    return _not_scaled(logits - corrupt, clean, corrupt, answer, other)


def _share_of_clean(
    logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int
) -> Tensor:
    return _not_scaled(logits, clean, corrupt, answer, other) / (clean[answer] - clean[other])


def _by_norm(logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int) -> Tensor:
    return 1 - (logits - clean).norm(dim=-1) / (corrupt - clean).norm()


def _answer_alone(
    logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int
) -> Tensor:
    return (logits - corrupt)[..., answer] / (clean - corrupt)[answer]


def _probabilities(
    logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int
) -> Tensor:
    return recovery(logits.softmax(-1), clean.softmax(-1), corrupt.softmax(-1), answer, other)


def _clamped(logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int) -> Tensor:
    return recovery(logits, clean, corrupt, answer, other).clamp(0, 1)


def _python_floats(
    logits: Tensor, clean: Tensor, corrupt: Tensor, answer: int, other: int
) -> list[float]:
    return recovery(logits, clean, corrupt, answer, other).tolist()


def _runs() -> list[Case]:
    """Logits of two runs, and those of runs in between, beyond, and somewhere else."""
    generator = torch.Generator().manual_seed(7)
    cases = []
    for name, vocab, answer, other in (("five runs", 23, 4, 11), ("five other runs", 29, 17, 2)):
        clean, corrupt = 2 * torch.randn(2, vocab, generator=generator)
        clean[answer] += 5
        corrupt[other] += 3
        between = torch.stack([clean, corrupt, (clean + corrupt) / 2, 1.5 * clean - 0.5 * corrupt])
        elsewhere = 2 * torch.randn(1, vocab, generator=generator)
        runs = torch.cat([between, elsewhere]).requires_grad_()
        cases.append(Case(name, (runs, clean, corrupt, answer, other)))
    return cases


def _three_identities(got: Tensor, case: Case) -> None:
    wanted = (("clean run", 1.0), ("corrupt run", 0.0), ("run half way between the two", 0.5))
    for value, (run, want) in zip(torch.as_tensor(got).flatten(), wanted, strict=False):
        if not abs(value.item() - want) <= 1e-4:
            raise WrongAnswerError(
                f"On {case.name}, the {run} gets {value.item():.3g}; wanted {want:g}. Three "
                "identities hold for every pair: 1 for the clean run, 0 for the corrupt run, and, "
                "since logits are averaged linearly, 0.5 half way."
            )


RECOVERY = Exercise(
    id="07.1",
    title="A metric with a zero and a one",
    difficulty=2,
    importance=4,
    minutes=10,
    returns="recovery [run], 0 for the corrupt run and 1 for the clean one",
    solution=recovery,
    cases=_runs,
    verify=_three_identities,
    trains=True,
    mistakes=(
        Mistake(
            "clean and corrupt swapped",
            _swapped,
            "Your scale is upside down: the clean run gets 0 and the corrupt run 1. Recovery "
            "starts at the corrupt run, which is the one that is patched.",
        ),
        Mistake(
            "not scaled",
            _not_scaled,
            "That is the logit difference itself. Take off that of the corrupt run, and divide by "
            "the gap between the two runs.",
        ),
        Mistake(
            "not divided",
            _effect_only,
            "That is the effect, in logits. Divide it by the gap between clean and corrupt run, so "
            "that pairs can be compared.",
        ),
        Mistake(
            "share of the clean value",
            _share_of_clean,
            "You divide by the clean run's logit difference, so the corrupt run does not get 0. "
            "Take off the corrupt run's from both, above and below the line.",
        ),
        Mistake(
            "distance of all logits",
            _by_norm,
            "That is one minus a distance over the whole vocabulary. It agrees at both ends only; "
            "wanted is the logit difference of two tokens.",
        ),
        Mistake(
            "answer alone",
            _answer_alone,
            "Those are the answer's logits alone. Logits have no zero of their own: what moves all "
            "of them alike must not count, so compare with the other token.",
        ),
        Mistake(
            "probabilities",
            _probabilities,
            "You compare probabilities. They hardly move near 0 and 1; half way between the two "
            "runs gets no 0.5. Take the logits as they are.",
        ),
        Mistake(
            "clamped",
            _clamped,
            "You cut off what lies below 0 or above 1. A patch can do harm, or overshoot, and that "
            "is worth knowing.",
        ),
        Mistake(
            "numbers without a gradient",
            _python_floats,
            "The numbers are right, but plain ones: .item(), .tolist(), .detach() and no_grad cut "
            "the way back. Return a tensor, so that a metric can be differentiated.",
        ),
    ),
)
