"""A page of text as a picture: what stands in on paper for a widget made of words."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 96  # characters a line
LINE_INCHES = 0.22


def plot_print(title: str, paragraphs: Sequence[str]) -> Figure:
    """A Matplotlib figure with a title and wrapped paragraphs.

    Args:
        title: the heading.
        paragraphs: plain text; nothing in it is read as markup or mathematics.
    """
    from matplotlib.figure import Figure as PrintFigure

    lines = [
        line
        for paragraph in paragraphs
        for line in [*textwrap.wrap(paragraph, COLUMNS, subsequent_indent="   "), ""]
    ]
    height = (len(lines) + 3) * LINE_INCHES
    figure = PrintFigure(figsize=(8.0, height))
    top = 1 - LINE_INCHES / height
    look = {"va": "top", "family": "sans-serif", "color": "#1c1f24", "parse_math": False}
    figure.text(0.02, top, title, fontsize=12, fontweight="bold", **look)
    for number, line in enumerate(lines):
        y = top - (number + 1.6) * LINE_INCHES / height
        figure.text(0.02, y, line, fontsize=10, **look)
    return figure
