"""LogitLensHeatmap without a browser: prompts, actions, one side and two."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import interp_widgets as iw
from interp_widgets.widgets import LogitLensHeatmap
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import unpack


@pytest.fixture
def widget() -> LogitLensHeatmap:
    return LogitLensHeatmap(model=model(), prompt=PROMPT, track=[" Austin"])


@pytest.mark.parametrize(
    "prompt",
    [
        "<script>alert('x')</script>",
        "the 🦓 of\tTexas",
        "the\ncapital\n",
        "",
        "Texas",
        "\u202egnp.exe",
        "the " * 50,
    ],
)
def test_odd_prompts_are_shown(prompt: str) -> None:
    widget = LogitLensHeatmap(model=model(), prompt="the")
    widget.act({"do": "prompt", "side": 0, "text": prompt}).wait()
    assert widget.error == ""
    assert widget.sides[0]["prompt"] == prompt
    assert widget.sides[0]["tokens"] == list(widget.record.tokens)
    assert "\n" not in repr(widget)
    assert widget.describe()


def test_a_prompt_longer_than_the_context_says_so(widget: LogitLensHeatmap) -> None:
    shown = widget.sides[0]["prompt"]
    widget.prompts = ["the " * 100]
    with pytest.raises(ValueError, match="at most 64"):
        widget.wait()
    assert "at most 64" in widget.error
    assert widget.sides[0]["prompt"] == shown
    assert not widget.busy
    widget.undo().wait()
    assert widget.error == ""


def test_a_pin_brings_its_column_and_a_second_click_lets_go(widget: LogitLensHeatmap) -> None:
    pin = {"do": "pin", "side": 0, "row": 2, "pos": 3}
    widget.act(pin)
    assert widget.pinned == [[0, 2, 3]]
    assert list(widget.trails) == ["0:3"]
    assert widget.trails["0:3"]["tokens"][-1] == " Austin"
    widget.act(pin)
    assert widget.pinned == []
    assert widget.trails == {}


def test_the_oldest_pin_makes_room(widget: LogitLensHeatmap) -> None:
    for row in range(4):
        for pos in range(2):
            widget.act({"do": "pin", "side": 0, "row": row, "pos": pos})
    assert len(widget.pinned) == 6
    assert [0, 3, 1] in widget.pinned


def test_typing_a_word_is_one_step_of_undo(widget: LogitLensHeatmap) -> None:
    for text in ("t", "th", "the"):
        widget.act({"do": "prompt", "side": 0, "text": text, "burst": "a"})
    widget.act({"do": "prompt", "side": 0, "text": "the city", "burst": "b"}).wait()
    assert [a["text"] for a in widget.actions] == ["the", "the city"]
    assert widget.undo().wait().record.prompt == "the"
    assert widget.undo().wait().record.prompt == PROMPT


def test_undo_takes_the_record_from_memory(
    widget: LogitLensHeatmap, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget.act({"do": "prompt", "side": 0, "text": "the city of Rome"}).wait()
    widget.act({"do": "prompt", "side": 0, "text": "the city of Paris"}).wait()
    monkeypatch.setattr("interp_widgets.core.lens.logit.iter_logit_lens", None)
    widget.undo()
    assert widget.record.prompt == "the city of Rome"


def test_assignment_in_python_is_an_action(widget: LogitLensHeatmap) -> None:
    widget.color = "entropy"
    widget.pinned = [[0, 1, 1]]
    assert [a["do"] for a in widget.actions] == ["set", "set"]
    assert list(widget.trails) == ["0:1"]
    widget.undo().undo()
    assert widget.color == "probability"
    assert widget.pinned == []


def test_the_reducer_is_pure(widget: LogitLensHeatmap) -> None:
    before = {name: getattr(widget, name) for name in widget.state_names()}
    copy = {name: list(v) if isinstance(v, list) else v for name, v in before.items()}
    LogitLensHeatmap.reduce(before, {"do": "pin", "side": 0, "row": 0, "pos": 0})
    LogitLensHeatmap.reduce(before, {"do": "track", "token": " Rome"})
    assert before == copy


def test_a_token_of_several_pieces_is_refused_with_them(widget: LogitLensHeatmap) -> None:
    widget._on_message(
        widget, {"action": {"do": "track", "token": " zebra"}, "view": "v", "n": 3}, []
    )
    assert "5 tokens" in widget.error or "6 tokens" in widget.error
    assert widget.tracked == [" Austin"]
    assert widget.actions == []


def test_tracking_colours_by_rank(widget: LogitLensHeatmap) -> None:
    widget.act({"do": "track", "token": " Paris"}).wait()
    assert widget.tracked == [" Austin", " Paris"]
    ranks = widget.record.track_ranks[..., widget.record.track.index(model().token_id(" Paris"))]
    assert np.array_equal(unpack(widget.ranks[0]), ranks.numpy())


def test_without_a_model_it_is_a_viewer() -> None:
    record = iw.logit_lens(model(), PROMPT, track=[" Austin"])
    viewer = record.widget()
    assert not viewer.live
    assert viewer.tracked == [" Austin"]
    viewer.act({"do": "pin", "side": 0, "row": 1, "pos": 1})
    with pytest.raises(ValueError, match=r"widget\(model=model\)"):
        viewer.act({"do": "prompt", "side": 0, "text": "x"})
    with pytest.raises(ValueError, match="does not track ' Rome'"):
        viewer.act({"do": "track", "token": " Rome"})


def test_two_records_two_prompts_two_models() -> None:
    record = iw.logit_lens(model(), PROMPT)
    other = iw.logit_lens(model(), "the city")
    records = LogitLensHeatmap(record, compare=other)
    assert [s["prompt"] for s in records.sides] == [PROMPT, "the city"]
    prompts = LogitLensHeatmap(model=model(), prompt=PROMPT, compare="the city of Rome")
    prompts.act({"do": "prompt", "side": 1, "text": "the state"}).wait()
    assert [r.prompt for r in prompts.records] == [PROMPT, "the state"]
    models = LogitLensHeatmap(model=model(), prompt=PROMPT, compare=model(seed=1, layers=2))
    assert models.prompts == [PROMPT]
    models.act({"do": "prompt", "side": 0, "text": "the state"}).wait()
    assert [(s["prompt"], len(s["rows"])) for s in models.sides] == [
        ("the state", 4),
        ("the state", 3),
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "record, or model= and prompt="),
        ({"record": 3}, "not a int"),
        ({"prompt": "x"}, "model= and prompt="),
        ({"model": 1, "prompt": "x", "colour": 1}, "Did you mean color=?"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(given: dict[str, Any], says: str) -> None:
    with pytest.raises(TypeError, match=says.replace("?", r"\?")):
        LogitLensHeatmap(**given)


def test_hosts_that_drop_buffers_get_text(widget: LogitLensHeatmap) -> None:
    assert isinstance(widget.get_state("sides")["sides"][0]["planes"][0]["bytes"], bytes)
    widget._on_message(widget, {"host": "no buffers"}, [])
    sent = widget.get_state("sides")["sides"][0]["planes"][0]["bytes"]
    assert set(sent) == {"base64"}


def test_python_cannot_set_what_cannot_be_computed(widget: LogitLensHeatmap) -> None:
    for name, value in (("prompts", []), ("tracked", [" zebra"])):
        before = getattr(widget, name)
        with pytest.raises(ValueError, match=r"prompt box|tokens for"):
            setattr(widget, name, value)
        assert getattr(widget, name) == before
    viewer = LogitLensHeatmap(widget.record)
    with pytest.raises(ValueError, match="stored record"):
        viewer.prompts = ["x"]


def test_offers_are_texts_or_entries_of_the_prompt_index() -> None:
    from interp_widgets.bundled import prompts

    entry = next(iter(prompts().values()))[0]
    widget = LogitLensHeatmap(model=model(), prompt=PROMPT, offers=["x", entry])
    assert widget.offers == ["x", entry.prompt]


def test_rank_without_a_tracked_token_is_of_what_each_column_ends_with() -> None:
    widget = LogitLensHeatmap(model=model(), prompt=PROMPT, color="rank")
    ranks = unpack(widget.ranks[0])
    record = widget.record
    assert ranks.shape == (len(record.rows), len(record.tokens))
    assert (ranks[-1] == 0).all()
    tops = np.asarray(record.top_ids[..., 0])
    # Rank 0 exactly where the last row's token is on top.
    assert np.array_equal(ranks == 0, tops == tops[-1])
    viewer = LogitLensHeatmap(record, color="rank")
    assert np.array_equal(unpack(viewer.ranks[0]), ranks)
    # A chosen token that the other side does not track has no ranks there.
    other = iw.logit_lens(model(), PROMPT, track=[" Austin"])
    both = LogitLensHeatmap(other, compare=record)
    assert both.ranks[0] is not None
    assert both.ranks[1] is None


def test_the_still_picture_shows_both_sides_and_the_chosen_colour() -> None:
    one = LogitLensHeatmap(model=model(), prompt=PROMPT, color="entropy")
    two = LogitLensHeatmap(model=model(), prompt=PROMPT, compare="the city", color="rank")
    cells = []
    for widget in (one, two):
        drawn = [ax for ax in widget._figure().axes if ax.get_title(loc="left")]
        cells.append([len(ax.texts) for ax in drawn])
    assert cells == [[one.record.top_ids[..., 0].numel()], [4 * len(r.tokens) for r in two.records]]
    assert "entropy (nats)" in [ax.get_ylabel() for ax in one._figure().axes]


def test_a_question_asked_again_while_it_is_being_stopped_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view = LogitLensHeatmap(model=model(), prompt=PROMPT)
    begun, go_on, steps = threading.Event(), threading.Event(), LogitLensHeatmap._steps

    def slow(self: LogitLensHeatmap, side: int, prompt: str, also: Any) -> Iterator[Any]:
        found = list(steps(self, side, prompt, also))
        begun.set()
        assert go_on.wait(10)
        yield from [*found, *found]

    monkeypatch.setattr(LogitLensHeatmap, "_steps", slow)
    view.act({"do": "prompt", "side": 0, "text": "the city of Rome"})
    assert begun.wait(10)
    view.undo().redo()
    go_on.set()
    assert view.wait().record.prompt == "the city of Rome"
    assert not np.isnan(view.record.check)
