"""Activations in an order that tells nothing, from where they come in an order that does.

Neighbours in a text are alike, and a batch of neighbours teaches little. All rows at once are
shuffled anew each turn (`TensorSource`). A stream is read in blocks (`BlockSource`): of each block
half the rows, drawn at random, are served at once, mixed with the half that stayed of the block
before. What is served at a time depends on two blocks alone, so where a run stopped is told by two
cursors: nothing of what is held has to be kept in a checkpoint.
"""

from __future__ import annotations

import os
import threading
from typing import Any, Protocol

import torch
from torch import Tensor

Batch = Tensor | tuple[Tensor, Tensor]
Cursor = dict[str, int]
Block = tuple[Tensor, Cursor, bool]  # rows, the cursor after them, whether a turn ends there


class ActivationSource(Protocol):
    """Where training gets its activations from.

    Attributes:
        d_in: width of what is encoded.
        d_out: width of what is to be decoded.
        rows: how many there are in all, ``None`` in a stream.
        paired: whether what is to be decoded is something else than what is encoded.
        about: what tells these activations from others; plain values.
    """

    d_in: int
    d_out: int
    rows: int | None
    paired: bool
    about: dict[str, Any]

    def next(self, batch: int) -> Batch:
        """The next ``batch`` activations ``[batch, d_in]``; with their targets, for a transcoder.

        Raises:
            ValueError: there are no more, and what they come from cannot be read again.
        """
        ...

    def sample(self, n: int) -> Batch:
        """Up to ``n`` of the activations in memory, at random; they do not count as served."""
        ...

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Where it is, as tensors and plain values."""
        ...

    def load_state(self, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
        """Go to where `state` was taken; what follows is the same, bit by bit."""
        ...


class Producer(Protocol):
    """What reads rows in the order they are in.

    Attributes:
        d_in, d_out: widths; a row is the two side by side, or one where they are the same.
        about: see `ActivationSource`.
        again: whether a new turn can begin when all was read.
    """

    d_in: int
    d_out: int
    paired: bool
    about: dict[str, Any]
    again: bool

    def read(self, cursor: Cursor) -> Block:
        """Some rows from a cursor on, the cursor after them, and whether a turn ends there.

        The cursor of the beginning is empty.
        """
        ...


class TensorSource:
    """Activations that are all in memory; every one is served before any is served again."""

    def __init__(self, x: Tensor, y: Tensor | None, seed: int, about: dict[str, Any]) -> None:
        """``x`` is ``[token, d_in]``, ``y`` ``[token, d_out]`` or nothing."""
        self.x, self.y, self.seed, self.about = x, y, seed, about
        self.rows: int | None = len(x)
        self.paired = y is not None
        self.d_in, self.d_out = x.shape[1], (x if y is None else y).shape[1]
        self._go(0, 0)

    def next(self, batch: int) -> Batch:
        """See `ActivationSource.next`."""
        chosen = self._order[self._at : self._at + batch]
        self._at += len(chosen)
        while len(chosen) < batch:
            self._go(self._turn + 1, 0)
            more = self._order[: batch - len(chosen)]
            self._at = len(more)
            chosen = torch.cat([chosen, more])
        return self._rows(chosen)

    def sample(self, n: int) -> Batch:
        """See `ActivationSource.sample`."""
        return self._rows(torch.randperm(len(self.x), generator=seeded(self.seed, -1))[:n])

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `ActivationSource.state`."""
        return {}, {"turn": self._turn, "at": self._at}

    def load_state(self, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
        """See `ActivationSource.load_state`."""
        self._go(plain["turn"], plain["at"])

    def _go(self, turn: int, at: int) -> None:
        if turn != getattr(self, "_turn", None):
            self._order = torch.randperm(len(self.x), generator=seeded(self.seed, turn))
        self._turn, self._at = turn, at

    def _rows(self, chosen: Tensor) -> Batch:
        chosen = chosen.to(self.x.device)
        return self.x[chosen] if self.y is None else (self.x[chosen], self.y[chosen])


class BlockSource:
    """Activations of a stream, of which memory holds two blocks at most."""

    def __init__(
        self, producer: Producer, size: int, seed: int, begun: list[tuple[Cursor, Block]]
    ) -> None:
        """Begin with the first block.

        Args:
            producer: reads rows in their own order.
            size: of a block, about.
            seed: of the order.
            begun: blocks that were read already, and where they begin.
        """
        self.producer, self.size, self.seed = producer, size, seed
        self.rows: int | None = None
        self.paired, self.about = producer.paired, producer.about
        self.d_in, self.d_out = producer.d_in, producer.d_out
        self._begun = begun
        self._load(0, {}, None, None)

    def next(self, batch: int) -> Batch:
        """See `ActivationSource.next`."""
        block, at = self._number, self._at
        served = [self._take(batch)]
        try:
            while (missing := batch - sum(map(len, served))) > 0:
                self._go_on()
                served.append(self._take(missing))
        except BaseException:  # an interrupt, too
            if self._number == block:  # what was taken is not lost
                self._at = at
            raise
        return self._pair(torch.cat(served) if len(served) > 1 else served[0])

    def sample(self, n: int) -> Batch:
        """See `ActivationSource.sample`."""
        held = torch.cat([self._pool, self._late])
        chosen = torch.randperm(len(held), generator=seeded(self.seed, -1))[:n]
        return self._pair(held[chosen.to(held.device)])

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `ActivationSource.state`."""
        plain = {"block": self._number, "at": self._at, "here": self._here, "before": self._before}
        return {}, plain

    def load_state(self, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
        """See `ActivationSource.load_state`.

        Raises:
            ValueError: that lies behind in what cannot be read again.
        """
        if plain["block"] != self._number:
            before, late = plain["before"], None
            if before is not None:
                late = self._split(plain["block"] - 1, self._read(before)[0])[1]
            self._load(plain["block"], plain["here"], late, before)
        self._at = plain["at"]

    def _go_on(self) -> None:
        """Begin the next block."""
        if self._after is None:
            raise ValueError(
                "the texts have ended, and what gave them cannot be read again. Take fewer "
                "steps, or pass a list, a file or a data set, which can."
            )
        self._load(self._number + 1, self._after, self._late, self._here)

    def _load(
        self, number: int, cursor: Cursor, late: Tensor | None, before: Cursor | None
    ) -> None:
        """Begin a block: half of it with what stayed of the one before, in a new order."""
        rows, after, ended = self._read(cursor)
        early, self._late = self._split(number, rows)
        over = ended and not self.producer.again
        parts = [part for part in (late, early, self._late if over else None) if part is not None]
        pool = torch.cat(parts)
        order = torch.randperm(len(pool), generator=seeded(self.seed, 2 * number + 1))
        self._pool = pool[order.to(pool.device)]
        if over:
            self._late = self._late[:0]
        self._number, self._here, self._before = number, cursor, before
        self._after = None if over else after
        self._at = 0

    def _read(self, cursor: Cursor) -> Block:
        known = [block for begins, block in self._begun if begins == cursor]
        self._begun = [(begins, block) for begins, block in self._begun if begins != cursor]
        return known[0] if known else read_block(self.producer, cursor, self.size)

    def _split(self, number: int, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The rows to be served with this block, and with the next one."""
        order = torch.randperm(len(rows), generator=seeded(self.seed, 2 * number))
        order = order.to(rows.device)
        half = (len(rows) + 1) // 2
        return rows[order[:half]], rows[order[half:]]

    def _take(self, n: int) -> Tensor:
        taken = self._pool[self._at : self._at + n]
        self._at += len(taken)
        return taken

    def _pair(self, rows: Tensor) -> Batch:
        return rows.split([self.d_in, self.d_out], 1) if self.paired else rows  # pyright: ignore[reportReturnType]


def _bar() -> Any:
    """A progress bar that appears after two seconds; in other threads it stays away."""
    from tqdm import tqdm

    hidden = threading.current_thread() is not threading.main_thread()
    hidden |= os.environ.get("RANK", "0") != "0"  # of several processes one speaks
    looks: Any = {"desc": "activations", "unit": " rows", "unit_scale": True, "delay": 2}
    return tqdm(**looks, leave=False, disable=hidden or None)


def read_block(producer: Producer, cursor: Cursor, size: int, bar: Any = None) -> Block:
    """Rows from a cursor on, ``size`` of them or some more; fewer where a turn ends."""
    gathered, ended = [], False
    while not ended and sum(map(len, gathered)) < size:
        rows, cursor, ended = producer.read(cursor)
        gathered.append(rows)
        if bar is not None:
            bar.update(len(rows))
    return torch.cat(gathered), cursor, ended


def shuffled(producer: Producer, rows_held: int, seed: int) -> TensorSource | BlockSource:
    """What a producer gives, in another order: all of it in memory, or block by block.

    Args:
        producer: reads rows in their own order.
        rows_held: how many rows memory may hold, about.
        seed: of the order.
    """
    size = max(1, rows_held // 2)
    with _bar() as bar:
        first = read_block(producer, {}, size, bar)
        begun = [({}, first)]
        if producer.again and not first[2]:
            begun.append((first[1], read_block(producer, first[1], size, bar)))
    if not producer.again or not begun[-1][1][2]:
        return BlockSource(producer, size, seed, begun)
    rows = torch.cat([block[0] for _, block in begun])
    if not producer.paired:
        return TensorSource(rows, None, seed, producer.about)
    x, y = rows.split([producer.d_in, producer.d_out], 1)
    return TensorSource(x.contiguous(), y.contiguous(), seed, producer.about)


def seeded(seed: int, number: int) -> torch.Generator:
    """A generator for one of many draws of a run."""
    mixed = (seed * 0x9E3779B97F4A7C15 + (number + 2) * 0xBF58476D1CE4E5B9) % (1 << 63)
    return torch.Generator().manual_seed(mixed)
