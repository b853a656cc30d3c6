"""A bias before and after an edit, subject by subject, and what the edit does to other texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure
    from plotly.graph_objects import Figure

    from interp_widgets.core.head_edit import HeadEdit

BEFORE, AFTER = "#808080", theme.LINES[0]


def _order(record: HeadEdit) -> list[int]:
    """Subjects from the first word's side to the second's, as they were before."""
    return record.before.argsort(descending=True).tolist()


def _title(record: HeadEdit) -> str:
    done = " + ".join(record.names) or "no head"
    return f"{done} {record.replace} in {record.model}: |bias| {-100 * record.fall:+.0f} %"


def _axis(record: HeadEdit) -> str:
    first, second = (word.strip() for word in record.words)
    return f"bias (1: always {first!r}, -1: always {second!r})"


def _changes(record: HeadEdit) -> list[float]:
    return (100 * record.rises).tolist()


def plot_interactive(record: HeadEdit) -> Figure:
    """A Plotly picture: bias before and after, and the change of loss by family."""
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=2, horizontal_spacing=0.18)
    order = _order(record)
    names = [theme.plotly_text(record.subjects[i]) for i in order][::-1]
    for name, values, color in (("before", record.before, BEFORE), ("after", record.after, AFTER)):
        found = [float(values[i]) for i in order][::-1]
        figure.add_bar(
            x=found, y=names, name=name, orientation="h", marker={"color": color}, row=1, col=1
        )
    figure.add_bar(
        x=_changes(record)[::-1],
        y=[theme.plotly_text(name) for name in record.families][::-1],
        orientation="h",
        marker={"color": theme.LINES[1]},
        showlegend=False,
        row=1,
        col=2,
    )
    figure.update_xaxes(title=_axis(record), row=1, col=1)
    figure.update_xaxes(title="change of loss on other texts, %", row=1, col=2)
    return theme.plotly_layout(figure, _title(record))


def plot_print(record: HeadEdit) -> PrintFigure:
    """The same in Matplotlib."""
    from matplotlib.figure import Figure

    order = _order(record)
    rows = max(len(order), len(record.families))
    figure = Figure(figsize=(8.4, 1.1 + 0.17 * rows), layout="constrained")
    left, right = figure.subplots(1, 2)
    at = list(range(len(order)))[::-1]
    left.barh(
        [y + 0.2 for y in at], [float(record.before[i]) for i in order], 0.38, color=BEFORE,
        label="before",
    )  # fmt: skip
    left.barh(
        [y - 0.2 for y in at], [float(record.after[i]) for i in order], 0.38, color=AFTER,
        label="after",
    )  # fmt: skip
    names = [theme.matplotlib_text(record.subjects[i]) for i in order]
    left.set_yticks(at, names, fontsize=7)
    left.set_xlabel(_axis(record), fontsize=8)
    left.legend(fontsize=7, frameon=False, loc="lower right")
    rows_at = list(range(len(record.families)))[::-1]
    right.barh(rows_at, _changes(record), 0.7, color=theme.LINES[1])
    right.set_yticks(rows_at, [theme.matplotlib_text(f) for f in record.families], fontsize=7)
    right.set_xlabel("change of loss on other texts, %", fontsize=8)
    for ax in (left, right):
        ax.axvline(0, color="#808080", linewidth=0.8)
        ax.tick_params(axis="x", labelsize=8)
    figure.suptitle(theme.matplotlib_text(_title(record)), fontsize=9)
    return figure
