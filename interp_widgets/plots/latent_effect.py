"""What an edit of one latent does to the next token: probabilities before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.dictionary.latent_effect import LatentEffect

_TIMES = ("before", "after")


def _title(record: LatentEffect) -> str:
    done = "without" if record.how == "remove" else "forcing"
    moved = f"{record.kl:.3f} nats, {record.control:.3f} by chance"
    return f"Next token, {done} latent {record.feature} · {moved}"


def _rows(record: LatentEffect) -> list[tuple[str, float, float]]:
    """Tokens that move most, a rising one first; each once."""
    return list(dict.fromkeys((*record.rises, *record.falls[::-1])))


def plot_interactive(record: LatentEffect) -> Figure:
    """A Plotly picture: two bars a token."""
    import plotly.graph_objects as go

    rows = _rows(record)
    figure = go.Figure()
    for i, time in enumerate(_TIMES):
        figure.add_bar(
            y=[f"{n} {theme.plotly_text(repr(row[0]))}" for n, row in enumerate(rows, 1)],
            x=[row[1 + i] for row in rows],
            name=time,
            orientation="h",
            marker={"color": theme.LINES[i], "pattern": {"shape": ("", "/")[i]}},
        )
    figure.update_xaxes(title="probability", rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: LatentEffect) -> PrintFigure:
    """The same in Matplotlib."""
    from matplotlib.figure import Figure

    rows = _rows(record)
    figure = Figure(figsize=(6.4, 1.2 + 0.3 * len(rows)), layout="constrained")
    ax = figure.add_subplot()
    for i, time in enumerate(_TIMES):
        ax.barh(
            [n + 0.4 * i for n in range(len(rows))],
            [row[1 + i] for row in rows],
            height=0.36,
            color=theme.LINES[i],
            hatch=("", "//")[i],
            edgecolor="white",
            label=time,
        )
    names = [theme.matplotlib_text(repr(row[0])) for row in rows]
    ax.set_yticks([n + 0.2 for n in range(len(rows))], names, fontsize=8)
    ax.invert_yaxis()
    ax.set_xlabel("probability", fontsize=8)
    ax.set_title(_title(record), fontsize=9, loc="left")
    ax.legend(fontsize=7, frameon=False)
    return figure
