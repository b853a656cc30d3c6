"""Texts as a stream of token activations, and the latents that fire on them.

Batches hold whole texts, some thousand tokens each, so memory does not grow with the number of
texts. Texts of like length run together, filled up on the right, where no earlier position of a
causal model looks, and the model stops at the place that is read: later layers are not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.core.dictionary.activation_texts import opened, text_of
from interp_widgets.core.dictionary.encode import CHOOSING
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.hooks import hooked
from interp_widgets.core.sites import Site, expand
from interp_widgets.core.tokens import Prompt, encode

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

TOKENS_A_BATCH = 8192
_TOKENS_A_RUN = 4096  # of the model, padding included
_CELLS = 1 << 24  # of codes [token, feature] that are dense at a time


class _PlaceReached(Exception):  # noqa: N818 - no error, a way out
    """The place was reached; what lies above it is not needed."""


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Whole texts in a row.

    Attributes:
        ids: of tokens, int64 ``[token]`` on the cpu.
        starts: where each text begins, and where the last ends, ``[text + 1]`` on the cpu.
        activations: ``[token, d_in]``, where the model is.
        counted: which tokens count, ``[token]`` on the cpu; the others are only context.
    """

    ids: Tensor
    starts: Tensor
    activations: Tensor
    counted: Tensor

    @property
    def texts(self) -> Tensor:
        """The text of each token, counted from 0 in this batch, ``[token]``."""
        return torch.repeat_interleave(torch.arange(len(self.starts) - 1), self.starts.diff())

    @property
    def positions(self) -> Tensor:
        """The position of each token in its text, ``[token]``."""
        return torch.arange(len(self.ids)) - self.starts[self.texts]


def check_dictionary(sae: Any) -> None:
    """Refuse what is no dictionary, or one whose training came to nothing.

    Raises:
        TypeError: something else.
        ValueError: weights that are not finite.
    """
    if not isinstance(sae, SAE):
        # Asked of the class: the property of a run in training waits for a step and copies.
        hint = " A training run has one: run.sae." if hasattr(type(sae), "sae") else ""
        raise TypeError(
            "a dictionary is wanted, as iw.sae(3) or iw.SAE.load(folder) gives it; got "
            f"{type(sae).__name__}.{hint}"
        )
    for name in ("W_enc", "b_enc", "W_dec", "b_dec"):
        if not bool(getattr(sae, name).isfinite().all()):
            raise ValueError(
                f"{name} of this dictionary holds numbers that are not finite: its training "
                "diverged, or its file is damaged. Take an earlier checkpoint."
            )


def one_site(model: LanguageModel, sae: SAE, site: str | None) -> Site:
    """The place that a dictionary reads.

    Args:
        model: the model.
        sae: the dictionary.
        site: its name, or None for the one that the dictionary names.

    Raises:
        ValueError: none named, several, an unknown one, or one of another width; a dictionary
            with weights that are not finite.
        TypeError: no name, or no dictionary.
    """
    check_dictionary(sae)
    if site is None and not sae.site:
        raise ValueError(
            "this dictionary does not say where it reads: pass site=, such as 'L3.resid_post'."
        )
    listed = expand(sae.site if site is None else site, model.n_layers)
    if len(listed) != 1 or listed[0].kind == "pattern":
        raise ValueError(f"a dictionary reads one place with a row a token; got {site!r}.")
    found = listed[0]
    model.place(found)
    width = _width(model, found)
    if width != sae.d_in:
        raise ValueError(
            f"{found} of {model.name} has {width} numbers a token; this dictionary reads "
            f"{sae.d_in}. Is it one of this model, and of this place?"
        )
    return found


def _width(model: LanguageModel, site: Site) -> int:
    one = site.index is not None
    if site.kind == "mlp_post":
        return 1 if one else model.d_mlp
    heads = {"z": model.n_heads, "q": model.n_heads, "k": model.n_kv_heads, "v": model.n_kv_heads}
    if site.kind in heads:
        return model.d_head * (1 if one else heads[site.kind])
    return model.d_model


