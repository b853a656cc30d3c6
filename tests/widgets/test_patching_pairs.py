"""LayerBarPatching over several pairs of prompts, and as code that finds the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import LayerBarPatching
from tests.widgets.examples import OTHER, PROMPT, model
from tests.widgets.synthetic import unpack
from tests.widgets.test_patching import LONGER, planes, widget

PAIRS: dict[str, Any] = {
    "clean": [PROMPT, "the city of Paris is", "a state of Austin is"],
    "corrupt": [OTHER, "the city of Dallas is", "a state of Rome is"],
    "answer": [" Austin", " Paris", " Austin"],
    "distractor": [" Rome", " Dallas", " Rome"],
}


def test_several_pairs_show_their_mean_and_interval() -> None:
    record = iw.activation_patching(model(), **PAIRS, site="attn_out", per="layer")
    shown = widget(**PAIRS, mode="attention")
    torch.testing.assert_close(shown.recovery, record.recovery, atol=1e-6, rtol=0)
    torch.testing.assert_close(shown.interval, record.interval("recovery"), atol=1e-6, rtol=0)
    np.testing.assert_allclose(planes(shown)["low"][:, 0], shown.interval[0], atol=1e-5)
    assert shown.shown["pairs"] == [3, 3, record.dropped]
    assert "3 pairs" in shown.describe()
    assert "2 more pairs" in repr(shown)
    assert record.widget().pairs == shown.pairs


def test_one_position_in_pairs_of_several_lengths_is_refused_with_the_way_out() -> None:
    uneven = {"clean": [PROMPT, "Paris"], "corrupt": [OTHER, "Rome"]}
    given = {**uneven, "answer": " Austin", "distractor": " Paris"}
    for place in ({}, {"mode": "head", "at": "one"}):
        with pytest.raises(ValueError, match=r"have 2 to 6 tokens.*mode 'attention'"):
            widget(**given, **place)
    assert widget(**given, mode="attention").recovery.isfinite().all()


def test_pairs_are_added_brought_to_the_boxes_and_taken_out() -> None:
    shown = widget(mode="attention")
    one = shown.recovery
    extra = ["the city of Paris is", "the city of Dallas is", " Paris", " Dallas"]
    shown.act({"do": "add", "pair": extra}).wait()
    record = iw.activation_patching(
        model(),
        [PROMPT, extra[0]],
        [OTHER, extra[1]],
        [" Austin", " Paris"],
        [" Paris", " Dallas"],
        site="attn_out",
        per="layer",
    )
    torch.testing.assert_close(shown.recovery, record.recovery, atol=1e-6, rtol=0)
    shown.act({"do": "front", "index": 0}).wait()
    assert shown.prompts == extra[:2]
    assert shown.pairs == [[PROMPT, OTHER, " Austin", " Paris"]]
    torch.testing.assert_close(shown.recovery, record.recovery, atol=1e-6, rtol=0)
    shown.act({"do": "take_out", "index": 0}).undo().undo()
    shown.act({"do": "take_out", "index": 0}).wait()
    torch.testing.assert_close(shown.recovery, one)
    assert shown.interval.isnan().all()


def test_two_hundred_pairs() -> None:
    cities = ["Texas", "Paris", "Rome", "Dallas", "Austin"]
    rows = [(a, b) for a in cities for b in cities if a != b] * 10
    shown = widget(
        clean=[f"the capital of {a} is" for a, _ in rows],
        corrupt=[f"the capital of {b} is" for _, b in rows],
    )
    assert shown.shown["pairs"][:2] == [200, 200]
    assert (shown.interval[1] >= shown.interval[0]).all()
    assert len(str(shown.pairs)) < 20_000
    shown.act({"do": "open", "layer": 1}).wait()
    assert shown.card["place"] == [1, 5]


def test_pairs_that_do_not_fit_are_refused() -> None:
    for given, why in (
        ({"corrupt": [OTHER]}, "go in pairs"),
        ({"answer": [" Austin"]}, "list of 3"),
        ({"clean": []}, "go in pairs"),
        ({"distractor": [" Rome", " Dallas", " Austin"]}, "both"),
    ):
        with pytest.raises(ValueError, match=why):
            widget(**{**PAIRS, **given})
    shown = widget()
    for pair, why in (
        ([PROMPT, OTHER, " Austin"], "each is"),
        ([PROMPT, OTHER, " Austin Paris", ""], "one token"),
        ([PROMPT, OTHER, " Austin", " Austin"], "both"),
    ):
        with pytest.raises(ValueError, match=why):
            shown.act({"do": "add", "pair": pair})
    with pytest.raises(ValueError, match="pairs: there are 0"):
        shown.act({"do": "take_out", "index": 0})
    assert shown.actions == []


# -- code ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"pos": 4, "opened": 1},
        {"mode": "head", "at": "one", "direction": "noise", "head": 2, "opened": 0},
        {"mode": "mlp", "distractor": "", "opened": 2},
        {"mode": "all", "carried": [0, 4, 2, 5]},
        {**PAIRS, "mode": "attention", "at": "all"},
        {"clean": LONGER, "align": "diff", "pos": 3, "opened": 1},
    ],
    ids=lambda given: given.get("mode", "position"),
)
def test_code_finds_the_numbers_shown(given: dict[str, Any]) -> None:
    shown = widget(**given)
    found: dict[str, Any] = {"model": model()}
    exec(shown.code["text"], found)
    torch.testing.assert_close(found["bars"], shown.recovery, atol=1e-6, rtol=0, equal_nan=True)
    if shown.card:
        for run, said in zip(("clean", "corrupt", "patched"), shown.card["said"], strict=True):
            assert [list(one) for one in found["said"][run]] == said
    if shown.moved:
        assert found["moved_recovery"] == pytest.approx(shown.moved["recovery"], abs=1e-6)
    if shown.pairs:
        torch.testing.assert_close(found["low"], shown.interval[0])


def test_code_of_the_course_model_runs_as_it_is() -> None:
    template = "The capital of the state containing {} is"
    shown = LayerBarPatching(
        model=iw.load(),
        clean=template.format("Dallas"),
        corrupt=template.format("Oakland"),
        answer=" Austin",
        distractor=" Sacramento",
    ).wait()
    shown.act({"do": "mode", "by": "mlp"}).act({"do": "compare", "run": 0}).wait()
    found: dict[str, Any] = {}
    exec(shown.code["text"], found)
    torch.testing.assert_close(found["bars"], shown.recovery, atol=1e-4, rtol=0)
    other = torch.tensor(unpack(shown.other["plane"]))
    torch.testing.assert_close(found["other_bars"], other, atol=1e-4, rtol=0)
