"""Training runs on disk: what is written beside the state of the loop, and how a run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from interp_widgets.core.dictionary import checkpoint
from interp_widgets.core.dictionary.activations import activation_source
from interp_widgets.core.dictionary.changes import from_plain
from interp_widgets.core.dictionary.checkpoint import Snapshot
from interp_widgets.core.dictionary.distributed import processes
from interp_widgets.core.dictionary.settings import Settings
from interp_widgets.core.dictionary.training_loop import Loop

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.training_run import TrainingRun


def folder_named(folder: Any) -> Path:
    """The folder of a run, or TypeError for what names none."""
    if not isinstance(folder, str | Path):
        raise TypeError(f"a run is saved in a folder, 'runs/mine' say; got {folder!r:.40}.")
    return Path(folder)


def write(run: TrainingRun, folder: Path, snapshot: Snapshot) -> Path:
    """Write a run at the step of a snapshot; see `TrainingRun.save`."""
    step = snapshot.plain["step"]
    tensors = snapshot.tensors | {"history": torch.from_numpy(run._history.read(0, step))}
    if run.truth is not None:
        tensors["truth"] = run.truth
    plain = {
        **snapshot.plain,
        "settings": asdict(run._loop.settings),
        "about": run._loop.source.about,
        "writes": run.folder is not None,
    }
    peers = run._loop.peers
    with run._saving:
        if peers.rank == 0:  # all processes hold the same
            checkpoint.write(folder, Snapshot(tensors, plain))
        peers.wait()
        run._saved = step
    return folder / checkpoint.FILE


def resume(
    kind: type[TrainingRun], folder: Path, data: Any, texts: Any, target: Any, device: Any
) -> TrainingRun:
    """Read a run and make it ready to go on; see `TrainingRun.resume`."""
    from interp_widgets.core.dictionary.train import home

    begun = checkpoint.read(folder)
    plain = begun.plain
    told = plain["settings"]
    settings = Settings(**{**told, "resample_at": tuple(told["resample_at"])})
    peers = processes()
    about = plain["about"]
    if data is None:
        said = about.get("model") or "activations"
        raise TypeError(f"the run was begun with {said}: pass them again, resume(folder, data).")
    site = about.get("site") or None
    target = (about.get("target") or None) if target is None else target
    source = activation_source(data, site, texts, target, settings.seed, **settings.reading)
    _check_same(about, json.loads(json.dumps(source.about)))
    loop = Loop(settings, source, home(device, data, peers), peers, begun)
    run = kind(loop, folder if plain["writes"] else None, begun.tensors.get("truth"))
    run._history.write(0, begun.tensors["history"].numpy())
    run._changes = from_plain(plain["changes"])
    run._stopped = plain["stopped"]
    return run


def check_settings(run: TrainingRun, given: Mapping[str, Any]) -> None:
    """Refuse settings that are not those a run was begun with.

    Args:
        run: goes on with its own.
        given: of `train_sae`, by name; shares of the steps and what is no number are left alone.

    Raises:
        ValueError: some differ; which, and what to do.
    """
    settings = run._loop.settings
    begun = {**asdict(settings), **settings.options, **settings.reading}
    begun |= {"resample_at": list(settings.resample_at)}
    del begun["decay"], begun["l1_warmup"]  # told as shares of the steps, kept as steps
    other = [name for name, value in given.items() if begun.get(name, value) not in (value, None)]
    if other:
        said = ", ".join(f"{name} {begun[name]!r}, now {given[name]!r}" for name in other)
        raise ValueError(
            f"the run there was begun with other settings: {said}. Put them back to go on with it, "
            "or name another folder to begin anew."
        )


def _check_same(before: dict[str, Any], now: dict[str, Any]) -> None:
    other = [name for name in {*before, *now} if before.get(name) != now.get(name)]
    if other:
        said = ", ".join(f"{n} {before.get(n)!r:.60}, now {now.get(n)!r:.60}" for n in other)
        raise ValueError(
            f"the run was begun with other data: {said}. Give what it was begun with, or begin "
            "another run."
        )
