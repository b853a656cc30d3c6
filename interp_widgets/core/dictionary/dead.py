"""Dead latents: keeping count of who fires, and two ways to bring back those who do not.

A latent is dead that fired on none of the last ``after`` tokens. AuxK, the third remedy, is part of
the TopK objectives.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from interp_widgets.core.dictionary.matching import unit

HORIZON = 100  # batches that the firing rate looks back on, about
REVIVED = 0.2  # length of a resampled encoder direction, in mean lengths of those alive


class Firing:
    """Who fired when.

    Attributes:
        since: tokens since each latent last fired, int64 ``[feature]``.
        average: exponential average of the share of tokens it fires on, ``[feature]``, not yet
            corrected for its start at 0.
        weight: what that average has to be divided by, ``[]``.
    """

    def __init__(self, features: int, device: torch.device) -> None:
        self.since = torch.zeros(features, dtype=torch.int64, device=device)
        self.average = torch.zeros(features, device=device)
        self.weight = torch.zeros((), device=device)

    def count(self, fired: Tensor, tokens: int, keep: Tensor) -> None:
        """Take in one batch.

        Args:
            fired: on how many of its tokens each latent fired, ``[feature]``.
            tokens: how many it had.
            keep: 0-dim bool; where it is false nothing is taken in.
        """
        now = torch.where(fired > 0, 0, self.since + tokens)
        self.since.copy_(torch.where(keep, now, self.since))
        share = torch.where(keep, 1 / HORIZON, 0.0)
        self.average.lerp_(torch.where(keep, fired.to(self.average) / tokens, 0.0), share)
        self.weight.lerp_(torch.ones_like(self.weight), share)

    def dead(self, after: int) -> Tensor:
        """Which latents fired on none of the last ``after`` tokens, bool ``[feature]``."""
        return self.since >= after

    @property
    def density(self) -> Tensor:
        """Share of the latest tokens that each latent fires on, 0..1 ``[feature]``."""
        return self.average / self.weight.clamp(min=torch.finfo(torch.float32).tiny)

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint keeps."""
        return {"since": self.since, "average": self.average, "weight": self.weight}

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """Undo `tensors`."""
        for name, mine in self.tensors().items():
            mine.copy_(tensors[name])


@torch.no_grad()
def resample(
    parameters: Mapping[str, Tensor],
    moments: Mapping[str, tuple[Tensor, ...]],
    dead: Tensor,
    x: Tensor,
    y: Tensor,
    errors: Tensor,
    generator: torch.Generator,
) -> int:
    """Point dead latents at inputs that are badly reconstructed (Bricken et al., 2023).

    Each draws one input with a probability that goes with its squared loss. Its decoder direction
    becomes the unit vector of the target there (less the decoder's bias and what a skip connection
    makes), its encoder direction that of the input, `REVIVED` times as long as those alive are on
    average; its biases become 0 and Adam forgets it. Nothing of any other latent changes.

    Args:
        parameters: by name, ``W_enc [d_in, feature]``, ``W_dec [feature, d_out]``, ``b_dec``, maybe
            ``W_skip [d_in, d_out]``, and whatever else has an entry for each latent.
        moments: Adam's, of each parameter, of its shape.
        dead: which latents, bool ``[feature]``.
        x: inputs ``[token, d_in]``.
        y: targets ``[token, d_out]``.
        errors: squared error of each, ``[token]``.
        generator: of the draw, on the cpu.

    Returns:
        How many latents were resampled: none where nothing is dead, or nothing is wrong.
    """
    chosen = dead.nonzero()[:, 0]
    chances = errors.cpu().double().square()
    if not len(chosen) or not bool(chances.sum() > 0):
        return 0
    drawn = torch.multinomial(chances, len(chosen), replacement=True, generator=generator)
    drawn = drawn.to(x.device)
    bias = parameters["b_dec"]
    same = x.shape == y.shape and bool((x == y).all())
    reads = unit(x[drawn] - bias) if same else unit(x[drawn])
    skip = parameters.get("W_skip")
    passed = 0.0 if skip is None else x[drawn] @ skip
    writes = unit(y[drawn] - passed - bias)
    alive = parameters["W_enc"][:, ~dead].norm(dim=0)
    length = REVIVED * (alive.mean() if len(alive) else 1.0)
    for name, parameter in parameters.items():
        axis = feature_axis(name)
        if axis is None:
            continue
        if name == "W_enc":
            parameter[:, chosen] = (reads * length).T
        elif name == "W_dec":
            parameter[chosen] = writes
        elif name.startswith("b_"):
            parameter[chosen] = 0.0
        for moment in moments[name]:
            moment.index_fill_(axis, chosen, 0.0)
    return len(chosen)


def feature_axis(name: str) -> int | None:
    """The axis of a parameter that counts latents; None where no axis does."""
    if name in ("b_dec", "W_skip"):
        return None
    return 1 if name == "W_enc" else 0


def ghost_loss(
    parameters: Mapping[str, Tensor],
    x: Tensor,
    residual: Tensor,
    mse: Tensor,
    dead: Tensor,
    center: bool,
) -> Tensor:
    """A loss that dead latents get a gradient from (Anthropic, January 2024).

    With exponentials in place of ReLU the dead ones reconstruct what the others left over, scaled
    to half its length; the loss counts as much as the reconstruction does. AuxK does better; this
    is here to reproduce older dictionaries.

    Args:
        parameters: by name.
        x: inputs ``[token, d_in]``.
        residual: what was left over, ``[token, d_out]``; no gradient flows through it.
        mse: the reconstruction loss of the batch, 0-dim.
        dead: which latents, bool ``[feature]``.
        center: whether the decoder's bias is subtracted from the input.

    Returns:
        0-dim; 0 where no latent is dead.
    """
    chosen = dead.nonzero()[:, 0]
    if not len(chosen):
        return torch.zeros((), device=x.device)
    read = x - parameters["b_dec"] if center else x
    bias = parameters["b_gate" if "b_gate" in parameters else "b_enc"]  # of what decides who fires
    pre = read @ parameters["W_enc"][:, chosen] + bias[chosen]
    made = pre.float().exp() @ parameters["W_dec"][chosen].float()
    left = residual.detach()
    scale = left.norm(dim=-1, keepdim=True) / (2 * made.norm(dim=-1, keepdim=True) + 1e-6)
    term = (made * scale.detach() - left).square().sum(-1).mean()
    share = mse.detach() / term.detach().clamp(min=torch.finfo(term.dtype).tiny)
    return term * share
