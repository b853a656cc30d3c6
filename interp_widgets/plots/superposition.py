"""A toy model of superposition: how directions overlap, where features lie, how the loss fell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.superposition import Superposition

_OVERLAPS = "dot product of directions, W @ W.T"
_SHARES = "share of a dimension, 0..1"
_LOSS = "loss"
_STEP = "training step"


def _title(record: Superposition) -> str:
    features, hidden = record.weights.shape
    held = int(record.represented.sum())
    return (
        f"{features} features in {hidden} dimensions, density {record.density:g}: "
        f"{held} represented"
    )


def _in_a_plane(record: Superposition) -> bool:
    return record.weights.shape[1] == 2


def plot_interactive(record: Superposition) -> Figure:
    """A Plotly picture of three panels: overlaps, arrows in a plane or shares, and the loss."""
    from plotly.subplots import make_subplots

    middle = "directions" if _in_a_plane(record) else _SHARES
    figure = make_subplots(cols=3, subplot_titles=(_OVERLAPS, middle, _LOSS))
    values = record.gram.numpy()
    top = theme.reach(values)
    figure.add_heatmap(
        z=values,
        colorscale=theme.DIVERGING,
        zmin=-top,
        zmax=top,
        showscale=False,
        hovertemplate="feature %{y} · feature %{x}: %{z:.2f}<extra></extra>",
        row=1,
        col=1,
    )
    figure.update_yaxes(autorange="reversed", title="feature", row=1, col=1)
    if _in_a_plane(record):
        _arrows(figure, record)
    else:
        figure.add_bar(
            x=list(range(len(values))),
            y=record.dimensionality.tolist(),
            marker={"color": [theme.LINES[0] if on else theme.FAINT for on in record.represented]},
            showlegend=False,
            row=1,
            col=2,
        )
        figure.update_xaxes(title="feature (grey: not represented)", row=1, col=2)
    figure.add_scatter(
        x=record.steps.tolist(),
        y=record.losses.tolist(),
        line={"color": theme.LINES[0]},
        showlegend=False,
        row=1,
        col=3,
    )
    lowest, highest = float(record.losses.min()), float(record.losses.max())
    for step in record.changes:
        figure.add_scatter(
            x=[step, step],
            y=[lowest, highest],
            mode="lines",
            line={"color": theme.FAINT, "dash": "dot"},
            hovertemplate=f"other settings from step {step} on<extra></extra>",
            showlegend=False,
            row=1,
            col=3,
        )
    figure.update_xaxes(title=_STEP, row=1, col=3)
    figure.update_yaxes(type="log", row=1, col=3)
    return theme.plotly_layout(figure, _title(record))


def _arrows(figure: Any, record: Superposition) -> None:
    for feature, (x, y) in enumerate(record.weights.tolist()):
        figure.add_scatter(
            x=[0, x],
            y=[0, y],
            mode="lines+markers+text",
            text=["", str(feature)],
            textposition="top center",
            marker={"size": [0, 7]},
            line={"color": theme.LINES[feature % len(theme.LINES)]},
            showlegend=False,
            row=1,
            col=2,
        )
    figure.update_yaxes(scaleanchor="x2", row=1, col=2)


def plot_print(record: Superposition) -> PrintFigure:
    """The same in Matplotlib."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.0), layout="constrained")
    overlaps, middle, loss = figure.subplots(1, 3)
    values = record.gram.numpy()
    top = theme.reach(values)
    overlaps.imshow(values, cmap=theme.DIVERGING, vmin=-top, vmax=top)
    overlaps.set_title(_OVERLAPS, fontsize=8)
    overlaps.set_xlabel("feature", fontsize=8)
    overlaps.set_ylabel("feature", fontsize=8)
    overlaps.locator_params(integer=True)
    if len(values) <= 8:
        for i, row in enumerate(values):
            for j, value in enumerate(row):
                color = theme.text_on(overlaps.images[0], value)
                overlaps.text(j, i, f"{value:.1f}", ha="center", va="center", size=7, color=color)
    if _in_a_plane(record):
        _drawn_arrows(middle, record)
    else:
        colors = [theme.LINES[0] if on else theme.FAINT for on in record.represented]
        middle.bar(range(len(values)), record.dimensionality.numpy(), color=colors)
        middle.set_title(_SHARES, fontsize=8)
        middle.set_xlabel("feature (grey: not represented)", fontsize=8)
        middle.locator_params(axis="x", integer=True)
    loss.plot(record.steps.numpy(), record.losses.numpy(), color=theme.LINES[0])
    for step in record.changes:
        loss.axvline(step, color=theme.FAINT, linestyle=":", linewidth=1)
    theme.log_y(loss)
    loss.set_title(_LOSS, fontsize=8)
    loss.set_xlabel(_STEP, fontsize=8)
    for ax in (overlaps, middle, loss):
        ax.tick_params(labelsize=8, which="both")
    figure.suptitle(_title(record), fontsize=9)
    return figure


def _drawn_arrows(ax: Any, record: Superposition) -> None:
    reach = 1.25 * max(1.0, float(record.weights.norm(dim=-1).max()))
    for feature, (x, y) in enumerate(record.weights.tolist()):
        color = theme.LINES[feature % len(theme.LINES)]
        ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": color, "lw": 1.5})
        ax.text(1.12 * x, 1.12 * y, str(feature), ha="center", va="center", size=8)
    ax.set_xlim(-reach, reach)
    ax.set_ylim(-reach, reach)
    ax.set_aspect("equal")
    ax.set_title("directions", fontsize=8)
