"""Agreement of estimates and exact effects: SciPy's numbers, and what stands out."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.stats import pearsonr, spearmanr

from interp_widgets.core.patching.agreement import agreement, outliers


def test_correlations_are_scipys_with_ties_and_unknown_cells() -> None:
    generator = torch.Generator().manual_seed(0)
    exact = torch.randint(-3, 4, (6, 7), generator=generator).double()
    estimate = (exact + torch.randn(6, 7, generator=generator)).round()
    estimate[0, 0] = exact[2, 3] = math.nan
    known = ~(estimate.isnan() | exact.isnan())
    one, other = estimate[known].numpy(), exact[known].numpy()
    found = agreement(estimate, exact)
    assert found.count == 40
    assert found.pearson == pytest.approx(pearsonr(one, other)[0], abs=1e-12)
    assert found.spearman == pytest.approx(spearmanr(one, other)[0], abs=1e-12)
    moved = [(a, b) for a, b in zip(one, other, strict=True) if b != 0]
    assert 0 < len(moved) < 40
    assert found.sign == pytest.approx(sum(a * b > 0 for a, b in moved) / len(moved))
    assert found.error == pytest.approx(abs(one - other).mean())


def test_a_correlation_that_is_none_is_nan() -> None:
    one = torch.tensor([1.0, 2.0, 3.0])
    assert math.isnan(agreement(one, torch.ones(3)).pearson)
    assert math.isnan(agreement(one[:2], one[:2]).spearman)
    nothing = agreement(one, torch.full((3,), math.nan))
    assert nothing.count == 0
    assert math.isnan(nothing.sign)
    with pytest.raises(ValueError, match="not of the same cells"):
        agreement(one, torch.ones(4))


def test_cells_far_off_stand_out_and_small_errors_do_not() -> None:
    exact = torch.linspace(-10, 10, 101, dtype=torch.float64)
    noise = torch.randn(101, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    estimate = exact + 0.01 * noise
    assert outliers(estimate, exact) == []
    estimate[70] += 4
    estimate[5] -= 6
    estimate[50] = math.nan
    assert outliers(estimate, exact) == [5, 70]
    assert outliers(estimate, exact, k=1) == [5]
    assert outliers(torch.full((3,), math.nan), torch.zeros(3)) == []
