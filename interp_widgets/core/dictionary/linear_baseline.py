"""What a linear map of its input would predict: the yardstick of a transcoder.

Much of what an MLP adds is linear in what it reads, and a skip connection carries that past the
latents, so that variance explained says little alone (Paulo et al., 2025).
"""

from __future__ import annotations

import torch
from torch import Tensor

from interp_widgets.core.dictionary.sae import SAE

_RIDGE = 1e-5  # of the mean variance of inputs: keeps what never varies from being divided by
_CONSTANT = 1e-14  # variance below this share of the mean square is rounding


class LinearBaseline:
    """Ridge regression from input to target, of any number of batches.

    Fitted on every other token and judged on those between, both ways round: a map with as many
    numbers as there are tokens would explain all it was fitted on. Sums of products are kept in
    float64, about the mean of the first batch, and solved once, at the end.
    """

    def __init__(self, sae: SAE) -> None:
        self._home = sae.device if sae.device.type in ("cpu", "cuda") else torch.device("cpu")
        self._d_in, width = sae.d_in, sae.d_in + sae.d_out + 1
        self._halves = torch.zeros(2, width, width, dtype=torch.float64, device=self._home)
        self._centre: Tensor | None = None
        self._tokens = 0

    @torch.no_grad()
    def add(self, x: Tensor, y: Tensor) -> None:
        """Count tokens in: inputs ``[token, d_in]`` and targets ``[token, d_out]``."""
        both = torch.cat([part.to(self._home).double() for part in (x, y)], 1)
        if self._centre is None:
            self._centre = both.mean(0)
        about = torch.cat([both - self._centre, both.new_ones(len(both), 1)], 1)
        for half, products in enumerate(self._halves):
            rows = about[(self._tokens + half) % 2 :: 2]
            products.addmm_(rows.T, rows)
        self._tokens += len(x)

    @property
    def fve(self) -> float:
        """Fraction of the targets' variance explained; NaN of one token, or where none varies."""
        target = slice(self._d_in, -1)
        whole = self._halves.sum(0)
        square = float(whole[target, target].trace())
        variance = square - float(whole[-1, target].square().sum()) / max(self._tokens, 1)
        if self._tokens < 2 or self._centre is None:
            return float("nan")
        if variance <= _CONSTANT * (square + float(self._centre.square().sum()) * self._tokens):
            return float("nan")
        first, second = self._halves
        return 1 - (self._missed(first, second) + self._missed(second, first)) / variance

    def _missed(self, fitted: Tensor, judged: Tensor) -> float:
        """Squared error on the tokens of one half of the map that suits the other."""
        d_in = self._d_in
        read = [*range(d_in), -1]  # and 1, for the bias
        target = slice(d_in, -1)
        gram = fitted[read][:, read]
        ridge = _RIDGE * gram.diagonal()[:d_in].mean()
        gram.diagonal()[:d_in] += torch.where(ridge > 0, ridge, 1.0)
        weight = torch.linalg.solve(gram, fitted[read, target])
        across = (judged[read, target] * weight).sum()
        made = (weight * (judged[read][:, read] @ weight)).sum()
        return float(judged[target, target].trace() - 2 * across + made)
