"""OverlapPlot: its numbers are those of the core's record, whatever was dragged."""

from __future__ import annotations

import math

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.overlap import overlap, random_directions
from interp_widgets.widgets.overlap import PRESETS, OverlapPlot


def test_it_opens_with_the_arithmetic_of_two_directions():
    plot = OverlapPlot()
    torch.testing.assert_close(plot.record.readings, torch.tensor([2.3, 2.2]))
    assert plot.describe() == (
        "credential and urgency have cosine 0.80: credential is on with 1.50 and reads 2.30 and "
        "urgency is on with 1.00 and reads 2.20."
    )


def test_a_drag_turns_one_direction_and_all_readings_follow():
    plot = OverlapPlot().act({"do": "move", "to": [[1.0, 0.0], [0.0, 1.0]]})
    torch.testing.assert_close(plot.record.readings, torch.tensor([1.5, 1.0]))
    plot.act({"do": "strength", "to": [1.0, 2.0]})
    torch.testing.assert_close(plot.record.readings, torch.tensor([1.0, 2.0]))
    plot.undo().undo()
    assert plot.record.readings.tolist() == pytest.approx([2.3, 2.2])


def test_coats_are_dragged_in_the_plane_that_two_of_them_span():
    plot = OverlapPlot(preset="coats")
    before = plot.record
    plot.act({"do": "pair", "pair": [3, 7]})
    axes = before.plane((3, 7))
    half = math.sqrt(0.5)
    plot.act({"do": "move", "to": [[1.0, 0.0], [half, half]]})
    after = plot.record
    torch.testing.assert_close(after.directions[3], before.directions[3])
    torch.testing.assert_close(after.directions[7], half * (axes[0] + axes[1]))
    others = [i for i in range(20) if i not in (3, 7)]
    assert torch.equal(after.directions[others], before.directions[others])
    assert float(after.cosines[3, 7]) == pytest.approx(half, abs=1e-5)
    assert "of the 18 that are off, coat" in plot.describe()
    plot.act({"do": "preset", "name": "right angles"})
    assert (plot.pair, plot.moved) == ([0, 1], [])
    assert torch.equal(plot.record.cosines, torch.eye(2))


def test_a_record_of_ones_own_is_shown_and_kept():
    mine = overlap(random_directions(4, 3), [1, 0, 0, 2], list("abcd"))
    plot = mine.widget()
    assert isinstance(plot, OverlapPlot)
    assert torch.equal(plot.record.readings, mine.readings)
    assert plot.scene["presets"] == [*PRESETS, ""]
    plot.act({"do": "preset", "name": "coats"}).act({"do": "preset", "name": ""})
    assert torch.equal(plot.record.readings, mine.readings)


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"do": "move", "to": [[0.0, 0.0], [1.0, 0.0]]}, "arrows longer than 0"),
        ({"do": "move", "to": [[5.0, 0.0], [1.0, 0.0]]}, "at most 3 long"),
        ({"do": "move", "to": [[1.0, 0.0]]}, "moved is"),
        ({"do": "strength", "to": [1.0]}, "strengths is 2 numbers"),
        ({"do": "pair", "pair": [0, 0]}, "pair is two different directions of 0 to 1"),
        ({"do": "pair", "pair": [0, 2]}, "pair is two different"),
        ({"do": "preset", "name": "hats"}, "preset is one of 'credential'"),
        ({"do": "set", "name": "strengths", "value": [9.0, 0.0]}, "from -3 to 3"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(action, said):
    plot = OverlapPlot()
    with pytest.raises(ValueError, match=said):
        plot.act(action)
    assert plot.actions == []
    assert plot.record.readings.tolist() == pytest.approx([2.3, 2.2])


def test_constructor_refuses():
    with pytest.raises(TypeError, match="not a Timeline"):
        OverlapPlot(iw.timeline())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="need no model"):
        OverlapPlot(model=object())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="in 2 dimensions or more; got 3 in 1"):
        OverlapPlot(overlap([[1.0], [2.0], [3.0]]))
    with pytest.raises(ValueError, match="pair is two different"):
        OverlapPlot(pair=[1, 1])
