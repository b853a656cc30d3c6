"""`train_sae`: from activations, or a model and texts, to a run that trains a dictionary."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interp_widgets.core.arguments import check_above, check_share, check_whole, plain
from interp_widgets.core.dictionary import checkpoint, distributed, saved_run
from interp_widgets.core.dictionary.activation_blocks import ActivationSource
from interp_widgets.core.dictionary.activations import READING, activation_source
from interp_widgets.core.dictionary.normalization import check_mode
from interp_widgets.core.dictionary.settings import Settings
from interp_widgets.core.dictionary.synthetic import GroundTruth, NumpyLab
from interp_widgets.core.dictionary.training_loop import Loop
from interp_widgets.core.dictionary.training_run import TrainingRun
from interp_widgets.core.dictionary.variants import Variant, make_variant
from interp_widgets.core.load import checked_device
from interp_widgets.core.memory import free_memory, in_words
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.switches import check_switch

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
        _check_counts(dead_after=self.dead_after, checkpoint_every=self.checkpoint_every)
        if self.warmup is not None:
            check_whole("warmup", self.warmup, least=0)
        if isinstance(self.resample_at, str) or not isinstance(self.resample_at, Iterable):
            raise TypeError(f"resample_at is a list of steps; got {self.resample_at!r:.40}.")
        for step in self.resample_at:
            check_whole("resample_at", step)
        check_share("decay", self.decay)
        check_share("l1_warmup", self.l1_warmup)
        if self.clip is not None:
            check_above("clip", self.clip)
        check_switch("ghost", self.ghost)


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
        data: activations ``[token, d_in]``; a model, with ``site`` and ``texts``; a folder that
            `cache_shards` wrote; or samples that `ground_truth` made, which know their ``truth``.
        site: the place to read, ``"L3.resid_post"``.
        texts: for the model: a list, a file's path, a data set, also a streaming one.
        variant: the objective, see `VARIANTS`.
        d_sae: latents; 8 times the width when left out.
        k: latents that fire on a token; left out: an eighth of the width, 4 to 32.
        l1: weight of the sparsity term (see `convert_l1`); left out: see `Variant.suit`.
        lr: learning rate of Adam; left out: 4e-4 at 16,384 latents, more for fewer, with 1/√, up to
            0.005. That suits a thousand steps; long runs end better with less.
        batch_size: activations a step; left out: 4,096, or an eighth of the data if that is less.
        steps: of the run.
        seed: on the same machine the same seed gives the same run, bit by bit.
        normalize: a mode of `Normalization`; left out: "mean_square", of transcoders "centred".
        device: where to compute; left out: where the data or the model are.
        precision: ``"float32"``; ``"bfloat16"`` for products in half precision, the loss in full.
        folder: where each checkpoint is also written to, one file, replaced each time.
        target: for a transcoder: what to predict, a place or activations ``[token, d_out]``. With
            ``skip=True`` a linear map of what is read is learned beside the latents (``W_skip``).
        truth: true directions ``[feature, d]``, or what has them as ``.directions``.
        **more: settings of `Pace`, the variant and `activation_source` (``context``, ``buffer``).

    Raises:
        ValueError: a number out of range, an unknown name, activations that nothing can be learned
            from, too little memory. TypeError: arguments of another type. Nothing was trained then.
    """
    given = {"d_sae": d_sae, "lr": lr, "batch_size": batch_size, "steps": steps, "seed": seed}
    given |= {"normalize": normalize, "precision": precision}
    reading = _reading(more, data)
    objective, pace = _chosen(variant, {"k": k, "l1": l1}, more, given)
    path, peers, place = _where(folder, device, data)
    source = activation_source(data, site, texts, target, given["seed"], **reading)
    known = _truth(truth, data, source.d_out)
    settings = _settings(objective, pace, source, {**given, "reading": READING | reading})
    _check_means(settings, objective, source, peers, place)
    return TrainingRun(Loop(settings, source, place, peers), path, known)


