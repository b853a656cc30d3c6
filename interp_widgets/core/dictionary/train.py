"""`train_sae`: from activations, or a model and texts, to a run that trains a dictionary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary import checkpoint, distributed, saved_run
from interp_widgets.core.dictionary.activation_blocks import ActivationSource
from interp_widgets.core.dictionary.activations import activation_source
from interp_widgets.core.dictionary.training_loop import Loop, Settings
from interp_widgets.core.dictionary.training_run import TrainingRun
from interp_widgets.core.dictionary.variants import Variant, make_variant
from interp_widgets.core.load import checked_device
from interp_widgets.core.seeds import check_seed

BATCH = 4096
STEPS = 1000
EXPANSION = 8  # latents a dimension
CHECKPOINTS = 50
DEAD_AFTER = 10_000_000  # tokens, in runs long enough for it
_RATE, _RATE_AT = 4e-4, 1 << 14  # learning rate at this many latents; it goes with 1/√latents
_FASTEST = 5e-3


@dataclass(frozen=True)
class Pace:
    """Settings of `train_sae` that seldom need a change.

    Attributes:
        warmup: steps over which the learning rate rises; ``None``: a twentieth of them.
        decay: share of the steps, at the end, over which it falls to 0.
        l1_warmup: share of the steps over which the sparsity term gets its full weight.
        clip: longest gradient; longer ones are cut to it. ``None`` cuts nothing.
        dead_after: tokens without firing after which a latent is dead; ``None``: ten million, or a
            tenth of the run if that is less.
        resample_at: steps at which dead latents are resampled (Bricken et al., 2023).
        ghost: whether dead latents get ghost gradients (Anthropic, 2024).
        checkpoint_every: steps between checkpoints to rewind to; ``None``: 50 of them in a run. Of
            more than 64, or 2 GB, memory keeps fewer, spread over the run.
    """

    warmup: int | None = None
    decay: float = 0.2
    l1_warmup: float = 0.05
    clip: float | None = 1.0
    dead_after: int | None = None
    resample_at: Sequence[int] = ()
    ghost: bool = False
    checkpoint_every: int | None = None

    def __post_init__(self) -> None:
        _check_numbers(dead_after=self.dead_after, checkpoint_every=self.checkpoint_every)
        _check_numbers(warmup=self.warmup or None)
        if isinstance(self.resample_at, str) or not isinstance(self.resample_at, Iterable):
            raise TypeError(f"resample_at is a list of steps; got {self.resample_at!r:.40}.")
        for step in self.resample_at:
            _check_numbers(resample_at=step)
        _check_shares(decay=self.decay, l1_warmup=self.l1_warmup)
        _check_above(clip=self.clip)


PACE = {field.name for field in fields(Pace)}


def train_sae(
    data: Any,
    site: str | None = None,
    texts: Any = None,
    variant: str = "topk",
    *,
    d_sae: int | None = None,
    k: float | None = None,
    l1: float | None = None,
    lr: float | None = None,
    batch_size: int | None = None,
    steps: int = STEPS,
    seed: int = 0,
    normalize: str | None = None,
    device: str | torch.device | None = None,
    precision: str = "float32",
    folder: str | Path | None = None,
    target: Any = None,
    truth: Any = None,
    **more: Any,
) -> TrainingRun:
    """Begin to train a sparse dictionary. Nothing is trained yet: iterate over what comes back.

    Args:
        data: activations ``[token, d_in]``; a model, with ``site`` and ``texts``; or a folder that
            `cache_shards` wrote.
        site: the place to read, ``"L3.resid_post"``.
        texts: for the model: a list, a file's path, a data set, also a streaming one.
        variant: the objective, see `VARIANTS`.
        d_sae: latents; 8 times the width when left out.
        k: latents that fire on a token; left out: an eighth of the width, 4 to 32.
        l1: weight of the sparsity term, of sums over width and latents (see `convert_l1`); left
            out: as the variant has it, less for wider activations (see `Variant.suit`).
        lr: learning rate of Adam; left out: 4e-4 at 16,384 latents, more for fewer, with 1/√, up to
            0.005. That suits a thousand steps; long runs end better with less.
        batch_size: activations a step; left out: 4,096, or an eighth of the data if that is less.
        steps: of the run.
        seed: on the same machine the same seed gives the same run, bit by bit.
        normalize: a mode of `Normalization`; left out: what the variant's numbers are for.
        device: where to compute; left out: where the data or the model are.
        precision: ``"float32"``; ``"bfloat16"`` for products in half precision, the loss in full.
        folder: where each checkpoint is also written to, one file, replaced each time.
        target: for a transcoder: what to predict, a place or activations ``[token, d_out]``.
        truth: true directions ``[feature, d]``, or what has them as ``.directions``.
        **more: settings of `Pace`, and of the variant.

    Raises:
        ValueError: a number out of range, an unknown name, activations that nothing can be learned
            from. TypeError: arguments of another type. Nothing has been trained then.
    """
    objective, pace = _chosen(variant, {"k": k, "l1": l1}, more)
    given = {"d_sae": d_sae, "lr": lr, "batch_size": batch_size, "steps": steps, "seed": seed}
    _check(**given, precision=precision)
    path, peers = _new(folder), distributed.processes()
    source = activation_source(data, site, texts, target, seed)
    known = _truth(truth, source.d_out)
    given |= {"normalize": normalize, "precision": precision}
    settings = _settings(objective, pace, source, given)
    distributed.check(peers, objective, variant, settings.batch_size)
    return TrainingRun(Loop(settings, source, home(device, data, peers), peers), path, known)


def _chosen(variant: str, hyper: dict[str, Any], more: dict[str, Any]) -> tuple[Variant, Pace]:
    """The objective, and what of the further settings is none of its own."""
    given = {name: value for name, value in hyper.items() if value is not None}
    own = {name: value for name, value in more.items() if name not in PACE}
    pace = Pace(**{name: value for name, value in more.items() if name in PACE})
    return make_variant(variant, **given, **own), pace


def _settings(
    objective: Variant, pace: Pace, source: ActivationSource, given: dict[str, Any]
) -> Settings:
    """All that was asked for, and what was left to choose."""
    size, steps = _batch_size(given["batch_size"], source.rows), given["steps"]
    width = EXPANSION * source.d_in if given["d_sae"] is None else given["d_sae"]
    objective.suit(max(1, source.d_in), width)
    objective.check(source.d_in, width)
    mode = given["normalize"]
    return Settings(
        variant=objective.name,
        options={**objective.hyper, **objective.settings},
        d_sae=width,
        batch_size=size,
        steps=steps,
        lr=_rate(width) if given["lr"] is None else float(given["lr"]),
        seed=given["seed"],
        normalize=getattr(objective, "normalize", "mean_square") if mode is None else mode,
        precision=given["precision"],
        warmup=steps // 20 if pace.warmup is None else pace.warmup,
        decay=int(pace.decay * steps),
        l1_warmup=int(pace.l1_warmup * steps),
        clip=pace.clip,
        dead_after=pace.dead_after or min(DEAD_AFTER, max(8, steps // 10) * size),
        resample_at=tuple(pace.resample_at),
        ghost=pace.ghost,
        checkpoint_every=pace.checkpoint_every or -(-steps // CHECKPOINTS),
        site_out=source.about.get("target", ""),
    )


def _check(*, seed: Any, lr: Any, precision: Any, **counts: Any) -> None:
    _check_numbers(**counts)
    _check_above(lr=lr)
    check_seed(seed)
    if precision not in ("float32", "bfloat16"):
        raise ValueError(f"precision is 'float32' or 'bfloat16'; got {precision!r}.")


def _rate(d_sae: int) -> float:
    """The learning rate to begin with."""
    return min(_FASTEST, _RATE * math.sqrt(_RATE_AT / d_sae))


def home(device: Any, data: Any, peers: distributed.Alone) -> torch.device:
    """Where to compute: as asked, as launched, or where the data are."""
    if device is not None:
        return checked_device(device)
    return peers.device() or torch.device(getattr(data, "device", "cpu"))


def _new(folder: str | Path | None) -> Path | None:
    """A folder to write to, which no other run is in."""
    if folder is None:
        return None
    path = saved_run.folder_named(folder)
    if (path / checkpoint.FILE).exists():
        raise ValueError(
            f"{folder} holds a run. Go on with it, TrainingRun.resume(folder), or name another."
        )
    return path


def _batch_size(given: int | None, rows: int | None) -> int:
    if given is None:
        return BATCH if rows is None else min(BATCH, max(1, rows // 8))
    if rows is not None and given > rows:
        raise ValueError(
            f"a batch of {given} is larger than the data, which have {rows} rows. Use a batch_size "
            f"of {rows} or less, or more data."
        )
    return given


def _truth(truth: Any, width: int) -> Tensor | None:
    directions = getattr(truth, "directions", truth)
    if directions is None:
        return None
    if not isinstance(directions, Tensor) or directions.ndim != 2:
        raise TypeError(
            "truth is a matrix of true directions [feature, d], or has one as .directions; got "
            f"{type(truth).__name__}."
        )
    if not len(directions) or directions.shape[1] != width or not directions.isfinite().all():
        raise ValueError(
            f"true directions are rows of {width} finite numbers, as many as there are features; "
            f"got {list(directions.shape)}. Turn a matrix that has them as columns: truth.T."
        )
    return directions.detach().float().cpu()


def _check_numbers(**numbers: Any) -> None:
    for name, value in numbers.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"{name} is a whole number; got {type(value).__name__}.")
        if value < 1:
            raise ValueError(f"{name} is 1 or more; got {value}.")


def _check_shares(**shares: Any) -> None:
    for name, value in shares.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} is a number from 0 to 1; got {type(value).__name__}.")
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is a share of the steps, 0 to 1; got {value}.")


def _check_above(**numbers: Any) -> None:
    for name, value in numbers.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} is a number; got {type(value).__name__}.")
        if not 0 < value < math.inf:
            raise ValueError(f"{name} is above 0; got {value!r}.")
