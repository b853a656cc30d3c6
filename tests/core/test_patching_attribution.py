"""Attribution patching is the derivative of activation patching, and says how far that carries."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import interp_widgets as iw
from interp_widgets.core.hooks import captured, hooked, lock_of
from interp_widgets.core.patching import sweep
from interp_widgets.core.patching.base_run import activations
from interp_widgets.core.sites import Site
from tests.core.conftest import hooks_on, make

CLEAN, CORRUPT = "the capital of Texas is", "the city of Rome is"
ANSWER, DISTRACTOR = " Austin", " Paris"
KINDS = (
    *("resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out", "mlp_post"),
    *("z", "q", "k", "v", "pattern"),
)


def estimated(model, clean=CLEAN, corrupt=CORRUPT, **options):
    given = {"answer": ANSWER, "distractor": DISTRACTOR} | options
    return iw.attribution_patching(model, clean, corrupt, **given)


def exactly(model, clean=CLEAN, corrupt=CORRUPT, **options):
    given = {"answer": ANSWER, "distractor": DISTRACTOR} | options
    return iw.activation_patching(model, clean, corrupt, **given)


@pytest.fixture(scope="module")
def wide():
    return make("llama")


def shape_of(model, kind):
    """What a place holds at two positions, without the batch; of a pattern ``[pos, head, src]``."""
    heads = model.n_kv_heads if kind in "kv" else model.n_heads
    if kind == "pattern":
        return (2, model.n_heads, len(model.ids(CORRUPT)))
    if kind in ("z", "q", "k", "v"):
        return (2, heads, model.d_head)
    return (2, model.d_mlp if kind == "mlp_post" else model.d_model)


def test_an_estimate_is_the_slope_of_the_exact_effect(model):
    """Central differences of `activation_patching`, at every kind of place."""
    generator = torch.Generator().manual_seed(0)
    up, down = [], []
    for kind in KINDS:
        if kind == "resid_mid" and model.parallel:
            continue
        step = torch.randn(shape_of(model, kind), generator=generator, dtype=torch.float64) * 1e-3
        up.append(iw.Patch(f"L1.{kind}", pos=(2, 4), value=step, add=True))
        down.append(iw.Patch(f"L1.{kind}", pos=(2, 4), value=-step, add=True))
        if kind in ("z", "q", "pattern"):  # one head alone
            up.append(iw.Patch(f"L1.{kind}.3", pos=(2, 4), value=step[:, 3], add=True))
            down.append(iw.Patch(f"L1.{kind}.3", pos=(2, 4), value=-step[:, 3], add=True))
    slope = (exactly(model, cells=up).effect - exactly(model, cells=down).effect) / 2
    estimate = estimated(model, cells=up, sample=0).effect
    assert (slope.abs() > 0).all()
    assert (estimate - slope).abs().max() <= 1e-3 * slope.abs().max()


@pytest.mark.parametrize("kind", KINDS)
def test_a_grid_is_the_slope_towards_the_other_run(wide, kind):
    """Cells that take the other run's values equal patches that add the difference by hand."""
    site = Site(1, kind)
    own = activations(wide, wide.ids(CORRUPT), [site])[site]
    change = activations(wide, wide.ids(CLEAN), [site])[site] - own
    by_position = estimated(wide, site=kind, per="position", sample=0).effect[1]
    by_hand = [
        iw.Patch(f"L1.{kind}", pos=p, value=change[p : p + 1], add=True) for p in range(len(own))
    ]
    assert by_position.allclose(estimated(wide, cells=by_hand, sample=0).effect)
    together = estimated(wide, site=kind, per="layer", sample=0).effect[1]
    assert float(together) == pytest.approx(float(by_position.sum()))
    if kind in ("z", "q", "k", "v", "pattern"):
        heads = estimated(wide, site=kind, per="head", sample=0).effect[1]
        assert float(heads.sum()) == pytest.approx(float(together))
        cells = estimated(wide, site=kind, per="head_position", sample=0).effect[1]
        assert cells.sum(0).allclose(by_position)
        assert cells.sum(1).allclose(heads)
    if kind == "mlp_post":
        neurons = estimated(wide, site=kind, per="neuron", sample=0).effect[1]
        assert float(neurons.sum()) == pytest.approx(float(together))


