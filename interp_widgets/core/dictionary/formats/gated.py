"""Gated dictionaries as the JumpReLU ones that they equal (Rajamanoharan et al., 2024)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from interp_widgets.core.metrics import precise


def gated_parts(
    parts: Mapping[str, Any], gate: Tensor, magnitude: Tensor, r: Tensor
) -> dict[str, Any]:
    """The parts of a JumpReLU dictionary, of those of a gated one.

    The gate ``x W + gate > 0`` says the same as ``eʳ x W + magnitude > magnitude - eʳ gate``.

    Args:
        parts: with ``W_enc`` ``[d_in, feature]``, which both paths share.
        gate: bias of the gate, ``[feature]``.
        magnitude: bias of the magnitudes, ``[feature]``.
        r: logarithm of the scale of the magnitudes, ``[feature]``.

    Returns:
        The parts, those that are computed in float32 or better whatever the file's dtype.
    """
    gate, magnitude, scale = precise(gate), precise(magnitude), precise(r).exp()
    return dict(parts) | {
        "W_enc": precise(parts["W_enc"]) * scale,
        "b_enc": magnitude,
        "activation": "jumprelu",
        "threshold": (magnitude - scale * gate).clamp(min=0),
    }
