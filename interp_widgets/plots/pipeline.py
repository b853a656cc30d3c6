"""The three runs of one patch on paper: what each says next, and the metric of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.plots import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure as PrintFigure

    from interp_widgets.core.patching.record import Patching

TITLES = ("1 clean run", "2 corrupt run", "3 patched run")


def plot_print(
    record: Patching, tops: dict[str, list[tuple[str, float]]] | None = None
) -> PrintFigure:
    """Three panels of next tokens, the metric of each run over it, and the recovery.

    Args:
        record: a record of one cell.
        tops: likeliest next tokens and their probabilities by run: ``"clean"``, ``"corrupt"``,
            ``"patched"``. Without them the panels say the metric alone.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 2.7), layout="constrained")
    panels = figure.subplots(1, 3)
    values = (record.clean, record.corrupt, float(record.values[0, 0]))
    runs = ("clean", "corrupt", "patched")
    marked = {record.answers[0]: theme.LINES[0], record.distractors[0]: theme.LINES[1]}
    for ax, title, run, value in zip(panels, TITLES, runs, values, strict=True):
        listed = (tops or {}).get(run, [])[::-1]
        ax.barh(
            range(len(listed)),
            [p for _, p in listed],
            color=[marked.get(token, "#808080") for token, _ in listed],
        )
        ax.set_yticks(
            range(len(listed)), [theme.matplotlib_text(token) for token, _ in listed], fontsize=8
        )
        ax.set_xlim(0, 1)
        ax.set_xlabel("probability of the next token", fontsize=8)
        ax.set_title(f"{title}\n{record.metric} {value:z.2f}", fontsize=9)
    share = float(record.recovery[0])
    said = "" if share != share else f": recovery {share:z.2f}"
    verb = "clean into corrupt" if record.direction == "denoise" else "corrupt into clean"
    figure.suptitle(
        theme.matplotlib_text(f"{record.labels[0][0]}, {verb}{said} · {record.model}"), fontsize=9
    )
    return figure
