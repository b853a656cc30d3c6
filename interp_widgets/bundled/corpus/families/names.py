"""Indirect object identification: two names, one gives, the other one receives."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, is_held_out, listed, question
from interp_widgets.bundled.corpus.world import HE_NAMES, SHE_NAMES

FAMILY = "ioi"
HELD_OUT_SHARE = 0.2  # of unordered pairs of names

NAMES = SHE_NAMES + HE_NAMES
PLACES = listed("store park school office garden station market library house museum")
GIFTS = listed("drink book ring ball letter key gift coin map apple")
TEMPLATES = (
    "When {a} and {b} went to the {place}, {s} gave a {gift} to| {io}|.",
    "Then, {a} and {b} went to the {place}. {s} gave a {gift} to| {io}|.",
    "After {a} and {b} left the {place}, {s} handed a {gift} to| {io}|.",
    "{a} and {b} were at the {place}. {s} decided to give a {gift} to| {io}|.",
    "While {a} and {b} were working at the {place}, {s} offered a {gift} to| {io}|.",
    "Yesterday {a} and {b} had a long walk in the {place}, and {s} sent a {gift} to| {io}|.",
)


def pair_is_held_out(a: str, b: str) -> bool:
    """Whether two names never meet in a training sentence, in either order."""
    return is_held_out(*sorted((a, b)), share=HELD_OUT_SHARE)


def _fill(template: str, io: str, s: str, rng: random.Random) -> dict[str, str]:
    first, second = (io, s) if rng.random() < 0.5 else (s, io)
    place, gift = rng.choice(PLACES), rng.choice(GIFTS)
    return {"a": first, "b": second, "s": s, "io": io, "place": place, "gift": gift}


def document(rng: random.Random) -> Document:
    """One of two people gives something to the other one."""
    template = rng.choice(TEMPLATES)
    io, s = rng.sample(NAMES, 2)
    while pair_is_held_out(io, s):
        io, s = rng.sample(NAMES, 2)
    return Document(template.format(**_fill(template, io, s, rng)))


def prompts(count: int = 200) -> list[Prompt]:
    """Held-out pairs of names, each template in turn, both orders."""
    rng = random.Random(1)
    pairs = [(a, b) for a in NAMES for b in NAMES if a != b and pair_is_held_out(a, b)]
    rng.shuffle(pairs)
    found = []
    for i, (io, s) in enumerate(pairs[:count]):
        template = TEMPLATES[i % len(TEMPLATES)]
        text, answer = question(template, **_fill(template, io, s, rng))
        found.append(Prompt(FAMILY, text, answer, f" {s}", s, True, template=template))
    return found
