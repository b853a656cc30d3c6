"""From pre-activations to codes: what decides which latents fire, and how strongly.

Every function takes pre-activations ``[..., feature]``. A NaN stays a NaN: codes of broken
activations look broken.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Activation = Literal["relu", "topk", "jumprelu", "groupmax"]
ACTIVATIONS: tuple[Activation, ...] = ("relu", "topk", "jumprelu", "groupmax")
CHOOSING = ("topk", "groupmax")  # a latent fires or not by comparison with other latents


def jumprelu(pre: Tensor, threshold: Tensor) -> Tensor:
    """What is above its threshold, as it is; all else 0 (Rajamanoharan et al., 2024).

    Args:
        pre: ``[..., feature]``.
        threshold: ``[feature]``, none below 0. The comparison is strict.

    Returns:
        ``[..., feature]``.
    """
    # Multiplied, not chosen by `where`: a NaN, which is above nothing, stays a NaN.
    return pre.relu() * (pre > threshold).to(pre.dtype)


def topk(pre: Tensor, k: int, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The ``k`` most active latents of each row (Gao et al., 2024).

    Args:
        pre: ``[..., feature]``.
        k: how many.
        weight: ``[feature]``; where given, the largest of ``pre * weight`` are chosen, and their
            values stay ``pre``.

    Returns:
        Values, at least 0, and indices, both ``[..., k]``, the largest first.
    """
    positive = pre.relu()
    if weight is None:
        values, indices = positive.topk(k, dim=-1)
        return values, indices
    indices = (positive * weight).topk(k, dim=-1).indices
    return positive.gather(-1, indices), indices


def groupmax(pre: Tensor, k: int, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The most active latent of each of ``k`` groups of neighbours, which are equally wide.

    Args:
        pre: ``[..., feature]``.
        k: how many groups.
        weight: ``[feature]``, as in `topk`.

    Returns:
        Values, at least 0, and indices, both ``[..., k]``, in the order of the groups.
    """
    positive = pre.relu()
    judged = positive if weight is None else positive * weight
    width = pre.shape[-1] // k
    inside = judged.unflatten(-1, (k, width)).argmax(-1)
    indices = inside + torch.arange(k, device=pre.device) * width
    return positive.gather(-1, indices), indices


def dense(values: Tensor, indices: Tensor, width: int) -> Tensor:
    """Sparse codes written out.

    Args:
        values: ``[..., k]``.
        indices: ``[..., k]``; one may come twice where its value is 0.
        width: how many latents there are.

    Returns:
        ``[..., feature]``.
    """
    codes = values.new_zeros(*values.shape[:-1], width)
    return codes.scatter_add(-1, indices, values)
