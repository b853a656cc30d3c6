"""The timeline's pictures show what was recorded."""

from __future__ import annotations

import interp_widgets as iw


def test_both_pictures_hold_every_recorded_number():
    record = iw.timeline()
    lines = [trace for trace in record.plot().data if trace.mode != "markers"]
    assert [list(line.y) for line in lines[:2]] == [
        record[f"induction_loss_{copy}_copy"].tolist() for copy in ("first", "second")
    ]
    figure = record.plot(kind="print", step=1120)
    losses, shares = figure.axes
    assert list(shares.lines[0].get_ydata()) == record["induction_accuracy"].tolist()
    assert losses.lines[0].get_markevery() == [record.steps.index(s) for s in record.loadable]
    assert list(losses.lines[-1].get_xdata()) == [1120, 1120]
