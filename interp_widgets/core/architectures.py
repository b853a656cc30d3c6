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

QKVLayout = Literal["separate", "blocks", "grouped"]
PatternFrom = Literal["interface", "output", "request"]


@dataclass(frozen=True)
class Architecture:
    """Module paths of one model family. Paths of parts are relative to a decoder layer.

    Attributes:
        model_type: ``config.model_type`` of the family, e.g. ``"gpt2"``.
        layers: path of the list of decoder layers, from the model's root.
        final_norm: path of the norm before the unembedding, from the root.
        attn: the attention module itself.
        attn_proj: attention's output projection; its input is ``z``.
        attn_out: module whose output is what attention adds to the residual stream: ``attn``, or
            ``attn_proj`` where ``attn`` adds the stream itself (BLOOM), or a norm after it.
        resid_mid: module whose input is the stream that the MLP reads (its norm). Several: the
            first that the layer has.
        mlp: the MLP module, or its first part where there is none (OPT); its input is ``mlp_in``.
        mlp_proj: the MLP's down projection; its input is ``mlp_post``, the neurons.
        mlp_out: module whose output is what the MLP adds to the residual stream.
        qkv: modules that make queries, keys and values: three, or one fused.
        qkv_layout: how a fused output is cut. ``blocks`` is ``[q | k | v]``; ``grouped`` is, for
            each key/value head, its queries, its key, its value (``[q k v]`` head by head where no
            head shares). A wrong cut would pass silently, so it is tested.
        parallel: attention and MLP read the same stream, which ``resid_mid`` then is; or names of
            flags in the config, any of which says so.
        pattern: where a pattern is read: where transformers computes attention (``interface``),
            the second output of the module, which always forms one (``output``), or the same, on
            ``request``.
        learned_positions: what enters layer 0 is a token's embedding plus one for its position.
        flat_mlp: the MLP is given ``[batch · pos, d_model]`` (OPT).
        limits: fields of the config that must have a value, and what is wrong otherwise.
        context: tokens read at once, where the config does not say (BLOOM: what it trained on).
    """

    model_type: str
    layers: str
    final_norm: str
    attn: str
    attn_proj: str
    resid_mid: str | tuple[str, ...]
    mlp: str
    mlp_proj: str
    attn_out: str
    mlp_out: str
    qkv: tuple[str, ...]
    qkv_layout: QKVLayout = "separate"
    parallel: bool | tuple[str, ...] = False
    pattern: PatternFrom = "interface"
    learned_positions: bool = False
    flat_mlp: bool = False
    limits: tuple[tuple[str, Any, str], ...] = ()
    context: int = 2048

    @property
    def attn_post_norm(self) -> str | None:
        """The norm between attention and the stream, where there is one."""
        return None if self.attn_out in (self.attn, self.attn_proj) else self.attn_out

    @property
    def mlp_post_norm(self) -> str | None:
        """The norm between the MLP and the stream, where there is one."""
        return None if self.mlp_out in (self.mlp, self.mlp_proj) else self.mlp_out

    def is_parallel(self, config: Any) -> bool:
        """Whether attention and MLP read the same stream in a model with this config."""
        if isinstance(self.parallel, bool):
            return self.parallel
        return any(getattr(config, flag, False) for flag in self.parallel)


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


