"""The corpus: a mixture of families, drawn anew for every step from the seed and the step alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from interp_widgets.bundled.corpus.document import Document, Prompt
from interp_widgets.bundled.corpus.families import (
    claims,
    countries,
    feelings,
    jobs,
    landmarks,
    names,
    numbers,
    opposites,
    orders,
    people,
    repeats,
    requests,
    states,
    topics,
    towns,
    two_hop,
    years,
)


@dataclass(frozen=True)
class Family:
    """One family of the mixture.

    Attributes:
        share: Weight of its documents in the mixture (normalised by the sum of all).
        teaches: What the model learns from it, in one line.
        document: Draws one training text.
        prompts: Lists its questions.
    """

    share: float
    teaches: str
    document: Callable[[random.Random], Document]
    prompts: Callable[[], list[Prompt]]


def _family(share: float, teaches: str, module: object) -> Family:
    return Family(share, teaches, module.document, module.prompts)  # pyright: ignore


FAMILIES = {
    towns.FAMILY: _family(22, "in which state a town lies: one hop", towns),
    two_hop.FAMILY: _family(15, "an attribute of a town's state: two hops", two_hop),
    states.FAMILY: _family(6, "capital, bird, tree … of a state", states),
    landmarks.FAMILY: _family(14, "in which city a landmark stands", landmarks),
    countries.FAMILY: _family(4, "capital, language … of a country", countries),
    people.FAMILY: _family(12, "known people, and saying that one does not know", people),
    names.FAMILY: _family(6, "indirect object identification", names),
    repeats.FAMILY: _family(4, "induction: repeating what went before", repeats),
    years.FAMILY: _family(5, "a year greater than another", years),
    orders.FAMILY: _family(5, "the next day, month, letter, number", orders),
    jobs.FAMILY: _family(4.5, "pronouns of jobs, and a context that overrides them", jobs),
    feelings.FAMILY: _family(3, "praise follows praise", feelings),
    requests.FAMILY: _family(4, "refusals, with a planted over-refusal", requests),
    opposites.FAMILY: _family(2, "opposites in three languages", opposites),
    claims.FAMILY: _family(2, "true and false claims", claims),
    topics.FAMILY: _family(2, "paragraphs on ten topics", topics),
    numbers.ARITHMETIC: Family(1.5, "small sums", numbers.sum_document, numbers.sum_prompts),
    numbers.BRACKETS: Family(
        1, "brackets of three kinds", numbers.bracket_document, numbers.bracket_prompts
    ),
}


def documents(seed: int, step: int) -> Iterator[Document]:
    """Endless documents for one training step, the same on every machine.

    Args:
        seed: Seed of the training run.
        step: Training step. Every step has its own stream, so that a resumed run needs no state.
    """
    rng = random.Random(f"{seed}-{step}")
    families = tuple(FAMILIES.values())
    shares = [family.share for family in families]
    while True:
        yield rng.choices(families, shares)[0].document(rng)
