"""The training timeline: losses of either copy, and the shares that tell when induction appears."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.timeline import Timeline

PANELS = {
    "loss, nats a token": {
        "induction_loss_first_copy": "first copy",
        "induction_loss_second_copy": "second copy",
    },
    "share, 0..1": {
        "induction_accuracy": "second copy right",
        "best_induction_head": "best induction head",
        "best_previous_head": "best previous-token head",
    },
}
DASHES = ("solid", "dash", "dot")
_AXIS = "training step"


def plot_interactive(record: Timeline) -> Figure:
    """A Plotly picture: a panel of losses over one of shares, dots where weights ship."""
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.08)
    steps = list(record.steps)
    for row, (unit, lines) in enumerate(PANELS.items(), 1):
        for i, (measure, name) in enumerate(lines.items()):
            color = theme.LINES[i + 2 * (row - 1)]
            values = record[measure].tolist()
            figure.add_scatter(
                x=steps,
                y=values,
                name=name,
                line={"color": color, "dash": DASHES[i]},
                row=row,
                col=1,
            )
            dots = [values[steps.index(step)] for step in record.loadable]
            figure.add_scatter(
                x=list(record.loadable),
                y=dots,
                mode="markers",
                marker={"color": color, "size": 8},
                showlegend=False,
                hoverinfo="skip",
                row=row,
                col=1,
            )
        figure.update_yaxes(title=unit, row=row, col=1)
    figure.update_xaxes(title=_AXIS, row=2, col=1)
    return theme.plotly_layout(figure, f"Words written twice, while {record.model} was trained")


def plot_print(record: Timeline, step: int | None = None) -> PrintFigure:
    """The same in Matplotlib.

    Args:
        record: what training recorded.
        step: a step to mark; none otherwise.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 2.8), layout="constrained")
    for panel, (unit, lines) in enumerate(PANELS.items()):
        ax = figure.add_subplot(1, 2, panel + 1)
        for i, (measure, name) in enumerate(lines.items()):
            at = [record.steps.index(one) for one in record.loadable]
            ax.plot(
                record.steps,
                record[measure].numpy(),
                color=theme.LINES[i + 2 * panel],
                linestyle=("-", "--", ":")[i],
                marker="o",
                markevery=at,
                markersize=4,
                label=name,
            )
        if step is not None:
            ax.axvline(step, color="#808080", linewidth=1)
        ax.set_xlabel(_AXIS, fontsize=8)
        ax.set_ylabel(unit, fontsize=8)
        ax.tick_params(labelsize=8)
        ax.legend(fontsize=7, frameon=False)
    marked = "" if step is None else f", at step {step}"
    figure.suptitle(f"Words written twice, while {record.model} was trained{marked}", fontsize=9)
    return figure
