"""JumpReLU: each latent learns the threshold it has to exceed (Rajamanoharan et al., 2024).

A step has no slope, so the threshold gets the one that a window around it would have on average
over the batch: of width ``bandwidth``, a rectangle K(u) = [|u| < ½] of u = (pre − θ) / bandwidth.

    ∂f/∂θ = −(θ / bandwidth) K        ∂[pre > θ]/∂θ = −(1 / bandwidth) K
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from interp_widgets.core.dictionary.initial import quieten
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.variants.active import Active, active
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
        ctx: Any,
        pre: Tensor,
        threshold: Tensor,
        bandwidth: float,
        to_input: bool,
        latents: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        over = pre - (threshold if latents is None else threshold[latents])
        above = over > 0
        ctx.save_for_backward(threshold, over, above, latents)
        ctx.bandwidth, ctx.to_input = bandwidth, to_input
        ctx.set_materialize_grads(False)  # few objectives differentiate both
        return pre * above, _summed(above.to(threshold.dtype), latents, threshold)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor | None) -> tuple[Tensor, Tensor, None, None, None]:
        (of_codes, of_fired), (threshold, over, above, latents) = slopes, ctx.saved_tensors
        here = threshold if latents is None else threshold[latents]
        # What raising the pre-activation by the window's width would change.
        crossing = torch.zeros_like(over) if of_codes is None else of_codes * here
        if of_fired is not None:
            crossing += of_fired if latents is None else of_fired[latents]
        crossing *= over.abs() < ctx.bandwidth / 2
        crossing /= ctx.bandwidth
        of_pre = torch.zeros_like(over) if of_codes is None else of_codes * above
        if ctx.to_input:
            of_pre += crossing
        return of_pre, -_summed(crossing, latents, threshold), None, None, None


def _summed(values: Tensor, latents: Tensor | None, like: Tensor) -> Tensor:
    """Values of each latent, summed over the batch, ``[feature]``."""
    if latents is None:
        return values.sum(0)
    return torch.zeros_like(like).index_add_(0, latents, values)


def jump(
    pre: Tensor,
    threshold: Tensor,
    bandwidth: float,
    to_input: bool = False,
    latents: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """JumpReLU with slopes for its threshold.

    Args:
        pre: ``[batch, feature]``; or ``[entry]``, of those in reach of their threshold alone.
        threshold: ``[feature]``, at least 0.
        bandwidth: of the window, in units of ``pre``.
        to_input: whether pre-activations get the window's slope too, with the other sign, and so
            the encoder (Anthropic, January 2025).
        latents: which latent each entry is of, where ``pre`` are entries.

    Returns:
        Codes in the shape of ``pre``, and on how many tokens each latent fired, ``[feature]``,
        whose slope is the step's.
    """
    codes, fired = _Jump.apply(pre, threshold, bandwidth, to_input, latents)  # pyright: ignore[reportGeneralTypeIssues]
    return codes, fired


class JumpReLU(Variant):
    """``MSE + λ L0``, directions of length 1 (as in Gemma Scope)."""

    name = "jumprelu"
    defaults: ClassVar[dict[str, float]] = {"l1": 0.0015, "bandwidth": 0.025}
    fixed: ClassVar[dict[str, Any]] = {"threshold": 0.025, "to_input": False}
    # λ falls faster than squared codes: measured from width 32 to 128 (none suits all widths).
    per_code: ClassVar[dict[str, int]] = {"l1": 4, "bandwidth": 1, "threshold": 1}
    unit_norm = True

    def check_numbers(self) -> None:
        """See `Variant.check_numbers`."""
        super().check_numbers()
        if not self.hyper["bandwidth"] > 0:
            raise ValueError("bandwidth is above 0: no pre-activation is in a window of width 0.")

    def parameters(
        self,
        d_in: int,
        d_sae: int,
        sample: Tensor,
        generator: torch.Generator | None = None,
        sample_out: Tensor | None = None,
    ) -> Parameters:
        """See `Variant.parameters`; and ``threshold``, itself and not its logarithm.

        Adam moves every number by about the learning rate: a logarithm would hardly move. The
        latents of an autoencoder with unit directions begin quiet, see `quieten`; the tanh form,
        which has a term for those that are silent, ends no better for it.
        """
        made = super().parameters(d_in, d_sae, sample, generator, sample_out)
        if sample_out is None and self.unit_norm:
            quieten(made, sample, self.settings["center"], fixed=True)
        start = torch.full_like(made["b_enc"], self.settings["threshold"])
        return made | {"threshold": nn.Parameter(start)}

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`; ``sparsity`` is L0."""
        pre, codes, fired = self._fire(parameters, x, state)
        decoded = pre.decode(codes, parameters["W_dec"], parameters["b_dec"])
        residual, mse = squared_error(y, decoded)
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

    def _fire(
        self, parameters: Parameters, x: Tensor, state: LossState
    ) -> tuple[Active, Tensor, Tensor]:
        """What comes near its threshold or passes it, codes of that, and how often latents fire."""
        threshold, bandwidth = parameters["threshold"], self.hyper["bandwidth"]
        pre = active(
            x,
            parameters["W_enc"],
            parameters["b_enc"],
            threshold.detach() - bandwidth / 2,
            self._center(parameters),
            state.workspace,
        )
        to_input = bool(self.settings["to_input"])
        return pre, *jump(pre.values, threshold, bandwidth, to_input, pre.latents)


class JumpReLUTanh(JumpReLU):
    """``MSE + λ Σ tanh(c f ‖direction‖) + λ_P Σ ReLU(θ − pre) ‖direction‖`` (Anthropic, 2025).

    The hyperbolic tangent counts like L0 where codes are large and pulls like L1 where they are
    small. The last term brings latents back that no token makes fire.
    """

    name = "jumprelu_tanh"
    defaults: ClassVar[dict[str, float]] = {"l1": 0.0078, "bandwidth": 0.025, "pre_act": 3e-6}
    fixed: ClassVar[dict[str, Any]] = {"threshold": 0.025, "to_input": True, "slope": 4.0}
    per_code: ClassVar[dict[str, int]] = {"l1": 2, "bandwidth": 1, "threshold": 1}
    unit_norm = False

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`; ``aux`` is the last term."""
        threshold, W_dec = parameters["threshold"], parameters["W_dec"]
        # All of them, near a threshold or not: the last term is about those that are far below.
        pre = torch.addmm(parameters["b_enc"], self._centred(parameters, x), parameters["W_enc"])
        to_input = bool(self.settings["to_input"])
        codes, fired = jump(pre, threshold, self.hyper["bandwidth"], to_input)
        residual, mse = squared_error(y, torch.addmm(parameters["b_dec"], codes, W_dec))
        lengths = W_dec.norm(dim=1)
        wide = torch.promote_types(codes.dtype, torch.float32)
        counted = (codes * (self.settings["slope"] * lengths)).tanh()
        sparsity = counted.sum(dtype=wide) / len(x)
        below = (threshold - pre).relu().mean(0, dtype=wide)
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
