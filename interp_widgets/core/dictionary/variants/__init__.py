"""Training objectives, by name."""

from __future__ import annotations

from typing import Any

from interp_widgets.core.dictionary.variants.base import Loss as Loss
from interp_widgets.core.dictionary.variants.base import LossState as LossState
from interp_widgets.core.dictionary.variants.base import Variant as Variant
from interp_widgets.core.dictionary.variants.base import convert_l1 as convert_l1
from interp_widgets.core.dictionary.variants.batchtopk import BatchTopK
from interp_widgets.core.dictionary.variants.gated import Gated
from interp_widgets.core.dictionary.variants.jumprelu import JumpReLU, JumpReLUTanh
from interp_widgets.core.dictionary.variants.matryoshka import Matryoshka
from interp_widgets.core.dictionary.variants.relu import ReLU, ReLUUnit
from interp_widgets.core.dictionary.variants.topk import TopK

_ALL: tuple[type[Variant], ...] = (
    ReLU,
    ReLUUnit,
    TopK,
    BatchTopK,
    Gated,
    JumpReLU,
    JumpReLUTanh,
    Matryoshka,
)
VARIANTS: dict[str, type[Variant]] = {variant.name: variant for variant in _ALL}


def make_variant(name: str, **hyper: Any) -> Variant:
    """An objective.

    Args:
        name: one of `VARIANTS`.
        hyper: what it takes: ``l1`` or ``k``, and its settings.

    Raises:
        ValueError: an unknown name, an unknown setting, a value out of range.
        TypeError: no number where one is wanted.
    """
    if name not in VARIANTS:
        raise ValueError(f"a variant is one of {', '.join(VARIANTS)}; got {name!r}.")
    return VARIANTS[name](**hyper)
