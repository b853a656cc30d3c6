"""Codes whose number differs from row to row: all above a floor, or the largest of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from interp_widgets.core.dictionary.selection import largest
from interp_widgets.core.dictionary.sparse import (
    SparseCodes,
    encoder_grads,
    pre_activations,
    rectangular,
)
from interp_widgets.core.dictionary.workspace import Workspace

_PROBE = 64  # rows that stand for a batch
_SPARE = 1.5  # how many more candidates than wanted a guessed floor should leave
Found = tuple[Tensor, Tensor, Tensor]  # values, rows and indices, each [entry]


def batch_topk_codes(
    x: Tensor,
    W_enc: Tensor,
    b_enc: Tensor,
    k: float,
    *,
    center: Tensor | None = None,
    scale: Tensor | None = None,
    dead: Tensor | None = None,
    k_aux: int = 0,
    workspace: Workspace | None = None,
) -> tuple[SparseCodes, SparseCodes | None]:
    """The ``int(k * batch)`` most active latents of all rows together (Bussmann et al., 2024).

    Fewer where fewer are above 0. Arguments and gradients as in `sparse.topk_codes`; ``k`` is a
    mean and may be fractional.

    Returns:
        Codes, whose rows differ in length; and those of dead latents, ``k_aux`` a row, or ``None``.

    Raises:
        ValueError: ``k`` or ``k_aux`` out of range.
    """
    width = W_enc.shape[1]
    if not 0 < k <= width:
        raise ValueError(f"k is above 0 and at most {width}, the number of latents; got {k}.")
    if dead is None or not len(dead) or not k_aux:
        dead, k_aux = None, 0
    elif k_aux > len(dead):
        raise ValueError(f"k_aux is at most {len(dead)}, the number of dead latents; got {k_aux}.")
    wanted = _Wanted(int(k * len(x)), None, scale, dead, k_aux, workspace)
    return _codes(x, W_enc, b_enc, center, wanted)


def codes_above(
    x: Tensor,
    W_enc: Tensor,
    b_enc: Tensor,
    floor: Tensor | None = None,
    *,
    center: Tensor | None = None,
    workspace: Workspace | None = None,
) -> SparseCodes:
    """All pre-activations above a floor, as they are.

    Worth it where few are: see `share_above`. Gradients reach what is returned, nothing else.

    Args:
        x: ``[batch, d_in]``.
        W_enc: ``[d_in, feature]``, best in `sparse.encoder_layout`.
        b_enc: ``[feature]``.
        floor: ``[feature]``, no gradient; ``None``: 0.
        center: ``[d_in]``, subtracted from ``x``.
        workspace: memory used again each step.
    """
    zero = b_enc.new_zeros(()) if floor is None else floor.detach()
    return _codes(x, W_enc, b_enc, center, _Wanted(None, zero, None, None, 0, workspace))[0]


@torch.no_grad()
def share_above(
    x: Tensor,
    W_enc: Tensor,
    b_enc: Tensor,
    floor: Tensor | None = None,
    *,
    center: Tensor | None = None,
) -> float:
    """Which share of the pre-activations is above a floor, 0..1, from 64 rows of the batch."""
    rows = x[:: max(1, len(x) // _PROBE)]
    pre = torch.addmm(b_enc, rows if center is None else rows - center, W_enc)
    return float((pre > (0 if floor is None else floor)).float().mean())


@dataclass(frozen=True, eq=False)
class _Wanted:
    """What `_Above` looks for: so many of the largest, or all above a floor."""

    count: int | None
    floor: Tensor | None
    scale: Tensor | None
    dead: Tensor | None
    k_aux: int
    workspace: Workspace | None


def _codes(
    x: Tensor, W_enc: Tensor, b_enc: Tensor, center: Tensor | None, wanted: _Wanted
) -> tuple[SparseCodes, SparseCodes | None]:
    width = W_enc.shape[1]
    found = _Above.apply(x, W_enc, b_enc, center, wanted)
    values, aux_values, indices, offsets, aux_indices = found
    codes = SparseCodes(values, indices, offsets, width)
    return codes, None if wanted.dead is None else rectangular(aux_values, aux_indices, width)


class _Above(Function):
    """Entries of the pre-activations, row after row, and those of dead latents."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, W_enc: Tensor, b_enc: Tensor, center: Any, wanted: _Wanted):
        centred = x if center is None else x - center
        found, aux_values, aux_indices = _search(centred, W_enc, b_enc, wanted, wanted.floor)
        if wanted.count is not None and len(found[0]) < wanted.count:
            # The guess was too high for this batch: look again, at all that is above 0.
            zero = b_enc.new_zeros(())
            found, aux_values, aux_indices = _search(centred, W_enc, b_enc, wanted, zero)
        values, rows, indices = found
        if wanted.count is not None and len(values) > wanted.count:
            judged = values if wanted.scale is None else values * wanted.scale[indices]
            kept = _best(judged, wanted.count)
            values, rows, indices = values[kept], rows[kept], indices[kept]
        offsets = _offsets(rows, len(x))
        ctx.save_for_backward(centred, W_enc, indices, offsets, aux_values, aux_indices)
        ctx.workspace, ctx.has_center = wanted.workspace, center is not None
        ctx.mark_non_differentiable(indices, offsets, aux_indices)
        return values, aux_values, indices, offsets, aux_indices

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor, aux_slope: Tensor, *_: Any):
        centred, W_enc, indices, offsets, aux_values, aux_indices = ctx.saved_tensors
        width = W_enc.shape[1]
        parts = [SparseCodes(slope.contiguous(), indices, offsets, width)]
        if aux_indices.shape[1]:
            parts.append(rectangular(torch.where(aux_values > 0, aux_slope, 0), aux_indices, width))
        grads = encoder_grads(ctx, parts, centred, W_enc, ctx.has_center, ctx.workspace)
        return (*grads, None)


