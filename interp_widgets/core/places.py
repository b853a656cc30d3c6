"""From the name of a place to the module that holds it, and the part of its tensor that is meant.

A `Place` carries a *view*: a function from the raw tensor that a module takes or gives to the
activation in the shape that `sites` documents. A view shares memory with the raw tensor, so the
same function reads an activation and writes one (into a copy). Fused query-key-value outputs, heads
and single neurons need nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
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
        groups: the view has heads in groups that share a key, an axis more than is documented.
        unflat: where the module is given ``[batch · pos, ...]``: the layer, whose input has both.
        asked: the module's input and its keyword arguments -> those with which it forms a pattern.
        instead: for a place where an edit would not do what it says: why, and what to edit.
    """

    module: nn.Module
    side: Side
    view: Callable[[Tensor], Tensor]
    part: int = 0
    groups: bool = False
    unflat: nn.Module | None = None
    asked: Callable[[Tensor, dict[str, Any]], dict[str, Any]] | None = None
    instead: str = ""

    def read(self, raw: Tensor) -> Tensor:
        """The activation in its documented shape."""
        return self.view(raw).flatten(-3, -2) if self.groups else self.view(raw)

    def write(self, raw: Tensor, activation: Tensor) -> None:
        """Put an activation into ``raw``, in place."""
        target = self.view(raw)
        target.copy_(activation.reshape(target.shape))


def widths(linear: nn.Module) -> tuple[int, int]:
    """How many numbers a linear module takes and gives; its weight may be packed or transposed."""
    if hasattr(linear, "nx"):  # GPT-2's Conv1D
        return int(linear.nx), int(linear.nf)  # type: ignore[arg-type]
    return int(linear.in_features), int(linear.out_features)  # type: ignore[arg-type]


def kv_heads(model: LanguageModel) -> int:
    """Key/value heads a layer, from the width of what makes keys: configs name them differently."""
    row = model.architecture
    made = [widths(part(model.layers[0], path))[1] // model.d_head for path in row.qkv]
    return made[1] if len(made) == 3 else (made[0] - model.n_heads) // 2


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
    unflat = layer if row.flat_mlp else None
    match site.kind:
        case "embed" | "resid_pre":
            return Place(layer, "in", _whole)
        case "resid_post":
            return Place(layer, "out", _whole)
        case "resid_mid":
            # A hook here reaches the MLP's norm alone; the stream flows past it.
            instead = "a hook there misses the stream itself. Edit attn_out or mlp_in."
            norm = part(layer, row.resid_mid)
            return Place(norm, "in", _whole, unflat=unflat, instead=instead)
        case "attn_out":
            return Place(part(layer, row.attn_out), "out", _whole)
        case "mlp_in":
            return Place(part(layer, row.mlp), "in", _whole, unflat=unflat)
        case "mlp_out":
            return Place(part(layer, row.mlp_out), "out", _whole, unflat=unflat)
        case "mlp_post":
            _check_index(site, model.d_mlp, "neurons")
            neurons = _picked(_whole, site.index, -1)
            return Place(part(layer, row.mlp_proj), "in", neurons, unflat=unflat)
        case "z":
            _check_index(site, model.n_heads, "heads")
            heads = _heads(model.n_heads, model.d_head)
            return Place(part(layer, row.attn_proj), "in", _picked(heads, site.index, -2))
        case "q" | "k" | "v":
            return _projection(model, layer, site)
        case "pattern":
            return _pattern(model, layer, site)
    raise AssertionError(f"{site} is a place without a row here")


def part(whole: nn.Module, paths: str | tuple[str, ...]) -> nn.Module:
    """The part of a layer or a model at a path; the first that is there of several.

    Raises:
        ValueError: none is; the row of the table is wrong.
    """
    for path in [paths] if isinstance(paths, str) else paths:
        with suppress(AttributeError):
            return whole.get_submodule(path)
    raise ValueError(
        f"{type(whole).__name__} has no part {paths!r}: its row in core/architectures.py "
        "does not fit this model."
    )


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
    row = model.architecture
    view, groups = _cut(row.qkv_layout, which, model.n_heads, model.n_kv_heads, model.d_head)
    if groups and site.index is not None:
        group, member = divmod(site.index, model.n_heads // model.n_kv_heads)
        module = part(layer, row.qkv[0])
        return Place(module, "out", lambda raw: view(raw).select(-3, group).select(-2, member))
    module = part(layer, row.qkv[which if len(row.qkv) == 3 else 0])
    return Place(module, "out", _picked(view, site.index, -2), groups=groups)


def _cut(
    layout: str, which: int, n_heads: int, n_kv_heads: int, d: int
) -> tuple[Callable[[Tensor], Tensor], bool]:
    """The view of queries (0), keys (1) or values (2), and whether its heads are in groups."""
    shared = n_heads // n_kv_heads
    sizes = [n_heads * d, n_kv_heads * d, n_kv_heads * d]
    match layout:
        case "separate":
            return _heads(n_kv_heads if which else n_heads, d), False
        case "blocks":
            heads = _heads(n_kv_heads if which else n_heads, d)
            start = sum(sizes[:which])
            return lambda raw: heads(raw.narrow(-1, start, sizes[which])), False
    group = _heads(n_kv_heads, (shared + 2) * d)
    if which == 0:
        return lambda raw: group(raw).unflatten(-1, (shared + 2, d))[..., :shared, :], True
    start = (shared + which - 1) * d
    return lambda raw: group(raw).narrow(-1, start, d), False


def _pattern(model: LanguageModel, layer: nn.Module, site: Site) -> Place:
    _check_index(site, model.n_heads, "heads")
    row = model.architecture
    side: Side = "attention" if row.pattern == "interface" else "out"
    asked = None
    if row.pattern == "request" and model.hf.config._attn_implementation == "sdpa":
        asked = _asked_for_pattern
    view = _picked(_formed, site.index, 1)
    instead = "the model has used it by then. Edit z, or q and k."
    return Place(part(layer, row.attn), side, view, part=1, asked=asked, instead=instead)


def _asked_for_pattern(x: Tensor, kwargs: dict[str, Any]) -> dict[str, Any]:
    """What makes Falcon's attention form the pattern that its SDPA branch would have used.

    The mask becomes what is added to scores. It holds ALiBi's biases already, where a model has
    them, which the branch that forms patterns would add once more (transformers 5).
    """
    mask, alibi = kwargs["attention_mask"], kwargs.get("alibi")
    if mask.dtype == torch.bool:
        mask = x.new_zeros(mask.shape).masked_fill(~mask, torch.finfo(x.dtype).min)
    none = None if alibi is None else torch.zeros_like(alibi)
    return kwargs | {"attention_mask": mask, "alibi": none, "output_attentions": True}


def _formed(pattern: Tensor | None) -> Tensor:
    """The pattern, where the attention in use forms one."""
    if pattern is None:
        raise ValueError(
            "this attention forms no pattern. Load the model with attn_implementation='eager'."
        )
    return pattern
