"""What people ask of training in passing: other numbers, made samples, too much, a full disk."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary import activation_blocks, checkpoint, train
from interp_widgets.core.dictionary.activations import activation_source
from interp_widgets.core.dictionary.saved_run import check_settings
from interp_widgets.core.dictionary.synthetic import ground_truth, numpy_lab
from tests.core.conftest import make
from tests.core.test_sae_training import activations, same_curve, small

SITE = "L1.resid_post"


def test_numbers_of_numpy_and_torch_are_numbers():
    width, batch, steps = np.array([16, 64, 60])
    asked: Any = small(
        d_sae=width, batch_size=batch, steps=steps, k=torch.tensor(3), decay=np.float32(0)
    )
    plain = small(decay=0.0)
    asked.train(np.int64(10))
    asked.set(k=np.int64(2), lr=np.float32(0.5))
    plain.train(10)
    plain.set(k=2, lr=0.5)
    for run in (asked, plain):
        run.train(20)
    same_curve(asked, plain)
    assert asked.changes == plain.changes
    assert {type(new) for _, new in asked.changes[0][1].values()} == {int, float}
    best = asked.history["fve"].argmax()
    assert asked.rewind(best) <= best


@pytest.mark.parametrize("wrong", [True, "3", 2.5, None])
def test_a_step_is_a_whole_number(wrong):
    run = small()
    run.train(3)
    with pytest.raises(TypeError, match=f"step= is a whole number; got .?{wrong}"):
        run.rewind(wrong)
    if wrong is not None:
        with pytest.raises(TypeError, match=f"steps= is a whole number; got .?{wrong}"):
            run.train(wrong)
    with pytest.raises(ValueError, match="steps= is 1 or more; got 0"):
        run.train(0)
    assert run.step == 3


def test_made_samples_are_data_and_know_their_truth(tmp_path):
    made = ground_truth(8, 12, samples=256, seed=1)
    options: dict[str, Any] = {"d_sae": 16, "k": 2, "batch_size": 64, "steps": 20}
    run, usual = iw.train_sae(made, **options), iw.train_sae(made.x, truth=made, **options)
    same_curve(run.train(), usual.train())
    assert run.truth is not None
    assert torch.equal(run.truth, made.directions)
    run.save(tmp_path)
    assert iw.TrainingRun.resume(tmp_path, made).done
    lab = numpy_lab()
    run = iw.train_sae(lab, d_sae=64, k=3, steps=2)
    assert run.truth_match().partner.shape == (24,)
    other = iw.train_sae(made, truth=np.eye(8), **options)
    assert other.truth is not None
    assert torch.equal(other.truth, torch.eye(8))


@pytest.mark.parametrize(
    "more", [{"d_sae": 10**10}, {"d_sae": np.int64(10**10), "variant": "relu"}]
)
def test_a_dictionary_that_no_memory_holds_is_refused_before_it_is_made(more):
    with pytest.raises(
        ValueError, match=r"d_sae=10,000,000,000 and .* take 4,480\.0 GB .* free on"
    ):
        small(**more)


def test_a_batch_that_no_memory_holds_is_refused(monkeypatch):
    model = make("llama", torch.float32)
    stream = ("Rome is a city" for _ in range(10_000))
    with pytest.raises(ValueError, match=r"batch_size=1,000,000,000,000 take .* smaller batches"):
        iw.train_sae(model, SITE, stream, batch_size=10**12)
    monkeypatch.setattr(train, "free_memory", lambda _: 7 * 4 * 16 * 16 + 4 * 64 * 16)
    assert small().advance().step == 1  # just enough
    monkeypatch.setattr(train, "free_memory", lambda _: 7 * 4 * 16 * 16 + 4 * 64 * 16 - 1)
    with pytest.raises(ValueError, match=r"take 0\.0 MB of memory at least"):
        small()
    monkeypatch.setattr(train, "free_memory", lambda _: None)  # nobody says
    assert small().advance().step == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"k": 17, "d_sae": 16}, "k is above 0 and at most d_sae = 16"),
        ({"normalize": "unit"}, "a normalisation is one of"),
        ({"device": "gpu0"}, "device is 'cpu'"),
        ({"folder": __file__}, "is a file; a run is saved in a folder"),
        ({"warmup": -1}, "warmup= is 0 or more; got -1"),
    ],
)
def test_what_can_be_known_is_said_before_a_model_reads(wrong, said):
    def texts():
        raise AssertionError("read")
        yield ""

    with pytest.raises((ValueError, NotADirectoryError), match=said):
        iw.train_sae(make("llama", torch.float32), SITE, texts(), **wrong)


def test_a_setting_that_nobody_knows_is_answered_with_those_there_are():
    with pytest.raises(ValueError, match=r"no setting 'rate'.*takes k, .*every training d_sae, lr"):
        small(rate=0.1)


def test_ghost_gradients_are_on_or_off():
    with pytest.raises(TypeError, match="ghost= is True or False; got 'no'"):
        small(ghost="no")


def test_a_checkpoint_on_a_full_disk_is_said_once_and_costs_no_step(tmp_path, monkeypatch):
    run = small(folder=tmp_path, checkpoint_every=10)
    run.train(15)
    tries = []

    def full(folder: Path, snapshot: checkpoint.Snapshot) -> Path:
        tries.append(snapshot.plain["step"])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "write", full)
    with pytest.raises(OSError, match="No space left"):
        run.train()
    assert tries == [20]
    assert run.step == len(run.history["loss"]) == 20
    assert iw.TrainingRun.resume(tmp_path, activations()).step == 15
    monkeypatch.undo()
    same_curve(run.train(), small(checkpoint_every=10).train())
    assert iw.TrainingRun.resume(tmp_path, activations()).done


def test_an_interrupt_while_rows_are_read_loses_none():
    class Slow:
        d_in = d_out = 1
        about: dict = {}  # noqa: RUF012
        paired, again, calls = False, True, 0

        def read(self, cursor):
            self.calls += 1
            if self.calls == 6:
                raise KeyboardInterrupt
            turn, at = cursor.get("turn", 0), cursor.get("at", 0)
            rows = torch.arange(at, at + 5).float()[:, None] + 100 * turn
            ended = at == 45
            return rows, {"turn": turn + 1} if ended else {"turn": turn, "at": at + 5}, ended

    producers = Slow(), Slow()
    broken, whole = (activation_blocks.shuffled(each, 20, seed=1) for each in producers)
    producers[1].calls = 100
    wanted = torch.cat([whole.next(8) for _ in range(6)])  # pyright: ignore[reportArgumentType]
    found = []
    while len(found) < 6:
        try:
            found.append(broken.next(8))
        except KeyboardInterrupt:
            continue
    assert producers[0].calls > 6
    assert torch.equal(torch.cat(found), wanted)


def test_how_texts_are_read_is_a_setting_and_is_kept(tmp_path):
    """A stream of other blocks, or of other pieces, would be other batches after `resume`."""
    model, texts = make("gpt2"), ["the cat sat on the mat and the dog"] * 30
    reading: dict[str, Any] = {"tokenize": "joined", "context": np.int64(6), "buffer": 40}
    options: dict[str, Any] = {"d_sae": 32, "k": 2, "batch_size": 16, "steps": 12}
    run = iw.train_sae(model, SITE, texts, **options, **reading)
    source = activation_source(model, SITE, texts, tokenize="joined", context=6, buffer=40)
    assert run._loop.source.about == source.about
    assert run._loop.source.rows is None  # blocks of 20 rows
    run.train(5)
    run.save(tmp_path)
    again = iw.TrainingRun.resume(tmp_path, model, texts)
    same_curve(run.train(), again.train())
    with pytest.raises(ValueError, match="other settings: buffer 40, now 50"):
        check_settings(again, {"buffer": 50, "context": 6})


def test_activations_are_not_read_again():
    with pytest.raises(ValueError, match="context=, buffer= say how texts or a folder are read"):
        small(context=6, buffer=40)
    with pytest.raises(ValueError, match="2 to 64; got 65"):
        iw.train_sae(make("gpt2"), SITE, ["a"], context=65)
