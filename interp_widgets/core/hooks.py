"""The only file that puts hooks on a model. A ``with`` block owns them.

    with hooked(model, {"L3.resid_post": lambda x: x * 0}):
        model.logits(ids)

Hooks belong to a torch module, so every thread that runs the model would meet them, and widgets
compute in threads beside the user's own cells. Three rules keep them apart:

* one re-entrant lock per model: two blocks never overlap, and a block may open another inside;
* what a block installs acts only in the thread that opened it: ``model.hf(ids)`` in another thread
  gives the same bits as without the block;
* leaving the block, by whatever road (an interrupt included), takes everything away. Hooks are
  found by their owner, not by a list of handles, so one that was cut off half-way goes too.

Attention patterns are read where transformers computes attention, under a name that the model's
config has for the length of the block; see `attention_switch`.

`resumed` starts the model half-way up, from streams that an earlier run left: the model's own
forward still prepares masks and positions, but layers below hand their input on unread.
"""

from __future__ import annotations

import io
import threading
import weakref
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager
from types import MethodType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from interp_widgets.core.places import Place, part
from interp_widgets.core.sites import Site, expand

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Edit = Callable[[Tensor], Tensor | None]
Edits = Mapping[str, Edit] | Mapping[Site, Edit]

_parts_given: dict[type, int] = {}  # by class of module: elements of the tuple it gives; 0: bare
_locks: dict[int, Any] = {}  # by the identity of a config: configs have no hash
_locks_guard = threading.Lock()


def lock_of(hf: Any) -> Any:
    """The one re-entrant lock of a transformers model, shared by every `LanguageModel` around it.

    Models made from one config object share that object, which says how attention is computed, and
    so they share the lock.
    """
    config = hf.config.get_text_config()
    with _locks_guard:
        if id(config) not in _locks:
            _locks[id(config)] = threading.RLock()
            weakref.finalize(config, _locks.pop, id(config))
        return _locks[id(config)]


class _Block(io.IOBase):
    """One open ``with`` block: its hooks carry it as their owner, and act in its thread only.

    Python delivers an interrupt when a Python function starts, so an ``__exit__`` in Python can be
    cut off before its first line. `io.IOBase` has one in C that calls ``close``; here that is the
    ``close`` of a generator, also in C, which goes straight to the ``finally`` below.
    """

    def __init__(
        self,
        model: LanguageModel,
        edits: Edits,
        found: Any,
        joins: Mapping[int, Tensor] | None = None,
        last_only: bool = False,
    ) -> None:
        self._lock = lock_of(model.hf)
        self._thread = 0
        self._found = found
        self._modules = [*model.layers, model.module(model.architecture.final_norm)]
        self._joins = dict(sorted((joins or {}).items()))
        ends = (model.architecture.attn_proj, model.architecture.mlp) if last_only else ()
        self._ends = [part(model.layers[-1], path) for path in ends]
        self._running: Generator[None] | None = None
        self._hooked: list[tuple[Place, Edit]] = []
        looks: list[tuple[nn.Module, Edit]] = []
        for name, edit in edits.items():
            for site in _sites(model, name):
                place = model.place(site)
                on_raw = _edit_of(site, place, edit)
                if place.unflat is not None:
                    note, on_raw = _unflat(on_raw)
                    self._hooked.append((Place(place.unflat, "in", place.view), note))
                if place.side == "attention":
                    looks.append((place.module, on_raw))
                else:
                    self._hooked.append((place, on_raw))
        # It imports transformers, which takes seconds; who trains on tensors has no use for that.
        from interp_widgets.core.attention_switch import AttentionSwitch

        self._switch = AttentionSwitch(model.hf.config.get_text_config(), looks)

    def __enter__(self) -> Any:
        if self._running is not None:
            raise RuntimeError("a block of hooks is opened once; call hooked(...) again.")
        self._running = self._run()
        self.close = self._running.close
        try:
            next(self._running)
        except BaseException:
            self.close()
            raise
        return self._found

    def acts(self) -> bool:
        """Whether the caller runs in the thread that opened the block."""
        return threading.get_ident() == self._thread

    def _run(self) -> Generator[None]:
        with self._lock:
            self._thread = threading.get_ident()
            try:
                self._resume()
                for place, on_raw in self._hooked:
                    _install(place, on_raw, self)
                self._switch.on()
                yield
            finally:
                self._thread = 0  # what a copy of the model took along acts no more
                try:
                    self._undo()
                except BaseException:  # interrupted half-way: to the end first, then up
                    self._undo()
                    raise

    def _resume(self) -> None:
        """Layers below the first join hand their input on; at the others rows come in."""
        if not self._joins:
            return
        first, all_rows, rows = min(self._joins), sum(map(len, self._joins.values())), 0
        for module in self._modules[:first]:
            _skip(module, self)
        for layer, module in enumerate(self._modules[first:], first):
            new = self._joins.get(layer)
            if new is not None or rows < all_rows:
                _join(module, new, rows, all_rows, self)
            rows += 0 if new is None else len(new)
        for module in self._ends:
            _end(module, self)

    def _undo(self) -> None:
        self._switch.off()
        for place, _ in self._hooked:
            _remove(self, place.module)
        for module in [*self._modules, *self._ends] if self._joins else ():
            _remove(self, module)


