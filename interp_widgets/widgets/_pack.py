"""Arrays as bytes for the page: as exact as the size allows.

A *plane* is one array with a name, a number type and a curve; the page undoes the curve
(`shared/planes.ts`).
Curves spend the few codes of a byte where the eye looks: `sqrt` on small probabilities, `log` on
low ranks. "Not known (yet)" is NaN in float planes, a negative number in signed ones, the highest
code in unsigned ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

_TYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "f16": "<f2", "f32": "<f4"}
_CURVES = {"linear": lambda x: x, "sqrt": np.sqrt, "log": np.log1p}


def plane(
    name: str, values: Any, kind: str, curve: str | None = None, top: float = 1.0
) -> dict[str, Any]:
    """One array ready to send.

    Args:
        name: what the page calls it.
        values: an array or CPU tensor of any shape; NaN or a negative integer where a value is not
            known.
        kind: the number type on the wire: u8, u16, u32, i32, f16 or f32.
        curve: None sends numbers as they are; linear, sqrt or log maps 0..top onto the codes of an
            unsigned type.
        top: the value at the highest usable code; larger ones are cut off there.

    Returns:
        A dict with the plane's description and its `bytes`.
    """
    array = np.asarray(values)
    if curve is not None:
        missing = np.iinfo(_TYPES[kind]).max
        bend = _CURVES[curve]
        known = np.isfinite(array) & (array >= 0)
        share = bend(np.clip(np.where(known, array, 0), 0, top)) / bend(np.float64(top))
        array = np.where(known, np.rint(share * (missing - 1)), missing)
    sent = np.ascontiguousarray(array, dtype=_TYPES[kind])
    return {
        "name": name,
        "type": kind,
        "shape": list(sent.shape),
        "curve": curve,
        "top": float(top),
        "bytes": sent.tobytes(),
    }


def number(value: float | None) -> float | None:
    """One number ready to send: NaN, "not known", has no JSON and travels as null."""
    return None if value is None or value != value else float(value)


def string_table(ids: Any, vocab: dict[int, str]) -> tuple[Any, list[str]]:
    """Replaces token ids by indices into a list of their strings, so that each string is sent once.

    Args:
        ids: integer array; negative where a token is not known.
        vocab: raw piece of every id that occurs.

    Returns:
        Indices of the same shape (-1 where not known) and the strings. Two ids with the same text
        stay two entries: a token is its id.
    """
    array = np.asarray(ids)
    # A table over the whole vocabulary is several times faster than sorting the ids.
    place = np.zeros(int(array.max(initial=-1)) + 2, dtype=np.int64)
    place[array] = 1
    place[-1] = 0  # where the id -1 points
    distinct = np.flatnonzero(place)
    place[distinct] = np.arange(len(distinct))
    place[-1] = -1
    return place[array], [vocab.get(int(i), f"#{int(i)}") for i in distinct]


def index_type(strings: list[str]) -> str:
    """The type of a plane of indices into these; its highest code stands for "not known"."""
    return "u32" if len(strings) >= 65535 else "u16"


def size(planes: Iterable[dict[str, Any]]) -> int:
    """Bytes that these planes take."""
    return sum(len(p["bytes"]) for p in planes)


def utf16_length(text: str) -> int:
    """Length of a text as the page counts it, where an emoji takes two places."""
    return len(text.encode("utf-16-le")) // 2
