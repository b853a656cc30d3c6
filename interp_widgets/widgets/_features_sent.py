"""What the page gets of dashboards: columns of all latents once, the card of one when it opens."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from interp_widgets.widgets._features_list import NUMBERS
from interp_widgets.widgets._pack import index_type, number, plane, size, string_table

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards
    from interp_widgets.core.dictionary.feature_view import Example
    from interp_widgets.core.dictionary.labels import Label
    from interp_widgets.widgets._features_work import Fired

ROOM = 3500  # bytes of a card


def columns(record: FeatureDashboards, labels: Mapping[int, Label]) -> dict[str, Any]:
    """One side's list: about 60 bytes a latent, whatever its windows hold."""
    ids = np.column_stack([record.peak_ids.numpy(), record.top_ids.numpy()])
    places, strings = string_table(ids, dict(enumerate(record.pieces)))
    numbers = [plane(name, getattr(record, name).float(), "f32") for name in NUMBERS]
    features = record.features.numpy()
    return {
        "model": record.model,
        "site": record.site,
        "variant": record.variant,
        "dSae": record.d_sae,
        "tokens": record.n_tokens,
        "complete": record.complete,
        "count": len(record),
        "features": None if (features == np.arange(len(record))).all() else _ids(features),
        "planes": [*numbers, plane("ids", places, index_type(strings))],
        "strings": strings,
        "labels": {str(i): [x.text, x.note, x.source, x.hidden] for i, x in labels.items()},
    }


def _ids(features: np.ndarray) -> dict[str, Any]:
    return plane("features", features, "i32")


def card(record: FeatureDashboards, feature: int) -> dict[str, Any]:
    """One latent, in `ROOM` bytes.

    Where its windows take more, those of the sample are thinned out; the card says how many it
    holds of how many.
    """
    found = record[feature]
    counts, _ = found.histogram
    said = {
        "feature": feature,
        "fires": int(record.count[found.row]),
        "histogram": counts.tolist(),
        "binWidth": _short(record.bin_width[found.row]),
        "levels": [] if found.dead else _levels(record, found.row),
        "top": [[piece, _short(x)] for piece, x in found.top_logits],
        "bottom": [[piece, _short(x)] for piece, x in found.bottom_logits],
        "neighbours": [[i, _short(cosine)] for i, cosine in found.neighbours],
        "correlated": [[i, _short(r), _short(j)] for i, r, j in found.correlated],
        "all": len(found.examples),
    }
    examples = list(found.examples)
    while True:
        sent = {**said, **windows(examples, found.max)}
        sampled = [i for i, example in enumerate(examples) if example.kind != "top"]
        if bytes_of(sent) <= ROOM or not examples:
            return sent
        if len(sampled) > 2:  # every third, so that strong and faint ones stay
            gone = {*sampled[1:-1:3], sampled[len(sampled) // 2]}
            examples = [one for i, one in enumerate(examples) if i not in gone]
        else:
            examples.pop(len(examples) - len(sampled) - 1)


def _levels(record: FeatureDashboards, row: int) -> list[list[float | None]]:
    """Shares of its activations, and what those stay below."""
    found = record.quantiles[row].tolist()
    return [[level, _short(x)] for level, x in zip(record.levels, found, strict=True)]


def windows(examples: Iterable[Example], most: float) -> dict[str, Any]:
    """Windows as numbers of a list of pieces, and what fires in them."""
    examples = list(examples)
    tokens = [token for example in examples for token in example.tokens]
    number_of = {piece: i for i, piece in enumerate(dict.fromkeys(tokens))}
    ids = [number_of[token] for token in tokens]
    shares = np.array([x for e in examples for x in e.activations]) / (most or 1.0)
    fires = np.flatnonzero(shares)
    dense = 3 * len(fires) > len(shares)
    sent = shares if dense else shares[fires]
    return {
        "pieces": list(number_of),
        "planes": [
            plane("ids", ids, "u8" if len(number_of) < 256 else "u16"),
            plane("lengths", [len(e.tokens) for e in examples], "u8"),
            plane("peaks", [e.peak for e in examples], "u8"),
            plane("activations", [e.activation for e in examples], "f16"),
            plane(
                "quantiles",
                [np.nan if e.quantile is None else e.quantile for e in examples],
                "u8",
                "linear",
            ),
            plane("marks", [(e.kind == "top") + 2 * e.held_out for e in examples], "u8"),
            plane("places", [] if dense else fires, "u16"),
            plane("shares", sent, "u8", "linear"),
        ],
    }


def bytes_of(sent: Mapping[str, Any]) -> int:
    """What a card takes on the wire."""
    plain = {name: value for name, value in sent.items() if name != "planes"}
    about = [{k: v for k, v in one.items() if k != "bytes"} for one in sent["planes"]]
    text = json.dumps([plain, about], ensure_ascii=False, separators=(",", ":"))
    return len(text.encode(errors="replace")) + size(sent["planes"])


def _short(value: Any) -> float | None:
    """A number with four digits."""
    known = number(float(value))
    return None if known is None else float(f"{known:.4g}")


def fired(found: Fired) -> dict[str, Any]:
    """What fires on a prompt, one entry a pair of token and latent."""
    return {
        "prompt": found.prompt,
        "tokens": found.tokens,
        "unknown": found.unknown,
        "leftOut": found.left_out,
        "planes": [
            plane("places", found.places, "u16"),
            plane("latents", found.latents, "i32"),
            plane("values", found.values, "f32"),
        ],
    }
