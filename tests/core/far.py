"""A device that this machine need not have: numbers live on the cpu, Python is told ``mps:0``.

Continuous integration has no GPU, and on a cpu a forgotten ``.to(device)`` passes. Inside
`Elsewhere` a tensor here and one there refuse to meet, as on a real device (a single number may,
and so may indices from here into what is there), and what is there cannot be float64, as on MPS.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

THERE = torch.device("mps:0")
_MOVES = (torch.ops.aten.copy_, torch.ops.aten._to_copy)
_INDEXES = (torch.ops.aten.index, torch.ops.aten.index_put, torch.ops.aten.index_put_)


class Far(Tensor):
    """A tensor that is there."""

    near: Tensor

    @staticmethod
    def __new__(cls, near: Tensor) -> Far:
        if near.dtype == torch.float64:
            raise TypeError("Cannot convert a far tensor to float64: the device has none.")
        made = torch.Tensor._make_wrapper_subclass(
            cls, near.size(), near.stride(), near.storage_offset(), dtype=near.dtype
        )
        made.near = near
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    @property
    def device(self) -> torch.device:  # pyright: ignore[reportIncompatibleVariableOverride]
        return THERE

    def tolist(self) -> Any:
        return self.near.tolist()

    def numpy(self, *_: Any, **__: Any) -> Any:
        raise TypeError("can't convert a far tensor to numpy. Use Tensor.cpu() first.")

    @classmethod
    def __torch_dispatch__(cls, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kind, kwargs = func.overloadpacket, dict(kwargs or {})
        _refuse_a_meeting(kind, args, kwargs)
        if kwargs.get("device") is not None:
            kwargs["device"] = torch.device("cpu")
        found = func(*tree_map(_near, args), **tree_map(_near, kwargs))
        for given in tree_leaves(args):  # what works in place gives back what it was given
            if isinstance(given, Tensor) and found is _near(given):
                return given
        return tree_map(lambda x: Far(x) if isinstance(x, Tensor) else x, found)


class _Home(torch.autograd.Function):
    @staticmethod
    def forward(_ctx: Any, x: Far) -> Tensor:
        return x.near.clone()

    @staticmethod
    def backward(_ctx: Any, slope: Tensor) -> Tensor:
        return Far(slope)


class _Away(torch.autograd.Function):
    @staticmethod
    def forward(_ctx: Any, x: Tensor) -> Tensor:
        return Far(x.clone())

    @staticmethod
    def backward(_ctx: Any, slope: Far) -> Tensor:
        return slope.near


class Elsewhere(TorchFunctionMode):
    """Inside, ``.to`` and ``device=`` know the device that is not there."""

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is Tensor.cpu:
            return self._moved(args[0], torch.device("cpu"))
        if func is Tensor.to:
            return self._to(*args, **kwargs)
        if _is_there(kwargs.get("device")):
            del kwargs["device"]
            made = func(*args, **kwargs)
            return made if isinstance(made, Far) else Far(made)
        return func(*args, **kwargs)

    def _to(self, x: Tensor, *how: Any, dtype: Any = None, device: Any = None, **kwargs: Any):
        for given in how:
            if isinstance(given, Tensor):
                dtype, device = given.dtype, given.device
            elif isinstance(given, torch.dtype):
                dtype = given
            elif isinstance(given, str | torch.device):
                device = given
        moved = x if device is None else self._moved(x, device)
        if dtype is not None and dtype != x.dtype:
            return Tensor.to(moved, dtype)
        return moved.clone() if kwargs.get("copy") and moved is x else moved

    def _moved(self, x: Tensor, device: Any) -> Any:
        if _is_there(device) == isinstance(x, Far):
            return x
        return _Home.apply(x) if isinstance(x, Far) else _Away.apply(x)


def send(hf: Any) -> Any:
    """A model with all that it holds over there, in place; tied weights stay tied."""
    sent: dict[int, Any] = {}
    for module in hf.modules():
        for held in (module._parameters, module._buffers):
            for name, weight in held.items():
                if weight is None:
                    continue
                if id(weight) not in sent:
                    far = Far(weight.detach())
                    keep = nn.Parameter(far) if isinstance(weight, nn.Parameter) else far
                    sent[id(weight)] = (weight, keep)  # held, so that no id comes twice
                held[name] = sent[id(weight)][1]
    return hf


def _near(x: Any) -> Any:
    return x.near if isinstance(x, Far) else x


def _is_there(device: Any) -> bool:
    return device is not None and torch.device(device).type == THERE.type


def _refuse_a_meeting(kind: Any, args: Any, kwargs: Any) -> None:
    here = [
        x
        for x in tree_leaves((args, kwargs))
        if isinstance(x, Tensor) and not isinstance(x, Far) and x.ndim
    ]
    if kind in _INDEXES and isinstance(args[0], Far):
        here = [x for x in here if not any(x is index for index in args[1])]
    if here and kind not in _MOVES:
        shapes = [list(x.shape) for x in here]
        raise RuntimeError(f"{kind}: tensors of shape {shapes} are here, others are far away.")