def check_texts(texts: Any) -> None:
    """Refuse one text instead of several.

    Raises:
        TypeError: which it is.
    """
    if isinstance(texts, str | bytes | Mapping | Tensor) or not isinstance(texts, Iterable):
        raise TypeError(
            "texts are several: a list, a data set, a file's lines; got one "
            f"{type(texts).__name__}."
        )


def each_text(texts: Any) -> Iterator[Prompt]:
    """Texts one after the other, whatever holds them.

    Args:
        texts: a list, a data set, a generator; or the path of a file, as `opened` reads it. Each is
            a text, an object with one under "text", or token ids.

    Raises:
        TypeError: one text or something that holds none; while it runs, an item without a text.
        FileNotFoundError: no such file.
    """
    if isinstance(texts, str | Path):
        file = opened(texts, 0)
        return takewhile(lambda text: text is not None, (file.at(0, n) for n in count()))  # pyright: ignore[reportReturnType]
    check_texts(texts)
    return (text_of(item, number) for number, item in enumerate(texts))


def in_parts(
    model: LanguageModel, texts: Iterable[Prompt], length: int | None = None
) -> Iterator[Prompt]:
    """Texts, those that are longer than the model reads at a time in parts.

    Args:
        model: the model.
        texts: as `each_text` gives them.
        length: tokens of a part, at most; None for the model's context. Where the tokenizer opens
            a text with a token of its own, so does each part.
    """
    longest = model.context if length is None else min(length, model.context)
    special = set(model.tokenizer.all_special_ids)
    for text in texts:
        # A token is a byte or more, so most texts need no second look.
        if isinstance(text, str) and len(text.encode(errors="replace")) + 2 <= longest:
            yield text
            continue
        ids = text
        if isinstance(text, str):
            ids = model.tokenizer(text, verbose=False)["input_ids"]
        if not isinstance(ids, Sequence | Tensor) or len(ids) <= longest:
            yield text
            continue
        ids = [int(i) for i in ids]
        opening = ids[:1] if ids[0] in special else []
        step = max(1, longest - len(opening))
        for start in range(len(opening), len(ids), step):
            yield opening + ids[start : start + step]


@torch.no_grad()
def token_batches(
    model: LanguageModel,
    site: Site,
    texts: Iterable[Prompt],
    length: int | None = None,
    skip_first: bool = True,
    size: int = TOKENS_A_BATCH,
) -> Iterator[TokenBatch]:
    """Run the model on texts and give what it holds at one place.

    Args:
        model: the model.
        site: the place.
        texts: texts or token ids, any number; empty ones are passed over.
        length: tokens read of each text, at most; None for the model's context.
        skip_first: the first token of a text and special tokens, whose activations are unlike all
            others in most models, do not count.
        size: tokens a batch, at least.

    Raises:
        ValueError: activations that are not finite, a text that the model cannot read.
        TypeError: something that is no text.
    """
    longest = model.context if length is None else min(length, model.context)
    gathered: list[Tensor] = []
    done = held = 0
    for number, text in enumerate(texts):
        ids = _ids(model, text, longest, number)
        if len(ids):
            gathered.append(ids)
            held += len(ids)
        if held >= size:
            yield _batch(model, site, gathered, skip_first, done)
            done, gathered, held = done + len(gathered), [], 0
    if gathered:
        yield _batch(model, site, gathered, skip_first, done)


def _ids(model: LanguageModel, text: Any, longest: int, number: int) -> Tensor:
    """Ids of a text ``[pos]`` on the cpu; none of an empty one without BOS."""
    try:
        return encode(model, text, longest=longest).cpu()
    except (TypeError, ValueError) as wrong:
        if isinstance(text, str) and not text:
            return torch.empty(0, dtype=torch.long)
        raise type(wrong)(f"text {number}: {wrong}") from wrong


