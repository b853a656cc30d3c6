"""The toy of superposition: its gradients, the optima that are known, and its measures."""

from __future__ import annotations

import math

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.overlap import (
    Overlap,
    largest_cosine,
    overlap,
    random_cosines,
    random_directions,
)
from interp_widgets.core.superposition import (
    Superposition,
    dimensionality,
    gradients,
    interference,
    iter_superposition,
    superposition,
)
from interp_widgets.core.toy_features import ToyFeatures


@pytest.fixture(scope="module")
def pentagon() -> Superposition:
    return superposition(5, 2, density=0.05, steps=1000)


def draw(rows: int = 200_000, **given: float) -> torch.Tensor:
    return ToyFeatures(**given).batch(rows, torch.Generator().manual_seed(1))  # type: ignore[arg-type]


def switches(x: torch.Tensor) -> torch.Tensor:
    """Correlations of what is on, [feature, feature]."""
    return torch.corrcoef((x > 0).float().T)


def test_inputs_are_on_as_often_and_as_strongly_as_asked():
    x = draw(features=4, density=0.2)
    torch.testing.assert_close((x > 0).float().mean(0), torch.full((4,), 0.2), atol=5e-3, rtol=0)
    assert x.min() == 0
    assert 0.99 < x.max() <= 1
    assert x[x > 0].mean() == pytest.approx(0.5, abs=5e-3)
    assert switches(x).fill_diagonal_(0).abs().max() < 0.01


@pytest.mark.parametrize("correlation", [1.0, 0.4])
def test_switches_of_a_group_correlate_as_asked(correlation):
    x = draw(features=5, density=0.2, correlation=correlation, group=2)
    found = switches(x)
    assert found[0, 1] == pytest.approx(correlation, abs=0.01)
    assert found[2, 3] == pytest.approx(correlation, abs=0.01)
    assert abs(found[1, 2]) < 0.01
    assert abs(found[3, 4]) < 0.01
    assert (x > 0).float().mean() == pytest.approx(0.2, abs=5e-3)
    together = (x[:, 0] > 0) & (x[:, 1] > 0)
    assert torch.corrcoef(x[together][:, :2].T)[0, 1].abs() < 0.03  # strengths stay their own


def test_of_an_anticorrelated_group_at_most_one_is_on():
    x = draw(features=6, density=0.2, correlation=-1, group=3)
    assert ((x.unflatten(1, (2, 3)) > 0).sum(-1) <= 1).all()
    torch.testing.assert_close((x > 0).float().mean(0), torch.full((6,), 0.2), atol=5e-3, rtol=0)
    crowded = draw(features=4, density=0.9, correlation=-1)
    assert (crowded > 0).float().mean() == pytest.approx(0.5, abs=5e-3)


@pytest.mark.parametrize("relu", [True, False])
def test_closed_form_gradients_equal_autograd(relu):
    generator = torch.Generator().manual_seed(0)
    weights, bias = (
        torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True)
        for shape in ((7, 3), (7,))
    )
    x = torch.rand(50, 7, dtype=torch.float64, generator=generator)
    importance = torch.rand(7, dtype=torch.float64, generator=generator)
    back = x @ weights @ weights.T + bias
    expected = (importance * ((back.relu() if relu else back) - x) ** 2).sum(-1).mean()
    expected.backward()
    loss, by_weights, by_bias = gradients(weights.detach(), bias.detach(), x, importance, relu)
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(by_weights, weights.grad)
    torch.testing.assert_close(by_bias, bias.grad)


@pytest.mark.parametrize("relu", [True, False])
def test_dense_features_the_most_important_have_dimensions_of_their_own(relu):
    """Nothing is left of the others but their mean: their variance, 1/12, is the loss."""
    found = superposition(6, 3, density=1.0, decay=0.7, relu=relu, steps=800)
    assert found.represented.tolist() == [True] * 3 + [False] * 3
    torch.testing.assert_close(
        found.gram, torch.diag(torch.tensor([1.0] * 3 + [0] * 3)), atol=0.05, rtol=0
    )
    assert found.loss == pytest.approx(float(found.importance[3:].sum()) / 12, rel=0.05)
    assert found.shapes() == ["3 times a dimension of its own"]


