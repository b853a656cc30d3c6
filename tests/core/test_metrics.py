"""Metrics against their definitions."""

from __future__ import annotations

import math

import torch

from interp_widgets.core import metrics

LOGITS = torch.randn(3, 4, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_entropy_of_certainty_and_of_ignorance():
    torch.testing.assert_close(metrics.entropy(torch.zeros(50)), torch.tensor(math.log(50)))
    sure = torch.zeros(50)
    sure[3] = 200
    assert metrics.entropy(sure).item() == 0


def test_kl_is_a_divergence():
    other = LOGITS.flip(0)
    kl = metrics.kl_divergence(LOGITS, other)
    p, q = LOGITS.softmax(-1), other.softmax(-1)
    torch.testing.assert_close(kl, (p * (p / q).log()).sum(-1))
    assert (kl >= 0).all()
    assert metrics.kl_divergence(LOGITS, LOGITS).abs().max() == 0


def test_forbidden_tokens_add_nothing():
    """A logit of minus infinity is probability 0, and 0 · log 0 is 0."""
    some, none = LOGITS[..., :20], torch.full((3, 4, 30), -math.inf, dtype=torch.float64)
    barred = torch.cat([some, none], -1)
    torch.testing.assert_close(metrics.entropy(barred), metrics.entropy(some))
    wanted = metrics.kl_divergence(some, LOGITS[..., 20:40])
    other = torch.cat([LOGITS[..., 20:40], none], -1)
    torch.testing.assert_close(metrics.kl_divergence(barred, other), wanted)
    assert metrics.kl_divergence(LOGITS, barred).isinf().all()


def test_logit_difference_is_the_log_odds():
    p = LOGITS.softmax(-1)
    wanted = (p[..., 3] / p[..., 8]).log()
    torch.testing.assert_close(metrics.logit_diff(LOGITS, 3, 8), wanted)


def test_rank_counts_the_likelier_ones():
    tokens = LOGITS.argsort(-1, descending=True)[..., [0, 7, 49]]
    assert (metrics.rank(LOGITS, tokens) == torch.tensor([0, 7, 49])).all()
    assert metrics.rank(LOGITS, tokens).dtype == torch.int32
    assert metrics.rank(LOGITS, tokens[..., :0]).shape == (3, 4, 0)
    tied = torch.tensor([1.0, 2.0, 2.0, 0.0])
    assert metrics.rank(tied, torch.tensor([0, 1, 2, 3])).tolist() == [2, 0, 0, 3]


def test_half_precision_is_raised():
    for dtype in (torch.bfloat16, torch.float16):
        half = LOGITS.to(dtype)
        assert metrics.entropy(half).dtype == torch.float32
        torch.testing.assert_close(metrics.entropy(half), metrics.entropy(half.float()))
    assert metrics.log_probs(LOGITS).dtype == torch.float64
