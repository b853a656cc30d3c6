"""What happens to activations before a dictionary sees them, and is undone after it.

    none              x
    expected_average  s x,  s = √d / mean ‖x‖           (Anthropic; SAELens "…_only_in")
    mean_square       x / c,  c = √ mean ‖x‖²            (Gemma Scope, dictionary_learning)
    centred           (x − μ) / c,  μ = mean x,  c = √ mean ‖x − μ‖²
    token_norm        x √d / ‖x‖, each token its own
    layer_norm        (x − mean) / (std + 1e-5) over the width of each token, std unbiased (OpenAI)
    whitening         (x − μ) M, so that the covariance becomes the identity

`fit` looks at a sample once, in float32 or better, before training.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

import torch
from torch import Tensor

Mode = Literal[
    "none", "expected_average", "mean_square", "centred", "token_norm", "layer_norm", "whitening"
]
MODES: tuple[str, ...] = get_args(Mode)
PER_TOKEN = ("token_norm", "layer_norm")
_SCALED = ("expected_average", "mean_square")  # by one number, and nothing else
_EPSILON = 1e-5  # of layer_norm, as its source has it
_RIDGE = 1e-6  # of whitening, in units of the mean variance: directions without any stay finite
_ROUNDING = 1e-6  # of lengths: a spread below that is what float32 leaves of none
_SMALLEST = 1e-36  # length, and 1 / _SMALLEST the largest, whose inverse float32 holds in full


@dataclass(frozen=True, eq=False)
class Normalization:
    """One way to normalise, with the numbers that it takes.

    Attributes:
        mode: one of `MODES`.
        scale: ``s`` of expected_average, ``c`` of mean_square and centred; 1 otherwise.
        mean: ``μ`` of centred and whitening, ``[d]``.
        matrix: ``M`` of whitening, ``[d, d]``.
    """

    mode: str = "none"
    scale: float = 1.0
    mean: Tensor | None = None
    matrix: Tensor | None = None

    def __post_init__(self) -> None:
        check_mode(self.mode)
        if not 0 < self.scale < float("inf"):
            raise ValueError(f"the scale of a normalisation is above 0; got {self.scale}.")
        wanted = {"centred": (True, False), "whitening": (True, True)}
        if (self.mean is not None, self.matrix is not None) != wanted.get(self.mode, (False,) * 2):
            raise ValueError(
                "whitening takes a mean and a matrix, centred a mean, other modes neither; mode is "
                f"{self.mode!r}. Normalization.fit({self.mode!r}, sample) finds them."
            )

    @property
    def per_token(self) -> bool:
        """Whether each token has numbers of its own, so that `out` needs to see the input."""
        return self.mode in PER_TOKEN

    @property
    def factor(self) -> float:
        """What `into` multiplies by, for the modes that have one number; else 1."""
        return 1 / self.scale if self.mode in ("mean_square", "centred") else self.scale

    @cached_property
    def inverse(self) -> Tensor:
        """``M⁻¹`` of whitening, ``[d, d]``."""
        if self.matrix is None:
            raise ValueError(f"mode {self.mode!r} has no matrix.")
        return torch.linalg.inv(self.matrix)

    def into(self, x: Tensor) -> Tensor:
        """Activations ``[..., d]`` as the dictionary is to see them."""
        if self.mode in _SCALED:
            return x * self.factor
        if self.mode == "token_norm":
            return x / _token_scale(x)
        if self.mode == "layer_norm":
            return (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + _EPSILON)
        if self.mean is None:
            return x
        around = x - self.mean
        return around * self.factor if self.matrix is None else around @ self.matrix

    def out(self, y: Tensor, like: Tensor | None = None) -> Tensor:
        """What the dictionary made, ``[..., d]``, in the units of the activations again.

        Args:
            y: what it made.
            like: the activations it was made from, which the modes of `PER_TOKEN` need.

        Raises:
            ValueError: ``like`` is missing.
        """
        if self.mode in _SCALED:
            return y / self.factor
        if self.per_token:
            if like is None:
                raise ValueError(
                    f"{self.mode} keeps a scale for each token, which codes alone do not tell: "
                    "pass the activations they came from, sae.decode(codes, like=x)."
                )
            if self.mode == "token_norm":
                return y * _token_scale(like)
            return y * like.std(-1, keepdim=True) + like.mean(-1, keepdim=True)
        if self.mean is None:
            return y
        return (y / self.factor if self.matrix is None else y @ self.inverse) + self.mean

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Normalization:
        """The same elsewhere or in another precision."""
        if self.mean is None:
            return self
        matrix = None if self.matrix is None else self.matrix.to(device, dtype)
        return replace(self, mean=self.mean.to(device, dtype), matrix=matrix)

    @classmethod
    def fit(cls, mode: str, sample: Tensor) -> Normalization:
        """Find the numbers of a mode.

        Args:
            mode: one of `MODES`.
            sample: activations ``[token, d]``.

        Raises:
            ValueError: an unknown mode, no sample, NaN or infinity in it, nothing but
                zeros, or numbers that float32 cannot scale.
        """
        check_mode(mode)
        if mode == "none" or mode in PER_TOKEN:
            return cls(mode)
        if sample.ndim != 2 or not len(sample):
            raise ValueError(
                f"a normalisation is fitted on activations [token, d]; got {list(sample.shape)}."
            )
        # In float64: squares of very large or very small numbers leave the range of float32.
        norms = torch.linalg.vector_norm(sample.detach().cpu(), dim=-1, dtype=torch.float64)
        if not bool(norms.isfinite().all()):
            raise ValueError(
                "the activations hold NaN or infinity, so they have no scale. Leave those rows out."
            )
        if not bool(norms.any()):
            raise ValueError('all activations are zero, so they have no scale. Use mode "none".')
        length = norms.square().mean().sqrt().item()
        if not _SMALLEST < length < 1 / _SMALLEST:
            raise ValueError(
                f"activations of length {length:.1e} are beyond what float32 can be scaled by, "
                f"{_SMALLEST:.1e} to {1 / _SMALLEST:.1e}. Multiply them by {1 / length:.0e} first."
            )
        if mode == "expected_average":
            return cls(mode, sample.shape[1] ** 0.5 / norms.mean().item())
        if mode == "mean_square":
            return cls(mode, length)
        if mode == "centred":
            return _centred(sample, length)
        return cls(mode, 1.0, *_whitening(sample))


def _token_scale(x: Tensor) -> Tensor:
    """‖x‖ / √d of each token, ``[..., 1]``; a token of zeros keeps its zeros."""
    tiny = torch.finfo(x.dtype).tiny
    return x.norm(dim=-1, keepdim=True).clamp(min=tiny) / x.shape[-1] ** 0.5


def _centred(sample: Tensor, length: float) -> Normalization:
    """Mean and spread of a sample whose rows have this length."""
    wide = sample.detach().cpu().double()
    mean = wide.mean(0)
    spread = (wide - mean).square().sum(-1).mean().sqrt().item()
    scale = max(spread, _ROUNDING * length, _SMALLEST)
    return Normalization("centred", scale, mean.to(sample.device, _kept(sample)))


def _kept(sample: Tensor) -> torch.dtype:
    """The precision of what is found in a sample."""
    return sample.dtype if sample.dtype == torch.float64 else torch.float32


def _whitening(sample: Tensor) -> tuple[Tensor, Tensor]:
    """Mean ``[d]`` and the symmetric matrix ``[d, d]`` that makes the covariance the identity."""
    wide = sample.detach().cpu().double()
    mean = wide.mean(0)
    centred = wide - mean
    variances, directions = torch.linalg.eigh(centred.T @ centred / len(wide))
    least = _RIDGE**2 * wide.square().mean()  # activations that never change have no variance
    ridge = _RIDGE * torch.maximum(variances.mean(), least)
    matrix = directions * (variances.clamp(min=0) + ridge).rsqrt() @ directions.T
    kept = _kept(sample)
    return mean.to(sample.device, kept), matrix.to(sample.device, kept)


def check_mode(mode: str) -> None:
    """Refuse what is none of `MODES`.

    Raises:
        ValueError: as said.
    """
    if mode not in MODES:
        raise ValueError(f"a normalisation is one of {', '.join(MODES)}; got {mode!r:.40}.")
