"""Attention patterns against what makes them on every row, value-weighted by hand, long prompts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.hooks import captured
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.weights import head_output
from tests.core import tiny
from tests.core.conftest import FAMILIES, PROMPT, hooks_on, make
from tests.core.test_result import same


@pytest.fixture(scope="module")
def record(model):
    return iw.attention(model, PROMPT)


def test_m3_patterns_are_distributions_over_the_past(model, record):
    n = len(model.ids(PROMPT))
    assert record.patterns.shape == (3, 4, n, n)
    torch.testing.assert_close(record.patterns.sum(-1), torch.ones(3, 4, n), atol=1e-6, rtol=0)
    assert (record.patterns.triu(1) == 0).all()
    assert (record.patterns >= 0).all()
    assert record.check < 1e-6


def test_m3_patterns_values_and_output_weights_make_what_attention_writes(model, record):
    """And the value-weighted pattern is the length of each of the vectors that are summed."""
    with captured(model, ["L*.v", "L*.attn_out"]) as found:
        model.run(model.ids(PROMPT)[None])
    seen = {str(site): tensor[0].double().cpu() for site, tensor in found.items()}
    for layer in range(3):
        weight, bias = (x.double().cpu() for x in head_output(model, layer))
        v = seen[f"L{layer}.v"].repeat_interleave(4 // model.n_kv_heads, dim=1)
        each = torch.einsum("hds,she,hem->hdsm", record.patterns[layer].double(), v, weight)
        path = model.architecture.attn_post_norm
        if path is None:
            torch.testing.assert_close(
                each.sum((0, 2)) + bias, seen[f"L{layer}.attn_out"], atol=1e-5, rtol=1e-5
            )
        else:  # Gemma-2, OLMo-2: an RMSNorm of the sum, whose scale all parts share
            norm: Any = model.layers[layer].get_submodule(path)
            gain = norm.get_parameter("weight").detach().cpu().double()
            gain = gain + 1 if "gemma" in model.architecture.model_type else gain
            eps = getattr(norm, "eps", None) or norm.variance_epsilon
            rms = ((each.sum((0, 2)) + bias).square().mean(-1) + eps).sqrt()
            each = each * gain / rms[:, None, None]
            torch.testing.assert_close(
                each.sum((0, 2)), seen[f"L{layer}.attn_out"], atol=1e-5, rtol=1e-5
            )
        got = record.weighted(layer).double()
        torch.testing.assert_close(got, each.norm(dim=-1), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(record.weighted(layer, 2), record.weighted(layer)[2])


@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen3", "gpt_neox"])
def test_sdpa_shows_what_eager_shows(family):
    hf = tiny.hf_model(family, torch.float64)
    assert hf.config._attn_implementation == "sdpa"
    sdpa = iw.attention(iw.load(hf, tokenizer=tiny.tokenizer()), PROMPT)
    eager = iw.attention(make(family, attn_implementation="eager"), PROMPT)
    torch.testing.assert_close(sdpa.patterns, eager.patterns, atol=1e-6, rtol=0)
    assert hf.config._attn_implementation == "sdpa"


def test_600_tokens():
    model = make("gpt2", torch.float32, n_positions=640)
    prompt = [i % 200 + 3 for i in range(600)]
    record = iw.attention(model, prompt)
    assert record.patterns.shape == (3, 4, 600, 600)
    assert record.check < 1e-5
    assert record.value_norms.shape == (3, 4, 600)
    assert len(record.to_frame(layer=1, head=2)) == 600 * 601 // 2


def test_the_record(gpt2, tmp_path):
    record = iw.attention(gpt2, PROMPT)
    assert repr(record) == "Attention(3 layers, 4 heads, 6 tokens, GPT2LMHeadModel)"
    assert "from ' is' heads look most at" in record.describe()
    frame = record.to_frame()
    assert list(frame.columns) == [
        *("layer", "head", "dst", "src", "dst_token", "src_token", "weight", "weighted"),
    ]
    assert len(frame) == 3 * 4 * 6 * 7 // 2
    columns = zip(*frame.to_dict("list").values(), strict=True)
    for layer, head, dst, src, to, seen, weight, weighted in columns:
        assert weight == record.patterns[layer, head, dst, src]
        assert weighted == record.weighted(layer, head)[dst, src]
        assert (to, seen) == (record.tokens[dst], record.tokens[src])
    for tensor in (record.patterns, record.value_norms, record.scales):
        assert (tensor.dtype, tensor.device.type) == (torch.float32, "cpu")
        assert not tensor.requires_grad
    one = iw.attention(gpt2, [4])
    assert one.describe().endswith("the only one.")
    for each in (record, one):
        same(iw.Result.load(each.save(tmp_path / "r.safetensors")), each)


@pytest.mark.parametrize(
    ("prompt", "error", "message"),
    [
        ([], ValueError, "at least one token id"),
        (" the" * 70, ValueError, "at most 64"),
        ([999], ValueError, "token ids go from 0 to 272"),
        (None, TypeError, "got NoneType"),
    ],
)
def test_bad_input_is_named_before_anything_runs(gpt2, monkeypatch, prompt, error, message):
    monkeypatch.setattr(LanguageModel, "run", lambda *_: pytest.fail("the model ran"))
    with pytest.raises(error, match=message):
        iw.attention(gpt2, prompt)


def test_heads_that_are_not_there(gpt2):
    record = iw.attention(gpt2, PROMPT)
    with pytest.raises(ValueError, match=r"layer goes from 0 to 2 in this record; got 3"):
        record.weighted(3)
    with pytest.raises(ValueError, match=r"head goes from 0 to 3 in this record; got -1"):
        record.weighted(0, -1)
    with pytest.raises(ValueError, match=r"layer goes from 0 to 2"):
        record.to_frame(layer=7)
    for layer in (0.5, "0", True, None):
        with pytest.raises(TypeError, match=r"layer is a whole number from 0 to 2; got"):
            record.weighted(layer)
    for head in (0.5, "0", True):
        with pytest.raises(TypeError, match=r"head is a whole number from 0 to 3; got"):
            record.plot(layer=0, head=head)
    torch.testing.assert_close(record.weighted(np.int64(1), np.int64(2)), record.weighted(1, 2))


@pytest.mark.parametrize("function", [iw.attention, iw.head_scores])
def test_bad_input_leaves_the_model_as_it_was(function):
    model = make("gpt2", torch.float32)
    before = vars(model.hf.config).copy(), torch.get_rng_state(), model.hf(model.ids(PROMPT)[None])
    for prompt in ([], " the" * 70, [999], 3.5, [1.5]):
        with pytest.raises((TypeError, ValueError)):
            function(model, prompt)
    assert hooks_on(model.hf) == 0
    assert vars(model.hf.config) == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert torch.equal(model.hf(model.ids(PROMPT)[None]).logits, before[2].logits)
    assert not any(p.grad is not None for p in model.hf.parameters())


def test_an_error_in_the_run_leaves_no_hook(gpt2, monkeypatch):
    monkeypatch.setattr(gpt2.layers[2].mlp, "forward", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        iw.attention(gpt2, PROMPT)
    assert hooks_on(gpt2.hf) == 0


@pytest.mark.gpu
@pytest.mark.parametrize("family", FAMILIES)
def test_a_gpu_gives_the_same(family):
    cpu = iw.attention(make(family, torch.float32), PROMPT)
    got = iw.attention(iw.load(tiny.hf_model(family).cuda(), tokenizer=tiny.tokenizer()), PROMPT)
    torch.testing.assert_close(got.patterns, cpu.patterns, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(got.weighted(1), cpu.weighted(1), atol=1e-4, rtol=1e-4)
