"""Honest evaluation of a dictionary: what it keeps, what the model loses, what its latents do.

Every mean is over the same tokens: all but the first position of each text and special tokens,
whose activations are unlike others. Those positions keep their own activation when the model runs
with the reconstruction, too. Ablation is the yardstick of *CE recovered*; at a place in the
residual stream it is so catastrophic that 0.99 comes cheap, which is why the loss added stands
beside it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from interp_widgets.core import metrics
from interp_widgets.core.arguments import check_whole
from interp_widgets.core.dictionary.evaluation_record import SAEEvaluation
from interp_widgets.core.dictionary.feature_weights import encoder_cosines, nearest_cosines
from interp_widgets.core.dictionary.fidelity import Fidelity, check_finite
from interp_widgets.core.dictionary.linear_baseline import LinearBaseline
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.substitution import Spot, replaced, spot_of
from interp_widgets.core.dictionary.token_stream import (
    check_dictionary,
    each_text,
    filled_up,
    groups,
)
from interp_widgets.core.hooks import captured, hooked
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.sites import Site
from interp_widgets.core.switches import check_switch
from interp_widgets.core.tokens import Prompt, encode

ABLATIONS = ("zero", "mean")
_TOKENS = 4096  # a batch, padding included
_LOGITS = 1 << 25  # of a batch: 128 MiB in float32
_NAN = float("nan")


def evaluate_sae(
    model: LanguageModel,
    sae: SAE,
    texts: Iterable[Prompt] | str | Path,
    site: str | None = None,
    site_out: str | None = None,
    ablation: str = "zero",
    length: int | None = None,
    skip_first: bool = True,
) -> SAEEvaluation:
    """Measure a dictionary on texts, and the model with it in place.

    A progress bar appears when it takes longer than a second.

    Args:
        model: the model.
        sae: the dictionary, autoencoder or transcoder.
        texts: texts or token ids, of two tokens or more: a list, a data set, the path of a file
            with a text a line; only their ids are held.
        site: the place that the dictionary reads; None for the one that it names.
        site_out: the place of its output; None for the one that it names, or else ``site``.
        ablation: what CE recovered is measured against: ``"zero"``, or the ``"mean"`` over the
            tokens of these texts.
        length: tokens used of each text, at most; None for the model's context.
        skip_first: leave out the first position of each text, and special tokens.

    Returns:
        The record; see `SAEEvaluation` for units.

    Raises:
        TypeError: no model, no dictionary, one text instead of several.
        ValueError: an unknown place or one of another width, no place named, another ablation, no
            next token to predict in any text; or, on the way, activations that are not finite.
    """
    from tqdm import tqdm

    records = iter_evaluate_sae(model, sae, texts, site, site_out, ablation, length, skip_first)
    record = next(records)
    with tqdm(desc="evaluate", unit=" tokens", unit_scale=True, delay=1, leave=False) as bar:
        bar.update(record.tokens)
        for later in records:
            bar.update(later.tokens - record.tokens)
            record = later
    return record


def iter_evaluate_sae(
    model: LanguageModel,
    sae: SAE,
    texts: Iterable[Prompt] | str | Path,
    site: str | None = None,
    site_out: str | None = None,
    ablation: str = "zero",
    length: int | None = None,
    skip_first: bool = True,
) -> Generator[SAEEvaluation]:
    """`evaluate_sae` in steps: the record of the texts run so far. Closing it cancels."""
    check_model(model)
    check_dictionary(sae)
    check_switch("skip_first", skip_first)
    spot = spot_of(model, sae, site, site_out)
    if ablation not in ABLATIONS:
        raise ValueError(f"ablation= is 'zero' or 'mean'; got {ablation!r:.40}.")
    rows = _rows(model, texts, length)
    special = set(model.tokenizer.all_special_ids) if skip_first else set()
    masks = [_mask(row, special, skip_first) for row in rows]
    if not any(bool(mask[:-1].any()) for mask in masks):
        raise ValueError(
            f"there is no next token to predict in {len(rows)} texts: give texts of two tokens or "
            "more, not counting the first position and special tokens."
        )
    return _steps(model, sae.to(model.device), spot, ablation, _batches(model, rows, masks))


def evaluate_on(
    sae: SAE,
    x: Tensor | Iterable[Tensor],
    y: Tensor | Iterable[Tensor] | None = None,
    batch_size: int = 4096,
) -> SAEEvaluation:
    """The part of `evaluate_sae` that needs no model.

    Args:
        sae: the dictionary.
        x: activations ``[token, d_in]``, or an iterable of such batches.
        y: what its output is to equal, of the same kind; ``x`` itself for an autoencoder.
        batch_size: tokens at a time.

    Returns:
        The record, its losses NaN.

    Raises:
        TypeError: no dictionary, no tensors.
        ValueError: no activations, another width, numbers that are not finite, or a transcoder
            without ``y``.
    """
    check_dictionary(sae)
    if y is None and sae.is_transcoder:
        raise ValueError(
            "this transcoder's output is to equal something other than its input: pass y=."
        )
    sums, linear = Fidelity(sae), LinearBaseline(sae) if sae.is_transcoder else None
    for part, target in _pairs(x, y, batch_size):
        if y is not None and target.shape != (len(part), sae.d_out):
            raise ValueError(
                f"y is [token, {sae.d_out}], a row for each of {len(part)} rows of x; got "
                f"{list(target.shape)}."
            )
        sums.add(part.to(sae.device), target.to(sae.device))
        if linear is not None:
            linear.add(part, target)
    if not sums.tokens:
        raise ValueError("there are no activations in x.")
    latents = _about_latents(sae)
    return _record(sae, sums, _Losses(""), latents, linear_fve=linear.fve if linear else None)


def _pairs(x: Any, y: Any, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Batches of what is read and what is wanted."""
    check_whole("batch_size", size)
    given = [x] if isinstance(x, Tensor) else x
    wanted = given if y is None else [y] if isinstance(y, Tensor) else y
    if not isinstance(given, Iterable) or not isinstance(wanted, Iterable):
        raise TypeError(f"x= is a tensor [token, d], or batches of them; got {type(x).__name__}.")
    both = ((one, one) for one in given) if y is None else zip_longest(given, wanted)
    for part, target in both:
        if part is None or target is None:
            raise ValueError(
                "x= and y= are as many batches, one of each at a time; one ended first."
            )
        if not isinstance(part, Tensor) or part.ndim != 2 or not isinstance(target, Tensor):
            shape = list(part.shape) if isinstance(part, Tensor) else type(part).__name__
            raise TypeError(f"activations are a tensor [token, d]; got {shape}.")
        for start in range(0, len(part), size):
            rows = slice(start, start + size)
            yield part[rows], target[rows]


