"""Memory that every step of a training uses again.

A fresh block of the size of ``[batch, feature]`` or of the weights costs more than the arithmetic
that fills it on small dictionaries: the system hands it out page by page, zeroed.
"""

from __future__ import annotations

import torch
from torch import Tensor

_Key = tuple[tuple[int, ...], torch.dtype, torch.device]


class Workspace:
    """Blocks handed out in the order of the requests, the same ones again after `reset`.

    One belongs to one training and one thread. What was taken before a `reset` is overwritten
    after it: copy what has to stay.
    """

    def __init__(self) -> None:
        """Begin with nothing held."""
        self._held: dict[_Key, list[Tensor]] = {}
        self._given: dict[_Key, int] = {}

    def take(self, shape: tuple[int, ...], like: Tensor) -> Tensor:
        """A block of this shape, of the dtype and on the device of ``like``, with old numbers."""
        key = (shape, like.dtype, like.device)
        held = self._held.setdefault(key, [])
        given = self._given.get(key, 0)
        if given == len(held):
            held.append(torch.empty(shape, dtype=like.dtype, device=like.device))
        self._given[key] = given + 1
        return held[given].detach()

    def reset(self) -> None:
        """Call at the beginning of a step: all blocks are free again."""
        self._given.clear()

    @property
    def nbytes(self) -> int:
        """Memory held, in bytes."""
        blocks = [block for held in self._held.values() for block in held]
        return sum(block.numel() * block.element_size() for block in blocks)


def block(workspace: Workspace | None, shape: tuple[int, ...], like: Tensor) -> Tensor:
    """Memory from a workspace, or fresh where there is none."""
    if workspace is None:
        return torch.empty(shape, dtype=like.dtype, device=like.device)
    return workspace.take(shape, like)
