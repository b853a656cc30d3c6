"""Matryoshka: the first latents alone have to do what they can, then more of them, then all.

General features get a latent among the first, which more special ones among the later ones cannot
take apart (Bussmann et al., 2025). The order of latents means something: do not permute them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

import torch
from torch import Tensor

from interp_widgets.core.dictionary.variants.base import (
    Loss,
    LossState,
    Parameters,
    squared_error,
)
from interp_widgets.core.dictionary.variants.batchtopk import BatchTopK


class Matryoshka(BatchTopK):
    """`BatchTopK` whose error is the mean over nested dictionaries, each a prefix of the next.

    ``prefixes`` are their shares of all latents, rising to 1.
    """

    name = "matryoshka"
    fixed: ClassVar[dict[str, Any]] = {
        "aux": 1 / 32,
        "prefixes": [1 / 32, 3 / 32, 7 / 32, 15 / 32, 1.0],
    }

    def check_numbers(self) -> None:
        """See `Variant.check_numbers`."""
        super().check_numbers()
        shares = self.settings["prefixes"] = list(self.settings["prefixes"])
        rising = all(small < large for small, large in pairwise([0, *shares]))
        if not shares or not rising or shares[-1] != 1:
            raise ValueError(f"prefixes are shares that rise from above 0 to 1; got {shares}.")

    def widths(self, d_sae: int) -> list[int]:
        """How many latents each of the nested dictionaries has."""
        return sorted({max(1, round(share * d_sae)) for share in self.settings["prefixes"]})

    def loss(self, parameters: Parameters, x: Tensor, y: Tensor, state: LossState) -> Loss:
        """See `Variant.loss`; ``mse`` and ``residual`` are those of all latents together."""
        codes, W_dec = self._codes(parameters, x), parameters["W_dec"]
        widths = self.widths(len(W_dec))
        decoded, errors = parameters["b_dec"].expand(len(x), -1), []
        residual = y
        for start, end in pairwise([0, *widths]):
            decoded = torch.addmm(decoded, codes[:, start:end], W_dec[start:end])
            residual, error = squared_error(y, decoded)
            errors.append(error)
        aux = self._aux(parameters, x, residual.detach(), state)
        fired = (codes.detach() > 0).sum(0).float()
        mean = torch.stack(errors).mean()
        return self._judged(mean, errors[-1].detach(), aux, fired, residual.detach(), state)
