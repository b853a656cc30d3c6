"""Where training starts: random directions, latents that fit the data, the bias amid it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_CLOSE = 1e-5  # a step of Weiszfeld's iteration that counts as arrived
_STEPS = 100
_FEW = 10  # latents of which a tenth is none
_TENTH = 1.2816  # spreads above its mean that a tenth of a bell curve reaches
_SPREAD, _FITTED = 4096, 512  # rows that biases and lengths of a quiet start are fitted on
_BIASES = ("mean", "geometric_median", "zero")


def geometric_median(x: Tensor) -> Tensor:
    """The point with the least sum of distances to all rows, which outliers hardly move.

    Weiszfeld's iteration (1937) from the mean: each step is the mean of the rows, weighted by one
    over their distance. It ends when it moves by less than 1e-5, or after 100 steps.

    Args:
        x: ``[row, d]``.

    Returns:
        ``[d]``.
    """
    point = x.mean(0)
    tiny = torch.finfo(x.dtype).tiny
    for _ in range(_STEPS):
        # A row at the point itself would weigh infinitely; it gets a weight that is only huge.
        near = (x - point).norm(dim=1).clamp(min=max(tiny, 1e-12)).reciprocal()
        moved = near @ x / near.sum()
        step = (moved - point).norm()
        point = moved
        if step < _CLOSE:
            break
    return point


def directions(d_sae: int, d: int, length: float, generator: torch.Generator | None) -> Tensor:
    """Random directions of one length, ``[feature, d]``, drawn on the cpu."""
    drawn = torch.randn(d_sae, d, generator=generator)
    return drawn * (length / drawn.norm(dim=1, keepdim=True))


def tied(
    d_sae: int,
    sample: Tensor,
    length: float,
    bias: str,
    generator: torch.Generator | None,
) -> dict[str, nn.Parameter]:
    """Encoder, decoder and their biases of an autoencoder as they are before the first step.

    Args:
        d_sae: how many latents.
        sample: what will be encoded, ``[token, d]``, normalised; its device is the parameters'.
        length: of each direction.
        bias: what ``b_dec`` is of the sample: "mean", "geometric_median" or "zero".
        generator: of the directions; a cpu generator.

    Returns:
        ``W_enc`` (the directions, transposed), ``b_enc`` (zeros), ``W_dec``, ``b_dec``; float32.

    Raises:
        ValueError: no rows, NaN or infinity in them, or an unknown bias.
    """
    check_sample(sample)
    b_dec = _amid(sample.float(), bias)
    W_dec = directions(d_sae, sample.shape[1], length, generator).to(sample.device)
    return _made(W_dec.clone(), b_dec.new_zeros(d_sae), W_dec, b_dec)


@torch.no_grad()
def wired(
    d_sae: int,
    sample: Tensor,
    sample_out: Tensor,
    length: float,
    bias: str,
    generator: torch.Generator | None,
    k: int | None = None,
) -> dict[str, nn.Parameter]:
    """What `tied` is for an autoencoder, for a transcoder: latents write what goes with them.

    Random directions to write know nothing of the map that is to be learned: the first steps find
    most latents harmful and silence them for good. So only what is read is random. Each latent
    begins to fire on about a tenth of the tokens (of fewer than ten, on half), writes the
    covariance of the targets with its codes, and one factor on the codes, by least squares, brings
    all to the right length.

    Args:
        d_sae: how many latents.
        sample: what will be encoded, ``[token, d_in]``, normalised; its device is the parameters'.
        sample_out: what is to be predicted of the same tokens, ``[token, d_out]``.
        length: of each direction to write; those to read begin with it, too.
        bias: what ``b_dec`` is of the targets, less what latents write on average; "zero" is 0.
        generator: of the directions; a cpu generator.
        k: how many of the latents of a token write; ``None``: all that fire.

    Returns:
        ``W_enc``, ``b_enc``, ``W_dec``, ``b_dec``; float32.

    Raises:
        ValueError: no rows, NaN or infinity in them, or an unknown bias.
    """
    check_sample(sample)
    check_sample(sample_out)
    b_dec = _amid(sample_out.float(), bias)
    x, y = sample[:_SPREAD].float(), sample_out[:_SPREAD].float()
    reads = directions(d_sae, x.shape[1], length, generator).to(x.device)
    writes = directions(d_sae, y.shape[1], length, generator).to(x.device)
    b_enc, wanted = _seldom(reads.T, x), y - y.mean(0)
    goes_with = torch.zeros_like(writes)
    for some, of_them in zip(x.split(_FITTED), wanted.split(_FITTED), strict=True):
        goes_with.addmm_(torch.addmm(b_enc, some, reads.T).relu().T, of_them)
    size = goes_with.norm(dim=1, keepdim=True)
    # A latent that is silent on the sample, and one of constant targets, goes with nothing.
    W_dec = torch.where(size > 0, goes_with * (length / size), writes)
    codes = torch.addmm(b_enc, x[:_FITTED], reads.T).relu()
    if k is not None:
        largest = codes.topk(min(k, d_sae), dim=1)
        codes = torch.zeros_like(codes).scatter(1, largest.indices, largest.values)
    first = codes @ W_dec
    average = first.mean(0)
    factor = _fitting(first - average, wanted[:_FITTED])
    if bias != "zero":
        b_dec -= factor * average
    return _made(reads * factor, b_enc * factor, W_dec, b_dec)


@torch.no_grad()
def quieten(made: dict[str, nn.Parameter], sample: Tensor, center: bool, fixed: bool) -> None:
    """Let each latent begin to fire on about a tenth of the tokens, and their sum fit the data.

    With biases of 0 half of the latents fire on every token; much of a short training is the slow
    way down from there, on which some of them die. Biases come from the spread of what each latent
    sees; one factor on the codes, by least squares, brings reconstructions to the right length.
    Fewer than ten latents stay as they are: a tenth of them is none, and tokens that no latent
    reads teach nothing.

    Args:
        made: from `tied`, changed in place.
        sample: what will be encoded, ``[token, d_in]``.
        center: whether ``b_dec`` is subtracted from it first.
        fixed: whether directions keep their length; else they take half of the factor.
    """
    W_enc, b_enc, W_dec = (made[name] for name in ("W_enc", "b_enc", "W_dec"))
    if len(b_enc) < _FEW:
        return
    x = sample[:_SPREAD].float()
    if center:
        x = x - made["b_dec"]
    b_enc.copy_(_seldom(W_enc, x))
    few = x[:_FITTED]
    factor = _fitting(torch.addmm(b_enc, few, W_enc).relu() @ W_dec, few)
    for one in (W_enc, b_enc) if fixed else (W_enc, b_enc, W_dec):
        one.mul_(factor if fixed else factor.sqrt())


def _amid(x: Tensor, bias: str) -> Tensor:
    """A point amid the rows of a sample, ``[d]``."""
    if bias not in _BIASES:
        raise ValueError(f"b_dec starts as one of {', '.join(_BIASES)}; got {bias!r}.")
    if bias == "zero":
        return x.new_zeros(x.shape[1])
    return x.mean(0) if bias == "mean" else geometric_median(x)


def _seldom(W_enc: Tensor, x: Tensor) -> Tensor:
    """Biases with which each latent fires on about a tenth of the tokens, ``[feature]``.

    Of fewer than ten latents on half of them: most tokens would be read by none.
    """
    middle = x.mean(0)
    around = x - middle
    # From the data's covariance, which needs no table of tokens and latents.
    spread = (W_enc * (around.T @ around / len(x) @ W_enc)).sum(0).clamp(min=0).sqrt()
    beyond = _TENTH if len(spread) >= _FEW else 0.0
    return -(middle @ W_enc) - beyond * spread


def _fitting(first: Tensor, wanted: Tensor) -> Tensor:
    """The factor that brings reconstructions closest to what is wanted; 1 where none does."""
    factor = (wanted * first).sum() / first.square().sum()
    return torch.where(factor.isfinite() & (factor > 0), factor, 1.0)


def _made(reads: Tensor, b_enc: Tensor, W_dec: Tensor, b_dec: Tensor) -> dict[str, nn.Parameter]:
    # One block of memory a latent, so that what reads or writes few latents touches few lines.
    made = {"W_enc": reads.T, "b_enc": b_enc, "W_dec": W_dec, "b_dec": b_dec}
    return {name: nn.Parameter(value) for name, value in made.items()}


def check_sample(sample: Tensor) -> None:
    """Refuse what nothing can be trained on.

    Raises:
        TypeError: no float tensor.
        ValueError: no rows of numbers, or NaN or infinity in them.
    """
    if not isinstance(sample, Tensor) or not sample.is_floating_point():
        kind = sample.dtype if isinstance(sample, Tensor) else type(sample).__name__
        raise TypeError(f"activations are a float tensor [token, d]; got {kind}.")
    if sample.ndim != 2 or 0 in sample.shape:
        raise ValueError(f"activations are rows, [token, d]; got {list(sample.shape)}.")
    bad = int((~sample.isfinite()).any(1).sum())
    if bad:
        raise ValueError(
            f"{bad} of {len(sample)} rows of activations hold NaN or infinity. Leave them out: "
            "x[x.isfinite().all(1)]; if a model made them, run it in float32 or bfloat16."
        )
