"""How a number is written in a sentence: as `shared/numbers.ts` writes it on the page."""

from __future__ import annotations

import math


def written(value: float, digits: int = 2) -> str:
    """A number with a real minus sign, none before a zero; a dash for what is not known."""
    return "–" if math.isnan(value) else f"{value:z.{digits}f}".replace("-", "−")
