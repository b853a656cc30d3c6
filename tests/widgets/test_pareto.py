"""ParetoExplorer: its fronts are those that a look at all pairs finds, on any two measures."""

from __future__ import annotations

import math

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.sweep import MEASURES, Sweep, sweep_of
from interp_widgets.widgets._pareto_points import MEASURES as SHOWN
from interp_widgets.widgets.pareto import ParetoExplorer


def sweep() -> Sweep:
    rows = [
        {"variant": "topk", "width": 64, "knob": "k", "setting": 4, "l0": 4.0, "fve": 0.7},
        {"variant": "topk", "width": 64, "knob": "k", "setting": 8, "l0": 8.0, "fve": 0.8},
        {"variant": "relu", "width": 64, "knob": "l1", "setting": 0.1, "l0": 9.0, "fve": 0.75},
        {"variant": "relu", "width": 32, "knob": "l1", "setting": 0.05, "l0": 16.0, "fve": 0.9},
        {"variant": "gated", "width": 64, "knob": "l1", "setting": 0.2},  # not trained yet
    ]
    rows[0]["dead"], rows[1]["dead"], rows[3]["dead"] = 0.0, 0.125, 0.25
    return sweep_of(rows, site="L3.resid_post", model="tiny")


def beaten(explorer: ParetoExplorer) -> list[bool]:
    """Of every point shown, whether another is as good in both and better in one: all pairs."""
    points = explorer.points
    across, up = points.goodness(explorer.x), points.goodness(explorer.y)
    shown = [i for i in explorer.shown if not math.isnan(across[i] + up[i])]

    def beats(a: int, b: int) -> bool:
        both = across[a] >= across[b] and up[a] >= up[b]
        return both and (across[a] > across[b] or up[a] > up[b])

    return [any(beats(a, b) for a in shown) for b in shown]


@pytest.mark.parametrize("x", ["l0", "seconds", "width", "dead", "shrinkage"])
@pytest.mark.parametrize("y", ["fve", "ce_recovered", "delta_ce", "kl", "shrinkage", "l0"])
def test_the_front_is_what_all_pairs_say(x, y):
    explorer = ParetoExplorer(iw.sae_sweep(), x=x, y=y)
    points = explorer.points
    known = [i for i in explorer.shown if not math.isnan(points.values[x][i] + points.values[y][i])]
    unbeaten = {
        points.names[i] for i, lost in zip(known, beaten(explorer), strict=True) if not lost
    }
    front = explorer.front
    assert set(front) <= unbeaten
    # Of points that are equal in both measures one stands for all.
    places = {(points.values[x][i], points.values[y][i]) for i in known if points.names[i] in front}
    assert places == {
        (points.values[x][i], points.values[y][i]) for i in known if points.names[i] in unbeaten
    }


@pytest.mark.parametrize("measure", [name for name in MEASURES if name not in ("l0", "shrinkage")])
def test_against_l0_it_is_the_front_of_the_sweep(measure):
    record = iw.sae_sweep()
    assert ParetoExplorer(record, y=measure).front == [
        record.name(i) for i in record.front(measure)
    ]


def test_it_opens_with_what_is_known_and_says_so():
    explorer = sweep().widget()
    assert isinstance(explorer, ParetoExplorer)
    assert explorer.describe() == (
        "5 dictionaries at L3.resid_post of tiny, L0 against variance explained: 3 are beaten by "
        "none, from topk of 64, k 4 (L0 4.0, variance explained 0.700) to relu of 32, l1 0.05 "
        "(L0 16.0, variance explained 0.900)."
    )
    assert explorer.scene["points"][4]["values"] == [None] * 10 + [64.0]
    assert len(explorer.scene["measures"]) == len(SHOWN)


def test_variants_and_width_leave_points_out_and_the_front_follows():
    explorer = ParetoExplorer(sweep())
    explorer.act({"do": "variant", "name": "topk"})
    assert explorer.front == ["relu of 64, l1 0.1", "relu of 32, l1 0.05"]
    explorer.act({"do": "width", "of": 64})
    assert explorer.front == ["relu of 64, l1 0.1"]
    assert "relu of 64, l1 0.1 (L0 9.0, variance explained 0.750) beats all" in explorer.describe()
    explorer.act({"do": "variant", "name": "relu"})
    assert explorer.front == []
    assert "of none are both known" in explorer.describe()
    explorer.undo().undo().undo()
    assert len(explorer.front) == 3


def test_axes_bring_their_scale_and_change_places():
    explorer = ParetoExplorer(sweep())
    explorer.act({"do": "axis", "axis": "x", "by": "dead"})
    assert (explorer.x, explorer.x_scale) == ("dead", "linear")
    explorer.act({"do": "scale", "axis": "y", "by": "log"})
    explorer.act({"do": "axis", "axis": "x", "by": "fve"})
    assert (explorer.x, explorer.x_scale, explorer.y, explorer.y_scale) == (
        *("fve", "log", "dead", "linear"),
    )
    assert ParetoExplorer(sweep(), x="fve", y="seconds").y_scale == "log"


def test_two_that_are_held_are_compared_and_a_third_takes_the_place_of_the_first():
    explorer = ParetoExplorer(sweep())
    for point in (0, 1):
        explorer.act({"do": "pin", "point": point})
    found = explorer.difference()
    assert found["l0"] == 4.0
    assert found["fve"] == pytest.approx(0.1)
    assert math.isnan(found["kl"])
    explorer.act({"do": "pin", "point": 3})
    assert explorer.pinned == [1, 3]
    explorer.act({"do": "pin", "point": 1})
    assert explorer.pinned == [3]
    with pytest.raises(ValueError, match="two points are compared; held are 1"):
        explorer.difference()


