"""What training measured: a history that never slows, curves thinned for show, the record."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.training_record import METRICS, History, thin
from tests.core.test_sae_training import small


def rows(start: int, stop: int) -> np.ndarray:
    """Rows that say which step they are of."""
    numbers = np.arange(start, stop, dtype=np.float32)
    return numbers[:, None] + np.arange(len(METRICS), dtype=np.float32) / 100


def test_a_history_gives_back_what_was_written():
    history = History()
    for start, stop in ((0, 1), (1, 5000), (5000, 9001)):
        history.write(start, rows(start, stop))
    assert len(history) == 9001
    for start, stop in ((0, 9001), (4095, 4097), (4096, 8192), (8999, 10**6), (-3, 2), (7, 7)):
        found = history.read(start, stop)
        assert np.array_equal(found, rows(max(0, start), max(start, min(stop, 9001))))


def test_going_back_overwrites():
    history = History()
    history.write(0, rows(0, 9000))
    history.write(100, -rows(0, 2))
    assert len(history) == 102
    assert np.array_equal(history.read(0, 9000)[:100], rows(0, 100))
    assert np.array_equal(history.read(100, 9000), -rows(0, 2))
    assert len(history._chunks) == 1


def test_what_waits_on_a_device_is_fetched_up_to_what_went_wrong():
    history, known = History(), (0.1, 0.2, 0.3)
    history.write(0, rows(0, 5))
    measured = torch.arange(5 * 7.0).view(5, 7)
    measured[3] = torch.nan
    full = [history.add(row, known) for row in measured]
    assert not any(full)
    assert len(history) == 5
    assert history.settle(10) == 8 == len(history)
    found = history.read(5, 10)
    assert np.array_equal(found[:, :7], measured[:3].numpy())
    assert np.array_equal(found[:, 7:], np.array([known] * 3, dtype=np.float32))
    assert history.settle(8) == 8
    assert [history.add(measured[0], known) for _ in range(32)].index(True) == 31


def test_a_million_steps_are_small_and_the_last_is_as_quick_as_the_first():
    """Nothing that was written is touched again: the arrays of before are the very same objects."""
    history = History()
    history.write(0, np.zeros((1_000_000, len(METRICS)), dtype=np.float32))
    assert sum(chunk.nbytes for chunk in history._chunks) <= 100e6
    before = list(map(id, history._chunks))
    history.write(1_000_000, np.ones((1, len(METRICS)), dtype=np.float32))
    assert list(map(id, history._chunks))[: len(before)] == before
    assert history.read(1_000_000, 1_000_001).shape == (1, len(METRICS))


def test_thinning_loses_no_peak():
    generator = np.random.default_rng(0)
    curve = generator.normal(size=100_003).astype(np.float32).cumsum()
    curve[54_321], curve[77_777] = 1e6, -1e6
    curve[500:600] = np.nan
    steps, values = thin(curve, 400)
    assert len(steps) <= 402
    assert (np.diff(steps) > 0).all()
    assert (steps[0], steps[-1]) == (0, len(curve) - 1)
    assert np.array_equal(values, curve[steps], equal_nan=True)
    assert {54_321, 77_777} <= set(steps.tolist())
    assert max(np.diff(steps)) <= 2 * len(curve) / 190


def test_a_short_curve_stays_whole():
    steps, values = thin(np.array([3.0, 1.0, 2.0]), 4)
    assert (steps.tolist(), values.tolist()) == ([0, 1, 2], [3.0, 1.0, 2.0])
    assert thin(np.array([]), 4)[0].tolist() == []
    with pytest.raises(ValueError, match="4 points or more; got 3"):
        thin(np.zeros(10), 3)
    with pytest.raises(ValueError, match=r"one number a step; got shape \[2, 2\]"):
        thin(np.zeros((2, 2)), 4)


@pytest.fixture(scope="module")
def record() -> iw.Training:
    run = small()
    run.train(30)
    run.set(k=2)
    return run.train().record


def test_the_record_says_what_was_measured(record):
    assert repr(record) == "Training(topk, 16 latents, d=8, step 60 of 60)"
    assert record.describe().startswith(
        "Training of a topk dictionary of 16 latents on activations of width 8, step 60 of 60: "
    )
    assert record.changes == ((30, (("k", 3, 2),)),)
    assert dict(record.hyper)["k"] == 2
    assert record.tokens == 60 * 64
    with pytest.raises(KeyError, match="no metric 'fvu'; there are loss, mse"):
        record["fvu"]
    frame = record.to_frame()
    assert list(frame.columns) == ["step", "tokens", *METRICS]
    assert frame.step.tolist() == list(range(1, 61))
    assert frame.l0.iloc[30:].max() <= 2 < frame.l0.iloc[:30].max()
    assert record.density.sum() == pytest.approx(frame.l0.mean(), rel=0.2)


def test_a_record_before_the_first_step():
    record = small().record
    assert record.describe().endswith("step 0 of 60.")
    assert len(record.to_frame()) == 0


def test_the_record_is_kept_on_disk(record, tmp_path):
    again = iw.Training.load(record.save(tmp_path / "training.safetensors"))
    assert torch.equal(again.values[:6], record.values[:6])
    assert (again.changes, again.hyper, again.metrics) == (
        record.changes,
        record.hyper,
        record.metrics,
    )
