"""BatchTopK: k latents fire a token on average, more where a token needs more (Bussmann, 2024).

While training, the tokens of a batch compete. Afterwards a threshold decides, the same for every
latent, so that a token's codes do not depend on the tokens beside it: the moving average of the
smallest code that was let through.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.variants.base import (
    Loss,
    LossState,
    Parameters,
    squared_error,
)
from interp_widgets.core.dictionary.variants.topk import TopK

_RATE = 0.01  # of the threshold's moving average


class BatchTopK(TopK):
    """`TopK` over a batch: its ``⌊k · tokens⌋`` largest codes fire; k need not be whole."""

    name = "batchtopk"
    across_batch = True

    def parameters(self, *args: Any, **kwargs: Any) -> Parameters:
        """See `Variant.parameters`."""
        made = super().parameters(*args, **kwargs)
        # The average starts at 0, and so does the weight of what is in it: their quotient is the
        # average of what was seen, from the first batch on.
        for name in ("threshold_sum", "threshold_weight"):
            self.state[name] = torch.zeros((), device=made["W_dec"].device)
        return made

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`."""
        codes = self._codes(parameters, x)
        residual, mse = squared_error(
            y, torch.addmm(parameters["b_dec"], codes, parameters["W_dec"])
        )
        aux = self._aux(parameters, x, residual.detach(), state)
        fired = (codes.detach() > 0).sum(0).float()
        return self._judged(mse, mse.detach(), aux, fired, residual.detach(), state)

    @property
    def threshold(self) -> Tensor:
        """What a code has to exceed after training; 0 before the first batch."""
        weight = self.state["threshold_weight"]
        return self.state["threshold_sum"] / torch.where(weight > 0, weight, 1.0)

    def to_sae(self, parameters: Parameters, **about: Any) -> SAE:
        """See `Variant.to_sae`."""
        return self._sae(parameters, about, activation="jumprelu", threshold=self.threshold)

    def _codes(self, parameters: Parameters, x: Tensor) -> Tensor:
        """Codes ``[batch, feature]`` of a batch whose tokens compete."""
        pre = torch.addmm(parameters["b_enc"], self._centred(parameters, x), parameters["W_enc"])
        flat = pre.relu().flatten()
        values, indices = flat.topk(max(1, int(self.hyper["k"] * len(x))), sorted=False)
        self._see(values.detach())
        return torch.zeros_like(flat).scatter(0, indices, values).view_as(pre)

    def _see(self, values: Tensor) -> None:
        """Note the smallest of the codes that were let through; zeros were not."""
        least = torch.where(values > 0, values, torch.inf).amin().float()
        seen = least.isfinite().float() * _RATE
        self.state["threshold_sum"].lerp_(least.nan_to_num(0.0, 0.0, 0.0), seen)
        self.state["threshold_weight"].lerp_(torch.ones_like(least), seen)