def test_a_dictionary_of_ones_own_takes_its_place():
    torch.manual_seed(0)
    x = torch.randn(256, 6)
    sae = iw.SAE(torch.eye(6), torch.zeros(6), torch.eye(6), torch.zeros(6), "relu")
    judged = iw.evaluate_on(sae, x)
    explorer = ParetoExplorer(sweep()).add("mine", judged)
    assert explorer.points.names[5] == "mine"
    assert explorer.points.own == (False,) * 5 + (True,)
    assert explorer.points.widths[5] == 6
    assert explorer.points.values["l0"][5] == pytest.approx(judged.l0, rel=1e-5)
    assert explorer.points.values["fve"][5] == pytest.approx(judged.fve, rel=1e-5)
    assert math.isnan(explorer.points.values["ce_recovered"][5])  # no model ran
    explorer.act({"do": "pin", "point": 5})
    explorer.add("mine", {"variant": "relu", "width": 6, "l0": 2.0, "fve": 0.95})
    assert explorer.front == ["mine"]
    assert len(explorer.added) == 1
    again = ParetoExplorer(sweep()).replay(explorer.actions)
    assert again.front == ["mine"]
    explorer.undo().undo().undo()
    assert len(explorer.front) == 3


def test_a_run_is_shown_with_what_it_measured_itself():
    x = torch.randn(256, 6)
    run = iw.train_sae(x, variant="topk", d_sae=12, k=2, batch_size=64, steps=5)
    with pytest.raises(ValueError, match="has not taken a step"):
        ParetoExplorer({"mine": run})
    run.train()
    explorer = ParetoExplorer({"mine": run, "its record": run.record})
    assert explorer.points.values["l0"] == (float(run.history["l0"][-1]),) * 2
    assert explorer.points.names == ("mine", "its record")
    assert explorer.points.widths == (12, 12)


def test_frames_and_lists_are_points_too():
    record = sweep()
    of_frame = ParetoExplorer(record.to_frame())
    assert of_frame.points.names == tuple(record.name(i) for i in range(5))
    assert of_frame.front == ParetoExplorer(record).front
    measured = {"variant": "relu", "width": 6, "l0": 2.0, "fve": 0.5}
    twice = ParetoExplorer([measured, measured])
    assert twice.points.names == ("relu of 6", "relu of 6 (2)")
    assert len(twice.front) == 1


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"do": "axis", "axis": "x", "by": "beauty"}, "knows no action"),
        ({"do": "scale", "axis": "z", "by": "log"}, "knows no action"),
        ({"do": "variant", "name": "hats"}, "variants are topk, relu, gated; got 'hats'"),
        ({"do": "width", "of": 100}, "width is one of 32, 64, or 0 for all; got 100"),
        ({"do": "pin", "point": 5}, "two different points of 0 to 4"),
        ({"do": "set", "name": "pinned", "value": [1, 1]}, "two different points"),
        ({"do": "add", "point": {"l0": 3.0}}, "needs a name"),
        ({"do": "add", "point": {"name": "a", "beauty": 3.0}}, "has no 'beauty'"),
        ({"do": "add", "point": {"name": "a", "l0": math.nan}}, "l0 of a point is a number"),
        ({"do": "add", "point": {"name": "a", "width": 8}}, "has one of the measures"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(action, said):
    explorer = ParetoExplorer(sweep())
    with pytest.raises(ValueError, match=said):
        explorer.act(action)
    assert explorer.actions == []
    assert len(explorer.front) == 3


def test_constructor_refuses():
    with pytest.raises(TypeError, match=r"shows a Sweep .* got int"):
        ParetoExplorer(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="judged already"):
        ParetoExplorer(sweep(), model=object())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a point is an SAEEvaluation"):
        ParetoExplorer({"mine": "good"})
    with pytest.raises(ValueError, match="1 to 500 points; got 0"):
        ParetoExplorer([])
    with pytest.raises(ValueError, match="has the columns variant, width"):
        ParetoExplorer(sweep().to_frame().drop(columns="width"))
    with pytest.raises(ValueError, match="one point is added at a time; got a sweep of 5"):
        ParetoExplorer(sweep()).add("mine", sweep())
    with pytest.raises(ValueError, match="has no 'beauty'"):
        ParetoExplorer(sweep()).add("mine", {"beauty": 1.0})


def test_its_picture_shows_what_is_shown():
    explorer = ParetoExplorer(sweep(), x="dead", y="fve", x_scale="log")
    axes = explorer._figure().axes[0]
    assert axes.get_xlabel() == "dead, share"
    assert axes.get_xscale() == "log"
    drawn = sum(len(group.get_offsets()) for group in axes.collections)
    assert drawn == 5


def test_the_picture_names_ones_own_point_and_those_held():
    explorer = ParetoExplorer(sweep(), x="dead", x_scale="log").add("mine", {"dead": 0.5, "fve": 1})
    explorer.pinned = [0, 1]  # of the first nobody is dead: it has no place on these scales
    ax = explorer._figure().axes[0]
    assert {text.get_text(): text.xy for text in ax.texts} == {
        "B": pytest.approx((0.125, 0.8)),
        "mine": (0.5, 1.0),
    }
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        f"{tick:g}" for tick in ax.get_xticks()
    ]