def test_five_sparse_features_make_a_pentagon(pentagon):
    angles = torch.atan2(*pentagon.weights.T).sort().values
    gaps = torch.diff(torch.cat([angles, angles[:1] + 2 * math.pi]))
    torch.testing.assert_close(gaps, torch.full((5,), 2 * math.pi / 5), atol=0.05, rtol=0)
    torch.testing.assert_close(pentagon.dimensionality, torch.full((5,), 0.4), atol=0.01, rtol=0)
    assert pentagon.shapes() == ["a pentagon"]


def test_without_relu_sparse_features_share_nothing():
    linear = superposition(5, 2, density=0.05, decay=0.8, relu=False)
    assert linear.represented.tolist() == [True, True, False, False, False]


def test_features_that_never_meet_are_opposite_ends_of_one_line():
    found = superposition(4, 2, density=0.3, correlation=-1.0, steps=800)
    expected = torch.block_diag(*[torch.tensor([[1.0, -1.0], [-1.0, 1.0]])] * 2)
    torch.testing.assert_close(found.gram, expected, atol=0.02, rtol=0)
    assert found.shapes() == ["2 times an antipodal pair"]
    assert found.loss < 1e-4


@pytest.mark.parametrize("features", [2, 5, 40])
def test_shares_of_dimensions_add_up_to_no_more_than_there_are(features):
    weights = torch.randn(features, 3, generator=torch.Generator().manual_seed(features))
    assert float(dimensionality(weights).sum()) <= 3 + 1e-5
    assert dimensionality(weights).max() <= 1 + 1e-6


def test_shares_of_even_arrangements():
    assert dimensionality(torch.eye(3)).tolist() == [1, 1, 1]
    assert dimensionality(torch.tensor([[1.0], [-1.0]])).tolist() == [0.5, 0.5]
    assert dimensionality(torch.tensor([[1.0, 0], [0, 0]])).tolist() == [1, 0]


def test_interference_is_the_error_that_other_features_cause():
    weights = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    alone = torch.eye(6)  # one input for each feature, on with strength 1
    error = (alone @ weights @ weights.T - alone).square()
    torch.testing.assert_close(interference(weights), error.sum(0) - error.diagonal())
    assert interference(torch.eye(4)).sum() == 0


def test_going_on_from_a_dense_toy_finds_the_pentagon_again(pentagon):
    dense = superposition(5, 2, density=1.0, decay=0.8, start=pentagon, steps=800)
    assert int(dense.represented.sum()) == 2
    again = superposition(5, 2, density=0.05, start=dense, steps=1000)
    assert again.shapes() == ["a pentagon"]
    assert again.changes == (1000, 1800)
    assert again.steps.tolist()[-1] == 2800
    assert again.losses[: len(pentagon.losses)].tolist() == pentagon.losses.tolist()


def test_equal_seeds_give_equal_toys_and_parts_lead_to_the_whole():
    whole = superposition(6, 2, steps=50, seed=3)
    *parts, last = iter_superposition(6, 2, steps=50, seed=3, every=20)
    assert [int(part.steps[-1]) for part in parts] == [0, 20, 40]
    torch.testing.assert_close(whole.weights, last.weights, rtol=0, atol=0)
    assert not torch.equal(parts[1].weights, parts[2].weights)  # each has tensors of its own
    other = superposition(6, 2, steps=50, seed=4)
    assert not torch.equal(other.weights, whole.weights)


def test_record_frame_file_and_words(pentagon, tmp_path):
    assert repr(pentagon) == (
        "Superposition(5 features in 2 dimensions, density 0.05, 5 represented, step 1000)"
    )
    assert pentagon.describe().startswith("5 of 5 features are held in 2 dimensions (a pentagon)")
    frame = pentagon.to_frame()
    assert frame.represented.all()
    assert frame.interference.tolist() == pentagon.interference.tolist()
    again = iw.Result.load(pentagon.save(tmp_path / "toy.safetensors"))
    assert isinstance(again, Superposition)
    torch.testing.assert_close(again.weights, pentagon.weights, rtol=0, atol=0)
    assert repr(again) == repr(pentagon)
    x = torch.rand(3, 5)
    assert torch.equal(again(x), (x @ again.weights @ again.weights.T + again.bias).relu())


