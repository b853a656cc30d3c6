"""Tokens in lines, coloured by a value each, with white space made visible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 88  # characters a line, of a font whose characters are all as wide
LINE_INCHES = 0.3
WIDTH_INCHES = 8.0
MOST_LINES = 40
LONGEST = 40  # characters of one token
DIVERGING = "PuOr"  # lightness falls both ways from 0, told apart with every common colour vision


def plot_print(tokens: Sequence[str], values: Any = None, label: str = "") -> Figure:
    """A Matplotlib figure of the tokens, the first 40 lines of them.

    Args:
        tokens: raw pieces.
        values: a number for each, ``[pos]``, NaN where there is none; from 0 to the largest, or
            both ways from 0 where some are negative.
        label: what the values are.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure as PrintFigure

    lines = _lines([theme.visible(token)[:LONGEST] for token in tokens], tokens)
    hidden = len(tokens) - sum(len(line) for line in lines[:MOST_LINES])
    lines = lines[:MOST_LINES]
    height = (len(lines) + 1 + (hidden > 0)) * LINE_INCHES + (0.7 if values is not None else 0)
    figure = PrintFigure(figsize=(WIDTH_INCHES, height))
    colors = None
    if values is not None:
        array = np.asarray(values, dtype=np.float32)
        top = float(np.nanmax(np.abs(array), initial=0.0)) or 1.0
        both = bool((array < 0).any())
        norm = Normalize(-top if both else 0.0, top)
        colors = ScalarMappable(norm, colormaps[DIVERGING if both else theme.SEQUENTIAL])
        bar = figure.add_axes((0.02, 0.4 / height, 0.3, 0.12 / height))
        figure.colorbar(colors, cax=bar, orientation="horizontal")
        bar.tick_params(labelsize=7)
        bar.set_title(label, fontsize=8, loc="left", parse_math=False)
    look: dict[str, Any] = {"family": "monospace", "fontsize": 8, "va": "top", "parse_math": False}
    for number, line in enumerate(lines):
        y = 1 - (number + 0.6) * LINE_INCHES / height
        for place, column, shown in line:
            ground, ink = _ground(colors, values, place)
            box = {"boxstyle": "square,pad=0.15", "facecolor": ground, "edgecolor": "#c9ced6"}
            x = 0.02 + column * 0.96 / COLUMNS
            figure.text(x, y, shown, color=ink, bbox={**box, "linewidth": 0.5}, **look)
    if hidden > 0:
        y = 1 - (len(lines) + 0.6) * LINE_INCHES / height
        figure.text(0.02, y, f"… and {hidden:,} more tokens", color="#5d6672", **look)
    return figure


def _lines(shown: Sequence[str], tokens: Sequence[str]) -> list[list[tuple[int, int, str]]]:
    """Lines of (position, column, text); a token with a newline ends its line."""
    lines: list[list[tuple[int, int, str]]] = [[]]
    column = 0
    for place, text in enumerate(shown):
        if column + len(text) > COLUMNS and lines[-1]:
            lines.append([])
            column = 0
        lines[-1].append((place, column, text))
        column += len(text) + 1
        if "\n" in tokens[place] and place + 1 < len(tokens):
            lines.append([])
            column = 0
    return lines


def _ground(colors: Any, values: Any, place: int) -> tuple[Any, str]:
    """Colour of a token and of its text."""
    if colors is None or np.isnan(values[place]):
        return "white", "black"
    red, green, blue, _ = color = colors.to_rgba(float(values[place]))
    return color, "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
