"""Pairing of directions, against every permutation, and what chance gives."""

from __future__ import annotations

from itertools import permutations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.matching import match_directions, random_match
from interp_widgets.core.dictionary.synthetic import numpy_lab
from tests.core.test_result import same


def rows(n: int, d: int, seed: int) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("found", [4, 6, 3])
def test_the_sum_of_cosines_is_the_largest_there_is(signed, found):
    ours, true = rows(found, 3, 1), rows(4, 3, 2)
    match = match_directions(ours, true, signed=signed)
    cosines = torch.nn.functional.cosine_similarity(true[:, None], ours[None], dim=-1)
    cosines = cosines if signed else cosines.abs()
    torch.testing.assert_close(match.matrix, cosines.float())
    if found >= 4:
        sums = (sum(cosines[i, p[i]] for i in range(4)) for p in permutations(range(found), 4))
    else:
        sums = (sum(cosines[p[j], j] for j in range(found)) for p in permutations(range(4), found))
    assert float(match.cosines.nansum()) == pytest.approx(float(max(sums)), abs=1e-6)
    taken = [j for _, j in match.pairs]
    assert len(set(taken)) == len(taken) == min(found, 4)
    assert int(match.cosines.isnan().sum()) == 4 - len(taken)


def test_greedy_takes_the_best_pair_first_and_may_lose():
    true = torch.eye(2)
    # Both truths are nearest to the first direction; greed leaves the second truth the opposite.
    ours = torch.tensor([[1.0, 0.9], [0.3, -1.0]])
    greedy = match_directions(ours, true, how="greedy")
    best = match_directions(ours, true)
    assert greedy.pairs == [(0, 0), (1, 1)]
    assert best.pairs == [(0, 1), (1, 0)]
    assert float(best.cosines.sum()) > float(greedy.cosines.sum())


def test_the_identity_is_found_whole_and_flipped_only_without_signs():
    true = rows(12, 6, 3)
    shuffled = true[torch.randperm(12, generator=torch.Generator().manual_seed(0))] * 7
    assert match_directions(shuffled, true).recovered(0.999) == 1.0
    assert match_directions(shuffled, true, how="greedy").recovered(0.999) == 1.0
    assert match_directions(-shuffled, true).recovered() <= 0.5
    assert match_directions(-shuffled, true, signed=False).recovered(0.999) == 1.0


def test_a_dead_direction_matches_nothing():
    match = match_directions(torch.zeros(3, 4), torch.eye(4))
    assert match.median == 0.0
    assert match.count() == 0
    for ask in (match.count, match.recovered):
        with pytest.raises(TypeError, match="threshold= is a number; got 'x'"):
            ask("x")
    assert match.cosines.nan_to_num().abs().max() == 0


def test_chance_is_measured_and_high_where_dimensions_are_few():
    """A random dictionary of 64 comes near each of 24 directions in 8 dimensions."""
    true = numpy_lab().directions
    chance = random_match(true, 64, draws=8)
    assert 0.55 < chance.median < 0.8
    assert chance.count < 2
    assert random_match(true, 64, draws=2) == random_match(true, 64, draws=2)
    unsigned = random_match(true, 64, draws=8, signed=False)
    assert unsigned.median > chance.median
    assert random_match(rows(24, 256, 0), 64, draws=2).median < 0.25


def test_there_and_back_and_drawn(tmp_path):
    match = match_directions(rows(5, 3, 1), rows(7, 3, 2))
    same(iw.Result.load(match.save(tmp_path / "match.safetensors")), match)
    frame = match.to_frame()
    assert list(frame.columns) == ["true", "feature", "cosine", "best"]
    assert (frame["feature"] == -1).sum() == 2
    figure = match.plot()
    assert len(figure.data[0].z) == 7
    assert match.plot(kind="print").axes[0].images
    wide = match_directions(rows(300, 4, 1), rows(280, 4, 2))
    assert wide.plot().data[0].z.shape == (256, 256)
    assert "0.9" in match.describe()


@pytest.mark.parametrize(
    ("found", "true", "options", "error", "says"),
    [
        (torch.ones(2, 3), torch.ones(2, 4), {}, ValueError, "Is one of them transposed"),
        (torch.ones(3), torch.ones(2, 3), {}, ValueError, r"shape \[3\]"),
        (torch.ones(0, 3), torch.ones(2, 3), {}, ValueError, "matrix of directions"),
        (torch.full((2, 3), torch.nan), torch.ones(2, 3), {}, ValueError, "not finite"),
        ("latents", torch.ones(2, 3), {}, TypeError, "got str"),
        (torch.ones(2, 3) * 1j, torch.ones(2, 3), {}, TypeError, "real numbers; got torch.complex"),
        (torch.ones(2, 3), torch.ones(2, 3), {"how": "best"}, ValueError, "'greedy'; got 'best'"),
    ],
)
def test_bad_input(found, true, options, error, says):
    with pytest.raises(error, match=says):
        match_directions(found, true, **options)
    with pytest.raises(ValueError, match="features= is 1 or more; got 0"):
        random_match(torch.ones(2, 3), 0)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"draws": 1.5}, "draws= is a whole number; got 1.5"),
        ({"threshold": "high"}, "threshold= is a number; got 'high'"),
        ({"signed": "no"}, "signed= is True or False; got 'no'"),
        ({"seed": "a"}, "a seed is a whole number"),
    ],
)
def test_what_is_no_number_or_switch_is_named(options, says):
    with pytest.raises(TypeError, match=says):
        random_match(torch.ones(2, 3), 4, **options)
