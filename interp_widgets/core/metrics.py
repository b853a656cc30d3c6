"""What a run is judged by. All take logits in any float type and compute in float32 or better.

Logits are ``[..., vocab]``; results drop the last axis. Probabilities are 0..1, divergences nats.
"""

from __future__ import annotations

import torch
from torch import Tensor


def precise(logits: Tensor) -> Tensor:
    """Half precision raised to float32; float32 and float64 as they are."""
    return logits if logits.dtype == torch.float64 else logits.float()


def log_probs(logits: Tensor) -> Tensor:
    """Log-probabilities ``[..., vocab]``, nats."""
    return precise(logits).log_softmax(-1)


def logit_diff(logits: Tensor, answer: int, distractor: int) -> Tensor:
    """Logit of ``answer`` minus logit of ``distractor``, which is their log-odds."""
    logits = precise(logits)
    return logits[..., answer] - logits[..., distractor]


def entropy(logits: Tensor) -> Tensor:
    """Entropy of the next-token distribution, nats: 0 when certain, ``ln(vocab)`` when uniform."""
    logp = log_probs(logits)
    return -_expected(logp, logp)


def kl_divergence(logits: Tensor, other: Tensor) -> Tensor:
    """``KL(P‖Q)`` in nats, P from ``logits`` and Q from ``other``: at least 0, not symmetric."""
    logp, logq = log_probs(logits), log_probs(other)
    return _expected(logp, logp - logq)


def _expected(logp: Tensor, value: Tensor) -> Tensor:
    """The mean of ``value`` under ``logp``; what has probability 0 (a logit of -inf) adds 0."""
    probs = logp.exp()
    return torch.where(probs > 0, probs * value, 0).sum(-1)


def rank(logits: Tensor, tokens: Tensor) -> Tensor:
    """How many tokens are strictly more likely; 0 is the top.

    Args:
        logits: ``[..., vocab]``.
        tokens: ids, ``[..., k]`` with the leading axes of ``logits``.

    Returns:
        int32, ``[..., k]``.
    """
    logits = precise(logits).detach()
    chosen = logits.gather(-1, tokens)
    # Counted in one float buffer: exact, and several times faster than booleans summed as int64.
    likelier = torch.empty_like(logits)
    columns = [
        torch.gt(logits, chosen[..., i : i + 1], out=likelier).sum(-1)
        for i in range(tokens.shape[-1])
    ]
    return torch.stack(columns, -1).to(torch.int32) if columns else tokens.to(torch.int32)
