"""A ReLU autoencoder's pass and its gradients, by its active latents alone once these are few.

Until then by dense products: the five that are needed, in memory that is used again.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from interp_widgets.core.dictionary.sparse import sparse_decode
from interp_widgets.core.dictionary.sparse_above import codes_above, share_above
from interp_widgets.core.dictionary.workspace import Workspace, block

_FEW = 1 / 16  # share of active latents below which gathering rows beats dense products on a cpu
_CHUNK = 1 << 23


def relu_autoencode(
    x: Tensor,
    W_enc: Tensor,
    b_enc: Tensor,
    W_dec: Tensor,
    b_dec: Tensor,
    *,
    center: Tensor | None = None,
    workspace: Workspace | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Encode by ``ReLU((x - center) @ W_enc + b_enc)`` and decode again.

    Args:
        x: ``[batch, d_in]``.
        W_enc: ``[d_in, feature]``, best in `sparse.encoder_layout`.
        b_enc: ``[feature]``.
        W_dec: ``[feature, d_out]``.
        b_dec: ``[d_out]``.
        center: ``[d_in]``, subtracted from ``x``.
        workspace: memory used again each step.

    Returns:
        The reconstruction ``[batch, d_out]``; each latent's mean over the batch ``[feature]``; and
        on how many rows it is above 0, float32 ``[feature]``, no gradient.
    """
    here = x.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
    if here and share_above(x, W_enc, b_enc, center=center) < _FEW:
        codes = codes_above(x, W_enc, b_enc, center=center, workspace=workspace)
        sums = codes.values.new_zeros(codes.d_sae).index_add(0, codes.indices, codes.values)
        return sparse_decode(codes, W_dec, b_dec, workspace=workspace), sums / len(x), codes.fired
    if torch.is_autocast_enabled(x.device.type):
        centred = x if center is None else x - center
        active = torch.addmm(b_enc, centred, W_enc).relu()
        mean = active.mean(0, dtype=torch.float32)
        return torch.addmm(b_dec, active, W_dec), mean, (active.detach() > 0).sum(0).float()
    return _DenseReLU.apply(x, W_enc, b_enc, W_dec, b_dec, center, workspace)


class _DenseReLU(Function):
    """All of `relu_autoencode` in dense products: two forward, three backward."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        W_enc: Tensor,
        b_enc: Tensor,
        W_dec: Tensor,
        b_dec: Tensor,
        center: Any,
        workspace: Any,
    ):
        centred = x if center is None else x - center
        shape = (len(x), W_enc.shape[1])
        codes = torch.addmm(b_enc, centred, W_enc, out=block(workspace, shape, x)).relu_()
        out = torch.addmm(b_dec, codes, W_dec)
        mean = codes.mean(0)
        fired = torch.zeros_like(b_enc, dtype=torch.float32)
        rows = _rows(shape)
        signs = block(workspace, (min(rows, shape[0]), shape[1]), x)
        for start in range(0, shape[0], rows):
            part = codes[start : start + rows]
            fired += torch.sign(part, out=signs[: len(part)]).sum(0)
        ctx.save_for_backward(centred, W_enc, W_dec)
        # Not among the saved tensors, which PyTorch would refuse after a reuse of the memory; a
        # graph is gone before the next step begins.
        ctx.codes, ctx.slopes, ctx.workspace, ctx.center = codes, signs, workspace, center
        ctx.mark_non_differentiable(fired)
        return out, mean, fired

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor, mean_slope: Tensor, _: Any):
        centred, W_enc, W_dec = ctx.saved_tensors
        codes, slopes, needs = ctx.codes, ctx.slopes, ctx.needs_input_grad
        batch, rows = len(codes), _rows(codes.shape)
        d_enc = block(ctx.workspace, (codes.shape[1], centred.shape[1]), W_enc)
        d_dec = block(ctx.workspace, tuple(W_dec.shape), W_dec)
        d_b = torch.zeros_like(mean_slope)
        d_x = torch.zeros_like(centred) if needs[0] else None
        pull = mean_slope / batch
        for start in range(0, batch, rows):
            part = slice(start, min(start + rows, batch))
            active, here = codes[part], slopes[: part.stop - start]
            torch.addmm(pull, slope[part], W_dec.t(), out=here)
            torch.ops.aten.threshold_backward.grad_input(here, active, 0, grad_input=here)
            d_b += here.sum(0)
            keep = 1.0 if start else 0.0
            torch.addmm(d_enc, here.t(), centred[part], beta=keep, out=d_enc)
            torch.addmm(d_dec, active.t(), slope[part], beta=keep, out=d_dec)
            if d_x is not None:
                torch.mm(here, W_enc.t(), out=d_x[part])
        d_center = -(W_enc @ d_b) if ctx.center is not None and needs[5] else None
        d_W = d_enc.t().contiguous() if W_enc.is_contiguous() else d_enc.t()
        return d_x, d_W, d_b, d_dec, slope.sum(0), d_center, None


def _rows(shape: tuple[int, ...] | torch.Size) -> int:
    """How many rows to have gradients of at a time."""
    return max(512, _CHUNK // shape[1])
