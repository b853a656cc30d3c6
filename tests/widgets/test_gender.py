"""GenderBars without a browser: its bars are the core's edit, and every edit is measured once."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import GenderBars
from tests.widgets.examples import LEANINGS, PROMPT, model


def widget(**given: Any) -> GenderBars:
    return GenderBars(model=model(), **{**LEANINGS, **given})


def measured(heads: list[Any], **given: Any) -> iw.HeadEdit:
    asked = {**LEANINGS, **given}
    return iw.head_edit(model(), heads, asked.pop("prompts"), asked.pop("others"), **asked)


@pytest.mark.parametrize("replace", ["zero", "mean"])
def test_bars_are_what_the_core_measures(replace: str) -> None:
    shown = widget(replace=replace).act({"do": "heads", "heads": [[1, 2]]}).wait()
    found = measured([(1, 2)], replace=replace)
    for name in ("before", "after", "loss_before", "loss_after"):
        torch.testing.assert_close(getattr(shown.record, name), getattr(found, name))
        wanted = pytest.approx(getattr(found, name).tolist(), abs=1e-5)
        assert shown.shown[name] == wanted
    assert shown.shown["fall"] == pytest.approx(found.fall, abs=1e-5)
    assert shown.shown["rise"] == pytest.approx(found.rise, abs=1e-5)


def test_no_head_changes_nothing() -> None:
    shown = widget()
    assert shown.shown["after"] == shown.shown["before"]
    assert shown.shown["rise"] == 0
    assert "no head is edited" in shown.describe()


def test_heads_come_and_go_and_undo_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = widget(heads=[[1, 2]])
    two = shown.act({"do": "heads", "heads": [[1, 2], [0, 1]]}).wait()
    assert two.heads == [[0, 1], [1, 2]]
    assert shown.act({"do": "heads", "heads": [[0, 1]]}).wait().heads == [[0, 1]]
    assert shown._editor is not None
    monkeypatch.setattr(shown._editor, "edit", None)  # a run from here on would fail
    assert shown.undo().wait().record.heads == ((0, 1), (1, 2))
    assert shown.undo().wait().record.heads == ((1, 2),)


def test_the_control_edits_as_many_other_heads() -> None:
    shown = widget(heads=[[0, 1], [1, 2]])
    assert shown.shown["control_heads"] == []
    shown.act({"do": "control", "on": True}).wait()
    others = shown.shown["control_heads"]
    assert len(others) == 2
    assert not {(0, 1), (1, 2)} & {tuple(head) for head in others}
    assert shown.shown["control_fall"] == pytest.approx(measured(others).fall, abs=1e-5)
    assert "random heads" in shown.describe()


def test_a_record_is_its_own_viewer() -> None:
    record = measured([(1, 2)])
    shown = record.widget()
    assert isinstance(shown, GenderBars)
    assert not shown.live
    assert shown.heads == [[1, 2]]
    assert shown.act({"do": "order", "by": "name"}).order == "name"
    for action in ({"do": "heads", "heads": [[0, 0]]}, {"do": "control", "on": True}):
        with pytest.raises(ValueError, match="stored record"):
            shown.act(action)
    with pytest.raises(TypeError, match="says what was edited"):
        GenderBars(record, heads=[[0, 0]])


def test_what_cannot_be_asked_is_refused() -> None:
    shown = widget()
    for action, why in (
        ({"do": "heads", "heads": [[3, 0]]}, "layers 0 to 2"),
        ({"do": "replace", "by": "noise"}, "replace is one of"),
        ({"do": "order", "by": "size"}, "order is one of"),
    ):
        with pytest.raises(ValueError, match=why):
            shown.act(action)
    assert shown.actions == []
    with pytest.raises(ValueError, match="layers 0 to 2"):
        shown.heads = [[5, 0]]
    assert shown.heads == []
    with pytest.raises(TypeError, match="prompts="):
        GenderBars(model=model())
    with pytest.raises(TypeError, match="shows a HeadEdit"):
        GenderBars(iw.attention(model(), PROMPT))  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="one of them"):
        GenderBars(measured([]), model=model(), prompts={"a": ["the"]}, others={"b": ["of"]})


def test_the_reducer_is_pure() -> None:
    before = {"heads": [[1, 2]], "replace": "zero", "control": False, "order": "before"}
    kept = {**before, "heads": [[1, 2]]}
    after = GenderBars.reduce(before, {"do": "heads", "heads": [[1, 2], [0, 3]]})
    assert before == kept
    assert after["heads"] == [[0, 3], [1, 2]]
    with pytest.raises(ValueError, match="dance"):
        GenderBars.reduce(before, {"do": "dance"})
