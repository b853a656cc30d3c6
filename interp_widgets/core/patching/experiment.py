"""What activation patching, ablation and causal tracing share: pairs of runs, swept into a record.

An `Experiment` is one base run, the run that it is patched from (if any) and the cells. The record
fills up experiment by experiment, and within one batch by batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.patching.base_run import BaseRun, run_base
from interp_widgets.core.patching.intervention import Grid, Intervention, Patch, chosen, grid
from interp_widgets.core.patching.measure import Measure, check_finite, measure_of, name_of
from interp_widgets.core.patching.record import Patching
from interp_widgets.core.patching.rows import RowMaker
from interp_widgets.core.patching.sweep import sweep

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Metric = str | Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Experiment:
    """One base run and what is done to it.

    Attributes:
        clean: ids ``[pos]``.
        corrupt: ids ``[pos]`` of the other prompt; None if there is none.
        clean_text, corrupt_text: the prompts.
        answer, distractor: token ids.
        cells: interventions, in the order of the record's axes.
        partner: for each position of the base run the other's; -1 for none.
        noise: added to what enters layer 0 of the corrupt run, ``[pos, d_model]``.
    """

    clean: Tensor
    corrupt: Tensor | None
    clean_text: str
    corrupt_text: str
    answer: int | None
    distractor: int | None
    cells: tuple[Intervention, ...]
    partner: tuple[int, ...] | None = None
    noise: Tensor | None = None


def planned(
    model: LanguageModel,
    site: str,
    per: str,
    cells: Any,
    tokens: Sequence[Sequence[str]],
) -> list[Grid]:
    """The cells for each base run; they are one grid, so that pairs can be averaged.

    Args:
        model: the model.
        site: kind of place.
        per: what is patched together.
        cells: a caller's own list instead, or None.
        tokens: pieces of each base run's prompt ``[pair][pos]``.

    Raises:
        ValueError: positions are asked for and the prompts are not of one length.
    """
    if cells is not None:
        cells = cells if isinstance(cells, str | Patch) else list(cells)
        return [chosen(model, cells, len(row)) for row in tokens]
    lengths = sorted({len(row) for row in tokens})
    if "position" in per and len(lengths) > 1:
        raise ValueError(
            f"per={per!r} puts positions of all pairs under each other, but the patched prompts "
            f"have {lengths[0]} to {lengths[-1]} tokens. Choose prompts of one length, or "
            "per='layer' or 'head'."
        )
    together = [" / ".join(dict.fromkeys(column)) for column in zip(*tokens, strict=False)]
    return [grid(model, site, per, together)] * len(tokens)


def empty(
    model: LanguageModel,
    experiments: Sequence[Experiment],
    plan: Grid,
    settings: dict[str, Any],
    metric: Metric,
) -> Patching:
    """The record before anything is known."""
    count = len(experiments)

    def pieces(ids: Tensor | None) -> tuple[str, ...]:
        return () if ids is None else tuple(model.tokens(ids))

    def names(tokens: list[int | None]) -> tuple[str, ...]:
        return tuple("" if token is None else model.piece(token) for token in tokens)

    texts = [text for e in experiments for text in (e.clean_text, e.corrupt_text) if text]
    return Patching(
        model=model.name,
        revision=model.revision,
        prompt="\n".join(dict.fromkeys(texts)),
        metric=name_of(metric),
        clean_prompts=tuple(e.clean_text for e in experiments),
        corrupt_prompts=tuple(e.corrupt_text for e in experiments),
        clean_tokens=tuple(pieces(e.clean) for e in experiments),
        corrupt_tokens=tuple(pieces(e.corrupt) for e in experiments),
        answers=names([e.answer for e in experiments]),
        distractors=names([e.distractor for e in experiments]),
        axes=plan.axes,
        labels=plan.labels,
        values=torch.full((count, *plan.shape), float("nan"), dtype=torch.float64),
        clean_values=torch.full((count,), float("nan"), dtype=torch.float64),
        corrupt_values=torch.full((count,), float("nan"), dtype=torch.float64),
        check_nothing=float("nan"),
        check_whole=float("nan"),
        resumed=True,
        **settings,
    )


def steps(
    model: LanguageModel, experiments: Sequence[Experiment], record: Patching, metric: Metric
) -> Generator[Patching]:
    """Fill the record, and yield it as it is after every batch."""
    for number, experiment in enumerate(experiments):
        denoise = record.direction == "denoise"
        ids, donor = experiment.clean, experiment.corrupt
        if denoise and donor is not None:
            ids, donor = donor, ids
        base = run_base(model, ids, experiment.noise)
        # One cell more, for the check of the record.
        same = donor is not None and len(donor) == len(ids)
        aligned = experiment.partner == tuple(range(len(ids)))
        check = number == 0 and same and aligned and record.direction != "ablate"
        cells = (*experiment.cells, _whole(model)) if check else experiment.cells
        maker = RowMaker(base, cells, donor, experiment.partner)
        clean = maker.donor_final if denoise else base.final
        assert clean is not None
        measure = measure_of(metric, experiment.answer, experiment.distractor, base.read(clean))
        ends = _ends(base, maker, measure, metric, record.direction)
        record.clean_values[number], record.corrupt_values[number] = ends[::-1] if denoise else ends
        if number == 0:
            nothing = abs(_judged(base, measure, base.again).item() - ends[0])
            record = replace(record, check_nothing=nothing, resumed=base.resumes)
        made = {i: row for i, cell in enumerate(cells) if (row := maker.row(cell)) is not None}
        at = list(made)
        values = torch.full((len(cells),), float("nan"), dtype=torch.float64)
        for rows, logits in sweep(base, list(made.values()), measure.tokens):
            found = [at[row] for row in rows]
            values[found] = measure.of(logits)
            _check_values(values[found], found, record, metric)
            record.values[number] = values[: len(experiment.cells)].view(record.values.shape[1:])
            if check and ends[0] != ends[1]:
                whole = (values[-1].item() - ends[0]) / (ends[1] - ends[0])
                record = replace(record, check_whole=whole)
            yield _snapshot(record)


def _whole(model: LanguageModel) -> Intervention:
    """The whole stream, half way up."""
    return (Patch(f"L{model.n_layers // 2}.resid_pre"),)


def _check_values(values: Tensor, cells: list[int], record: Patching, metric: Metric) -> None:
    """Refuse a metric that has no value in some run, and say in which."""
    worst = cells[int(torch.isfinite(values).byte().argmin())]
    shape = record.values.shape[1:]
    where = "everywhere"
    if worst < math.prod(shape):
        cell = torch.unravel_index(torch.tensor(worst), shape)
        where = f"at {record.name(tuple(int(i) for i in cell))}"
    check_finite(values, metric, f"the run patched {where}")


def _ends(
    base: BaseRun, maker: RowMaker, measure: Measure, metric: Metric, direction: str
) -> tuple[float, float]:
    """The metric of the base run and of the other one; NaN if it is none to compare with."""
    own = _judged(base, measure, base.final)
    check_finite(own, metric, "the run that is patched")
    if maker.donor_final is None or direction == "ablate":
        return float(own), float("nan")
    other = _judged(base, measure, maker.donor_final)
    check_finite(other, metric, "the run that is patched from")
    return float(own), float(other)


def _judged(base: BaseRun, measure: Measure, final: Tensor) -> Tensor:
    return measure.of(base.read(final[None], measure.tokens))


def _snapshot(record: Patching) -> Patching:
    """The record as it is now, which later steps leave alone."""
    clean, corrupt, values = (
        record.clean_values.clone(),
        record.corrupt_values.clone(),
        record.values.clone(),
    )
    if record.metric == "recovery":  # from logit differences, on a scale that all pairs share
        scale = (clean - corrupt).nanmean()
        wide = corrupt.reshape(-1, *[1] * (values.ndim - 1))
        values, clean, corrupt = (values - wide) / scale, (clean - corrupt) / scale, corrupt * 0
    return replace(record, clean_values=clean, corrupt_values=corrupt, values=values)
