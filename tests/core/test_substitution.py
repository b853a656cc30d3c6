"""The model with a dictionary in place of an activation: what it sees then, and what stays."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from tests.core.conftest import hooks_on, make
from tests.core.test_sae_evaluation import TEXTS, identity, random_sae


@pytest.fixture(scope="module", params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def gpt(request):
    model = make("gpt2")
    if request.param == "cuda":
        return iw.load(model.hf.to("cuda"), tokenizer=model.tokenizer)
    return model


def test_inside_the_block_the_model_runs_with_the_dictionary(gpt):
    sae = random_sae(site="L1.resid_post")
    ids = gpt.ids(TEXTS[0])[None]
    before = gpt.logits(ids)
    with iw.substituted(gpt, identity(site="L1.resid_post")):
        torch.testing.assert_close(gpt.logits(ids), before)
    with iw.substituted(gpt, sae):
        changed = gpt.logits(ids)
    assert torch.equal(changed[:, 0], before[:, 0])
    assert not torch.allclose(changed[:, 1], before[:, 1])
    coder = random_sae(site="L1.mlp_in", site_out="L1.mlp_out", center=False)
    with iw.substituted(gpt, coder):
        assert not torch.allclose(gpt.logits(ids)[:, 1], before[:, 1])
    with pytest.raises(RuntimeError, match="cut"), iw.substituted(gpt, sae):
        raise RuntimeError("cut")
    assert hooks_on(gpt.hf) == 0
    assert torch.equal(gpt.logits(ids), before)
    steps = iw.iter_evaluate_sae(gpt, sae, TEXTS)
    next(steps)
    steps.close()
    assert hooks_on(gpt.hf) == 0


IN_TURN = "gpt2 gpt_neo gpt_neox-sequential bloom falcon-rw opt llama gemma2 olmo2 stablelm".split()


@pytest.mark.parametrize("family", IN_TURN)
def test_the_stream_between_attention_and_mlp_is_replaced(family):
    model = make(family, torch.float32)
    ids = model.ids(TEXTS[0])[None]
    before, mid = model.logits(ids), iw.cache(model, TEXTS[0], ["L1.resid_mid"])["L1.resid_mid"]
    with iw.substituted(model, identity(site="L1.resid_mid")):
        assert torch.equal(model.logits(ids), before)
    sae = random_sae(site="L1.resid_mid")
    wanted = torch.cat([mid[:1], sae(mid[1:]).float()])
    with iw.substituted(model, sae):
        cache = iw.cache(model, TEXTS[0], ["L1.resid_mid", "L1.mlp_out", "L1.resid_post"])
    torch.testing.assert_close(cache["L1.resid_mid"], wanted, rtol=1e-5, atol=1e-5)
    total = cache["L1.resid_mid"] + cache["L1.mlp_out"]
    torch.testing.assert_close(cache["L1.resid_post"], total, rtol=1e-5, atol=1e-5)
    # from where the sum begins to where it ends: two looks and an edit
    for site in ("L1.resid_pre", "L1.attn_out"):
        coder = random_sae(site=site, site_out="L1.resid_mid", center=False)
        with iw.substituted(model, coder):
            found = iw.cache(model, TEXTS[0], ["L1.resid_mid"])["L1.resid_mid"]
        x = iw.cache(model, TEXTS[0], [site])[site]
        torch.testing.assert_close(found[1:], coder(x[1:]).float(), rtol=1e-5, atol=1e-5)


def test_where_attention_and_mlp_are_parallel_there_is_nothing_between(gpt):
    neox = make("gpt_neox")
    with pytest.raises(ValueError, match=r"read the same stream.*L1\.resid_pre: pass it as site="):
        iw.substituted(neox, random_sae(site="L1.resid_mid"))
    with pytest.raises(ValueError, match=r"L0\.mlp_out comes before L2\.mlp_in.*site_out="):
        iw.substituted(gpt, random_sae(site="L2.mlp_in", site_out="L0.mlp_out", center=False))
