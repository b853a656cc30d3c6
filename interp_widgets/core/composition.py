"""Composition: how much of what one head writes is in line with what a later head reads.

    score = ‖W_OV · M‖ / (‖W_OV‖ ‖M‖)      (Frobenius norms, row vectors; Elhage et al., 2021)

``W_OV`` is the writer's map from the stream to the stream. ``M`` is what the reader does with it:
``W_QK`` for its queries (``"q"``), ``W_QK`` transposed for its keys (``"k"``), its own ``W_OV`` for
its values (``"v"``). Norm weights are folded in, on both sides (`head_weights`).

Random maps do not score 0 but about one over the root of the stream's width. So the score of
Gaussian factors of the same shape is measured as well, and `Composition.excess` is what lies above
it. All this is about weights: a pair may compose on tokens that no text has. Patching says what a
run uses.

No matrix of the stream's width squared is formed: with ``W_OV = A B`` and ``M = C D`` the length of
``A B C D`` is that of ``(R_A B)(C R_D)``, where ``R_A`` and ``R_D``, as wide as a head, are what is
left of ``A`` and of ``D`` transposed when an orthogonal factor is taken off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from interp_widgets.core.head_weights import attention_norms, reads, rotates, writes
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("q", "k", "v")
DRAWS = 16  # random writers, and as many readers: every pair of them is a score
_READ = {"q": "queries", "k": "keys", "v": "values"}


@dataclass(frozen=True, eq=False, repr=False)
class Composition(Result):
    """Composition of every pair of heads of which the writer is in an earlier layer.

    In a partial record (`iter_composition`) readers that are not known yet are NaN.

    Attributes:
        kinds: what the reader makes of the writer's output: ``q``, ``k``, ``v``.
        scores: ``[kind, writer layer, writer head, reader layer, reader head]``, 0..1; NaN where
            the writer is not in an earlier layer.
        baseline: mean score of random Gaussian factors of the same shape.
        baseline_std: their spread.
        rotary: the model turns queries and keys by position before they meet, which the scores of
            ``q`` and ``k`` leave out: they are those of tokens at no distance.
        seed: of the random factors.
    """

    kinds: tuple[str, ...]
    scores: Tensor
    baseline: float
    baseline_std: float
    rotary: bool
    seed: int

    def __getitem__(self, kind: str) -> Tensor:
        """Scores of one kind; KeyError for another."""
        if kind not in self.kinds:
            raise KeyError(f"no composition {kind!r}; there are {', '.join(self.kinds)}.")
        return self.scores[self.kinds.index(kind)]

    @property
    def excess(self) -> Tensor:
        """Scores minus the random baseline, of the shape of ``scores``."""
        return self.scores - self.baseline

    def top(self, kind: str, k: int = 5) -> list[tuple[str, str, float]]:
        """Pairs with the highest score: ``[("L0.z.1", "L2.z.0", 0.41), ...]``, writer first.

        Raises:
            KeyError: no such kind. ValueError: a ``k`` below 1.
        """
        scores = self[kind]
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ValueError(f"k says how many pairs, 1 or more; got {k!r:.40}.")
        flat = scores.flatten().nan_to_num(-torch.inf)
        found = []
        for at in flat.argsort(descending=True, stable=True)[:k]:
            if flat[at] >= 0:
                writer, head, reader, other = (
                    int(i) for i in torch.unravel_index(at, scores.shape)
                )
                names = str(Site(writer, "z", head)), str(Site(reader, "z", other))
                found.append((*names, float(flat[at])))
        return found

    def __repr__(self) -> str:
        _, layers, heads, _, _ = self.scores.shape
        return f"Composition({layers} layers, {heads} heads, {self.model})"

    def describe(self) -> str:
        """The strongest pair of each kind, and what random factors score."""
        said = [
            f"{_READ[kind]} of {reader} with {writer} ({score:.2f})"
            for kind in self.kinds
            for writer, reader, score in self.top(kind, 1)
        ]
        one = self.scores.shape[1] == 1
        best = ", ".join(said) or ("one layer has no pair" if one else "no pair is known yet")
        turned = " The rotation of queries and keys by position is left out." if self.rotary else ""
        return (
            f"Composition of heads of {self.model}, by weights alone; highest: {best}; random "
            f"factors score {self.baseline:.2f}.{turned}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a pair and kind, highest score first: kind, writer, reader, score, excess."""
        import pandas as pd

        at = (~self.scores.isnan()).nonzero()
        scores = self.scores[tuple(at.T)]
        order = scores.argsort(descending=True, stable=True)
        rows = [
            (self.kinds[kind], str(Site(layer, "z", head)), str(Site(reader, "z", other)))
            for kind, layer, head, reader, other in at[order].tolist()
        ]
        frame = pd.DataFrame(rows, columns=["kind", "writer", "reader"])
        frame["score"] = scores[order].numpy()
        frame["excess"] = frame["score"] - self.baseline
        return frame


