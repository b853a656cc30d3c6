"""TopK: the k largest pre-activations of each token fire, so nothing need be penalised (Gao, 2024).

Dead latents come back through AuxK: those of them that would have fired are asked to reconstruct
what the living ones missed. Of few dead ones all do, of many the loudest of each token: half as
many as there are dimensions, as in the paper, but four times ``k`` at most: what is shared among
more comes in codes too small to ever be among the ``k`` largest.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.sparse import SparseCodes, sparse_decode, topk_codes
from interp_widgets.core.dictionary.variants.base import (
    NARROW,
    WIDE,
    Loss,
    LossState,
    Parameters,
    Variant,
    squared_error,
)

_AUX = 4  # of many dead latents, so many a token for each one that fires
_FITTED = 4096  # rows that the encoder's first length is fitted on


class TopK(Variant):
    """``MSE / variance + α AuxK``, directions of length 1."""

    name = "topk"
    defaults: ClassVar[dict[str, float]] = {"k": 32}
    fixed: ClassVar[dict[str, Any]] = {"aux": 1 / 32}
    unit_norm = True

    def suit(self, d_in: int, d_sae: int) -> None:
        """See `Variant.suit`; ``k`` is an eighth of the width, 4 to 32."""
        super().suit(d_in, d_sae)
        if "k" not in self._given:
            self.hyper["k"] = min(min(max(d_in, NARROW), WIDE) // 8, d_sae)

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

    @property
    def most(self) -> int:
        """See `Variant.most`."""
        return max(1, round(self.hyper["k"]))

    def parameters(
        self,
        d_in: int,
        d_sae: int,
        sample: Tensor,
        generator: torch.Generator | None = None,
        sample_out: Tensor | None = None,
    ) -> Parameters:
        """See `Variant.parameters`; an autoencoder's encoder is shortened to begin at the data.

        The k directions nearest to an activation overlap: with an encoder as long as they are,
        their sum overshoots by far, and the first hundred steps are spent on that. One factor, by
        least squares, brings the first reconstructions to the right length.
        """
        made = super().parameters(d_in, d_sae, sample, generator, sample_out)
        if sample_out is None:
            x = sample[:_FITTED].float()
            k, center = min(self.most, d_sae), self._center(made)
            with torch.no_grad():
                codes, _ = topk_codes(x, made["W_enc"], made["b_enc"], k, center=center)
                first = sparse_decode(codes, made["W_dec"])
                wanted = x if center is None else x - center
                factor = (wanted * first).sum() / first.square().sum()
                made["W_enc"].mul_(torch.where(factor.isfinite() & (factor > 0), factor, 1.0))
        return made

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`."""
        codes, aux_codes = self._encode(parameters, x, state)
        nested = self._nested(codes)
        parts = nested if aux_codes is None else [*nested, aux_codes]
        decoded = sparse_decode(
            SparseCodes.stack(parts), parameters["W_dec"], workspace=state.workspace
        )
        own = decoded[: len(nested) * len(x)].view(len(nested), *y.shape)
        own = own if len(nested) == 1 else own.cumsum(0)
        residuals, errors = squared_error(y, own + parameters["b_dec"])
        residual, error = residuals[-1].detach(), errors.mean()
        missed = None if aux_codes is None else decoded[-len(x) :]
        aux = _missed_share(residual, missed, state)
        # Activations that never change have no variance; their error is then counted as it is.
        total = error / (state.variance or 1.0) + self.settings["aux"] * aux
        none = torch.zeros_like(error)
        return Loss(total, errors[-1].detach(), none, aux.detach(), codes.fired, residual)

    def to_sae(self, parameters: Parameters, **about: Any) -> SAE:
        """See `Variant.to_sae`."""
        return self._sae(parameters, about, activation="topk", k=int(self.hyper["k"]))

    def _encode(
        self, parameters: Parameters, x: Tensor, state: LossState
    ) -> tuple[SparseCodes, SparseCodes | None]:
        """Codes of a batch, and those of its dead latents."""
        return topk_codes(x, k=int(self.hyper["k"]), **self._encoder(parameters, x, state))

    def _encoder(self, parameters: Parameters, x: Tensor, state: LossState) -> dict[str, Any]:
        """What both ways of choosing codes take, by name."""
        dead, k_aux = None, 0
        if state.dead is not None and self.settings["aux"]:
            dead = state.dead.nonzero().squeeze(1)
            k_aux = len(dead)
            if k_aux > x.shape[1] // 2:
                k_aux = max(1, min(x.shape[1] // 2, int(_AUX * self.hyper["k"])))
        return {
            "W_enc": parameters["W_enc"],
            "b_enc": parameters["b_enc"],
            "center": self._center(parameters),
            "dead": dead,
            "k_aux": k_aux,
            "workspace": state.workspace,
        }

    def _nested(self, codes: SparseCodes) -> list[SparseCodes]:
        """Codes in parts, of which the first alone, then the first two, … are to reconstruct."""
        return [codes]


def _missed_share(residual: Tensor, decoded: Tensor | None, state: LossState) -> Tensor:
    """Share of the residual's variance that the dead latents miss; 0 without dead ones.

    Only their weights get a gradient: the residual is a given, and neither the decoder's bias nor
    the centre of the input is part of it.
    """
    if decoded is None:
        return residual.new_zeros(())
    _, missed = squared_error(residual, decoded)
    spread = residual - state.mean(residual.mean(0))
    whole = state.mean(spread.square().sum() / len(spread))
    # A batch of one token leaves nothing to share out; dividing by 0 would spoil the gradients too.
    return missed / torch.where(whole > 0, whole, torch.inf)
