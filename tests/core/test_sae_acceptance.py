"""Whether a dictionary fits a model: numbers by hand, and what is said where it does not."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.formats.acceptance import accept
from interp_widgets.core.dictionary.sae import SAE
from tests.core import tiny
from tests.core.conftest import make

TEXTS = [" ".join(tiny.WORDS[i:] + tiny.WORDS[: i // 2]) for i in range(len(tiny.WORDS))]
SITE = "L1.attn_out"


def rows_of(model, site):
    """Activations of all texts without their first positions, ``[token, d]``."""
    return torch.cat([iw.cache(model, text, [site])[site][1:] for text in TEXTS])


def principal(x, k=12, site="", **more):
    """The dictionary of the k largest principal components of ``x``, each with both signs."""
    directions = torch.linalg.svd(x - x.mean(0)).Vh[:k]
    W_dec = torch.cat([directions, -directions])
    return SAE(W_dec.T, torch.zeros(2 * k), W_dec, x.mean(0), site=site, **more)


@pytest.fixture(scope="module")
def model():
    return make("gpt2", torch.float32)


def test_the_numbers_are_those_of_the_definitions(device):
    model = iw.load(tiny.hf_model("gpt2").to(device), tokenizer=tiny.tokenizer())
    x = rows_of(model, SITE)
    sae = principal(x, site=SITE)
    found = accept(model, sae, TEXTS)
    error = (x - sae(x)).square().sum()
    assert found.fve == pytest.approx(1 - float(error / (x - x.mean(0)).square().sum()), abs=1e-5)
    assert found.fve > 0.8
    assert found.l0 == pytest.approx(12)
    assert found.norm == pytest.approx(x.norm(dim=-1).mean().item(), rel=1e-5)
    assert (found.tokens, found.site, found.site_out) == (len(x), SITE, SITE)
    assert found.ok
    said = found.describe()
    assert f"On {len(x)} tokens (2,000 or more would be less rough) at L1.attn_out it exp" in said
    assert "12.0 latents a token" in said


def test_the_wrong_place_is_named_and_the_right_one_found(model):
    sae = principal(rows_of(model, SITE), site="L1.mlp_out")
    found = accept(model, sae, TEXTS)
    assert found.fve < 0.5
    assert found.warnings == (
        f"It explains {found.fve:.2f} of the variance at L1.mlp_out, less than 0.5: of the places "
        f"nearby it explains most at L1.attn_out: {accept(model, sae, TEXTS, SITE).fve:.2f}.",
    )
    noise = torch.randn(32, 32, generator=torch.Generator().manual_seed(0)) * 9
    nowhere = accept(model, replace(sae, W_dec=noise[:24], site=SITE), TEXTS)
    assert "another place, another normalisation" in nowhere.warnings[0]


def test_a_stream_that_its_makers_centred_is_recognised():
    hf = tiny.hf_model("gpt2")
    with torch.no_grad():  # what every norm subtracts again, and TransformerLens beforehand
        hf.transformer.wte.weight += 20 * torch.randn(len(hf.transformer.wte.weight), 1)
    model = iw.load(hf, tokenizer=tiny.tokenizer())
    x = rows_of(model, "L1.resid_pre")
    sae = principal(x - x.mean(-1, keepdim=True), site="L1.resid_pre")
    (said,) = accept(model, sae, TEXTS).warnings
    assert "with each token's mean subtracted (x - x.mean" in said
    assert "explains most at L1.resid_pre, with each" in said


def test_more_latents_than_are_said_to_fire(model):
    sae = principal(rows_of(model, SITE), site=SITE, metadata={"advertised_l0": 5})
    (said,) = accept(model, sae, TEXTS).warnings
    assert said.startswith("12.0 latents fire on a token where 5 are said to")
    assert accept(model, sae, TEXTS, advertised_l0=7).ok


def test_gemma_scopes_transcoders_read_the_norm_before_its_weight():
    model = make("gemma2", torch.float32)
    about = {"hook_name": "blocks.1.ln2.hook_normalized"}
    sae = SAE(
        torch.eye(32),
        torch.zeros(32),
        torch.eye(32),
        torch.zeros(32),
        center=False,
        site_out="L1.mlp_out",
        metadata=about,
    )
    found = accept(model, sae, TEXTS)
    assert (found.site, found.site_out) == ("blocks.1.ln2.hook_normalized", "L1.mlp_out")
    assert found.norm == pytest.approx(32**0.5, rel=1e-3)  # root mean square 1
    x = rows_of(model, "L1.resid_mid")
    x = x / x.square().mean(-1, keepdim=True).sqrt()
    y = rows_of(model, "L1.mlp_out")
    wanted = 1 - (y - x.relu()).square().sum() / (y - y.mean(0)).square().sum()
    assert found.fve == pytest.approx(float(wanted), rel=1e-3)


def test_a_loader_that_is_given_a_model_ends_with_the_check(model, tmp_path):
    principal(rows_of(model, SITE), site=SITE).save(tmp_path / "right")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sae = SAE.load(tmp_path / "right", model=model, texts=TEXTS)
    assert sae.metadata["acceptance"]["fve"] > 0.8
    sae.save(tmp_path / "again")
    assert "acceptance" not in SAE.load(tmp_path / "again").metadata
    replace(sae, site="L1.mlp_out").save(tmp_path / "wrong")
    with pytest.warns(UserWarning, match=r"looks wrong.*most at L1\.attn_out: 0\.[89]"):
        SAE.load(tmp_path / "wrong", model=model, texts=TEXTS)
    replace(sae, site="", metadata={"hook_name": "hook_embed"}).save(tmp_path / "open")
    with pytest.warns(UserWarning, match=r"was not checked: its files name hook_embed.*site=…"):
        SAE.load(tmp_path / "open", model=model, texts=TEXTS)
    assert SAE.load(tmp_path / "open", model=model, texts=TEXTS, site=SITE).site == SITE
    with pytest.raises(ValueError, match=r"both, model= and texts="):
        SAE.load(tmp_path / "right", model=model)


def test_what_cannot_be_checked(model):
    sae = principal(rows_of(model, SITE), site=SITE)
    with pytest.raises(TypeError, match="texts are several"):
        accept(model, sae, TEXTS[0])
    for texts in ([], [""]):
        with pytest.raises(ValueError, match=r"no token to look at.*two tokens or more"):
            accept(model, sae, texts)
    with pytest.raises(ValueError, match="does not say where it reads: pass site="):
        accept(model, replace(sae, site=""), TEXTS)
    with pytest.raises(ValueError, match=r"L1\.mlp_post of .* has 128 numbers.*reads 32"):
        accept(model, sae, TEXTS, "L1.mlp_post")
    with pytest.raises(TypeError, match="a dictionary is wanted"):
        accept(model, model, TEXTS)
