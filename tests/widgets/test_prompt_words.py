"""What prompt boxes say: words that have no token, and next tokens that can be asked about."""

from __future__ import annotations

import pytest

from interp_widgets.widgets._prompt_words import likeliest, spelled, unknown_words
from tests.widgets.examples import PROMPT, model


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        (PROMPT, []),
        ("the zebra of Texas", ["zebra"]),
        ("the 🦓🦓 of xyzzy Texas", ["🦓🦓", "xyzzy"]),
        ("the capital zebra zebra", ["zebra", "zebra"]),
        ("the capital of\nTexas is\tParis 🦓", ["🦓"]),
        ("", []),
    ],
)
def test_words_without_tokens_are_found(prompt: str, unknown: list[str]) -> None:
    spans = unknown_words(prompt, model().tokens(prompt))
    wide = prompt.encode("utf-16-le")
    assert [wide[2 * a : 2 * b].decode("utf-16-le") for a, b in spans] == unknown


def test_only_tokens_that_a_text_can_name_are_offered() -> None:
    asked = model()
    every = [piece for piece, _ in asked.top_tokens(PROMPT, asked.d_vocab)]
    found = likeliest(asked, PROMPT, k=asked.d_vocab)
    assert found == tuple(dict.fromkeys(piece for piece in every if spelled(asked, piece)))
    assert {asked.piece(asked.token_id(piece)) for piece in found} == set(found)
    assert not spelled(asked, "half\ufffd")


def test_each_token_is_offered_once_those_of_the_first_prompt_first() -> None:
    asked = model()
    one, other = likeliest(asked, PROMPT, k=3), likeliest(asked, "The", k=3)
    assert likeliest(asked, PROMPT, "The", k=3) == tuple(dict.fromkeys([*one, *other]))
