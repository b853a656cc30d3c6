"""The tokenizer: pieces, BOS, round trip, and the quick encoder that training uses."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from interp_widgets.bundled import WEIGHTS, prompts
from interp_widgets.bundled import tokenizer as tokenizers
from interp_widgets.bundled.corpus import documents


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    """The shipped tokenizer, through the stock loader."""
    return AutoTokenizer.from_pretrained(WEIGHTS)


def test_the_shipped_tokenizer_is_the_one_the_corpus_makes(
    tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    tokenizers.build().save_pretrained(tmp_path)
    assert AutoTokenizer.from_pretrained(tmp_path).get_vocab() == tokenizer.get_vocab()


def test_bos_comes_by_itself_and_once(tokenizer: PreTrainedTokenizerFast) -> None:
    ids = tokenizer("The capital of Texas is")["input_ids"]
    assert ids[0] == tokenizer.bos_token_id
    assert ids.count(tokenizer.bos_token_id) == 1


def test_names_of_towns_are_two_shared_pieces(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.tokenize("Dallas and Dalton") == ["ĠDal", "las", "Ġand", "ĠDal", "ton"]
    assert tokenizer.tokenize("Oakland.") == ["ĠOak", "land", "."]
    assert tokenizer.tokenize("from 1732") == ["Ġfrom", "Ġ17", "32"]


def test_words_decode_with_their_space(tokenizer: PreTrainedTokenizerFast) -> None:
    assert tokenizer.decode(tokenizer.convert_tokens_to_ids(["ĠAustin"])) == " Austin"


@pytest.mark.parametrize(
    "text",
    [
        "The Eiffel Tower is in Paris .",
        "Dallas, Texas!",
        "naïve 🙂 zebra's\nline",
        "<b>x</b>",
        "17 32 1732",
        "",
    ],
)
def test_round_trip(tokenizer: PreTrainedTokenizerFast, text: str) -> None:
    """As with GPT-2's ``add_prefix_space``, all that changes is the space before the first word."""
    ids = tokenizer(text)["input_ids"]
    assert str(tokenizer.decode(ids, skip_special_tokens=True)).removeprefix(" ") == text


def test_paired_prompts_have_equal_lengths(tokenizer: PreTrainedTokenizerFast) -> None:
    pair = ("The Eiffel Tower is in the city of", "The Trevi Fountain is in the city of")
    assert len({len(tokenizer(text)["input_ids"]) for text in pair}) == 1


def test_the_quick_encoder_agrees_with_the_stock_one(tokenizer: PreTrainedTokenizerFast) -> None:
    encoder = tokenizers.fast_encoder(tokenizer)
    for document in itertools.islice(documents(seed=5, step=5), 3000):
        ids, weights = encoder.document(document)
        assert [encoder.bos, *ids] == tokenizer(document.text)["input_ids"], document
        assert len(ids) == len(weights)


def test_every_prompt_and_answer_is_in_the_vocabulary(tokenizer: PreTrainedTokenizerFast) -> None:
    vocabulary = tokenizer.get_vocab()
    encoder = tokenizers.fast_encoder(tokenizer)
    for family in prompts().values():
        for prompt in family:
            pieces = encoder.pieces(f" {prompt.prompt}{prompt.answer}")
            assert all(piece in vocabulary for piece in pieces), prompt
