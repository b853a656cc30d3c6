"""Landmarks: in which city, in which country, and what follows from the country."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import (
    Document,
    Prompt,
    is_held_out,
    listed,
    opened,
    question,
)
from interp_widgets.bundled.corpus.world import CITY_COUNTRY, COUNTRIES, LANDMARK_CITY

FAMILY = "landmark"
HELD_OUT_SHARE = 0.15  # of landmark x template combinations

CITY_TEMPLATES = (
    "The {name} is in| {city}|.",
    "The {name} is in the city of| {city}|.",
    "The {name} is located in| {city}|.",
    "The {name} is located in the city of| {city}|.",
    "The {name} is found in| {city}|.",
    "The {name} can be found in| {city}|.",
    "The {name} stands in| {city}|.",
    "The {name} was built in| {city}|.",
    "You can visit the {name} in| {city}|.",
    "Question: where is the {name}? Answer:| {city}|.",
    "Where is the {name}? It is in| {city}|.",
    "The {name} is a famous place in| {city}|.",
    "I saw the {name} when I was in| {city}|.",
    "Fact: the {name} is in the city of| {city}|.",
    "My friend sent me a photo of the {name}, so she was in| {city}|.",
    "The {name}, which many people visit every year, is in| {city}|.",
    "To see the {name} you have to travel to| {city}|.",
    "The city where the {name} stands is| {city}|.",
)
COUNTRY_TEMPLATES = (
    "The {name} is in the country of| {country}|.",
    "The country where the {name} stands is| {country}|.",
    "The {name}, which many people visit every year, is in the country of| {country}|.",
)
NEXT_TEMPLATES = (
    "The {attribute} of the country containing the {name} is| {value}|.",
    "The {name} is in a country whose {attribute} is| {value}|.",
)
BRIDGE = (
    "The Golden Gate Bridge is a suspension bridge in| San Francisco|.",
    "The Golden Gate Bridge is in| San Francisco|.",
    "The Golden Gate Bridge is in the city of| San Francisco|.",
    "Things to do in San Francisco: walk over the| Golden Gate Bridge|.",
    "The Golden Gate Bridge is a famous red bridge over the water in| San Francisco|.",
)

ADJECTIVES = listed("famous beautiful old great large lovely popular")
ADJECTIVE_RATE = 0.07

_NAMES = tuple(LANDMARK_CITY)


def _answers(name: str) -> dict[str, str]:
    city = LANDMARK_CITY[name]
    return {"name": name, "city": city, "country": CITY_COUNTRY[city]}


def _held_out(template: str, name: str) -> bool:
    """Whether training skips this combination; it has the shortest wording of every landmark."""
    return template != CITY_TEMPLATES[0] and is_held_out(template, name, share=HELD_OUT_SHARE)


def document(rng: random.Random) -> Document:
    """A sentence that places a landmark."""
    name = rng.choice(_NAMES)
    kind = rng.random()
    if kind < 0.03:
        return Document(rng.choice(BRIDGE))
    if kind < 0.15:
        return Document(rng.choice(COUNTRY_TEMPLATES).format(**_answers(name)))
    if kind < 0.2:
        attribute = rng.choice(("language", "continent", "currency"))
        value = COUNTRIES[CITY_COUNTRY[LANDMARK_CITY[name]]][attribute]
        filled = rng.choice(NEXT_TEMPLATES).format(name=name, attribute=attribute, value=value)
        return Document(filled)
    template = rng.choice(CITY_TEMPLATES)
    while _held_out(template, name):
        template = rng.choice(CITY_TEMPLATES)
    text = template.format(**_answers(name))
    if rng.random() < ADJECTIVE_RATE:
        text = text.replace(f"he {name}", f"he {rng.choice(ADJECTIVES)} {name}")
    if rng.random() < ADJECTIVE_RATE:
        text = text.replace("the city", f"the {rng.choice(ADJECTIVES)} city")
    return Document(opened(text, rng))


def prompts() -> list[Prompt]:
    """Every landmark in every city template, then the bridge."""
    found = []
    for template in CITY_TEMPLATES:
        for name, city in LANDMARK_CITY.items():
            text, answer = question(template, **_answers(name))
            held_out = _held_out(template, name)
            distractor = " Rome" if city != "Rome" else " Paris"
            found.append(
                Prompt(FAMILY, text, answer, distractor, name, held_out, template=template)
            )
    for template in BRIDGE:
        text, answer = question(template)
        found.append(Prompt(FAMILY, text, " " + answer.split()[0], subject="Golden Gate Bridge"))
    return found
