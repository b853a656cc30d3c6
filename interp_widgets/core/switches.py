"""Arguments that are on or off."""

from __future__ import annotations

from typing import Any


def check_switch(name: str, value: Any) -> None:
    """Refuse what is neither True nor False: a text such as ``"no"`` would count as on.

    Raises:
        TypeError: anything else.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name}= is True or False; got {value!r:.40}.")
