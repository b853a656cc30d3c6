"""Training a tuned lens: an affine map a row, towards the model's answer (Belrose et al., 2023).

    lens[row] = softmax(softcap(unembed(final_norm(stream + stream @ A.T + b))))
    loss[row] = mean over tokens of KL(model's output ‖ lens[row])

The maps start at 0, which is the logit lens. Rows do not share anything, so all are trained at once
and each as if alone. Adam with a short warm-up and a linear decay; the step of ``A`` shrinks with
the width, so that a step changes what is read by about the same share in small models and large.

The slope of the loss at the logits is ``lens − model``, so nothing of the size of the vocabulary
is kept for a backward pass: it goes through the unembedding by hand and through the norm and the
map by autograd. Memory: the streams of one batch and `_BUDGET` logits, several times over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.hooks import captured
from interp_widgets.core.lens.lens import Lens, sample_of_unembedding, stream_sites
from interp_widgets.core.norms import in_precision

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

_BUDGET = 1 << 23  # logits held at once: 32 MiB in float32
_VOCAB_SLICE = 16_384
_TOKENS = 1024  # a step, about
_HELD_OUT_TOKENS = 4096
_CHECK = 25  # steps between looks at the held-out texts
_PATIENCE = 4  # looks without an improvement after which the fit ends
_IMPROVED = 1e-3  # by this share
_WARM_UP = 0.1  # of all steps
_RATE = 0.4  # of A, over d_model
_BIAS_RATE = 0.01  # of b, times the typical size of a number in the row
_BETAS = (0.9, 0.99)

Text = tuple[Tensor, slice]


class TunedFit:
    """The maps, their optimiser and what is known of the best ones.

    Args:
        model: the model.
        used: ids ``[pos]`` of each text and the positions that count.
        settings: what the fit was asked for, kept in the lens.
        resume: a lens to go on with.
    """

    @torch.inference_mode(False)  # what is made in that mode can never be differentiated
    def __init__(
        self,
        model: LanguageModel,
        used: list[Text],
        settings: dict[str, Any],
        resume: Lens | None,
    ) -> None:
        self._model, self._settings = model, settings
        few = len(used) < 10
        self._held_out = list(_first_tokens(used if few else used[9::10], _HELD_OUT_TOKENS))
        self._train = used if few else [text for i, text in enumerate(used) if i % 10 != 9]
        mean = sum(len(ids) for ids, _ in self._train) / len(self._train)
        self._texts_a_step = max(1, min(len(self._train), round(_TOKENS / mean)))
        self.total = settings["steps"]
        self.at = 0
        self._finished = False
        self._history: list[Tensor] = []
        home = model.hf.get_output_embeddings().weight.device
        wide = torch.float64 if model.dtype == torch.float64 else torch.float32
        weight = torch.zeros(model.n_layers, model.d_model, model.d_model, dtype=wide, device=home)
        bias = torch.zeros(model.n_layers, model.d_model, dtype=wide, device=home)
        self._best = (weight.clone(), bias.clone())
        self._now = {"weight": weight, "bias": bias}
        for name in ("weight_mean", "weight_square", "bias_mean", "bias_square"):
            self._now[name] = torch.zeros_like(weight if name.startswith("weight") else bias)
        if resume is not None:
            self._resume(resume)

    def _resume(self, lens: Lens) -> None:
        self.at = int(lens.settings["at"])
        self._finished = lens.finished
        self._history = list(lens.history)
        weight, bias = self._now["weight"], self._now["bias"]
        self._best = (lens.weight.to(weight, copy=True), lens.bias.to(bias, copy=True))
        for name, value in lens.state.items():
            self._now[name] = value.to(weight, copy=True)

    @property
    def done(self) -> bool:
        """All steps taken, or nothing gained for a while."""
        return self._finished

    @torch.inference_mode(False)
    def step(self) -> None:
        """Train on one batch of texts; now and then look at the held-out ones."""
        if not self._history:
            self._look()
        streams = _streams(self._model, self._batch())
        rms = streams[:-1].square().mean(-1).sqrt().median(1).values[:, None]
        weight, bias = (self._now[name].detach().requires_grad_() for name in ("weight", "bias"))
        distance(self._model, streams, weight, bias)
        self.at += 1
        rate = self._rate()
        self._adam("weight", weight.grad, rate * _RATE / self._model.d_model)
        self._adam("bias", bias.grad, rate * _BIAS_RATE * rms)
        if self.at % _CHECK == 0 or self.at == self.total:
            self._look()
            self._finished = self.at == self.total or self._at_rest()

    def lens(self) -> Lens:
        """The best maps so far; unfinished, with what resuming needs."""
        weight, bias = self._best
        state = {} if self._finished else self._now
        rows = tuple(range(self._model.n_layers))
        return Lens(
            kind="tuned",
            model=self._model.name,
            revision=self._model.revision,
            rows=rows,
            weight=_kept(weight),
            bias=_kept(bias),
            unembedding=sample_of_unembedding(self._model),
            history=torch.stack(self._history) if self._history else torch.empty(0, len(rows)),
            settings=self._settings | {"at": self.at, "finished": self._finished},
            state={name: _kept(value) for name, value in state.items()},
        )

    def _batch(self) -> list[Text]:
        """The texts of this step: every text once, in an order of its own, then all again."""
        n = len(self._train)
        first = self.at * self._texts_a_step
        orders: dict[int, list[int]] = {}
        chosen = []
        for place in range(first, first + self._texts_a_step):
            turn = place // n
            if turn not in orders:
                generator = torch.Generator().manual_seed(turn)
                orders[turn] = torch.randperm(n, generator=generator).tolist()
            chosen.append(self._train[orders[turn][place % n]])
        return chosen

    def _rate(self) -> float:
        """Share of the full rate at this step: up, then down to 0."""
        warm = max(1, int(_WARM_UP * self.total))
        down = (self.total - self.at + 1) / max(1, self.total - warm)
        return min(self.at / warm, down, 1.0)

    def _adam(self, name: str, slope: Tensor | None, rate: Any) -> None:
        """One step of Adam (Kingma & Ba, 2015), its moments among the numbers to resume from."""
        assert slope is not None
        mean, square = self._now[f"{name}_mean"], self._now[f"{name}_square"]
        fast, slow = _BETAS
        mean.lerp_(slope, 1 - fast)
        square.lerp_(slope.square(), 1 - slow)
        size = (square / (1 - slow**self.at)).sqrt().add_(1e-12)
        self._now[name] = self._now[name] - rate * (mean / (1 - fast**self.at)) / size

    def _look(self) -> None:
        """Measure the maps on the held-out texts and keep those that are better than before."""
        weight, bias = self._now["weight"], self._now["bias"]
        total, tokens = torch.zeros_like(bias[:, 0]), 0
        for start in range(0, len(self._held_out), self._texts_a_step):
            streams = _streams(self._model, self._held_out[start : start + self._texts_a_step])
            n = streams.shape[1]
            total += distance(self._model, streams, weight, bias) * n
            tokens += n
        now = (total / tokens).float().cpu()
        best = (
            torch.stack(self._history).amin(0) if self._history else torch.full_like(now, torch.inf)
        )
        better = (now < best).to(weight.device)
        for kept, new in zip(self._best, (weight, bias), strict=True):
            kept[better] = new[better]
        self._history.append(now)

    def _at_rest(self) -> bool:
        """Whether the latest looks improved no row."""
        if len(self._history) <= _PATIENCE:
            return False
        history = torch.stack(self._history)
        before, lately = history[:-_PATIENCE].amin(0), history[-_PATIENCE:].amin(0)
        return bool((lately > before * (1 - _IMPROVED)).all())


def distance(model: LanguageModel, streams: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """``KL(model's output ‖ lens)`` of each row, mean over tokens, nats ``[row]``.

    Where ``weight`` and ``bias`` require gradients, theirs are added to ``.grad``: of the sum over
    rows, in which each row has its own.

    Args:
        model: the model.
        streams: ``[row, token, d_model]``, the last row too.
        weight: ``A``, ``[row, d_model out, d_model in]``, without the last row.
        bias: ``b``, ``[row, d_model]``.
    """
    n, learn = streams.shape[1], weight.requires_grad
    norm = model.module(model.architecture.final_norm)
    total = torch.zeros_like(bias[:, 0])
    block = max(1, _BUDGET // (len(streams) * model.d_vocab))
    for start in range(0, n, block):
        here = streams[:, start : start + block]
        with torch.set_grad_enabled(learn):
            read = here[:-1] + torch.baddbmm(bias[:, None], here[:-1], weight.mT)
            normed = in_precision(norm, read).forward(read)
        loss, slope = _slope(model, normed.detach(), here[-1])
        total += loss.detach()
        if learn:
            # Into the maps alone: the norm's own weights belong to the user.
            normed.backward(slope / n, inputs=[weight, bias])
    return total / n


@torch.no_grad()
def _slope(model: LanguageModel, normed: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
    """The summed KL of each row, and its slope at what the unembedding reads."""
    logits = model.unembed(normed, normed=True)
    wanted = model.unembed(last).log_softmax(-1)
    logq = logits.log_softmax(-1)
    probs = wanted.exp()
    loss = (probs * wanted).sum() - torch.einsum("pv,rpv->r", probs, logq)
    slope = logq.exp_().sub_(probs)
    if model.logit_softcap is not None:
        slope *= 1 - (logits / model.logit_softcap).square()
    head = model.hf.get_output_embeddings().weight
    out = torch.zeros_like(normed, device=head.device)
    for first in range(0, len(head), _VOCAB_SLICE):
        part = slice(first, first + _VOCAB_SLICE)
        out += slope[..., part] @ head[part].to(slope)
    return loss, out.to(normed)


@torch.no_grad()
def _streams(model: LanguageModel, texts: list[Text]) -> Tensor:
    """The streams of all positions that count, ``[row, token, d_model]``, float32 or better.

    Short texts are filled up on the right, where no position of theirs can see.
    """
    longest = max(len(ids) for ids, _ in texts)
    batch = torch.zeros(len(texts), longest, dtype=torch.long)
    counted = torch.zeros(len(texts), longest, dtype=torch.bool)
    for i, (ids, span) in enumerate(texts):
        batch[i, : len(ids)] = ids.cpu()
        counted[i, span] = True
    sites = stream_sites(model)
    with captured(model, sites) as found:
        model.run(batch.to(model.device))
    home = model.hf.get_output_embeddings().weight.device
    wide = torch.float64 if model.dtype == torch.float64 else torch.float32
    rows = [found[site][counted.to(found[site].device)] for site in sites]
    return torch.stack([row.to(device=home, dtype=wide) for row in rows])


def _first_tokens(texts: list[Text], most: int) -> Iterator[Text]:
    """Texts from the first on, until they hold ``most`` tokens."""
    tokens = 0
    for text in texts:
        yield text
        tokens += len(text[0])
        if tokens >= most:
            return


def _kept(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone()