@pytest.mark.parametrize("family", ["gpt2", "olmo2", "gpt_neox"])
def test_it_is_exact_where_the_metric_is_linear(family):
    """What the last MLP adds at the answer's position, read without a norm."""
    model = make(family)
    parent, _, name = model.architecture.final_norm.rpartition(".")
    setattr(model.hf.get_submodule(parent), name, nn.Identity().eval())
    for direction in ("denoise", "noise"):
        estimate = estimated(model, site="mlp_out", direction=direction, sample=0).effect[-1]
        exact = exactly(model, site="mlp_out", direction=direction).effect[-1]
        assert (exact[-1] != 0).all()
        assert estimate.allclose(exact, atol=1e-6)


@pytest.mark.parametrize("family", ["llama", "gpt2", "olmo2"])
def test_integrated_gradients_are_complete(family):
    """From one run's embedding to the other's they add up to the difference of the metric."""
    model = make(family)
    record = estimated(model, integrate=50, sample=0)
    gap = record.clean - record.corrupt
    assert float(record.effect[0].sum()) == pytest.approx(gap, rel=0.01)
    one_step = estimated(model, sample=0)
    assert abs(float(one_step.effect[0].sum()) - gap) > 0.01 * abs(gap)


def pattern_when(model, site, at, value):
    """A layer's pattern ``[dst, head, src]`` of the corrupt run, one head's q or k put in."""
    layer = Site(site.layer, "pattern")

    def put(x):
        new = x.clone()
        new[0, at] = value
        return new

    with hooked(model, {site: put}), captured(model, [layer]) as found:
        model.run(model.ids(CORRUPT)[None])
    return found[layer][0].transpose(0, 1)


@pytest.mark.parametrize("kind", ["q", "k"])
def test_the_fix_is_the_slope_at_patterns_made_by_hand(model, kind):
    """Alone and together, with the other run's values and with one's own."""
    site, at, patterns = Site(1, kind), [2, 3], Site(1, "pattern")
    before = activations(model, model.ids(CORRUPT), [patterns])[patterns]
    given = activations(model, model.ids(CLEAN), [site])[site][at]
    heads = range(given.shape[1])

    def by_hand(site, value):
        change = pattern_when(model, site, at, value) - before
        return iw.Patch("L1.pattern", value=change, add=True)

    slopes = [by_hand(Site(1, kind, head), given[:, head]) for head in heads]
    slopes += [by_hand(site, given), "L0.mlp_out"]
    *by_head, together, also = estimated(model, cells=slopes, sample=0).effect
    cells = [
        *(iw.Patch(f"L1.{kind}.{head}", pos=(2, 3)) for head in heads),
        *(iw.Patch(f"L1.{kind}.{h}", pos=(2, 3), value=given[:, h]) for h in heads),
        iw.Patch(f"L1.{kind}", pos=(2, 3)),
        iw.Patch(f"L1.{kind}", pos=(2, 3), value=given),
        [iw.Patch(f"L1.{kind}", pos=(2, 3)), "L0.mlp_out"],
    ]
    found = estimated(model, cells=cells, qk_fix=True, sample=0).effect
    wanted = torch.stack([*by_head, *by_head, together, together, together + also])
    assert (wanted.abs() > 0).all()
    # Families round the softmax to float32, whatever the model's dtype.
    assert (found - wanted).abs().max() <= 3e-6 * wanted.abs().max()