def composition(model: LanguageModel, seed: int = 0) -> Composition:
    """Score how every head's output is read by every head of later layers, from weights.

    Args:
        model: the model. Where heads share keys and values each is scored with those it uses. A
            rotary model's queries and keys are compared without the rotation, which is exact for
            tokens at no distance and says less the farther they are apart.
        seed: of the random factors of the baseline.

    Returns:
        The record.

    Raises:
        ValueError: quantised weights, an adapter, a negative seed.
        TypeError: no model, a seed that is no whole number.
    """
    return deque(iter_composition(model, seed), maxlen=1).pop()


def iter_composition(model: LanguageModel, seed: int = 0) -> Generator[Composition]:
    """`composition` in steps: after each layer of readers. Closing it cancels."""
    check_model(model)
    check_seed(seed)
    layers, heads = model.n_layers, model.n_heads
    size = (len(KINDS), layers, heads, layers, heads)
    record = Composition(
        model=model.name,
        revision=model.revision,
        prompt="",
        kinds=KINDS,
        scores=torch.full(size, torch.nan, dtype=torch.float32),
        baseline=0.0,
        baseline_std=0.0,
        rotary=rotates(model),
        seed=seed,
    )
    return _steps(model, record)


class Factors(NamedTuple):
    """Maps ``left @ right`` of several heads.

    Attributes:
        left: ``[head, d_model, d_head]``.
        right: ``[head, d_head, d_model]``.
    """

    left: Tensor
    right: Tensor


@torch.no_grad()
def factors(model: LanguageModel, layer: int, norm: nn.Module | None) -> dict[str, Factors]:
    """The maps that heads of a layer read with, by kind; ``"v"`` is also what they write.

    Keys and values that heads share are repeated.

    Args:
        model: the model.
        layer: 0 to ``n_layers - 1``.
        norm: of the layer, as `attention_norms` finds it.
    """
    q, k, v = (reads(model, layer, kind, norm) for kind in KINDS)
    shared = model.n_heads // model.n_kv_heads
    k, v = k.repeat_interleave(shared, 0), v.repeat_interleave(shared, 0)
    return {"q": Factors(q, k.mT), "k": Factors(k, q.mT), "v": Factors(v, writes(model, layer))}


class _Side(NamedTuple):
    """One side of pairs: half of each map, as much as a score needs of it, and the map's norm.

    Attributes:
        half: ``[head, d_head, d_model]`` of writers, ``[head, d_model, d_head]`` of readers.
        norms: ``[head]``.
    """

    half: Tensor
    norms: Tensor


def _triangle(tall: Tensor) -> Tensor:
    """R of ``tall = Q R``, ``[head, d_head, d_head]``: what is left of its length and angles."""
    return torch.linalg.qr(tall.cpu(), mode="r").R.to(tall)  # not every device factorises


def _norms(maps: Factors) -> Tensor:
    return torch.linalg.vector_norm(
        _triangle(maps.left) @ _triangle(maps.right.mT).mT, dim=(-1, -2)
    )


def _writing(maps: Factors) -> _Side:
    return _Side(_triangle(maps.left) @ maps.right, _norms(maps))


def _reading(maps: Factors) -> _Side:
    return _Side(maps.left @ _triangle(maps.right.mT).mT, _norms(maps))


def _paired(writers: _Side, readers: _Side) -> Tensor:
    """Scores ``[writer, reader]``: one product of matrices for all pairs."""
    writing, reading = writers.half, readers.half.to(writers.half)
    product = writing.flatten(0, 1) @ reading.transpose(0, 1).flatten(1)
    each = product.view(len(writing), writing.shape[1], len(reading), reading.shape[2])
    lengths = torch.linalg.vector_norm(each, dim=(1, 3))
    scale = writers.norms[:, None] * readers.norms.to(writing)
    return lengths / scale.clamp(min=torch.finfo(scale.dtype).tiny)  # a silent head scores 0


@torch.no_grad()
def scores_of(writers: Factors, readers: Factors) -> Tensor:
    """Composition scores ``[writer, reader]``."""
    return _paired(_writing(writers), _reading(readers))


def _steps(model: LanguageModel, record: Composition) -> Generator[Composition]:
    drawn = random_scores(model.d_model, model.d_head, record.seed)
    record = replace(record, baseline=float(drawn.mean()), baseline_std=float(drawn.std()))
    written: list[_Side] = []
    for layer, norm in enumerate(attention_norms(model)):
        maps = factors(model, layer, norm)
        for number, kind in enumerate(KINDS if written else ()):
            reading = _reading(maps[kind])
            for writer, writing in enumerate(written):
                record.scores[number, writer, :, layer] = _paired(writing, reading).cpu()
        written.append(_writing(maps["v"]))
        yield replace(record, scores=record.scores.clone())


def random_scores(width: int, narrow: int, seed: int) -> Tensor:
    """Scores of maps made of Gaussian factors ``[width, narrow]`` and ``[narrow, width]``."""
    generator = torch.Generator().manual_seed(seed)

    def drawn() -> Factors:
        left = torch.randn(DRAWS, width, narrow, generator=generator)
        return Factors(left, torch.randn(DRAWS, narrow, width, generator=generator))

    return scores_of(drawn(), drawn())
