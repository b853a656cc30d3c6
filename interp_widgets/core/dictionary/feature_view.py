"""One latent of a dashboard, decoded: windows as tokens and activations, numbers as lists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

    from interp_widgets.core.dictionary.feature_record import FeatureDashboards

# Shares of the tokens on which a latent fires, by strength: names of the groups of its sample.
GROUPS = (("top tenth", 0.9), ("upper half", 0.5), ("lower half", 0.1), ("bottom tenth", 0.0))


@dataclass(frozen=True)
class Example:
    """A window of text.

    Attributes:
        tokens: exact pieces, leading space kept.
        activations: of each token; 0 where the latent is silent and where tokens do not count.
        peak: place of the token that the window is about.
        kind: ``"top"``, ``"sampled"`` or ``"quiet"`` (drawn at random; the latent fires nowhere
            in it).
        quantile: share of the tokens on which the latent fires that it fires on less strongly than
            on the peak, 0..1; None in quiet windows.
        held_out: explanations may not see it, so it can test them.
        text: number of the text it comes from, in the order in which they were read.
    """

    tokens: tuple[str, ...]
    activations: tuple[float, ...]
    peak: int
    kind: str
    quantile: float | None
    held_out: bool
    text: int

    @property
    def activation(self) -> float:
        """At the peak."""
        return self.activations[self.peak]

    def marked(self, opening: str = "«", closing: str = "»") -> str:
        """The text, tokens on which the latent fires in quotes, neighbours together."""
        out, inside = "", False
        for token, activation in zip(self.tokens, self.activations, strict=True):
            if (activation > 0) != inside:
                out += closing if inside else opening
                inside = not inside
            out += token
        return out + (closing if inside else "")


@dataclass(frozen=True, eq=False, repr=False)
class Feature:
    """A latent in a dashboard: ``dash[17]``. Decoded when it is asked for.

    Attributes:
        dashboards: where it comes from.
        row: its place in them.
    """

    dashboards: FeatureDashboards
    row: int

    def __repr__(self) -> str:
        label = f" {self.label!r}" if self.label else ""
        return (
            f"Feature({self.feature}{label}: density {self.density:.2g}, max {self.max:.3g}, "
            f"{len(self.examples)} windows)"
        )

    @property
    def feature(self) -> int:
        """Its number in the dictionary."""
        return int(self.dashboards.features[self.row])

    @property
    def label(self) -> str:
        """Its label, ``""`` where it has none or it is hidden."""
        return self.dashboards.labels.text(self.feature)

    @property
    def density(self) -> float:
        """Share of tokens on which it fires, 0..1."""
        return float(self.dashboards.density[self.row])

    @property
    def max(self) -> float:
        """Largest activation seen; 0 of a dead one."""
        return float(self.dashboards.max[self.row])

    @property
    def dead(self) -> bool:
        """Whether it fired on no token."""
        return bool(self.dashboards.dead[self.row])

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        """Windows in which it fires: the top ones, then the sample, each the strongest first."""
        dash, row, most = self.dashboards, self.row, self.max
        columns = (dash.starts, dash.lengths, dash.peaks, dash.held_out, dash.texts, dash.ranks)
        slots = zip(*(column[row].tolist() for column in columns), strict=True)
        shares = dash.activity[row].double().numpy() * most
        found = []
        for slot, (start, length, peak, held_out, text, rank) in enumerate(slots):
            if start < 0:
                continue
            found.append(
                Example(
                    tokens=dash.words(start, length),
                    activations=tuple(shares[slot, :length].tolist()),
                    peak=peak,
                    kind="top" if slot < dash.n_top else "sampled",
                    quantile=rank,
                    held_out=held_out,
                    text=text,
                )
            )
        return tuple(found)

    @property
    def top(self) -> tuple[Example, ...]:
        """The windows with the largest activations, largest first."""
        return tuple(example for example in self.examples if example.kind == "top")

    @property
    def sampled(self) -> tuple[Example, ...]:
        """Windows drawn with a chance proportional to their activation, largest first."""
        return tuple(example for example in self.examples if example.kind == "sampled")

    @property
    def quiet(self) -> tuple[Example, ...]:
        """Windows drawn at random in which it is silent; few of a latent that fires everywhere."""
        dash = self.dashboards
        fires = np.unpackbits(dash.pool_fires[self.row].numpy(), count=len(dash.pool_starts))
        return tuple(dash.pool[i] for i in np.flatnonzero(fires == 0).tolist())

    @property
    def quantile_groups(self) -> list[tuple[str, list[Example]]]:
        """The sample by strength: the name of each group of `GROUPS`, and its windows."""
        groups: list[tuple[str, list[Example]]] = [(name, []) for name, _ in GROUPS]
        for example in self.sampled:
            share = example.quantile or 0.0
            at = next(i for i, (_, least) in enumerate(GROUPS) if share >= least)
            groups[at][1].append(example)
        return groups

    @property
    def text_windows(self) -> list[str]:
        """The top windows as text, what it fires on in quotes."""
        return [example.marked() for example in self.top]

    @property
    def histogram(self) -> tuple[np.ndarray, np.ndarray]:
        """Counts of its activations above 0, and the edges of their bins, one more."""
        counts = self.dashboards.histogram[self.row].numpy()
        edges = np.arange(len(counts) + 1) * float(self.dashboards.bin_width[self.row])
        last = max(int(np.flatnonzero(counts)[-1]) + 1, 1) if counts.any() else 1
        return counts[:last], edges[: last + 1]

    @property
    def top_logits(self) -> list[tuple[str, float]]:
        """Tokens it makes likelier, most first, and by how many logits a unit of activation."""
        return self._tokens("top")

    @property
    def bottom_logits(self) -> list[tuple[str, float]]:
        """Tokens it makes less likely, most first, and by how many logits a unit."""
        return self._tokens("bottom")

    @property
    def neighbours(self) -> list[tuple[int, float]]:
        """Latents whose directions are closest, and the cosines."""
        dash = self.dashboards
        return self._pairs(dash.neighbours[self.row], dash.neighbour_cosines[self.row])

    @property
    def correlated(self) -> list[tuple[int, float, float]]:
        """Latents that fire with it: number, Pearson correlation, Jaccard index."""
        dash = self.dashboards
        both = self._pairs(dash.correlated[self.row], dash.correlations[self.row])
        return [
            (feature, pearson, float(jaccard))
            for (feature, pearson), jaccard in zip(both, dash.jaccards[self.row], strict=False)
        ]

    def to_frame(self) -> pd.DataFrame:
        """One row a window. Columns: kind, activation, quantile, held_out, text, token, window."""
        import pandas as pd

        rows = [
            (e.kind, e.activation, e.quantile, e.held_out, e.text, e.tokens[e.peak], e.marked())
            for e in self.examples
        ]
        names = ["kind", "activation", "quantile", "held_out", "text", "token", "window"]
        return pd.DataFrame(rows, columns=names)

    def plot(self, kind: str = "interactive") -> Any:
        """Draw its histogram, logits and top windows; `Result.plot` says what ``kind`` is."""
        return self.dashboards.plot(kind, feature=self.feature)

    def _tokens(self, end: str) -> list[tuple[str, float]]:
        dash = self.dashboards
        ids = getattr(dash, f"{end}_ids")[self.row]
        effects = getattr(dash, f"{end}_effects")[self.row]
        return [(dash.pieces[i], x) for i, x in self._pairs(ids, effects)]

    def _pairs(self, ids, values) -> list[tuple[int, float]]:
        both = zip(ids.tolist(), values.tolist(), strict=True)
        return [(i, value) for i, value in both if i >= 0]