def hooked(model: LanguageModel, edits: Edits) -> AbstractContextManager[None]:
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
    return _Block(model, edits, None)


def captured(
    model: LanguageModel, names: str | Site | Iterable[str | Site]
) -> AbstractContextManager[dict[Site, Tensor]]:
    """Collect the activations at ``names`` while the block runs the model.

    Returns:
        A block that gives a dict, which fills as the model runs: place -> detached copy, in the
        model's dtype, on its device, batch first (shapes in `sites`).
    """
    listed = [names] if isinstance(names, str | Site) else names
    found: dict[Site, Tensor] = {}

    def keeper(site: Site) -> Edit:
        def keep(activation: Tensor) -> None:
            found[site] = activation.detach().clone()

        return keep

    sites = [site for name in listed for site in _sites(model, name)]
    return _Block(model, {site: keeper(site) for site in sites}, found)


def resumed(
    model: LanguageModel, joins: Mapping[int, Tensor], edits: Edits, last_only: bool = False
) -> AbstractContextManager[None]:
    """Run the model from the layer up where each row begins, with ``edits`` on the way.

    Inside the block the model is called with ids ``[batch, pos]`` as always. Layers below the first
    join hand their input on. At each join rows are added below those that came up, so that after
    the last join there are as many as the batch has; the rows of one batch are one prompt, whose
    masks serve them all.

    Args:
        model: the model. It has run in a block that captured ``L0.resid_post``.
        joins: layer -> the stream ``[row, pos, d_model]`` with which rows begin there, as
            ``resid_pre``; ``n_layers`` is the final norm.
        edits: as in `hooked`; at a place in layer ``l`` they get the rows that began at or below.
        last_only: of the stream that leaves the last layer only the last position is wanted. What
            that layer writes is then made for this position alone, and others hold what was not
            meant for them. No edit may be at what it leaves out: ``z``, ``attn_out`` or the MLP.
    """
    return _Block(model, edits, None, joins, last_only)


def _sites(model: LanguageModel, name: str | Site) -> list[Site]:
    return [name] if isinstance(name, Site) else expand(name, model.n_layers)


def _edit_of(site: Site, place: Place, edit: Edit) -> Edit:
    """``edit`` on the raw tensor of a module: None if it only looked, else the whole new one."""

    def on_raw(raw: Tensor) -> Tensor | None:
        try:
            activation = place.read(raw)
        except (RuntimeError, AttributeError) as misfit:
            raise ValueError(f"{site} is not where its row in the table says: {misfit}") from misfit
        before = None if raw.is_inference() else raw._version
        replacement = edit(activation)
        if before is not None and raw._version != before:
            raise ValueError(
                f"the edit at {site} wrote into the activation it was given, which changes the "
                "model's own tensor. Return a new tensor: x * 0, not x.mul_(0)."
            )
        if replacement is None:
            return None
        if place.instead:
            raise ValueError(f"{site} can be read, not edited: {place.instead}")
        if not isinstance(replacement, Tensor):
            raise TypeError(
                f"the edit at {site} returned {type(replacement).__name__}; "
                "wanted a tensor, or None to only look."
            )
        if replacement.shape != activation.shape:
            raise ValueError(
                f"the edit at {site} returned shape {list(replacement.shape)}; "
                f"the activation there has shape {list(activation.shape)}."
            )
        new = raw.clone()
        place.write(new, replacement)
        return new

    return on_raw


def _unflat(on_raw: Edit) -> tuple[Edit, Edit]:
    """What notes ``[batch, pos]`` where a layer begins, and ``on_raw`` for what was made flat."""
    shape: list[int] = []

    def note(stream: Tensor) -> None:
        shape[:] = stream.shape[:-1]

    def on_flat(raw: Tensor) -> Tensor | None:
        new = on_raw(raw.unflatten(0, shape) if raw.ndim == 2 else raw)
        return None if new is None else new.reshape(raw.shape)

    return note, on_flat


