"""How well a dictionary gives activations back, summed over any number of batches.

Sums are kept in float64 and divided once, at the end, so that neither the size of batches nor
their order is in the numbers. The variance is taken about the mean of the first batch and moved to
the mean of all at the end: about zero, a large mean would drown it.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.metrics import precise

_CELLS = 1 << 24  # of codes [token, feature] that are dense at a time
_CONSTANT = 1e-14  # variance below this share of the mean square is rounding
_NAN = float("nan")


class Fidelity:
    """Sums over tokens, for one dictionary.

    Attributes:
        tokens: how many were added.
        fired: on how many of them each latent fired, int64 ``[feature]``.
        largest: each latent's largest value, ``[feature]``.
    """

    def __init__(self, sae: SAE) -> None:
        self._sae = sae
        # MPS has no float64; what is summed there is summed on the cpu.
        self._home = sae.device if sae.device.type in ("cpu", "cuda") else torch.device("cpu")
        self._norms = precise(sae.directions).norm(dim=1)
        self._sums: dict[str, float] = {}
        self._centre: Tensor | None = None
        self._shifted: Tensor = torch.zeros(sae.d_out, dtype=torch.float64, device=self._home)
        self.tokens = 0
        self.fired = torch.zeros(sae.d_sae, dtype=torch.int64, device=sae.device)
        self.largest = torch.zeros(sae.d_sae, dtype=self._norms.dtype, device=sae.device)

    @torch.no_grad()
    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """Count tokens in.

        Args:
            x: what the dictionary reads, ``[token, d_in]``, on its device.
            y: what its output is to equal, ``[token, d_out]``; ``x`` for an autoencoder.

        Returns:
            What it made, ``[token, d_out]``.

        Raises:
            ValueError: activations that are not finite, or a reconstruction that is not.
        """
        check_finite(x, "activations")
        check_finite(y, "the activations to reconstruct")
        made = [self._add(part, y[rows]) for rows, part in self._parts(x)]
        return torch.cat(made) if made else y.new_empty(0, self._sae.d_out)

    @property
    def mean(self) -> Tensor:
        """Mean of ``y`` over all tokens, float64 ``[d_out]``."""
        if self._centre is None:
            raise ValueError("no token was counted, so there is no mean.")
        return self._centre + self._shifted / self.tokens

    def numbers(self) -> dict[str, float]:
        """Everything by the name it has in `SAEEvaluation`; NaN where it is not defined."""
        n, sums = self.tokens, self._sums
        if not n:
            return dict.fromkeys((*_MEANS, *_ALONG, *_RATIOS), _NAN)
        found = {name: sums[name] / n for name in _MEANS}
        found |= {name: _ratio(sums[name], sums["there"]) for name in _ALONG}
        variance = sums["shifted"] - float(self._shifted.square().sum()) / n
        constant = variance <= _CONSTANT * sums["square"]
        return found | {
            "nmse": _ratio(sums["mse"], sums["square"]),
            "fve": _NAN if constant else 1 - sums["mse"] / variance,
            "shrinkage": _ratio(sums["square_made"], sums["dot"]),
            "dead": int((self.fired == 0).sum()) / len(self.fired),
        }

    def _parts(self, x: Tensor) -> Iterator[tuple[slice, Tensor]]:
        size = max(1, _CELLS // self._sae.d_sae)
        for start in range(0, len(x), size):
            rows = slice(start, start + size)
            yield rows, x[rows]

    def _add(self, x: Tensor, y: Tensor) -> Tensor:
        codes = self._sae.encode(x)
        made = self._sae.decode(codes, like=x)
        codes = precise(codes)
        fires = codes != 0
        self.fired += fires.sum(0)
        self.largest = torch.maximum(self.largest, codes.amax(0))
        self.tokens += len(x)
        self._count("l0", fires.sum(1))
        self._count("l1", codes.abs().sum(1))
        self._count("weighted_l1", codes.abs() @ self._norms)
        self._compare(y, made)
        return made

    def _compare(self, y: Tensor, made: Tensor) -> None:
        true, ours = (rows.to(self._home).double() for rows in (y, made))
        check_finite(ours, "what the dictionary made of them")
        if self._centre is None:
            self._centre = true.mean(0)
        about = true - self._centre
        self._shifted += about.sum(0)
        square, square_made = true.square().sum(1), ours.square().sum(1)
        dot = (true * ours).sum(1)
        length, length_made = square.sqrt(), square_made.sqrt()
        self._count("mse", (true - ours).square().sum(1))
        self._count("square", square)
        self._count("square_made", square_made)
        self._count("dot", dot)
        self._count("shifted", about.square().sum(1))
        there = length > 0  # zeros have no direction, and nothing is a share of them
        self._count("there", there)
        self._count("cosine", (dot / (length * length_made).clamp(min=1e-300))[there])
        self._count("norm_ratio", (length_made / length)[there])

    def _count(self, name: str, values: Tensor) -> None:
        """Add one number of each token to a sum."""
        total = float(values.to(self._home).double().sum())
        self._sums[name] = self._sums.get(name, 0.0) + total


_MEANS = ("l0", "l1", "weighted_l1", "mse")
_ALONG = ("cosine", "norm_ratio")  # means over the activations that have a length
_RATIOS = ("nmse", "fve", "shrinkage", "dead")


def _ratio(above: float, below: float) -> float:
    return above / below if below else _NAN


def check_finite(x: Tensor, what: str) -> None:
    """Refuse NaN and infinity.

    Raises:
        ValueError: how many rows have them, and which is the first.
    """
    fine = x.isfinite().all(1)
    if bool(fine.all()):
        return
    broken = (~fine).nonzero()[:, 0].tolist()
    raise ValueError(
        f"{what} are not finite in {len(broken)} of {len(x)} rows, first in row {broken[0]}. "
        "Half precision overflows easily: use float32 or bfloat16, or leave those rows out."
    )
