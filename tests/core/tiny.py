"""Tiny random models of every family in the architecture table, and a tokenizer for them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

WORDS = (
    "the",
    "capital",
    "of",
    "Texas",
    "is",
    "Austin",
    "Paris",
    "Rome",
    "in",
    "city",
    "Eiffel",
    "Tower",
    "a",
    "state",
    "and",
    "Dallas",
)
CONTEXT = 64


@lru_cache(maxsize=2)
def tokenizer(bos: bool = True) -> PreTrainedTokenizerFast:
    """Byte-level: a word of WORDS with its leading space is one token, the rest falls to bytes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = ["<|endoftext|>", *alphabet, *(f"Ġ{word}" for word in WORDS)]
    backend = Tokenizer(
        models.BPE({piece: i for i, piece in enumerate(pieces)}, [], ignore_merges=True)
    )
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    backend.decoder = decoders.ByteLevel()
    if bos:
        backend.post_processor = processors.TemplateProcessing(
            single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
        )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token="<|endoftext|>", eos_token="<|endoftext|>"
    )
    return fast


def _sizes(**changes: Any) -> dict[str, Any]:
    """Hugging Face's standard names; families with their own get them from ``changes``."""
    base = {
        "vocab_size": len(tokenizer()),
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": CONTEXT,
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": 0,
    }
    return base | changes


CONFIGS: dict[str, dict[str, Any]] = {
    "gpt2": {
        "vocab_size": len(tokenizer()),
        "n_embd": 32,
        "n_layer": 3,
        "n_head": 4,
        "n_positions": CONTEXT,
        "bos_token_id": 0,
        "eos_token_id": 0,
    },
    "gpt_neo": {
        "vocab_size": len(tokenizer()),
        "hidden_size": 32,
        "num_layers": 3,
        "num_heads": 4,
        "max_position_embeddings": CONTEXT,
        "attention_types": [[["local"], 1], [["global"], 2]],
        "window_size": 2,
        "bos_token_id": 0,
        "eos_token_id": 0,
    },
    "gpt_neox": _sizes(rotary_pct=0.5),
    "llama": _sizes(num_key_value_heads=2),
    "mistral": _sizes(num_key_value_heads=2, sliding_window=None),
    "qwen3": _sizes(num_key_value_heads=2, head_dim=16),
    "gemma2": _sizes(
        num_key_value_heads=2, head_dim=16, query_pre_attn_scalar=16, final_logit_softcapping=5.0
    ),
    "phi3": _sizes(num_key_value_heads=2),
    "gptj": {
        "vocab_size": len(tokenizer()),
        "n_embd": 32,
        "n_layer": 3,
        "n_head": 4,
        "n_positions": CONTEXT,
        "rotary_dim": 4,
        "n_inner": 48,
        "bos_token_id": 0,
        "eos_token_id": 0,
    },
    "opt": _sizes(ffn_dim=48, word_embed_proj_dim=32),
    "bloom": {
        "vocab_size": len(tokenizer()),
        "hidden_size": 32,
        "n_layer": 3,
        "n_head": 4,
        "bos_token_id": 0,
        "eos_token_id": 0,
    },
    "qwen2": _sizes(num_key_value_heads=2),
    "starcoder2": _sizes(num_key_value_heads=2),
    "gemma": _sizes(num_key_value_heads=2, head_dim=16),
    "gemma3_text": _sizes(
        num_key_value_heads=2,
        head_dim=16,
        sliding_window=4,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
    ),
    "gemma3": {
        "text_config": _sizes(num_key_value_heads=2, head_dim=16, sliding_window=64),
        "vision_config": {
            "model_type": "siglip_vision_model",
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "image_size": 28,
            "patch_size": 14,
        },
        "mm_tokens_per_image": 4,
    },
    "phi": _sizes(num_key_value_heads=2),
    "olmo2": _sizes(num_key_value_heads=2),
    "falcon": _sizes(ffn_hidden_size=48, new_decoder_architecture=True, num_kv_heads=2),
    "stablelm": _sizes(num_key_value_heads=2, use_qkv_bias=True),
}


# What a row also has to describe: name -> family, and what its configuration says instead.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "falcon-7b": ("falcon", {"new_decoder_architecture": False, "num_kv_heads": None}),
    "falcon-11b": ("falcon", {"num_ln_in_parallel_attn": 1}),
    "falcon-rw": (
        "falcon",
        {
            "new_decoder_architecture": False,
            "num_kv_heads": None,
            "multi_query": False,
            "parallel_attn": False,
            "alibi": True,
            "bias": True,
        },
    ),
    "opt-bare": ("opt", {"enable_bias": False, "layer_norm_elementwise_affine": False}),
    "gpt_neox-sequential": ("gpt_neox", {"use_parallel_residual": False}),
    "llama-all-heads": ("llama", {"num_key_value_heads": 4}),
    "llama-one-head": ("llama", {"num_key_value_heads": 1, "attention_bias": True}),
    "phi-normed": ("phi", {"qk_layernorm": True}),
    "stablelm-parallel": ("stablelm", {"use_parallel_residual": True, "qk_layernorm": True}),
}
MODELS = [*CONFIGS, *VARIANTS]


def hf_model(name: str, dtype: torch.dtype = torch.float32, seed: int = 0, **changes: Any) -> Any:
    """A random model of `MODELS`, in eval mode, its weights large enough for all to matter."""
    torch.manual_seed(seed)
    family, variant = VARIANTS.get(name, (name, {}))
    config = AutoConfig.for_model(family, **(CONFIGS[family] | variant | changes))
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            # Norm weights off 1 and biases off 0, so that a forgotten one shows.
            parameter.add_(torch.randn_like(parameter) * (0.1 if parameter.ndim == 1 else 0.15))
    return model.to(dtype).eval()
