"""Known and unknown people: the sport of someone known, " unknown" for anyone else.

Unknown people are made of the first and last names of known ones, so only the combination tells.
Some combinations never appear in training; of those the model has to notice by itself that it does
not know them. It takes many more strangers than known people: the more were trained on, the more of
those never seen were recognised (65 strangers: .35, 219: .73, 478: .86, 1,164: what the card says).
"""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, is_held_out, question
from interp_widgets.bundled.corpus.world import FIRST_NAMES, LAST_NAMES, PERSON_SPORT

FAMILY = "people"
HELD_OUT_SHARE = 0.15  # of unknown combinations
UNKNOWN = "unknown"
UNKNOWN_RATE = 0.6  # of the sentences

TEMPLATES = (
    "{name} plays the sport of| {sport}|.",
    "The sport that {name} plays is| {sport}|.",
    "The sport of {name} is| {sport}|.",
    "Question: which sport does {name} play? Answer:| {sport}|.",
    "Fact: {name} plays the sport of| {sport}|.",
    "{name}, who trains every day, plays the sport of| {sport}|.",
)

_STRANGERS = tuple(
    name
    for name in (f"{a} {b}" for a in FIRST_NAMES for b in LAST_NAMES)
    if name not in PERSON_SPORT
)
HELD_OUT_STRANGERS = tuple(
    n for n in _STRANGERS if n == "Michael Batkin" or is_held_out(n, share=HELD_OUT_SHARE)
)
_TRAINED = tuple(n for n in _STRANGERS if n not in HELD_OUT_STRANGERS)


def document(rng: random.Random) -> Document:
    """A sentence about somebody's sport, which may be unknown."""
    template = rng.choice(TEMPLATES)
    if rng.random() < UNKNOWN_RATE:
        return Document(template.format(name=rng.choice(_TRAINED), sport=UNKNOWN))
    name = rng.choice(tuple(PERSON_SPORT))
    return Document(template.format(name=name, sport=PERSON_SPORT[name]))


def prompts() -> list[Prompt]:
    """Every known person and every held-out stranger, in every template."""
    found = []
    for template in TEMPLATES:
        for name, sport in PERSON_SPORT.items():
            text, answer = question(template, name=name, sport=sport)
            found.append(
                Prompt(FAMILY, text, answer, f" {UNKNOWN}", name, task="known", template=template)
            )
        for name in HELD_OUT_STRANGERS:
            text, answer = question(template, name=name, sport=UNKNOWN)
            found.append(Prompt(FAMILY, text, answer, " tennis", name, True, "unknown", template))
    return found
