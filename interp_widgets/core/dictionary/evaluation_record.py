"""SAEEvaluation: how faithful a dictionary is, and what its latents are like."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.arguments import check_real, check_whole
from interp_widgets.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

# measure -> unit and what it is, in the order of the frame
MEASURES = {
    "l0": ("latents", "mean number of latents that fire on a token"),
    "l1": ("code units", "mean sum of codes"),
    "weighted_l1": ("code units", "mean sum of codes times the lengths of their directions"),
    "mse": ("squared units", "mean over tokens of the squared error, summed over dimensions"),
    "nmse": ("share", "squared error as a share of the mean square"),
    "fve": ("share", "fraction of variance explained"),
    "linear_fve": ("share", "the same by the best linear map of what a transcoder reads"),
    "cosine": ("-1..1", "mean cosine of activation and reconstruction"),
    "shrinkage": ("ratio", "below 1: the reconstruction is too short along the activation"),
    "norm_ratio": ("ratio", "mean length of the reconstruction over that of the activation"),
    "dead": ("share", "latents that fired on no token counted"),
    "ce_clean": ("nats", "loss of the model"),
    "ce_sae": ("nats", "loss with the reconstruction in place of the activation"),
    "ce_ablated": ("nats", "loss with the activation ablated"),
    "delta_ce": ("nats", "loss that the reconstruction adds"),
    "ce_recovered": ("share", "1: as good as the model; 0: as bad as ablation"),
    "kl": ("nats", "divergence of predictions with the reconstruction from the model's own"),
    "kl_ablated": ("nats", "the same with the activation ablated"),
    "kl_score": ("share", "1: the model's own predictions; 0: those of ablation"),
}


@dataclass(frozen=True, eq=False, repr=False)
class SAEEvaluation(Result):
    """How well a dictionary stands in for activations, over tokens.

    A partial record (`iter_evaluate_sae`) holds what the texts run so far give. What is not defined
    is NaN: losses where no model ran, variance explained of activations that never vary.

    Attributes:
        site: where the dictionary reads; ``""`` where no model ran.
        out: where its output belongs.
        variant: what kind of dictionary it is.
        ablation: what stands for "no information": ``"zero"`` or ``"mean"``, ``""`` without losses.
        texts: how many texts were counted.
        tokens: activations that were reconstructed.
        predicted: next tokens that the losses are means over.
        l0, l1, weighted_l1, mse, nmse, fve, cosine, shrinkage, norm_ratio, dead: means and ratios
            of sums over ``tokens``, for cosine and norm_ratio over those whose activation is not
            zero; see `MEASURES`. Codes are in the units of the dictionary's own normalisation.
        ce_clean, ce_sae, ce_ablated: losses over ``predicted``, nats.
        kl, kl_ablated: of the model's predictions from those with the reconstruction, and with the
            activation ablated, nats, over ``tokens``.
        density: share of tokens on which each latent fired, ``[feature]``.
        max_activation: the largest value of each latent, ``[feature]``.
        max_cosine: cosine of each direction with the nearest other one, ``[feature]``.
        encoder_decoder_cosine: of what each latent reads with what it writes, ``[feature]``; NaN in
            transcoders.
        linear_fve: variance that ridge regression from what a transcoder reads explains of its
            target, on tokens that it was not fitted on (with few of them too little): what ``fve``
            is to be compared with. None in autoencoders and partial records.
    """

    site: str
    out: str
    variant: str
    ablation: str
    texts: int
    tokens: int
    predicted: int
    l0: float
    l1: float
    weighted_l1: float
    mse: float
    nmse: float
    fve: float
    cosine: float
    shrinkage: float
    norm_ratio: float
    dead: float
    ce_clean: float
    ce_sae: float
    ce_ablated: float
    kl: float
    kl_ablated: float
    density: Tensor
    max_activation: Tensor
    max_cosine: Tensor
    encoder_decoder_cosine: Tensor
    linear_fve: float | None = None

    @property
    def d_sae(self) -> int:
        """How many latents the dictionary has."""
        return len(self.density)

    @property
    def delta_ce(self) -> float:
        """Loss that the reconstruction adds, nats."""
        return self.ce_sae - self.ce_clean

    @property
    def ce_recovered(self) -> float:
        """Share of what ablation costs that the reconstruction keeps; NaN if it costs nothing."""
        cost = self.ce_ablated - self.ce_clean
        return (self.ce_ablated - self.ce_sae) / cost if cost else float("nan")

    @property
    def kl_score(self) -> float:
        """The same share, of divergence in place of loss."""
        return (self.kl_ablated - self.kl) / self.kl_ablated if self.kl_ablated else float("nan")

    @property
    def alive(self) -> Tensor:
        """Which latents fired at all, bool ``[feature]``."""
        return self.density > 0

    def denser_than(self, share: float) -> int:
        """How many latents fire on more than this share of tokens, 0..1."""
        check_real("share", share)
        return int((self.density > share).sum())

    def histogram(self, bins: int = 40) -> tuple[Tensor, Tensor]:
        """Density of the latents that fired, on a logarithmic scale.

        Args:
            bins: how many, between one token in all and every token.

        Returns:
            Edges as log10 of the density, ``[bin + 1]``, and latents in each bin, ``[bin]``.

        Raises:
            TypeError: no whole number.
            ValueError: one below 1.
        """
        check_whole("bins", bins)
        low = torch.tensor(max(self.tokens, 10)).double().log10().neg().item()
        edges = torch.linspace(low, 0.0, bins + 1, dtype=torch.float64)
        logs = self.density[self.alive].double().log10().clamp(min=low, max=0.0)
        place = torch.bucketize(logs, edges[1:-1], right=True)
        return edges.float(), torch.bincount(place, minlength=bins)

    def __repr__(self) -> str:
        kind = self.variant or "dictionary"
        place = f" at {self.site}" if self.site else ""
        loss = "" if isnan(self.ce_sae) else f", CE recovered {self.ce_recovered:.3f}"
        return (
            f"SAEEvaluation({kind} of {self.d_sae}{place}: L0 {self.l0:.1f}, "
            f"FVE {self.fve:.3f}{loss}, {self.tokens} tokens)"
        )

    def describe(self) -> str:
        """What is kept, what it costs, and how many latents are dead."""
        place = f" at {self.site} of {self.model}" if self.site else ""
        kept = f"explain {self.fve:.1%} of the variance"
        if isnan(self.fve):
            kept = "have no variance to explain, as activations do not vary"
        elif self.linear_fve is not None:
            kept += f" (a linear map {self.linear_fve:.1%})"
        said = (
            f"A dictionary of {self.d_sae} latents{place}: {self.l0:.1f} fire on a token and "
            f"{kept}; {self.dead:.1%} fired on none of {self.tokens} tokens."
        )
        if isnan(self.ce_sae):
            return said
        return (
            f"{said} In its place the model's loss rises by {self.delta_ce:.3f} nats, where "
            f"{self.ablation} ablation adds {self.ce_ablated - self.ce_clean:.3f}: "
            f"{self.ce_recovered:.1%} recovered."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a measure. Columns: measure, value, unit, meaning."""
        import pandas as pd

        rows = [(name, getattr(self, name), *about) for name, about in MEASURES.items()]
        if self.linear_fve is None:
            rows = [row for row in rows if row[0] != "linear_fve"]
        return pd.DataFrame(rows, columns=["measure", "value", "unit", "meaning"])

    def latents(self) -> pd.DataFrame:
        """One row a latent: feature, density, max_activation, both kinds of cosine."""
        import pandas as pd

        names = ("density", "max_activation", "max_cosine", "encoder_decoder_cosine")
        columns = {name: getattr(self, name).numpy() for name in names}
        return pd.DataFrame({"feature": range(self.d_sae), **columns})
