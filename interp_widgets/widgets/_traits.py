"""Three kinds of synced trait, named by who may write them.

`state`    what a person chose: written by the reducer, or by assignment in Python; undo brings it
back.
`drawn`    what Python worked out for the page to draw: written by `Widget.push` alone.
`drawn` traits that hold bytes travel as binary buffers, or as base64 text to hosts that lose
buffers.

The page never writes a trait. It sends actions (`Widget.act`), so the two directions cannot race.
"""

from __future__ import annotations

import base64
from typing import Any, TypeVar

import traitlets

T = TypeVar("T", bound=traitlets.TraitType)


def state(trait: T) -> T:
    """Marks a trait as a person's choice: plain JSON, synced, undoable."""
    return trait.tag(sync=True, state=True)


def drawn(trait: T) -> T:
    """Marks a trait as Python's answer: synced towards the page, never undone by itself."""
    return trait.tag(sync=True)


def packed(trait: T) -> T:
    """Marks a `drawn` trait whose value holds bytes somewhere inside lists and dicts."""
    return trait.tag(sync=True, to_json=_for_the_wire)


def _for_the_wire(value: Any, widget: Any) -> Any:
    """Bytes stay bytes (ipywidgets makes buffers of them) unless the host drops buffers."""
    return as_text(value) if widget.plain else value


def as_text(value: Any) -> Any:
    """The same value with every `bytes` as ``{"base64": …}``; the page reads both."""
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, dict):
        return {key: as_text(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_text(item) for item in value]
    return value
