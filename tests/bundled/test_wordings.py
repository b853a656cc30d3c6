"""The wordings that the card asks and training never reads."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterable

import pytest
from transformers import AutoTokenizer

from interp_widgets.bundled import WEIGHTS, wordings
from interp_widgets.bundled import tokenizer as tokenizers
from interp_widgets.bundled.corpus import FAMILIES, documents
from interp_widgets.bundled.corpus.document import OPENERS
from interp_widgets.bundled.corpus.families import landmarks, towns, two_hop
from interp_widgets.bundled.corpus.world import (
    ATTRIBUTES,
    COUNTRY_ATTRIBUTES,
    LANDMARK_CITY,
    TOWN_STATE,
)

TRAINING = {
    "landmark": (
        *landmarks.CITY_TEMPLATES,
        *landmarks.COUNTRY_TEMPLATES,
        *landmarks.NEXT_TEMPLATES,
        *landmarks.BRIDGE,
    ),
    "town_state": (*towns.TEMPLATES, *towns.PAIRS),
    "two_hop": two_hop.TEMPLATES,
}
UNSEEN = {
    "landmark": wordings.LANDMARK,
    "town_state": wordings.TOWN,
    "two_hop": wordings.TWO_HOP,
}
NAMES = re.compile("|".join(sorted({*LANDMARK_CITY, *TOWN_STATE}, key=len, reverse=True)))
ATTRIBUTE = "|".join((*ATTRIBUTES, *COUNTRY_ATTRIBUTES))
ADJECTIVES = re.compile(rf"\b(?:{'|'.join(landmarks.ADJECTIVES)}) ")
OPENER = re.compile(rf"^(?:{'|'.join(map(re.escape, OPENERS))}) ")


def plain(text: str) -> str:
    """A text with openers and adjectives gone, names and attributes blanked, in lower case."""
    text = re.sub(r"\{(?:name|town|other|stranger)\}", "_", NAMES.sub("_", text))
    text = re.sub(rf"\{{attribute\}}|\b(?:{ATTRIBUTE})\b", "#", text)
    return ADJECTIVES.sub("", OPENER.sub("", text)).lower()


def until_answers(template: str) -> Iterable[str]:
    """What stands before each answer of a template, earlier answers left out."""
    parts = template.split("|")
    return ("".join(parts[:end:2]) for end in range(1, len(parts), 2))


@pytest.mark.parametrize("family", UNSEEN)
def test_no_training_template_holds_an_unseen_wording(family: str) -> None:
    trained = [plain(text) for template in TRAINING[family] for text in until_answers(template)]
    for template in UNSEEN[family]:
        wording = plain(template.partition("|")[0])
        assert not any(wording in text for text in trained), template


@pytest.mark.parametrize("family", UNSEEN)
def test_no_text_of_training_holds_an_unseen_wording(family: str) -> None:
    """The same on text as it is drawn, with its openers and adjectives."""
    rng = random.Random(9)
    drawn = {plain(FAMILIES[family].document(rng).text) for _ in range(20_000)}
    for template in TRAINING[family]:  # or the search would find nothing
        assert any(plain(template.partition("|")[0]) in text for text in drawn), template
    for template in UNSEEN[family]:
        wording = plain(template.partition("|")[0])
        assert not any(wording in text for text in drawn), template


def test_openers_and_adjectives_are_seen_through() -> None:
    assert plain("Yes, the famous Eiffel Tower is in") == plain("The {name} is in")


def test_every_word_of_them_is_one_that_training_says() -> None:
    encoder = tokenizers.fast_encoder(AutoTokenizer.from_pretrained(WEIGHTS))
    drawn = itertools.islice(documents(seed=0, step=0), 20_000)
    said = {piece for d in drawn for piece in encoder.pieces(f" {d.text}")}
    asked = [*wordings.of_landmarks(), *wordings.of_towns(), *wordings.of_two_hops("capital")]
    for prompt in asked:
        assert set(encoder.pieces(f" {prompt.prompt}{prompt.answer}")) <= said, prompt


def test_two_hop_wordings_ask_about_held_out_towns_alone() -> None:
    assert {p.subject for p in wordings.of_two_hops("bird")} == two_hop.HELD_OUT_TOWNS
