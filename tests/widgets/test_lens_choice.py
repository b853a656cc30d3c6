"""The choice of lens in LogitLensHeatmap: one, another, the difference of two, two side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import interp_widgets as iw
from interp_widgets.widgets import LogitLensHeatmap
from tests.widgets.examples import PROMPT, lenses, model
from tests.widgets.synthetic import unpack


def acted(do: str, by: str, side: int = 0) -> dict[str, Any]:
    return {"do": do, "side": side, "by": by}


@pytest.fixture
def several() -> LogitLensHeatmap:
    return LogitLensHeatmap(model=model(), prompt=PROMPT, track=[" Austin"], lenses=lenses())


def test_the_lens_is_a_choice_that_keeps_pins_and_tracked_tokens(several: LogitLensHeatmap) -> None:
    assert several.offered == [["logit", "tuned", "jacobian"]]
    assert several.kinds == ["logit"]
    several.act({"do": "pin", "side": 0, "row": 2, "pos": 3})
    several.act(acted("kind", "tuned")).wait()
    wanted = iw.logit_lens(model(), PROMPT, kind=lenses()["tuned"], track=[" Austin"])
    assert isinstance(several.record, iw.LogitLens)
    assert np.array_equal(several.record.top_probs, wanted.top_probs)
    assert (several.record.kind, several.pinned, several.tracked) == (
        *("tuned", [[0, 2, 3]]),
        [" Austin"],
    )
    assert list(several.trails) == ["0:3"]
    assert several.sides[0]["lens"] == "tuned lens"
    assert several.describe().startswith("Tuned lens of")
    assert "(tuned lens, " in repr(several)
    several.kinds = ["jacobian"]
    assert several.wait().record.kind == "jacobian"
    assert several.describe().startswith("Jacobian lens of")
    several.act({"do": "prompt", "side": 0, "text": "the city of Rome"}).wait()
    assert (several.record.kind, several.record.prompt) == ("jacobian", "the city of Rome")
    several.undo().undo().undo().wait()
    assert (several.record.kind, several.kinds) == ("logit", ["logit"])


def test_a_lens_taken_off_another_shows_their_difference(several: LogitLensHeatmap) -> None:
    several.act(acted("kind", "tuned")).act(acted("base", "logit")).wait()
    record = several.record
    assert isinstance(record, iw.LensDifference)
    wanted = iw.lens_difference(model(), PROMPT, lenses()["tuned"], "logit", track=[" Austin"])
    assert np.array_equal(record.top_diffs, wanted.top_diffs)
    side = several.sides[0]
    assert (side["kind"], side["base"], side["names"]) == ("tuned", "logit", ["tuned", "logit"])
    assert several.ranks == [None]
    assert several.describe().startswith("Tuned lens less logit lens of")
    assert "the tuned lens gives" in several.describe()
    several.act({"do": "pin", "side": 0, "row": 1, "pos": 5})
    assert several.trails["0:5"]["tokens"][-1] == " Austin"
    # To choose the lens that is taken off is to take nothing off.
    several.act(acted("kind", "logit")).wait()
    assert (several.kinds, several.bases, several.record.kind) == (["logit"], [""], "logit")
    with pytest.raises(ValueError, match="less itself is nothing"):
        several.act(acted("base", "logit"))
    with pytest.raises(ValueError, match="less itself is nothing"):
        several.bases = ["logit"]
    assert several.bases == [""]


def test_a_difference_is_shown_with_and_without_a_model() -> None:
    record = iw.lens_difference(model(), PROMPT, lenses()["tuned"], "logit")
    viewer = record.widget()
    assert (viewer.kinds, viewer.bases, viewer.live) == (["tuned"], ["logit"], False)
    with pytest.raises(ValueError, match="stored record"):
        viewer.act(acted("kind", "logit"))
    with pytest.raises(ValueError, match="stored record"):
        viewer.kinds = ["logit"]
    live = record.widget(model=model(), lenses=lenses(), contrast="gain")
    live.bases = ["jacobian"]
    assert live.wait().record.base == "jacobian"
    live.bases = [""]
    assert isinstance(live.wait().record, iw.LogitLens)


def test_two_lenses_side_by_side_follow_one_prompt() -> None:
    fitted = lenses()
    both = LogitLensHeatmap(
        model=model(), prompt=PROMPT, compare=fitted["tuned"], track=[" Austin"]
    )
    assert both.prompts == [PROMPT]
    assert both.kinds == ["logit", "tuned"]
    both.act({"do": "prompt", "side": 0, "text": "the city of Rome"}).wait()
    assert [(r.kind, r.prompt) for r in both.records] == [
        ("logit", "the city of Rome"),
        ("tuned", "the city of Rome"),
    ]
    before = both.records[0]
    both.act(acted("base", "logit", side=1)).wait()
    assert both.records[0] is before
    assert isinstance(both.records[1], iw.LensDifference)
    records = [iw.logit_lens(model(), PROMPT, kind=kind) for kind in ("logit", fitted["tuned"])]
    assert LogitLensHeatmap(records[0], compare=records[1]).prompts == [PROMPT]
    other = iw.logit_lens(model(), "the city", kind=fitted["tuned"])
    apart = LogitLensHeatmap(records[0], model=model(), compare=other, lenses=fitted)
    apart.act({"do": "prompt", "side": 1, "text": "the state"}).wait()
    assert [(r.kind, r.prompt) for r in apart.records] == [
        ("logit", PROMPT),
        ("tuned", "the state"),
    ]


def test_a_fitted_lens_has_a_name() -> None:
    fitted = lenses()["tuned"]
    named = LogitLensHeatmap(model=model(), prompt=PROMPT, kind=fitted)
    assert (named.offered, named.kinds) == ([["logit", "tuned"]], ["tuned"])
    mine = LogitLensHeatmap(model=model(), prompt=PROMPT, kind="mine", lenses={"mine": fitted})
    assert mine.describe().startswith("Tuned lens 'mine' of")
    twice = LogitLensHeatmap(
        model=model(), prompt=PROMPT, kind=fitted, lenses={"tuned": lenses()["jacobian"]}
    )
    assert twice.kinds == ["fitted tuned"]
    # A record's own lens is found among those given.
    record = iw.logit_lens(model(), PROMPT, kind=fitted)
    assert record.widget(model=model(), lenses={"mine": fitted}).kinds == ["mine"]
    assert record.widget(model=model(), kind=fitted).kinds == ["tuned"]


def test_rows_that_a_lens_left_out_are_shown_as_not_known() -> None:
    whole = lenses()["jacobian"]
    part = replace(whole, rows=(1,), weight=whole.weight[1:2], bias=whole.bias[1:2])
    widget = LogitLensHeatmap(model=model(), prompt=PROMPT, kind=part, color="rank")
    assert widget.sides[0]["rows"] == ["embed", "L0", "L1", "L2"]
    tops = unpack(widget.sides[0]["planes"][0])[..., 0]
    assert np.isnan(tops[[0, 2]]).all()
    assert np.isfinite(tops[[1, 3]]).all()
    assert (unpack(widget.ranks[0])[[0, 2]] == -1).all()
    # Rows not known are passed over where the answer settles.
    record = widget.record
    assert isinstance(record, iw.LogitLens)
    assert f"on top since {record.rows[record.settled()[-1]]}." in widget.describe()
    assert widget._figure() is not None
    widget.bases = ["logit"]
    assert np.isnan(unpack(widget.wait().sides[0]["planes"][1])[[0, 2]]).all()


def narrow() -> Any:
    from tests.core.tiny import hf_model, tokenizer

    other = iw.load(hf_model("gpt2", n_embd=16, n_head=2, n_layer=3), tokenizer=tokenizer())
    return iw.fit_lens(other, [PROMPT, "the city of Rome"], steps=1)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        (lambda: {"kind": "late"}, ValueError, "no lens is called 'late' here; there are logit"),
        (lambda: {"kind": "tuned"}, ValueError, "no tuned lens is bundled"),
        (lambda: {"kind": 3}, ValueError, "kind is 'logit'"),
        (lambda: {"kind": narrow()}, ValueError, "maps 16 numbers"),
        (lambda: {"lenses": {"mine": narrow()}}, ValueError, "maps 16 numbers"),
        (lambda: {"lenses": {"mine": 3}}, TypeError, "'mine' is no lens"),
        (lambda: {"lenses": {"logit": lenses()["tuned"]}}, ValueError, "has already"),
        (lambda: {"lenses": lenses()["tuned"]}, TypeError, "lenses by name"),
        (lambda: {"base": "logit"}, ValueError, "less itself"),
        (lambda: {"kinds": ["late"]}, ValueError, "no lens is called 'late'"),
        (lambda: {"bases": ["logit", ""]}, ValueError, "a lens a side"),
        (lambda: {"compare": narrow()}, ValueError, "maps 16 numbers"),
        (lambda: {"compare": 3}, TypeError, "a record, a prompt, a model or a lens"),
    ],
)
def test_bad_lenses_are_refused_at_once(given: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        LogitLensHeatmap(model=model(), prompt=PROMPT, **given())


def test_a_record_and_a_lens_that_disagree_are_refused() -> None:
    record = iw.logit_lens(model(), PROMPT, kind=lenses()["tuned"])
    with pytest.raises(ValueError, match=r"none is bundled for .* kind=lens"):
        record.widget(model=model())
    with pytest.raises(ValueError, match="read with the tuned lens"):
        record.widget(kind="logit")
    with pytest.raises(ValueError, match="read with the tuned lens"):
        record.widget(model=model(), lenses=lenses(), kind="jacobian")
    with pytest.raises(ValueError, match="no second lens"):
        record.widget(base="logit")


def test_an_unknown_lens_changes_nothing(several: LogitLensHeatmap) -> None:
    for action, says in (
        (acted("kind", "late"), "no lens is called 'late'"),
        (acted("base", "late"), "no lens is called 'late'"),
        (acted("kind", "tuned", side=1), "no side 1"),
        ({"do": "kind", "side": 0, "by": 3}, "knows no action"),
    ):
        with pytest.raises(ValueError, match=says):
            several.act(action)
    with pytest.raises(ValueError, match="a lens a side"):
        several.kinds = []
    assert several.actions == []


def test_the_heading_of_a_page_does_not_say_it_all_twice(
    several: LogitLensHeatmap, tmp_path: Path
) -> None:
    text = several.to_html(tmp_path / "page.html").read_text()
    assert f"<h1>Logit lens of &#x27;{PROMPT}&#x27;</h1>" in text


def test_the_still_picture_of_a_difference_names_both_lenses(several: LogitLensHeatmap) -> None:
    several.kinds, several.bases = ["tuned"], ["logit"]
    several.wait().contrast = "gain"
    figure = several._figure()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert any("Tuned lens less logit lens" in title for title in titles)
    assert any("nats" in ax.get_ylabel() for ax in figure.axes)


def test_tokens_to_track_come_on_top_of_those_of_a_record() -> None:
    record = iw.logit_lens(model(), PROMPT, track=[" Austin"])
    view = LogitLensHeatmap(record, model=model(), track=" Rome", compare="the city of Rome")
    assert view.wait().tracked == [" Austin", " Rome"]
    wanted = tuple(model().token_id(token) for token in (" Austin", " Rome"))
    assert [shown.track for shown in view.records] == [wanted, wanted]
    alone = LogitLensHeatmap(model=model(), prompt=PROMPT, track=" Austin")
    assert alone.tracked == [" Austin"]
    assert LogitLensHeatmap(record, track=[" Austin"]).tracked == [" Austin"]


def test_what_a_viewer_cannot_do_is_refused_at_once() -> None:
    record = iw.logit_lens(model(), PROMPT)
    with pytest.raises(ValueError, match="does not track ' Rome'"):
        LogitLensHeatmap(record, track=[" Rome"])
    with pytest.raises(TypeError, match="lenses= are for a model"):
        LogitLensHeatmap(record, lenses=lenses())
    with pytest.raises(TypeError, match="track= lists tokens, as texts or ids; got float"):
        LogitLensHeatmap(record, model=model(), track=2.5)  # pyright: ignore[reportArgumentType]
