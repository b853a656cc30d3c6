"""Training of dictionaries: what it learns, how it is steered, what it refuses."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw


def activations(rows: int = 512, d: int = 8, seed: int = 0) -> torch.Tensor:
    """Sparse sums of fixed directions."""
    generator = torch.Generator().manual_seed(seed)
    directions = torch.nn.functional.normalize(torch.randn(16, d, generator=generator), dim=1)
    codes = torch.rand(rows, 16, generator=generator) * (
        torch.rand(rows, 16, generator=generator) < 0.15
    )
    return codes @ directions + 0.1


def small(x: torch.Tensor | None = None, **options) -> iw.TrainingRun:
    """A run of a moment."""
    options = {"d_sae": 16, "k": 3, "batch_size": 64, "steps": 60} | options
    return iw.train_sae(activations() if x is None else x, **options)


def test_a_dictionary_learns():
    run = small(steps=200)
    first = next(iter(run))
    run.train()
    last = run.record
    assert run.done
    assert run.step == 200
    assert first.step == 1
    assert float(last["fve"][-1]) > first.fve + 0.3
    assert float(last["l0"].max()) <= 3


def test_the_same_seed_gives_the_same_run_bit_by_bit():
    one, two, other = (small(seed=seed).train() for seed in (3, 3, 4))
    for name in set(one.history) - {"seconds"}:
        torch.testing.assert_close(
            torch.from_numpy(one.history[name]),
            torch.from_numpy(two.history[name]),
            rtol=0,
            atol=0,
            equal_nan=True,
        )
    assert torch.equal(one.sae.W_dec, two.sae.W_dec)
    assert not torch.equal(one.sae.W_dec, other.sae.W_dec)


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match="batch of 600 is larger than the data, which have 512"):
        small(batch_size=600)
