"""What all pictures share: colours that survive colour blindness, and how tokens are written."""

from __future__ import annotations

import html
from functools import lru_cache
from typing import Any

import numpy as np

# Okabe and Ito's palette (2008), told apart with every common colour vision.
LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
SEQUENTIAL = "Blues"  # more is darker, as in the widgets on a light page; so it also reads in grey
FAINT = "#808080"  # axes, references, what is off: reads on a light and on a dark page
DIVERGING = "PuOr"  # orange below zero, purple above; told apart with every common colour vision


def reach(values: np.ndarray) -> float:
    """Where diverging colours end, on both sides of zero; of what is known."""
    return max(float(np.nanmax(np.abs(values), initial=0.0)), 1e-9)


def visible(token: str) -> str:
    """A token as text that shows its white space: ``·`` leading, ``↵``, ``⇥``, others as hex."""
    shown = token.replace("\n", "↵").replace("\t", "⇥")
    shown = "".join(c if c.isprintable() else _escaped(c) for c in shown)
    return "·" + shown[1:] if shown.startswith(" ") else shown or "∅"


def plotly_text(token: str) -> str:
    """A visible token that Plotly will take neither for markup nor for mathematics."""
    return html.escape(visible(token), quote=False).replace("$", "&#36;")


def plotly_layout(figure: Any, title: str) -> Any:
    """Transparent paper, so the figure sits on a light or a dark page; grey that reads on both."""
    figure.update_layout(
        title={"text": plotly_text(title), "font": {"size": 14}},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": FAINT, "family": "system-ui, sans-serif"},
        margin={"l": 60, "r": 20, "t": 50, "b": 60},
    )
    return figure


def log_y(axes: Any) -> None:
    """Make the y axis of a Matplotlib picture logarithmic, with ticks as plain numbers.

    Call it when the curves are drawn: how close ticks stand depends on the decades that they span.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_yscale("log")
    low, high = np.log10(axes.get_ylim())
    close, wide = (1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 5)
    subs = close if high - low < 0.8 else wide if high - low < 2.5 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def matplotlib_text(token: str) -> str:
    r"""A visible token that Matplotlib can draw and will not take for mathematics.

    Characters that none of the fonts in ``rcParams["font.family"]`` has are written as escapes
    (``\u4e2d``): Matplotlib would draw an empty box and warn. Naming a font there that has them
    shows them.
    """
    shown = visible(token)
    if not shown.isascii():
        from matplotlib import rcParams

        known = _letters(tuple(rcParams["font.family"]))
        shown = "".join(c if ord(c) in known else _escaped(c) for c in shown)
    return shown.replace("$", r"\$")


@lru_cache(maxsize=8)
def _letters(families: tuple[str, ...]) -> frozenset[int]:
    """Code points that these fonts have between them."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    fonts = (get_font(findfont(FontProperties(family=[family]))) for family in families)
    return frozenset(code for font in fonts for code in font.get_charmap())


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:06x}"


def text_on(image: Any, value: float) -> str:
    """Black or white, whichever reads on the colour that a Matplotlib image gives a value."""
    red, green, blue, _ = image.cmap(image.norm(value))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
