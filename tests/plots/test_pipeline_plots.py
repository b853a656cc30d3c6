"""The picture of one patch: three panels, each with what its run says and the metric."""

from __future__ import annotations

from typing import Any

import pytest

from interp_widgets.plots.pipeline import plot_print
from interp_widgets.widgets import PatchingPipeline
from interp_widgets.widgets.pipeline import tops
from tests.widgets.examples import OTHER, PROMPT, model


def test_three_panels_say_what_the_runs_say():
    shown = PatchingPipeline(
        model=model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", distractor=" Paris", layer=1
    )
    assert shown.run is not None
    figure = plot_print(shown.record, tops(shown.run))
    panels: list[Any] = figure.axes
    for panel, (run, value) in zip(panels, shown.numbers.items(), strict=True):
        wanted = [p for _, p in shown.run.top_tokens(run, 5)][::-1]
        assert [bar.get_width() for bar in panel.patches] == pytest.approx(wanted)
        assert panel.get_title().endswith(f"{value:z.2f}")
    assert figure.get_suptitle().count(f"recovery {shown.recovery:z.2f}") == 1
    bare = plot_print(shown.record)
    assert [len(panel.patches) for panel in bare.axes] == [0, 0, 0]
