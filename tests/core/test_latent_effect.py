"""Editing one latent: against a forward written out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.latent_effect import latent_effect
from tests.core.tiny import hf_model, tokenizer
from tests.widgets.feature_data import small_sae

PROMPT = "the capital of Texas is Austin and the city of Rome is"


@pytest.fixture(scope="module")
def model():
    return iw.load(hf_model("gpt2", n_layer=3), tokenizer=tokenizer())


def by_hand(model, sae, edit):
    """Next-token log-probabilities with `edit` of codes [pos, feature] in the middle layer."""
    layer, mid = model.hf.transformer.h[1], []

    def hook(module, args, output):
        between = sae.site.endswith("mid")
        x = mid[0] if between else output[0] if isinstance(output, tuple) else output
        codes = sae.encode(x[0])
        changed = edit(codes.clone())
        new = x.clone()
        new[0, 1:] += ((changed - codes) @ sae.W_dec)[1:]
        if between:
            new = new + layer.mlp(norm(new))
        return (new, *output[1:]) if isinstance(output, tuple) else new

    def norm(x):
        return torch.nn.functional.layer_norm(x, x.shape[-1:], layer.ln_2.weight, layer.ln_2.bias)

    handles = [
        layer.ln_2.register_forward_pre_hook(lambda _, args: mid.__setitem__(slice(None), args)),
        layer.register_forward_hook(hook),
    ]
    try:
        with torch.no_grad():
            return model.hf(model.ids(PROMPT)[None]).logits[0, -1].double().log_softmax(-1)
    finally:
        for handle in handles:
            handle.remove()


def set_to(feature, value):
    def edit(codes):
        codes[:, feature] = value
        return codes

    return edit


@pytest.mark.parametrize(
    ("how", "value", "site"),
    [
        ("remove", 0.0, "L1.resid_post"),
        ("force", 2.5, "L1.resid_post"),
        ("remove", 0.0, "L1.resid_mid"),
    ],
)
def test_it_is_the_forward_written_out_by_hand(model, how, value, site):
    sae = replace(small_sae(), site=site)
    before = by_hand(model, sae, lambda codes: codes)
    for feature in (3, 16):
        after = by_hand(model, sae, set_to(feature, value))
        found = latent_effect(model, sae, PROMPT, feature, how, strength=2.5)
        assert found.kl == pytest.approx(float((before.exp() * (before - after)).sum()), rel=1e-3)
        rise = after.exp() - before.exp()
        token, was, became = found.rises[0]
        assert model.piece(int(rise.argmax())) == token
        assert (was, became) == pytest.approx(
            (float(before.exp()[rise.argmax()]), float(after.exp()[rise.argmax()])), rel=1e-4
        )
        assert found.falls[0][2] - found.falls[0][1] == pytest.approx(float(rise.min()), rel=1e-3)
        assert found.control > 0


def test_it_says_how_many_random_changes_it_beats(model):
    """Each draw by itself: a random direction as long as the change, at the same tokens."""
    sae, feature = small_sae(), 16
    found = latent_effect(model, sae, PROMPT, feature, "force", 2.5, seed=4)
    before = by_hand(model, sae, lambda codes: codes)
    x = iw.cache(model, PROMPT, sites=[sae.site])[sae.site]
    size = ((2.5 - sae.encode(x)[:, feature]) * sae.W_dec[feature].norm()).abs()
    draw, moves = torch.Generator().manual_seed(4), []
    for _ in range(8):
        random = torch.randn(1, *x.shape, generator=draw)[0]
        change = random / random.norm(dim=1, keepdim=True) * size[:, None]
        change[0] = 0

        def add(module, args, output, change=change):
            first = output[0] if isinstance(output, tuple) else output
            new = first + change
            return (new, *output[1:]) if isinstance(output, tuple) else new

        handle = model.hf.transformer.h[1].register_forward_hook(add)
        with torch.no_grad():
            after = model.hf(model.ids(PROMPT)[None]).logits[0, -1].double().log_softmax(-1)
        handle.remove()
        moves.append(float((before.exp() * (before - after)).sum()))
    assert found.control == pytest.approx(sum(moves) / 8, rel=1e-3)
    assert found.beaten == sum(move < found.kl for move in moves) / 8


def test_a_latent_that_never_fires_has_nothing_to_remove(model):
    found = latent_effect(model, small_sae(), PROMPT, 23)
    assert (found.changed, found.kl, found.control, found.beaten) == (0, 0.0, 0.0, 0.0)
    assert "changes nothing" in found.describe()


def test_the_record_is_kept_drawn_and_told(model, tmp_path):
    found = iw.latent_effect(model, small_sae(), PROMPT, 3, "force", 2.5)
    again = iw.LatentEffect.load(found.save(tmp_path / "effect.safetensors"))
    assert (repr(again), again.describe()) == (repr(found), found.describe())
    assert (again.rises, again.strength) == (found.rises, 2.5)
    assert f"{found.kl:.3f} nats" in found.describe()
    frame = found.to_frame()
    assert list(frame.columns) == ["token", "before", "after"]
    moved = (frame.after - frame.before).tolist()
    assert moved == sorted(moved, reverse=True)
    before, after = found.plot().data
    assert [x - y for x, y in zip(after.x, before.x, strict=True)] == pytest.approx(moved)
    bars = found.plot("print").axes[0].patches
    assert len(bars) == 2 * len(frame)
    with pytest.raises(TypeError, match="LatentEffect has no widget"):
        found.widget()


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"how": "kill"}, ValueError, "'remove', 'force'"),
        ({"feature": 24}, ValueError, "latents 0 to 23; got 24"),
        ({"feature": -1}, ValueError, "latents 0 to 23; got -1"),
        ({"feature": 1.5}, TypeError, "named by its number; got 1.5"),
        ({"feature": True}, TypeError, "named by its number; got True"),
        ({"strength": float("nan")}, ValueError, "is an activation; got nan"),
        ({"strength": "2"}, TypeError, "strength= is a number; got str"),
        ({"prompt": ""}, ValueError, "two tokens or more"),
        ({"sae": None}, TypeError, "dictionary"),
        ({"model": None}, TypeError, "model"),
    ],
)
def test_what_is_refused(model, change, error, said):
    given = {"model": model, "sae": small_sae(), "prompt": PROMPT, "feature": 3} | change
    with pytest.raises(error, match=said):
        latent_effect(**given)


def test_a_transcoder_is_edited_where_it_writes(model):
    """What the MLP adds, with one latent of what it reads set in it."""
    layer, feature = model.hf.transformer.h[1], 3
    sae = replace(small_sae(), center=False, site="L1.mlp_in", site_out="L1.mlp_out")

    def hook(module, args, output):
        codes = sae.encode(args[0][0])
        change = (2.5 - codes[:, feature, None]) * sae.W_dec[feature]
        change[0] = 0
        return output + change

    ids = model.ids(PROMPT)[None]
    with torch.no_grad():
        before = model.hf(ids).logits[0, -1].double().log_softmax(-1)
        handle = layer.mlp.register_forward_hook(hook)
        after = model.hf(ids).logits[0, -1].double().log_softmax(-1)
        handle.remove()
    found = latent_effect(model, sae, PROMPT, feature, "force", 2.5)
    assert found.site == "L1.mlp_out"
    assert found.kl == pytest.approx(float((before.exp() * (before - after)).sum()), rel=1e-3)
    assert found.control > 0
    with pytest.raises(ValueError, match="comes before"):
        latent_effect(model, replace(sae, site_out="L0.mlp_out"), PROMPT, feature)
