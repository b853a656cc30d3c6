"""The playground: what its actions lead to, and that undo, stop and going on keep the weights."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.superposition import iter_superposition, superposition
from interp_widgets.widgets import superposition as home
from interp_widgets.widgets.superposition import STEPS, SuperpositionPlayground
from tests.widgets.synthetic import unpack
from tests.widgets.test_contract import wire_bytes


def frames(widget: SuperpositionPlayground) -> np.ndarray:
    return unpack(next(p for p in widget.toy["planes"] if p["name"] == "frames"))


def same(a: torch.Tensor, b: torch.Tensor) -> bool:
    return torch.equal(a, b)


@pytest.fixture
def trained() -> SuperpositionPlayground:
    return SuperpositionPlayground().act({"do": "train"}).wait()


def test_it_opens_untrained_and_training_makes_the_pentagon(trained):
    opened = SuperpositionPlayground()
    assert "Untrained" in opened.toy["hint"]
    assert opened.toy["moving"] is False
    assert trained.record.shapes() == ["a pentagon"]
    assert trained.toy["hint"] == "Superposition: 5 features share 2 dimensions (a pentagon)."
    shown = frames(trained)
    assert shown.shape == (51, 5, 2)
    np.testing.assert_allclose(shown[0], opened.record.weights, atol=1e-3)
    np.testing.assert_allclose(shown[-1], trained.record.weights, atol=1e-3)


def test_a_slider_goes_on_from_the_present_weights(trained):
    before = trained.record
    trained.act({"do": "density", "to": 1.0}).wait()
    assert trained.record.changes == (STEPS,)
    assert int(trained.record.steps[-1]) == 2 * STEPS
    np.testing.assert_allclose(frames(trained)[0], before.weights, atol=1e-3)
    again = superposition(density=1.0, start=before, steps=STEPS)
    assert same(trained.record.weights, again.weights)
    assert int(trained.record.represented.sum()) == 2


def test_another_size_begins_anew_and_lets_go_what_is_not_there(trained):
    trained.act({"do": "pick", "feature": 4}).act({"do": "features", "to": 3}).wait()
    assert trained.record.weights.shape == (3, 2)
    assert int(trained.record.steps[-1]) == STEPS
    assert trained.picked == -1


def test_undo_brings_back_the_very_weights_without_training(trained):
    before = trained.record.weights
    trained.act({"do": "decay", "to": 0.7}).wait()
    trained.undo()
    assert not trained._runner.running
    assert same(trained.record.weights, before)
    assert trained.toy["moving"] is False
    trained.undo()
    assert int(trained.record.steps[-1]) == 0
    trained.redo().redo().wait()
    assert trained.decay == 0.7


def test_new_weights_are_untrained_and_of_another_seed(trained):
    trained.act({"do": "reset", "seed": 1}).wait()
    assert int(trained.record.steps[-1]) == 0
    first = next(iter_superposition(seed=1))
    assert same(trained.record.weights, first.weights)
    trained.act({"do": "train"}).wait()
    assert trained.record.seed == 1


def test_stopped_training_goes_on_where_it_stood():
    whole = superposition(8, 3, steps=STEPS)
    widget = SuperpositionPlayground(features=8, hidden=3)
    widget.act({"do": "train"})
    while int(widget.record.steps[-1]) == 0:
        time.sleep(0.001)
    widget.stop()
    assert widget.stopped
    widget._runner.wait(10)
    assert 0 < int(widget.record.steps[-1]) < STEPS
    widget.resume().wait()
    assert same(widget.record.weights, whole.weights)


def test_the_latest_wish_wins_while_it_trains():
    widget = SuperpositionPlayground(features=12, hidden=4)
    widget.act({"do": "train"}).act({"do": "density", "to": 0.2}).act({"do": "density", "to": 0.3})
    widget.wait()
    assert widget.record.density == pytest.approx(0.3)
    assert int(widget.record.steps[-1]) >= STEPS


def test_messages_stay_small_and_few(monkeypatch):
    widget = SuperpositionPlayground(features=20, hidden=5)
    sent = []
    push = widget.push
    monkeypatch.setattr(
        widget._runner, "_push", lambda **v: (sent.append(time.monotonic()), push(**v))
    )
    widget.act({"do": "train"}).wait()
    assert wire_bytes(widget) <= 4_096
    took = sent[-1] - sent[0]
    assert len(sent) <= 10 * took + 4  # and one each for busy, its end, and what is complete


def test_a_record_opens_trained_and_trains_on():
    record = superposition(6, 2, density=0.1, decay=0.9, steps=200)
    widget = record.widget()
    assert isinstance(widget, SuperpositionPlayground)
    assert same(widget.record.weights, record.weights)
    assert (widget.features, widget.density, widget.decay) == (6, 0.1, pytest.approx(0.9))
    widget.act({"do": "train"}).wait()
    assert int(widget.record.steps[-1]) == 200 + STEPS
    assert widget.record.changes == (200,)
    widget.undo()
    assert same(widget.record.weights, record.weights)
    widget.act({"do": "density", "to": 0.5}).wait()  # a slider trains on, too
    assert widget.record.changes == (200,)
    assert widget.record.density == 0.5


def test_opened_with_runs_it_is_trained_when_it_shows(monkeypatch):
    monkeypatch.setattr(home, "PATIENCE_S", 60.0)
    widget = SuperpositionPlayground(runs=1)
    assert widget.record.shapes() == ["a pentagon"]
    assert not widget._runner.running


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"do": "features", "to": 41}, "features is 1 to 40 here; got 41"),
        ({"do": "density", "to": 0.0}, "density is 0.005 to 1"),
        ({"do": "pick", "feature": 5}, "picked is a feature from 0 to 4"),
        ({"do": "preset", "name": "hexagon"}, "preset is one of pentagon"),
        ({"do": "set", "name": "correlation", "value": 2.0}, "correlation is -1 to 1"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(action, said):
    widget = SuperpositionPlayground()
    with pytest.raises(ValueError, match=said):
        widget.act(action)
    assert widget.actions == []


def test_constructor_refuses():
    with pytest.raises(TypeError, match="not a Timeline"):
        SuperpositionPlayground(iw.timeline())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs no model"):
        SuperpositionPlayground(model=object())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="hidden is 1 to 20"):
        SuperpositionPlayground(hidden=30)
