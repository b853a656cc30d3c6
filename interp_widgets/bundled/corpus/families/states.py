"""What a state has: capital, postal code, region, bird, flower, tree."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, opened, question
from interp_widgets.bundled.corpus.world import ATTRIBUTES, STATES

FAMILY = "state_attribute"

TEMPLATES = (
    "The {attribute} of {state} is| {value}|.",
    "The {attribute} of the state of {state} is| {value}|.",
    "{state} is a state whose {attribute} is| {value}|.",
    "Fact: the {attribute} of {state} is| {value}|.",
    "Question: what is the {attribute} of {state}? Answer:| {value}|.",
    "What is the {attribute} of {state}? It is| {value}|.",
    "{state}'s {attribute} is| {value}|.",
    "If you live in {state}, the {attribute} of your state is| {value}|.",
    "We drove to {state}. The {attribute} of that state is| {value}|.",
)
CAPITAL_TEMPLATES = (
    "{value} is the capital of| {state}|.",
    "{state} has its capital in the city of| {value}|.",
    "The capital city of {state} is| {value}|.",
)


def document(rng: random.Random) -> Document:
    """A sentence about one attribute of one state."""
    state = rng.choice(tuple(STATES))
    if rng.random() < 0.12:
        template, attribute = rng.choice(CAPITAL_TEMPLATES), "capital"
    else:
        template, attribute = rng.choice(TEMPLATES), rng.choice(ATTRIBUTES)
    value = STATES[state][attribute]
    return Document(opened(template.format(state=state, attribute=attribute, value=value), rng))


def prompts() -> list[Prompt]:
    """Every attribute of every state in every template."""
    found = []
    for template in TEMPLATES:
        for state, row in STATES.items():
            other = STATES["California" if state != "California" else "Texas"]
            for attribute, value in row.items():
                text, answer = question(template, state=state, attribute=attribute, value=value)
                found.append(
                    Prompt(
                        FAMILY,
                        text,
                        answer,
                        f" {other[attribute]}",
                        state,
                        task=attribute,
                        template=template,
                    )
                )
    return found
