"""TrainingTimeline without a browser: recorded numbers travel whole, live ones are the core's."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.repeats import repeats
from interp_widgets.widgets import TrainingTimeline
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import unpack


def planes(sent: dict) -> dict[str, np.ndarray]:
    return {plane["name"]: unpack(plane) for plane in sent["planes"]}


def test_all_that_was_recorded_is_sent() -> None:
    shown, record = TrainingTimeline(), iw.timeline()
    np.testing.assert_allclose(planes(shown.recorded)["values"], record.values, rtol=1e-6)
    assert tuple(shown.recorded["steps"]) == record.steps
    assert shown.step == record.steps[-1]


def test_where_weights_ship_the_model_of_that_step_is_run() -> None:
    shown = TrainingTimeline().act({"do": "step", "to": 1120}).wait()
    found = repeats(iw.load(checkpoint=1120))
    assert shown.scores is not None
    torch.testing.assert_close(shown.scores, found.induction)
    sent = planes(shown.live["1120"])
    np.testing.assert_allclose(sent["induction"], found.induction, atol=1e-6)
    np.testing.assert_allclose(sent["previous_token"], found.previous, atol=1e-6)
    np.testing.assert_allclose(sent["loss"], found.loss, atol=1e-5)
    dst, src = np.tril_indices(len(found.tokens))
    wanted = found.patterns.numpy()[:, :, dst, src]
    np.testing.assert_allclose(sent["patterns"], wanted, atol=5e-3)
    recorded = iw.timeline().at(1120)["induction_loss_second_copy"]
    assert shown.live["1120"]["second"] == pytest.approx(recorded, abs=0.02)


def test_between_checkpoints_there_are_recorded_numbers_only() -> None:
    shown = TrainingTimeline(step=900)
    assert shown.live == {}
    assert shown.scores is None
    assert shown.pattern is None
    assert shown.describe().endswith("as recorded.")


def test_induction_heads_are_no_head_before_and_some_after() -> None:
    early = TrainingTimeline(step=1040).scores
    late = TrainingTimeline(step=1280).scores
    assert early is not None
    assert late is not None
    assert early.max() < 0.3
    assert int((late > 0.6).sum()) >= 3


def test_the_pattern_is_of_the_head_chosen_or_of_the_best() -> None:
    shown = TrainingTimeline(step=1280)
    found = repeats(iw.load(checkpoint=1280))
    layer, head = divmod(int(found.induction.argmax()), 4)
    assert shown.pattern is not None
    torch.testing.assert_close(shown.pattern, found.patterns[layer, head])
    shown.act({"do": "head", "layer": 1, "head": 3})
    torch.testing.assert_close(shown.pattern, found.patterns[1, 3])
    assert shown.act({"do": "head", "layer": 1, "head": 3}).head == []
    shown.measure = "previous_token"
    assert shown.scores is not None
    torch.testing.assert_close(shown.scores, found.previous)


def test_a_model_at_hand_is_not_loaded_again() -> None:
    course = iw.load()
    shown = iw.timeline().widget(model=course)
    assert isinstance(shown, TrainingTimeline)
    torch.testing.assert_close(shown.scores, repeats(course).induction)


def test_an_exported_page_has_every_checkpoint() -> None:
    sent = TrainingTimeline(step=900).export_state()
    assert set(sent["live"]) == {"1040", "1120", "1280", "4000"}


def test_what_is_not_there_is_refused() -> None:
    shown = TrainingTimeline(step=900)
    for action, why in (
        ({"do": "step", "to": 901}, "the nearest that was is 900"),
        ({"do": "head", "layer": 8, "head": 0}, "layers 0 to 7"),
        ({"do": "measure", "by": "copying"}, "measure is one of"),
    ):
        with pytest.raises(ValueError, match=why):
            shown.act(action)
    assert shown.actions == []
    with pytest.raises(ValueError, match="was not recorded"):
        TrainingTimeline(step=3)
    with pytest.raises(ValueError, match="heads 0 to 3"):
        TrainingTimeline(head=[0, 4])
    with pytest.raises(TypeError, match="shows a Timeline"):
        TrainingTimeline(iw.attention(model(), PROMPT))  # pyright: ignore[reportArgumentType]


def test_the_reducer_is_pure() -> None:
    before = {"step": 900, "measure": "induction", "head": []}
    kept = dict(before)
    assert TrainingTimeline.reduce(before, {"do": "step", "to": 920})["step"] == 920
    assert before == kept
    with pytest.raises(ValueError, match="dance"):
        TrainingTimeline.reduce(before, {"do": "dance"})
