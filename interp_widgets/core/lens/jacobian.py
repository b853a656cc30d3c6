"""The Jacobian lens: what a small change of the stream comes to at the end (Anthropic, 2026).

    lens[row] = softmax(softcap(unembed(final_norm(stream[row] @ J[row].T))))
    J[row]    = mean over texts, mean over positions p, sum over p' >= p of
                d last_stream[p'] / d stream[row][p]

Both run over the positions of a text that count: not its first ones (attention sinks), not its
last. The published estimator puts the cotangent of one output dimension at all target positions at
once, so one backward pass gives a row of every J; the sum over p' comes for free. Several output
dimensions go through together as copies of the text in one batch.

Memory: the activations of one such batch, and J of every row in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.hooks import hooked
from interp_widgets.core.lens.lens import Lens, sample_of_unembedding
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

TOLERANCE = 1e-3  # relative change of every mean below which more texts bring nothing
PATIENCE = 10  # for as many texts in a row
# Of activations kept for the backward passes: more made a CPU slower, whose caches are small.
_BYTES, _BYTES_ON_GPU = 1 << 26, 1 << 31
_KEPT = 34  # numbers a layer keeps for each token and dimension (Korthikanti et al., 2022)


class JacobianFit:
    """The running mean over texts.

    Args:
        model: the model.
        used: ids ``[pos]`` of each text and the positions that count.
        settings: what the fit was asked for, kept in the lens.
        resume: a lens to go on with.
    """

    def __init__(
        self,
        model: LanguageModel,
        used: list[tuple[Tensor, slice]],
        settings: dict[str, Any],
        resume: Lens | None,
    ) -> None:
        self._model, self._used, self._settings = model, used, settings
        self._seen = settings["read"]
        self.total = len(used)
        wide = torch.float64 if model.dtype == torch.float64 else torch.float32
        if resume is None:
            size = (model.n_layers, model.d_model, model.d_model)
            self._mean = torch.zeros(size, dtype=wide)
            self._history: list[Tensor] = []
            self.at = 0
        else:
            self._mean = resume.weight.clone()
            self._history = list(resume.history)
            self.at = int(resume.settings["at"])

    @property
    def done(self) -> bool:
        """All texts read, or the mean at rest."""
        latest = self._history[-PATIENCE:]
        at_rest = len(latest) == PATIENCE and bool((torch.stack(latest) < TOLERANCE).all())
        return at_rest or self.at >= self.total

    def step(self) -> None:
        """Read one more text."""
        ids, counted = self._used[self.at]
        self.at += 1
        change = (jacobians(self._model, ids, counted).cpu() - self._mean) / self.at
        self._mean += change
        size = self._mean.flatten(1).norm(dim=1).clamp(min=torch.finfo(self._mean.dtype).tiny)
        self._history.append((change.flatten(1).norm(dim=1) / size).float())

    def lens(self) -> Lens:
        """The lens so far."""
        from interp_widgets.core.lens.fit import digest

        read = digest([ids for ids, _ in self._used[: self.at]])
        rows = tuple(range(self._model.n_layers))
        return Lens(
            kind="jacobian",
            model=self._model.name,
            revision=self._model.revision,
            rows=rows,
            weight=self._mean.clone(),
            bias=self._mean.new_zeros(self._mean.shape[:2]),
            unembedding=sample_of_unembedding(self._model),
            history=torch.stack(self._history) if self._history else torch.empty(0, len(rows)),
            settings=self._settings | {"at": self.at, "read": read, "finished": self.done},
        )


def jacobians(model: LanguageModel, ids: Tensor, counted: slice) -> Tensor:
    """``J[row]`` of one text: ``[row, d_model out, d_model in]``, float32 or better.

    Args:
        model: the model.
        ids: the text, ``[pos]``.
        counted: positions that count, as sources and as targets.
    """
    d, wide = model.d_model, torch.float64 if model.dtype == torch.float64 else torch.float32
    copies = _copies(model, len(ids))
    places = torch.arange(counted.start, counted.stop)
    with torch.inference_mode(False), torch.enable_grad():
        # A copy: ids that were made in inference mode cannot take part.
        streams = _streams(model, ids.clone().expand(copies, -1))
        last = streams.pop()
        found = torch.empty(len(streams), d, d, dtype=wide, device=last.device)
        for start in range(0, d, copies):
            n = min(copies, d - start)
            pull = torch.zeros_like(last)
            copy = torch.arange(n)[:, None]
            pull[copy, places, start + copy] = 1
            more = start + n < d
            slopes = torch.autograd.grad(last, streams, pull, retain_graph=more)
            for row, slope in enumerate(slopes):
                found[row, start : start + n] = slope[:n, counted].to(found).mean(1)
    return found


def _copies(model: LanguageModel, tokens: int) -> int:
    """How many output dimensions go through together."""
    size = torch.finfo(model.dtype).bits // 8
    a_copy = _KEPT * model.n_layers * tokens * model.d_model * size
    room = _BYTES_ON_GPU if model.device.type == "cuda" else _BYTES
    return max(1, min(model.d_model, room // a_copy))


def _streams(model: LanguageModel, ids: Tensor) -> list[Tensor]:
    """The stream at every row ``[batch, pos, d_model]``, with the graph that connects them."""
    rows: dict[int, Tensor] = {}

    def begin(x: Tensor) -> Tensor:
        # A leaf of its own: it has a gradient also where the model's weights are frozen.
        rows[0] = x.detach().clone().requires_grad_()
        return rows[0]

    def keep(row: int):
        def look(x: Tensor) -> None:
            rows[row] = x

        return look

    edits = {Site(0, "resid_pre"): begin}
    edits |= {Site(layer, "resid_post"): keep(layer + 1) for layer in range(model.n_layers)}
    with hooked(model, edits):
        model.hf.base_model(input_ids=ids, use_cache=False)
    return [rows[row] for row in range(model.n_layers + 1)]
