"""Pre-activations of a batch: those above a floor alone where they are few, else all of them.

The formulas of an objective read the same for both; what is not there would have become 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from interp_widgets.core.dictionary.sparse import SparseCodes, sparse_decode
from interp_widgets.core.dictionary.sparse_above import codes_above, share_above
from interp_widgets.core.dictionary.workspace import Workspace

_FEW = 1 / 16  # share below which, on a cpu, gathering rows beats dense products


@dataclass(frozen=True, eq=False)
class Active:
    """Pre-activations, and how to count and decode what is made of them.

    Attributes:
        values: ``[entry]``, or ``[batch, feature]``.
        places: where entries belong; ``None``: all are there.
    """

    values: Tensor
    places: SparseCodes | None
    workspace: Workspace | None

    @property
    def latents(self) -> Tensor | None:
        """Which latent each entry is of, ``[entry]``."""
        return None if self.places is None else self.places.indices

    def of(self, of_latents: Tensor) -> Tensor:
        """Numbers of latents ``[feature]``, to stand beside ``values``."""
        return of_latents if self.latents is None else of_latents[self.latents]

    def decode(self, codes: Tensor, W_dec: Tensor, b_dec: Tensor) -> Tensor:
        """``codes @ W_dec + b_dec`` of codes in the shape of ``values``."""
        if self.places is None:
            return torch.addmm(b_dec, codes, W_dec)
        made = self.places.with_values(codes)
        return sparse_decode(made, W_dec, b_dec, workspace=self.workspace)

    def fired(self, codes: Tensor, width: int) -> Tensor:
        """On how many tokens each latent's code is above 0, float32 ``[feature]``."""
        active = (codes.detach() > 0).float()
        if self.latents is None:
            return active.sum(0)
        return active.new_zeros(width).index_add_(0, self.latents, active)


def active(
    x: Tensor,
    W_enc: Tensor,
    b_enc: Tensor,
    floor: Tensor | None,
    center: Tensor | None,
    workspace: Workspace | None,
) -> Active:
    """Pre-activations ``(x - center) @ W_enc + b_enc`` of a batch.

    Args:
        x: ``[batch, d_in]``.
        W_enc: ``[d_in, feature]``.
        b_enc: ``[feature]``.
        floor: ``[feature]``, no gradient; what lies below need not be there. ``None``: 0.
        center: ``[d_in]``.
        workspace: memory used again each step.
    """
    here = x.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
    if here and share_above(x, W_enc, b_enc, floor, center=center) < _FEW:
        places = codes_above(x, W_enc, b_enc, floor, center=center, workspace=workspace)
        return Active(places.values, places, workspace)
    centred = x if center is None else x - center
    return Active(torch.addmm(b_enc, centred, W_enc), None, workspace)
