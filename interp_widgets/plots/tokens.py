"""Tokens in lines, coloured by a value each, with white space made visible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 104  # characters a line, of a font whose characters are all as wide
STEP = 0.63 * 8 / 72 / 8.0  # one of them, in widths of the figure
LINE_INCHES = 0.3
WIDTH_INCHES = 8.0
MOST_LINES = 8  # a widget draws this whenever it is shown: it has to be quick
LONGEST = 40  # characters of one token


def plot_print(tokens: Sequence[str], values: Any = None, label: str = "") -> Figure:
    """A Matplotlib figure of the tokens, the first 8 lines of them.

    Args:
        tokens: raw pieces.
        values: a number for each, ``[pos]``, NaN where there is none; from 0 to the largest, or
            both ways from 0 where some are negative.
        label: what the values are.
    """
    from matplotlib.figure import Figure as PrintFigure
    from matplotlib.patches import Rectangle

    numbers = np.full(len(tokens), np.nan)
    if values is not None:
        numbers = np.asarray(values, dtype=np.float64)  # None becomes NaN
    lines = _lines(tokens[: MOST_LINES * COLUMNS])[:MOST_LINES]
    hidden = len(tokens) - sum(len(line) for line in lines)
    height = (len(lines) + 1 + (hidden > 0)) * LINE_INCHES + (0.7 if values is not None else 0)
    figure = PrintFigure(figsize=(WIDTH_INCHES, height))
    colors = _scale(figure, numbers, label, height) if values is not None else None
    look: dict[str, Any] = {"family": "monospace", "fontsize": 8, "va": "top", "parse_math": False}
    for number, line in enumerate(lines):
        y = 1 - (number + 0.6) * LINE_INCHES / height
        for place, column, shown in line:
            ground, ink = _ground(colors, numbers[place])
            # Below 0 is told by the frame, not by hue alone.
            below = numbers[place] < 0
            edge, line = ("black", ":") if below else ("#c9ced6", "-")
            x = 0.02 + column * STEP
            size = (len(shown) + 0.6) * STEP, 0.64 * LINE_INCHES / height
            corner = (x - 0.3 * STEP, y - 0.48 * LINE_INCHES / height)
            box = Rectangle(
                corner, *size, facecolor=ground, linewidth=0.6, edgecolor=edge, linestyle=line
            )
            figure.add_artist(box)
            figure.text(x, y, shown, color=ink, **look)
    if hidden > 0:
        y = 1 - (len(lines) + 0.6) * LINE_INCHES / height
        figure.text(0.02, y, f"… and {hidden:,} more tokens", color="#5d6672", **look)
    return figure


def _scale(figure: Figure, numbers: np.ndarray, label: str, height: float) -> Any:
    """Draws the colour scale, and returns what turns a number into its colour."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    known = numbers[~np.isnan(numbers)]
    top = float(np.abs(known).max(initial=0.0)) or 1.0
    both = bool((known < 0).any())
    norm = Normalize(-top if both else 0.0, top)
    colors = ScalarMappable(norm, colormaps[theme.DIVERGING if both else theme.SEQUENTIAL])
    bar = figure.add_axes((0.02, 0.4 / height, 0.3, 0.12 / height))
    figure.colorbar(colors, cax=bar, orientation="horizontal")
    bar.tick_params(labelsize=7)
    said = f"{label}; below 0 with a dotted frame" if both else label
    bar.set_title(said, fontsize=8, loc="left", parse_math=False)
    return colors


def _shown(token: str) -> str:
    """A token as text; of nothing but spaces, every space as a dot."""
    spaces = token.strip(" ") == "" and token != ""
    return ("·" * len(token) if spaces else theme.visible(token))[:LONGEST]


def _lines(tokens: Sequence[str]) -> list[list[tuple[int, int, str]]]:
    """Lines of (position, column, text); a token with a newline ends its line."""
    lines: list[list[tuple[int, int, str]]] = [[]]
    column = 0
    for place, token in enumerate(tokens):
        text = _shown(token)
        if column + len(text) > COLUMNS and lines[-1]:
            lines.append([])
            column = 0
        lines[-1].append((place, column, text))
        column += len(text) + 2
        if "\n" in token and place + 1 < len(tokens):
            lines.append([])
            column = 0
    return lines


def _ground(colors: Any, number: float) -> tuple[Any, str]:
    """Colour of a token and of its text."""
    if colors is None or np.isnan(number):
        return "white", "black"
    red, green, blue, _ = color = colors.to_rgba(float(number))
    return color, "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
