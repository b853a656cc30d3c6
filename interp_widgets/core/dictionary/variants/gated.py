"""Gated: whether a latent fires and how strongly are two questions (Rajamanoharan, 2024).

L1 makes codes smaller than they should be. Here it falls on the gate alone; the magnitude, which
has a scale and a bias of its own, is free of it.

    π = (x − b_dec) W_enc + b_gate                 gate
    m = (x − b_dec) W_enc ⊙ exp(r_mag) + b_mag     magnitude
    f = [π > 0] ⊙ ReLU(m)
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from interp_widgets.core.dictionary.formats.gated import gated_parts
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.variants.active import active
from interp_widgets.core.dictionary.variants.base import (
    Loss,
    LossState,
    Parameters,
    Variant,
    squared_error,
)


class Gated(Variant):
    """``MSE + λ Σ ReLU(π) + ‖x − decode(ReLU(π))‖²``, the last decoder frozen; unit directions."""

    name = "gated"
    defaults: ClassVar[dict[str, float]] = {"l1": 0.125}
    # Measured, on wide and on narrow activations: λ has to fall faster than the size of codes.
    per_code: ClassVar[dict[str, int]] = {"l1": 2}
    unit_norm = True

    def parameters(self, *args: Any, **kwargs: Any) -> Parameters:
        """See `Variant.parameters`; ``b_gate``, ``b_mag`` and ``r_mag`` instead of ``b_enc``."""
        made = super().parameters(*args, **kwargs)
        start = made.pop("b_enc").detach()
        biases = {name: nn.Parameter(start.clone()) for name in ("b_gate", "b_mag")}
        return made | biases | {"r_mag": nn.Parameter(torch.zeros_like(start))}

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`; ``aux`` is the error of what the gates alone would decode to."""
        W_dec, b_dec = parameters["W_dec"], parameters["b_dec"]
        b_gate, center = parameters["b_gate"], self._center(parameters)
        gate = active(x, parameters["W_enc"], b_gate, None, center, state.workspace)
        seen = gate.values - gate.of(b_gate)
        magnitude = seen * gate.of(parameters["r_mag"].exp()) + gate.of(parameters["b_mag"])
        codes, open_by = magnitude.relu() * (gate.values > 0), gate.values.relu()
        residual, mse = squared_error(y, gate.decode(codes, W_dec, b_dec))
        # All that decodes is frozen here, a skip connection, which y is less, as well.
        frozen = gate.decode(open_by, W_dec.detach(), b_dec.detach())
        _, aux = squared_error(y.detach(), frozen)
        wide = torch.promote_types(open_by.dtype, torch.float32)
        sparsity = open_by.sum(dtype=wide) / len(x)
        total = mse + self.hyper["l1"] * state.l1_scale * sparsity + aux
        fired = gate.fired(codes, len(W_dec))
        return Loss(total, mse.detach(), sparsity.detach(), aux.detach(), fired, residual.detach())

    def to_sae(self, parameters: Parameters, **about: Any) -> SAE:
        """See `Variant.to_sae`: the same function as a JumpReLU, see `gated_parts`."""
        shared = {"W_enc": parameters["W_enc"]}
        biases = (parameters[name] for name in ("b_gate", "b_mag", "r_mag"))
        return self._sae(parameters, about, **gated_parts(shared, *biases))
