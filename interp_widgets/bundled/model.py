"""The shape of the course model: a stock GPT-Neo whose first two layers see one token back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import GPTNeoConfig, GPTNeoForCausalLM
from transformers.models.gpt_neo.modeling_gpt_neo import GPTNeoSelfAttention

from interp_widgets.bundled.tokenizer import CONTEXT

LOCAL_LAYERS = 2  # they join the pieces of a name, and cannot copy it to the end of the prompt
WINDOW = 2  # a local layer sees its own token and the one before
HEADS = 4


def config(vocab_size: int, layers: int = 8, width: int = 128, mlp: int = 512) -> GPTNeoConfig:
    """Configuration of the course model, or of a smaller one for tests.

    Args:
        vocab_size: Number of tokens.
        layers: Number of blocks; the first ``LOCAL_LAYERS`` attend locally.
        width: Residual width.
        mlp: Neurons of each MLP.
    """
    return GPTNeoConfig(
        vocab_size=vocab_size,
        max_position_embeddings=CONTEXT,
        hidden_size=width,
        intermediate_size=mlp,
        num_layers=layers,
        num_heads=HEADS,
        attention_types=[[["local"], LOCAL_LAYERS], [["global"], layers - LOCAL_LAYERS]],
        window_size=WINDOW,
        activation_function="gelu_pytorch_tanh",
        resid_dropout=0.0,
        embed_dropout=0.0,
        attention_dropout=0.0,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
        use_cache=False,
    )


def logit_scale(model: GPTNeoForCausalLM) -> float:
    """Factor on q and k and on their steps: GPT-Neo does not divide logits by sqrt(d_head)."""
    return (model.config.hidden_size // model.config.num_heads) ** -0.25


def build(shape: GPTNeoConfig, seed: int) -> GPTNeoForCausalLM:
    """A freshly initialised model: small residual writes, and attention logits of ordinary size."""
    torch.manual_seed(seed)
    model = GPTNeoForCausalLM(shape)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("q_proj.weight", "k_proj.weight")):
                parameter.mul_(logit_scale(model))
            if name.endswith(("out_proj.weight", "c_proj.weight")):
                parameter.mul_(0.25)
    return model


def _local(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, None]:
    """Attention to oneself and the token before: a softmax over two logits is a sigmoid.

    Args:
        q: Queries [batch, head, pos, d_head].
        k: Keys, of the same shape.
        v: Values, of the same shape.
        mask: Unused; training rows have no padding.
    """
    k_before, v_before = F.pad(k, (0, 0, 1, -1)), F.pad(v, (0, 0, 1, -1))
    share = torch.sigmoid((q * (k_before - k)).sum(-1, keepdim=True))
    share = torch.cat([torch.zeros_like(share[:, :, :1]), share[:, :, 1:]], dim=2)
    return v + share * (v_before - v), None


def _global(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, None]:
    """Causal attention without 1/sqrt(d_head), fused. Arguments as for :func:`_local`."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1.0), None


@contextmanager
def fused_attention(model: GPTNeoForCausalLM) -> Iterator[None]:
    """Inside the block, quicker attention kernels of the same function; then the stock ones."""
    layers = [module for module in model.modules() if isinstance(module, GPTNeoSelfAttention)]
    for layer in layers:
        layer.__dict__["_attn"] = _local if layer.attention_type == "local" else _global
    try:
        yield
    finally:
        for layer in layers:
            del layer.__dict__["_attn"]