@pytest.mark.parametrize("per", ["layer", "position", "head", "head_position"])
@pytest.mark.parametrize("kind", ["q", "k"])
def test_the_fix_is_exact_where_what_follows_is_linear(kind, per):
    """The last layer of parallel blocks, where only the stream and its unembedding follow."""
    model = make("gpt_neox")
    parent, _, name = model.architecture.final_norm.rpartition(".")
    setattr(model.hf.get_submodule(parent), name, nn.Identity().eval())
    exact = exactly(model, site=kind, per=per).effect[-1]
    fixed = estimated(model, site=kind, per=per, qk_fix=True, sample=0).effect[-1]
    plain = estimated(model, site=kind, per=per, sample=0).effect[-1]
    # To the rounding of its softmax, float32 whatever the model's dtype.
    assert (fixed - exact).abs().max() <= 1e-7
    assert (plain - exact).abs().max() > 1e-5


def test_the_fix_inside_a_block_of_ones_own_and_with_little_memory(wide, monkeypatch):
    options = {"site": "k", "per": "head_position", "qk_fix": True, "sample": 0}
    with hooked(wide, {"L0.mlp_out": lambda x: 0 * x}):  # every run is a whole forward then
        whole = estimated(wide, **options)
    with monkeypatch.context() as patch:
        patch.setattr(sweep, "BUDGET", {"cpu": 1})  # one row at a time
        with hooked(wide, {"L0.mlp_out": lambda x: 0 * x}):
            assert estimated(wide, **options).effect.allclose(whole.effect)
        slow = estimated(wide, **options)
    assert slow.effect.allclose(estimated(wide, **options).effect)
    assert not slow.effect.allclose(whole.effect)
    aligned = {"align": "diff", "metric": "log_prob"} | options
    record = estimated(wide, "the Eiffel Tower is in", "Rome is in", **aligned)
    plain = estimated(wide, "the Eiffel Tower is in", "Rome is in", **aligned | {"qk_fix": False})
    assert torch.equal(record.effect.isnan(), plain.effect.isnan())
    assert hooks_on(wide.hf) == 0


def test_the_sample_is_run_exactly(wide):
    record = estimated(wide, site="z", per="head_position", sample=12)
    exact = exactly(wide, site="z", per="head_position")
    known = ~record.exact_effect.isnan()
    assert int(known.sum()) == 12
    assert record.exact_effect[known].allclose(exact.effect[known])
    pairs = torch.stack([record.effect[known], exact.effect[known]])
    assert record.agreement == pytest.approx(float(torch.corrcoef(pairs)[0, 1]))
    assert f"{record.agreement:.2f}" in record.describe()
    everything = estimated(wide, sample=10**6)
    assert everything.exact_effect.allclose(exactly(wide).effect)
    assert abs(everything.check_whole - 1) < 1e-6
    assert torch.equal(
        estimated(wide, sample=5).exact_effect.isnan(),
        estimated(wide, sample=5).exact_effect.isnan(),
    )
    none = estimated(wide, sample=0)
    assert none.agreement != none.agreement
    with pytest.raises(ValueError, match="has no estimates"):
        _ = exact.exact_effect


def test_in_steps_and_in_a_file(wide, tmp_path):
    steps = list(
        iw.iter_attribution_patching(wide, CLEAN, CORRUPT, answer=ANSWER, distractor=DISTRACTOR)
    )
    assert steps[0].done == 1  # the estimate is there at once
    assert steps[0].exact.isnan().all()
    assert steps[0].effect.allclose(steps[-1].effect)
    assert not steps[-1].exact.isnan().all()
    back = iw.Patching.load(steps[-1].save(tmp_path / "a.safetensors"))
    assert back.agreement == steps[-1].agreement
    assert repr(back) == repr(steps[-1])


def test_several_pairs_and_recovery(wide):
    clean, corrupt = [CLEAN, "a state of Austin is"], [CORRUPT, "a city in Paris is"]
    record = estimated(wide, clean, corrupt, site="mlp_out")
    singles = [estimated(wide, a, b, site="mlp_out") for a, b in zip(clean, corrupt, strict=True)]
    assert record.effect.allclose(torch.stack([one.effect for one in singles]).mean(0))
    scaled = estimated(wide, clean, corrupt, site="mlp_out", metric="recovery")
    assert scaled.effect.allclose(record.recovery)
    known = ~record.exact_effect.isnan()
    assert scaled.agreement == pytest.approx(record.agreement)
    assert int(known.sum()) == 16


