"""How numbers are written: in sentences as `shared/numbers.ts` writes them on the page."""

from __future__ import annotations

import math


def written(value: float, digits: int = 2) -> str:
    """A number with a real minus sign, none before a zero; a dash for what is not known."""
    return "–" if math.isnan(value) else f"{value:z.{digits}f}".replace("-", "−")


def with_figures(value: float, figures: int) -> float:
    """The number with so many significant figures, for a page that shows no more."""
    return float(f"{value:.{figures}g}")
