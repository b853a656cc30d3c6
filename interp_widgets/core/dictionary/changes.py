"""What may be changed while a dictionary is trained, and what was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from interp_widgets.core.arguments import check_above, check_real
from interp_widgets.core.dictionary.variants import Variant, make_variant

Change = tuple[int, dict[str, tuple[float, float]]]  # step, and name -> old and new value


def check(
    objective: Variant, known: Mapping[str, float], asked: Any, d_in: int, d_sae: int
) -> None:
    """Refuse changes that cannot be made; see `TrainingRun.set`."""
    for name, value in asked.items():
        if name not in known:
            raise ValueError(
                f"{name!r} cannot be changed while a {objective.name} dictionary is trained; what "
                f"can is {', '.join(known)}."
            )
        check_real(name, value)
    if "lr" in asked:
        check_above("lr", asked["lr"])
    hyper = {name: asked.get(name, value) for name, value in objective.hyper.items()}
    make_variant(objective.name, **hyper, **objective.settings).check(d_in, d_sae)


def from_plain(told: Any) -> list[Change]:
    """Changes as a run holds them, from JSON or from a snapshot."""
    return [
        (step, {name: (old, new) for name, (old, new) in changed.items()}) for step, changed in told
    ]


def listed(made: Iterable[Change]) -> tuple[tuple[int, tuple[tuple[str, float, float], ...]], ...]:
    """Changes as a record holds them."""
    return tuple((step, tuple((n, *pair) for n, pair in values.items())) for step, values in made)
