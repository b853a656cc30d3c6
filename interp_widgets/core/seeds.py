"""Seeds of what is drawn at random."""

from __future__ import annotations

from typing import Any


def check_seed(seed: Any) -> None:
    """Refuse what torch takes for no seed.

    Raises:
        TypeError: no whole number.
        ValueError: below 0, or 2**63 and more.
    """
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(f"a seed is a whole number; got {type(seed).__name__}.")
    if not 0 <= seed < 2**63:
        raise ValueError(f"a seed is 0 or larger, and below 2**63; got {seed}.")
