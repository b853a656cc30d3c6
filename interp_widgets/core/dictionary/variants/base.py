"""What every training objective has: parameters, a loss, what happens around a step.

Conventions: the error is summed over the width and averaged over tokens; L1 and L0 are summed over
latents and averaged over tokens. `convert_l1` converts what others mean by λ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from interp_widgets.core.dictionary import initial
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.workspace import Workspace

Parameters = dict[str, nn.Parameter]
_ROWS = 512
_WIDTH = 128  # which defaults are written down for
NARROW, WIDE = 32, 256  # widths beyond which they stay as they are
CONVENTIONS = ("sum", "mean", "mean_of_both")


@dataclass(frozen=True)
class LossState:
    """What a loss needs to know of the training it is part of.

    Attributes:
        step: how many steps were taken before.
        dead: which latents count as dead, bool ``[feature]``; ``None``: none does.
        l1_scale: what the sparsity term is multiplied by while it warms up, 0..1.
        variance: of the targets, summed over their width, from a sample.
        mean: averages a number over the processes that train together.
        workspace: memory that is used again each step.
    """

    step: int = 0
    dead: Tensor | None = None
    l1_scale: float = 1.0
    variance: float = 1.0
    mean: Callable[[Tensor], Tensor] = lambda value: value
    workspace: Workspace | None = None


@dataclass(frozen=True, eq=False)
class Loss:
    """A batch, judged.

    Attributes:
        total: what to differentiate, 0-dim float32.
        mse: squared error, summed over the width, averaged over tokens.
        sparsity: the term that keeps codes sparse, before its coefficient; 0 where ``k`` does that.
        aux: the term that brings latents back, before its coefficient; 0 where there is none.
        fired: on how many tokens of the batch each latent fired, float ``[feature]``.
        residual: target minus reconstruction, ``[batch, d_out]``.
    """

    total: Tensor
    mse: Tensor
    sparsity: Tensor
    aux: Tensor
    fired: Tensor
    residual: Tensor


class Variant(ABC):
    """A way to train a dictionary.

    Attributes:
        hyper: what may change while it trains, by name.
        settings: what stays, by name.
        state: what it has learned besides its parameters, changed in place.
    """

    name: ClassVar[str]
    defaults: ClassVar[dict[str, float]]
    fixed: ClassVar[dict[str, Any]] = {}
    per_code: ClassVar[dict[str, int]] = {}  # defaults that go with a power of the size of codes
    unit_norm: ClassVar[bool] = False  # whether directions are kept at length 1
    across_batch: ClassVar[bool] = False  # whether tokens of a batch compete

    def __init__(self, **given: Any) -> None:
        """Take the defaults, or what is given by name.

        Raises:
            ValueError: a name that this variant does not know, or a value out of range.
            TypeError: no number where one is wanted.
        """
        common = {"b_dec": "mean", "center": True, "skip": False}
        self.hyper: dict[str, float] = dict(self.defaults)
        self.settings: dict[str, Any] = common | self.fixed
        self.state: dict[str, Tensor] = {}
        self._given = frozenset(given)
        for name, value in given.items():
            place = self.hyper if name in self.hyper else self.settings
            if name not in place:
                known = ", ".join([*self.hyper, *self.settings])
                raise ValueError(f"{self.name} takes {known}; got {name!r}.")
            place[name] = value
        self.check_numbers()

    def check_numbers(self) -> None:
        """Refuse hyperparameters that are no numbers, or below 0.

        Raises:
            TypeError, ValueError: as said.
        """
        for name, value in (self.hyper | self.settings).items():
            default = (self.defaults | self.fixed).get(name)
            if isinstance(default, bool) or not isinstance(default, int | float):
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name} is a number; got {value!r:.40}.")
            if not 0 <= value < float("inf"):
                raise ValueError(f"{name} is 0 or larger, and finite; got {value}.")
        if not isinstance(self.settings["skip"], bool):
            raise TypeError(f"skip is True or False; got {self.settings['skip']!r:.40}.")

    def suit(self, d_in: int, d_sae: int) -> None:
        """Turn the defaults that nobody changed into those for activations of a width.

        Where an eighth of the width fires, 4 to 32 latents, and ``E‖x‖² = 1``, codes are about
        ``√(8 / width)`` large. Thresholds, bandwidths and a λ of L1 compare with that, a λ of L0
        with its square. Defaults are written down for a width of 128.

        Args:
            d_in: width of the activations.
            d_sae: how many latents.
        """
        for name, power in self.per_code.items():
            if name not in self._given:
                place = self.hyper if name in self.hyper else self.settings
                place[name] *= (_WIDTH / min(max(d_in, NARROW), WIDE)) ** (power / 2)

    def check(self, d_in: int, d_sae: int) -> None:
        """Refuse hyperparameters that a dictionary of this size cannot have.

        Raises:
            ValueError: say, ``k`` above ``d_sae``.
            TypeError: no number where one is wanted.
        """
        if d_in < 1 or d_sae < 1:
            raise ValueError(f"widths are 1 or more; got d_in={d_in} and d_sae={d_sae}.")
        self.check_numbers()

    def parameters(
        self,
        d_in: int,
        d_sae: int,
        sample: Tensor,
        generator: torch.Generator | None = None,
        sample_out: Tensor | None = None,
    ) -> Parameters:
        """What is trained, as it is before the first step.

        Args:
            d_in: width of the activations.
            d_sae: how many latents.
            sample: normalised activations ``[token, d_in]``, at least a few hundred.
            generator: a cpu generator.
            sample_out: normalised targets ``[token, d_out]`` of the same tokens, for a transcoder.

        Raises:
            ValueError: see `check`, `check_skip` and `initial.tied`.
        """
        self.check(d_in, d_sae)
        self.check_skip(sample_out is not None)
        length, bias = 1.0 if self.unit_norm else 0.1, self.settings["b_dec"]
        if sample_out is not None:
            self.settings["center"] = False
            made = initial.wired(d_sae, sample, sample_out, length, bias, generator, k=self.most)
        else:
            bias = bias if self.settings["center"] else "zero"
            made = initial.tied(d_sae, sample, length, bias, generator)
        if self.settings["skip"]:
            d_out = made["W_dec"].shape[1]
            made["W_skip"] = nn.Parameter(made["b_dec"].new_zeros(d_in, d_out))
        return made

    @property
    def most(self) -> int | None:
        """How many latents fire on a token, where that is set; ``None``: as many as will."""
        return None

    def check_skip(self, transcodes: bool) -> None:
        """Refuse a skip connection from activations to themselves.

        Raises:
            ValueError: as said.
        """
        if self.settings["skip"] and not transcodes:
            raise ValueError(
                "skip=True lets a linear map of what is read go past the latents, for a transcoder;"
                " an autoencoder would learn to copy its input. Pass target=, what to predict "
                "('L3.mlp_out', or activations of the same tokens), or leave skip out."
            )

    def judge(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """`loss`, of what a skip connection, where there is one, leaves to the latents.

        It starts at zero and learns beside them, so that they need not spend themselves on what is
        linear (Paulo et al., 2025). Arguments as in `loss`.
        """
        skip = parameters.get("W_skip")
        return self.loss(parameters, x, y if skip is None else y - x @ skip, state)

    @abstractmethod
    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """Judge a batch.

        Args:
            parameters: from `parameters`.
            x: normalised activations ``[batch, d_in]``.
            y: what is to be reconstructed, ``[batch, d_out]``; ``x`` in an autoencoder.
            state: of the training.
        """

    @abstractmethod
    def to_sae(self, parameters: Parameters, **about: Any) -> SAE:
        """The dictionary as it is now; ``about`` goes to `SAE` (normalization, site, model …)."""

    @torch.no_grad()
    def project_gradients(self, parameters: Parameters) -> None:
        """Before the optimiser: take what would only change the directions' lengths away.

        Without it Adam's moments would fill with steps that `after_step` undoes (Bricken et al.,
        2023).
        """
        W_dec = parameters["W_dec"]
        if not self.unit_norm or W_dec.grad is None:
            return
        # A few rows at a time, which stay in the processor's cache from one operation to the next.
        rows = _ROWS if W_dec.device.type == "cpu" else len(W_dec)
        for w, slope in zip(W_dec.split(rows), W_dec.grad.split(rows), strict=True):
            along = torch.linalg.vecdot(slope, w)
            along /= torch.linalg.vecdot(w, w).clamp(min=torch.finfo(w.dtype).tiny)
            slope.addcmul_(w, along[:, None], value=-1)

    @torch.no_grad()
    def after_step(self, parameters: Parameters) -> None:
        """After the optimiser: directions get back to length 1, where that is the rule."""
        if self.unit_norm:
            W_dec = parameters["W_dec"]
            length = torch.linalg.vector_norm(W_dec, dim=1, keepdim=True)
            W_dec.div_(length.clamp(min=torch.finfo(W_dec.dtype).tiny))

    def _center(self, parameters: Parameters) -> Tensor | None:
        """What is subtracted from the input."""
        return parameters["b_dec"] if self.settings["center"] else None

    def _centred(self, parameters: Parameters, x: Tensor) -> Tensor:
        center = self._center(parameters)
        return x if center is None else x - center

    def _sae(self, parameters: Parameters, about: dict[str, Any], **parts: Any) -> SAE:
        """An `SAE` of copies, so that later steps leave it alone."""
        shared = {
            name: parameters[name]
            for name in ("W_enc", "b_enc", "W_dec", "b_dec", "W_skip")
            if name in parameters and name not in parts
        }
        copies = {
            name: part.detach().clone() if isinstance(part, Tensor) else part
            for name, part in (shared | parts).items()
        }
        return SAE(**copies, center=self.settings["center"], variant=self.name, **about)


def squared_error(y: Tensor, reconstruction: Tensor) -> tuple[Tensor, Tensor]:
    """Residual ``[..., batch, d]``; its squares summed over the width, averaged over tokens.

    In float32 or better, whatever precision the reconstruction was computed in.
    """
    residual = y - reconstruction
    if residual.dtype != torch.float64:
        residual = residual.float()
    return residual, residual.square().sum((-2, -1)) / residual.shape[-2]


def convert_l1(l1: float, d_in: int, d_sae: int, given: str = "mean", wanted: str = "sum") -> float:
    """A sparsity coefficient in another convention, for the same optimum.

    "sum", the one used here: squared error summed over the width, codes summed over latents.
    "mean": squared error averaged over the width, codes summed; λ is smaller by ``d_in``.
    "mean_of_both": codes averaged over latents too; λ is larger again by ``d_sae``.

    Args:
        l1: the coefficient.
        d_in: width of what is reconstructed.
        d_sae: how many latents.
        given: convention that ``l1`` is in.
        wanted: convention to return it in.

    Raises:
        ValueError: an unknown convention, or a width below 1.
    """
    for convention in (given, wanted):
        if convention not in CONVENTIONS:
            raise ValueError(
                f"a convention is one of {', '.join(CONVENTIONS)}; got {convention!r}."
            )
    if d_in < 1 or d_sae < 1:
        raise ValueError(f"widths are 1 or more; got d_in={d_in} and d_sae={d_sae}.")
    size = {"sum": 1.0, "mean": 1 / d_in, "mean_of_both": d_sae / d_in}
    return l1 / size[given] * size[wanted]
