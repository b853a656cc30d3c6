"""ReLU and an L1 penalty, in the two forms that keep codes from shrinking for nothing.

Codes could be made small at no cost by making directions long. Either the penalty is on
``f ‖direction‖``, which such a change leaves as it is, or directions are held at length 1.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from interp_widgets.core.dictionary.dense_relu import relu_autoencode
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.variants.base import (
    Loss,
    LossState,
    Parameters,
    Variant,
    squared_error,
)

_SHARE_AT = 1.2816  # spreads above the mean that a tenth of a bell curve reaches
_SPREAD, _FITTED = 4096, 512  # rows that biases and lengths are fitted on


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
        """See `Variant.parameters`; an autoencoder's latents begin quiet, at the data's length.

        With biases of 0 half of the latents would fire on every token, and training would mostly
        be the slow way down from there. Here each begins to fire on about a tenth of the tokens,
        and one factor, by least squares, brings the first reconstructions to the right length.
        """
        made = super().parameters(d_in, d_sae, sample, generator, sample_out)
        if sample_out is None:
            with torch.no_grad():
                _quieten(made, sample, self._center(made))
                self._lengthen(made, sample[:_FITTED].float())
        return made

    def _lengthen(self, made: Parameters, x: Tensor) -> None:
        """Bring reconstructions to the length that suits; encoder and decoder share the factor."""
        center = self._center(made)
        wanted = x if center is None else x - center
        codes = torch.addmm(made["b_enc"], wanted, made["W_enc"]).relu()
        first = codes @ made["W_dec"]
        factor = (wanted * first).sum() / first.square().sum()
        factor = torch.where(factor.isfinite() & (factor > 0), factor, 1.0)
        each = factor if self.unit_norm else factor.sqrt()
        for name in ("W_enc", "b_enc") if self.unit_norm else ("W_enc", "b_enc", "W_dec"):
            made[name].mul_(each)

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


def _quieten(made: Parameters, sample: Tensor, center: Tensor | None) -> None:
    """Lower biases until each latent fires on about a tenth of the sample."""
    x, W_enc = sample[:_SPREAD].float(), made["W_enc"]
    middle = x.mean(0)
    around = x - middle
    # The spread of what a latent sees, from the data's covariance: no table of rows and latents.
    spread = (W_enc * (around.T @ around / len(x) @ W_enc)).sum(0).clamp(min=0).sqrt()
    offset = (middle if center is None else middle - center) @ W_enc
    made["b_enc"].copy_(-offset - _SHARE_AT * spread)
