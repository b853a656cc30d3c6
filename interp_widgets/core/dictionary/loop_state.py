"""All that the next step of a training loop depends on: taken out of it, and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.checkpoint import Snapshot
from interp_widgets.core.dictionary.normalization import Normalization

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.training_loop import Loop


def snapshot(loop: Loop) -> Snapshot:
    """All that the next step depends on, copied to the cpu."""
    tensors = {f"parameters/{name}": p.detach() for name, p in loop.parameters.items()}
    for name, moved in loop.moved.items():
        for key, value in loop.optimizer.state[moved].items():
            tensors[f"adam/{name}/{key}"] = value
    tensors |= {f"objective/{name}": value for name, value in loop.objective.state.items()}
    tensors |= {f"firing/{name}": value for name, value in loop.firing.tensors().items()}
    tensors["generator"] = loop.generator.get_state()
    plain = {
        "parameters": list(loop.parameters),
        "step": loop.step,
        "lr": loop.lr,
        "restarted": loop.restarted,
        "seconds": loop.seconds,
        "objective": {**loop.objective.hyper, **loop.objective.settings},
        "variance": loop.variance,
    }
    for name in ("normalization", "normalization_out"):
        way = getattr(loop, name)
        if way is not None:
            plain[name] = {"mode": way.mode, "scale": way.scale}
            for part in ("mean", "matrix"):
                if getattr(way, part) is not None:
                    tensors[f"{name}/{part}"] = getattr(way, part)
    read, cursor = loop.source.state()
    tensors |= {f"source/{name}": value for name, value in read.items()}
    plain["source"] = cursor
    held = {name: value.detach().to("cpu", copy=True) for name, value in tensors.items()}
    return Snapshot(held, plain)


@torch.no_grad()
def restore(loop: Loop, snapshot: Snapshot) -> None:
    """Become what a snapshot of this run says."""
    tensors, plain = snapshot.tensors, snapshot.plain
    for name, parameter in loop.parameters.items():
        parameter.copy_(tensors[f"parameters/{name}"])
        beginning = f"adam/{name}/"
        moments = {
            key.removeprefix(beginning): value
            for key, value in tensors.items()
            if key.startswith(beginning)
        }
        if not moments:
            loop.optimizer.state.pop(loop.moved[name], None)
            continue
        kept = loop.optimizer.state[loop.moved[name]]
        for key, value in moments.items():
            if key in kept:
                kept[key].copy_(value)
            else:
                kept[key] = value.to(loop.device, copy=True)
    for name, value in loop.objective.state.items():
        value.copy_(tensors[f"objective/{name}"])
    loop.firing.load({name: tensors[f"firing/{name}"] for name in loop.firing.tensors()})
    loop.generator.set_state(tensors["generator"])
    for name in loop.objective.hyper:
        loop.objective.hyper[name] = plain["objective"][name]
    loop.step, loop.restarted = plain["step"], plain["restarted"]
    loop.lr, loop.seconds = plain["lr"], plain["seconds"]
    loop.source.load_state(
        {
            name.removeprefix("source/"): value
            for name, value in tensors.items()
            if name.startswith("source/")
        },
        plain["source"],
    )


def normalization(name: str, plain: dict[str, Any], tensors: dict[str, Tensor]) -> Normalization:
    """A normalisation that `snapshot` took."""
    return Normalization(
        plain[name]["mode"],
        plain[name]["scale"],
        tensors.get(f"{name}/mean"),
        tensors.get(f"{name}/matrix"),
    )
