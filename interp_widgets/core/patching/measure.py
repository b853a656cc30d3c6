"""What a patched run is judged by: a number from its logits after the last token.

``logit_diff`` is answer minus distractor, in logits. ``log_prob`` is the answer's, in nats;
``prob`` its probability, which hardly moves near 0 and 1.
``kl`` is ``KL(clean ‖ patched)`` in nats, ``norm`` the Euclidean distance of the logits from the
clean run's, ``rank`` how many tokens beat the answer: all three want no distractor, and are 0 (or
small) for the clean run. ``recovery`` is the logit difference on the scale where the corrupt run is
0 and the clean run 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core import metrics


@dataclass(frozen=True)
class Measure:
    """The judge of one pair's runs.

    Attributes:
        judge: logits ``[row, vocab]`` -> ``[row]``, or, if ``tokens`` are named, from the logits of
            these ``[row, token]``. Gradients pass, but through ``rank``.
        tokens: the ids that it looks at; None for the whole vocabulary.
    """

    judge: Callable[[Tensor], Tensor]
    tokens: tuple[int, ...] | None = None

    def of(self, logits: Tensor) -> Tensor:
        """The numbers alone, float64 ``[row]`` on the cpu."""
        return self.judge(logits).detach().cpu().double()


METRICS = ("logit_diff", "recovery", "log_prob", "prob", "kl", "norm", "rank")
UNITS = {
    "logit_diff": "logits",
    "recovery": "0 corrupt, 1 clean",
    "log_prob": "nats",
    "prob": "0..1",
    "kl": "nats",
    "norm": "logits",
    "rank": "tokens",
}


def with_unit(metric: str) -> str:
    """A metric's name and unit, ``"logit_diff (logits)"``; of a caller's own the name alone."""
    return f"{metric} ({UNITS[metric]})" if metric in UNITS else metric


def name_of(metric: Any) -> str:
    """What a metric is called in a record."""
    return metric if isinstance(metric, str) else getattr(metric, "__name__", "custom")


def check_metric(metric: Any, answer: Any, distractor: Any) -> None:
    """Refuse a metric that is not known, or that lacks the tokens it compares.

    Raises:
        ValueError: an unknown name, or a token that is missing.
        TypeError: neither a name nor a function.
    """
    if callable(metric):
        return
    if not isinstance(metric, str):
        raise TypeError(
            f"metric= is a name or a function of logits [row, vocab]; got {type(metric).__name__}."
        )
    if metric not in METRICS:
        raise ValueError(
            f"metric= is one of {', '.join(METRICS)}, or a function of logits [row, vocab] that "
            f"gives a number for each row; got {metric!r}."
        )
    if metric in ("logit_diff", "recovery") and (answer is None or distractor is None):
        missing = "answer" if answer is None else "distractor"
        raise ValueError(
            f"metric={metric!r} compares two tokens and {missing}= is missing. Give it, or take "
            "metric='log_prob' (answer alone) or metric='kl' (no token at all)."
        )
    if metric in ("log_prob", "prob", "rank") and answer is None:
        raise ValueError(f"metric={metric!r} needs answer=, the token that is looked at.")


def measure_of(
    metric: str | Callable[[Tensor], Tensor],
    answer: int | None,
    distractor: int | None,
    clean: Tensor,
) -> Measure:
    """The function that judges runs of one pair of prompts.

    Args:
        metric: a name that `check_metric` passed, or the caller's function. ``recovery`` is
            measured as ``logit_diff``, and scaled when both runs of every pair are known.
        answer: token id.
        distractor: token id.
        clean: logits of the clean run, ``[vocab]``.
    """
    if not isinstance(metric, str):
        return Measure(_callers(metric))
    if metric in ("logit_diff", "recovery"):  # two rows of the unembedding will do
        return Measure(_first_less_second, (answer or 0, distractor or 0))

    def named(logits: Tensor) -> Tensor:
        match metric:
            case "log_prob":
                found = metrics.log_probs(logits)[..., answer]
            case "prob":
                found = metrics.log_probs(logits)[..., answer].exp()
            case "kl":
                found = metrics.kl_divergence(clean.to(logits), logits)
            case "norm":
                found = (logits - clean.to(logits)).norm(dim=-1)
            case _:  # rank
                tokens = torch.full((len(logits), 1), answer or 0, device=logits.device)
                found = metrics.rank(logits, tokens)[..., 0]
        return found

    return Measure(named)


def _first_less_second(logits: Tensor) -> Tensor:
    return metrics.logit_diff(logits, 0, 1)


def _callers(metric: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    def checked(logits: Tensor) -> Tensor:
        found = metric(logits)
        if not isinstance(found, Tensor) or found.shape != logits.shape[:1]:
            got = list(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise ValueError(
                f"metric {name_of(metric)!r} was given logits [row, vocab] of shape "
                f"{list(logits.shape)} and has to give a tensor [row], a number for each; got "
                f"{got}. For example: lambda logits: logits[:, 5]."
            )
        return found

    return checked


def check_finite(values: Tensor, metric: Any, where: str) -> None:
    """Refuse a metric that has no value: NaN in a record means 'not known yet'.

    Raises:
        ValueError: a NaN or an infinity, and in which run.
    """
    if not torch.isfinite(values).all():
        bad = values[~torch.isfinite(values)][0].item()
        raise ValueError(
            f"metric {name_of(metric)!r} is {bad} in {where}. Take one that is finite for every "
            "run; a ratio or a logarithm may need a small number added."
        )
