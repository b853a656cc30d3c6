"""Encoding and decoding that touch only the latents which fire.

With k of F latents active, four of the five matrix products of a training step have few entries
that count: the decoder's product and its two gradients, and the encoder's gradient. Here only the
encoder's product is dense; the rest gathers and scatters rows. Gao et al. (2024) do so on GPUs;
this is written in PyTorch's own operations and runs everywhere.

Codes are kept as compressed rows. Both weights are best laid out latent by latent in memory
(`encoder_layout`), so that what belongs to a latent is one run of memory.
"""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from interp_widgets.core.dictionary.selection import largest
from interp_widgets.core.dictionary.workspace import Workspace, block

_CHUNK = 1 << 20  # entries of [batch, feature] on a cpu at a time: they stay in its cache
_ROWS = 512  # … but this many rows at least, below which the product loses speed
_CHUNK_DEVICE = 1 << 28


@dataclass(frozen=True, eq=False)
class SparseCodes:
    """Codes of a batch, entry by entry, row after row.

    Attributes:
        values: ``[entry]``, at least 0; padding is 0.
        indices: which latent, int64 ``[entry]``.
        offsets: where each row's entries begin, and where the last one's end, ``[batch + 1]``.
        d_sae: how many latents there are.
        k: entries of each row, where all have as many; ``None``: they differ.
    """

    values: Tensor
    indices: Tensor
    offsets: Tensor
    d_sae: int
    k: int | None = None

    @property
    def batch(self) -> int:
        """How many rows."""
        return len(self.offsets) - 1

    @property
    def rows(self) -> Tensor:
        """Which row each entry belongs to, ``[entry]``."""
        numbers = torch.arange(self.batch, device=self.offsets.device)
        if self.k is not None:
            return numbers.repeat_interleave(self.k)
        return numbers.repeat_interleave(self.offsets.diff(), output_size=len(self.indices))

    @property
    def fired(self) -> Tensor:
        """On how many rows each latent is above 0, float32 ``[feature]``."""
        active = (self.values.detach() > 0).float()
        return active.new_zeros(self.d_sae).index_add_(0, self.indices, active)

    @property
    def l0(self) -> Tensor:
        """Entries above 0, mean over rows; a 0-dim tensor."""
        return (self.values.detach() > 0).sum() / max(self.batch, 1)

    def dense(self) -> Tensor:
        """Written out, ``[batch, feature]``."""
        out = self.values.new_zeros(self.batch, self.d_sae)
        return out.index_put((self.rows, self.indices), self.values, accumulate=True)

    def with_values(self, values: Tensor) -> SparseCodes:
        """Other values ``[entry]`` at the same places."""
        return SparseCodes(values, self.indices, self.offsets, self.d_sae, self.k)

    @staticmethod
    def stack(parts: list[SparseCodes]) -> SparseCodes:
        """The rows of the first, then those of the second, and so on: to decode them together."""
        offsets, entries = [], 0
        for part in parts:
            offsets.append(part.offsets[:-1] + entries)
            entries += len(part.indices)
        offsets.append(torch.full_like(parts[0].offsets[:1], entries))
        same = {part.k for part in parts}
        return SparseCodes(
            torch.cat([part.values for part in parts]),
            torch.cat([part.indices for part in parts]),
            torch.cat(offsets),
            parts[0].d_sae,
            same.pop() if len(same) == 1 else None,
        )


def encoder_layout(W_enc: Tensor) -> Tensor:
    """The same ``[d_in, feature]`` matrix with each latent's weights side by side in memory."""
    return W_enc.t().contiguous().t()


def topk_codes(
    x: Tensor,
    W_enc: Tensor,
    b_enc: Tensor,
    k: int,
    *,
    center: Tensor | None = None,
    scale: Tensor | None = None,
    dead: Tensor | None = None,
    k_aux: int = 0,
    workspace: Workspace | None = None,
) -> tuple[SparseCodes, SparseCodes | None]:
    """The ``k`` most active latents of each row, and of the dead ones the ``k_aux`` most active.

    Both come of one product ``(x - center) @ W_enc + b_enc``, made a few rows at a time. Gradients
    reach the weights, the biases and the centre through the chosen entries alone, and through those
    above 0 of them; codes of dead latents send none to the centre.

    Args:
        x: ``[batch, d_in]``.
        W_enc: ``[d_in, feature]``, best in `encoder_layout`.
        b_enc: ``[feature]``.
        k: how many, at most ``feature``.
        center: ``[d_in]``, subtracted from ``x``.
        scale: ``[feature]``; the largest of ``pre * scale`` are chosen, values stay ``pre``. No
            gradient.
        dead: numbers of the latents that the second codes choose from.
        k_aux: how many of these, at most all.
        workspace: memory used again each step.

    Returns:
        Codes with ``k`` entries a row, in no order; and those of dead latents, or ``None``.

    Raises:
        ValueError: ``k`` or ``k_aux`` out of range.
    """
    _check_k(k, W_enc.shape[1], "k", "latents")
    if dead is not None and len(dead) and k_aux:
        _check_k(k_aux, len(dead), "k_aux", "dead latents")
    else:
        dead = None
    chosen = _Choice(k, scale, dead, k_aux if dead is not None else 0, workspace)
    values, aux_values, indices, aux_indices = _TopK.apply(x, W_enc, b_enc, center, chosen)
    width = W_enc.shape[1]
    codes = rectangular(values, indices, width)
    return codes, None if dead is None else rectangular(aux_values, aux_indices, width)


