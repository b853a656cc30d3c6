"""Activation patching: run one prompt with one activation of another, and see what changes.

Patching *clean into corrupt* (``denoise``) asks whether a place is enough to bring the answer back;
*corrupt into clean* (``noise``) whether the answer needs it (Vig et al., 2020; Meng et al., 2022;
Wang et al., 2023; Heimersheim & Nanda, 2024). The whole stream at any layer is the whole run, so a
bar that patches all positions at once is always 1; by position it shows where information sits.

Every cell is a run of its own, exactly that of a plain hook; see `sweep` for how they are made
cheap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence

from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.patching.experiment import Experiment, Metric, empty, planned, steps
from interp_widgets.core.patching.intervention import Grid, Patch, check_per
from interp_widgets.core.patching.measure import check_metric
from interp_widgets.core.patching.pairs import Align, pairs_of, partners
from interp_widgets.core.patching.record import Patching
from interp_widgets.core.tokens import Prompt

Tokens = str | int | Sequence[str | int] | None
Cells = Sequence[str | Patch | Sequence[str | Patch]] | None


def activation_patching(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    site: str = "resid_pre",
    per: str = "position",
    direction: str = "denoise",
    metric: Metric = "logit_diff",
    cells: Cells = None,
    align: Align = None,
) -> Patching:
    """Patch every cell of a kind of place from one run into another, one at a time.

    Args:
        model: the model.
        clean: the prompt with the behaviour; a list for several pairs.
        corrupt: as many prompts without it, token for token as long.
        answer: the token that the clean prompt calls for (``" Paris"``, or an id); a list for
            several pairs.
        distractor: the token that the corrupt prompt calls for.
        site: ``resid_pre``, ``resid_mid``, ``resid_post``, ``attn_out``, ``mlp_out``, ``z`` (head
            outputs), ``q``, ``k``, ``v``, ``pattern``, ``mlp_post`` (neurons).
        per: what is patched together: a ``"layer"``; a ``"position"`` in a layer; a ``"head"`` at
            all positions; ``"head_position"``; a ``"neuron"``. Of a pattern the position is the
            destination; keys and values have as many heads as the model has of them.
        direction: ``"denoise"``: clean into corrupt; ``"noise"``: corrupt into clean.
        metric: ``"logit_diff"``, ``"recovery"``, ``"log_prob"``, ``"kl"``, ``"norm"``, ``"rank"``
            (see `measure`), or a function from logits ``[row, vocab]`` after the last token to
            numbers ``[row]``.
        cells: instead of ``site`` and ``per``, a list of places (``"L3.z.5"``), of `Patch`es with
            positions or values of your own, or of lists of these that act together.
        align: for prompts of unequal length: ``"diff"``, or pairs of a clean and a corrupt
            position. Positions without a partner
            are not patched and stay NaN.

    Returns:
        The record: ``.effect`` and ``.recovery`` are ``[layer, pos]``, ``[layer, head]``, …

    Raises:
        ValueError: whatever cannot be answered, before anything is computed: prompts of unequal
            length (both are shown, token under token), an answer of several tokens, a site that
            the model lacks, a metric without its tokens. A metric that gives NaN is named when it
            does.
        TypeError: arguments of another type.
    """
    records = iter_activation_patching(
        model, clean, corrupt, answer, distractor, site, per, direction, metric, cells, align
    )
    return deque(records, maxlen=1).pop()


def iter_activation_patching(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    site: str = "resid_pre",
    per: str = "position",
    direction: str = "denoise",
    metric: Metric = "logit_diff",
    cells: Cells = None,
    align: Align = None,
) -> Generator[Patching]:
    """`activation_patching` in steps: the same record, filling up batch by batch.

    Closing it cancels. Bad input raises here, not at the first step.
    """
    plan, experiments, settings = experiments_of(
        model, clean, corrupt, answer, distractor, site, per, direction, metric, cells, align
    )
    return steps(model, experiments, empty(model, experiments, plan, settings, metric), metric)


def experiments_of(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens,
    distractor: Tokens,
    site: str,
    per: str,
    direction: str,
    metric: Metric,
    cells: Cells,
    align: Align,
) -> tuple[Grid, list[Experiment], dict[str, str]]:
    """The grid of a request, an experiment for each pair, and what the record says of both.

    Raises:
        ValueError: whatever is wrong with the request; see `activation_patching`.
        TypeError: arguments of another type.
    """
    check_model(model)
    check_metric(metric, answer, distractor)
    if direction not in ("denoise", "noise"):
        raise ValueError(
            "direction= is 'denoise' (clean into corrupt) or 'noise' (corrupt into clean); got "
            f"{direction!r}."
        )
    if cells is None:
        check_per(model, site, per)
    pairs = pairs_of(model, clean, corrupt, answer, distractor, align)
    denoise = direction == "denoise"
    tokens = [pair.corrupt_tokens if denoise else pair.clean_tokens for pair in pairs]
    plans = planned(model, site, per, cells, tokens)
    experiments = [
        Experiment(
            clean=pair.clean,
            corrupt=pair.corrupt,
            clean_text=pair.clean_text,
            corrupt_text=pair.corrupt_text,
            answer=pair.answer,
            distractor=pair.distractor,
            cells=plan.cells,
            partner=partners(pair, of_corrupt=denoise),
        )
        for pair, plan in zip(pairs, plans, strict=True)
    ]
    settings = {"method": "activation", "direction": direction}
    settings |= {"site": site, "per": per} if cells is None else {"site": "", "per": "cell"}
    return plans[0], experiments, settings
