"""Lesson 05: the windows of text in which a latent fires most strongly."""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake


def top_examples(acts: Tensor, text: Tensor, k: int, before: int, after: int) -> Tensor:
    """First token, peak and last token of each window, strongest first, ``[window, 3]``."""
    windows, seen = [], set()
    for peak in acts.argsort(descending=True).tolist():
        where = int(text[peak])
        if acts[peak] <= 0 or len(windows) == k:
            break
        if where in seen:
            continue
        seen.add(where)
        tokens = (text == where).nonzero().flatten()
        start, end = int(tokens[0]), int(tokens[-1])
        windows.append([max(peak - before, start), peak, min(peak + after, end)])
    return torch.tensor(windows)


def _windows(peaks: list[int], text: Tensor, before: int, after: int) -> Tensor:
    """Windows around some peaks, inside their texts."""
    found = []
    for peak in peaks:
        tokens = (text == text[peak]).nonzero().flatten()
        first, last = max(peak - before, int(tokens[0])), min(peak + after, int(tokens[-1]))
        found.append([first, peak, last])
    return torch.tensor(found)


def _same_text_again(acts: Tensor, text: Tensor, k: int, before: int, after: int) -> Tensor:
    peaks = [i for i in acts.argsort(descending=True).tolist() if acts[i] > 0]
    return _windows(peaks[:k], text, before, after)


def _across_texts(acts: Tensor, text: Tensor, k: int, before: int, after: int) -> Tensor:
    peaks = top_examples(acts, text, k, before, after)[:, 1]
    ends = [(peaks - before).clamp(min=0), peaks, (peaks + after).clamp(max=len(acts) - 1)]
    return torch.stack(ends, 1)


def _first_of_a_text(acts: Tensor, text: Tensor, k: int, before: int, after: int) -> Tensor:
    firing = (acts > 0).nonzero().flatten().tolist()
    first = {int(text[i]): i for i in reversed(firing)}
    peaks = sorted(first.values(), key=lambda i: -float(acts[i]))
    return _windows(peaks[:k], text, before, after)


def _silent_ones_too(acts: Tensor, text: Tensor, k: int, before: int, after: int) -> Tensor:
    best = {}
    for i in acts.argsort(descending=True, stable=True).tolist():
        best.setdefault(int(text[i]), i)
    return _windows(list(best.values())[:k], text, before, after)


def _weakest_first(acts: Tensor, text: Tensor, k: int, before: int, after: int) -> Tensor:
    return top_examples(acts, text, k, before, after).flip(0)


def _texts() -> list[Case]:
    acts = torch.tensor([0, 2, 5, 4, 0, 0, 3, 0, 1, 0, 0, 0, 7, 6, 0, 0, 0.0])
    text = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3])
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn(400, generator=generator).relu() ** 2
    lengths = torch.randint(3, 12, (80,), generator=generator)
    many = torch.arange(80).repeat_interleave(lengths)[:400]
    return [
        Case("4 texts of 17 tokens", (acts, text, 5, 2, 1)),
        Case("400 random tokens", (noise, many, 10, 4, 3)),
    ]


EXAMPLES = Exercise(
    id="05.2",
    title="Top examples",
    difficulty=2,
    importance=4,
    minutes=10,
    returns="first token, peak and last token of each window [window, 3], strongest first",
    solution=top_examples,
    cases=_texts,
    tolerance=0.0,
    mistakes=(
        Mistake(
            "one text twice",
            _same_text_again,
            "One text is there twice. Ten windows of the same sentence tell as much as one: take "
            "the strongest token of each text.",
        ),
        Mistake(
            "windows of two texts",
            _across_texts,
            "Your windows reach into the next text. Cut them where their own text begins and ends.",
        ),
        Mistake(
            "where it fires first",
            _first_of_a_text,
            "You take the first token of a text on which the latent fires. Wanted is the one on "
            "which it fires most strongly.",
        ),
        Mistake(
            "silence",
            _silent_ones_too,
            "A text in which the latent never fires is no example of it. Better fewer than k.",
        ),
        Mistake(
            "weakest first",
            _weakest_first,
            "The order is upside down: strongest first.",
        ),
    ),
)