def _chosen(
    variant: str, hyper: dict[str, Any], more: dict[str, Any], given: dict[str, Any]
) -> tuple[Variant, Pace]:
    """The objective, and what of the further settings is none of its own; all of them checked."""
    given.update({name: plain(value) for name, value in given.items()})
    _check(**given)
    hyper = {name: plain(value) for name, value in hyper.items() if value is not None}
    more = {name: plain(value) for name, value in more.items()}
    pace = Pace(**{name: value for name, value in more.items() if name in PACE})
    own = {name: value for name, value in more.items() if name not in PACE}
    usual = make_variant(variant)
    for name in own:
        if name not in usual.hyper | usual.settings:
            raise ValueError(
                f"there is no setting {name!r}. A {variant} dictionary takes "
                f"{', '.join([*usual.hyper, *usual.settings])}; every training "
                f"{', '.join([*given, *sorted(PACE)])}; reading texts {', '.join(READING)}."
            )
    objective = make_variant(variant, **hyper, **own)
    if "k" in hyper and given["d_sae"] is not None:
        objective.check(1, given["d_sae"])  # else when the width is known
    return objective, pace


def _settings(
    objective: Variant, pace: Pace, source: ActivationSource, given: dict[str, Any]
) -> Settings:
    """All that was asked for, and what was left to choose."""
    size, steps = _batch_size(given["batch_size"], source.rows), given["steps"]
    width = EXPANSION * source.d_in if given["d_sae"] is None else given["d_sae"]
    objective.suit(max(1, source.d_in), width)
    objective.check(source.d_in, width)
    objective.check_skip(source.paired)
    # A step of Adam along a mean moves a latent for all tokens at once, many of them to silence;
    # in an autoencoder b_dec takes it off what is read.
    usual = "centred" if source.paired else "mean_square"
    return Settings(
        variant=objective.name,
        options={**objective.hyper, **objective.settings},
        d_sae=width,
        batch_size=size,
        steps=steps,
        lr=_rate(width) if given["lr"] is None else float(given["lr"]),
        seed=given["seed"],
        normalize=given["normalize"] or usual,
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
        reading=given["reading"],
    )


def _check(*, seed: Any, lr: Any, precision: Any, normalize: Any, **counts: Any) -> None:
    _check_counts(**counts)
    if lr is not None:
        check_above("lr", lr)
    check_seed(seed)
    if precision not in ("float32", "bfloat16"):
        raise ValueError(f"precision is 'float32' or 'bfloat16'; got {precision!r}.")
    if normalize is not None:
        check_mode(normalize)


def _reading(more: dict[str, Any], data: Any) -> dict[str, Any]:
    """What of the further settings, out of which it is taken, is about reading.

    Raises:
        ValueError: there is some, and the activations are here already.
    """
    reading = {name: plain(more.pop(name)) for name in READING if name in more}
    if reading and isinstance(data, Tensor | tuple | GroundTruth | NumpyLab):
        raise ValueError(
            f"{', '.join(f'{name}=' for name in reading)} say how texts or a folder are "
            "read; activations were given, which are all here. Leave that out."
        )
    return reading


def _rate(d_sae: int) -> float:
    """The learning rate to begin with."""
    return min(_FASTEST, _RATE * math.sqrt(_RATE_AT / d_sae))


def _where(
    folder: str | Path | None, device: Any, data: Any
) -> tuple[Path | None, distributed.Alone, torch.device]:
    """Where to write to, who else trains, and where to compute."""
    peers = distributed.processes()
    return _new(folder), peers, home(device, data, peers)


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
    checkpoint.check_folder(path)
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


def _truth(truth: Any, data: Any, width: int) -> Tensor | None:
    """True directions: as given, or of the samples that were made."""
    if truth is None and isinstance(data, GroundTruth | NumpyLab):
        truth = data
    if truth is None:
        return None
    directions = getattr(truth, "directions", truth)
    if isinstance(directions, np.ndarray):
        directions = torch.as_tensor(directions)
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


def _check_means(
    settings: Settings,
    objective: Variant,
    source: ActivationSource,
    peers: distributed.Alone,
    place: torch.device,
) -> None:
    """Refuse what several processes cannot do, and what memory has no room for.

    Of that the system would say late and in its own words, or end the process.
    """
    distributed.check(peers, objective, settings.variant, settings.batch_size)
    width = source.d_in + source.d_out
    copies = 4 if place.type != "cpu" else 7  # a checkpoint is three more, on the cpu
    need = 4 * width * (copies * settings.d_sae + settings.batch_size)
    free = free_memory(place)
    if free is not None and need > free:
        raise ValueError(
            f"d_sae={settings.d_sae:,} and batch_size={settings.batch_size:,} take "
            f"{in_words(need)} of memory at least (weights, gradients, Adam's two moments, a "
            f"checkpoint); {in_words(free)} are free on {place}. Use fewer latents, or smaller "
            "batches."
        )


def _check_counts(**numbers: Any) -> None:
    for name, value in numbers.items():
        if value is not None:
            check_whole(name, value)