def _install(place: Place, on_raw: Edit, owner: _Block) -> None:
    """Register one hook on the module of ``place``, marked with its owner."""

    # While this block closes, torch may call this from another thread, and then without kwargs.
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
        # Attention gives a tuple, a decoder layer a tensor or a tuple.
        _parts_given[type(_module)] = len(output) if isinstance(output, tuple) else 0
        if not isinstance(output, tuple):
            return on_raw(output)
        new = on_raw(output[place.part])
        return None if new is None else (*output[: place.part], new, *output[place.part + 1 :])

    def ask(_module: nn.Module, args: tuple, kwargs: dict[str, Any] | None = None) -> Any:
        if not owner.acts() or kwargs is None or place.asked is None:
            return None
        return args, place.asked(args[0], kwargs)

    for hook in (before, after, ask):
        hook.__dict__["interp_widgets_owner"] = owner
    if place.asked is not None:
        place.module.register_forward_pre_hook(ask, with_kwargs=True)
    if place.side == "in":
        place.module.register_forward_pre_hook(before, with_kwargs=True)
    else:
        place.module.register_forward_hook(after)


def _skip(module: nn.Module, owner: _Block) -> None:
    """Put a forward in front of a layer's own that hands the stream on, in the owner's thread."""
    before, parts = module.__dict__.get("forward"), _parts_given[type(module)]

    def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        if not owner.acts():
            own = type(self).forward.__get__(self) if before is None else before
            return own(*args, **kwargs)
        stream = args[0] if args else kwargs["hidden_states"]
        return (stream, *[None] * (parts - 1)) if parts else stream

    forward.__dict__.update(interp_widgets_owner=owner, before=before)
    # A method, since those of a copy of the model belong to the copy.
    module.__dict__["forward"] = MethodType(forward, module)


def _join(module: nn.Module, new: Tensor | None, rows: int, of: int, owner: _Block) -> None:
    """Let ``new`` rows in below the ``rows`` that came up, and give a layer what is for these."""
    now = rows + (0 if new is None else len(new))

    def fewer(value: Any) -> Any:
        """What was made for the whole batch, for the rows there are: they are one prompt."""
        if isinstance(value, tuple):
            return tuple(fewer(part) for part in value)
        if isinstance(value, Tensor) and value.ndim > 1 and len(value) % of == 0 and now < of:
            return value[: len(value) // of * now]
        return value

    def join(_module: nn.Module, args: tuple, kwargs: dict[str, Any] | None = None) -> Any:
        if not owner.acts() or kwargs is None:
            return None
        stream = args[0] if args else kwargs["hidden_states"]
        if new is not None:
            stream = torch.cat([stream[:rows].to(new.device), new])
        rest = {key: fewer(value) for key, value in kwargs.items() if key != "hidden_states"}
        if args:
            return (stream, *map(fewer, args[1:])), rest
        return args, {"hidden_states": stream, **rest}

    join.__dict__["interp_widgets_owner"] = owner
    module.register_forward_pre_hook(join, with_kwargs=True)


def _end(module: nn.Module, owner: _Block) -> None:
    """Give a module that works position by position the last one only.

    What it writes is then ``[batch, 1, d_model]``, which every position of the stream is added to.
    """

    def end(_module: nn.Module, args: tuple, kwargs: dict[str, Any] | None = None) -> Any:
        if not owner.acts() or kwargs is None:
            return None
        if args:
            return (args[0][:, -1:], *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": kwargs["hidden_states"][:, -1:]}

    end.__dict__["interp_widgets_owner"] = owner
    module.register_forward_pre_hook(end, with_kwargs=True)


def _remove(owner: _Block, module: nn.Module) -> None:
    """Take off every hook of ``owner``, registered to the end or not. Twice is as good as once."""
    forward: Any = module.__dict__.get("forward")
    if getattr(forward, "interp_widgets_owner", None) is owner:
        if forward.before is None:
            del module.__dict__["forward"]
        else:
            module.__dict__["forward"] = forward.before
    for table in (module._forward_hooks, module._forward_pre_hooks):
        for key, hook in list(table.items()):
            if getattr(hook, "interp_widgets_owner", None) is owner:
                module._forward_pre_hooks_with_kwargs.pop(key, None)
                table.pop(key, None)