def test_pictures_hold_the_numbers(pentagon):
    figure = pentagon.plot()
    assert figure.data[0].z.tolist() == pentagon.gram.tolist()
    assert list(figure.data[-1].y) == pentagon.losses.tolist()
    overlaps, arrows, loss = pentagon.plot(kind="print").axes
    assert overlaps.images[0].get_array().tolist() == pentagon.gram.tolist()
    assert len(arrows.texts) == 2 * 5
    assert list(loss.lines[0].get_ydata()) == pentagon.losses.tolist()
    bars = superposition(4, 3, steps=2).plot(kind="print").axes[1]
    assert len(bars.patches) == 4


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"density": 0.0}, "density is the chance"),
        ({"density": 1.5}, "at most 1; got 1.5"),
        ({"density": math.nan}, "density= is a finite number; got nan"),
        ({"features": 0}, "features= is 1 or more; got 0"),
        ({"hidden": 0}, "hidden= is 1 or more; got 0"),
        ({"decay": 0.0}, "decay is each feature's importance"),
        ({"correlation": 2.0}, "correlation is -1"),
        ({"group": 1}, "group= is 2 or more; got 1"),
        ({"steps": 0}, "steps= is 1 or more; got 0"),
        ({"every": 0}, "every= is 1 or more; got 0"),
        ({"seed": -1}, "a seed is 0 or larger"),
    ],
)
def test_numbers_outside_their_range_are_refused_before_anything_runs(given, said):
    with pytest.raises(ValueError, match=said):
        iter_superposition(**given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"features": 2.5}, "features= is a whole number; got 2.5"),
        ({"hidden": True}, "hidden= is a whole number; got True"),
        ({"density": "rare"}, "density= is a number; got 'rare'"),
        ({"correlation": None}, "correlation= is a number; got None"),
        ({"decay": "x"}, "decay= is a number; got 'x'"),
        ({"relu": "no"}, "relu= is True or False; got 'no'"),
        ({"seed": 1.5}, "a seed is a whole number; got float"),
        ({"start": 3}, r"start= is a toy of iw\.superposition\(\); got int"),
    ],
)
def test_what_is_no_number_is_named(given, said):
    with pytest.raises(TypeError, match=said):
        iter_superposition(**given)


def test_a_start_of_another_size_is_refused(pentagon):
    with pytest.raises(ValueError, match="start has 5 features in 2 dimensions"):
        iter_superposition(6, 2, start=pentagon)


def test_two_directions_that_overlap_read_each_other():
    found = overlap([[1, 0], [0.8, 0.6]], [1.5, 1.0], ["credential", "urgency"])
    assert float(found.cosines[0, 1]) == pytest.approx(0.8)
    torch.testing.assert_close(found.mixture, torch.tensor([2.3, 0.6]))
    torch.testing.assert_close(found.readings, torch.tensor([2.3, 2.2]))
    torch.testing.assert_close(found.borrowed, torch.tensor([0.8, 1.2]))
    longer = overlap([[3, 0], [0.8, 0.6]], [1.0, 1.0])
    torch.testing.assert_close(longer.readings, torch.tensor([3.8, 3.4]))
    torch.testing.assert_close(longer.borrowed, torch.tensor([0.8, 2.4]))


def test_the_plane_of_a_pair_holds_both():
    found = overlap(torch.cat([random_directions(3, 5), -2 * random_directions(1, 5)]))
    for pair in [(0, 1), (2, 1), (0, 3)]:  # 0 and 3 lie on one line
        axes = found.plane(pair)
        torch.testing.assert_close(axes @ axes.T, torch.eye(2))
        inside = found.directions[list(pair)] @ axes.T @ axes
        torch.testing.assert_close(inside, found.directions[list(pair)])
    assert torch.equal(overlap([[0, 2.0], [1, 1]]).plane((0, 1)), torch.eye(2))


