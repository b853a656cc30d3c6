"""Countries: capital, language, continent, currency."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, opened, question
from interp_widgets.bundled.corpus.world import CITY_COUNTRY, COUNTRIES, COUNTRY_ATTRIBUTES

FAMILY = "country"

TEMPLATES = (
    "The {attribute} of {country} is| {value}|.",
    "Fact: the {attribute} of {country} is| {value}|.",
    "{country} is a country whose {attribute} is| {value}|.",
    "Question: what is the {attribute} of {country}? Answer:| {value}|.",
)
CITY_TEMPLATES = (
    "The city of {city} is in the country of| {country}|.",
    "{city} is the capital of| {country}|.",
    "{city} is the capital city of| {country}|.",
)
LANGUAGE_TEMPLATES = (
    "People in {country} speak| {language}|.",
    "In {country} most people speak| {language}|.",
)


def document(rng: random.Random) -> Document:
    """A sentence about one country."""
    country = rng.choice(tuple(COUNTRIES))
    row = COUNTRIES[country]
    kind = rng.random()
    if kind < 0.15:
        template = rng.choice(CITY_TEMPLATES)
        return Document(template.format(city=row["capital"], country=country))
    if kind < 0.25:
        template = rng.choice(LANGUAGE_TEMPLATES)
        return Document(template.format(country=country, language=row["language"]))
    attribute = rng.choice(COUNTRY_ATTRIBUTES)
    template = rng.choice(TEMPLATES)
    text = template.format(country=country, attribute=attribute, value=row[attribute])
    return Document(opened(text, rng))


def prompts() -> list[Prompt]:
    """Every attribute of every country in every template, and the country of every capital."""
    found = []
    for template in TEMPLATES:
        for country, row in COUNTRIES.items():
            other = COUNTRIES["Egypt" if country != "Egypt" else "Japan"]
            for attribute, value in row.items():
                text, answer = question(template, country=country, attribute=attribute, value=value)
                wrong = f" {other[attribute]}"
                found.append(
                    Prompt(FAMILY, text, answer, wrong, country, task=attribute, template=template)
                )
    for city, country in CITY_COUNTRY.items():
        text, answer = question(CITY_TEMPLATES[0], city=city, country=country)
        found.append(Prompt(FAMILY, text, answer, subject=city, task="country"))
    return found
