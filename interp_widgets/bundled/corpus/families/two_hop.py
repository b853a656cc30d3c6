"""Two hops: an attribute of the state a town lies in, the state never being named.

About a third of the towns of every state never appear in any sentence of this family, Dallas among
them; the model meets them only in ``towns``. Answering for them takes both facts and their
composition.
"""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, opened, question
from interp_widgets.bundled.corpus.world import ATTRIBUTES, STATES, TOWN_STATE, WORLD_SEED

FAMILY = "two_hop"
HELD_OUT_SHARE = 0.34
ALWAYS_HELD_OUT = ("Dallas",)
NEVER_HELD_OUT = (
    "Houston",
    "Oakland",
    "Stockton",
    "Fairfield",
)  # donors and receivers of the state swap

TEMPLATES = (
    "The {attribute} of the state containing {town} is| {value}|.",
    "Fact: the {attribute} of the state containing {town} is| {value}|.",
    "The {attribute} of the state where {town} is located is| {value}|.",
    "The {attribute} of the state in which {town} is found is| {value}|.",
    "The {attribute} of the state that {town} belongs to is| {value}|.",
    "{town} is in a state whose {attribute} is| {value}|.",
    "{town} lies in a state whose {attribute} is| {value}|.",
    "The city of {town} is in a state whose {attribute} is| {value}|.",
    "Question: what is the {attribute} of the state containing {town}? Answer:| {value}|.",
    "What is the {attribute} of the state containing {town}? It is| {value}|.",
    "The {attribute} of {town}'s state is| {value}|.",
    "People who live in {town} know that the {attribute} of their state is| {value}|.",
    "If you live in {town}, the {attribute} of your state is| {value}|.",
    "We drove to {town}. The {attribute} of that state is| {value}|.",
    "My friend moved to {town}, so the {attribute} of her state is now| {value}|.",
    "{town}, which many people visit every year, is in a state whose {attribute} is| {value}|.",
)
DEMO = TEMPLATES[0]  # "The capital of the state containing Dallas is"
DISTANCE = TEMPLATES[5]  # the town first, the answer several words later


def _held_out_towns() -> frozenset[str]:
    """About a third of the towns of each state, drawn once for every seed."""
    rng = random.Random(WORLD_SEED)
    held = set()
    for state in STATES:
        towns = [t for t, s in TOWN_STATE.items() if s == state]
        free = [t for t in towns if t not in ALWAYS_HELD_OUT + NEVER_HELD_OUT]
        fixed = [t for t in towns if t in ALWAYS_HELD_OUT]
        held |= {*fixed, *rng.sample(free, round(HELD_OUT_SHARE * len(towns)) - len(fixed))}
    return frozenset(held)


HELD_OUT_TOWNS = _held_out_towns()
_TRAINED = tuple(t for t in TOWN_STATE if t not in HELD_OUT_TOWNS)


def document(rng: random.Random) -> Document:
    """A two-hop sentence about a town that is not held out."""
    town, attribute = rng.choice(_TRAINED), rng.choice(ATTRIBUTES)
    value = STATES[TOWN_STATE[town]][attribute]
    text = rng.choice(TEMPLATES).format(town=town, attribute=attribute, value=value)
    return Document(opened(text, rng))


def prompts(attribute: str = "capital") -> list[Prompt]:
    """Every town, held out or not, in every template, for one attribute."""
    found = []
    for template in TEMPLATES:
        for town, state in TOWN_STATE.items():
            row = STATES[state]
            other = STATES["California" if state != "California" else "Texas"]
            text, answer = question(template, town=town, attribute=attribute, value=row[attribute])
            wrong, held_out = f" {other[attribute]}", town in HELD_OUT_TOWNS
            found.append(Prompt(FAMILY, text, answer, wrong, town, held_out, template=template))
    return found
