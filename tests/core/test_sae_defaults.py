"""What a variant does with nothing but its name: settings that suit the width of the data."""

from __future__ import annotations

import pytest
import torch

import interp_widgets as iw
from interp_widgets.core.dictionary.variants import VARIANTS, make_variant

# λ of L0 is weighed against squared codes; thresholds and λ of L1 against codes.
HALF_AS_WIDE = {
    "relu": {"l1": 2**0.5},
    "relu_unit": {"l1": 2**0.5},
    "topk": {"k": 1 / 2},
    "batchtopk": {"k": 1 / 2},
    "matryoshka": {"k": 1 / 2},
    "gated": {"l1": 2},
    "jumprelu": {"l1": 4, "bandwidth": 2**0.5, "threshold": 2**0.5},
    "jumprelu_tanh": {"l1": 2, "bandwidth": 2**0.5, "threshold": 2**0.5},
}


def chosen(name: str, d: int, **given: float) -> dict[str, float]:
    """Numbers of a variant for activations of a width."""
    objective = make_variant(name, **given)
    objective.suit(d, 8 * d)
    return objective.hyper | objective.settings


@pytest.mark.parametrize("name", VARIANTS)
def test_defaults_go_with_the_size_of_codes(name):
    wide, narrow = chosen(name, 128), chosen(name, 64)
    ratios = {key: value / wide[key] for key, value in narrow.items() if value != wide[key]}
    assert ratios == pytest.approx(HALF_AS_WIDE[name])


@pytest.mark.parametrize("name", VARIANTS)
def test_wide_activations_do_not_take_the_pressure_away(name):
    assert chosen(name, 4096) == chosen(name, 256)


@pytest.mark.parametrize("name", VARIANTS)
def test_narrow_activations_have_a_few_features_each_all_the_same(name):
    assert chosen(name, 8) == chosen(name, 32)
    assert chosen(name, 8).get("k", 4) == 4


def test_a_matryoshka_has_three_dictionaries():
    assert make_variant("matryoshka").widths(24) == [9, 18, 24]


def test_what_is_given_stays_as_it_is():
    assert chosen("jumprelu", 16, l1=0.3, bandwidth=0.2, threshold=0.1)["l1"] == 0.3
    assert chosen("gated", 16, l1=0.1)["l1"] == 0.1
    assert chosen("jumprelu", 16, threshold=0.025)["threshold"] == 0.025
    assert chosen("batchtopk", 16, k=5)["k"] == 5


def test_a_run_says_which_numbers_it_took():
    x = torch.randn(256, 32, generator=torch.Generator().manual_seed(0))
    assert iw.train_sae(x, variant="topk", steps=2).hyper["k"] == 4
    run = iw.train_sae(x, variant="jumprelu", steps=2)
    assert run.hyper["bandwidth"] == pytest.approx(2 * make_variant("jumprelu").hyper["bandwidth"])
    given = iw.train_sae(x, variant="jumprelu", bandwidth=0.025, steps=2)
    assert given.hyper["bandwidth"] == 0.025