def test_unequal_prompts_aligned(wide):
    options = {"align": "diff", "metric": "log_prob", "sample": 100}
    record = estimated(wide, "the Eiffel Tower is in", "Rome is in", **options)
    exact = exactly(
        wide, "the Eiffel Tower is in", "Rome is in", align="diff", metric="log_prob"
    ).effect
    assert torch.equal(record.effect.isnan(), exact.isnan())
    assert record.exact_effect.allclose(exact, equal_nan=True)


@pytest.mark.parametrize("kind", ["q", "k"])
def test_the_fix_knows_positions_without_a_partner(wide, kind):
    options = {"align": [(1, 1), (3, 3)], "sample": 0, "qk_fix": True}
    clean, corrupt = "the Eiffel Tower is in", "Rome is in"
    found = estimated(wide, clean, corrupt, site=kind, per="position", **options)
    exact = exactly(wide, clean, corrupt, site=kind, per="position", align=options["align"])
    assert 0 < int(exact.values.isnan().sum()) < exact.values.numel()
    assert torch.equal(found.values.isnan(), exact.values.isnan())
    without, with_one = iw.Patch(f"L1.{kind}", 2), iw.Patch(f"L1.{kind}", 1)
    cells = [[with_one], [without, with_one], [without]]
    alone, both, none = estimated(wide, clean, corrupt, cells=cells, **options).effect.tolist()
    assert both == alone
    assert none != none


def test_the_model_is_left_as_it_was(wide):
    before = [weight.requires_grad for weight in wide.hf.parameters()]
    with torch.no_grad():  # the caller's own setting does not matter
        estimated(wide)
    assert all(weight.grad is None for weight in wide.hf.parameters())
    assert [weight.requires_grad for weight in wide.hf.parameters()] == before
    assert hooks_on(wide.hf) == 0


def test_half_precision(device):
    model = make("llama", torch.bfloat16)
    record = estimated(model, site="mlp_out", sample=0)
    wanted = estimated(make("llama"), site="mlp_out", sample=0)
    assert (record.effect - wanted.effect).abs().max() < 0.1 * wanted.effect.abs().max()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"metric": "rank"}, "no gradient"),
        ({"metric": "kl", "direction": "noise"}, "no gradient"),
        ({"metric": "norm", "direction": "noise"}, "no gradient"),
        ({"metric": lambda logits: logits[:, 5].detach()}, "lets no gradient pass"),
        ({"integrate": -1}, "integrate="),
        ({"sample": -1}, "sample="),
        ({"sample": 1.5}, "sample="),
        ({"sample": True}, "sample="),
        ({"seed": -1}, "a seed is 0 or larger"),
        ({"site": "resid"}, "kind of place"),
        ({"answer": None}, "answer= is missing"),
        ({"qk_fix": True}, "queries and keys"),
        ({"qk_fix": True, "cells": ["L1.z.0", "L0.v"]}, "leave it out for v, z"),
    ],
)
def test_bad_arguments(wide, given, said):
    with pytest.raises(ValueError, match=said):
        estimated(wide, **given)
    assert hooks_on(wide.hf) == 0
    assert not lock_of(wide.hf)._is_owned()


def test_arguments_of_another_type(wide):
    for given, said in (
        ({"seed": None}, "a seed is a whole number"),
        ({"qk_fix": "no", "site": "q"}, "qk_fix= is True or False"),
        ({"cells": 3}, "cells= is a list"),
        ({"align": 3}, "a list of position pairs"),
    ):
        with pytest.raises(TypeError, match=said):
            iw.iter_attribution_patching(wide, CLEAN, CORRUPT, ANSWER, DISTRACTOR, **given)
