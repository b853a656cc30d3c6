"""Splitting, absorption and seed stability, on dictionaries made by hand and on trained ones."""

from __future__ import annotations

import math

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.normalization import Normalization
from tests.core.test_result import same


def made(rows, encoder=None, bias=None, **options) -> iw.SAE:
    """A dictionary with these directions, which reads along them unless told otherwise."""
    rows = torch.as_tensor(rows, dtype=torch.float32)
    n, d = rows.shape
    encoder = rows if encoder is None else torch.as_tensor(encoder, dtype=torch.float32)
    bias = torch.zeros(n) if bias is None else torch.as_tensor(bias)
    return iw.SAE(encoder.T, bias, rows, torch.zeros(d), center=False, **options)


def unit(n, d, seed):
    rows = torch.randn(n, d, generator=torch.Generator().manual_seed(seed))
    return rows / rows.norm(dim=1, keepdim=True)


def test_a_latent_in_two_parts_has_split_and_one_far_from_all_is_new():
    narrow = made(torch.eye(4)[:2])
    wide = made([[1.0, 0.2, 0, 0], [1, -0.2, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
    found = iw.splitting(narrow, wide)
    assert found.parts.tolist() == [2, 1]
    assert found.children(0) == [0, 1]
    assert found.children(1) == [2]
    assert (found.split, found.new) == (0.5, 0.25)
    cosine = 1 / 1.04**0.5
    torch.testing.assert_close(found.cosines, torch.tensor([cosine, cosine, 1, 0]))
    assert found.covered.isnan().all()
    with pytest.raises(KeyError, match="latent 9 of the narrow dictionary"):
        found.children(9)


def test_parts_are_judged_by_where_they_fire():
    narrow = made(torch.eye(3))
    # Two parts of latent 0: each fires where the second coordinate has its sign.
    wide = made([[1.0, 0.3, 0], [1, -0.3, 0]], [[0.3, 1.0, 0], [0.3, -1.0, 0]])
    x = torch.tensor([[1.0, 2, 0], [1, -2, 0], [1, 0, 0], [0, 1, 0]])
    found = iw.splitting(narrow, wide, x)
    assert found.narrow.tolist() == [0, 1]  # the third never fires
    assert found.covered[0] == 1
    assert math.isnan(found.covered[1])
    half = made([[1.0, 0.3, 0]], [[0.3, 1.0, 0]], [-1.0])
    assert float(iw.splitting(narrow, half, x).covered[0]) == pytest.approx(1 / 3)


def test_the_same_dictionary_in_another_order_is_found_again():
    rows = unit(20, 16, 0)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    found = iw.seed_stability(made(rows), made(rows[order] * 3))
    assert found.shared == 1
    assert torch.equal(order[found.partners], torch.arange(20))
    assert found.chance < 0.2
    assert iw.seed_stability(made(rows), made(-rows)).shared < 0.2
    assert iw.seed_stability(made(rows), made(unit(20, 16, 5))).shared < 0.3
    half = iw.seed_stability(
        made(rows), made(torch.cat([rows[:10], unit(10, 16, 7)])), how="greedy"
    )
    assert half.shared == pytest.approx(0.5, abs=0.1)
    fewer = iw.seed_stability(made(rows), made(rows[:5]))
    assert (fewer.shared, fewer.others) == (0.25, 5)
    assert (fewer.partners == -1).sum() == 15


def test_latents_that_never_fire_are_not_compared():
    rows = unit(6, 8, 0)
    half = made(rows, bias=[0.0, 0, 0, -1e9, -1e9, -1e9])
    x = torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    found = iw.seed_stability(half, made(rows), x)
    assert found.latents.tolist() == [0, 1, 2]
    assert found.shared == 1
    with pytest.raises(ValueError, match="no latent of the second dictionary fires"):
        iw.seed_stability(made(rows), made(rows, bias=[-1e9] * 6), x)


@pytest.fixture(scope="module")
def truth():
    """Feature 1 implies feature 0; two others stand by."""
    return iw.ground_truth(
        d=6, features=4, samples=2000, active=1.0, parents={1: 0}, orthogonal=True
    )


def test_a_latent_for_both_absorbs_and_one_for_each_does_not(truth):
    p, c, *others = truth.directions
    clean = made(truth.directions)
    found = iw.absorption(clean, truth, 0)
    assert (found.latent, found.rate, found.missed) == (0, 0.0, 0.0)
    assert found.absorbers.tolist() == [-1]
    # Parent without child; child together with parent.
    absorbing = made(
        torch.stack([p, p + c, *others]),
        torch.stack([p - 9 * c, c, *others]),
    )
    found = iw.absorption(absorbing, truth, 0)
    assert (found.latent, found.missed) == (0, 0.0)
    assert found.rate > 0.9
    assert found.absorbers.tolist() == [1]
    both = (truth.codes[:, 0] > 0) & (truth.codes[:, 1] > 0)
    assert found.samples.tolist() == [int(both.sum())]
    # Silent with the child, and nobody speaks for the parent: a loss, not absorption.
    deaf = made(truth.directions, torch.stack([p - 9 * c, c, *others]))
    assert iw.absorption(deaf, truth, 0).rate == 0
    # A latent that is no good is told apart by the control.
    mute = made(truth.directions, bias=[-9.0, 0, 0, 0])
    assert iw.absorption(mute, truth, 0).missed == 1


def test_absorption_is_counted_in_the_units_of_activations(truth):
    p, c, *others = truth.directions
    rows = torch.stack([p, p + c, *others])
    plain = made(rows, torch.stack([p - 9 * c, c, *others]))
    normal = Normalization("mean_square", 5.0)
    scaled = made(rows, torch.stack([p - 9 * c, c, *others]), normalization=normal)
    assert iw.absorption(scaled, truth, 0).rate == iw.absorption(plain, truth, 0).rate
    per_token = Normalization("token_norm")
    with pytest.raises(ValueError, match="a scale of its own"):
        iw.absorption(made(rows, normalization=per_token), truth, 0)


def test_training_with_an_l1_penalty_absorbs_and_the_control_does_not():
    """What the lesson shows: the penalty, not the data alone, makes the general latent fall silent.

    The control has the same rates, but its features fire independently.
    """
    common = {"d": 8, "features": 6, "samples": 6000, "active": 1.1, "orthogonal": True, "seed": 1}
    rates = {}
    for name, parents in (("hierarchy", {1: 0}), ("control", None)):
        truth = iw.ground_truth(**common, magnitude=(1.0, 0.1), parents=parents)
        run = iw.train_sae(
            truth.x,
            variant="relu",
            d_sae=6,
            l1=0.3,
            steps=800,
            batch_size=256,
            lr=3e-3,
            normalize="none",
        )
        for _ in run:
            pass
        rates[name] = iw.absorption(run.sae, truth, 0, children=[1]).rate
        assert iw.evaluate_on(run.sae, truth.x).fve > 0.9
    assert rates["hierarchy"] >= 0.6
    assert rates["control"] <= 0.1


def test_there_and_back_and_drawn(truth, tmp_path):
    one, other = made(unit(5, 6, 0)), made(unit(9, 6, 1))
    records = (
        iw.splitting(one, other, truth.x),
        iw.seed_stability(one, other),
        iw.absorption(made(truth.directions), truth, 0),
    )
    for record in records:
        same(iw.Result.load(record.save(tmp_path / "record.safetensors")), record)
        assert len(record.to_frame()) > 0
        assert record.plot().data[0].y is not None
        assert record.plot(kind="print").axes[0].patches
        assert record.describe().endswith(".")


def test_what_never_came_is_said_in_words():
    """No sample has parent and child, and none has the parent alone."""
    rare = iw.ground_truth(d=6, features=4, samples=3, active=0.01, parents={1: 0})
    found = iw.absorption(made(rare.directions), rare, 0)
    assert math.isnan(found.rate)
    assert "nan" not in found.describe()
    assert "nothing to absorb" in found.describe()
    found.plot()
    found.plot(kind="print").canvas.draw()


def test_bad_input(truth):
    sae = made(unit(5, 6, 0))
    for function in (iw.splitting, iw.seed_stability):
        with pytest.raises(ValueError, match="write 6 and 7 numbers"):
            function(sae, made(unit(5, 7, 0)))
        with pytest.raises(TypeError, match="a dictionary is wanted"):
            function(sae, sae.directions)
        with pytest.raises(ValueError, match="is a cosine"):
            function(sae, sae, threshold=3)
        with pytest.raises(TypeError, match=r"x are a tensor \[\.\.\., 6\]; got list"):
            function(sae, sae, [[1.0]])
        with pytest.raises(ValueError, match=r"x= is activations \[token, d\]; got \[1, 9, 6\]"):
            function(sae, sae, torch.ones(1, 9, 6))
        with pytest.raises(ValueError, match="in x are not finite in 1 of 9 rows, first in row 4"):
            function(sae, sae, torch.ones(9, 6).index_fill(0, torch.tensor(4), torch.nan))
    with pytest.raises(ValueError, match="'greedy'; got 'best'"):
        iw.seed_stability(sae, sae, how="best")
    for options, error, says in (
        ({"parent": 9}, ValueError, "parent= goes from 0 to 3"),
        ({"parent": "a"}, TypeError, "parent= is a whole number; got 'a'"),
        ({"children": 1}, TypeError, "children= is features, such as"),
        ({"parent": 2}, ValueError, "no feature implies feature 2"),
        ({"children": [0]}, ValueError, "no child of its own"),
        ({"children": [7]}, ValueError, "children= goes from 0 to 3"),
        ({"latent": 5}, ValueError, "latent= goes from 0 to 4"),
        ({"truth": truth.x}, TypeError, "counted on known features"),
        ({"sae": made(unit(5, 7, 0))}, ValueError, "of this dictionary|takes activations of 7"),
    ):
        with pytest.raises(error, match=says):
            iw.absorption(**({"sae": sae, "truth": truth, "parent": 0} | options))
