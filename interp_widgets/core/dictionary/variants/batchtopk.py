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
from interp_widgets.core.dictionary.sparse import SparseCodes
from interp_widgets.core.dictionary.sparse_above import batch_topk_codes
from interp_widgets.core.dictionary.variants.base import LossState, Parameters
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

    @property
    def threshold(self) -> Tensor:
        """What a code has to exceed after training; 0 before the first batch."""
        weight = self.state["threshold_weight"]
        return self.state["threshold_sum"] / torch.where(weight > 0, weight, 1.0)

    def to_sae(self, parameters: Parameters, **about: Any) -> SAE:
        """See `Variant.to_sae`."""
        return self._sae(parameters, about, activation="jumprelu", threshold=self.threshold)

    def _encode(
        self, parameters: Parameters, x: Tensor, state: LossState
    ) -> tuple[SparseCodes, SparseCodes | None]:
        codes, aux = batch_topk_codes(x, k=self.hyper["k"], **self._encoder(parameters, x, state))
        self._see(codes.values.detach())
        return codes, aux

    def _see(self, values: Tensor) -> None:
        """Note the smallest of the codes that were let through; zeros were not."""
        if not len(values):
            return
        least = torch.where(values > 0, values, torch.inf).amin().float()
        seen = least.isfinite().float() * _RATE
        self.state["threshold_sum"].lerp_(least.nan_to_num(0.0, 0.0, 0.0), seen)
        self.state["threshold_weight"].lerp_(torch.ones_like(least), seen)
