"""What places hold in patched rows, read on the way up; nothing above the last of them is run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from torch import Tensor

from interp_widgets.core.hooks import Edit
from interp_widgets.core.patching.base_run import BaseRun
from interp_widgets.core.patching.rows import Row
from interp_widgets.core.patching.sweep import edits_of
from interp_widgets.core.sites import Site


class AllRead(Exception):  # noqa: N818 - nothing went wrong
    """Raised by an edit to leave a run of which no more is wanted; who began the run catches it."""


def recorded(base: BaseRun, rows: Sequence[Row], reads: set[Site]) -> dict[Site, Tensor]:
    """Run rows as far as needed, and read.

    Args:
        base: the run that rows start from.
        rows: in the order of the layers where they begin.
        reads: whole places; at each, some row has begun.

    Returns:
        place -> ``[row, pos, ...]``: the rows that have begun there, from the first position of any
        row on (all positions of a base run that cannot resume).
    """
    start = min(row.start for row in rows) if base.resumes else 0
    edits, entering = edits_of(base, rows, start)
    found: dict[Site, Tensor] = {}

    def reader(site: Site, before: Edit | None) -> Edit:
        def read(x: Tensor) -> Tensor | None:
            new = None if before is None else before(x)
            found[site] = (x if new is None else new).clone()
            if len(found) == len(reads):
                raise AllRead
            return new

        return read

    edits |= {site: reader(site, edits.get(site)) for site in reads}
    with suppress(AllRead):
        base.finals(Counter(row.begins for row in rows), start, edits, entering)
    return found