def _rows(model: LanguageModel, texts: Any, length: int | None) -> list[Tensor]:
    """Ids of each text ``[pos]``; empty ones are passed over."""
    if length is not None and (isinstance(length, bool) or not isinstance(length, int)):
        raise TypeError(f"length= is a whole number of tokens; got {length!r:.40}.")
    longest = model.context if length is None else min(length, model.context)
    if longest < 2:
        raise ValueError(f"length= is 2 tokens or more; got {length}.")
    found = []
    for number, text in enumerate(each_text(texts)):
        if isinstance(text, str) and not text:
            continue
        try:
            found.append(encode(model, text, longest=longest))
        except (TypeError, ValueError) as wrong:
            raise type(wrong)(f"text {number}: {wrong}") from wrong
    if not found:
        raise ValueError("texts= holds no text, or only empty ones.")
    return found


def _mask(ids: Tensor, special: set[int], skip_first: bool) -> Tensor:
    """Which positions count, bool ``[pos]`` on the cpu."""
    mask = torch.tensor([token not in special for token in ids.tolist()])
    if skip_first:
        mask[0] = False
    return mask


def _batches(model: LanguageModel, rows: list[Tensor], masks: list[Tensor]) -> list[_Batch]:
    """Texts of like length together, filled up on the right."""
    tokens = max(1, min(_TOKENS, _LOGITS // model.d_vocab))
    follow = [torch.arange(1, len(mask) + 1) < len(mask) for mask in masks]
    return [
        _Batch(*(filled_up([part[i] for i in group]) for part in (rows, masks, follow)))
        for group in groups([len(row) for row in rows], tokens)
    ]


class _Batch(NamedTuple):
    """Texts that run together.

    Attributes:
        ids: ``[text, pos]``, on the model's device.
        counted: which positions count, bool ``[text, pos]`` on the cpu.
        followed: after which the text goes on, of the same shape.
    """

    ids: Tensor
    counted: Tensor
    followed: Tensor


class _Losses:
    """Sums of losses and divergences, nats, for the model, the dictionary and the ablation."""

    def __init__(self, ablation: str) -> None:
        self.ablation = ablation
        self.texts = self.tokens = self.predicted = 0
        names = ("ce_clean", "ce_sae", "ce_ablated", "kl", "kl_ablated")
        self._sums: dict[str, float] = dict.fromkeys(names, 0.0)

    def count(
        self, batch: _Batch, logits: Tensor, name: str = "clean", clean: Tensor | None = None
    ) -> None:
        """Add the losses of a run, and its divergence from the ``clean`` one."""
        for rows in batch.counted.nonzero().split(max(1, _LOGITS // logits.shape[-1])):
            text, pos = rows.unbind(1)
            here = logits[text, pos]
            said = batch.followed[text, pos]
            targets = batch.ids[text[said], pos[said] + 1].to(here.device)
            self._add(f"ce_{name}", -metrics.log_probs(here[said]).gather(-1, targets[:, None]))
            if clean is None:
                self.predicted += len(targets)
                self.tokens += len(rows)
            else:
                nats = metrics.kl_divergence(clean[text, pos], here)
                self._add("kl" if name == "sae" else f"kl_{name}", nats)

    def _add(self, name: str, nats: Tensor) -> None:
        self._sums[name] += float(nats.cpu().double().sum())

    def numbers(self) -> dict[str, float]:
        """Means so far; NaN where nothing was counted."""
        counts = {"ce": self.predicted, "kl": self.tokens}
        return {
            name: total / counts[name[:2]] if counts[name[:2]] else _NAN
            for name, total in self._sums.items()
        }


def _steps(
    model: LanguageModel,
    sae: SAE,
    spot: Spot,
    ablation: str,
    batches: list[_Batch],
) -> Generator[SAEEvaluation]:
    sums, losses, latents = Fidelity(sae), _Losses(ablation), _about_latents(sae)
    nothing = _mean(model, spot, batches) if ablation == "mean" else 0.0
    linear = LinearBaseline(sae) if sae.is_transcoder else None
    for batch in batches:
        with captured(model, spot.places) as found:
            clean = model.logits(batch.ids)
        x, y = (_taken(found[place], batch, place) for place in (spot.site, spot.out))
        made = sums.add(x.to(sae.device), y.to(sae.device))
        if linear is not None:
            linear.add(x, y)
        losses.count(batch, clean)
        for name, rows in (("sae", made), ("ablated", nothing)):
            with hooked(model, replaced(spot, batch.counted, rows)):
                losses.count(batch, model.logits(batch.ids), name, clean)
        losses.texts += len(batch.ids)
        ended = batch is batches[-1]  # solving takes the cube of the width
        linear_fve = linear.fve if linear is not None and ended else None
        yield _record(sae, sums, losses, latents, model, spot, linear_fve)


def _taken(activation: Tensor, batch: _Batch, site: Site) -> Tensor:
    """Rows of an activation ``[text, pos, ...]`` that count, float32 or better."""
    rows = metrics.precise(activation.flatten(2)[batch.counted])
    check_finite(rows, f"activations at {site}")
    return rows


def _mean(model: LanguageModel, spot: Spot, batches: list[_Batch]) -> Tensor:
    """Mean activation over all tokens that count, ``[d_out]``."""
    total, tokens = torch.zeros(()), 0
    for batch in batches:
        with captured(model, [spot.out]) as found:
            model.run(batch.ids)
        rows = _taken(found[spot.out], batch, spot.out)
        total, tokens = total + rows.cpu().double().sum(0), tokens + len(rows)
    return (total / tokens).float() if model.dtype != torch.float64 else total / tokens


def _about_latents(sae: SAE) -> dict[str, Tensor]:
    """What weights alone say of latents."""
    return {
        "max_cosine": nearest_cosines(sae),
        "encoder_decoder_cosine": encoder_cosines(sae),
    }


def _record(
    sae: SAE,
    sums: Fidelity,
    losses: _Losses,
    latents: dict[str, Tensor],
    model: LanguageModel | None = None,
    spot: Spot | None = None,
    linear_fve: float | None = None,
) -> SAEEvaluation:
    numbers: dict[str, Any] = {**latents, **sums.numbers(), **losses.numbers()}
    return SAEEvaluation(
        model=model.name if model else sae.model,
        revision=model.revision if model else sae.revision,
        prompt="",
        site=str(spot.site) if spot else sae.site,
        out=str(spot.out) if spot else sae.site_out or sae.site,
        variant=sae.variant or sae.activation,
        ablation=losses.ablation,
        texts=losses.texts,
        tokens=sums.tokens,
        predicted=losses.predicted,
        density=sums.fired.cpu().float() / sums.tokens,
        max_activation=sums.largest.cpu().float(),
        linear_fve=linear_fve,
        **numbers,
    )
