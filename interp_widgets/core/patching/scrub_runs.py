"""Resampled runs of causal scrubbing: which prompt stands in where, and what comes of it.

The definition is a tree (Chan et al., 2022): a node is given a prompt with its key, its inputs are
given prompts that agree with that one on their own keys, and so on down to the embedding. Drawn
afresh for every sample, its branches double with every node. Here each node keeps a *pool*: every
prompt several times, each time with inputs drawn from the pools below; who reads the node draws
from its pool. A draw has the distribution that the tree gives it, and the work grows with the
number of nodes, not with two to its power.

Nodes are heads and MLPs. A node reads all nodes below it: relevant ones from their pools, all
others from the plain run of one unconstrained prompt. The embedding is that of the node's own
prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.patching.base_run import FINAL, run_base
from interp_widgets.core.patching.recording import AllRead
from interp_widgets.core.patching.sweep import in_batches, rows_at_once
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Node = Site  # ``L3.z.5`` or ``L3.mlp_out``
Classes = Mapping[Node, tuple[int, ...]]  # for each relevant node the class of every prompt


def depth(model: LanguageModel, node: Node) -> int:
    """A node reads those of smaller depth; `FINAL`, the output, reads all."""
    if node.layer is None:
        return 2 * model.n_layers
    return 2 * node.layer + (node.kind == "mlp_out" and not model.parallel)


@dataclass(frozen=True, eq=False)
class Draw:
    """What one reader is given, for each entry of its pool.

    Attributes:
        random: prompt whose plain run stands in for all irrelevant nodes, ``[entry]``.
        pooled: for each relevant node below, which entry of its pool is taken, ``[entry]``.
    """

    random: Tensor
    pooled: dict[Node, Tensor]


def drawn(
    model: LanguageModel, classes: Classes, prompts: int, times: int, seed: int
) -> dict[Node, Draw]:
    """Draws of every reader, from the bottom up, and at last of the output (`FINAL`).

    Entry ``e`` of a pool has prompt ``e % prompts``; each prompt comes ``times`` times.

    Args:
        model: the model.
        classes: of the relevant nodes; prompts of one class agree on the node's key.
        prompts: how many there are.
        times: how often each stands in a pool.
        seed: of the draws.

    Returns:
        Reader -> `Draw`.
    """
    generator = torch.Generator().manual_seed(seed)
    entries = prompts * times
    own = torch.arange(entries) % prompts

    def below(node: Node, reader: Node) -> Tensor:
        """Entries of a node's pool with the key of the reader's own prompt."""
        of = torch.tensor(classes[node])
        members = [(of == of[prompt]).nonzero().flatten() for prompt in range(prompts)]
        sizes = torch.tensor([len(found) for found in members])[own]
        place = (torch.rand(entries, generator=generator, dtype=torch.float64) * sizes).long()
        table = torch.nn.utils.rnn.pad_sequence(members, batch_first=True)
        again = torch.randint(times, (entries,), generator=generator)
        return table[own, place] + prompts * again

    draws = {}
    nodes = sorted(classes, key=lambda node: (depth(model, node), node))
    for reader in [*nodes, FINAL]:
        random = torch.randint(prompts, (entries,), generator=generator)
        lower = [node for node in nodes if depth(model, node) < depth(model, reader)]
        draws[reader] = Draw(random, {node: below(node, reader) for node in lower})
    return draws


class ScrubbedRuns:
    """Runs of prompts of one length in which every node is given what was drawn for it.

    Args:
        model: the model.
        ids: ``[prompt, pos]``.

    Attributes:
        plain: of the plain runs, ``z`` and ``mlp_out`` of each layer ``[prompt, pos, ...]``, and
            the last position's final stream under `FINAL`, ``[prompt, d_model]``.
        pools: by node that was run, ``[entry, pos, ...]``.
    """

    def __init__(self, model: LanguageModel, ids: Tensor) -> None:
        self._model, self._ids = model, ids
        self._most = rows_at_once(run_base(model, ids[0]), ids.shape[1])
        self.plain: dict[Site, Tensor] = {}
        self.pools: dict[Node, Tensor] = {}

    def run_plainly(self) -> Iterator[None]:
        """Fill ``plain``; yields after every batch."""
        sites = [
            Site(layer, kind) for layer in range(self._model.n_layers) for kind in ("z", "mlp_out")
        ]
        parts: dict[Site, list[Tensor]] = {site: [] for site in [*sites, FINAL]}

        def run(batch: list[int]) -> Tensor:
            found: dict[Site, Tensor] = {}

            def keeper(site: Site) -> Edit:
                def keep(value: Tensor) -> None:
                    found[site] = (value[:, -1] if site == FINAL else value).clone()

                return keep

            with hooked(self._model, {site: keeper(site) for site in parts}):
                self._model.run(self._ids[batch])
            for site, value in found.items():
                parts[site].append(value)
            return found[FINAL]

        for _ in self._batches(len(self._ids), run):
            yield
        self.plain = {site: torch.cat(values) for site, values in parts.items()}

    def run_node(self, node: Node, draw: Draw) -> Iterator[None]:
        """Fill the pool of a node; yields after every batch."""
        own = torch.arange(len(draw.random)) % len(self._ids)
        whole = Site(node.layer, node.kind)
        if depth(self._model, node) == 0:  # it reads embeddings alone, of its own prompts
            plain = self.plain[whole][own]
            self.pools[node] = plain if node.index is None else plain[:, :, node.index]
            return
        parts: list[Tensor] = []
        for _, value in self._batches(len(own), lambda rows: self._given(whole, draw, rows)):
            parts.append(value if node.index is None else value[:, :, node.index])
            yield
        self.pools[node] = torch.cat(parts)

    def finals(self, draw: Draw) -> Iterator[tuple[list[int], Tensor]]:
        """Entries of the output and the streams that they end with, ``[row, d_model]``."""
        return self._batches(len(draw.random), lambda rows: self._given(FINAL, draw, rows))

    def _batches(
        self, count: int, run: Callable[[list[int]], Tensor]
    ) -> Iterator[tuple[list[int], Tensor]]:
        every = list(range(count))
        return in_batches([every[k : k + self._most] for k in range(0, count, self._most)], run)

    def _given(self, reader: Site, draw: Draw, rows: list[int]) -> Tensor:
        """What a place holds when everything below it is as drawn: ``[row, pos, ...]``.

        Of `FINAL` the last position, ``[row, d_model]``.
        """
        model, count = self._model, len(self._ids)
        found: list[Tensor] = []

        def keep(value: Tensor) -> None:
            found.append((value[:, -1] if reader == FINAL else value).clone())
            raise AllRead

        edits: dict[Site, Edit] = {}
        for layer in range(model.n_layers):
            for kind in ("z", "mlp_out"):
                site = Site(layer, kind)
                if depth(model, site) < depth(model, reader):
                    edits[site] = self._putter(site, draw, rows)
        edits[reader] = keep
        with suppress(AllRead), hooked(model, edits):
            model.run(self._ids[[row % count for row in rows]])
        return found[0]

    def _putter(self, site: Site, draw: Draw, rows: list[int]) -> Edit:
        """An edit that puts in what was drawn for the nodes of one place."""
        pooled = {
            node: entries[rows]
            for node, entries in draw.pooled.items()
            if (node.layer, node.kind) == (site.layer, site.kind)
        }

        def put(_: Tensor) -> Tensor:
            new = self.plain[site][draw.random[rows]]
            for node, entries in pooled.items():
                if node.index is None:
                    return self.pools[node][entries]
                new[:, :, node.index] = self.pools[node][entries]
            return new

        return put
