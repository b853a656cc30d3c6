"""Muon for matrices, Adam for the rest, in float32, with a state of plain named tensors.

Muon: momentum, then the nearest orthogonal matrix by five Newton-Schulz steps (Jordan et al. 2024,
https://kellerjordan.github.io/posts/muon/). ``torch.optim.Muon`` does the same in bfloat16, which
laptops' CPUs lack; circuits such as indirect object identification come several times sooner with
it than with AdamW alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import GPTNeoForCausalLM

from interp_widgets.bundled.model import logit_scale

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # coefficients of the quintic, from the page above


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """Singular values of each matrix pushed to about 1.

    Args:
        matrices: [batch, rows, columns].
        steps: Newton-Schulz steps.
    """
    a, b, c = _NEWTON_SCHULZ
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + torch.baddbmm(b * gram, gram, gram, alpha=c) @ x
    return x.mT if tall else x


@dataclass(frozen=True)
class Rates:
    """Step sizes of the two halves, before the schedule.

    Attributes:
        muon: Learning rate of matrices.
        adam: Learning rate of embeddings, norms and biases.
        value: Factor on the rate of value and output projections; below 1, because attention that
            learns quickly carries facts which the MLPs would hold otherwise.
        local_mlp: Factor on the rate of the MLPs of the local layers. At 1 the very first MLP,
            which sees both pieces of a name, looks up every fact; slowed down, it leaves the
            lookup to the layers above, where there is a middle for lessons to look into.
        decay: Weight decay of matrices.
        momentum: Of Muon.
        betas: Of AdamW.
    """

    muon: float = 0.02
    adam: float = 3e-3
    value: float = 0.55
    local_mlp: float = 0.1
    decay: float = 0.1
    momentum: float = 0.95
    betas: tuple[float, float] = (0.9, 0.98)


def _is_local(name: str, model: GPTNeoForCausalLM) -> bool:
    """Whether a parameter ``transformer.h.<layer>.…`` belongs to a layer that attends locally."""
    return model.config.attention_layers[int(name.split(".")[2])] == "local"


class MuonAdam:
    """Both optimisers over one model's named parameters."""

    def __init__(self, model: GPTNeoForCausalLM, rates: Rates) -> None:
        self.rates = rates
        self.state: dict[str, Tensor] = {}
        self._updates = 0
        self._by_shape: dict[torch.Size, list[tuple[str, Tensor, float]]] = defaultdict(list)
        self._rest: list[tuple[str, Tensor]] = []
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2 and ".h." in name:
                self._by_shape[parameter.shape].append((name, parameter, self._factor(name, model)))
            else:
                self._rest.append((name, parameter))

    def _factor(self, name: str, model: GPTNeoForCausalLM) -> float:
        """What multiplies Muon's rate for one matrix."""
        if "q_proj" in name or "k_proj" in name:
            return logit_scale(model)
        if ".mlp." in name and _is_local(name, model):
            return self.rates.local_mlp
        return self.rates.value if "v_proj" in name or "out_proj" in name else 1.0

    def _moment(self, key: str, like: Tensor) -> Tensor:
        if key not in self.state:
            self.state[key] = torch.zeros_like(like)
        return self.state[key]

    @torch.no_grad()
    def step(self, schedule: float) -> None:
        """Update every parameter from its gradient.

        Args:
            schedule: What the schedule multiplies both rates with now, 0..1.
        """
        self._updates += 1
        for shape, group in self._by_shape.items():
            self._muon(shape, group, schedule * self.rates.muon)
        for name, parameter in self._rest:
            self._adam(name, parameter, schedule * self.rates.adam)

    def _muon(self, shape: torch.Size, group: list[tuple[str, Tensor, float]], rate: float) -> None:
        momentum = self.rates.momentum
        directions = []
        for name, parameter, _ in group:
            assert parameter.grad is not None
            moment = self._moment(f"muon.{name}", parameter).lerp_(parameter.grad, 1 - momentum)
            directions.append(parameter.grad.lerp(moment, momentum))  # Nesterov
        steps = orthogonalise(torch.stack(directions))
        scale = max(1.0, shape[0] / shape[1]) ** 0.5
        for (_, parameter, factor), step in zip(group, steps, strict=True):
            parameter.mul_(1 - rate * self.rates.decay)
            parameter.sub_(step, alpha=rate * scale * factor)

    def _adam(self, name: str, parameter: Tensor, rate: float) -> None:
        assert parameter.grad is not None
        first, second = self.rates.betas
        mean = self._moment(f"adam.mean.{name}", parameter).lerp_(parameter.grad, 1 - first)
        square = self._moment(f"adam.square.{name}", parameter)
        square.mul_(second).addcmul_(parameter.grad, parameter.grad, value=1 - second)
        correction = (1 - second**self._updates) ** 0.5 / (1 - first**self._updates)
        parameter.addcdiv_(mean, square.sqrt().add_(1e-8), value=-rate * correction)

    def load(self, state: dict[str, Tensor], updates: int) -> None:
        """Continue from saved moments after so many updates."""
        self.state = {name: tensor.clone() for name, tensor in state.items()}
        self._updates = updates
