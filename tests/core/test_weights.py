"""Weights of heads, neurons and tokens, and norms held still: parts that sum up (M3, M5)."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import interp_widgets as iw
from interp_widgets.core.hooks import captured
from interp_widgets.core.norms import frozen
from interp_widgets.core.sites import Site
from interp_widgets.core.weights import (
    head_input,
    head_output,
    head_writes,
    neuron_output,
    neuron_writes,
    token_directions,
)
from tests.core.conftest import PROMPT, make

KINDS = ("q", "k", "v", "z", "pattern", "attn_out", "mlp_post", "mlp_out", "resid_pre")


def close(a: torch.Tensor, b: torch.Tensor, atol: float = 2e-6) -> None:
    torch.testing.assert_close(a.double(), b.double(), atol=atol, rtol=1e-6)


@pytest.fixture(scope="module")
def seen(model):
    """Activations of one prompt, what each layer's value projection was given, and the logits."""
    given = []
    value = [model.place(Site(layer, "v")).module for layer in range(model.n_layers)]
    handles = [m.register_forward_pre_hook(lambda _, args: given.append(args[0])) for m in value]
    with captured(model, ["final", *(f"L*.{kind}" for kind in KINDS)]) as found:
        logits = model.logits(model.ids(PROMPT)[None])
    for handle in handles:
        handle.remove()
    return {str(site): tensor for site, tensor in found.items()} | {"given": given, "own": logits}


def test_heads_read_with_their_weights(model, seen):
    for layer in range(model.n_layers):
        for kind in "qkv":
            weight, bias = head_input(model, layer, kind)
            n = model.n_heads if kind == "q" else model.n_kv_heads
            assert weight.shape == (n, model.d_model, model.d_head)
            read = torch.einsum("bpd,hde->bphe", seen["given"][layer], weight) + bias
            close(read, seen[f"L{layer}.{kind}"])
    with pytest.raises(ValueError, match=r"'q', 'k' and 'v'; got 'z'"):
        head_input(model, 0, "z")


