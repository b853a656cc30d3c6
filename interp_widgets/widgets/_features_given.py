"""What FeatureDashboard is given: one record or two, and the dictionaries that read prompts."""

from __future__ import annotations

from typing import Any

from interp_widgets.core.dictionary.feature_record import FeatureDashboards


def checked(record: Any, other: Any) -> tuple[FeatureDashboards, ...]:
    """The one or two records.

    Raises:
        TypeError: something else.
    """
    for one in (record, other):
        if not isinstance(one, FeatureDashboards) and (one is not None or one is record):
            raise TypeError(
                f"FeatureDashboard shows what iw.features gives; got {type(one).__name__}."
            )
    return (record,) if other is None else (record, other)


def dictionaries(model: Any, sae: Any, sides: int) -> tuple[Any, ...]:
    """The dictionaries that read prompts; none without a model.

    Raises:
        TypeError: no model, or another number of dictionaries than of records.
    """
    saes = tuple(sae) if isinstance(sae, list | tuple) else () if sae is None else (sae,)
    if not saes:
        return ()
    if model is None:
        raise TypeError("sae= reads prompts with model=: pass both, or neither.")
    if len(saes) != sides:
        raise TypeError(
            f"{sides} dashboards are shown, so sae= is {'one' if sides == 1 else 'a pair'}; got "
            f"{len(saes)}."
        )
    return saes
