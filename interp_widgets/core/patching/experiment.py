"""What activation patching, ablation and causal tracing share: pairs of runs, swept into a record.

An `Experiment` is one base run, the run that it is patched from (if any) and the cells. The record
fills up experiment by experiment, and within one batch by batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.patching.base_run import BaseRun, run_base
from interp_widgets.core.patching.intervention import Grid, Intervention, Patch, chosen, grid
from interp_widgets.core.patching.measure import Measure, check_finite, measure_of, name_of
from interp_widgets.core.patching.pairs import token_names
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
        if isinstance(cells, Iterable) and not isinstance(cells, str):
            cells = list(cells)  # of a generator, which gives its cells once
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
        answers=token_names(model, [e.answer for e in experiments]),
        distractors=token_names(model, [e.distractor for e in experiments]),
        axes=plan.axes,
        labels=plan.labels,
        values=torch.full((count, *plan.shape), float("nan"), dtype=torch.float64),
        exact=torch.empty(0, dtype=torch.float64),
        clean_values=torch.full((count,), float("nan"), dtype=torch.float64),
        corrupt_values=torch.full((count,), float("nan"), dtype=torch.float64),
        check_nothing=float("nan"),
        check_whole=float("nan"),
        resumed=True,
        **settings,
    )


@dataclass(frozen=True, eq=False)
class Runs:
    """The two runs of an experiment, done, and what is needed to sweep its cells.

    Attributes:
        base: the run that is patched.
        maker: makes rows of interventions.
        measure: what judges the patched runs.
        own: the metric of the base run.
        other: that of the run that is patched from; NaN if it is none to compare with.
        cells: the experiment's interventions.
        whole: one more that patches the whole stream, for the record's check; None if there is no
            other run, or no scale.
    """

    base: BaseRun
    maker: RowMaker
    measure: Measure
    own: float
    other: float
    cells: tuple[Intervention, ...]
    whole: Intervention | None

    def judged(self, final: Tensor) -> float:
        """The metric of a run that ends with a stream ``[d_model]``."""
        return float(self.measure.of(self.base.read(final[None], self.measure.tokens)))

    def sweep(self, which: Sequence[int]) -> Iterator[tuple[list[int], Tensor]]:
        """Run some of the cells; yields their indices and the metric. ``len(cells)`` is `whole`."""
        cells = {i: self.cells[i] for i in which}
        if self.whole is not None:
            cells[len(self.cells)] = self.whole
        made = {i: row for i, cell in cells.items() if (row := self.maker.row(cell)) is not None}
        at = list(made)
        for rows, logits in sweep(self.base, list(made.values()), self.measure.tokens):
            yield [at[row] for row in rows], self.measure.of(logits)


def prepare(
    model: LanguageModel, experiment: Experiment, direction: str, metric: Metric, check: bool
) -> Runs:
    """Do the two runs of an experiment.

    Args:
        model: the model.
        experiment: what is patched, and from what.
        direction: of the record.
        metric: of the record.
        check: also sweep the whole stream, where there is another run of the same positions.

    Raises:
        ValueError: the metric is not finite in one of them.
    """
    denoise = direction == "denoise"
    ids, donor = experiment.clean, experiment.corrupt
    if denoise and donor is not None:
        ids, donor = donor, ids
    base = run_base(model, ids, experiment.noise)
    same = donor is not None and len(donor) == len(ids) and direction != "ablate"
    whole = (Patch(f"L{model.n_layers // 2}.resid_pre"),)  # the whole stream, half way up
    check = check and same and experiment.partner == tuple(range(len(ids)))
    cells = (*experiment.cells, whole) if check else experiment.cells
    maker = RowMaker(base, cells, donor, experiment.partner)
    clean = maker.donor_final if denoise else base.final
    assert clean is not None
    measure = measure_of(metric, experiment.answer, experiment.distractor, base.read(clean))
    runs = Runs(base, maker, measure, 0.0, float("nan"), experiment.cells, None)
    own, other = runs.judged(base.final), float("nan")
    check_finite(torch.tensor(own), metric, "the run that is patched")
    if maker.donor_final is not None and direction != "ablate":
        other = runs.judged(maker.donor_final)
        check_finite(torch.tensor(other), metric, "the run that is patched from")
    return replace(runs, own=own, other=other, whole=whole if check and own != other else None)


def ended(record: Patching, number: int, own: float, other: float) -> Patching:
    """The record with the metric of both runs of a pair: the one patched, and the one from."""
    clean, corrupt = (other, own) if record.direction == "denoise" else (own, other)
    record.clean_values[number], record.corrupt_values[number] = clean, corrupt
    return record


def noted(record: Patching, runs: Runs, number: int) -> Patching:
    """The record with the metric of both runs of a pair, and what patching nothing does."""
    record = ended(record, number, runs.own, runs.other)
    if number > 0:
        return record
    nothing = abs(runs.judged(runs.base.again) - runs.own)
    return replace(record, check_nothing=nothing, resumed=runs.base.resumes)


def filled(
    record: Patching, runs: Runs, into: Tensor, which: Sequence[int], metric: Metric
) -> Iterator[Patching]:
    """Run cells of a pair and put their values ``into [*axes]``, a tensor of the record."""
    flat = into.view(-1)
    for found, values in runs.sweep(which):
        _check_values(values, found, record, metric)
        for cell, value in zip(found, values.tolist(), strict=True):
            if cell < len(flat):
                flat[cell] = value
            else:
                share = (value - runs.own) / (runs.other - runs.own)
                record = replace(record, check_whole=share)
        yield record


def steps(
    model: LanguageModel, experiments: Sequence[Experiment], record: Patching, metric: Metric
) -> Generator[Patching]:
    """Fill the record, and yield it as it is after every batch."""
    for number, experiment in enumerate(experiments):
        runs = prepare(model, experiment, record.direction, metric, check=number == 0)
        record = noted(record, runs, number)
        cells = range(len(experiment.cells))
        for step in filled(record, runs, record.values[number], cells, metric):
            record = step
            yield snapshot(record)


def _check_values(values: Tensor, cells: list[int], record: Patching, metric: Metric) -> None:
    """Refuse a metric that has no value in some run, and say in which."""
    worst = cells[int(torch.isfinite(values).byte().argmin())]
    shape = record.values.shape[1:]
    where = "everywhere"
    if worst < math.prod(shape):
        cell = torch.unravel_index(torch.tensor(worst), shape)
        where = f"at {record.name(tuple(int(i) for i in cell))}"
    check_finite(values, metric, f"the run patched {where}")


def snapshot(record: Patching) -> Patching:
    """The record as it is now, which later steps leave alone."""
    copies = {name: getattr(record, name).clone() for name in _GROWING}
    if record.metric == "recovery":  # from logit differences, on a scale that all pairs share
        zero = copies["corrupt_values"]
        scale = (copies["clean_values"] - zero).nanmean()
        copies = {
            name: (value - zero.reshape(-1, *[1] * (value.ndim - 1))) / scale
            if len(value)
            else value
            for name, value in copies.items()
        }
    return replace(record, **copies)


_GROWING = ("values", "exact", "clean_values", "corrupt_values")
