"""Direct paths: what a sender changes in what a receiver reads, everything between them held still.

Three steps (Wang et al., 2023; Goldowsky-Dill et al., 2023): the sender writes what it writes in
the other run, while every other head and MLP writes what it wrote in the base run; what the
receiver then reads is recorded; in a run of its own the receiver is given that, and all that
follows it runs free.

With everything frozen the stream at the receiver is the base run's plus what the sender changed, so
the first step needs no run: only the receiver's own norm and projection are computed, and into the
logits not even these. Where MLPs count as part of the path they run, from the sender's layer up,
with frozen attention.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.patching.base_run import FINAL, BaseRun
from interp_widgets.core.patching.experiment import Runs
from interp_widgets.core.patching.intervention import Intervention
from interp_widgets.core.patching.recording import recorded
from interp_widgets.core.patching.rows import Row, Write
from interp_widgets.core.patching.sweep import edits_of, in_batches, rows_at_once
from interp_widgets.core.patching.writes import Writes, layer_of
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel


@dataclass(frozen=True)
class Route:
    """Paths from a sender to a receiver.

    Attributes:
        senders: places that take what they hold in the other run, together.
        receivers: places that read it, together; ``(FINAL,)`` for the logits.
    """

    senders: Intervention
    receivers: tuple[Site, ...]


def reads_at(model: LanguageModel, site: Site) -> int:
    """When a receiver reads the stream: it gets what was written earlier."""
    if site == FINAL:
        return 4 * model.n_layers
    between = site.kind == "mlp_in" and not model.parallel
    return 4 * layer_of(site) + (2 if between else 0)


@dataclass(frozen=True, eq=False)
class Routed(Runs):
    """Two runs, done, and the routes between them: a cell is a route.

    Attributes:
        routes: of each cell.
        through_mlps: MLPs between sender and receiver run, instead of being frozen.
    """

    routes: tuple[Route, ...] = ()
    through_mlps: bool = False

    def sweep(self, which: Sequence[int]) -> Iterator[tuple[list[int], Tensor]]:
        """Run some routes; yields their indices and the metric. ``len(cells)`` is `whole`."""
        routes = [self.routes[i] for i in which]
        for rows, logits in self._logits(routes):
            yield [which[row] for row in rows], self.measure.of(logits)
        if self.whole is not None:
            (changes,) = Writes(self, (self.whole,)).of([self.whole])
            everything = _added(self.base, changes, reads_at(self.base.model, FINAL))
            yield [len(self.cells)], self.measure.of(self.read(everything[-1:]))

    def read(self, change: Tensor) -> Tensor:
        """Logits ``[row, token]`` of the base run's last stream, changed ``[row, d_model]``."""
        return self.base.read(self.base.final.to(change) + change, self.measure.tokens)

    def _logits(self, routes: Sequence[Route]) -> Iterator[tuple[list[int], Tensor]]:
        order = sorted(range(len(routes)), key=lambda i: _first_layer(routes[i]))
        most = rows_at_once(self.base, len(self.base.ids))
        batches = [order[k : k + most] for k in range(0, len(order), most)]
        writes = Writes(self, tuple(route.senders for route in routes))
        yield from in_batches(
            batches, lambda batch: _Batch(self, writes, [routes[i] for i in batch]).logits()
        )


def _first_layer(route: Route) -> int:
    return min(
        (layer_of(site) for site in route.receivers if site.layer is not None),
        default=0,
    )


