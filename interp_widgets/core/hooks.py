"""The only file that puts hooks on a model. A ``with`` block owns them.

    with hooked(model, {"L3.resid_post": lambda x: x * 0}):
        model.logits(ids)

Hooks belong to a torch module, so every thread that runs the model would meet them, and widgets
compute in threads beside the user's own cells. Three rules keep them apart:

* one re-entrant lock per model: two blocks never overlap, and a block may open another inside;
* what a block installs acts only in the thread that opened it: ``model.hf(ids)`` in another thread
  gives the same bits as without the block;
* leaving the block, by whatever road (an interrupt included), takes everything away. Hooks are found
  by their owner rather than by a list of handles, so one that an interrupt cut off half-way goes too.

Attention patterns are read where transformers computes attention, under a name that is switched in
the model's config for the length of the block; see `attention_switch`.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from interp_widgets.core.attention_switch import attention_watched
from interp_widgets.core.places import Place
from interp_widgets.core.sites import Site, expand

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Edit = Callable[[Tensor], Tensor | None]

_locks: weakref.WeakKeyDictionary[nn.Module, Any] = weakref.WeakKeyDictionary()
_locks_guard = threading.Lock()


def lock_of(module: nn.Module) -> Any:
    """The one re-entrant lock of a torch model, shared by every `LanguageModel` around it."""
    with _locks_guard:
        return _locks.setdefault(module, threading.RLock())


class _Owner:
    """Identity of one block: whose hooks these are, and in which thread they may act."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def acts(self) -> bool:
        return threading.get_ident() == self._thread


@contextmanager
def hooked(model: LanguageModel, edits: Mapping[str | Site, Edit]) -> Iterator[None]:
    """Run ``edits`` on the activations at their places, in this thread, inside this block.

    Args:
        model: the model to hook.
        edits: place -> function. The function gets the activation in the shape of its place
            (see `sites`), must not write into it, and returns a replacement of the same shape, or
            None to only look. ``L*`` puts the function on every layer.

    Raises:
        ValueError: an unknown place, before anything is installed. A replacement of another shape,
            or an edit of a place that can only be read, raises when the model runs.
    """
    placed = [
        (site, model.place(site), edit)
        for name, edit in edits.items()
        for site in _sites(model, name)
    ]
    hooks = [item for item in placed if item[1].side != "attention"]
    watched = [item for item in placed if item[1].side == "attention"]
    owner = _Owner()
    with lock_of(model.hf):
        try:
            for site, place, edit in hooks:
                _install(place, _edit_of(site, place, edit), owner)
            looks = [(place.module, _edit_of(site, place, edit)) for site, place, edit in watched]
            with attention_watched(model.hf.config.get_text_config(), looks):
                yield
        finally:
            _remove(owner, {place.module for _, place, _ in hooks})


@contextmanager
def captured(
    model: LanguageModel, names: str | Site | Iterable[str | Site]
) -> Iterator[dict[Site, Tensor]]:
    """Collect the activations at ``names`` while the block runs the model.

    Yields:
        A dict that fills as the model runs: place -> detached copy, in the model's dtype, on its
        device, batch first (shapes in `sites`).
    """
    listed = [names] if isinstance(names, str | Site) else names
    found: dict[Site, Tensor] = {}

    def keeper(site: Site) -> Edit:
        def keep(activation: Tensor) -> None:
            found[site] = activation.detach().clone()

        return keep

    sites = [site for name in listed for site in _sites(model, name)]
    with hooked(model, {site: keeper(site) for site in sites}):
        yield found


def _sites(model: LanguageModel, name: str | Site) -> list[Site]:
    return [name] if isinstance(name, Site) else expand(name, model.n_layers)


def _edit_of(site: Site, place: Place, edit: Edit) -> Edit:
    """``edit`` on the raw tensor of the module: None if it only looked, else the whole raw tensor."""

    def on_raw(raw: Tensor) -> Tensor | None:
        activation = place.view(raw)
        replacement = edit(activation)
        if replacement is None:
            return None
        if place.read_only:
            raise ValueError(
                f"{site} can be read, not edited: the model has used it by then. Edit 'z' instead."
            )
        if replacement.shape != activation.shape:
            raise ValueError(
                f"the edit at {site} returned shape {tuple(replacement.shape)}; "
                f"the activation there has shape {tuple(activation.shape)}."
            )
        new = raw.clone()
        place.view(new).copy_(replacement)
        return new

    return on_raw


def _install(place: Place, on_raw: Edit, owner: _Owner) -> None:
    """Register one hook on the module of ``place``, marked with its owner."""

    # Another thread may run the model while this block closes: torch then calls this without kwargs.
    def before(_module: nn.Module, args: tuple, kwargs: dict[str, Any] | None = None) -> Any:
        if not owner.acts() or kwargs is None:
            return None
        if args:
            new = on_raw(args[0])
            return None if new is None else ((new, *args[1:]), kwargs)
        new = on_raw(kwargs["hidden_states"])
        return None if new is None else (args, {**kwargs, "hidden_states": new})

    def after(_module: nn.Module, _args: tuple, output: Any) -> Any:
        if not owner.acts():
            return None
        # A decoder layer gives a tensor in transformers 5 and a tuple in 4; attention gives a tuple.
        if not isinstance(output, tuple):
            return on_raw(output)
        new = on_raw(output[place.part])
        return None if new is None else (*output[: place.part], new, *output[place.part + 1 :])

    hook: Any = before if place.side == "in" else after
    hook.interp_widgets_owner = owner
    if place.side == "in":
        place.module.register_forward_pre_hook(before, with_kwargs=True)
    else:
        place.module.register_forward_hook(after)


def _remove(owner: _Owner, modules: Iterable[nn.Module]) -> None:
    """Take off every hook of ``owner``, registered to the end or not."""
    for module in modules:
        for table in (module._forward_hooks, module._forward_pre_hooks):
            for key in [
                k
                for k, hook in table.items()
                if getattr(hook, "interp_widgets_owner", None) is owner
            ]:
                del table[key]
                module._forward_pre_hooks_with_kwargs.pop(key, None)
