"""From the name of a place to the module that holds it, and the part of its tensor that is meant.

A `Place` carries a *view*: a function from the raw tensor that a module takes or gives to the
activation in the shape that `sites` documents. A view shares memory with the raw tensor, so the
same function reads an activation and writes one (into a copy). Fused query-key-value outputs, heads
and single neurons need nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from torch import Tensor, nn

from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Side = Literal["in", "out", "attention"]


@dataclass(frozen=True)
class Place:
    """Where to hook for a site.

    Attributes:
        module: the torch module.
        side: its input, its output, or (``attention``) the pattern inside transformers' attention.
        view: raw tensor -> activation in its documented shape, sharing memory.
        part: which element, when the module returns a tuple.
        instead: for a place where an edit would not do what it says: why, and what to edit.
    """

    module: nn.Module
    side: Side
    view: Callable[[Tensor], Tensor]
    part: int = 0
    instead: str = ""


def _whole(raw: Tensor) -> Tensor:
    return raw


def place_of(model: LanguageModel, site: Site) -> Place:
    """The place of ``site`` in ``model``.

    Raises:
        ValueError: a head, neuron or layer that the model does not have, or a part it lacks.
    """
    row = model.architecture
    if site.kind == "final":
        return Place(model.module(row.final_norm), "in", _whole)
    if site.layer is not None and site.layer >= model.n_layers:
        raise ValueError(f"{site}: the model has layers L0 to L{model.n_layers - 1}.")
    layer = model.layers[site.layer or 0]
    match site.kind:
        case "embed" | "resid_pre":
            return Place(layer, "in", _whole)
        case "resid_post":
            return Place(layer, "out", _whole)
        case "resid_mid":
            # A hook here reaches the MLP's norm alone; the stream flows past it.
            instead = "a hook there misses the stream itself. Edit attn_out or mlp_in."
            return Place(_part(layer, row.resid_mid), "in", _whole, instead=instead)
        case "attn_out":
            return Place(_part(layer, row.attn_out), "out", _whole)
        case "mlp_in":
            return Place(_part(layer, row.mlp), "in", _whole)
        case "mlp_out":
            return Place(_part(layer, row.mlp_out), "out", _whole)
        case "mlp_post":
            _check_index(site, model.d_mlp, "neurons")
            return Place(_part(layer, row.mlp_proj), "in", _picked(_whole, site.index, -1))
        case "z":
            _check_index(site, model.n_heads, "heads")
            heads = _heads(model.n_heads, model.d_head)
            return Place(_part(layer, row.attn_proj), "in", _picked(heads, site.index, -2))
        case "q" | "k" | "v":
            return _projection(model, layer, site)
        case "pattern":
            return _pattern(model, layer, site)
    raise AssertionError(f"{site} is a place without a row here")


def _part(layer: nn.Module, path: str) -> nn.Module:
    try:
        return layer.get_submodule(path)
    except AttributeError:
        raise ValueError(
            f"{type(layer).__name__} has no part {path!r}: its row in core/architectures.py "
            "does not fit this model."
        ) from None


def _check_index(site: Site, size: int, what: str) -> None:
    if site.index is not None and site.index >= size:
        raise ValueError(f"{site}: the model has {size} {what} a layer, 0 to {size - 1}.")


def _heads(n_heads: int, d_head: int) -> Callable[[Tensor], Tensor]:
    """``[batch, pos, head · d_head]`` seen as ``[batch, pos, head, d_head]``."""
    return lambda raw: raw.unflatten(-1, (n_heads, d_head))


def _picked(
    view: Callable[[Tensor], Tensor], index: int | None, axis: int
) -> Callable[[Tensor], Tensor]:
    """``view``, narrowed to one head or neuron where one was named."""
    return view if index is None else lambda raw: view(raw).select(axis, index)


def _projection(model: LanguageModel, layer: nn.Module, site: Site) -> Place:
    """Queries, keys or values, before RoPE and any q/k norm."""
    which = "qkv".index(site.kind)
    n = model.n_heads if site.kind == "q" else model.n_kv_heads
    _check_index(site, n, "query heads" if site.kind == "q" else "key/value heads")
    d = model.d_head
    row = model.architecture
    sizes = [model.n_heads * d, model.n_kv_heads * d, model.n_kv_heads * d]

    def view(raw: Tensor) -> Tensor:
        match row.qkv_layout:
            case "separate":
                return raw.unflatten(-1, (n, d))
            case "blocks":
                return raw.split(sizes, dim=-1)[which].unflatten(-1, (n, d))
            case "interleaved":
                return raw.unflatten(-1, (n, 3 * d)).narrow(-1, which * d, d)

    module = _part(layer, row.qkv[which if len(row.qkv) == 3 else 0])
    return Place(module, "out", _picked(view, site.index, -2))


def _pattern(model: LanguageModel, layer: nn.Module, site: Site) -> Place:
    _check_index(site, model.n_heads, "heads")
    row = model.architecture
    side: Side = "out" if row.pattern_in_output else "attention"
    view = _picked(_formed, site.index, 1)
    instead = "the model has used it by then. Edit z, or q and k."
    return Place(_part(layer, row.attn), side, view, part=1, instead=instead)


def _formed(pattern: Tensor | None) -> Tensor:
    """The pattern, where the attention in use forms one."""
    if pattern is None:
        raise ValueError(
            "this attention forms no pattern. Load the model with attn_implementation='eager'."
        )
    return pattern
