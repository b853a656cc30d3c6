"""A training run from settings as a file holds them: names and numbers, paths in place of data."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from torch import Tensor

from interp_widgets.core.dictionary import checkpoint
from interp_widgets.core.dictionary.saved_run import check_settings
from interp_widgets.core.dictionary.train import train_sae
from interp_widgets.core.dictionary.training_run import TrainingRun
from interp_widgets.core.load import load
from interp_widgets.core.tensor_files import read_tensors

COURSE_MODEL = "course-model"
_WORDS = ("variant", "normalize", "device", "precision", "site", "target", "b_dec", "tokenize")
_PATHS = ("data", "texts", "folder")


def run_of(settings: Mapping[str, Any], beside: Path) -> TrainingRun:
    """Begin the run that settings describe, or go on with it where its folder holds it.

    Args:
        settings: ``model`` (a hub id, a folder, or "course-model") with ``site`` and ``texts`` (a
            file), or ``data`` (a ``.safetensors`` file of one tensor ``[token, d]``, or a folder
            that `cache_shards` wrote); ``folder``, where the run is written to; ``revision`` of the
            model; and any argument of `train_sae`.
        beside: what paths are relative to.

    Raises:
        ValueError, TypeError: settings that `train_sae` refuses, that lack something, contradict
            each other, or are not those that the run in the folder was begun with.
        FileNotFoundError: a file that is not there.
    """
    given = {name: _value(name, value, beside) for name, value in settings.items()}
    if ("model" in given) == ("data" in given):
        raise ValueError("settings name a model or data, one of them, and not both.")
    if not isinstance(given.get("folder"), Path):
        raise ValueError("settings say where the run is written to: folder: runs/mine.")
    revision = given.pop("revision", None)
    data = _model(given.pop("model"), revision) if "model" in given else _data(given.pop("data"))
    folder = given["folder"]
    if (folder / checkpoint.FILE).exists():
        run = TrainingRun.resume(folder, data, given.get("texts"), device=given.get("device"))
        check_settings(run, given)
        return run
    return train_sae(data, **given)


def kept_step(folder: Path) -> int | None:
    """The step that the run in a folder would go on from; None where none can."""
    try:
        return checkpoint.read(folder).plain["step"]
    except (FileNotFoundError, ValueError):
        return None


def _value(name: str, value: Any, beside: Path) -> Any:
    if not isinstance(name, str):
        raise TypeError(f"settings have names; got {name!r}.")
    if name in _PATHS and isinstance(value, str):
        return beside / value
    if isinstance(value, str) and name not in _WORDS and name != "model":
        with suppress(ValueError):  # YAML takes 1e-3, without a point, for a word
            return float(value)
    return value


def _model(name: Any, revision: Any) -> Any:
    return load() if name == COURSE_MODEL else load(name, revision=revision)


def _data(path: Any) -> Tensor | Path:
    if not isinstance(path, Path):
        raise TypeError(f"data is a path; got {path!r:.60}.")
    if path.suffix != ".safetensors":
        return path
    _, tensors = read_tensors(path)
    if len(tensors) != 1:
        raise ValueError(
            f"{path} is to hold one tensor of activations; it holds {', '.join(tensors) or 'none'}."
        )
    return next(iter(tensors.values()))
