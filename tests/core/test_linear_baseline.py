"""The linear map that a transcoder is to beat, against least squares written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.linear_baseline import LinearBaseline
from tests.core.conftest import make
from tests.core.test_result import same

TEXTS = ["Paris is in a state and Rome is a city"] * 7  # alike: batches keep their order


def transcoder(d_in: int = 6, d_out: int = 4, **about) -> iw.SAE:
    g = torch.Generator().manual_seed(1)
    enc, dec = torch.randn(d_in, 9, generator=g), torch.randn(9, d_out, generator=g)
    return iw.SAE(enc, torch.zeros(9), dec, torch.zeros(d_out), center=False, **about)


def pairs(count: int, bent: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs far from 0, and a map of them that is linear but for its bend."""
    g = torch.Generator().manual_seed(0)
    x = torch.randn(count, 6, generator=g) + 30
    turn, bend = torch.randn(2, 6, 4, generator=g)
    return x, x @ turn + bent * ((x - 30) @ bend).abs() - 7


def linear(x: torch.Tensor, y: torch.Tensor) -> float:
    found = iw.evaluate_on(transcoder(), x, y).linear_fve
    assert found is not None
    return found


def held_out(x: np.ndarray, y: np.ndarray) -> float:
    """Least squares on every other row, judged on those between, and the other way round."""
    missed = 0.0
    for half in (0, 1):
        ones = [np.c_[rows, np.ones(len(rows))] for rows in (x[half::2], x[1 - half :: 2])]
        best = np.linalg.lstsq(ones[0], y[half::2], rcond=None)[0]
        missed += ((y[1 - half :: 2] - ones[1] @ best) ** 2).sum()
    return 1 - missed / ((y - y.mean(0)) ** 2).sum()


@pytest.mark.parametrize("count", [40, 501])
def test_it_is_least_squares_judged_on_other_tokens(count):
    x, y = pairs(count)
    wanted = held_out(x.double().numpy(), y.double().numpy())
    for size in (4096, 7):  # batches are not in the number
        found = iw.evaluate_on(transcoder(), x, y, batch_size=size).linear_fve
        assert found == pytest.approx(wanted, abs=1e-4)
    assert 0.2 < wanted < 0.95


def test_what_is_linear_is_explained_and_what_is_by_chance_is_not():
    x, y = pairs(400, bent=0.0)
    assert iw.evaluate_on(transcoder(), x, y).linear_fve == pytest.approx(1, abs=1e-6)
    noise = torch.randn(400, 4, generator=torch.Generator().manual_seed(5))
    assert -0.1 < linear(x, noise) < 0.05
    few = linear(x[:8], noise[:8])  # as many numbers as tokens
    assert few < 0.5


def test_where_there_is_no_such_number():
    x, y = pairs(20)
    for rows, targets in ((x[:1], y[:1]), (x, torch.full_like(y, 3.1))):
        assert math.isnan(linear(rows, targets))
    still = LinearBaseline(transcoder())
    still.add(torch.ones(20, 6), y)  # inputs that never vary tell nothing
    assert still.fve == pytest.approx(0, abs=0.5)
    plain = iw.evaluate_on(transcoder(4, 4), y)
    assert plain.linear_fve is None
    assert "linear_fve" not in set(plain.to_frame()["measure"])
    assert "linear map" not in plain.describe()


def test_a_model_is_asked_once_at_the_end(tmp_path, monkeypatch):
    model = make("gpt2")
    sae = transcoder(32, 32, site="L1.mlp_in", site_out="L1.mlp_out")
    monkeypatch.setattr("interp_widgets.core.dictionary.evaluate._TOKENS", 24)
    steps = list(iw.iter_evaluate_sae(model, sae, TEXTS))
    assert len(steps) > 1
    assert all(step.linear_fve is None for step in steps[:-1])
    acts = [iw.cache(model, text, sites=["L1.mlp_in", "L1.mlp_out"]) for text in TEXTS]
    x, y = (torch.cat([a[f"L1.mlp_{way}"][1:] for a in acts]) for way in ("in", "out"))
    found = steps[-1]
    assert found.tokens == len(x)
    assert found.linear_fve == pytest.approx(iw.evaluate_on(sae, x, y).linear_fve, abs=1e-4)
    frame = found.to_frame()
    assert frame["value"][frame["measure"] == "linear_fve"].item() == found.linear_fve != 0
    assert f"(a linear map {found.linear_fve:.1%})" in found.describe()
    same(iw.SAEEvaluation.load(found.save(tmp_path / "found.safetensors")), found)