class _Batch:
    """Routes that run together."""

    def __init__(self, runs: Routed, writes: Writes, routes: Sequence[Route]) -> None:
        self._runs, self._base, self._model = runs, runs.base, runs.base.model
        self._writes, self._routes = writes, routes
        self._changes = writes.of([route.senders for route in routes])
        self._starts = [_first_position(change) for change in self._changes]

    def logits(self) -> Tensor:
        """Logits ``[route, vocab]`` or ``[route, token]``."""
        base, tokens = self._base, self._runs.measure.tokens
        out = base.read(base.final, tokens).expand(len(self._routes), -1).clone()
        moving = [i for i, start in enumerate(self._starts) if start is not None]
        ends = [i for i in moving if self._routes[i].receivers == (FINAL,)]
        inner = [i for i in moving if self._routes[i].receivers != (FINAL,)]
        if ends:
            out[ends] = self._through(ends) if self._runs.through_mlps else self._straight(ends)
        values = self._recorded_through(inner) if self._runs.through_mlps else self._recorded(inner)
        rows = {i: row for i in inner if (row := self._given(i, values))}
        order = sorted(rows, key=lambda i: rows[i].begins)
        if order:
            out[order] = base.read(self._finals([rows[i] for i in order]), tokens)
        return out

    def _straight(self, ends: list[int]) -> Tensor:
        """Logits of routes into the logits: a sum, and the final norm of it."""
        device = self._base.final.device
        end = reads_at(self._model, FINAL)
        last = [_added(self._base, self._changes[i], end)[-1].to(device) for i in ends]
        return self._runs.read(torch.stack(last))

    def _through(self, ends: list[int]) -> Tensor:
        rows = {i: self._free_row(i, self._model.n_layers - 1) for i in ends}
        order = sorted(ends, key=lambda i: rows[i].begins)
        found = self._base.read(self._finals([rows[i] for i in order]), self._runs.measure.tokens)
        return found[[order.index(i) for i in ends]]

    def _finals(self, rows: list[Row]) -> Tensor:
        start = min(row.start for row in rows) if self._base.resumes else 0
        edits, entering = edits_of(self._base, rows, start)
        return self._base.finals(Counter(row.begins for row in rows), start, edits, entering)

    def _given(self, i: int, values: dict[tuple[int, Site], Tensor]) -> Row | None:
        """The row in which receivers get what was recorded; None if nothing reaches them."""
        start, n = self._starts[i], len(self._base.ids)
        assert start is not None
        at, found = tuple(range(start, n)), []
        for site in self._routes[i].receivers:
            value = values.get((i, replace(site, index=None)))
            if value is not None:  # [pos, ...] to the last position
                value = value[-len(at) :]
                value = value if site.index is None else value[:, site.index]
                found.append(Write(replace(site, index=None), site.index, at, value))
        if not found:
            return None
        return Row(min(layer_of(write.site) for write in found), start, tuple(found))

    def _recorded(self, routes: list[int]) -> dict[tuple[int, Site], Tensor]:
        """What receivers read, all else frozen: by route and whole place, ``[pos, ...]``."""
        asked: dict[int, list[int]] = defaultdict(list)
        reads: dict[int, set[Site]] = defaultdict(set)
        for i in routes:
            for site in self._routes[i].receivers:
                time = reads_at(self._model, site)
                if any(at < time for at in self._changes[i]):
                    asked[time] += [i] if i not in asked[time][-1:] else []
                    reads[time].add(replace(site, index=None))
        found = {}
        for time, here in asked.items():
            values = recorded(self._base, [self._still_row(i, time) for i in here], reads[time])
            for site, value in values.items():
                found |= {(i, site): value[row] for row, i in enumerate(here)}
        return found

    def _still_row(self, i: int, time: int) -> Row:
        """A row that enters the receiver's layer changed."""
        layer, between = divmod(time, 4)
        start, n = self._starts[i], len(self._base.ids)
        assert start is not None
        at = tuple(range(start, n))
        stream = self._base.site(layer)
        change = _added(self._base, self._changes[i], time)
        writes = [Write(stream, None, at, change[start:], add=True)]
        if between:
            writes.append(self._frozen(layer, at))
        return Row(layer, start, tuple(writes))

    def _frozen(self, layer: int, at: tuple[int, ...], change: Tensor | None = None) -> Write:
        """Attention writes what it wrote in the base run, or what a sender makes of that."""
        site = Site(layer, "attn_out")
        value = self._writes.own(site)[at[0] :]
        return Write(site, None, at, value if change is None else value + change[at[0] :].to(value))

    def _recorded_through(self, routes: list[int]) -> dict[tuple[int, Site], Tensor]:
        """What receivers read where MLPs run: one run, up to the last receiver."""
        if not routes:
            return {}
        reads = {replace(s, index=None) for i in routes for s in self._routes[i].receivers}
        top = max(map(layer_of, reads))
        rows = {i: self._free_row(i, top) for i in routes}
        order = sorted((i for i in routes if rows[i].begins <= top), key=lambda i: rows[i].begins)
        if not order:
            return {}
        lowest = rows[order[0]].begins
        reads = {site for site in reads if layer_of(site) >= lowest}
        values = recorded(self._base, [rows[i] for i in order], reads)
        return {
            (i, site): value[row]
            for site, value in values.items()
            for row, i in enumerate(order[: len(value)])
            if any(at < reads_at(self._model, site) for at in self._changes[i])
        }

    def _free_row(self, i: int, top: int) -> Row:
        """A row whose MLPs run and whose attention is frozen, up to a layer."""
        changes, start = self._changes[i], self._starts[i]
        assert start is not None
        at = tuple(range(start, len(self._base.ids)))
        first = min(changes)
        begins = (first + 1) // 4 if first % 4 == 3 else first // 4
        writes: list[Write] = []
        if first % 4 == 3:  # the embedding, or an MLP: the next layer's input
            stream = self._base.site(begins)
            writes.append(Write(stream, None, at, changes[first][start:], add=True))
        for layer in range(begins, top + 1):
            writes.append(self._frozen(layer, at, changes.get(4 * layer + 1)))
            change = changes.get(4 * layer + 3)
            if change is not None:
                own = self._writes.own(Site(layer, "mlp_out"))[start:]
                value = own + change[start:].to(own)
                writes.append(Write(Site(layer, "mlp_out"), None, at, value))
        return Row(begins, start, tuple(writes))


def _first_position(changes: dict[int, Tensor]) -> int | None:
    """The first position at which something is written differently; None if nowhere."""
    moved = [change.ne(0).any(-1).cpu() for change in changes.values()]
    where = torch.stack(moved).any(0).nonzero() if moved else torch.empty(0)
    return int(where[0]) if len(where) else None


def _added(base: BaseRun, changes: dict[int, Tensor], time: int) -> Tensor:
    """What the stream differs by at a time, ``[pos, d_model]``."""
    before = [change for at, change in changes.items() if at < time]
    if not before:
        return torch.zeros_like(base.streams[0])
    return torch.stack([change.to(before[0].device) for change in before]).sum(0)
