"""A trained dictionary: sparse autoencoder or transcoder, of every family, in one form.

    u   = normalise(x)
    pre = (u − b_dec) W_enc + b_enc          the subtraction only where `center`
    f   = activation(pre)                    relu, topk, jumprelu or groupmax; at least 0
    x̂   = unnormalise(f W_dec + b_dec)       + u W_skip before it, in skip transcoders

Directions are rows of ``W_dec``; papers tend to write columns. BatchTopK, Gated and Matryoshka
dictionaries, once trained, are JumpReLU ones: what a token's latents are must not depend on the
tokens that happen to stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from interp_widgets.core.dictionary import encode, folds, sae_checks
from interp_widgets.core.dictionary.normalization import Normalization
from interp_widgets.core.load import named_device

_TENSORS = ("W_enc", "b_enc", "W_dec", "b_dec", "threshold", "W_skip")


@dataclass(frozen=True, eq=False, repr=False)
class SAE:
    """A dictionary to encode with, decode with, look into, save.

    Nothing in it is trained further; gradients flow through it to its input.

    Attributes:
        W_enc: encoder, ``[d_in, feature]``.
        b_enc: its bias, ``[feature]``.
        W_dec: decoder, ``[feature, d_out]``; row i is the direction of latent i.
        b_dec: its bias, ``[d_out]``.
        activation: ``"relu"``, ``"topk"``, ``"jumprelu"`` or ``"groupmax"``.
        k: how many latents may fire, for topk and groupmax (one in each of k groups).
        threshold: of jumprelu, ``[feature]``, at least 0; a single number stands for all.
        center: whether ``b_dec`` is subtracted from the input. Never in a transcoder.
        normalization: of the input.
        normalization_out: of the output, where it differs (transcoders); else the input's.
        W_skip: ``[d_in, d_out]`` of skip transcoders, from normalised input to normalised output.
        decoder_weighted: whether the k are the largest of ``pre * ‖direction‖``, not of ``pre``.
        variant: the objective it was trained with, ``""`` where unknown.
        site: where it reads, ``"L3.resid_post"``; ``""`` where unknown.
        site_out: where its output belongs, in transcoders; ``""`` where that is ``site``.
        model, revision: what it was trained on, ``""`` where unknown.
        metadata: what else its file or its training says.
        dtype: of all tensors. ``None``: float64 if ``W_enc`` is, else float32.
    """

    W_enc: Tensor
    b_enc: Tensor
    W_dec: Tensor
    b_dec: Tensor
    activation: str = "relu"
    k: int | None = None
    threshold: Tensor | float | None = None
    center: bool = True
    normalization: Normalization = field(default_factory=Normalization)
    W_skip: Tensor | None = None
    decoder_weighted: bool = False
    variant: str = ""
    site: str = ""
    site_out: str = ""
    model: str = ""
    revision: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    normalization_out: Normalization | None = None
    dtype: torch.dtype = None  # pyright: ignore[reportAssignmentType]

    def __post_init__(self) -> None:
        sae_checks.check_parts(self)
        wide = torch.float64 if self.W_enc.dtype == torch.float64 else torch.float32
        dtype = self.dtype or wide
        if isinstance(self.threshold, int | float):
            object.__setattr__(self, "threshold", torch.tensor(float(self.threshold)))
        if self.threshold is not None:
            spread = torch.as_tensor(self.threshold).detach().expand(self.b_enc.shape).clone()
            object.__setattr__(self, "threshold", spread)
        for name in _TENSORS:
            tensor = getattr(self, name)
            if tensor is not None:
                moved = tensor.detach().to(self.W_enc.device, dtype)
                object.__setattr__(self, name, moved)
        for name in ("normalization", "normalization_out"):
            way = getattr(self, name)
            if way is not None:
                object.__setattr__(self, name, way.to(self.W_enc.device, dtype))
        object.__setattr__(self, "dtype", dtype)

    def __repr__(self) -> str:
        fires = f", k={self.k}" if self.k is not None else ""
        width = f"d={self.d_in}" if self.d_in == self.d_out else f"d={self.d_in}→{self.d_out}"
        kind = self.variant or self.activation
        place = ", ".join(part for part in (self.place, self.model) if part)
        return f"SAE({kind}, {self.d_sae} latents, {width}{fires}{place and ', ' + place})"

    @property
    def d_in(self) -> int:
        """Width of what it reads."""
        return self.W_enc.shape[0]

    @property
    def d_sae(self) -> int:
        """How many latents it has."""
        return self.W_enc.shape[1]

    @property
    def d_out(self) -> int:
        """Width of what it writes."""
        return self.W_dec.shape[1]

    @property
    def device(self) -> torch.device:
        """Where its tensors are."""
        return self.W_enc.device

    @property
    def directions(self) -> Tensor:
        """``W_dec``: the direction of each latent, ``[feature, d_out]``."""
        return self.W_dec

    @property
    def place(self) -> str:
        """Where it reads, and where its output belongs if that is elsewhere."""
        elsewhere = self.site_out and self.site_out != self.site
        return f"{self.site}→{self.site_out}" if elsewhere else self.site

    @property
    def is_transcoder(self) -> bool:
        """Whether its output is to equal something other than its input."""
        elsewhere = bool(self.site_out) and self.site_out != self.site
        return elsewhere or self.d_in != self.d_out or self.W_skip is not None

    def pre(self, x: Tensor) -> Tensor:
        """Pre-activations.

        Args:
            x: activations ``[..., d_in]``.

        Returns:
            ``[..., feature]``, in the dictionary's dtype.

        Raises:
            ValueError: another width, or a tensor on another device.
            TypeError: no tensor of activations.
        """
        u = self.normalization.into(self._input(x))
        if self.center:
            u = u - self.b_dec
        return u @ self.W_enc + self.b_enc

    def encode(self, x: Tensor) -> Tensor:
        """How strongly each latent fires.

        Args:
            x: activations ``[..., d_in]``. NaN in, NaN out.

        Returns:
            Codes ``[..., feature]``, at least 0.

        Raises:
            ValueError, TypeError: as in `pre`.
        """
        pre = self.pre(x)
        if self.activation == "relu":
            return pre.relu()
        if self.activation == "jumprelu":
            return encode.jumprelu(pre, self._threshold)
        return encode.dense(*self._choose(pre), self.d_sae)

    def encode_sparse(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The latents that fire, and how strongly.

        Args:
            x: activations ``[..., d_in]``.

        Returns:
            Values and indices, ``[..., k]``: the largest first (groupmax: group by group), padded
            with zeros. For relu and jumprelu ``k`` is the most that fire in any row of ``x``.

        Raises:
            ValueError, TypeError: as in `pre`.
        """
        if self.activation in encode.CHOOSING:
            return self._choose(self.pre(x))
        codes = self.encode(x)
        most = int((codes != 0).sum(-1).max()) if codes.numel() else 0
        values, indices = codes.topk(most, dim=-1)
        return values, indices

    def decode(self, codes: Tensor, like: Tensor | None = None) -> Tensor:
        """Codes as activations again.

        Args:
            codes: ``[..., feature]``.
            like: the activations that were encoded, ``[..., d_in]``; needed where the normalisation
                has numbers of each token, or where the input has a path of its own to the output.

        Returns:
            ``[..., d_out]``.

        Raises:
            ValueError: another width, or ``like`` is missing.
            TypeError: no tensor of numbers.
        """
        sae_checks.check_rows(codes, self.d_sae, self.device, "codes", "latents")
        return self._finish(codes.to(self.dtype) @ self.W_dec, like)

    def __call__(self, x: Tensor) -> Tensor:
        """The reconstruction of ``x``, ``[..., d_out]``: ``decode(encode(x), like=x)``.

        The same but for rounding. With activations that choose latents (topk) the sum is over the
        chosen ones alone, in full precision also under autocast, where `decode` rounds to half.
        """
        gathers = self.device.type in ("cpu", "cuda")  # sums of few rows; others lack the operation
        if self.activation not in encode.CHOOSING or not gathers:
            return self.decode(self.encode(x), like=x)
        values, indices = self.encode_sparse(x)
        k = values.shape[-1]
        chosen = F.embedding_bag(
            indices.reshape(-1, k),
            self.W_dec,
            mode="sum",
            per_sample_weights=values.reshape(-1, k),
        )
        return self._finish(chosen.reshape(*x.shape[:-1], self.d_out), x)

    def error(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        """What the dictionary misses, ``y − sae(x)``, ``[..., d_out]``.

        Args:
            x: activations ``[..., d_in]``.
            y: what the output is to equal; ``x`` itself in an autoencoder.

        Raises:
            ValueError: a transcoder without ``y``, or another shape.
        """
        if y is None:
            if self.is_transcoder:
                raise ValueError(
                    f"this transcoder reads {self.site or 'one place'} and writes "
                    f"{self.site_out or 'another'}: pass what it is to equal, sae.error(x, y)."
                )
            y = x
        sae_checks.check_rows(y, self.d_out, self.device, "y", "numbers")
        return y.to(self.dtype) - self(x)

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> SAE:
        """The same elsewhere or in another precision.

        Raises:
            ValueError: no such device here. TypeError: no dtype of real numbers.
        """
        if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
            raise TypeError(f"dtype is one of real numbers, torch.float32 say; got {dtype!r}.")
        if device is None:
            return replace(self, dtype=dtype or self.dtype)
        there = named_device(device)
        moved = {
            name: tensor.to(there, dtype)
            for name in _TENSORS
            if (tensor := getattr(self, name)) is not None
        }
        return replace(self, **moved, dtype=dtype or self.dtype)

    def fold_decoder_norm(self) -> SAE:
        """Directions of length 1, codes longer by what they lost; see `folds.decoder_norm`."""
        return folds.decoder_norm(self)

    def fold_normalization(self, keep: str = "codes") -> SAE:
        """The normalisation in the weights, none before them; see `folds.normalization`."""
        return folds.normalization(self, keep)

    def fold_center(self) -> SAE:
        """``b_dec`` no longer subtracted from the input; see `folds.center`."""
        return folds.center(self)

    @classmethod
    def load(cls, path: str | Path, format: str | None = None, **choice: Any) -> SAE:
        """Read a dictionary from a folder, a file or the hub; see `formats.load`."""
        from interp_widgets.core.dictionary import formats

        return formats.load(path, format=format, **choice)

    def save(self, folder: str | Path, format: str = "sae_lens") -> Path:
        """Write it in the layout of a library; see `formats.save`."""
        from interp_widgets.core.dictionary import formats

        return formats.save(self, folder, format=format)

    @property
    def _threshold(self) -> Tensor:
        assert isinstance(self.threshold, Tensor)
        return self.threshold

    def _choose(self, pre: Tensor) -> tuple[Tensor, Tensor]:
        assert self.k is not None
        weight = self.W_dec.norm(dim=-1) if self.decoder_weighted else None
        chooser = encode.topk if self.activation == "topk" else encode.groupmax
        return chooser(pre, self.k, weight)

    def _finish(self, decoded: Tensor, like: Tensor | None) -> Tensor:
        """From ``codes W_dec`` to the units of the activations."""
        y = decoded + self.b_dec
        if like is not None:
            like = self._input(like)
        if self.W_skip is not None:
            if like is None:
                raise ValueError(
                    "this transcoder adds a linear map of its input to what it decodes: pass the "
                    "activations that were encoded, sae.decode(codes, like=x)."
                )
            y = y + self.normalization.into(like) @ self.W_skip
        return (self.normalization_out or self.normalization).out(y, like)

    def _input(self, x: Tensor) -> Tensor:
        sae_checks.check_rows(x, self.d_in, self.device, "activations", "numbers")
        return x.to(self.dtype)