def sparse_decode(
    codes: SparseCodes,
    W_dec: Tensor,
    b_dec: Tensor | None = None,
    *,
    workspace: Workspace | None = None,
) -> Tensor:
    """Sum the directions of active latents, ``codes @ W_dec + b_dec``, ``[batch, d_out]``.

    Args:
        codes: what is active.
        W_dec: ``[feature, d_out]``, contiguous.
        b_dec: ``[d_out]``.
        workspace: memory used again each step.
    """
    out = _Decode.apply(codes.values, W_dec, codes, workspace)
    return out if b_dec is None else out + b_dec


@dataclass(frozen=True, eq=False)
class _Choice:
    """What `_TopK` is to choose, beside its tensors."""

    k: int
    scale: Tensor | None
    dead: Tensor | None
    k_aux: int
    workspace: Workspace | None


class _TopK(Function):
    """Values and indices ``[batch, k]`` of the most active latents, and of the dead ones."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, W_enc: Tensor, b_enc: Tensor, center: Any, chosen: _Choice):
        centred = x if center is None else x - center
        k, k_aux, batch = chosen.k, chosen.k_aux, len(x)
        indices = torch.empty(batch, k, dtype=torch.long, device=x.device)
        values = centred.new_empty(batch, k)
        aux_indices = torch.empty(batch, k_aux, dtype=torch.long, device=x.device)
        aux_values = centred.new_empty(batch, k_aux)
        for part, pre in pre_activations(centred, W_enc, b_enc, chosen.workspace):
            judged = pre if chosen.scale is None else pre * chosen.scale
            indices[part] = largest(judged, k)
            values[part] = pre.gather(1, indices[part]).relu_()
            if chosen.dead is not None:
                judged = judged.index_select(1, chosen.dead)
                aux_indices[part] = chosen.dead[largest(judged, k_aux)]
                aux_values[part] = pre.gather(1, aux_indices[part]).relu_()
        ctx.save_for_backward(centred, W_enc, values, indices, aux_values, aux_indices)
        ctx.workspace, ctx.has_center = chosen.workspace, center is not None
        ctx.mark_non_differentiable(indices, aux_indices)
        return values, aux_values, indices, aux_indices

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor, aux_slope: Tensor, *_: Any):
        centred, W_enc, values, indices, aux_values, aux_indices = ctx.saved_tensors
        width = W_enc.shape[1]
        main = rectangular(torch.where(values > 0, slope, 0), indices, width)
        parts = [main]
        if aux_indices.shape[1]:
            aux = rectangular(torch.where(aux_values > 0, aux_slope, 0), aux_indices, width)
            parts.append(aux)
        grads = encoder_grads(ctx, parts, centred, W_enc, ctx.has_center, ctx.workspace)
        return (*grads, None)


class _Decode(Function):
    """``codes @ W_dec``."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, W_dec: Tensor, codes: SparseCodes, workspace: Any):
        ctx.save_for_backward(values, W_dec)
        ctx.codes, ctx.workspace = codes, workspace
        return gather_sum(codes.with_values(values), W_dec)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor):
        values, W_dec = ctx.saved_tensors
        codes = ctx.codes.with_values(values)
        dots = rows = None
        if ctx.needs_input_grad[0]:
            dots = entry_dots(codes, slope, W_dec)
        if ctx.needs_input_grad[1]:
            rows = scatter_sum([codes], slope, ctx.workspace)
        return dots, rows, None, None


