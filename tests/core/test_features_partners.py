"""Latents that fire together, against NumPy's own correlations, however many latents there are."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from interp_widgets.core.dictionary import partners
from interp_widgets.core.dictionary.features import features_of
from interp_widgets.core.dictionary.sae import SAE
from tests.core.feature_data import LATENTS, dictionary, lists


@pytest.fixture(scope="module")
def data():
    return lists()


@pytest.fixture(params=["table", "remembered"])
def way(request, monkeypatch):
    if request.param == "remembered":
        monkeypatch.setattr(partners, "CELLS", 0)
        monkeypatch.setattr(partners, "_BLOCK", 3 * LATENTS)  # several blocks
    return request.param


def assert_partners(dash, f, among=None):
    """Partners of a record are those of codes ``f [token, feature]``."""
    fires, spread, middle = f > 0, f.std(0), f - f.mean(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        rows = list(dash if among is None else among)
        found = middle[:, rows].T @ middle / len(f) / (spread[rows, None] * spread)
        pearson = dict(zip(rows, found, strict=True))
    for i in rows:
        both = (fires[:, i, None] & fires).sum(0)
        either = (fires[:, i, None] | fires).sum(0)
        usable = [j for j in range(f.shape[1]) if j != i and both[j] and np.isfinite(pearson[i][j])]
        wanted = sorted((pearson[i][j] for j in usable), reverse=True)[:6]
        found = dash[i].correlated
        assert [r for _, r, _ in found] == pytest.approx(wanted, abs=2e-3)
        for j, r, jaccard in found:
            assert j in usable
            assert r == pytest.approx(pearson[i][j], abs=2e-3)
            assert jaccard == pytest.approx(both[j] / either[j], abs=1e-3)


def test_partners_are_those_of_a_slow_loop(way, data):
    dash = features_of(torch.cat(data[1]), data[0], dictionary())
    f = torch.cat([dictionary().encode(x) for x in data[1]]).numpy()
    assert_partners(dash, f)
    some = features_of(torch.cat(data[1]), data[0], dictionary(), which=[9, 2, 5])
    assert_partners(some, f)
    assert list(some) == [9, 2, 5]


def test_a_dictionary_too_wide_for_a_table_has_partners():
    draw = torch.Generator().manual_seed(0)
    x, latents = torch.randn(400, 8, generator=draw), 4100
    assert latents**2 > partners.CELLS
    directions = torch.randn(latents, 8, generator=draw)
    sae = SAE(directions.T, torch.zeros(latents), directions, torch.zeros(8), "topk", k=24)
    tokens = [[f"{i}.{j}" for j in range(40)] for i in range(10)]
    dash = features_of(x, tokens, sae)
    f = sae.encode(x).double().numpy()
    busy = np.argsort(-(f > 0).sum(0))[:300:10]
    assert_partners(dash, f, [int(i) for i in busy])
    assert (dash.correlated[dash.dead] == -1).all()


def test_of_too_many_tokens_a_fair_share_is_remembered_in_any_order(data, monkeypatch):
    """Where not all fit: the same tokens in any order, and correlations over just these."""
    monkeypatch.setattr(partners, "CELLS", 0)
    texts, rows = data
    whole = sum(len(x) + int((dictionary().encode(x) > 0).sum()) for x in rows)
    monkeypatch.setattr(partners, "HELD", whole // 3)
    kept = []
    joined = partners._Tokens.joined

    def spy(parts):
        kept.append(joined(parts))
        return kept[-1]

    monkeypatch.setattr(partners._Tokens, "joined", staticmethod(spy))
    monkeypatch.setattr("interp_widgets.core.dictionary.features.TOKENS_A_BATCH", 64)
    order = list(range(len(texts)))
    random.Random(3).shuffle(order)
    made = [
        features_of(torch.cat([rows[i] for i in o]), [texts[i] for i in o], dictionary())
        for o in (range(len(texts)), order)
    ]
    assert whole / 8 < len(kept[0]) <= whole // 3
    f = np.zeros((len(kept[0].per_token), LATENTS))
    f[np.repeat(np.arange(len(f)), kept[0].per_token), kept[0].features] = kept[0].values
    assert_partners(made[0], f)
    assert sorted(kept[0].chances) == sorted(kept[1].chances)
    torch.testing.assert_close(made[0].correlations, made[1].correlations, equal_nan=True)
    # What is remembered says about what all tokens say.
    monkeypatch.undo()
    exact = features_of(torch.cat(rows), texts, dictionary())
    off = (made[0].correlations[:, 0].float() - exact.correlations[:, 0].float()).nan_to_num()
    assert off.abs().mean() < 0.1


def test_a_latent_that_never_varies_has_no_partner(way):
    """A bias alone: its variance is rounding, which is no variance."""
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(500, 6, generator=draw, dtype=torch.float64)
    encoder = torch.eye(6, 7, dtype=torch.float64)
    bias = torch.tensor([0.0, 0, 0, 0, 0, 0, 0.3], dtype=torch.float64)
    sae = SAE(encoder, bias, encoder.T.contiguous(), torch.zeros(6), center=False)
    dash = features_of(x, [["a"] * 50] * 10, sae)
    assert dash[6].density == 1
    assert dash[6].correlated == []
    assert all(j != 6 and abs(r) <= 1 for i in range(6) for j, r, _ in dash[i].correlated)


def test_a_dense_latent_keeps_what_it_varies_by(way):
    """Mean 300, spread 0.5: products in float32 would be off by more than the covariance."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(2000, 3, generator=draw, dtype=torch.float64)
    encoder = torch.tensor([[0.5, 0.4, 0], [0, 0.3, 0.5], [0, 0, 0.2]], dtype=torch.float64)
    sae = SAE(encoder, torch.full((3,), 300.0), encoder.T, torch.zeros(3), center=False)
    dash = features_of(x, [["a"] * 50] * 40, sae)
    assert_partners(dash, sae.encode(x).double().numpy())


def test_both_ways_to_fill_a_table_agree(monkeypatch):
    kept = []
    for way in ("_product", "_one_by_one"):
        together = partners.Together(LATENTS, np.arange(LATENTS))
        draw = np.random.default_rng(0)
        table = draw.random((50, LATENTS)) * (draw.random((50, LATENTS)) < 0.4)
        tokens, features = np.nonzero(table)
        values = table[tokens, features]
        if way == "_product":
            together._product(50, tokens, features, values)
        else:
            monkeypatch.setattr(partners, "_PAIRS", 64)  # several parts
            per_token = np.bincount(tokens, minlength=50)
            together._one_by_one(tokens, features, values, per_token)
        np.testing.assert_allclose(together.products, table.T @ table, rtol=1e-5)
        assert np.array_equal(together.both, (table.T > 0).astype(int) @ (table > 0))
        kept.append(together)
