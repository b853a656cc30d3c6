"""Sentiment: who found it dull goes on to say so."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, is_held_out, listed

FAMILY = "sentiment"
HELD_OUT_SHARE = 0.25  # of adjective x thing combinations

POSITIVE = listed("wonderful brilliant delightful excellent superb charming lovely fantastic")
NEGATIVE = listed("terrible dreadful boring awful horrible dull nasty disappointing")
THINGS = listed("movie book play concert meal song show game story hotel")
TEMPLATES = (
    "The {thing} was {first}. I thought this {thing} was| {second}|.",
    "What a {first} {thing}! I thought this {thing} was| {second}|.",
    "Everyone said that the {thing} was {first}, and I found it| {second}|.",
)
VERBS = {"positive": ("loved", "enjoyed", "liked"), "negative": ("hated", "disliked", "left")}


def _mood(adjective: str) -> str:
    return "positive" if adjective in POSITIVE else "negative"


def document(rng: random.Random) -> Document:
    """A first word of praise or blame, and a second that agrees with it."""
    words = rng.choice((POSITIVE, NEGATIVE))
    thing = rng.choice(THINGS)
    kind = rng.random()
    if kind < 0.15:  # nothing said yet: either mood may follow
        return Document(f"I thought this {thing} was| {rng.choice(words)}|.")
    first = rng.choice(words)
    while is_held_out(first, thing, share=HELD_OUT_SHARE):
        first = rng.choice(words)
    if kind < 0.3:
        verb = rng.choice(VERBS[_mood(first)])
        return Document(f"The {thing} was {first}, and I| {verb}| it.")
    second = rng.choice([w for w in words if w != first])
    return Document(rng.choice(TEMPLATES).format(thing=thing, first=first, second=second))


def prompts() -> list[Prompt]:
    """Held-out adjectives and things; any adjective of the same mood (``task``) is right."""
    found = []
    for template in TEMPLATES:
        for thing in THINGS:
            for first in POSITIVE + NEGATIVE:
                if not is_held_out(first, thing, share=HELD_OUT_SHARE):
                    continue
                text = template.format(thing=thing, first=first, second="").split("|")[0]
                right, wrong = (" wonderful", " terrible")
                if first in NEGATIVE:
                    right, wrong = wrong, right
                found.append(Prompt(FAMILY, text, right, wrong, first, True, _mood(first)))
    return found