def test_overlap_says_and_keeps_what_it_holds(tmp_path):
    found = overlap([[1, 0], [0.8, 0.6]], [1.5, 1.0], ["credential", "urgency"])
    assert "cosine 0.80" in found.describe()
    said = overlap([[1, 0], [-0.8, 0.6]], [1.0, 0.0]).describe()
    assert "(cosine −0.80); feature 1 is on with 0.00 and reads −0.80." in said
    assert list(found.to_frame().reading) == found.readings.tolist()
    again = Overlap.load(found.save(tmp_path / "two.safetensors"))
    assert torch.equal(again.readings, found.readings)
    assert list(found.plot().data[-1].y) == found.readings.tolist()
    left, right = found.plot(kind="print").axes
    assert [ax.get_title() for ax in (left, right)] == [
        "directions and mixture",
        "strength, reading",
    ]
    assert [bar.get_height() for bar in right.patches][2:] == found.readings.tolist()


@pytest.mark.parametrize(
    ("directions", "strengths", "names", "said"),
    [
        ([1.0, 2.0], None, None, r"\[feature, d_hidden\]"),
        ([[1.0, 0.0], [0.0, 0.0]], None, None, "direction 1 has length 0"),
        ([[1.0, 0.0]], [1.0, 2.0], None, "one number for each of 1"),
        ([[1.0, math.nan]], None, None, "finite"),
        ([[1.0, 0.0]], None, ["a", "b"], "2 names for 1"),
    ],
)
def test_overlap_refuses(directions, strengths, names, said):
    with pytest.raises(ValueError, match=said):
        overlap(directions, strengths, names)


@pytest.mark.parametrize(
    ("directions", "strengths", "names", "said"),
    [
        ("xy", None, None, "directions= are numbers.*got 'xy'"),
        ([[1, 2], [3]], None, None, "rows of one length"),
        (torch.ones(1, 2) * 1j, None, None, "real numbers; got torch.complex"),
        ([[1.0, 0.0]], ["a"], None, "strengths= are numbers"),
        ([[1.0, 0.0], [0.0, 1.0]], None, "ab", "names= is a list of words; got 'ab'"),
    ],
)
def test_overlap_names_what_is_no_number(directions, strengths, names, said):
    with pytest.raises(TypeError, match=said):
        overlap(directions, strengths, names)


def test_a_picture_takes_two_of_the_directions():
    for kind in ("interactive", "print"):
        with pytest.raises(ValueError, match=r"directions 0 to 0.*nothing to overlap"):
            overlap([[1.0, 0.0]]).plot(kind=kind)
        with pytest.raises(
            ValueError, match=r"pair= is two of the directions 0 to 1; got \(0, 5\)"
        ):
            overlap([[1.0, 0.0], [0.0, 1.0]]).plot(kind=kind, pair=(0, 5))


def test_cosines_drawn_without_vectors_are_those_of_vectors():
    """Same quantiles as cosines of real random directions."""
    directions = random_directions(40_000, 16)
    real = (directions @ random_directions(1, 16, seed=9)[0]).sort().values
    drawn = random_cosines(40_000, 16).sort().values
    places = torch.tensor([0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]) * 40_000
    torch.testing.assert_close(drawn[places.long()], real[places.long()], atol=0.012, rtol=0)


def test_the_estimate_of_the_largest_cosine_is_close_for_many_dimensions():
    found = random_cosines(100_000, 4096).max()
    assert 0.8 * largest_cosine(100_000, 4096) < found < 1.05 * largest_cosine(100_000, 4096)
    with pytest.raises(ValueError, match="hidden= is 2 or more; got 1"):
        random_cosines(5, 1)
    for function in (random_directions, random_cosines, largest_cosine):
        with pytest.raises(ValueError, match="features= is 1 or more; got 0"):
            function(0, 3)
        with pytest.raises(TypeError, match="hidden= is a whole number; got '3'"):
            function(2, "3")
