"""The training timeline: recorded numbers come out again when its checkpoints are measured."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

import interp_widgets as iw
from interp_widgets.bundled.corpus.families.repeats import WORDS
from interp_widgets.core.repeats import repeats
from interp_widgets.core.timeline import CHECKPOINTS, words
from tests.core.tiny import hf_model, tokenizer


@pytest.fixture(scope="module")
def recorded():
    return iw.timeline()


def test_every_row_of_the_file_and_the_shipped_model(recorded):
    rows = json.loads((CHECKPOINTS / "timeline.json").read_text())
    assert recorded.steps[:-1] == tuple(row["step"] for row in rows)
    assert recorded.steps[-1] == iw.model_card()["recipe"]["steps"]
    assert list(recorded.steps) == sorted(recorded.steps)
    for row in rows[::20]:
        at = recorded.at(row["step"])
        assert all(at[name] == pytest.approx(value) for name, value in row.items() if name in at)
    assert words() == WORDS


def test_the_in_context_score_is_late_minus_early_loss(recorded):
    first, second = (recorded[f"induction_loss_{copy}_copy"] for copy in ("first", "second"))
    torch.testing.assert_close(recorded["in_context_score"], second - first)
    assert float(recorded["in_context_score"][0]) > -1 > float(recorded["in_context_score"][-1])


def test_frame_repr_and_file(recorded, tmp_path):
    frame = recorded.to_frame()
    assert list(frame.columns) == ["step", "tokens", *recorded.measures, "loadable"]
    assert tuple(frame[frame.loadable].step) == recorded.loadable
    assert repr(recorded) == f"Timeline({len(frame)} steps, 200 to 4000, course-model)"
    assert recorded.describe().endswith("at step 4000.")
    again = iw.Timeline.load(recorded.save(tmp_path / "t.safetensors"))
    torch.testing.assert_close(again.values, recorded.values)
    assert again.loadable == recorded.loadable


def test_what_was_not_recorded_is_refused(recorded):
    with pytest.raises(KeyError, match="there are induction_accuracy"):
        recorded["accuracy"]
    with pytest.raises(ValueError, match="the nearest that was is 1120"):
        recorded.at(1121)


@pytest.mark.parametrize("step", iw.timeline().loadable)
def test_a_checkpoint_measured_again_gives_what_training_recorded(recorded, step):
    """Weights of checkpoints ship in half precision; the finished model's are the very ones."""
    model = iw.load(checkpoint=step)
    final = step == recorded.steps[-1]
    assert model.name == ("course-model" if final else f"course-model@{step}")
    found, at = repeats(model), recorded.at(step)
    exact = 1e-3 if final else 2e-2
    assert found.accuracy == pytest.approx(at["induction_accuracy"], abs=exact)
    assert found.loss_first == pytest.approx(at["induction_loss_first_copy"], abs=exact)
    assert found.loss_second == pytest.approx(at["induction_loss_second_copy"], abs=exact)
    assert float(found.induction.max()) == pytest.approx(at["best_induction_head"], abs=3e-2)
    assert float(found.previous.max()) == pytest.approx(at["best_previous_head"], abs=3e-2)


def test_scores_are_mean_weights_at_their_distance():
    found = repeats(iw.load())
    pattern = found.patterns[5, 2]
    stripe = [float(pattern[dst, dst - found.length + 1]) for dst in range(26, len(pattern))]
    assert sum(stripe) / len(stripe) > 0.7
    assert len(found.tokens) == 1 + 2 * found.length
    torch.testing.assert_close(found.patterns.sum(-1), torch.ones(8, 4, 51))


def test_a_step_whose_weights_do_not_ship_is_refused():
    steps: tuple[Any, ...] = (1000, 0, True, "1120")
    for step in steps:
        with pytest.raises(ValueError, match="1040, 1120, 1280 or 4000; got"):
            iw.load(checkpoint=step)
    with pytest.raises(ValueError, match="checkpoint cannot be chosen"):
        iw.load(hf_model("gpt2"), tokenizer=tokenizer(), checkpoint=1120)
    with pytest.raises(ValueError, match="is 3 tokens"):
        repeats(iw.load(hf_model("gpt2"), tokenizer=tokenizer()))
