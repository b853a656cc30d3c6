"""TokenStrip without a browser: what is sent, what is selected, what is refused."""

from __future__ import annotations

import base64
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import TokenStrip
from interp_widgets.widgets._token_data import numbers, ranges
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import unpack

PIECES = ["<|endoftext|>", "def", " f", "\n", "    ", "<0xE2>", "<0x80>", "\t"]


@pytest.fixture
def strip() -> TokenStrip:
    return TokenStrip(tokens=PIECES)


def test_a_prompt_is_cut_as_the_model_cuts_it() -> None:
    strip = TokenStrip(model(), PROMPT)
    assert strip.tokens == model().tokens(PROMPT)
    assert strip.special == [0]
    by_ids = TokenStrip(model(), model().ids(PROMPT))
    assert (by_ids.tokens, by_ids.special) == (strip.tokens, strip.special)


def test_special_tokens_are_the_tokenizers_own_not_what_looks_like_one() -> None:
    """A prompt that spells a marker in letters has text there, not a marker."""
    strip = TokenStrip(model(), "the [INST] a")
    assert strip.special == [0]
    assert TokenStrip(tokens=["[INST]", "a", "<s>"]).special == [0, 2]


def test_values_arrive_as_they_were_given() -> None:
    given = torch.tensor([0.1, 2.0, float("nan"), 7.25], requires_grad=True)
    strip = TokenStrip(tokens=list("abcd"), values=given, label="loss, nats")
    sent = unpack(strip.values)
    assert np.array_equal(sent, given.detach().numpy(), equal_nan=True)
    assert strip.scale == {"label": "loss, nats", "top": 7.25, "diverging": False}


@pytest.mark.parametrize(
    ("given", "top", "diverging"),
    [([0, 0], 1.0, False), ([-3, 1], 3.0, True), ([None, 0.5], 0.5, False), ([None] * 2, 1.0, 0)],
)
def test_colours_end_at_the_largest_value(given: list[Any], top: float, diverging: bool) -> None:
    scale = TokenStrip(tokens=["a", "b"], values=given).scale
    assert (scale["top"], scale["diverging"]) == (top, diverging)


def test_a_selection_is_ranges_in_actions_and_positions_in_python(strip: TokenStrip) -> None:
    strip.act({"do": "select", "ranges": [[6, 7], [1, 2], [2, 3]]})
    assert strip.selected == [1, 2, 3, 6, 7]
    strip.selected = [5, 2, 5]
    assert strip.selected == [2, 5]
    strip.undo()
    assert strip.selected == [1, 2, 3, 6, 7]
    strip.redo().act({"do": "clear"})
    assert strip.selected == []
    actions = strip.actions
    assert [action["do"] for action in actions] == ["select", "set", "clear"]
    assert TokenStrip(tokens=PIECES).replay(actions[:2]).selected == [2, 5]


def test_a_range_that_grows_is_one_step_of_undo(strip: TokenStrip) -> None:
    strip.selected = [0]
    for last in (2, 3, 4):
        strip.act({"do": "select", "ranges": [[1, last]], "burst": "range 1"})
    strip.act({"do": "select", "ranges": [[6, 7]], "burst": "range 2"})
    strip.undo()
    assert strip.selected == [1, 2, 3, 4]
    strip.undo()
    assert strip.selected == [0]


@pytest.mark.parametrize("ranges", [[[0, 8]], [[-1, 2]], [[3, 2]], [[1]], [7], [["0", "1"]]])
def test_ranges_that_are_not_there_are_refused(strip: TokenStrip, ranges: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"a range is \[first, last\], both from 0 to 7"):
        strip.act({"do": "select", "ranges": ranges})
    assert strip.selected == []
    assert strip.actions == []