def pre_activations(centred: Tensor, W_enc: Tensor, b_enc: Tensor, workspace: Workspace | None):
    """Yield slices of the batch and their pre-activations, whose memory the next ones overwrite."""
    batch, width = len(centred), W_enc.shape[1]
    if torch.is_autocast_enabled(centred.device.type):
        half = torch.get_autocast_dtype(centred.device.type)
        centred, W_enc, b_enc = centred.to(half), W_enc.to(half), b_enc.to(half)
    size = _CHUNK if centred.device.type == "cpu" else _CHUNK_DEVICE
    rows = min(batch, max(_ROWS, size // width))
    memory = block(workspace, (rows, width), centred)
    for start in range(0, batch, max(rows, 1)):
        part = slice(start, min(start + rows, batch))
        yield part, torch.addmm(b_enc, centred[part], W_enc, out=memory[: part.stop - start])


def encoder_grads(
    ctx: Any,
    parts: list[SparseCodes],
    centred: Tensor,
    W_enc: Tensor,
    has_center: bool,
    workspace: Workspace | None,
) -> tuple[Tensor | None, Tensor | None, Tensor | None, Tensor | None]:
    """Gradients of x, W_enc, b_enc and the centre from those of chosen pre-activations.

    Args:
        ctx: asks which are needed, in this order.
        parts: gradients of pre-activations as values; only the first reaches the centre.
        centred: what was encoded.
        W_enc: ``[d_in, feature]``.
        has_center: whether one was subtracted.
        workspace: memory used again each step.
    """
    needs = ctx.needs_input_grad
    d_x = d_W = d_b = d_center = None
    if needs[0]:
        d_x = torch.stack([gather_sum(part, W_enc.t()) for part in parts]).sum(0)
    if needs[1]:
        d_W = scatter_sum(parts, centred, workspace).t()
        if W_enc.is_contiguous():
            d_W = d_W.contiguous()
    if needs[2] or has_center:
        sums = [
            part.values.new_zeros(part.d_sae).index_add_(0, part.indices, part.values)
            for part in parts
        ]
        d_b = sums[0] if len(sums) == 1 else sums[0] + sums[1]
        if has_center and needs[3]:
            d_center = -(W_enc @ sums[0])
    return d_x, d_W, d_b, d_center


def gather_sum(codes: SparseCodes, table: Tensor) -> Tensor:
    """``codes @ table`` for a table ``[feature, d]``: ``[batch, d]``."""
    if codes.k is not None:
        shape = (codes.batch, codes.k)
        places, weights = codes.indices.view(shape), codes.values.view(shape)
        return F.embedding_bag(places, table, per_sample_weights=weights, mode="sum")
    return F.embedding_bag(
        codes.indices, table, codes.offsets[:-1], per_sample_weights=codes.values, mode="sum"
    )


def entry_dots(codes: SparseCodes, a: Tensor, table: Tensor) -> Tensor:
    """Per entry, its row of ``a [batch, d]`` times its latent's row of ``table``: ``[entry]``."""
    if a.device.type == "cpu" and len(codes.indices):
        places = _compressed(codes.offsets, codes.indices, codes.values, codes.d_sae)
        return torch.sparse.sampled_addmm(places, a, table.t(), beta=0.0).values()
    rows, out = codes.rows, torch.empty_like(codes.values)
    step = max(1, _CHUNK_DEVICE // max(table.shape[1], 1))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        out[part] = torch.linalg.vecdot(a[rows[part]], table[codes.indices[part]])
    return out


def scatter_sum(parts: list[SparseCodes], a: Tensor, workspace: Workspace | None) -> Tensor:
    """``codes.T @ a``, summed over ``parts``: ``[feature, d]``, in the same order every time.

    Entries are sorted by latent, so that each row of the result is written once.

    Args:
        parts: codes of the rows of ``a``.
        a: ``[batch, d]``.
        workspace: memory used again each step.
    """
    values = torch.cat([part.values for part in parts])
    numbers = torch.cat([part.indices for part in parts])
    rows = torch.cat([part.rows for part in parts])
    width = parts[0].d_sae
    ordered, order = torch.sort(numbers.int(), stable=True)
    edges = torch.arange(width + 1, dtype=torch.int32, device=a.device)
    offsets = torch.searchsorted(ordered, edges)
    values, rows = values[order], rows[order]
    if a.device.type == "cpu" and torch.backends.mkl.is_available():
        out = block(workspace, (width, a.shape[1]), a)
        turned = _compressed(offsets, rows, values, len(a))
        return torch.addmm(out, turned, a, beta=0, out=out)
    return F.embedding_bag(rows, a, offsets[:-1], per_sample_weights=values, mode="sum")


def _compressed(offsets: Tensor, indices: Tensor, values: Tensor, width: int) -> Tensor:
    """PyTorch's own form of compressed rows."""
    _hear_the_warning()
    return torch.sparse_csr_tensor(
        offsets, indices, values, (len(offsets) - 1, width), check_invariants=False
    )


@functools.cache
def _hear_the_warning() -> None:
    """PyTorch says once that this form is new; nothing here needs what may still change in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nothing = torch.zeros(0)
        torch.sparse_csr_tensor(
            torch.zeros(2, dtype=torch.long), nothing.long(), nothing, (1, 1), check_invariants=True
        )


def rectangular(values: Tensor, indices: Tensor, width: int) -> SparseCodes:
    """Codes of values and indices ``[batch, k]``, of ``width`` latents."""
    batch, k = indices.shape
    offsets = torch.arange(batch + 1, device=indices.device) * k
    return SparseCodes(values.reshape(-1), indices.reshape(-1), offsets, width, k)


def _check_k(k: int, largest_k: int, name: str, what: str) -> None:
    if not 1 <= k <= largest_k:
        raise ValueError(f"{name} is 1 to {largest_k}, the number of {what}; got {k}.")
