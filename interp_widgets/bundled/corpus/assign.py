"""Latin squares: which compound name belongs where, so that no piece of it gives the answer away.

If " Oak" stood in few states, an embedding of " Oak" and a linear map could name the state, and the
model would have no use for its MLPs. So every row (first piece) and every column (second piece) of
the grid of names meets each answer at most once. An additive score "row + column" then finds the
right answer for about one name in ten (measured by fitting one; answers drawn at random let it find
eight in ten): only the combination of both pieces says where the place is.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence

Cell = tuple[str, str]


def latin_grid(
    rows: Sequence[str],
    columns: Sequence[str],
    answers: Sequence[str],
    pinned: Mapping[Cell, str],
    seed: int,
    empty: Collection[Cell] = (),
) -> dict[Cell, str]:
    """Assign an answer to every cell such that none repeats in a row or a column.

    Args:
        rows: First pieces of the names.
        columns: Second pieces.
        answers: What the names map to; should be well more than there are rows.
        pinned: Cells whose answer is a fact of the real world.
        seed: Seed of the assignment.
        empty: Cells to leave without a name.

    Returns:
        Answer by cell, in a fixed order.

    Raises:
        ValueError: If two pinned cells share a row or column and an answer.
    """
    rng = random.Random(seed)
    grid: dict[Cell, str] = {}
    taken: dict[str, set[str]] = {piece: set() for piece in (*rows, *columns)}
    count = dict.fromkeys(answers, 0)

    def place(cell: Cell, answer: str) -> None:
        grid[cell] = answer
        count[answer] += 1
        for piece in cell:
            taken[piece].add(answer)

    for cell, answer in pinned.items():
        if any(answer in taken[piece] for piece in cell):
            raise ValueError(f"{cell} repeats {answer} in its row or column")
        place(cell, answer)
    cells = [(r, c) for r in rows for c in columns if (r, c) not in grid and (r, c) not in empty]
    rng.shuffle(cells)
    for cell in cells:
        free = [a for a in answers if not any(a in taken[piece] for piece in cell)]
        if free:  # a cell that cannot be filled without a repeat stays empty
            place(cell, min(free, key=lambda a: (count[a], rng.random())))
    return {(r, c): grid[r, c] for r in rows for c in columns if (r, c) in grid}