def _batch(
    model: LanguageModel, site: Site, rows: list[Tensor], skip_first: bool, done: int
) -> TokenBatch:
    lengths = torch.tensor([len(row) for row in rows])
    starts, ids = F.pad(lengths.cumsum(0), (1, 0)), torch.cat(rows)
    found: list[Tensor] = [torch.empty(0)] * len(rows)
    for group in groups(lengths.tolist(), _TOKENS_A_RUN):
        batch = filled_up([rows[i] for i in group])
        for i, row in zip(group, _run(model, site, batch), strict=True):
            found[i] = row[: len(rows[i])].flatten(1)
    activations = torch.cat(found)
    counted = torch.ones(len(activations), dtype=torch.bool)
    if skip_first:
        counted = ~torch.isin(ids, torch.tensor(model.tokenizer.all_special_ids))
        counted[starts[:-1]] = False
    made = TokenBatch(ids, starts, activations, counted)
    _check_finite(made, done)
    return made


def groups(lengths: list[int], tokens: int) -> Iterator[list[int]]:
    """Numbers of texts that run together, those of like length, shortest first.

    Args:
        lengths: of the texts.
        tokens: of a group filled up to its longest text, at most; a longer text runs alone.
    """
    group: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if group and (len(group) + 1) * lengths[i] > tokens:
            yield group
            group = []
        group.append(i)
    if group:
        yield group


def filled_up(rows: list[Tensor]) -> Tensor:
    """Rows ``[pos]`` of any lengths as one ``[row, pos]``, zeros on the right."""
    longest = max(map(len, rows))
    return torch.stack([F.pad(row, (0, longest - len(row))) for row in rows])


def _run(model: LanguageModel, site: Site, ids: Tensor) -> Tensor:
    """What is at a place, ``[batch, pos, ...]``, in float32 or better."""
    taken: list[Tensor] = []

    def take(activation: Tensor) -> None:
        wide = torch.float64 if activation.dtype == torch.float64 else torch.float32
        taken.append(activation.detach().to(wide, copy=True))
        raise _PlaceReached

    with hooked(model, {site: take}), suppress(_PlaceReached):
        model.run(ids.to(model.device))
    return taken[0]


def _check_finite(batch: TokenBatch, done: int) -> None:
    fine = batch.activations.isfinite().all(-1).cpu() | ~batch.counted
    if bool(fine.all()):
        return
    at = int((~fine).nonzero()[0])
    raise ValueError(
        f"activations are not finite at text {done + int(batch.texts[at])}, position "
        f"{int(batch.positions[at])}. Load the model in float32 or bfloat16, or leave that text "
        "out."
    )


@torch.no_grad()
def firing(sae: SAE, activations: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The latents that fire on tokens.

    Args:
        sae: the dictionary.
        activations: ``[token, d_in]``.

    Returns:
        Token, latent and how strongly it fires (above 0), of every pair that fires, ``[pair]`` on
        the cpu; tokens in order, latents in order within a token.
    """
    rows, features, values = [], [], []
    size = max(1, _CELLS // sae.d_sae)
    for start in range(0, len(activations), size):
        x = activations[start : start + size].to(sae.device)
        if sae.activation in CHOOSING:
            strong, latents = sae.encode_sparse(x)
            latents, order = latents.sort(-1)
            strong = strong.gather(-1, order)
            token, place = (strong > 0).nonzero(as_tuple=True)
            latent = latents[token, place]
            value = strong[token, place]
        else:
            codes = sae.encode(x)
            token, latent = (codes > 0).nonzero(as_tuple=True)
            value = codes[token, latent]
        rows.append(token.cpu() + start)
        features.append(latent.cpu())
        values.append(value.cpu())
    if not rows:
        none = torch.empty(0, dtype=torch.long)
        return none, none.clone(), torch.empty(0)
    return torch.cat(rows), torch.cat(features), torch.cat(values)
