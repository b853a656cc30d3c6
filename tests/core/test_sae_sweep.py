"""Sweeps: points trained and judged alike, and the front of them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.sweep import MEASURES, sweep_of
from interp_widgets.core.dictionary.token_stream import token_batches
from interp_widgets.core.sites import Site
from tests.core.conftest import make
from tests.core.test_result import same

TEXTS = ["the capital of Texas is Austin", "Paris is in a state and Rome is a city"] * 3
POINTS = [("topk", 16, 2), ("relu", 24, 0.5)]


def point(variant, l0, fve, **more):
    return {"variant": variant, "width": 8, "knob": "k", "setting": l0, "l0": l0, "fve": fve} | more


@pytest.fixture(scope="module")
def model():
    return make("gpt2", torch.float32)


@pytest.fixture(scope="module")
def x(model):
    batches = token_batches(model, Site(1, "resid_post"), TEXTS)
    return torch.cat([batch.activations[batch.counted] for batch in batches])


def test_every_point_is_trained_and_judged_as_by_hand(model, x):
    steps = list(
        iw.iter_train_sweep(model, x, "L1.resid_post", TEXTS, POINTS, steps=20, batch_size=16)
    )
    assert [int((~step["fve"].isnan()).sum()) for step in steps] == [1, 2]
    sweep = steps[-1]
    assert sweep.knobs == ("k", "l1")
    assert (sweep.tokens, sweep.steps) == (len(x), 20)
    run = iw.train_sae(x, variant="topk", d_sae=16, k=2, steps=20, batch_size=16, seed=0)
    for _ in run:
        pass
    judged = iw.evaluate_sae(model, run.sae, TEXTS, "L1.resid_post")
    for name in MEASURES[:-1]:
        assert float(sweep[name][0]) == pytest.approx(getattr(judged, name), abs=1e-5), name
    assert sweep.ce_clean == judged.ce_clean
    assert sweep.held_out == judged.tokens
    assert float(sweep["seconds"].min()) > 0


def test_the_front_is_what_no_other_point_beats():
    sweep = sweep_of(
        [
            point("a", 4, 0.5, delta_ce=0.4),
            point("b", 4, 0.6, delta_ce=0.5),
            point("a", 8, 0.55, delta_ce=0.3),
            point("b", 16, 0.9, delta_ce=0.1),
            point("a", math.nan, math.nan) | {"setting": 3},
        ]
    )
    assert repr(sweep) == "Sweep(5 dictionaries of 2 variants)"
    assert sweep_of([]).describe() == "0 dictionaries, still training."
    assert sweep.front() == [1, 3]
    assert sweep.front("delta_ce") == [0, 2, 3]
    assert sweep.where("a") == [0, 2, 4]
    assert sweep.where("a", 9) == []
    assert sweep.to_frame()["front"].tolist() == [False, True, False, True, False]
    with pytest.raises(KeyError, match="no measure 'loss'; there are l0"):
        sweep["loss"]


def test_there_and_back_and_drawn(tmp_path):
    rows = [point("a", 4, 0.5), point("a", 8, 0.7), point("b", 6, 0.7), point("b", 9, 0.8)]
    sweep = sweep_of([*rows, point("b", 5, 0.6) | {"width": 99}], site="L1.resid_post", steps=3)
    sweep = replace(sweep, ce_clean=1.5, ce_ablated=2.5)
    same(iw.Result.load(sweep.save(tmp_path / "sweep.safetensors")), sweep)
    for measure in ("fve", "ce_recovered"):
        assert len(sweep.plot(measure=measure).data) == 3 + 1
        drawn = sweep.plot("print", measure=measure).axes[0]
        assert len(drawn.lines) == 3 + 1
        assert drawn.get_title() == "5 dictionaries at L1.resid_post"
    assert sweep_of(rows).plot().layout.title.text == "4 dictionaries"
    with pytest.raises(ValueError, match="measure= is one of l0"):
        sweep.plot(measure="loss")


def test_bad_input(model, x):
    with pytest.raises(ValueError, match="holds no point"):
        iw.train_sweep(model, x, "L1.resid_post", TEXTS, [])
    for points in ("topk", [("topk", 16)], [("topk", 16, "a")]):
        with pytest.raises(TypeError, match=r"a point is variant, width|the setting of a point="):
            iw.train_sweep(model, x, "L1.resid_post", TEXTS, points, batch_size=8)
    with pytest.raises(ValueError, match="a variant is one of"):
        iw.train_sweep(model, x, "L1.resid_post", TEXTS, [("best", 16, 2)])
    with pytest.raises(ValueError, match="99"):
        iw.train_sweep(model, x, "L1.resid_post", TEXTS, [("topk", 16, 99)], batch_size=8)
    with pytest.raises(ValueError, match="is not a place"):
        iw.train_sweep(model, x, "L1.nowhere", TEXTS, POINTS, batch_size=8)
    with pytest.raises(TypeError, match="the first argument is a model"):
        iw.train_sweep(x, x, "L1.resid_post", TEXTS, POINTS)
