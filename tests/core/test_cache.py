"""The cache and the names of places."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core import cache as cache_module
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.sites import HEAD_KINDS, LAYER_KINDS, Site, expand, house_name
from tests.core.conftest import PROMPT

ALIASES = {
    "blocks.1.hook_resid_pre": "L1.resid_pre",
    "blocks.1.hook_resid_mid": "L1.resid_mid",
    "blocks.1.hook_resid_post": "L1.resid_post",
    "blocks.1.hook_attn_out": "L1.attn_out",
    "blocks.1.hook_mlp_out": "L1.mlp_out",
    "blocks.1.attn.hook_q": "L1.q",
    "blocks.1.attn.hook_k": "L1.k",
    "blocks.1.attn.hook_v": "L1.v",
    "blocks.1.attn.hook_z": "L1.z",
    "blocks.1.attn.hook_pattern": "L1.pattern",
    "blocks.1.mlp.hook_post": "L1.mlp_post",
}


def test_one_prompt_has_no_batch_axis(gpt2):
    cache = iw.cache(gpt2, PROMPT)
    assert list(cache) == ["L0.resid_pre", "L1.resid_pre", "L2.resid_pre"]
    stream = cache["L2.resid_pre"]
    assert stream.shape == (6, 32)
    assert (stream.dtype, stream.device.type, stream.requires_grad) == (torch.float32, "cpu", False)
    with torch.no_grad():
        hidden = gpt2.hf(gpt2.ids(PROMPT)[None], output_hidden_states=True).hidden_states
    torch.testing.assert_close(stream, hidden[2][0])


def test_several_prompts_are_filled_up_with_nan(model):
    prompts = [PROMPT, "the", "a city in Rome and", [3, 4]]
    sites = ["L*.resid_post", "L1.pattern", "L1.z.2", "L1.mlp_post.5", "final"]
    cache = iw.cache(model, prompts, sites)
    assert cache["L1.resid_post"].shape == (4, 6, 32)
    assert cache["L1.pattern"].shape == (4, 4, 6, 6)
    assert cache["L1.z.2"].shape == (4, 6, model.d_head)
    assert cache["L1.mlp_post.5"].shape == (4, 6)
    for i, prompt in enumerate(prompts):
        alone, n = iw.cache(model, prompt, sites), len(model.ids(prompt))
        for name in cache:
            index = (i, slice(None), slice(n), slice(n)) if "pattern" in name else (i, slice(n))
            torch.testing.assert_close(cache[name][index], alone[name], atol=1e-5, rtol=1e-5)
        assert cache["L1.resid_post"][i, n:].isnan().all()
        assert cache["L1.pattern"][i, :, n:].isnan().all()
        assert len(cache.tokens[i]) == n


def test_batches_do_not_matter(gpt2, monkeypatch):
    prompts = ["the city", "a state", "in Paris", "and Rome", "the"]
    whole = iw.cache(gpt2, prompts, "L2.resid_post")["L2.resid_post"]
    sizes = []
    genuine = LanguageModel.run

    def measured(self, ids):
        sizes.append(tuple(ids.shape))
        genuine(self, ids)

    monkeypatch.setattr(LanguageModel, "run", measured)
    monkeypatch.setattr(cache_module, "_TOKENS_A_BATCH", 6)
    pieces = iw.cache(gpt2, prompts, "L2.resid_post")["L2.resid_post"]
    assert sizes == [(2, 3), (2, 3), (1, 2)]
    torch.testing.assert_close(pieces, whole, equal_nan=True)


def test_the_unembedding_is_left_out(gpt2, monkeypatch):
    head = gpt2.hf.get_output_embeddings()
    monkeypatch.setattr(head, "forward", lambda _: pytest.fail("logits were made"))
    iw.cache(gpt2, PROMPT, ["L*.pattern", "final"])


def test_transformer_lens_names_are_accepted(gpt2):
    cache = iw.cache(gpt2, PROMPT, list(ALIASES))
    assert list(cache) == list(ALIASES.values())
    for alias, name in ALIASES.items():
        assert cache[alias] is cache[name]
        assert house_name(alias) == name


def test_the_record(gpt2):
    cache = iw.cache(gpt2, [PROMPT, "the"], ["L*.pattern", "L0.mlp_post.3"])
    assert repr(cache) == "ActivationCache(4 places, 2 prompts, GPT2LMHeadModel)"
    assert "4 places for 2 prompt(s) of up to 6 tokens" in cache.describe()
    frame = cache.to_frame()
    assert list(frame.columns) == ["prompt", "place", "pos", "token", "norm"]
    assert len(frame) == 4 * (6 + 2)
    assert "L1.pattern" in cache
    assert "L1.z" not in cache
    assert "blocks.1.attn.hook_pattern" in cache
    assert "hook_embed" not in cache
    assert 3 not in cache
    with pytest.raises(KeyError, match=r"'L1.z' was not cached; cached are L0.pattern"):
        cache["L1.z"]


def test_norms_in_the_frame(gpt2):
    cache = iw.cache(gpt2, [PROMPT, "the"], ["L1.resid_post", "L1.pattern"])
    columns = zip(*cache.to_frame().to_dict("list").values(), strict=True)
    norms = {(prompt, place, pos): norm for prompt, place, pos, _, norm in columns}
    stream, pattern = cache["L1.resid_post"], cache["L1.pattern"]
    assert norms[0, "L1.resid_post", 3] == pytest.approx(stream[0, 3].norm().item())
    assert norms[1, "L1.resid_post", 1] == pytest.approx(stream[1, 1].norm().item())
    assert norms[0, "L1.pattern", 3] == pytest.approx(pattern[0, :, 3].norm().item(), rel=1e-5)
    short = pattern[1, :, 1, :2].norm().item()  # of the two keys that this prompt has
    assert norms[1, "L1.pattern", 1] == pytest.approx(short, rel=1e-5)


@pytest.mark.parametrize(
    ("prompts", "sites", "error", "message"),
    [
        ([], "embed", ValueError, "no prompt was given"),
        (None, "embed", TypeError, "prompts are texts or token ids; got NoneType"),
        (5, "embed", TypeError, "got int"),
        (PROMPT, [], ValueError, "no place was asked for"),
        (PROMPT, "L3.resid_pre", ValueError, r"the model has 3 layers, L0 to L2"),
        (PROMPT, "L1.resid", ValueError, r"'L1\.resid' is not a place.*resid_pre"),
        (PROMPT, "L1.resid_pre.2", ValueError, "has no heads or neurons"),
        (PROMPT, "L1.z.4", ValueError, r"L1\.z\.4: the model has 4 heads"),
        (PROMPT, "L1.mlp_post.128", ValueError, "128 neurons"),
        (PROMPT, "resid_pre", ValueError, "is not a place"),
        (PROMPT, "L-1.z", ValueError, "is not a place"),
        (PROMPT, "hook_embed", ValueError, "without positions"),
        (PROMPT, "blocks.1.ln1.hook_scale", ValueError, "no place here means"),
        (PROMPT, None, TypeError, "places are named by strings; got NoneType"),
        (PROMPT, [3], TypeError, "named by a string.*got int"),
        (["the", ""], "embed", None, ""),
        (["the", " the" * 70], "embed", ValueError, "at most 64"),
    ],
)
def test_bad_input_is_named_before_anything_runs(gpt2, monkeypatch, prompts, sites, error, message):
    if error is None:  # fine: an empty prompt is its BOS
        assert iw.cache(gpt2, prompts, sites)["embed"].shape == (2, 2, 32)
        return
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    with pytest.raises(error, match=message):
        iw.cache(gpt2, prompts, sites)


def test_names_and_sites_are_one():
    for kind in LAYER_KINDS:
        (site,) = expand(f"L2.{kind}", 3)
        assert site == Site(2, kind)
        assert str(site) == f"L2.{kind}"
    for kind in (*HEAD_KINDS, "mlp_post"):
        assert str(Site(1, kind, 5)) == f"L1.{kind}.5"
    assert [str(s) for s in expand(["L*.z", "embed", "L1.z"], 3)] == [
        "L0.z",
        "L1.z",
        "L2.z",
        "embed",
    ]


@pytest.mark.parametrize(
    "parts", [(None, "z"), (0, "embed"), (0, "resid"), (-1, "z"), (0, "z", -1), (0, "resid_pre", 1)]
)
def test_a_site_that_is_no_place_cannot_be_made(parts):
    with pytest.raises(ValueError, match="place"):
        Site(*parts)
