"""Tiny random models on which answers are judged: real transformers classes, made in milliseconds.

Every weight is drawn anew from a fixed seed, LayerNorm gains and biases too, so that leaving a
normalisation out, or applying it twice, changes the numbers by far more than any tolerance.
"""

from __future__ import annotations

import torch
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoConfig,
    GPTNeoForCausalLM,
    PreTrainedModel,
)


def tiny_gpt_neo() -> PreTrainedModel:
    """Three layers, the first one local: the class of the bundled model."""
    config = GPTNeoConfig(
        vocab_size=29,
        hidden_size=16,
        num_layers=3,
        num_heads=2,
        attention_types=[[["local"], 1], [["global"], 2]],
        window_size=2,
        max_position_embeddings=16,
        bos_token_id=0,
        eos_token_id=0,
    )
    return _drawn(GPTNeoForCausalLM(config), seed=61)


def tiny_gpt2() -> PreTrainedModel:
    """Two layers of GPT-2."""
    config = GPT2Config(
        vocab_size=23,
        n_embd=12,
        n_layer=2,
        n_head=3,
        n_positions=16,
        bos_token_id=0,
        eos_token_id=0,
    )
    return _drawn(GPT2LMHeadModel(config), seed=62)


def _drawn(model: PreTrainedModel, seed: int) -> PreTrainedModel:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            drawn = 0.4 * torch.randn(weight.shape, generator=generator)
            weight.copy_(drawn + 1 if ".ln_" in name and name.endswith("weight") else drawn)
        # The first such call leaves transformers' own hooks on some classes. Have them there
        # already: a hook that appears during a check is then the learner's.
        model.eval()(torch.zeros(1, 1, dtype=torch.long), output_hidden_states=True)
    return model
