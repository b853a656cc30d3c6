"""Norms, held still: with its statistics fixed a norm is a linear map, and parts can be told apart.

LayerNorm and RMSNorm divide by a number that depends on the whole stream. Keep that number as it
was in the run and the norm of a sum is the sum of the norms, which direct logit attribution needs
(Elhage et al., 2021). What a norm's weights are (``weight``, Gemma's ``1 + weight``) and whether it
subtracts the mean is asked of the norm itself, by what it does to three vectors.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from interp_widgets.core.metrics import precise

# Large, so that the norm's epsilon does not show, and a power of two, so that means are exact.
_LOUD = 1024.0


def in_precision(norm: nn.Module, like: Tensor) -> nn.Module:
    """A norm with the weights of ``norm`` in the dtype and on the device of ``like``.

    A new module rather than swapped weights: another thread may be running the model.
    """
    twin = copy.copy(norm)
    twin.__dict__.pop("forward", None)  # accelerate's, which moves tensors between devices
    weights = {name: p if p is None else p.to(like) for name, p in norm._parameters.items()}
    twin.__dict__["_parameters"] = weights
    return twin


@dataclass(frozen=True)
class FrozenNorm:
    """A norm with the statistics of one run: ``norm(x) = frozen(x) + frozen.bias``.

    Attributes:
        weight: what each direction is multiplied by, ``[d_model]``.
        bias: ``[d_model]``; zeros where the norm has none. Not part of a call.
        scale: one over the run's standard deviation or root mean square, ``[..., 1]``.
        centred: whether the mean is subtracted (LayerNorm).
    """

    weight: Tensor
    bias: Tensor
    scale: Tensor
    centred: bool

    def __call__(self, part: Tensor) -> Tensor:
        """The share of ``part`` in what the norm gives: linear, and without ``bias``.

        Args:
            part: ``[..., d_model]``, whose leading axes broadcast with those of ``scale``.
        """
        part = part.to(self.weight)
        return (part - part.mean(-1, keepdim=True) if self.centred else part) * (
            self.scale * self.weight
        )


@torch.no_grad()
def frozen(norm: nn.Module, x: Tensor) -> FrozenNorm:
    """``norm`` with the statistics that it has on ``x`` ``[..., d_model]``, in float32 or better.

    Raises:
        ValueError: a module that is neither a LayerNorm nor an RMSNorm in what it does.
    """
    x = precise(x)
    forward = in_precision(norm, x).forward
    ones = x.new_ones(x.shape[-1])
    up_down = ones.clone()
    up_down[1::2] = -1
    bias = forward(torch.zeros_like(ones))
    answer = forward(_LOUD * up_down) - bias
    flat = forward(_LOUD * ones) - bias
    centred = bool(flat.abs().max() < 1e-3 * answer.abs().max())

    def centre(part: Tensor) -> Tensor:
        return part - part.mean(-1, keepdim=True) if centred else part

    probe = centre(up_down)
    weight = answer / (probe * probe.square().mean().rsqrt())
    wanted, direction = forward(x) - bias, centre(x) * weight
    length = direction.square().sum(-1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
    scale = (wanted * direction).sum(-1, keepdim=True) / length
    error = (scale * direction - wanted).abs().max()
    if not error <= 1e-3 * wanted.abs().max().clamp(min=1e-6):
        raise ValueError(
            f"{type(norm).__name__} is neither a LayerNorm nor an RMSNorm in what it does, so its "
            "output cannot be shared out among the parts of its input."
        )
    return FrozenNorm(weight, bias, scale, centred)
