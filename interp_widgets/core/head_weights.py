"""What heads read from the stream and write to it, as matrices, with norms folded in.

A norm divides by a number that depends on the run and multiplies by weights that do not. The
weights (and LayerNorm's centring) are folded into the matrices here; the number is left out, since
it makes everything a head reads larger or smaller, all alike. So ``x @ reads`` is what a head makes
of a stream ``x``, up to that number and to biases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from interp_widgets.core.hooks import captured
from interp_widgets.core.metrics import precise
from interp_widgets.core.norms import in_precision
from interp_widgets.core.ov import ordinary_tokens, unscaled
from interp_widgets.core.places import part
from interp_widgets.core.sites import Site
from interp_widgets.core.weights import head_input, head_output

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

_PROBED = 4  # tokens
# How far queries made by hand may be from the model's own, relative to the largest.
_TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3, torch.float16: 3e-2, torch.bfloat16: 1e-1}


@torch.no_grad()
def attention_norms(model: LanguageModel) -> list[nn.Module | None]:
    """The norm that attention of each layer reads the stream through; None where there is none.

    It is found by what it does: with it, the stream of one short run gives the run's own queries.

    Raises:
        ValueError: nothing in a layer gives them.
    """
    ids = ordinary_tokens(model)[:_PROBED].to(model.device)
    kinds = ("resid_pre", "q")
    sites = [Site(layer, kind) for layer in range(model.n_layers) for kind in kinds]
    with captured(model, sites) as found:
        model.run(ids[None])
    norms: list[nn.Module | None] = []
    for layer, block in enumerate(model.layers):
        stream, queries = (precise(found[Site(layer, kind)]) for kind in kinds)
        weight, bias = head_input(model, layer, "q")

        def error(norm: nn.Module | None, x=stream, q=queries, weight=weight, bias=bias) -> float:
            read = x if norm is None else in_precision(norm, x).forward(x)
            made = torch.einsum("btd,hde->bthe", read.to(weight), weight) + bias
            return float((made - q).abs().max() / q.abs().max())

        named = block.named_children()
        choice = [None, *(child for name, child in named if "norm" in name or "ln" in name)]
        errors = [error(norm) for norm in choice]
        best = min(range(len(choice)), key=errors.__getitem__)
        if not errors[best] <= _TOLERANCE[model.dtype]:
            raise ValueError(
                f"no norm of layer {layer} of {model.name} gives the queries that its attention "
                "has, so what its heads read is not known."
            )
        norms.append(choice[best])
    return norms


@torch.no_grad()
def reads(model: LanguageModel, layer: int, kind: str, norm: nn.Module | None) -> Tensor:
    """What heads of a layer read queries, keys or values with: ``[head, d_model, d_head]``.

    Args:
        model: the model.
        layer: 0 to ``n_layers - 1``.
        kind: ``"q"``, ``"k"`` or ``"v"``; the latter two have one entry per key/value head.
        norm: of the layer, as `attention_norms` finds it.
    """
    weight, _ = head_input(model, layer, kind)
    if norm is not None:
        folded = unscaled(norm, weight.new_empty(model.d_model))
        weight = folded.weight[:, None] * weight
        weight = weight - weight.mean(-2, keepdim=True) if folded.centred else weight
    return _through(head_norms(model, layer, kind), weight)


def head_norms(model: LanguageModel, layer: int, kind: str) -> list[nn.Module]:
    """The norms of queries or keys that some families have: none, one for all, or one a head."""
    attention = part(model.layers[layer], model.architecture.attn)
    for name in (f"{kind}_norm", f"{kind}_layernorm"):
        norm = getattr(attention, name, None)
        if norm is not None:
            return list(cast(nn.ModuleList, norm.norms)) if hasattr(norm, "norms") else [norm]
    return []


def _through(norms: list[nn.Module], weight: Tensor) -> Tensor:
    """Weights ``[head, d_model, d_head]`` and then norms of what they make, without the scale."""
    if len(norms) > 1:
        each = [unscaled(norm, weight)(rows) for norm, rows in zip(norms, weight, strict=True)]
        return torch.stack(each)
    for norm in norms:
        heads, _, width = weight.shape
        rows = weight.transpose(0, 1).flatten(1)  # [d_model, head · d_head]
        whole = getattr(norm, "weight", rows[0]).numel() == heads * width != width
        if not whole:
            return unscaled(norm, weight)(weight)
        weight = unscaled(norm, rows)(rows).unflatten(1, (heads, width)).transpose(0, 1)
    return weight


@torch.no_grad()
def writes(model: LanguageModel, layer: int) -> Tensor:
    """What heads of a layer write: ``[head, d_head, d_model]``, through any post-norm.

    In a model of LayerNorms the part along the mean direction is taken off: nothing reads it.
    """
    weight, _ = head_output(model, layer)
    path = model.architecture.attn_post_norm
    if path is not None:
        weight = unscaled(model.layers[layer].get_submodule(path), weight)(weight)
    final = unscaled(model.module(model.architecture.final_norm), weight)
    return weight - weight.mean(-1, keepdim=True) if final.centred else weight


def rotates(model: LanguageModel) -> bool:
    """Whether queries and keys are turned by their positions before they meet (RoPE)."""
    config = model.hf.config.get_text_config()
    if getattr(config, "alibi", False):
        return False
    named = any("rotary" in type(module).__name__.lower() for module in model.hf.modules())
    return named or bool(getattr(config, "rotary_dim", None))
