"""The difference of two lenses as a table of cells: which token parts them, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme
from interp_widgets.plots.logit_lens import heat_interactive, heat_print

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.lens.difference import LensDifference

COLOURS = ("diff", "gain", "kl", "distance")


def _cells(record: LensDifference, colour: str) -> tuple[np.ndarray, tuple[str, str, float, float]]:
    """What colours the cells ``[row, pos]``, and its scale."""
    if colour not in COLOURS:
        raise ValueError(f"colour is one of {', '.join(COLOURS)}; got {colour!r}.")
    if colour == "diff":
        label = f"probability: {record.kind} less {record.base} lens"
        return record.top_diffs[..., 0].numpy(), (theme.DIVERGING, label, -1.0, 1.0)
    values = getattr(record, colour).numpy()
    top = float(np.nanmax(np.abs(values), initial=1e-6))
    if colour == "gain":
        label = f"nats nearer: {record.kind} than {record.base} lens"
        return values, (theme.DIVERGING, label, -top, top)
    if colour == "kl":
        label = f"KL({record.base} ‖ {record.kind}) (nats)"
        return values, (theme.SEQUENTIAL, label, 0.0, top)
    return values, (theme.SEQUENTIAL, "total variation", 0.0, 1.0)


def _words(record: LensDifference) -> list[list[str]]:
    """The token that differs most in each cell; none where nothing does."""
    pairs = zip(record.top_ids[..., 0].tolist(), record.top_diffs[..., 0].tolist(), strict=True)
    return [
        [record.vocab.get(i, "") if abs(d) >= 0.005 else " " for i, d in zip(*row, strict=True)]
        for row in pairs
    ]


def _hover(record: LensDifference) -> list[list[str]]:
    """The five tokens of each cell that differ most, as lines of text."""

    def cell(ids: list[int], diffs: list[float]) -> str:
        pairs = list(zip(ids, diffs, strict=True))[:5]
        named = ((theme.plotly_text(record.vocab.get(i, "")), d) for i, d in pairs)
        return "<br>".join(f"{name}  {d:+.3f}" for name, d in named)

    pairs = zip(record.top_ids.tolist(), record.top_diffs.tolist(), strict=True)
    return [[cell(i, d) for i, d in zip(*row, strict=True)] for row in pairs]


def _title(record: LensDifference) -> str:
    return f"{record.kind.capitalize()} lens less {record.base} lens · {record.model}"


def plot_interactive(record: LensDifference, colour: str = "diff") -> Figure:
    """A Plotly heat map; hover shows the tokens of a cell that differ most.

    Args:
        record: the difference.
        colour: ``"diff"`` of the token shown, ``"gain"``, ``"kl"`` or ``"distance"``.

    Raises:
        ValueError: another colour.
    """
    values, scale = _cells(record, colour)
    return heat_interactive(record, _title(record), values, _words(record), _hover(record), scale)


def plot_print(record: LensDifference, colour: str = "diff", ax: Any = None) -> PrintFigure:
    """The same heat map in Matplotlib, for paper and for pages without scripts.

    Args:
        record: the difference.
        colour: ``"diff"`` of the token shown, ``"gain"``, ``"kl"`` or ``"distance"``.
        ax: Matplotlib axes to draw into; a new figure otherwise.

    Raises:
        ValueError: another colour.
    """
    values, scale = _cells(record, colour)
    return heat_print(record, _title(record), values, _words(record), scale, ax)
