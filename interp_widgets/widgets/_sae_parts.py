"""One answer as several messages of at most four kilobytes, in an order that a page can draw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MOST = 4096  # bytes of a message
_ROUND = 200  # of them, what is around the values
_A_BUFFER = 64  # bytes that say where a buffer belongs
_FIRST, _LAST = ("curves", "pulse"), "answered"  # the runs before what refers to them


def parts(values: Mapping[str, Any]) -> list[set[str]]:
    """Names of traits, message by message.

    Args:
        values: of the traits that are to be sent, as they travel.

    Returns:
        Each name once. A value that is larger than a message by itself has one of its own.
    """
    sizes = {name: len(name) + 6 + bytes_of(value) for name, value in values.items()}
    order = sorted(sizes, key=lambda name: (name == _LAST, name not in _FIRST, sizes[name]))
    found: list[set[str]] = []
    room = 0
    for name in order:
        if sizes[name] > room or not found:
            found.append(set())
            room = MOST - _ROUND
        found[-1].add(name)
        room -= sizes[name]
    return found


def bytes_of(value: Any) -> int:
    """Bytes that a value travels as: JSON, with its buffers beside it."""
    buffers = 0

    def count(buffer: Any) -> None:
        nonlocal buffers
        buffers += len(buffer) + _A_BUFFER

    return len(json.dumps(value, default=count)) + buffers
