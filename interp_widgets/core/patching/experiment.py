"""What activation patching, ablation and causal tracing share: pairs of runs, swept into a record.

An `Experiment` is one base run, the run that it is patched from (if any) and the cells. The record
fills up experiment by experiment, and within one batch by batch.
"""

from __future__ import annotations

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
        maker = RowMaker(base, experiment.cells, donor, experiment.partner)
        clean = maker.donor_final if denoise else base.final
        assert clean is not None
        measure = measure_of(metric, experiment.answer, experiment.distractor, base.read(clean))
        ends = _ends(base, maker, measure, metric)
        record.clean_values[number], record.corrupt_values[number] = ends[::-1] if denoise else ends
        if number == 0:
            record = _checked(record, base, experiment, donor, measure, ends)
        cells = record.values[number].view(-1)
        made = [maker.row(cell) for cell in experiment.cells]
        at = [i for i, row in enumerate(made) if row is not None]
        for rows, logits in sweep(base, [row for row in made if row is not None], measure.tokens):
            found = [at[row] for row in rows]
            values = measure.of(logits)
            worst = found[int(torch.isfinite(values).byte().argmin())]
            check_finite(values, metric, f"the run patched at {_named(record, worst)}")
            cells[found] = values
            yield _snapshot(record)


def _ends(base: BaseRun, maker: RowMaker, measure: Measure, metric: Metric) -> tuple[float, float]:
    """The metric of the base run and of the other one (NaN if there is none)."""
    own = _judged(base, measure, base.final)
    check_finite(own, metric, "the run that is patched")
    if maker.donor_final is None:
        return float(own), float("nan")
    other = _judged(base, measure, maker.donor_final)
    check_finite(other, metric, "the run that is patched from")
    return float(own), float(other)


def _judged(base: BaseRun, measure: Measure, final: Tensor) -> Tensor:
    return measure.of(base.read(final[None], measure.tokens))


def _checked(
    record: Patching,
    base: BaseRun,
    experiment: Experiment,
    donor: Tensor | None,
    measure: Measure,
    ends: tuple[float, float],
) -> Patching:
    """The record with its two checks: nothing patched, and everything."""
    own, other = ends
    again = _judged(base, measure, base.again)
    whole = float("nan")
    same_length = donor is not None and len(donor) == len(base.ids)
    if same_length and experiment.partner == tuple(range(len(base.ids))) and own != other:
        cell = (Patch(f"L{base.model.n_layers // 2}.resid_pre"),)
        row = RowMaker(base, (cell,), donor).row(cell)
        for _, logits in sweep(base, [] if row is None else [row], measure.tokens):
            whole = (float(measure.of(logits)) - own) / (other - own)
    return replace(
        record,
        check_nothing=abs(float(again) - own),
        check_whole=whole,
        resumed=base.resumes,
    )


def _named(record: Patching, flat: int) -> str:
    shape = record.values.shape[1:]
    cell = torch.unravel_index(torch.tensor(flat), shape)
    return record.name(tuple(int(i) for i in cell))


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
