"""Where training starts: random directions, the encoder tied to them, the bias amid the data."""

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
    sample_out: Tensor | None,
    length: float,
    bias: str,
    generator: torch.Generator | None,
) -> dict[str, nn.Parameter]:
    """Encoder, decoder and their biases as they are before the first step.

    Args:
        d_sae: how many latents.
        sample: what will be encoded, ``[token, d_in]``, normalised; its device is the parameters'.
        sample_out: what is to be decoded, ``[token, d_out]``, where that is something else.
        length: of each direction.
        bias: what ``b_dec`` is of the sample: "mean", "geometric_median" or "zero"; a transcoder's
            is zero.
        generator: of the directions; a cpu generator.

    Returns:
        ``W_enc`` (the directions, transposed, where input and output have one width; else as
        random as they are), ``b_enc`` (zeros), ``W_dec``, ``b_dec``; float32.

    Raises:
        ValueError: no rows, NaN or infinity in them, or an unknown bias.
    """
    check_sample(sample)
    if bias not in _BIASES:
        raise ValueError(f"b_dec starts as one of {', '.join(_BIASES)}; got {bias!r}.")
    target = sample if sample_out is None else sample_out
    if sample_out is not None:
        check_sample(sample_out)
    d_in, d_out = sample.shape[1], target.shape[1]
    W_dec = directions(d_sae, d_out, length, generator)
    # One block of memory a latent, so that what reads or writes few latents touches few lines.
    rows = W_dec.clone() if d_in == d_out else directions(d_sae, d_in, length, generator)
    b_dec = torch.zeros(d_out, device=sample.device)
    if sample_out is None and bias == "mean":
        b_dec = sample.float().mean(0)
    elif sample_out is None and bias == "geometric_median":
        b_dec = geometric_median(sample.float())
    return {
        "W_enc": nn.Parameter(rows.to(sample.device).T),
        "b_enc": nn.Parameter(torch.zeros(d_sae, device=sample.device)),
        "W_dec": nn.Parameter(W_dec.to(sample.device)),
        "b_dec": nn.Parameter(b_dec),
    }


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
    middle = x.mean(0)
    around = x - middle
    # From the data's covariance, which needs no table of tokens and latents.
    spread = (W_enc * (around.T @ around / len(x) @ W_enc)).sum(0).clamp(min=0).sqrt()
    b_enc.copy_(-(middle @ W_enc) - _TENTH * spread)
    few = x[:_FITTED]
    first = torch.addmm(b_enc, few, W_enc).relu() @ W_dec
    factor = (few * first).sum() / first.square().sum()
    factor = torch.where(factor.isfinite() & (factor > 0), factor, 1.0)
    for one in (W_enc, b_enc) if fixed else (W_enc, b_enc, W_dec):
        one.mul_(factor if fixed else factor.sqrt())


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
