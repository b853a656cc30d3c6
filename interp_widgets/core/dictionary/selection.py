"""Which latents of a row are the most active, found without looking at most of them closely."""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor

_INTEGERS = {2: torch.int16, 4: torch.int32, 8: torch.int64}


def largest(judged: Tensor, k: int) -> Tensor:
    """Where the ``k`` largest of each row are; int64 ``[row, k]``, in no order.

    Exact among entries above 0. Where fewer than ``k`` are, the others are any: they become 0.

    Args:
        judged: ``[row, feature]``, contiguous.
        k: at most ``feature``.
    """
    if judged.device.type != "cpu":
        return judged.topk(k, dim=1, sorted=False).indices
    # Floats above 0 are in the order of their bits, and integers are compared faster.
    bits = judged.contiguous().view(_INTEGERS[judged.element_size()])
    groups = group_count(bits.shape[1], k)
    if groups is None:
        return bits.topk(k, dim=1, sorted=False).indices
    # Whatever is among the k largest lies in one of the k groups with the largest maxima.
    members = bits.shape[1] // groups
    maxima = bits.view(len(bits), members, groups).amax(1)
    best = maxima.topk(k, dim=1, sorted=False).indices
    steps = torch.arange(members, device=bits.device) * groups
    candidates = (best[:, None, :] + steps[:, None]).view(len(bits), -1)
    inside = bits.gather(1, candidates).topk(k, dim=1, sorted=False).indices
    return candidates.gather(1, inside)


@functools.lru_cache
def group_count(width: int, k: int) -> int | None:
    """How many groups to divide a row into, or ``None`` where that saves nothing.

    Maxima of ``g`` groups and the members of ``k`` of them have to be ranked: ``g + k width / g``
    entries, the fewest at ``g = sqrt(k width)``.
    """
    best = math.sqrt(k * width)
    fitting = [g for g in range(k, int(4 * best) + 1) if width % g == 0]
    if not fitting:
        return None
    groups = min(fitting, key=lambda g: g + k * width / g)
    return groups if groups + k * width / groups < width / 2 else None
