"""What SAETrainer says when hands ask for much: messages of four kilobytes that add up to all."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
import torch

from interp_widgets.widgets import SAETrainer
from interp_widgets.widgets._sae_parts import MOST, bytes_of, parts
from tests.widgets.test_sae_trainer import SETTINGS, holds, made, overheard, run

VARIANTS = ("relu", "topk", "batchtopk", "gated", "jumprelu")


def six(**given) -> SAETrainer:
    """The widest race that there can be, with as many true directions as are drawn."""
    truth = made(d=16, features=60, samples=512)
    settings = {**SETTINGS, "d_sae": 80, "batch_size": 32, "checkpoint_every": 1, **given}
    return SAETrainer(data=truth, race=[{"variant": one} for one in VARIANTS], **settings)


@pytest.mark.parametrize("plain", [False, True], ids=["buffers", "text"])
@pytest.mark.filterwarnings("ignore:All-NaN")
def test_answers_to_hands_are_small_and_leave_nothing_out(plain):
    trainer = six(steps=300)
    trainer._says.least = trainer._says.most = 1e9  # the curves are left to the answers
    page, heard = overheard(trainer)
    trainer.push(plain=plain)
    trainer.step(40).wait()
    for action in (
        {"do": "enter", "variant": "relu"},
        {"do": "step", "n": 20},
        {"do": "pick", "latent": 3},
        {"do": "window", "steps": [2, 60]},
        {"do": "rewind", "to": 51},
        {"do": "break", "run": 5, "switch": "center"},
        {"do": "change", "run": 0, "what": "l1", "to": 0.3},
        {"do": "leave", "run": 1},
        {"do": "undo"},
        {"do": "step", "n": 20},
        {"do": "run", "index": 4},
    ):
        trainer.act(action).wait()
        for index, one in enumerate(trainer.runs):
            if one.step:
                holds(page, trainer, index)
            else:
                assert len(page.low[index]) == 0
        assert trainer.match["side"] == 60
    assert max(size for _, size in heard) <= MOST
    assert len(trainer.kept[0]) > 50
    trainer.close()


@pytest.mark.filterwarnings("ignore:All-NaN")
def test_a_rewind_of_a_long_run_shows_all_that_is_left():
    """Few coarse buckets are left; finer ones follow in parts, though nothing trains."""
    trainer = SAETrainer(run(steps=40_000, batch_size=1, d_sae=8, checkpoint_every=400))
    rows = np.random.default_rng(0).random((30_000, 10), dtype=np.float32)
    trainer.run.train(801)
    trainer.run._history.write(0, rows)
    trainer.run._loop.step = 30_000
    page, heard = overheard(trainer)
    trainer.pause()
    trainer.act({"do": "measure", "by": "fve"}).wait()
    assert page.size == [64]
    trainer.rewind(801).wait()
    assert page.size == [8]
    holds(page, trainer)
    assert max(size for _, size in heard) <= MOST
    assert trainer._entrants[0]._old.base is None  # of ten measures one is kept


def test_many_changes_are_shown_as_the_newest():
    trainer = SAETrainer([run(), run("topk", k=2)])
    _, heard = overheard(trainer)
    for i in range(60):
        trainer.change(lr=1e-3 + i * 1e-5)
        trainer.run.advance()
    trainer.pause()
    assert len(trainer.marks[0]) == 45
    assert trainer.marks[0][-1][3] == pytest.approx(1e-3 + 59e-5)
    assert max(size for _, size in heard) <= MOST


def test_traits_are_shared_out_among_messages():
    values = {
        "answered": ["view", 3],
        "pulse": {"plane": b"x" * 2600},
        "match": {"cells": b"y" * 2000},
        "card": {"tokens": ["z" * 900]},
        "mode": "paused",
        "curves": {"runs": "c" * 5000},
    }
    found = parts(values)
    assert found == [{"pulse"}, {"curves"}, {"mode", "card", "match", "answered"}]
    values["card"] = ["z" * 3000]
    assert parts(values)[2:] == [{"mode", "match"}, {"card", "answered"}]
    assert bytes_of({"a": [b"12345"]}) == 64 + 5 + len('{"a": [null]}')


def test_watching_costs_little_even_of_quick_steps():
    """Between the steps of a run that takes no time: what the trainer does after each of them."""
    trainer = SAETrainer(run(steps=10**6))
    taken = []

    def advance():
        taken.append(time.thread_time())
        if len(taken) == 3000:
            trainer.run.stop()

    trainer.run.advance = advance  # type: ignore[method-assign]
    trainer._looks.due = trainer._says.due = lambda: False  # type: ignore[method-assign]
    said = len(trainer._history.done)
    trainer.start().wait()
    assert len(taken) == 3000
    assert len(trainer._history.done) == said + 1
    steps = torch.tensor(taken, dtype=torch.float64).diff()
    assert float(steps.median()) < 1e-4  # 20 microseconds on a machine that does nothing else


def test_nothing_to_say_is_not_said():
    trainer = SAETrainer(run())
    _, heard = overheard(trainer)
    trainer.push()
    trainer.send_state([])
    assert heard == []
    assert json.dumps(trainer.actions) == "[]"