def test_positions_that_are_not_there_are_refused(strip: TokenStrip) -> None:
    for wrong in ([8], [0, -1]):
        with pytest.raises(ValueError, match="selected holds positions from 0 to 7; got"):
            strip.selected = wrong
        with pytest.raises(ValueError, match="selected holds positions from 0 to 7; got"):
            TokenStrip(tokens=PIECES, selected=wrong)
    assert strip.selected == []


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({}, TypeError, "needs tokens"),
        ({"prompt": "x"}, TypeError, "needs a model"),
        ({"model": "some text", "prompt": "x"}, TypeError, r"iw\.load\(\) made; got str"),
        ({"tokens": "some text"}, TypeError, "list of texts; got str.*have a text cut"),
        ({"tokens": ["a", 7]}, TypeError, "token 1 is 7.*token ids"),
        ({"tokens": []}, ValueError, "at least one token"),
        ({"tokens": ["a"], "prompt": "x"}, TypeError, "it needs one"),
        ({"tokens": ["a"], "values": [1, 2]}, ValueError, r"each of the 1 tokens.*shape \[2\]"),
        ({"tokens": ["a"], "values": ["high"]}, TypeError, "list of numbers"),
        ({"tokens": ["a"], "values": [float("-inf")]}, ValueError, "token 0 has -inf.*NaN"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(
    given: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        TokenStrip(**given)


def test_a_model_without_a_prompt_is_refused() -> None:
    with pytest.raises(TypeError, match="needs a prompt"):
        TokenStrip(model())


def test_it_says_what_it_shows(strip: TokenStrip) -> None:
    assert strip.describe() == (
        r"8 tokens of 'def f\n    <0xE2><0x80>\t' (1 with a newline, 2 of bytes, 1 special); "
        "none selected."
    )
    strip.selected = [1, 2, 5]
    assert strip.summary.endswith("3 selected, at 1 to 2, 5: 'def f<0xE2>'.")
    valued = TokenStrip(tokens=["a", " b"], values=[None, -1.5], label="logit")
    assert "logit from -1.5 (' b', token 1) to -1.5" in valued.describe()


def test_text_of_every_kind_stays_as_it_is() -> None:
    """Right to left, combining, half an emoji, markup, controls: sent and drawn as they are."""
    odd = [
        " שלום",
        "e",
        "\u0301",
        "<0xF0>",
        "<0x9F>",
        "<script>alert(1)</script>",
        "\u202e",
        "\x00",
    ]
    odd += ["\n", "\r\n", "\t", " ", "", "&amp;", "$x$", "👩\u200d🔬"]
    strip = TokenStrip(tokens=odd)
    assert strip.tokens == odd
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert base64.b64decode(strip._repr_mimebundle_()[0]["image/png"]).startswith(b"\x89PNG")
    for position in range(len(odd)):
        strip.act({"do": "select", "ranges": [[position, position]]})
        assert strip.selected == [position]
    assert not any(ord(c) < 32 or c == "\u202e" for c in repr(strip) + strip.summary)


def test_numbers_that_are_not_quite() -> None:
    strip = TokenStrip(tokens=["a", "b"], selected=[True])
    assert repr(strip.selected) == "[1]"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="values are finite; token 0 has inf"):
            TokenStrip(tokens=["a"], values=[1e39])


def test_ten_thousand_tokens_are_sent_small() -> None:
    tokens = [f" w{i % 500}" for i in range(10_000)]
    strip = iw.TokenStrip(tokens=tokens, values=np.linspace(-1, 1, 10_000))
    assert len(strip.values["bytes"]) == 40_000
    strip.act({"do": "select", "ranges": [[0, 9_999]]})
    assert strip.selected == list(range(10_000))
    assert len(strip.describe()) < 300


def test_ranges_and_numbers() -> None:
    assert ranges([0, 1, 2, 5, 7, 8]) == [(0, 2), (5, 5), (7, 8)]
    assert numbers(None, 3) is None


def test_the_still_picture_shows_every_kind_of_token() -> None:
    from interp_widgets.plots.tokens import plot_print

    figure = plot_print([*PIECES, "$x$", "¶" * 200], [-1, None, *range(8)], "a $label$")
    texts = [text.get_text() for text in figure.texts]
    assert texts[:5] == ["<|endoftext|>", "def", "·f", "↵", "····"]
    assert "$x$" in texts
    assert max(map(len, texts)) == 40
    rows = {text.get_position()[1] for text in figure.texts}
    assert len(rows) == 2
    more = plot_print(["\n"] * 100)
    assert more.texts[-1].get_text() == "… and 92 more tokens"
