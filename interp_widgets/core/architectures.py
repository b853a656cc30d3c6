"""Where each Hugging Face decoder keeps its parts: one row a family.

The core never wraps or copies a model. It asks this table which module of the user's own model
writes, say, ``attn_out``, and puts a hook there. Two rules make one table serve every family:

* ``attn_out`` and ``mlp_out`` are what is *added to the residual stream*. Gemma-2 normalises after
  its blocks, so its row names the post-norms. Then ``resid_pre[l+1] = resid_pre[l] + attn_out[l] +
  mlp_out[l]`` holds for every row, parallel blocks (GPT-NeoX) included.
* A row is a claim, and the claim is checked: `self_check` runs it against the model at load.

To add a family, add a row to `ARCHITECTURES` and a tiny configuration to the tests' table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

QKVLayout = Literal["separate", "blocks", "interleaved"]


@dataclass(frozen=True)
class Architecture:
    """Module paths of one model family. Paths of parts are relative to a decoder layer.

    Attributes:
        model_type: ``config.model_type`` of the family, e.g. ``"gpt2"``.
        layers: path of the list of decoder layers, from the model's root.
        final_norm: path of the norm before the unembedding, from the root.
        attn_out: module whose output attention adds to the residual stream.
        attn_proj: attention's output projection; its input is ``z``.
        resid_mid: module whose input is the stream that the MLP reads (its norm).
        mlp: the MLP module; its input is ``mlp_in``.
        mlp_proj: the MLP's down projection; its input is ``mlp_post``, the neurons.
        mlp_out: module whose output the MLP adds to the residual stream.
        qkv: modules that make queries, keys and values: three, or one fused.
        qkv_layout: how a fused output is cut. ``blocks`` is ``[q | k | v]``; ``interleaved`` is
            ``[q k v]`` head by head (GPT-NeoX). A wrong cut would pass silently, so it is tested.
        attn: the attention module itself.
        pattern_in_output: the attention module always returns its pattern as second output
            (GPT-Neo); otherwise the pattern is taken where transformers computes attention.
    """

    model_type: str
    layers: str
    final_norm: str
    attn: str
    attn_proj: str
    resid_mid: str
    mlp: str
    mlp_proj: str
    attn_out: str
    mlp_out: str
    qkv: tuple[str, ...]
    qkv_layout: QKVLayout = "separate"
    pattern_in_output: bool = False


def _llama_like(model_type: str, **changes: Any) -> Architecture:
    """Llama's layout, which most later families kept; ``changes`` are what a family changed."""
    row: dict[str, Any] = {
        "model_type": model_type,
        "layers": "model.layers",
        "final_norm": "model.norm",
        "attn": "self_attn",
        "attn_proj": "self_attn.o_proj",
        "resid_mid": "post_attention_layernorm",
        "mlp": "mlp",
        "mlp_proj": "mlp.down_proj",
        "attn_out": "self_attn",
        "mlp_out": "mlp",
        "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    }
    return Architecture(**(row | changes))


_ROWS = (
    Architecture(
        model_type="gpt2",
        layers="transformer.h",
        final_norm="transformer.ln_f",
        attn="attn",
        attn_proj="attn.c_proj",
        resid_mid="ln_2",
        mlp="mlp",
        mlp_proj="mlp.c_proj",
        attn_out="attn",
        mlp_out="mlp",
        qkv=("attn.c_attn",),
        qkv_layout="blocks",
    ),
    Architecture(
        model_type="gpt_neo",
        layers="transformer.h",
        final_norm="transformer.ln_f",
        attn="attn",
        attn_proj="attn.attention.out_proj",
        resid_mid="ln_2",
        mlp="mlp",
        mlp_proj="mlp.c_proj",
        attn_out="attn",
        mlp_out="mlp",
        qkv=("attn.attention.q_proj", "attn.attention.k_proj", "attn.attention.v_proj"),
        pattern_in_output=True,
    ),
    Architecture(
        model_type="gpt_neox",
        layers="gpt_neox.layers",
        final_norm="gpt_neox.final_layer_norm",
        attn="attention",
        attn_proj="attention.dense",
        resid_mid="post_attention_layernorm",
        mlp="mlp",
        mlp_proj="mlp.dense_4h_to_h",
        attn_out="attention",
        mlp_out="mlp",
        qkv=("attention.query_key_value",),
        qkv_layout="interleaved",
    ),
    _llama_like("llama"),
    _llama_like("mistral"),
    _llama_like("qwen3"),
    _llama_like("phi3", qkv=("self_attn.qkv_proj",), qkv_layout="blocks"),
    _llama_like(
        "gemma2",
        attn_out="post_attention_layernorm",
        resid_mid="pre_feedforward_layernorm",
        mlp_out="post_feedforward_layernorm",
    ),
)

ARCHITECTURES: dict[str, Architecture] = {row.model_type: row for row in _ROWS}


def architecture_for(config: Any, name: str) -> Architecture:
    """The row for a transformers config; ``name`` is what the model is called in the error.

    Raises:
        TypeError: no row. The message lists the known families and says how to add one.
    """
    model_type = getattr(config, "model_type", None)
    if model_type not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise TypeError(
            f"{name} (model_type {model_type!r}) is not in the architecture table. Known: {known}. "
            "To add it, write one row in interp_widgets/core/architectures.py that says where its "
            "attention, MLP and norms live; the self-check tells whether the row is right "
            "(README, 'Add an architecture in one row')."
        )
    return ARCHITECTURES[model_type]


def architecture_of(hf_model: Any) -> Architecture:
    """The row of a transformers model.

    Raises:
        TypeError: no row for this class, or a model without an unembedding.
    """
    name = type(hf_model).__name__
    row = architecture_for(getattr(hf_model, "config", None), name)
    try:
        head = hf_model.get_output_embeddings()
        hf_model.get_submodule(row.layers)
    except (AttributeError, NotImplementedError):
        head = None
    if head is None:
        raise TypeError(
            f"{name} has no unembedding on its layers at {row.layers!r}, so it makes no logits "
            "here. Load the causal-LM class itself: AutoModelForCausalLM.from_pretrained(...). "
            "Merge or unload adapters first."
        )
    return row
