"""`train_sae`: from activations, or a model and texts, to a run that trains a dictionary."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary import checkpoint, distributed
from interp_widgets.core.dictionary.activations import activation_source
from interp_widgets.core.dictionary.training_loop import Loop, Settings
from interp_widgets.core.dictionary.training_run import TrainingRun
from interp_widgets.core.dictionary.variants import Variant, make_variant
from interp_widgets.core.seeds import check_seed

BATCH = 4096
STEPS = 1000
EXPANSION = 8  # latents a dimension
CHECKPOINTS = 50
DEAD_AFTER = 10_000_000  # tokens, in runs long enough for it
_RATE, _RATE_AT = 2e-4, 1 << 14  # learning rate at this many latents; it goes with 1/√latents


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
    warmup: int | None = None,
    decay: float = 0.2,
    l1_warmup: float = 0.05,
    clip: float | None = 1.0,
    dead_after: int | None = None,
    resample_at: Sequence[int] = (),
    ghost: bool = False,
    checkpoint_every: int | None = None,
    folder: str | Path | None = None,
    target: Any = None,
    truth: Any = None,
    **hyper: Any,
) -> TrainingRun:
    """Begin to train a sparse dictionary. Nothing is trained yet: iterate over what comes back.

    Args:
        data: activations ``[token, d_in]``; a model, with ``site`` and ``texts``; or a folder that
            `cache_shards` wrote.
        site: the place to read, ``"L3.resid_post"``.
        texts: what the model is to read: a list, a file's path, a data set, also a streaming one.
        variant: the objective, see `VARIANTS`.
        d_sae: latents; 8 times the width when left out.
        k: latents that fire on a token, for the variants that have it; left out: an eighth of the
            width, 32 at most.
        l1: weight of the sparsity term, for the others: for errors summed over the width and codes
            summed over latents (`convert_l1` converts other conventions).
        lr: learning rate of Adam; left out: 2e-4 at 16,384 latents, more for fewer, with 1/√.
        batch_size: activations a step; left out: 4,096, or an eighth of the data if that is less.
        steps: of the run.
        seed: of initial directions and of the order of the data. On the same machine the same seed
            gives the same run, bit by bit.
        normalize: what is done to activations first, see `Normalization`; left out: what the
            variant's published numbers are for.
        device: where to compute; left out: where the data or the model are.
        precision: ``"float32"``, or ``"bfloat16"`` for products in half precision; the loss and
            what Adam holds are float32 always.
        warmup: steps over which the learning rate rises; left out: a twentieth of them.
        decay: share of the steps, at the end, over which it falls to 0.
        l1_warmup: share of the steps over which the sparsity term gets its full weight.
        clip: longest gradient; longer ones are cut to it. None cuts nothing.
        dead_after: tokens without firing after which a latent is dead; left out: ten million, or a
            tenth of the run if that is shorter.
        resample_at: steps at which dead latents are resampled (Bricken et al., 2023).
        ghost: whether dead latents get ghost gradients (Anthropic, 2024).
        checkpoint_every: steps between checkpoints to rewind to; left out: 50 of them in a run.
        folder: where each checkpoint is also written to, one file, replaced each time.
        target: for a transcoder: what to predict, a place or activations ``[token, d_out]``.
        truth: true directions ``[feature, d]``, or what has them as ``.directions``: for
            `TrainingRun.truth_match`.
        **hyper: other settings of the variant.

    Returns:
        The run.

    Raises:
        ValueError: a number out of range, an unknown name, activations that nothing can be learned
            from. TypeError: arguments of another type. Nothing has been trained then.
    """
    given = {name: value for name, value in (("k", k), ("l1", l1)) if value is not None}
    objective = make_variant(variant, **given, **hyper)
    _check_numbers(steps=steps, batch_size=batch_size, d_sae=d_sae, dead_after=dead_after)
    _check_numbers(checkpoint_every=checkpoint_every, warmup=None if warmup == 0 else warmup)
    _check_shares(decay=decay, l1_warmup=l1_warmup)
    check_seed(seed)
    if precision not in ("float32", "bfloat16"):
        raise ValueError(f"precision is 'float32' or 'bfloat16'; got {precision!r}.")
    for name, value in (("lr", lr), ("clip", clip)):
        if value is not None and not 0 < value < math.inf:
            raise ValueError(f"{name} is above 0; got {value!r}.")
    path = None if folder is None else _new(Path(folder))
    known = _truth(truth)
    peers = distributed.processes()
    source = activation_source(data, site, texts, target, seed)
    size = _batch_size(batch_size, source.rows)
    d_in, steps = source.d_in, int(steps)
    width = EXPANSION * d_in if d_sae is None else d_sae
    if "k" in objective.hyper and k is None:
        objective.hyper["k"] = min(objective.hyper["k"], max(1, d_in // 8), width)
    objective.check(d_in, width)
    distributed.check(peers, objective, variant, size)
    settings = Settings(
        variant=variant,
        options={**objective.hyper, **objective.settings},
        d_sae=width,
        batch_size=size,
        steps=steps,
        lr=_rate(objective, width) if lr is None else float(lr),
        seed=seed,
        normalize=getattr(objective, "normalize", "mean_square")
        if normalize is None
        else normalize,
        precision=precision,
        warmup=steps // 20 if warmup is None else warmup,
        decay=int(decay * steps),
        l1_warmup=int(l1_warmup * steps),
        clip=clip,
        dead_after=min(DEAD_AFTER, max(8, steps // 10) * size)
        if dead_after is None
        else dead_after,
        resample_at=tuple(resample_at),
        ghost=ghost,
        checkpoint_every=-(-steps // CHECKPOINTS) if checkpoint_every is None else checkpoint_every,
        site_out=source.about.get("target", ""),
    )
    loop = Loop(settings, source, home(device, data, peers), peers)
    return TrainingRun(loop, path, known)


def _rate(objective: Variant, d_sae: int) -> float:
    """The learning rate to begin with."""
    return _RATE * math.sqrt(_RATE_AT / d_sae)


def home(device: Any, data: Any, peers: distributed.Alone) -> torch.device:
    """Where to compute: as asked, as launched, or where the data are."""
    if device is not None:
        return torch.device(device)
    return peers.device() or torch.device(getattr(data, "device", "cpu"))


def _new(folder: Path) -> Path:
    """A folder to write to, which no other run is in."""
    if (folder / checkpoint.FILE).exists():
        raise ValueError(
            f"{folder} holds a run. Go on with it, TrainingRun.resume(folder), or name another."
        )
    return folder


def _batch_size(given: int | None, rows: int | None) -> int:
    if given is None:
        return BATCH if rows is None else min(BATCH, max(1, rows // 8))
    if rows is not None and given > rows:
        raise ValueError(
            f"a batch of {given} is larger than the data, which have {rows} rows. Use a batch_size "
            f"of {rows} or less, or more data."
        )
    return given


def _truth(truth: Any) -> Tensor | None:
    directions = getattr(truth, "directions", truth)
    if directions is None:
        return None
    if not isinstance(directions, Tensor) or directions.ndim != 2:
        raise TypeError(
            "truth is a matrix of true directions [feature, d], or has one as .directions; got "
            f"{type(truth).__name__}."
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
