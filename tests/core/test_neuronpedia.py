"""Neuronpedia's JSON of a latent: what its site answers is read, dashboards are written as that."""

from __future__ import annotations

import json

import pytest
import torch

from interp_widgets.core.dictionary.features import features_of
from interp_widgets.core.dictionary.formats.neuronpedia import (
    read_feature,
    read_labels,
    write_feature,
)
from interp_widgets.core.dictionary.sae import SAE


@pytest.fixture(scope="module")
def dashboards():
    """Five latents that fire on the coordinates of random activations."""
    x = torch.randn(200, 5, generator=torch.Generator().manual_seed(0))
    sae = SAE(torch.eye(5), torch.zeros(5), torch.eye(5), torch.zeros(5), site="L3.resid_post")
    tokens = [[f" w{20 * text + i}" for i in range(20)] for text in range(10)]
    found = features_of(x, tokens, sae, top=4, sampled=4)
    found.labels.set(2, "the third <b>", source="manual")
    found.explain(2, "tokens")
    return found


# Every key that the site answers with.
ANSWERED = """
    modelId layer index maxActApprox hasVector vector vectorLabel vectorDefaultSteerStrength
    hookName topkCosSimIndices topkCosSimValues neuron_alignment_indices
    neuron_alignment_values neuron_alignment_l1 correlated_neurons_indices
    correlated_neurons_pearson correlated_neurons_l1 correlated_features_indices
    correlated_features_pearson correlated_features_l1 neg_str neg_values pos_str pos_values
    frac_nonzero freq_hist_data_bar_heights freq_hist_data_bar_values
    logits_hist_data_bar_heights logits_hist_data_bar_values decoder_weights_dist
    activations explanations
""".split()
OF_A_WINDOW = """
    tokens values maxValue maxValueTokenIndex minValue binMin binMax binContains
    qualifyingTokenIndex dfaValues dfaTargetIndex dfaMaxValue dataSource dataIndex
""".split()


def test_what_is_written_holds_the_dashboard_and_is_read_again(dashboards):
    data = json.loads(json.dumps(write_feature(dashboards, 2, "3-mine-5"), allow_nan=False))
    assert set(ANSWERED) == data.keys()
    one = dashboards[2]
    assert (data["layer"], data["index"]) == ("3-mine-5", "2")
    assert data["hookName"] == "blocks.3.hook_resid_post"
    assert sum(data["freq_hist_data_bar_heights"]) == int(dashboards.count[2])
    assert len(data["activations"]) == len(one.examples) == 8
    for window in data["activations"]:
        assert set(OF_A_WINDOW) <= window.keys()
        assert window["values"][window["maxValueTokenIndex"]] == window["maxValue"]
        assert window["binMin"] <= window["values"][window["qualifyingTokenIndex"]]
    bins = {w["binContains"]: (w["binMin"], w["binMax"]) for w in data["activations"]}
    assert bins.pop(-1.0) == (-1.0, -1.0)
    assert bins.keys() <= {0.1, 0.4}
    found = read_feature(data)
    assert (found.feature, found.site, found.source) == (2, "L3.resid_post", "3-mine-5")
    assert (found.density, found.max) == (pytest.approx(one.density), pytest.approx(one.max))
    assert found.neighbours == tuple(one.neighbours)
    kept = [(e.tokens, e.activations, e.peak, e.kind, e.text) for e in one.examples]
    assert [(e.tokens, e.activations, e.peak, e.kind, e.text) for e in found.examples] == kept
    label, explained = found.labels
    assert (label.text, label.note, label.source) == ("the third <b>", "manual", "imported")
    assert explained.text == dashboards.explanations[2][0].text
    with pytest.raises(KeyError, match="no latent 7 here"):
        write_feature(dashboards, 7)


def test_what_the_site_answers_is_read():
    data = {
        "modelId": "gemma-2-2b",
        "layer": "6-gemmascope-res-16k",
        "index": "14057",
        "hookName": "blocks.6.hook_resid_post",
        "maxActApprox": 41.5,
        "frac_nonzero": 0.0012,
        "vector": [],
        "pos_str": [" bridge", "Bridge"],
        "pos_values": [1.5, 1.25],
        "neg_str": [],
        "neg_values": [],
        "topkCosSimIndices": [14057, 3],
        "topkCosSimValues": [1.0, 0.4],
        "creatorId": "somebody",
        "activations": [
            {
                "tokens": ["a", " b"],
                "values": [0, 2.5],
                "binContains": 0.3,
                "binMin": 2,
                "binMax": 3,
            },
            {"tokens": [" the", " bridge", "\n"], "values": [0, 41.5, 1], "binContains": -1},
        ],
        "explanations": [
            {"description": "bridges,\nspans\u202e", "typeName": "oai_token-act-pair", "scores": []}
        ],
    }
    found = read_feature(data)
    assert (found.model, found.feature, found.site) == ("gemma-2-2b", 14057, "L6.resid_post")
    assert found.top_logits == ((" bridge", 1.5), ("Bridge", 1.25))
    assert [(example.kind, example.activation) for example in found.examples] == [
        ("top", 41.5),
        ("sampled", 2.5),
    ]
    assert [label.text for label in found.labels] == ["bridges, spans"]
    assert found.histogram == ((), ())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"index": None}, "index is None, wanted the number"),
        ({"index": "-3"}, "index is '-3'"),
        ({"activations": "x"}, "activations is 'x', wanted a list"),
        ({"activations": [3]}, "activation 0 is 3, wanted an object"),
        ({"activations": [{"tokens": ["a"], "values": []}]}, "1 tokens and 0 values"),
        ({"activations": [{"tokens": [1], "values": [1]}]}, "as many texts as numbers"),
        ({"pos_str": ["a"], "pos_values": []}, "pos_str and pos_values"),
        ({"pos_str": ["a"], "pos_values": [float("nan")]}, "pos_values holds something"),
    ],
)
def test_an_object_that_is_none_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        read_feature({"index": "3"} | changes)
    with pytest.raises(TypeError, match="a JSON object; got list"):
        read_feature([])  # pyright: ignore[reportArgumentType]


def test_an_export_of_explanations():
    rows = [
        {"layer": "6-res", "index": "3", "description": "bridges"},
        {"layer": "6-res", "index": 3, "description": "a second opinion"},
        {"layer": "7-res", "index": "4", "description": "elsewhere"},
    ]
    labels = read_labels(rows, 8, "6-res")
    assert [(feature, label.text, label.source) for feature, label in labels.items()] == [
        (3, "bridges", "imported")
    ]
    assert len(read_labels(rows, 8)) == 2
    with pytest.raises(ValueError, match="there are latents 0 to 2; got 3"):
        read_labels(rows, 3)