def test_m3_pattern_values_and_output_weights_make_what_attention_writes(model, seen):
    for layer in range(model.n_layers):
        weight, bias = head_input(model, layer, "v")
        v = torch.einsum("bpd,hde->bphe", seen["given"][layer], weight) + bias
        v = v.repeat_interleave(model.n_heads // model.n_kv_heads, dim=2)
        z = torch.einsum("bhds,bshe->bdhe", seen[f"L{layer}.pattern"], v)
        w_o, b_o = head_output(model, layer)
        assert w_o.shape == (model.n_heads, model.d_head, model.d_model)
        out = torch.einsum("bphe,hed->bpd", z, w_o) + b_o
        norm = model.architecture.attn_post_norm
        if norm is not None:
            out = model.layers[layer].get_submodule(norm)(out).detach()
        close(out, seen[f"L{layer}.attn_out"])


def test_m3_heads_sum_to_what_attention_writes(model, seen):
    for layer in range(model.n_layers):
        writes, rest = head_writes(model, layer, seen[f"L{layer}.z"])
        assert writes.shape[2:] == (model.n_heads, model.d_model)
        assert rest.shape == seen[f"L{layer}.attn_out"].shape
        close(writes.sum(-2) + rest, seen[f"L{layer}.attn_out"])


def test_m5_neurons_sum_to_what_the_mlp_writes(model, seen):
    for layer in range(model.n_layers):
        writes, rest = neuron_writes(model, layer, seen[f"L{layer}.mlp_post"])
        assert writes.shape[2:] == (model.d_mlp, model.d_model)
        close(writes.sum(-2) + rest, seen[f"L{layer}.mlp_out"])
        assert neuron_output(model, layer)[0].shape == (model.d_mlp, model.d_model)


def test_m5_parts_of_the_stream_sum_to_the_logits(model, seen):
    """Through the frozen final norm: embedding, attentions, MLPs and biases, before a soft-cap."""
    final, tokens = seen["final"], [3, 257, 260]
    norm = frozen(model.module(model.architecture.final_norm), final)
    directions, biases = token_directions(model, tokens)
    parts = [seen["L0.resid_pre"]]
    parts += [
        seen[f"L{n}.{kind}"] for n in range(model.n_layers) for kind in ("attn_out", "mlp_out")
    ]
    logits = sum(norm(part) @ directions.T for part in parts) + norm.bias @ directions.T + biases
    if model.logit_softcap:
        logits = torch.tanh(logits / model.logit_softcap) * model.logit_softcap
    close(logits, seen["own"][..., tokens])


@pytest.mark.parametrize("size", [32, 7])
def test_a_frozen_norm_is_linear_and_the_norm_itself(size):
    torch.manual_seed(0)
    x, y = torch.randn(2, 5, size, dtype=torch.float64) * 3 + 1
    for norm in (
        nn.LayerNorm(size).double(),
        nn.LayerNorm(size, elementwise_affine=False),
        nn.RMSNorm(size, eps=1e-5).double(),
    ):
        for parameter in norm.parameters():
            nn.init.normal_(parameter, 1.0)
        held = frozen(norm, x)
        assert held.centred == isinstance(norm, nn.LayerNorm)
        close(held(x) + held.bias, norm(x), atol=1e-9)
        close(held(x - y) + held(y), held(x), atol=1e-12)
        assert (held(y) + held.bias - norm(y)).abs().max() > 1e-2  # y has statistics of its own


def test_what_is_no_norm_is_refused():
    norm = nn.Sequential(nn.Linear(4, 4), nn.Tanh()).double()
    with pytest.raises(ValueError, match="Sequential is neither a LayerNorm nor an RMSNorm"):
        frozen(norm, torch.randn(3, 4, dtype=torch.float64))


def test_quantised_weights_are_refused():
    model = make("llama", torch.float32)
    packed = torch.zeros(32, 32, dtype=torch.int8)
    model.layers[1].self_attn.o_proj.weight = nn.Parameter(packed, requires_grad=False)
    with pytest.raises(ValueError, match=r"Linear are quantised \(torch\.int8\).*bfloat16"):
        head_output(model, 1)


class Adapted(nn.Linear):
    """A linear module with an adapter beside its weight, which keeps its name."""

    def __init__(self, inside: nn.Linear) -> None:
        super().__init__(inside.in_features, inside.out_features, bias=False)
        self.weight = inside.weight
        self.extra = nn.Parameter(0.1 * inside.weight.detach().flip(0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) + x @ self.extra.T


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_adapter_beside_the_weights_is_refused(dtype):
    model = make("llama", dtype)
    attention = model.layers[1].self_attn
    attention.o_proj = Adapted(attention.o_proj).eval()
    again = iw.load(model.hf, tokenizer=model.tokenizer)  # everything that runs the module is right
    for call in (lambda: head_output(again, 1), lambda: iw.logit_attribution(again, PROMPT, 5)):
        with pytest.raises(ValueError, match=r"Adapted gives something else.*unload adapters"):
            call()
    attention.v_proj.to(torch.float8_e4m3fn)
    with pytest.raises(ValueError, match=r"quantised \(torch\.float8_e4m3fn\)"):
        head_input(again, 1, "v")


def test_weights_are_themselves_under_autocast():
    """Which makes modules compute in half precision: no adapter, though it gives other numbers."""
    model = make("gpt2", torch.float32)
    wanted = head_output(model, 1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = head_output(model, 1)
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(got, wanted, strict=True))


def test_weights_of_a_half_model_come_in_float32():
    model = make("gpt2", torch.bfloat16)
    for weight, bias in (
        head_input(model, 0, "v"),
        head_output(model, 1),
        neuron_output(model, 2),
        token_directions(model, [1, 2]),
    ):
        assert weight.dtype == bias.dtype == torch.float32
        assert not weight.requires_grad
