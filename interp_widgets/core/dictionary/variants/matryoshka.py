"""Matryoshka: the first latents alone have to do what they can, then more of them, then all.

General features get a latent among the first, which more special ones among the later ones cannot
take apart (Bussmann et al., 2025). The order of latents means something: do not permute them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

from torch import Tensor
from torch.nn import functional as F

from interp_widgets.core.dictionary.sparse import SparseCodes
from interp_widgets.core.dictionary.variants.batchtopk import BatchTopK


class Matryoshka(BatchTopK):
    """`BatchTopK` whose error is the mean over nested dictionaries, each a prefix of the next.

    ``prefixes`` are their shares of all latents, rising to 1. ``mse`` is that of all latents.

    Where no feature is more general than another, a small dictionary has to mix them, and later
    latents do not undo that. Of 64 equally frequent features in 32 dimensions the default finds all
    but one or two; with a smallest share of 1/8 nine tenths are found, with the paper's five shares
    (1/32, 3/32, 7/32, 15/32 and 1) about three quarters
    (``iw.train_sae(iw.ground_truth(), variant="matryoshka", d_sae=256, prefixes=[1/8, 3/4, 1])``).
    The default suits dictionaries some eight times as wide as the activations; wider ones take
    smaller shares, and more of them.
    """

    name = "matryoshka"
    fixed: ClassVar[dict[str, Any]] = {"aux": 1 / 32, "prefixes": [3 / 8, 3 / 4, 1.0]}

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

    def _nested(self, codes: SparseCodes) -> list[SparseCodes]:
        return [
            _between(codes, start, end) for start, end in pairwise([0, *self.widths(codes.d_sae)])
        ]


def _between(codes: SparseCodes, start: int, end: int) -> SparseCodes:
    """The entries of latents from ``start`` to below ``end``."""
    inside = (codes.indices >= start) & (codes.indices < end)
    kept: Tensor = inside.nonzero().squeeze(1)
    counts = F.pad(inside.cumsum(0), (1, 0))[codes.offsets]
    return SparseCodes(codes.values[kept], codes.indices[kept], counts, codes.d_sae)
