"""Neuronpedia's JSON of a latent: read as data, and written from dashboards.

The object is what its site answers for one latent, ``/api/feature/<model>/<source>/<index>``. What
dashboards do not hold (vectors, alignment with neurons) is written empty, as its own exports do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interp_widgets.core.dictionary.feature_view import GROUPS, Example
from interp_widgets.core.dictionary.formats.site_names import hook_of_site, site_of_hook
from interp_widgets.core.dictionary.labels import LONGEST, Label, Labels

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards

_TOP = -1.0  # binMin, binMax and binContains of a window that is there for its maximum
_MOST_INDEX = 10_000_000
_NONE = (
    "neuron_alignment_indices",
    "neuron_alignment_values",
    "neuron_alignment_l1",
    "correlated_neurons_indices",
    "correlated_neurons_pearson",
    "correlated_neurons_l1",
    "correlated_features_l1",
    "logits_hist_data_bar_heights",
    "logits_hist_data_bar_values",
    "decoder_weights_dist",
)


@dataclass(frozen=True)
class NeuronpediaFeature:
    """A latent as Neuronpedia tells of it.

    Attributes:
        model: its name of the model.
        source: its name of the dictionary, ``"6-gemmascope-res-16k"``.
        feature: number of the latent.
        site: the place it reads, ``""`` where that has no name here.
        density: share of tokens on which it fires, 0..1; None where it does not say.
        max: largest activation; None where it does not say.
        top_logits, bottom_logits: tokens it makes likelier and less likely, by how many logits.
        neighbours: latents with the closest directions, and the cosines.
        histogram: counts of activations and where their bins begin.
        examples: windows; those that are there for their maximum first.
        labels: what it was called there, all of them imported.
    """

    model: str
    source: str
    feature: int
    site: str
    density: float | None
    max: float | None
    top_logits: tuple[tuple[str, float], ...]
    bottom_logits: tuple[tuple[str, float], ...]
    neighbours: tuple[tuple[int, float], ...]
    histogram: tuple[tuple[float, ...], tuple[float, ...]]
    examples: tuple[Example, ...]
    labels: tuple[Label, ...]


def read_feature(data: Mapping[str, Any]) -> NeuronpediaFeature:
    """Read the object of one latent.

    Args:
        data: the object, as `json.loads` gives it. Nothing in it is followed or run.

    Raises:
        TypeError: no object.
        ValueError: no number of a latent, or lists that belong together and differ in length.
    """
    if not isinstance(data, Mapping):
        raise TypeError(f"a latent of Neuronpedia is a JSON object; got {type(data).__name__}.")
    feature = _index(data.get("index"))
    examples = [
        _example(window, number) for number, window in enumerate(_list(data, "activations"))
    ]
    return NeuronpediaFeature(
        model=_text(data, "modelId"),
        source=_text(data, "layer"),
        feature=feature,
        site=site_of_hook(data.get("hookName")),
        density=_number(data.get("frac_nonzero")),
        max=_number(data.get("maxActApprox")),
        top_logits=_pairs(data, "pos_str", "pos_values", str),
        bottom_logits=_pairs(data, "neg_str", "neg_values", str),
        neighbours=_pairs(data, "topkCosSimIndices", "topkCosSimValues", int),
        histogram=(
            _numbers(data, "freq_hist_data_bar_heights"),
            _numbers(data, "freq_hist_data_bar_values"),
        ),
        examples=tuple(sorted(examples, key=lambda one: (one.kind != "top", -one.activation))),
        labels=tuple(_labels(data)),
    )


def read_labels(data: Iterable[Mapping[str, Any]], d_sae: int, source: str = "") -> Labels:
    """Labels from an export of explanations, one object each with ``index`` and ``description``.

    Args:
        data: the objects.
        d_sae: latents of the dictionary.
        source: take only those of this dictionary, Neuronpedia's ``layer``; all where empty.

    Raises:
        TypeError: something that is no object.
        ValueError: no such latent, or an object without number or text.
    """
    labels = Labels(d_sae)
    for one in data:
        if not isinstance(one, Mapping):
            raise TypeError(
                "labels are JSON objects with index and description, in a list; got "
                f"{type(one).__name__}."
            )
        if source and one.get("layer") != source:
            continue
        feature = _index(one.get("index"))
        if feature not in labels:  # the first is the one that its site shows
            labels.set(feature, _line(_text(one, "description")), source="imported")
    return labels


def write_feature(
    dashboards: FeatureDashboards, feature: int, source: str = "", model: str = ""
) -> dict[str, Any]:
    """The object of one latent, plain JSON.

    Args:
        dashboards: what is known of latents.
        feature: the latent.
        source: Neuronpedia's name of the dictionary; layer and variant where empty.
        model: its name of the model; that of the dashboards where empty.

    Raises:
        KeyError: not among these latents.
    """
    one = dashboards[feature]
    names = {
        "modelId": (model or dashboards.model).lower(),
        "layer": (source or f"{dashboards.layer}-{dashboards.variant}").lower(),
        "index": str(feature),
    }
    counts, edges = one.histogram
    return names | {
        "maxActApprox": one.max,
        "hasVector": False,
        "vector": [],
        "vectorLabel": None,
        "vectorDefaultSteerStrength": one.max,
        "hookName": hook_of_site(dashboards.site)[0],
        "topkCosSimIndices": [other for other, _ in one.neighbours],
        "topkCosSimValues": [cosine for _, cosine in one.neighbours],
        **{name: [] for name in _NONE},
        "correlated_features_indices": [other for other, *_ in one.correlated],
        "correlated_features_pearson": [pearson for _, pearson, _ in one.correlated],
        "neg_str": [token for token, _ in one.bottom_logits],
        "neg_values": [effect for _, effect in one.bottom_logits],
        "pos_str": [token for token, _ in one.top_logits],
        "pos_values": [effect for _, effect in one.top_logits],
        "frac_nonzero": one.density,
        "freq_hist_data_bar_heights": counts.tolist(),
        "freq_hist_data_bar_values": edges[:-1].tolist(),
        "activations": [names | window for window in _windows(dashboards, feature)],
        "explanations": [names | said for said in _explanations(dashboards, feature)],
    }


def _windows(dashboards: FeatureDashboards, feature: int) -> list[dict[str, Any]]:
    """Top windows, and the sample by the groups that it was drawn in."""
    one = dashboards[feature]
    found = [_window(example, (_TOP, _TOP, _TOP)) for example in one.top]
    above, share_above = one.max, 1.0
    levels = dict(zip(dashboards.levels, dashboards.quantiles[one.row].tolist(), strict=True))
    for (_, least), (_, examples) in zip(GROUPS, one.quantile_groups, strict=True):
        below = levels.get(least, 0.0)
        bin_ = (below, above, round(share_above - least, 6))
        found += [_window(example, bin_) for example in examples]
        above, share_above = below, least
    return found


def _window(example: Example, bin_: tuple[float, float, float]) -> dict[str, Any]:
    values = list(example.activations)
    return {
        "tokens": list(example.tokens),
        "values": values,
        "maxValue": max(values),
        "maxValueTokenIndex": values.index(max(values)),
        "minValue": min(values),
        "binMin": bin_[0],
        "binMax": bin_[1],
        "binContains": bin_[2],
        "qualifyingTokenIndex": example.peak,
        "dfaValues": [],
        "dfaTargetIndex": None,
        "dfaMaxValue": None,
        "dataSource": None,
        "dataIndex": str(example.text),
    }


def _explanations(dashboards: FeatureDashboards, feature: int) -> list[dict[str, Any]]:
    """The label, then what programs said; no scores under names that mean others there."""
    said = []
    if label := dashboards.labels.text(feature):
        said.append((label, dashboards.labels[feature].source))
    said += [(one.text, one.kind) for one in dashboards.explanations.get(feature, ())]
    return [
        {"description": text, "typeName": kind, "explanationModelName": None, "scores": []}
        for text, kind in said
    ]


def _example(window: Any, number: int) -> Example:
    if not isinstance(window, Mapping):
        raise ValueError(f"activation {number} is {window!r:.40}, wanted an object.")
    tokens, values = _list(window, "tokens"), _numbers(window, "values")
    if not tokens or len(tokens) != len(values) or not all(isinstance(t, str) for t in tokens):
        raise ValueError(
            f"activation {number} has {len(tokens)} tokens and {len(values)} values; wanted as "
            "many texts as numbers, and at least one."
        )
    peak = window.get("qualifyingTokenIndex")
    if isinstance(peak, bool) or not isinstance(peak, int) or not 0 <= peak < len(values):
        peak = values.index(max(values))
    share = _number(window.get("binContains"))
    top = share is None or share == _TOP
    text = window.get("dataIndex")
    return Example(
        tokens=tuple(tokens),
        activations=values,
        peak=values.index(max(values)) if top else peak,
        kind="top" if top else "sampled",
        quantile=None,
        held_out=False,
        text=int(text) if isinstance(text, str) and text.isdecimal() else -1,
    )


def _labels(data: Mapping[str, Any]) -> Iterable[Label]:
    for said in _list(data, "explanations"):
        text = _line(_text(said, "description")) if isinstance(said, Mapping) else ""
        if text:
            kind = _text(said, "typeName")
            yield Label(text, note=kind, source="imported")


def _line(text: str) -> str:
    """A label is one line of printable text."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:LONGEST]


def _index(value: Any) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _MOST_INDEX:
        raise ValueError(f"index is {value!r:.40}, wanted the number of a latent.")
    return number


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _list(data: Mapping[str, Any], name: str) -> Sequence[Any]:
    value = data.get(name)
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError(f"{name} is {value!r:.40}, wanted a list.")
    return value


def _number(value: Any) -> float | None:
    real = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if real and math.isfinite(value) else None


def _numbers(data: Mapping[str, Any], name: str) -> tuple[float, ...]:
    found = [_number(value) for value in _list(data, name)]
    if None in found:
        raise ValueError(f"{name} holds something that is no number.")
    return tuple(value for value in found if value is not None)


def _pairs(
    data: Mapping[str, Any], names: str, numbers: str, kind: type
) -> tuple[tuple[Any, float], ...]:
    keys, values = _list(data, names), _numbers(data, numbers)
    if len(keys) != len(values) or not all(isinstance(key, kind) for key in keys):
        raise ValueError(f"{names} and {numbers} are as many {kind.__name__} as numbers.")
    return tuple(zip(keys, values, strict=True))