def _search(
    centred: Tensor, W_enc: Tensor, b_enc: Tensor, wanted: _Wanted, floor: Tensor | None
) -> tuple[Found, Tensor, Tensor]:
    """Candidates, and the codes of dead latents: values and indices ``[batch, k_aux]``."""
    batch = len(centred)
    aux_indices = torch.empty(batch, wanted.k_aux, dtype=torch.long, device=centred.device)
    aux_values = centred.new_empty(batch, wanted.k_aux)
    values, rows, indices = [], [], []
    for part, pre in pre_activations(centred, W_enc, b_enc, wanted.workspace):
        judged = pre if wanted.scale is None else pre * wanted.scale
        if floor is None:
            floor = _guess(judged, (wanted.count or 0) / batch)
        row, index = (judged > floor).nonzero(as_tuple=True)
        values.append(pre[row, index].to(centred.dtype))
        rows.append(row + part.start)
        indices.append(index)
        if wanted.dead is not None:
            aux = wanted.dead[largest(judged.index_select(1, wanted.dead), wanted.k_aux)]
            aux_indices[part] = aux
            aux_values[part] = pre.gather(1, aux).relu_()
    if not values:
        nothing = torch.zeros(0, dtype=torch.long, device=centred.device)
        return (centred.new_zeros(0), nothing, nothing), aux_values, aux_indices
    return (torch.cat(values), torch.cat(rows), torch.cat(indices)), aux_values, aux_indices


def _guess(judged: Tensor, k: float) -> Tensor:
    """A floor, at least 0, above which about ``_SPARE * k`` entries a row should lie."""
    sample = judged[:: max(1, len(judged) // _PROBE)].flatten()
    rank = len(sample) - int(_SPARE * k * len(sample) / judged.shape[1])
    if rank < 1:
        return judged.new_zeros(())
    return sample.kthvalue(rank).values.clamp(min=0)


def _best(judged: Tensor, count: int) -> Tensor:
    """Where the ``count`` largest are, in the order they came in; among equals the first."""
    if not count:
        return judged.new_zeros(0, dtype=torch.long)
    least = judged.kthvalue(len(judged) - count + 1).values
    kept = judged > least
    equal = (judged == least).nonzero().squeeze(1)
    kept[equal[: count - int(kept.sum())]] = True
    return kept.nonzero().squeeze(1)


def _offsets(rows: Tensor, batch: int) -> Tensor:
    offsets = torch.zeros(batch + 1, dtype=torch.long, device=rows.device)
    torch.cumsum(torch.bincount(rows, minlength=batch), 0, out=offsets[1:])
    return offsets
