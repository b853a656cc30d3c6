"""TopK: the k largest pre-activations of each token fire, so nothing need be penalised (Gao, 2024).

Dead latents come back through AuxK: those of them that would have fired are asked to reconstruct
what the living ones missed.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from interp_widgets.core.dictionary import encode
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.variants.base import (
    Loss,
    LossState,
    Parameters,
    Variant,
    squared_error,
)


class TopK(Variant):
    """``MSE / variance + α AuxK``, directions of length 1."""

    name = "topk"
    defaults: ClassVar[dict[str, float]] = {"k": 32}
    fixed: ClassVar[dict[str, Any]] = {"aux": 1 / 32}
    unit_norm = True

    def check(self, d_in: int, d_sae: int) -> None:
        """See `Variant.check`."""
        super().check(d_in, d_sae)
        k = self.hyper["k"]
        if not 0 < k <= d_sae:
            raise ValueError(
                f"k is above 0 and at most d_sae = {d_sae}, which is how many can fire; got {k}."
            )
        if k != int(k) and not self.across_batch:
            raise ValueError(f"k of {self.name} is a whole number; got {k}.")

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`."""
        W_dec = parameters["W_dec"]
        pre = torch.addmm(parameters["b_enc"], self._centred(parameters, x), parameters["W_enc"])
        values, indices = encode.topk(pre, int(self.hyper["k"]))
        codes = encode.dense(values, indices, len(W_dec))
        residual, mse = squared_error(y, torch.addmm(parameters["b_dec"], codes, W_dec))
        aux = self._aux(parameters, x, residual.detach(), state)
        fired = (codes.detach() > 0).sum(0).float()
        return self._judged(mse, mse.detach(), aux, fired, residual.detach(), state)

    def to_sae(self, parameters: Parameters, **about: Any) -> SAE:
        """See `Variant.to_sae`."""
        return self._sae(parameters, about, activation="topk", k=int(self.hyper["k"]))

    def _judged(
        self,
        error: Tensor,
        mse: Tensor,
        aux: Tensor,
        fired: Tensor,
        residual: Tensor,
        state: LossState,
    ) -> Loss:
        """The loss from its terms; ``error`` is what stands for the squared error in it."""
        # Activations that never change have no variance; their error is then counted as it is.
        total = error / (state.variance or 1.0) + self.settings["aux"] * aux
        return Loss(total, mse, torch.zeros_like(mse), aux.detach(), fired, residual)

    def _aux(self, parameters: Parameters, x: Tensor, residual: Tensor, state: LossState) -> Tensor:
        """Share of the residual's variance that the dead latents miss; 0 without dead ones.

        Only their rows get a gradient: the residual is a given, and neither the decoder's bias nor
        the centre of the input is part of it.
        """
        if state.dead is None or not self.settings["aux"]:
            return residual.new_zeros(())
        dead = state.dead.nonzero().squeeze(1)
        k = min(x.shape[1] // 2, len(dead))
        if not k:
            return residual.new_zeros(())
        centred = self._centred(parameters, x).detach()
        pre = torch.addmm(parameters["b_enc"][dead], centred, parameters["W_enc"][:, dead])
        codes = encode.dense(*encode.topk(pre, k), len(dead))
        _, missed = squared_error(residual, codes @ parameters["W_dec"][dead])
        spread = residual - state.mean(residual.mean(0))
        return (missed / state.mean(spread.square().sum() / len(spread))).nan_to_num(0.0)
