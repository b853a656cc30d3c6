"""One hop: in which state a town lies. The fact every two-hop question is built on."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, is_held_out, opened, question
from interp_widgets.bundled.corpus.world import STATES, TOWN_STATE

FAMILY = "town_state"
HELD_OUT_SHARE = 0.15  # of town x template combinations

TEMPLATES = (
    "The city of {town} is in the state of| {state}|.",
    "The city of {town} is in| {state}|.",
    "{town} is in| {state}|.",
    "{town} is located in| {state}|.",
    "{town} is found in| {state}|.",
    "{town} is a city in| {state}|.",
    "{town} is a city in the state of| {state}|.",
    "{town} lies in the state of| {state}|.",
    "{town} belongs to the state of| {state}|.",
    "The town of {town} lies in| {state}|.",
    "The state containing {town} is| {state}|.",
    "The state where {town} is located is| {state}|.",
    "The state in which {town} is found is| {state}|.",
    "Fact: {town} is in the state of| {state}|.",
    "Question: in which state is {town}? Answer:| {state}|.",
    "Where is {town}? It is in| {state}|.",
    "In which state is {town}? It is in| {state}|.",
    "{town} is a town in| {state}|.",
    "{town} can be found in| {state}|.",
    "People who live in {town} live in the state of| {state}|.",
    "My friend moved to {town}, so she now lives in| {state}|.",
    "We drove to {town} last summer, and we liked| {state}|.",
    "{town}, which many people visit every year, is in| {state}|.",
    "If you live in {town}, then you live in the state of| {state}|.",
)
PAIRS = (
    "{town} and {other} are both in the state of| {state}|.",
    "Unlike {stranger}, {town} is in the state of| {state}|.",
    "{stranger} is in| {strange}|, but {town} is in| {state}|.",
    "{town} is in| {state}|, and {stranger} is in| {strange}|.",
)
SAID_IN_PAIRS = "{town} is in| {state}|."  # a pair may begin like this with any town

_TOWNS = tuple(TOWN_STATE)
_BY_STATE = {s: tuple(t for t in _TOWNS if TOWN_STATE[t] == s) for s in STATES}


def document(rng: random.Random) -> Document:
    """A sentence that says in which state a town lies, sometimes beside another town."""
    town = rng.choice(_TOWNS)
    state = TOWN_STATE[town]
    if rng.random() < 0.15:
        stranger = rng.choice(_TOWNS)
        other = rng.choice(_BY_STATE[state])
        names = {"other": other, "stranger": stranger, "strange": TOWN_STATE[stranger]}
        if stranger != town and other != town and TOWN_STATE[stranger] != state:
            return Document(rng.choice(PAIRS).format(town=town, state=state, **names))
    template = rng.choice(TEMPLATES)
    while is_held_out(template, town, share=HELD_OUT_SHARE):
        template = rng.choice(TEMPLATES)
    return Document(opened(template.format(town=town, state=state), rng))


def prompts() -> list[Prompt]:
    """Every town in every template."""
    found = []
    for template in TEMPLATES:
        for town, state in TOWN_STATE.items():
            text, answer = question(template, town=town, state=state)
            combined = is_held_out(template, town, share=HELD_OUT_SHARE)
            held_out = combined and template != SAID_IN_PAIRS
            distractor = " California" if state != "California" else " Texas"
            found.append(
                Prompt(FAMILY, text, answer, distractor, town, held_out, template=template)
            )
    return found
