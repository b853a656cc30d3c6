"""Arguments that are numbers, refused by their names before anything is computed with them."""

from __future__ import annotations

from math import isfinite
from typing import Any


def check_whole(name: str, value: Any, least: int = 1) -> None:
    """Refuse what is no whole number, or one below ``least``.

    Raises:
        TypeError: something else; True and False are no numbers here.
        ValueError: a smaller one.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}= is a whole number; got {value!r:.40}.")
    if value < least:
        raise ValueError(f"{name}= is {least} or more; got {value}.")


def check_real(name: str, value: Any) -> None:
    """Refuse what is no finite number.

    Raises:
        TypeError: something else; True and False are no numbers here.
        ValueError: NaN or infinity.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}= is a number; got {value!r:.40}.")
    if not isfinite(value):
        raise ValueError(f"{name}= is a finite number; got {value}.")
