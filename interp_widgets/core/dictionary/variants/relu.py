"""ReLU and an L1 penalty, in the two forms that keep codes from shrinking for nothing.

Codes could be made small at no cost by making directions long. Either the penalty is on
``f ‖direction‖``, which such a change leaves as it is, or directions are held at length 1.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from interp_widgets.core.dictionary.dense_relu import relu_autoencode
from interp_widgets.core.dictionary.initial import quieten
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.variants.base import (
    Loss,
    LossState,
    Parameters,
    Variant,
    squared_error,
)


class ReLU(Variant):
    """``MSE + λ Σ f ‖direction‖``, the gradient through the lengths too (Anthropic, April 2024).

    The published λ = 5 is for ``E‖x‖ = √d``; at ``E‖x‖² = 1`` the same is ``5 / √d``. The default
    is weaker and goes with the size of codes, as that does.

    With ``weighted=False`` the penalty is on ``f`` alone, for showing what then happens: directions
    grow, codes shrink, the penalty falls, and nothing gets sparser.
    """

    name = "relu"
    defaults: ClassVar[dict[str, float]] = {"l1": 0.1}
    fixed: ClassVar[dict[str, Any]] = {"weighted": True}
    per_code: ClassVar[dict[str, int]] = {"l1": 1}

    def parameters(
        self,
        d_in: int,
        d_sae: int,
        sample: Tensor,
        generator: torch.Generator | None = None,
        sample_out: Tensor | None = None,
    ) -> Parameters:
        """See `Variant.parameters`; an autoencoder's latents begin quiet, see `quieten`."""
        made = super().parameters(d_in, d_sae, sample, generator, sample_out)
        if sample_out is None:
            quieten(made, sample, self.settings["center"], fixed=self.unit_norm)
        return made

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`."""
        W_dec = parameters["W_dec"]
        reconstruction, mean, fired = relu_autoencode(
            x,
            parameters["W_enc"],
            parameters["b_enc"],
            W_dec,
            parameters["b_dec"],
            center=self._center(parameters),
            workspace=state.workspace,
        )
        residual, mse = squared_error(y, reconstruction)
        # A product of matrices would be in half precision, where that is asked for.
        weighted = self.settings.get("weighted", False)
        sparsity = (mean * W_dec.norm(dim=1)).sum() if weighted else mean.sum()
        total = mse + self.hyper["l1"] * state.l1_scale * sparsity
        none = torch.zeros_like(mse)
        return Loss(total, mse.detach(), sparsity.detach(), none, fired, residual.detach())

    def to_sae(self, parameters: Parameters, **about: Any) -> SAE:
        """See `Variant.to_sae`."""
        return self._sae(parameters, about, activation="relu")


class ReLUUnit(ReLU):
    """``MSE + λ Σ f`` with directions of length 1 (Bricken et al., 2023)."""

    name = "relu_unit"
    fixed: ClassVar[dict[str, Any]] = {}
    unit_norm = True
