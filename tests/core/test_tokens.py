"""Prompts to ids and back: BOS, spaces, broken characters, and what is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

import interp_widgets as iw
from interp_widgets.core.tokens import pieces
from tests.core import tiny

BOS = "<|endoftext|>"


@pytest.fixture(scope="module")
def bare():
    """A model whose tokenizer adds no BOS."""
    return iw.load(tiny.hf_model("gpt2"), tokenizer=tiny.tokenizer(bos=False))


def test_bos_where_the_tokenizer_adds_one(gpt2, bare):
    assert gpt2.tokens("the capital") == [BOS, " the", " capital"]
    assert bare.tokens("the capital") == [" the", " capital"]
    assert gpt2.ids("the").dtype == torch.int64
    assert gpt2.ids("").tolist() == [0]


def test_never_two_bos_by_accident(gpt2, bare):
    assert gpt2.tokens(BOS + " the") == [BOS, " the"]
    assert gpt2.tokens(BOS + BOS + " the") == [BOS, BOS, " the"]  # one was asked for
    assert bare.tokens(BOS + " the") == [BOS, " the"]
    assert bare.tokens(BOS + BOS + " the") == [BOS, BOS, " the"]  # both were


@pytest.mark.parametrize("bos", [BOS, ""])
def test_an_eos_that_the_tokenizer_adds_is_left_out(bos):
    """Otherwise every prompt would be asked how it goes on after its end."""
    tokenizer = copy.deepcopy(tiny.tokenizer(bos=False))
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {BOS}".strip(), special_tokens=[(BOS, 0)]
    )
    model = iw.load(tiny.hf_model("gpt2"), tokenizer=tokenizer)
    lead = [BOS] if bos else []
    assert tokenizer("the")["input_ids"][-1] == tokenizer.eos_token_id
    assert model.tokens("the capital") == [*lead, " the", " capital"]
    assert model.tokens("the" + BOS) == [*lead, " the", BOS]  # spelled out: asked for
    assert model.tokens(BOS + " the") == [BOS, " the"]


def test_an_empty_prompt_without_bos_is_refused(bare):
    with pytest.raises(ValueError, match=r"an empty prompt has no tokens.*adds no BOS"):
        bare.ids("")


@pytest.mark.parametrize("ids", [[5, 6], (5, 6), torch.tensor([5, 6]), list(np.array([5, 6]))])
def test_ids_are_taken_as_they_are(gpt2, ids):
    assert torch.equal(gpt2.ids(ids), torch.tensor([5, 6]))
    assert torch.equal(gpt2.ids(torch.tensor([5, 6], dtype=torch.int32)), torch.tensor([5, 6]))


@pytest.mark.parametrize(
    ("prompt", "error", "message"),
    [
        ([], ValueError, "at least one token id"),
        (torch.tensor([[1, 2]]), ValueError, r"shape \[pos\]; got shape \[1, 2\]"),
        (torch.tensor(3), ValueError, r"got shape \[\]"),
        (torch.tensor([1.7]), TypeError, r"integers; got a tensor of torch\.float32"),
        (torch.tensor([True]), TypeError, r"integers.*torch\.bool"),
        ([1.5], TypeError, "a prompt is text, or token ids.*got list"),
        (["the", "a"], TypeError, "got list"),
        (7, TypeError, "got int"),
        (b"the", TypeError, "got bytes"),
        ([273], ValueError, "from 0 to 272; got 273 to 273"),
        ([3, -1], ValueError, "got -1 to 3"),
        (" the" * 64, ValueError, r"65 tokens.*reads at most 64\. Shorten it by 1 "),
        ("half \ud83d", ValueError, "half a character at position 5"),
    ],
)
def test_what_is_no_prompt_is_refused(gpt2, prompt, error, message):
    with pytest.raises(error, match=message):
        gpt2.ids(prompt)


def test_the_context_can_be_filled(gpt2):
    assert len(gpt2.ids(" the" * 63)) == gpt2.context == 64
    assert len(gpt2.top_tokens(" the" * 63)) == 5


def test_pieces_are_raw(gpt2):
    assert gpt2.tokens("a\nb")[1:] == [" a", "\n", "b"]
    assert gpt2.tokens("<script>")[1] == " "
    assert "".join(gpt2.tokens("<script>alert(1)</script>")[1:]) == " <script>alert(1)</script>"
    assert gpt2.tokens("🙂")[1:] == [" ", "<0xF0>", "<0x9F>", "<0x99>", "<0x82>"]
    assert gpt2.tokens("é")[1:] == [" ", "<0xC3>", "<0xA9>"]
    assert pieces(gpt2.tokenizer, [5000]) == ["<unused 5000>"]


def test_every_prompt_that_a_person_might_type_runs(gpt2):
    for prompt in (
        "🙂🙂",
        "a\n\nb\t",
        "<script>alert(1)</script>",
        "$x$ & <b>",
        " ",
        "日本",
        "\x00",
    ):
        record = iw.logit_lens(gpt2, prompt)
        assert record.describe()
        assert len(record.to_frame()) == 4 * len(record.tokens) * 10


def test_added_tokens_are_plain_text():
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=tiny.tokenizer().backend_tokenizer)
    tokenizer.add_tokens(["<née>", "two words"])
    first = len(tiny.tokenizer())
    assert pieces(tokenizer, [first, first + 1]) == ["<née>", "two words"]


def test_sentencepiece_spelling():
    vocab = {"<unk>": 0, "▁Paris": 1, "s": 2, "<0x0A>": 3, "<0xF0>": 4, "▁": 5}
    backend = Tokenizer(models.BPE(vocab, [], unk_token="<unk>", byte_fallback=True))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    assert pieces(tokenizer, range(6)) == ["<unk>", " Paris", "s", "\n", "<0xF0>", " "]
    model = iw.load(tiny.hf_model("llama"), tokenizer=tokenizer)
    assert [model.token_id(text) for text in (" Paris", "s", "\n", " ")] == [1, 2, 3, 5]


def test_token_id(gpt2):
    austin = gpt2.token_id(" Austin")
    assert gpt2.piece(austin) == " Austin"
    assert gpt2.token_id(austin) == gpt2.token_id(np.int64(austin)) == austin
    assert gpt2.token_id(BOS) == 0
    for word in tiny.WORDS:
        assert gpt2.piece(gpt2.token_id(f" {word}")) == f" {word}"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (" Austin Texas", ValueError, r"' Austin Texas' is 2 tokens for .*\[' Austin', ' Texas'\]"),
        (" Dal", ValueError, r"4 tokens.*\[' ', 'D', 'a', 'l'\]"),
        ("", ValueError, r"'' is 0 tokens"),
        (273, ValueError, "from 0 to 272; got 273"),
        (True, TypeError, "got bool"),
        (None, TypeError, "got NoneType"),
        ("\udc00", ValueError, "half a character"),
    ],
)
def test_token_id_shows_the_pieces(gpt2, text, error, message):
    with pytest.raises(error, match=message):
        gpt2.token_id(text)


def test_token_id_proposes_the_leading_space():
    plain = tiny.tokenizer()
    plain.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    try:
        model = iw.load(tiny.hf_model("gpt2"), tokenizer=plain)
        with pytest.raises(ValueError, match=r"'Paris' is 5 tokens.*' Paris', it is one"):
            model.token_id("Paris")
    finally:
        plain.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)


def test_a_negative_id_has_no_piece(gpt2):
    with pytest.raises(ValueError, match="0 or more; got -1"):
        gpt2.piece(-1)
