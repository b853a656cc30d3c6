"""Which latents a list shows, and in which order: the page works it out in the same way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards

NUMBERS = ("density", "max", "mean", "kurtosis", "skew", "entropy", "encoder_cosine")
SORTS = ("feature", "label", "token", *NUMBERS, "fires")
WORDS = {  # of what is no plain word
    "feature": "number",
    "token": "strongest token",
    "max": "largest activation",
    "mean": "mean activation",
    "kurtosis": "kurtosis of logits",
    "skew": "skew of logits",
    "entropy": "entropy of logits",
    "encoder_cosine": "encoder–decoder cosine",
    "fires": "activation on the prompt",
}
ONLY = ("all", "alive", "dead", "labelled", "unlabelled", "firing")


def listed(
    record: FeatureDashboards, state: Mapping[str, Any], fires: Mapping[int, float]
) -> list[int]:
    """Latents that pass the filters, in the order chosen.

    What is not known comes last either way, and like ones in the order of their numbers.

    Args:
        record: the dashboards.
        state: of the widget: ``sort``, ``falling``, ``search``, ``only``, ``densities``.
        fires: how strongly latents fire on what was typed.
    """
    features = record.features.tolist()
    density = record.density.tolist()
    low, high = state["densities"] or (0.0, 1.0)
    dead = record.dead.tolist()
    wanted = set(_found(record, state["search"]))
    rows = [
        row
        for row, feature in enumerate(features)
        if feature in wanted
        and low <= density[row] <= high
        and _passes(record, state["only"], feature, dead[row], fires)
    ]
    keys = _keys(record, state["sort"], fires)
    known = [row for row in rows if keys[row] is not None]
    known.sort(key=lambda row: features[row])
    known.sort(key=lambda row: keys[row], reverse=state["falling"])
    unknown = sorted((row for row in rows if keys[row] is None), key=lambda row: features[row])
    return [features[row] for row in known + unknown]


def _found(record: FeatureDashboards, query: str) -> list[int]:
    """By text, as the record searches; digits find the latent of that number as well."""
    found = record.search(query.strip())
    number = query.strip().removeprefix("#")
    if number.isascii() and number.isdigit() and int(number) in record:
        found = [*found, int(number)]
    return found


def _passes(
    record: FeatureDashboards, only: str, feature: int, dead: bool, fires: Mapping[int, float]
) -> bool:
    match only:
        case "alive" | "dead":
            return dead == (only == "dead")
        case "labelled" | "unlabelled":
            return bool(record.labels.text(feature)) == (only == "labelled")
        case "firing":
            return feature in fires
    return True


def _keys(record: FeatureDashboards, sort: str, fires: Mapping[int, float]) -> Sequence[Any]:
    """What each row is sorted by; None where it is not known."""
    features = record.features.tolist()
    match sort:
        case "feature":
            return features
        case "label":
            return [record.labels.text(feature).lower() or None for feature in features]
        case "token":
            pieces = (*record.pieces, "")
            return [pieces[i].strip().lower() or None for i in record.peak_ids.tolist()]
        case "fires":
            return [fires.get(feature) for feature in features]
    values = getattr(record, sort).float().tolist()
    return [None if math.isnan(value) else value for value in values]
