"""Training on other devices: the same numbers, and nothing learned from what is not finite."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.core.far import THERE, Elsewhere, Far
from tests.core.test_sae_training import activations, same_curve, small


def test_a_device_that_answers_late_leaves_the_step_out_itself():
    """As on a GPU: nobody looks at a loss for some steps, and nothing is learned meanwhile."""
    x = activations()
    run, before = (small(x, checkpoint_every=100) for _ in range(2))
    run._loop.at_once = False
    run.train(40)
    before.train(40)
    same_curve(run, before)
    x[:] = float("nan")
    for _ in range(5):
        run.advance()
    x[:] = activations()
    run.advance()
    with pytest.raises(FloatingPointError, match=r"loss of batch 41 is not finite.*step 40\."):
        _ = run.history
    assert (run.step, len(run.history["loss"])) == (40, 40)
    assert run.history["loss"].tobytes() == before.history["loss"].tobytes()
    assert torch.equal(run.density, before.density)
    torch.testing.assert_close(run.sae.W_enc, before.sae.W_enc, rtol=0, atol=0)
    torch.testing.assert_close(run.sae.W_dec, before.sae.W_dec)  # to length 1 again, and again
    assert np.isfinite(run.train().history["loss"]).all()


def test_another_device_computes_the_same():
    options = {"variant": "jumprelu", "l1": 0.01, "steps": 12, "resample_at": (8,)}
    here = small(**options, dead_after=64).train()
    with Elsewhere():
        there = small(Far(activations()), **options, dead_after=64).train()
        assert there._loop.device == THERE
        assert isinstance(there.sae.W_dec, Far)
        for name in ("loss", "l0", "fve", "dead"):
            np.testing.assert_allclose(there.history[name], here.history[name], atol=1e-5)


@pytest.mark.gpu
@pytest.mark.parametrize("variant", ["topk", "relu", "jumprelu"])
def test_a_gpu_computes_the_same(variant):
    here = small(variant=variant, steps=20).train()
    there = small(activations().cuda(), variant=variant, steps=20).train()
    for name in ("loss", "l0", "fve", "dead"):
        np.testing.assert_allclose(there.history[name], here.history[name], atol=1e-4, rtol=1e-4)
    assert there.sae.device.type == "cuda"


@pytest.mark.gpu
def test_a_gpu_leaves_out_what_is_not_finite():
    x = activations().cuda()
    run = small(x)
    run.train(10)
    weights = run.sae.W_dec
    x[:] = float("inf")
    with pytest.raises(FloatingPointError, match="batch 11 is not finite"):
        run.train()
    assert run.step == 10
    torch.testing.assert_close(run.sae.W_dec, weights)
