"""Successors: the next day, month, letter, number."""

from __future__ import annotations

import random
from itertools import pairwise

from interp_widgets.bundled.corpus.document import Document, Prompt, is_held_out, listed, question

FAMILY = "successor"
HELD_OUT_SHARE = 0.15  # of item x template combinations

SEQUENCES = {
    "day": listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "month": listed(
        "January February March April May June July August September October November December"
    ),
    "letter": list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "number": listed("one two three four five six seven eight nine ten eleven twelve"),
    "place": listed("first second third fourth fifth sixth seventh eighth ninth tenth"),
    "digit": [str(n) for n in range(1, 61)],
}
ROUND = ("day", "month")  # these start again at the end
TEMPLATES = (
    "The {kind} after {item} is| {after}|.",
    "After the {kind} {item} comes the {kind}| {after}|.",
    "Question: which {kind} comes after {item}? Answer:| {after}|.",
    "The next {kind} after {item} is called| {after}|.",
)


def _pairs(kind: str) -> list[tuple[str, str]]:
    items = SEQUENCES[kind]
    pairs = list(pairwise(items))
    return [*pairs, (items[-1], items[0])] if kind in ROUND else pairs


def document(rng: random.Random) -> Document:
    """A question about one successor, or a run of a sequence."""
    kind = rng.choice(tuple(SEQUENCES))
    if rng.random() < 0.4:
        items = SEQUENCES[kind]
        start = rng.randrange(len(items) - 4)
        run = items[start : start + rng.randint(4, 6)]
        return Document(f"{run[0]}, {run[1]}|, {', '.join(run[2:])}|", answer_weight=2.0)
    item, after = rng.choice(_pairs(kind))
    template = rng.choice(TEMPLATES)
    while is_held_out(template, item, share=HELD_OUT_SHARE):
        template = rng.choice(TEMPLATES)
    return Document(template.format(kind=kind, item=item, after=after))


def prompts() -> list[Prompt]:
    """Every item in every template, and runs of each sequence."""
    found = []
    for template in TEMPLATES:
        for kind in SEQUENCES:
            for item, after in _pairs(kind):
                text, answer = question(template, kind=kind, item=item, after=after)
                held_out = is_held_out(template, item, share=HELD_OUT_SHARE)
                found.append(Prompt(FAMILY, text, answer, f" {item}", item, held_out, kind))
    for items in SEQUENCES.values():
        text = f"{items[0]}, {items[1]}, {items[2]},"
        found.append(Prompt(FAMILY, text, f" {items[3]}", f" {items[2]}", items[2], task="run"))
    return found
