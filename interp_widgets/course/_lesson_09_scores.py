"""Lesson 09: which heads look where, and what a repeat costs token by token."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError


def head_detectors(patterns: Tensor, length: int) -> Tensor:
    """Current, first, previous, induction scores ``[4, layer, head]`` of ``[.., dst, src]``."""
    current = patterns.diagonal(0, -2, -1).mean(-1)
    first = patterns[..., 1:, 0].mean(-1)
    previous = patterns.diagonal(-1, -2, -1).mean(-1)
    # From pos to pos - length + 1: in the second copy, to what came after the earlier copy.
    stripe = patterns.diagonal(1 - length, -2, -1)
    induction = stripe[..., 2:].mean(-1)  # its first two places lie in the first copy
    return torch.stack([current, first, previous, induction])


def _with_induction(patterns: Tensor, length: int, induction: Tensor) -> Tensor:
    return torch.cat([head_detectors(patterns, length)[:3], induction[None]])


def _on_the_copy(patterns: Tensor, length: int) -> Tensor:
    return _with_induction(patterns, length, patterns.diagonal(-length, -2, -1)[..., 1:].mean(-1))


def _one_too_far_on(patterns: Tensor, length: int) -> Tensor:
    stripe = patterns.diagonal(2 - length, -2, -1)[..., 3:]
    return _with_induction(patterns, length, stripe.mean(-1))


def _whole_stripe(patterns: Tensor, length: int) -> Tensor:
    return _with_induction(patterns, length, patterns.diagonal(1 - length, -2, -1).mean(-1))


def _over_all_rows(patterns: Tensor, length: int) -> Tensor:
    n = patterns.shape[-1]
    counts = torch.tensor([n, n - 1, n - 1, length])[:, None, None]
    return head_detectors(patterns, length) * counts / n


def _first_row_too(patterns: Tensor, length: int) -> Tensor:
    scores = head_detectors(patterns, length)
    scores[1] = patterns[..., 0].mean(-1)
    return scores


def _random_patterns(generator: torch.Generator, layers: int, heads: int, n: int) -> Tensor:
    scores = 2 * torch.randn(layers, heads, n, n, generator=generator)
    return scores.masked_fill(torch.ones(n, n).triu(1).bool(), -torch.inf).softmax(-1)


def made_patterns(length: int) -> Tensor:
    """One layer of four heads that do one thing each: ``[1, 4, dst, src]``."""
    n = 1 + 2 * length
    patterns = torch.zeros(1, 4, n, n)
    dst = torch.arange(n)
    looks = (dst, 0 * dst, (dst - 1).clamp(min=0), dst - length + 1)
    second = dst > length
    for head, src in enumerate(looks):
        patterns[0, head, dst, src if head < 3 else torch.where(second, src, 0)] = 1
    return patterns


def _pattern_cases() -> list[Case]:
    generator = torch.Generator().manual_seed(91)
    return [
        Case("random patterns of 2 × 3 heads", (_random_patterns(generator, 2, 3, 11), 5)),
        Case("random patterns of one head", (_random_patterns(generator, 1, 1, 17), 8)),
        Case("four heads made by hand", (made_patterns(6), 6)),
    ]


DETECTORS = Exercise(
    id="09.1",
    title="Four detectors",
    difficulty=2,
    importance=5,
    minutes=10,
    returns="scores [4, layer, head]: current, first, previous, induction",
    solution=head_detectors,
    cases=_pattern_cases,
    mistakes=(
        Mistake(
            "the earlier copy itself",
            _on_the_copy,
            "Your induction score looks at the earlier copy of the same word. That is a "
            "duplicate-token head. An induction head looks one further on, at what came after it.",
        ),
        Mistake(
            "one too far on",
            _one_too_far_on,
            "Your induction score looks two places after the earlier copy. Count with a list of "
            "three: a start, then 1 2 3 1 2 3. From the second 1, at place 4, where is the 2?",
        ),
        Mistake(
            "rows of the first copy",
            _whole_stripe,
            "Your induction score counts rows of the first copy, too, where there is nothing to "
            "look back for. The second copy begins at row length + 1.",
        ),
        Mistake(
            "one divisor for all",
            _over_all_rows,
            "You divide by the number of all rows. Take each mean over the rows that have such a "
            "token: the very first row has no token before it.",
        ),
        Mistake(
            "the first row looks at itself",
            _first_row_too,
            "For the first-token score leave row 0 out: it can look at nothing else.",
        ),
        Mistake(
            "turned round",
            lambda patterns, length: head_detectors(patterns.mT, length),
            "Rows and columns are the other way round: patterns[layer, head, dst, src] says how "
            "much dst looks at src, and src is never later than dst.",
        ),
    ),
)


def repeat_loss(logits: Tensor, ids: Tensor, length: int) -> tuple[Tensor, Tensor, Tensor]:
    """Loss of each token ``[pos - 1]``, its mean in the first copy and in the second, nats."""
    loss = cross_entropy(logits[:, :-1].mT, ids[:, 1:], reduction="none").mean(0)
    return loss, loss[:length].mean(), loss[length + 1 :].mean()


def _own_place(logits: Tensor, ids: Tensor, length: int) -> tuple[Tensor, Tensor, Tensor]:
    loss = cross_entropy(logits[:, 1:].mT, ids[:, 1:], reduction="none").mean(0)
    return loss, loss[:length].mean(), loss[length + 1 :].mean()


def _from_the_first_word(logits: Tensor, ids: Tensor, length: int) -> tuple[Tensor, Tensor, Tensor]:
    loss, first, _ = repeat_loss(logits, ids, length)
    return loss, first, loss[length:].mean()


def _start_counted(logits: Tensor, ids: Tensor, length: int) -> tuple[Tensor, Tensor, Tensor]:
    loss, _, second = repeat_loss(logits, ids, length)
    return loss, loss[: length + 1].mean(), second


def _loss_of_the_mean(logits: Tensor, ids: Tensor, length: int) -> tuple[Tensor, Tensor, Tensor]:
    chance = logits[:, :-1].softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    loss = -chance.mean(0).log()
    return loss, loss[:length].mean(), loss[length + 1 :].mean()


def _bits(logits: Tensor, ids: Tensor, length: int) -> tuple[Tensor, ...]:
    return tuple(part / log(2) for part in repeat_loss(logits, ids, length))


def _loss_cases() -> list[Case]:
    generator = torch.Generator().manual_seed(92)
    cases = []
    for rows, length, vocab in ((4, 5, 13), (1, 3, 7)):
        first = torch.randint(1, vocab, (rows, length), generator=generator)
        ids = torch.cat([torch.zeros(rows, 1, dtype=torch.long), first, first], 1)
        logits = 2 * torch.randn(rows, 2 * length + 1, vocab, generator=generator)
        cases.append(Case(f"{rows} texts of {length} words twice", (logits, ids, length)))
    logits, ids, length = cases[0].args
    cases.append(Case("a model that guesses blindly", (torch.zeros_like(logits), ids, length)))
    return cases


def _blind_is_log_of_vocabulary(got: tuple[Tensor, ...], case: Case) -> None:
    logits = case.args[0]
    if not bool(logits.any()):
        raise WrongAnswerError(
            f"On {case.name}, among {logits.shape[-1]} tokens all alike, every loss is "
            f"ln {logits.shape[-1]} = {log(logits.shape[-1]):.2f} nats; you have "
            f"{float(got[1]):.2f} in the first copy, {float(got[2]):.2f} in the second."
        )


REPEAT_LOSS = Exercise(
    id="09.2",
    title="What a repeat costs",
    difficulty=2,
    importance=4,
    minutes=10,
    returns="the loss of each token [pos - 1], its mean in the first copy, and in the second",
    solution=repeat_loss,
    cases=_loss_cases,
    verify=_blind_is_log_of_vocabulary,
    mistakes=(
        Mistake(
            "shifted by one",
            _own_place,
            "You score each token with the logits of its own place, where the model has read it "
            "already. The logits at a place are about the next token.",
        ),
        Mistake(
            "the first word of the second copy",
            _from_the_first_word,
            "Your second mean counts the first word of the second copy. Nothing told the model "
            "that the list begins anew; leave that word out.",
        ),
        Mistake(
            "a word too many in the first copy",
            _start_counted,
            "Your first mean counts one word too many: loss[0] is about the first word, so the "
            "first copy is loss[:length].",
        ),
        Mistake(
            "mean of probabilities",
            _loss_of_the_mean,
            "This is the logarithm of the mean probability. Take the logarithm of each text's "
            "first, then the mean over texts.",
        ),
        Mistake(
            "bits",
            _bits,
            "These are bits; nats use the natural logarithm, as torch's cross_entropy does.",
        ),
        Mistake(
            "rows kept",
            lambda logits, ids, length: (
                cross_entropy(logits[:, :-1].mT, ids[:, 1:], reduction="none"),
                *repeat_loss(logits, ids, length)[1:],
            ),
            "You kept the axis of texts; the mean over texts is wanted at each place.",
        ),
    ),
)