# Families that normalise what a block wrote, before it is added.
_NORMS_AROUND = {
    "attn_out": "post_attention_layernorm",
    "resid_mid": "pre_feedforward_layernorm",
    "mlp_out": "post_feedforward_layernorm",
}

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
        learned_positions=True,
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
        pattern="output",
        learned_positions=True,
    ),
    Architecture(
        model_type="gptj",
        layers="transformer.h",
        final_norm="transformer.ln_f",
        attn="attn",
        attn_proj="attn.out_proj",
        resid_mid="ln_1",
        mlp="mlp",
        mlp_proj="mlp.fc_out",
        attn_out="attn",
        mlp_out="mlp",
        qkv=("attn.q_proj", "attn.k_proj", "attn.v_proj"),
        parallel=True,
        pattern="output",
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
        qkv_layout="grouped",
        parallel=("use_parallel_residual",),
    ),
    Architecture(
        model_type="bloom",
        layers="transformer.h",
        final_norm="transformer.ln_f",
        attn="self_attention",
        attn_proj="self_attention.dense",
        resid_mid="post_attention_layernorm",
        mlp="mlp",
        mlp_proj="mlp.dense_4h_to_h",
        attn_out="self_attention.dense",
        mlp_out="mlp.dense_4h_to_h",
        qkv=("self_attention.query_key_value",),
        qkv_layout="grouped",
        pattern="output",
        limits=(
            (
                "apply_residual_connection_post_layernorm",
                False,
                "its blocks add to the normalised stream, so nothing is simply added to it",
            ),
        ),
    ),
    Architecture(
        model_type="falcon",
        layers="transformer.h",
        final_norm="transformer.ln_f",
        attn="self_attention",
        attn_proj="self_attention.dense",
        resid_mid=("post_attention_layernorm", "ln_mlp", "input_layernorm"),
        mlp="mlp",
        mlp_proj="mlp.dense_4h_to_h",
        attn_out="self_attention",
        mlp_out="mlp",
        qkv=("self_attention.query_key_value",),
        qkv_layout="grouped",
        parallel=("new_decoder_architecture", "parallel_attn"),
        pattern="request",
    ),
    Architecture(
        model_type="opt",
        layers="model.decoder.layers",
        final_norm="model.decoder.final_layer_norm",
        attn="self_attn",
        attn_proj="self_attn.out_proj",
        resid_mid="final_layer_norm",
        mlp="fc1",
        mlp_proj="fc2",
        attn_out="self_attn",
        mlp_out="fc2",
        qkv=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        learned_positions=True,
        flat_mlp=True,
        limits=(
            (
                "do_layer_norm_before",
                True,
                "it normalises the stream after every block (as OPT-350m does), so no part is "
                "simply added to it. Every other size of OPT can be loaded",
            ),
            ("_remove_final_layer_norm", False, "it has no final norm to read the stream with"),
        ),
    ),
    Architecture(
        model_type="phi",
        layers="model.layers",
        final_norm="model.final_layernorm",
        attn="self_attn",
        attn_proj="self_attn.dense",
        resid_mid="input_layernorm",
        mlp="mlp",
        mlp_proj="mlp.fc2",
        attn_out="self_attn",
        mlp_out="mlp",
        qkv=("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        parallel=True,
    ),
    _llama_like("llama"),
    _llama_like("mistral"),
    _llama_like("qwen2"),
    _llama_like("starcoder2", mlp_proj="mlp.c_proj"),
    _llama_like("qwen3"),
    _llama_like("gemma"),
    _llama_like("phi3", qkv=("self_attn.qkv_proj",), qkv_layout="blocks"),
    _llama_like("gemma2", **_NORMS_AROUND),
    _llama_like("gemma3_text", **_NORMS_AROUND),
    _llama_like(  # with eyes; the language model inside is looked into
        "gemma3",
        layers="model.language_model.layers",
        final_norm="model.language_model.norm",
        **_NORMS_AROUND,
    ),
    _llama_like("olmo2", **(_NORMS_AROUND | {"resid_mid": "mlp"})),
    _llama_like(
        "stablelm",
        resid_mid=("post_attention_layernorm", "input_layernorm"),
        parallel=("use_parallel_residual",),
    ),
)

ARCHITECTURES: dict[str, Architecture] = {row.model_type: row for row in _ROWS}


def architecture_for(config: Any, name: str) -> Architecture:
    """The row for a transformers config; ``name`` is what the model is called in the error.

    Raises:
        TypeError: no row. The message lists the known families and says how to add one.
        ValueError: a variant of a known family that the core cannot describe, and why.
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
    row = ARCHITECTURES[model_type]
    for field, needed, why in row.limits:
        if getattr(config, field, needed) != needed:
            raise ValueError(f"{name} has {field}={getattr(config, field)!r}: {why}.")
    return row


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
