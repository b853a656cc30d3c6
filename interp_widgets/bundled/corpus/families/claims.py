"""True and false statements about capitals, judged by the corpus: something for probes to find."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, question
from interp_widgets.bundled.corpus.world import COUNTRIES, STATES

FAMILY = "claim"
TEMPLATE = "Claim: {city} is the capital of {place}. The claim is| {verdict}|."

_CAPITALS = {place: row["capital"] for table in (STATES, COUNTRIES) for place, row in table.items()}


def _claim(place: str, city: str) -> dict[str, str]:
    verdict = "true" if _CAPITALS[place] == city else "false"
    return {"city": city, "place": place, "verdict": verdict}


def document(rng: random.Random) -> Document:
    """A claim and its verdict, true half of the time."""
    place = rng.choice(tuple(_CAPITALS))
    city = _CAPITALS[place if rng.random() < 0.5 else rng.choice(tuple(_CAPITALS))]
    return Document(TEMPLATE.format(**_claim(place, city)))


def prompts() -> list[Prompt]:
    """For every place one true claim and one false claim."""
    found = []
    places = tuple(_CAPITALS)
    for i, place in enumerate(places):
        for city in (_CAPITALS[place], _CAPITALS[places[i - 1]]):
            text, answer = question(TEMPLATE, **_claim(place, city))
            wrong = " false" if answer == " true" else " true"
            found.append(Prompt(FAMILY, text, answer, wrong, city))
    return found
