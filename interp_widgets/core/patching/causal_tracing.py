"""Causal tracing: blur what a prompt is about, then restore one place (Meng et al., 2022).

The embeddings of the subject's tokens get normal noise of three times the spread of embeddings, and
the model no longer knows the answer. Restoring what one place held without the noise shows where
the fact passes. There is no second prompt to choose; but what noise of this size leaves is like no
text, and results depend on it and on the window (Zhang & Nanda, 2024), so check with a real pair.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.patching.activation import Tokens
from interp_widgets.core.patching.experiment import Experiment, Metric, empty, planned, steps
from interp_widgets.core.patching.intervention import STREAM_KINDS, Grid, Patch, check_per
from interp_widgets.core.patching.measure import check_metric
from interp_widgets.core.patching.pairs import pairs_of, partners
from interp_widgets.core.patching.record import Patching
from interp_widgets.core.tokens import Prompt


def causal_tracing(
    model: LanguageModel,
    prompt: Prompt,
    subject: str | Sequence[int],
    answer: Tokens = None,
    distractor: Tokens = None,
    site: str = "resid_post",
    window: int = 1,
    metric: Metric = "prob",
    noise: float = 3.0,
    draws: int = 10,
    seed: int = 0,
) -> Patching:
    """Restore every layer and position of a run whose subject was blurred.

    Args:
        model: the model.
        prompt: the prompt.
        subject: the part of the text that is blurred (``" Eiffel Tower"``), or its positions.
        answer: the token that the metric looks at, as in `activation_patching`.
        distractor: the token that it is compared with.
        site: ``resid_pre``, ``resid_mid``, ``resid_post``, ``attn_out`` or ``mlp_out``.
        window: how many layers around a cell's are restored together at its position. The paper
            restores 10 of ``mlp_out`` or ``attn_out`` and 1 of the stream, so its maps of the two
            cannot be compared.
        metric: as in `activation_patching`; the paper's is ``"prob"``.
        noise: standard deviation of the noise, in standard deviations of the prompt's embeddings.
        draws: noises drawn; the same for the blurred run and those restored from it.
        seed: of the noise.

    Returns:
        The record, ``[layer, pos]``: ``.effect`` is restored minus blurred (the paper's indirect
        effect), the mean over draws, which count as pairs.

    Raises:
        ValueError: as `activation_patching`; a subject that is not in the prompt, a window, a noise
            or a number of draws that is none.
    """
    records = iter_causal_tracing(
        model, prompt, subject, answer, distractor, site, window, metric, noise, draws, seed
    )
    return deque(records, maxlen=1).pop()


def iter_causal_tracing(
    model: LanguageModel,
    prompt: Prompt,
    subject: str | Sequence[int],
    answer: Tokens = None,
    distractor: Tokens = None,
    site: str = "resid_post",
    window: int = 1,
    metric: Metric = "prob",
    noise: float = 3.0,
    draws: int = 10,
    seed: int = 0,
) -> Generator[Patching]:
    """`causal_tracing` in steps: the same record, filling up batch by batch. Closing it cancels."""
    check_model(model)
    check_metric(metric, answer, distractor)
    if site not in STREAM_KINDS:
        raise ValueError(f"site= is one of {', '.join(STREAM_KINDS)}; got {site!r}.")
    check_per(model, site, "position")
    for name, number in (("window", window), ("draws", draws)):
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"{name}= is a whole number of 1 or more; got {number!r}.")
    if not noise > 0:
        raise ValueError(f"noise= is more than 0, or nothing is blurred; got {noise!r}.")
    pairs = pairs_of(model, prompt, prompt, answer, distractor)
    if len(pairs) != 1:
        raise ValueError(f"causal tracing takes one prompt; got {len(pairs)}.")
    (pair,) = pairs
    blurred = subject_positions(pair.clean_tokens, subject)
    (plan,) = planned(model, site, "position", None, [pair.clean_tokens])
    plan = _windows(model, plan, site, window)
    one = Experiment(
        clean=pair.clean,
        corrupt=pair.corrupt,
        clean_text=pair.clean_text,
        corrupt_text=pair.clean_text,
        answer=pair.answer,
        distractor=pair.distractor,
        cells=plan.cells,
        partner=partners(pair, of_corrupt=True),
    )
    generator = torch.Generator().manual_seed(seed)
    experiments = [
        replace(one, noise=_noise(model, pair.clean, blurred, noise, generator))
        for _ in range(draws)
    ]
    settings = {"method": "tracing", "direction": "denoise", "site": site, "per": "position"}
    return steps(model, experiments, empty(model, experiments, plan, settings, metric), metric)


def subject_positions(tokens: Sequence[str], subject: Any) -> list[int]:
    """Positions of the tokens that a part of the text touches.

    Raises:
        ValueError: a text that is not in the prompt, or a position outside it.
    """
    if not isinstance(subject, str):
        at = list(subject) if isinstance(subject, Sequence) else [subject]
        if not at or not all(isinstance(p, int) and 0 <= p < len(tokens) for p in at):
            raise ValueError(
                f"subject= is a part of the prompt's text or positions 0 to {len(tokens) - 1}; got "
                f"{subject!r}."
            )
        return at
    text, wanted = "".join(tokens), subject.strip()
    start = text.find(wanted) if wanted else -1
    if start < 0:
        raise ValueError(f"the subject {subject!r} is not in the prompt {text!r}.")
    found, end = [], 0
    for position, token in enumerate(tokens):
        begin, end = end, end + len(token)
        if begin < start + len(wanted) and end > start:
            found.append(position)
    return found


def _windows(model: LanguageModel, plan: Grid, site: str, window: int) -> Grid:
    """Each cell's layer with those around it, as many below as above or one more."""
    cells = []
    for (patch,), layer in zip(
        plan.cells,
        (layer for layer in range(model.n_layers) for _ in plan.labels[1]),
        strict=True,
    ):
        low = max(0, layer - window // 2)
        high = min(model.n_layers, layer - window // 2 + window)
        cells.append(tuple(Patch(f"L{at}.{site}", patch.pos) for at in range(low, high)))
    return replace(plan, cells=tuple(cells))


@torch.no_grad()
def _noise(
    model: LanguageModel,
    ids: Tensor,
    positions: list[int],
    scale: float,
    generator: torch.Generator,
) -> Tensor:
    """Normal noise at the subject's positions, zero elsewhere, ``[pos, d_model]``."""
    embedded = model.hf.get_input_embeddings()(ids)
    drawn = torch.randn(embedded.shape, generator=generator, dtype=torch.float64)
    keep = torch.zeros(len(ids), 1, dtype=torch.float64)
    keep[positions] = scale * embedded.cpu().double().std().item()  # MPS has no float64
    return (drawn * keep).to(embedded.dtype).to(embedded.device)
