"""PatchingPipeline without a browser: its three runs are the model's, its recovery the core's."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import PatchingPipeline, _pipeline_data
from tests.widgets.examples import OTHER, PROMPT, model

PAIR: dict[str, Any] = {
    "clean": PROMPT,
    "corrupt": OTHER,
    "answer": " Austin",
    "distractor": " Paris",
}


def widget(**given: Any) -> PatchingPipeline:
    return PatchingPipeline(model=model(), **{**PAIR, **given})


def difference(prompt: str) -> float:
    logits = model().logits(model().ids(prompt)[None])[0, -1]
    return float(logits[model().token_id(" Austin")] - logits[model().token_id(" Paris")])


def test_the_first_two_runs_are_the_model_on_either_prompt() -> None:
    shown = widget()
    for run, prompt in (("clean", PROMPT), ("corrupt", OTHER)):
        assert shown.numbers[run] == pytest.approx(difference(prompt), abs=1e-5)
        assert shown.run is not None
        listed = shown.shown["runs"][_pipeline_data.RUNS.index(run)]["top"]
        assert [piece for piece, _ in listed] == [p for p, _ in model().top_tokens(prompt, 5)]


@pytest.mark.parametrize("site", _pipeline_data.SITES)
@pytest.mark.parametrize("direction", ["denoise", "noise"])
def test_the_patched_run_is_that_cell_of_the_sweep(site: str, direction: str) -> None:
    per = "head_position" if site == "z" else "position"
    sweep = iw.activation_patching(model(), **PAIR, site=site, per=per, direction=direction)
    shown = widget(site=site, layer=1, pos=3, head=2, direction=direction)
    at = (1, 2, 3) if site == "z" else (1, 3)
    assert shown.recovery == pytest.approx(float(sweep.recovery[at]), abs=1e-6)
    assert shown.numbers["patched"] == pytest.approx(float(sweep.values[0][at]), abs=1e-6)
    assert shown.run is not None
    answer, distractor = (model().token_id(token) for token in (" Austin", " Paris"))
    patched = float(shown.run.patched[answer] - shown.run.patched[distractor])
    assert patched == pytest.approx(shown.numbers["patched"], abs=1e-5)


def test_recovery_is_worked_out_from_the_three_numbers_shown() -> None:
    for direction, (base, other) in (("denoise", (1, 0)), ("noise", (0, 1))):
        shown = widget(layer=1, pos=3, direction=direction).shown
        values = [run["value"] for run in shown["runs"]]
        share = (values[2] - values[base]) / (values[other] - values[base])
        assert shown["recovery"] == pytest.approx(share, abs=1e-9)


def test_a_place_above_the_last_position_changes_all_and_one_before_nothing() -> None:
    shown = widget(site="resid_post", layer=2, pos=-1)
    assert shown.recovery == pytest.approx(1, abs=1e-5)
    assert "100 %" in shown.shown["meaning"]
    shown.act({"do": "place", "layer": 2, "pos": 2}).wait()
    assert shown.recovery == pytest.approx(0, abs=1e-5)
    assert "next to nothing" in shown.shown["meaning"]


def test_in_the_course_model_the_answer_hangs_on_the_subject_half_way_up() -> None:
    asked: dict[str, Any] = {
        "clean": "The Eiffel Tower is in the city of",
        "corrupt": "The Trevi Fountain is in the city of",
        "answer": " Paris",
        "distractor": " Rome",
    }
    shown = PatchingPipeline(model=iw.load(), **asked, pos=3)
    assert (shown.layer, shown.recovery) == (4, pytest.approx(1, abs=0.1))
    assert shown.act({"do": "place", "layer": 4, "pos": -1}).wait().recovery < 0.1


def test_stepping_computes_nothing_and_stops_at_the_ends() -> None:
    shown = widget()
    run = shown.run
    for step in (1, 2, 0):
        assert shown.act({"do": "step", "to": step}).step == step
    assert shown.run is run
    for step in (-1, 3):
        with pytest.raises(ValueError, match="steps go from 0 to 2"):
            shown.act({"do": "step", "to": step})


def test_the_reducer_is_pure() -> None:
    before = {"layer": 1, "pos": 2, "step": 0, "prompts": ["a", "b"]}
    kept = dict(before)
    after = PatchingPipeline.reduce(before, {"do": "place", "layer": 2, "pos": 0})
    assert before == kept
    assert (after["layer"], after["pos"]) == (2, 0)
    with pytest.raises(ValueError, match="dance"):
        PatchingPipeline.reduce(before, {"do": "dance"})


def test_what_cannot_be_asked_is_refused() -> None:
    shown = widget()
    for action, why in (
        ({"do": "place", "layer": 3, "pos": 0}, "layers go from 0 to 2"),
        ({"do": "place", "layer": 0, "pos": 6}, "positions go from -1 to 5"),
        ({"do": "head", "head": 4}, "heads go from 0 to 3"),
        ({"do": "site", "by": "neuron"}, "site is one of"),
        ({"do": "direction", "by": "up"}, "direction is one of"),
        ({"do": "answer", "text": " Paris"}, "both"),
        ({"do": "answer", "text": " Paris Rome"}, "in the list beside the box"),
    ):
        with pytest.raises(ValueError, match=why):
            shown.act(action)
    assert shown.actions == []
    for given, why in (
        ({"layer": 3}, "layers go from 0 to 2"),
        ({"head": -1}, "heads go from 0 to 3"),
        ({"pos": 9}, "positions"),
        ({"site": "neuron"}, "site= is one of"),
        ({"corrupt": "the city of the city of Rome is"}, r"clean +\|.*\n.*corrupt +\|"),
        ({"corrupt": "the city of"}, "LayerBarPatching can align"),
        ({"answer": " Paris Rome"}, "in the list beside the box"),
        ({"distractor": "xyzzy"}, "The distractor has to be one token"),
    ):
        with pytest.raises(ValueError, match=why):
            widget(**given)
    with pytest.raises(TypeError, match="clean="):
        PatchingPipeline(model=model(), clean=PROMPT)
    with pytest.raises(TypeError, match="Patching record"):
        PatchingPipeline(iw.attention(model(), PROMPT))  # pyright: ignore[reportArgumentType]


def test_prompts_of_unequal_length_are_shown_token_under_token() -> None:
    shown = widget()
    before = shown.recovery
    shown.act({"do": "prompt", "side": 1, "text": "the city of"})
    with pytest.raises(ValueError, match="correspond"):
        shown.wait()
    assert "corrupt |" in shown.error
    assert shown.recovery == before
    assert shown.undo().wait().error == ""


def test_two_runs_that_do_not_differ_have_no_scale() -> None:
    shown = widget(corrupt=PROMPT)
    assert shown.shown["recovery"] is None
    assert "do not differ" in shown.shown["meaning"]
    assert "recovery" not in shown.describe()


def test_a_record_of_one_cell_is_its_own_viewer() -> None:
    cell = iw.Patch("L1.z.2", pos=3)
    record = iw.activation_patching(model(), **PAIR, cells=[cell])
    shown = PatchingPipeline(record)
    assert not shown.live
    assert (shown.site, shown.layer, shown.head, shown.pos) == ("z", 1, 2, 3)
    assert shown.recovery == pytest.approx(float(record.recovery[0]))
    assert shown.shown["runs"][0]["top"] == []
    with pytest.raises(ValueError, match="stored record"):
        shown.act({"do": "place", "layer": 0, "pos": 0})
    live = PatchingPipeline(record, model=model())
    torch.testing.assert_close(live.record.values, record.values)
    assert live.run is not None
    with pytest.raises(ValueError, match=r"record\.plot"):
        PatchingPipeline(iw.activation_patching(model(), **PAIR))
