"""Made activations are what they say; the lab gives its printed numbers, digit by digit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from interp_widgets.core.dictionary.matching import match_directions
from interp_widgets.core.dictionary.synthetic import ground_truth, numpy_lab


def test_samples_are_codes_times_directions():
    truth = ground_truth(d=6, features=10, samples=500, active=2.0)
    torch.testing.assert_close(truth.x, truth.codes @ truth.directions)
    torch.testing.assert_close(truth.directions.norm(dim=1), torch.ones(10))
    assert truth.codes.min() == 0
    noisy = ground_truth(d=6, features=10, samples=500, active=2.0, noise=0.5)
    assert torch.equal(noisy.codes, truth.codes)
    assert float((noisy.x - truth.x).std()) == pytest.approx(0.5, rel=0.1)


def test_the_same_seed_gives_the_same_samples_and_more_gives_others():
    truth, again = ground_truth(samples=64, seed=3), ground_truth(samples=64, seed=3)
    assert torch.equal(truth.x, again.x)
    assert not torch.equal(truth.directions, ground_truth(samples=64, seed=4).directions)
    fresh = truth.more(64, seed=1)
    assert torch.equal(fresh.directions, truth.directions)
    assert not torch.equal(fresh.codes, truth.codes)
    assert torch.equal(fresh.x, truth.more(64, seed=1).x)


@pytest.mark.parametrize("options", [{}, {"decay": 0.95}, {"group": 4, "together": 0.5}])
def test_as_many_fire_as_were_asked_for(options):
    truth = ground_truth(features=48, samples=20_000, active=3.0, **options)
    assert truth.active == pytest.approx(3.0, rel=0.03)
    density = (truth.codes > 0).double().mean(0)
    torch.testing.assert_close(density, truth.rates.double(), atol=0.02, rtol=0)
    size = truth.codes[truth.codes > 0]
    assert float(size.mean()) == pytest.approx(1.0, abs=0.02)
    assert float(size.std()) == pytest.approx(0.25, abs=0.01)


def test_groups_fire_together_and_others_do_not():
    truth = ground_truth(features=8, samples=20_000, active=1.0, group=4, together=0.5)
    fires = (truth.codes > 0).double()
    given = float((fires[:, 0] * fires[:, 1]).sum() / fires[:, 0].sum())
    assert given == pytest.approx(0.5, abs=0.05)
    apart = float((fires[:, 0] * fires[:, 5]).sum() / fires[:, 0].sum())
    assert apart == pytest.approx(1 / 8, abs=0.03)


def test_a_child_never_fires_without_its_parent():
    truth = ground_truth(features=6, samples=5000, active=1.0, parents={1: 0, 2: 1, 5: 4})
    fires = truth.codes > 0
    for child, parent in truth.parents.items():
        assert fires[:, child].any()
        assert not (fires[:, child] & ~fires[:, parent]).any()
        assert (fires[:, parent] & ~fires[:, child]).any()


def test_right_angles():
    truth = ground_truth(d=8, features=8, samples=4, orthogonal=True, active=1.0)
    torch.testing.assert_close(truth.directions @ truth.directions.T, torch.eye(8))


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"d": 0}, ValueError, "d= is 1 or more"),
        ({"features": 2.5}, TypeError, "features= is a whole number"),
        ({"active": 100.0}, ValueError, "Lower active="),
        ({"active": 0}, ValueError, "nothing would ever fire"),
        ({"noise": float("nan")}, ValueError, "noise= is a finite number; got nan"),
        ({"together": 2.0}, ValueError, "at most 1"),
        ({"orthogonal": True}, ValueError, "need d >= 64"),
        ({"parents": {0: 1, 1: 0}}, ValueError, "circle"),
        ({"parents": {0: 99}}, ValueError, "0 to 63; got 99"),
        ({"parents": {0: "b"}}, TypeError, "parents= is a whole number; got 'b'"),
        ({"orthogonal": "no"}, TypeError, "orthogonal= is True or False"),
        ({"noise": -1.0}, ValueError, "noise= is 0 or more; got -1"),
        ({"magnitude": 1.0}, TypeError, "a pair, mean and spread"),
        ({"seed": -1}, ValueError, "a seed is 0 or larger"),
    ],
)
def test_bad_input(options, error, says):
    with pytest.raises(error, match=says):
        ground_truth(samples=4, **options)


def lab_run() -> tuple[list[str], np.ndarray, float]:
    """The lab's training: lines it prints, the last decoder rows, the mean number active.

    Both terms of its loss are means over all entries; every step uses all samples.
    """
    lab, lines = numpy_lab(), []
    encoder, decoder = lab.W_enc.copy(), lab.W_dec.copy()
    b_enc, b_dec = np.zeros(64), np.zeros(8)
    for epoch in range(301):
        pre = lab.x @ encoder + b_enc
        z = np.maximum(pre, 0)
        error = z @ decoder + b_dec - lab.x
        mse, sparsity = np.mean(error**2), np.mean(np.abs(z))
        if epoch % 100 == 0:
            lines.append(f"{mse + 5.0 * sparsity:.4f} {mse:.4f} {sparsity:.4f}")
        if epoch == 300:
            break
        slope = 2 * error / error.size
        dz = (slope @ decoder.T + 5.0 * np.sign(z) / z.size) * (pre > 0)
        decoder -= 0.03 * z.T @ slope
        encoder -= 0.03 * lab.x.T @ dz
        b_enc -= 0.03 * dz.sum(0)
        b_dec -= 0.03 * slope.sum(0)
        decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
    return lines, decoder, float((z > 0).sum(1).mean())


def test_the_lab_prints_its_numbers_and_recovers_nothing():
    lines, decoder, active = lab_run()
    assert lines[:3] == ["1.9426 1.4259 0.1033", "0.5301 0.2370 0.0586", "0.4394 0.1564 0.0566"]
    assert lines[3].split()[1] == "0.1278"
    assert f"{active:.1f}" == "18.9"
    lab = numpy_lab()
    assert np.allclose(np.linalg.norm(lab.W_dec, axis=1), 1)
    # Its own score: the largest cosine without its sign, partners shared. It hardly moves.
    before, after = (
        match_directions(rows, lab.directions, signed=False) for rows in (lab.W_dec, decoder)
    )
    assert f"{float(before.best.quantile(0.5)):.3f}" == "0.798"
    assert f"{float(after.best.quantile(0.5)):.3f}" == "0.799"
    assert [int((m.best > 0.9).sum()) for m in (before, after)] == [1, 2]
    # With signs, one to one: nothing was recovered.
    assert match_directions(decoder, lab.directions).count(0.9) == 0
