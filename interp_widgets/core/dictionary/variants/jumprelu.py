"""JumpReLU: each latent learns the threshold it has to exceed (Rajamanoharan et al., 2024).

A step has no slope, so the threshold gets the one that a window around it would have on average
over the batch: of width ``bandwidth``, a rectangle K(u) = [|u| < ½] of u = (pre − θ) / bandwidth.

    ∂f/∂θ = −(θ / bandwidth) K        ∂[pre > θ]/∂θ = −(1 / bandwidth) K
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.variants.base import (
    Loss,
    LossState,
    Parameters,
    Variant,
    squared_error,
)


class _Jump(torch.autograd.Function):
    """Codes, and how many tokens of the batch each latent fired on."""

    @staticmethod
    def forward(
        ctx: Any, pre: Tensor, threshold: Tensor, bandwidth: float, to_input: bool
    ) -> tuple[Tensor, Tensor]:
        above = pre > threshold
        ctx.save_for_backward(pre, threshold, above)
        ctx.bandwidth, ctx.to_input = bandwidth, to_input
        return pre * above, above.sum(0).to(threshold.dtype)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, Tensor, None, None]:
        (of_codes, of_fired), (pre, threshold, above) = slopes, ctx.saved_tensors
        near = (pre - threshold).abs() < ctx.bandwidth / 2
        # What raising the pre-activation by the window's width would change.
        crossing = near * (of_codes * threshold + of_fired) / ctx.bandwidth
        of_pre = of_codes * above
        if ctx.to_input:
            of_pre = of_pre + crossing
        return of_pre, -crossing.sum(0), None, None


def jump(
    pre: Tensor, threshold: Tensor, bandwidth: float, to_input: bool = False
) -> tuple[Tensor, Tensor]:
    """JumpReLU with slopes for its threshold.

    Args:
        pre: ``[batch, feature]``.
        threshold: ``[feature]``, at least 0.
        bandwidth: of the window, in units of ``pre``.
        to_input: whether pre-activations get the window's slope too, with the other sign, and so
            the encoder (Anthropic, January 2025).

    Returns:
        Codes ``[batch, feature]``, and on how many tokens each latent fired, ``[feature]``, whose
        slope is the step's.
    """
    codes, fired = _Jump.apply(pre, threshold, bandwidth, to_input)  # pyright: ignore[reportGeneralTypeIssues]
    return codes, fired


class JumpReLU(Variant):
    """``MSE + λ L0``, directions of length 1 (as in Gemma Scope)."""

    name = "jumprelu"
    defaults: ClassVar[dict[str, float]] = {"l1": 0.001, "bandwidth": 0.001}
    fixed: ClassVar[dict[str, Any]] = {"threshold": 0.001, "to_input": False}
    unit_norm = True

    def check_numbers(self) -> None:
        """See `Variant.check_numbers`."""
        super().check_numbers()
        if not self.hyper["bandwidth"] > 0:
            raise ValueError("bandwidth is above 0: no pre-activation is in a window of width 0.")

    def parameters(self, *args: Any, **kwargs: Any) -> Parameters:
        """See `Variant.parameters`; and ``threshold``, itself and not its logarithm.

        Adam moves every number by about the learning rate: a logarithm would hardly move.
        """
        made = super().parameters(*args, **kwargs)
        start = torch.full_like(made["b_enc"], self.settings["threshold"])
        return made | {"threshold": nn.Parameter(start)}

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`; ``sparsity`` is L0."""
        pre = self._pre(parameters, x)
        codes, fired = self._jump(parameters, pre)
        residual, mse = squared_error(
            y, torch.addmm(parameters["b_dec"], codes, parameters["W_dec"])
        )
        sparsity = fired.sum() / len(x)
        total = mse + self.hyper["l1"] * state.l1_scale * sparsity
        none = torch.zeros_like(mse)
        return Loss(total, mse.detach(), sparsity.detach(), none, fired.detach(), residual.detach())

    @torch.no_grad()
    def after_step(self, parameters: Parameters) -> None:
        """See `Variant.after_step`; below 0 a threshold would let negative values fire."""
        super().after_step(parameters)
        parameters["threshold"].clamp_(min=0)

    def to_sae(self, parameters: Parameters, **about: Any) -> SAE:
        """See `Variant.to_sae`."""
        threshold = parameters["threshold"].detach()
        return self._sae(parameters, about, activation="jumprelu", threshold=threshold)

    def _pre(self, parameters: Parameters, x: Tensor) -> Tensor:
        return torch.addmm(parameters["b_enc"], self._centred(parameters, x), parameters["W_enc"])

    def _jump(self, parameters: Parameters, pre: Tensor) -> tuple[Tensor, Tensor]:
        to_input = bool(self.settings["to_input"])
        return jump(pre, parameters["threshold"], self.hyper["bandwidth"], to_input)


class JumpReLUTanh(JumpReLU):
    """``MSE + λ Σ tanh(c f ‖direction‖) + λ_P Σ ReLU(θ − pre) ‖direction‖`` (Anthropic, 2025).

    The hyperbolic tangent counts like L0 where codes are large and pulls like L1 where they are
    small. The last term brings latents back that no token makes fire.
    """

    name = "jumprelu_tanh"
    defaults: ClassVar[dict[str, float]] = {"l1": 0.01, "bandwidth": 0.03, "pre_act": 3e-6}
    fixed: ClassVar[dict[str, Any]] = {"threshold": 0.01, "to_input": True, "slope": 4.0}
    unit_norm = False

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`; ``aux`` is the last term."""
        pre = self._pre(parameters, x)
        codes, fired = self._jump(parameters, pre)
        residual, mse = squared_error(
            y, torch.addmm(parameters["b_dec"], codes, parameters["W_dec"])
        )
        lengths = parameters["W_dec"].norm(dim=1)
        wide = torch.promote_types(pre.dtype, torch.float32)
        counted = (codes * (self.settings["slope"] * lengths)).tanh().mean(0, dtype=wide)
        sparsity = counted.sum()
        below = (parameters["threshold"] - pre).relu().mean(0, dtype=wide)
        aux = (below * lengths).sum()  # a product of matrices would be in half precision
        total = mse + self.hyper["l1"] * state.l1_scale * sparsity + self.hyper["pre_act"] * aux
        return Loss(
            total,
            mse.detach(),
            sparsity.detach(),
            aux.detach(),
            fired.detach(),
            residual.detach(),
        )
