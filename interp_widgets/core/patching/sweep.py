"""The one engine of all causal sweeps: rows in, logits out, many rows a batch.

Rows that change nothing before the same position run together: each begins at its own layer, so
that a batch grows on its way up and no layer is computed for a row that is still as the base run.
Batches whose products are too small to be worth a pass of their own are merged. What a batch needs
is bounded; if memory runs out all the same, batches are halved and the work goes on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

import torch
from torch import Tensor

from interp_widgets.core.hooks import Edit
from interp_widgets.core.patching.base_run import BaseRun
from interp_widgets.core.patching.rows import Row, Write
from interp_widgets.core.sites import Site

# Bytes that a batch may need, by `_bytes_of_row`; a processor is quickest with what it has cached.
BUDGET = {"cpu": 1 << 27, "cuda": 1 << 32, "mps": 1 << 30}

# What a pass costs besides its products, in tokens: reading a layer's weights takes as long as
# computing some tokens with them, whatever their size; calls take as long as some multiplications.
_PASS_TOKENS = 20
_PASS_PRODUCTS = {"cpu": 5e6, "cuda": 1e10, "mps": 1e9}


def sweep(
    base: BaseRun, rows: Sequence[Row], tokens: Sequence[int] | None = None
) -> Iterator[tuple[list[int], Tensor]]:
    """Run every row.

    Args:
        base: the run that is patched.
        rows: what is done to it.
        tokens: ids whose logits are wanted; None for the whole vocabulary.

    Yields:
        Indices of rows, and the logits ``[row, vocab]`` (or ``[row, token]``) after the last token
        of each, float32 or float64. Rows that change nothing come first and are not run.

    Raises:
        RuntimeError: not even one row at a time fits into memory.
    """
    still = [i for i, row in enumerate(rows) if not row.writes]
    if still:
        yield still, base.read(base.final, tokens).expand(len(still), -1)
    yield from in_batches(
        _batches(base, rows), lambda batch: _run(base, [rows[i] for i in batch], tokens)
    )


def in_batches(
    batches: Sequence[list[int]], run: Callable[[list[int]], Tensor]
) -> Iterator[tuple[list[int], Tensor]]:
    """Run batches, each in halves (and halves of these) when memory does not suffice.

    Raises:
        RuntimeError: not even one at a time fits into memory.
    """
    waiting = [*batches][::-1]
    limit = max(map(len, batches), default=0)
    while waiting:
        batch = waiting.pop()
        if len(batch) <= limit:
            found = _unless_memory(run, batch)
            if found is not None:
                yield batch, found
                continue
            limit = len(batch) // 2
        half = len(batch) // 2
        waiting += [batch[half:], batch[:half]]


def _batches(base: BaseRun, rows: Sequence[Row]) -> list[list[int]]:
    """Indices of rows that run together, in the order of their layers."""
    order = sorted((i for i, row in enumerate(rows) if row.writes), key=lambda i: -rows[i].start)
    n, spare = len(base.ids), _spare_tokens(base)
    merged: list[tuple[int, list[int]]] = []
    for start, group in groupby(order, key=lambda i: rows[i].start):
        here = list(group)
        # Joining a batch costs the tokens that its rows did not need.
        if merged and base.resumes and len(merged[-1][1]) * (merged[-1][0] - start) <= spare:
            here += merged.pop()[1]
        merged.append((start, here))
    out = []
    for start, group in merged:
        most = rows_at_once(base, n - start if base.resumes else n)
        group.sort(key=lambda i: rows[i].begins)
        out += [group[k : k + most] for k in range(0, len(group), most)]
    return out


def _spare_tokens(base: BaseRun) -> int:
    """Tokens a layer computes in the time that a pass takes besides."""
    weights = sum(p.numel() for p in base.model.layers[0].parameters())
    products = _PASS_PRODUCTS.get(base.device, _PASS_PRODUCTS["cpu"])
    return max(_PASS_TOKENS, int(products // weights))


def rows_at_once(base: BaseRun, positions: int) -> int:
    """How many rows of so many positions fit the budget, one at the least."""
    budget = BUDGET.get(base.device, BUDGET["cpu"])
    return max(1, budget // _bytes_of_row(base, positions))


def _bytes_of_row(base: BaseRun, positions: int) -> int:
    """What a row needs at most: a layer's activations, attention scores, keys, values, logits."""
    model, n = base.model, len(base.ids)
    tokens = positions * (8 * model.d_model + 3 * model.d_mlp + 3 * model.n_heads * n)
    kept = 4 * n * model.n_kv_heads * model.d_head
    return (tokens + kept + 3 * model.d_vocab) * base.streams[0].element_size()


def _run(base: BaseRun, rows: list[Row], tokens: Sequence[int] | None) -> Tensor:
    """Logits of a batch ``[row, vocab]``."""
    start = min(row.start for row in rows) if base.resumes else 0
    begins = Counter(row.begins for row in rows)
    edits, entering = edits_of(base, rows, start)
    return base.read(base.finals(begins, start, edits, entering), tokens)


def _unless_memory(run: Callable[[list[int]], Tensor], batch: list[int]) -> Tensor | None:
    """What a batch gives; None if there was not enough memory for its rows."""
    try:
        return run(batch)
    except RuntimeError as error:
        if len(batch) == 1 or not _is_memory(error):
            raise
    return None  # after the except clause, which held on to the tensors of the failed run


def _is_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def edits_of(
    base: BaseRun, rows: Sequence[Row], start: int
) -> tuple[dict[Site, Edit], dict[int, Edit]]:
    """What rows write, for a batch whose first position is ``start``.

    Returns:
        Edits by place, of all rows that have come so far; and by layer, of the rows that begin
        there, what is done to their streams before they do. Most patches of the stream are of the
        second sort, which touches no other row.
    """
    writes: dict[Site, list[tuple[int, Write]]] = defaultdict(list)
    entering: dict[int, list[tuple[int, Write]]] = defaultdict(list)
    live: dict[Site, Tensor] = {}
    read = set()
    first: dict[int, int] = {}
    for number, row in enumerate(rows):
        here = first.setdefault(row.begins, number)
        for write in row.writes:
            if base.resumes and write.site == base.site(row.begins):
                entering[row.begins].append((number - here, write))
            else:
                writes[write.site].append((number, write))
            read |= {write.reads} - {None}
    edits = {
        site: _edit(site, writes.get(site, []), start, live, site in read)
        for site in {*writes, *read}
    }
    return edits, {
        layer: _edit(base.site(layer), found, start, live, False)
        for layer, found in entering.items()
    }


def _edit(
    site: Site, writes: list[tuple[int, Write]], start: int, live: dict[Site, Tensor], keep: bool
) -> Edit:
    def edit(x: Tensor) -> Tensor | None:
        new = x.clone() if writes else x
        # One write of many values rather than many writes, as long as they are of one sort.
        for (whole, add), run in groupby(writes, key=_sort_of):
            batch = list(run)
            values = [write.made(live, row, start) for row, write in batch]
            at: list[Tensor] = [
                torch.tensor([row for row, w in batch for _ in w.pos], device=x.device),
                torch.tensor([p - start for _, w in batch for p in w.pos], device=x.device),
            ]
            if not whole:
                at.append(torch.tensor([w.index for _, w in batch for _ in w.pos], device=x.device))
            new.index_put_(tuple(at), torch.cat(values).to(x), accumulate=add)
        if keep:
            live[site] = new
        return new if writes else None

    return edit


def _sort_of(entry: tuple[int, Write]) -> tuple[bool, bool]:
    return entry[1].index is None, entry[1].add
