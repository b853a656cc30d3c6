"""SAETrainer where training ends: failures, takeovers, stops, records, and what is refused."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.widgets import SAETrainer
from tests.widgets.synthetic import unpack
from tests.widgets.test_sae_trainer import SETTINGS, made, run

NO_RUN: Any = 3
NO_RUN_EITHER: Any = torch.zeros(4, 4)


def test_a_failure_pauses_and_is_told() -> None:
    bad = made().x.clone()
    trainer = SAETrainer(iw.train_sae(bad, variant="relu", **SETTINGS))
    trainer.step(3).wait()
    bad[:] = float("nan")
    trainer.start()
    with pytest.raises(FloatingPointError):
        trainer.wait()
    assert trainer.mode == "paused"
    assert not trainer.working
    assert trainer.error
    trainer.act({"do": "measure", "by": "fve"})  # looking at it does not train again
    assert not trainer.working


def test_a_second_trainer_takes_the_run_over() -> None:
    one = run(steps=100_000)
    first = SAETrainer(one).start()
    second = SAETrainer(one)
    first.wait()
    assert first.mode == "paused"
    assert "newer SAETrainer" in first.error
    at = second.run.step
    second.step(2).wait()
    assert second.run.step == at + 2


def test_closing_it_ends_the_training_and_no_thread_is_left() -> None:
    trainer = SAETrainer(run(steps=100_000)).start()
    while trainer.run.step < 5:
        time.sleep(0.005)
    trainer.close()
    trainer.wait(5)
    at = trainer.run.step
    time.sleep(0.05)
    assert trainer.run.step == at
    assert not [one for one in threading.enumerate() if one.name == "iw-runner"]


def test_stopped_it_trains_no_more_until_it_is_rewound() -> None:
    trainer = SAETrainer(run())
    trainer.step(12).wait()
    trainer.stop()
    assert trainer.run.done
    with pytest.raises(ValueError, match="Training is over"):
        trainer.start()
    trainer.undo()
    assert not trainer.run.done
    assert trainer.run.step == 12
    trainer.redo()
    trainer.rewind(12).start().wait()
    assert trainer.run.step == 60


def test_a_record_is_shown_and_not_trained(tmp_path: Any) -> None:
    trained = run().train(40)
    trained.set(l1=0.2)
    trained.train()
    viewer = SAETrainer(trained.record)
    assert viewer.describe().startswith("Recorded training: relu, 16 latents on width 8, step 60")
    assert viewer.marks == [[[40, "l1", 0.1, 0.2]]]
    assert sum(viewer.density["counts"]) == 16
    np.testing.assert_array_equal(
        unpack(viewer.curves["runs"][0]["plane"])[0, :, 0], trained.history["loss"]
    )
    for action in ({"do": "start"}, {"do": "rewind", "to": 0}, {"do": "pick", "latent": 0}):
        with pytest.raises(ValueError, match="stored record"):
            viewer.act(action)
    with pytest.raises(ValueError, match="stored record"):
        viewer.mode = "running"
    assert viewer.mode == "paused"


def test_an_exported_page_never_trains_the_run(tmp_path: Any) -> None:
    trainer = SAETrainer(run())
    trainer.step(5).wait()
    trainer.to_html(tmp_path / "page.html", record=[{"do": "start"}, {"do": "step", "n": 3}])
    assert trainer.run.step == 5
    assert trainer.mode == "paused"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: SAETrainer(), TypeError, "needs something to train"),
        (lambda: SAETrainer(NO_RUN_EITHER), TypeError, "data="),
        (lambda: SAETrainer(NO_RUN), TypeError, "not a int"),
        (lambda: SAETrainer([]), ValueError, "the list is empty"),
        (lambda: SAETrainer([run(), NO_RUN]), TypeError, "not a int"),
        (lambda: SAETrainer(run(), data=made()), ValueError, "made already, so data"),
        (lambda: SAETrainer(run(), steps=3), ValueError, "so steps would change nothing"),
        (lambda: SAETrainer(run(), picked=16), ValueError, "latents 0 to 15"),
        (lambda: SAETrainer(run(), chosen=1), ValueError, "counted from 0 to 0"),
        (lambda: SAETrainer(run(), settings=[]), ValueError, "one dict a run, 1 here"),
        (lambda: SAETrainer(data=made(), stepz=3), TypeError, "Did you mean"),
    ],
)
def test_what_cannot_be_trained_is_refused(make: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"do": "step", "n": 0}, "1 or more"),
        ({"do": "rewind", "to": 61}, "from 0 to 0"),
        ({"do": "change", "run": 0, "what": "k", "to": 3}, "no knob 'k'.*it has l1, lr"),
        ({"do": "change", "run": 0, "what": "lr", "to": 0}, "above 0"),
        ({"do": "change", "run": 0, "what": "l1", "to": float("nan")}, "0 or more"),
        ({"do": "change", "run": 2, "what": "l1", "to": 1}, "no run 2"),
        ({"do": "change", "run": 1, "what": "k", "to": 17}, "up to 16"),
        ({"do": "run", "index": 2}, "counted from 0 to 1"),
        ({"do": "pick", "latent": -2}, "no latent -2"),
        ({"do": "measure", "by": "beauty"}, "one of loss"),
        ({"do": "scale", "by": "sqrt"}, "one of log, linear"),
        ({"do": "window", "steps": [5, 5]}, "first step, last step"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_changes(action: Any, words: str) -> None:
    trainer = SAETrainer([run(), run("topk", k=2)])
    with pytest.raises(ValueError, match=words):
        trainer.act(action)
    assert trainer.actions == []
    assert not trainer.working
