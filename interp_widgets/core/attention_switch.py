"""Reading attention patterns out of any transformers model, SDPA ones included.

Fused attention never forms the pattern, so for the length of a block the model is switched to the
family's own eager attention. transformers looks attention functions up by a name in the config, and
masks under the same name. Two traps follow:

* a function registered **without a mask** gets ``attention_mask=None`` and sees the future, with no
  error (transformers 5). `register_attention` takes both or refuses.
* the name is in the config, so *every* thread meets it. What is registered here looks who asks: the
  thread that opened the block gets eager attention, every other thread exactly what it had.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

Look = Callable[[Tensor], Tensor | None]

_PREFIX = "interp_widgets_over_"
_mine = threading.local()  # .looks: attention module -> functions to show its pattern to


def register_attention(
    name: str, attention: Callable[..., Any], mask: Callable[..., Any] | None
) -> None:
    """Register an attention function and the mask function it needs, under one name.

    Raises:
        ValueError: no mask function. transformers would then pass no mask at all, and attention
            would silently reach into the future.
    """
    if mask is None:
        raise ValueError(
            f"attention function {name!r} needs a mask function under the same name: without one "
            "transformers passes attention_mask=None and the model attends to the future. "
            "Pass eager_mask if in doubt."
        )
    # The mask first: interrupted in between, there is no attention without one.
    AttentionMaskInterface.register(name, mask)
    AttentionInterface.register(name, attention)


class AttentionSwitch:
    """Shows the attention pattern ``[batch, head, dst, src]`` of modules to functions.

    Args:
        config: the config that the attention modules read (the text config of a composite model).
        looks: pairs of attention module and function, called in the thread that switched on.
    """

    def __init__(self, config: Any, looks: Sequence[tuple[nn.Module, Look]]) -> None:
        self._config = config
        self._wanted = looks
        self._before: tuple[dict[nn.Module, list[Look]], str] | None = None

    def on(self) -> None:
        """Switch to eager attention, in this thread."""
        if not self._wanted:
            return
        looks = {module: list(functions) for module, functions in _looks().items()}
        for module, look in self._wanted:
            looks.setdefault(module, []).append(look)
        name = _name_over(self._config._attn_implementation)
        self._before = _looks(), self._config._attn_implementation
        _mine.looks = looks
        self._config._attn_implementation = name

    def off(self) -> None:
        """Everything as it was before `on`; twice is as good as once."""
        if self._before is not None:
            _mine.looks, self._config._attn_implementation = self._before


def _looks() -> dict[nn.Module, list[Look]]:
    return getattr(_mine, "looks", {})


def _name_over(original: str) -> str:
    """The name to switch to while ``original`` is the model's own; registered on first use."""
    if original.startswith(_PREFIX):
        return original
    if original not in AttentionMaskInterface._global_mapping:
        raise ValueError(
            f"the model's attention {original!r} was registered without a mask function, so it may "
            "see the future. Give it one with transformers.AttentionMaskInterface.register."
        )
    name = _PREFIX + original
    if name not in ALL_ATTENTION_FUNCTIONS:
        register_attention(name, _attention_over(original), _mask_over(original))
    return name


def _attention_over(original: str) -> Callable[..., Any]:
    def attention(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
        eager = _eager_of(module)
        if not _looks():
            return ALL_ATTENTION_FUNCTIONS.get_interface(original, eager)(module, *args, **kwargs)
        output, pattern = eager(module, *args, **kwargs)
        for look in _looks().get(module, ()):
            look(pattern)
        return output, pattern

    return attention


def _mask_over(original: str) -> Callable[..., Any]:
    def mask(*args: Any, **kwargs: Any) -> Any:
        known = AttentionMaskInterface._global_mapping
        return (eager_mask if _looks() else known[original])(*args, **kwargs)

    return mask


def _eager_of(module: nn.Module) -> Callable[..., Any]:
    """The eager attention that the family's modelling file defines."""
    home = sys.modules[type(module).__module__]
    try:
        return home.eager_attention_forward
    except AttributeError:
        raise ValueError(
            f"{type(module).__name__} does not go through transformers' attention functions, so "
            "its pattern cannot be read there. If the module returns its pattern, say "
            "pattern='output' in its row of core/architectures.py."
        ) from None
