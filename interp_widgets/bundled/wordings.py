"""Wordings that training never reads in whole, as a learner might type them: only its card asks.

All are made of words and turns of phrase that training knows. Left out are wordings that end where
"the city of" may fairly come first ("If you visit it, then you are in"): the next token would not
tell. A poor result is no reason to leave one out. A test asserts that no training template, with
any opener or adjective, gives one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from interp_widgets.bundled.corpus import Prompt
from interp_widgets.bundled.corpus.document import question
from interp_widgets.bundled.corpus.families import landmarks, towns, two_hop
from interp_widgets.bundled.corpus.world import LANDMARK_CITY, STATES, TOWN_STATE

LANDMARK = (
    "The {name} is found in the city of| {city}|",
    "The {name} can be found in the city of| {city}|",
    "The {name} was built in the city of| {city}|",
    "In which city is the {name}? It is in| {city}|",
    "Question: in which city is the {name}? Answer:| {city}|",
    "Where is the {name}? It is in the city of| {city}|",
    "The city in which the {name} is found is| {city}|",
    "The city containing the {name} is| {city}|",
)
TOWN = (
    "{town} can be found in the state of| {state}|",
    "{town} is a town in the state of| {state}|",
    "The town of {town} is in the state of| {state}|",
    "The city of {town} lies in the state of| {state}|",
    "Question: where is {town}? Answer:| {state}|",
    "Where is {town}? It is in the state of| {state}|",
    "The state that {town} belongs to is| {state}|",
    "The state in which {town} lies is| {state}|",
)
TWO_HOP = (
    "The {attribute} of the state in which {town} lies is| {value}|",
    "The {attribute} of the state where {town} can be found is| {value}|",
    "{town} is a city in a state whose {attribute} is| {value}|",
    "{town} is located in a state whose {attribute} is| {value}|",
    "The town of {town} is in a state whose {attribute} is| {value}|",
    "Where is {town}? It is in a state whose {attribute} is| {value}|",
    "What is the {attribute} of {town}'s state? It is| {value}|",
    "My friend lives in {town}. The {attribute} of that state is| {value}|",
)


def _prompt(family: str, template: str, subject: str, values: Mapping[str, str]) -> Prompt:
    text, answer = question(template, **values)
    return Prompt(family, text, answer, subject=subject, held_out=True, template=template)


def of_landmarks() -> list[Prompt]:
    """Every landmark in every wording."""
    return [
        _prompt(landmarks.FAMILY, template, name, {"name": name, "city": city})
        for template in LANDMARK
        for name, city in LANDMARK_CITY.items()
    ]


def of_towns() -> list[Prompt]:
    """Every town in every wording."""
    return [
        _prompt(towns.FAMILY, template, town, {"town": town, "state": state})
        for template in TOWN
        for town, state in TOWN_STATE.items()
    ]


def of_two_hops(attribute: str) -> list[Prompt]:
    """Every town that no two-hop sentence of training names, in every wording."""
    return [
        _prompt(
            two_hop.FAMILY,
            template,
            town,
            {"town": town, "attribute": attribute, "value": STATES[state][attribute]},
        )
        for template in TWO_HOP
        for town, state in TOWN_STATE.items()
        if town in two_hop.HELD_OUT_TOWNS
    ]
