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


def check_share(name: str, value: Any) -> None:
    """Refuse what is no number from 0 to 1.

    Raises:
        TypeError: something else; True and False are no numbers here.
        ValueError: NaN, or a number outside.
    """
    check_real(name, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{name}= is a share, 0 to 1; got {value}.")


def check_above(name: str, value: Any) -> None:
    """Refuse what is no finite number above 0.

    Raises:
        TypeError: something else; True and False are no numbers here.
        ValueError: NaN, infinity, 0 or a number below.
    """
    check_real(name, value)
    if value <= 0:
        raise ValueError(f"{name}= is above 0; got {value}.")


def plain(value: Any) -> Any:
    """A number of NumPy's, or a tensor of one number, as Python's own; all else as it is.

    Steps come out of ``argmax``, widths out of ``np.arange``: they are the numbers they look like.
    """
    return value.item() if getattr(value, "ndim", None) == 0 else value
