"""What each latent of a dictionary is about: one pass over texts, in bounded memory.

dash = iw.features(model, sae, texts)
dash[17].text_windows            # where latent 17 fires most strongly
dash[17].top_logits              # what it makes the model say
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from hashlib import blake2b
from operator import index
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from interp_widgets.core.dictionary.feature_record import FeatureDashboards
from interp_widgets.core.dictionary.feature_weights import LogitEffects, logit_effects
from interp_widgets.core.dictionary.gathering import LOGITS, Gathering, Settings
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import (
    TOKENS_A_BATCH,
    TokenBatch,
    check_dictionary,
    each_text,
    in_parts,
    one_site,
    token_batches,
)
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.tokens import pieces

__all__ = ["FeatureDashboards", "features", "features_of", "iter_features"]

_WINDOWS = 4096  # of a latent, at most


def features(
    model: LanguageModel,
    sae: SAE,
    texts: Iterable[Any] | str | Path,
    site: str | None = None,
    which: Iterable[int] | None = None,
    *,
    top: int = 12,
    sampled: int = 16,
    window: tuple[int, int] = (15, 8),
    length: int | None = None,
    skip_first: bool = True,
    seed: int = 0,
) -> FeatureDashboards:
    """Dashboards of a dictionary's latents.

    For each latent: the windows of text in which it fires most strongly, a sample of all others,
    random ones in which it is silent; how often and how strongly it fires; what it makes the model
    say; the latents with the closest directions, and those that fire with it.

    Every second text, drawn by its content, is held out: its windows are shown, but `explain` does
    not see them and `score` judges by them alone. The result does not depend on the order of texts.
    A progress bar appears when it takes longer than a second.

    Args:
        model: the model.
        sae: a dictionary of a place in it: trained, loaded, bundled, or in training (``run.sae``).
        texts: any number of texts or token ids: a list, a data set, a generator, the path of a
            file with a text a line. Empty ones are passed over, long ones count as several.
        site: the place; None for the one that the dictionary names.
        which: latents; None for all. Partners are looked for among all; where ``len(which)``
            times the dictionary's size is above 16 million, on as many tokens as 8 million latents
            fire on, drawn by content.
        top: windows a latent, the strongest.
        sampled: windows a latent, drawn from all others.
        window: tokens before and after the peak.
        length: tokens that the model reads at a time, at most; None for its context.
        skip_first: leave out the first token of each text and special tokens, whose activations
            are unlike all others in most models.
        seed: of what is drawn at random.

    Returns:
        The record; ``dash[17]`` is one latent.

    Raises:
        ValueError: a place that does not fit, latents that are not there, an option out of range,
            texts without a token that counts, activations that are not finite.
        TypeError: something that is no text. FileNotFoundError: no such file, or one text alone.
    """
    from tqdm import tqdm

    gathering, batches, finish = _begun(
        model, sae, texts, site, which, Settings(top, sampled, window, seed), length, skip_first
    )
    with tqdm(desc="features", unit=" tokens", unit_scale=True, delay=1, leave=False) as bar:
        for batch in batches:
            before = gathering.tokens
            gathering.add(batch)
            bar.update(gathering.tokens - before)
    return finish(True)


def iter_features(
    model: LanguageModel,
    sae: SAE,
    texts: Iterable[Any] | str | Path,
    site: str | None = None,
    which: Iterable[int] | None = None,
    *,
    top: int = 12,
    sampled: int = 16,
    window: tuple[int, int] = (15, 8),
    length: int | None = None,
    skip_first: bool = True,
    seed: int = 0,
) -> Generator[FeatureDashboards]:
    """`features` in steps of some thousand tokens: what is known so far after each of them.

    The last record, and only it, is ``complete``. Labels are shared by all records of one call.
    Closing it cancels. Bad input raises here and not at the first step.
    """
    gathering, batches, finish = _begun(
        model, sae, texts, site, which, Settings(top, sampled, window, seed), length, skip_first
    )
    return _records(gathering, batches, finish)


def _records(gathering: Gathering, batches: Iterator[TokenBatch], finish: Any):
    for batch in batches:
        gathering.add(batch)
        yield finish(False)
    yield finish(True)


def _begun(
    model: LanguageModel,
    sae: SAE,
    texts: Any,
    site: str | None,
    which: Any,
    settings: Settings,
    length: int | None,
    skip_first: bool,
):
    """A gathering, the batches to give it, and what makes a record of it.

    Raises:
        ValueError, TypeError: as `features`.
    """
    check_model(model)
    _check_settings(settings, length)
    each = in_parts(model, each_text(texts), length)
    place = one_site(model, sae, site)
    chosen = _chosen(which, sae.d_sae)
    about = {"model": model.name, "revision": model.revision, "prompt": "", "site": str(place)}
    gathering = Gathering(sae, chosen, settings, about)
    effects: list[LogitEffects | None] = []

    def finish(complete: bool) -> FeatureDashboards:
        if complete and not gathering.tokens:
            raise ValueError(
                "the texts have no token that counts: give some of two tokens or more."
            )
        if not effects:
            effects.append(logit_effects(model, sae, place, chosen, LOGITS))
        return gathering.record(lambda ids: pieces(model.tokenizer, ids), effects[0], complete)

    return gathering, token_batches(model, place, each, length, skip_first, TOKENS_A_BATCH), finish


def _check_settings(settings: Settings, length: int | None) -> None:
    """Refuse numbers out of range."""
    check_seed(settings.seed)
    reach = settings.reach
    fine = isinstance(reach, Sequence) and len(reach) == 2 and all(map(_is_whole, reach))
    if not fine or sum(reach) > 254 or min(reach) < 0:
        raise ValueError(
            f"window= is (tokens before, tokens after) the peak, 254 at most; got {reach!r}."
        )
    given = {"top": (settings.top, 1), "sampled": (settings.sampled, 0), "length": (length, 2)}
    for name, (value, least) in given.items():
        if value is not None and (not _is_whole(value) or value < least):
            raise ValueError(f"{name}= is a whole number from {least}; got {value!r}.")
    if settings.top + settings.sampled > _WINDOWS:
        raise ValueError(
            f"top= and sampled= are windows a latent, {_WINDOWS} together at most; got "
            f"{settings.top} and {settings.sampled}."
        )


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _chosen(which: Any, d_sae: int) -> Tensor:
    """Latents in the order asked for, each once."""
    if which is None:
        return torch.arange(d_sae)
    if isinstance(which, str) or not isinstance(which, Iterable):
        raise TypeError(f"which= are numbers of latents; got {type(which).__name__}.")
    try:
        listed = list(dict.fromkeys(index(i) for i in which))
    except TypeError as wrong:
        raise TypeError(f"which= are numbers of latents; got {str(which)[:60]}.") from wrong
    if not listed or min(listed) < 0 or max(listed) >= d_sae:
        raise ValueError(
            f"which= names one latent or more of 0 to {d_sae - 1}; got {str(listed)[:60]}."
        )
    return torch.tensor(listed)


def features_of(
    activations: Tensor,
    tokens: Sequence[Sequence[str]],
    sae: SAE | tuple[Tensor, Tensor],
    which: Iterable[int] | None = None,
    *,
    top: int = 12,
    sampled: int = 16,
    window: tuple[int, int] = (15, 8),
    skip_first: bool = False,
    seed: int = 0,
) -> FeatureDashboards:
    """Dashboards from activations that are there already, without a model.

    There are no effects on logits, which need a model; all else is as in `features`.

    Args:
        activations: ``[token, d_in]``, all texts one after the other.
        tokens: the pieces of each text.
        sae: the dictionary; or ``(W_enc [d_in, feature], W_dec [feature, d_out])`` of any other
            set of directions, which fire where ``activations @ W_enc`` is above 0.
        which: latents; None for all.
        top: as in `features`.
        sampled: as in `features`.
        window: as in `features`.
        skip_first: leave out the first token of each text.
        seed: as in `features`.

    Raises:
        ValueError: other numbers of tokens, activations that are not finite, another width, an
            option out of range. TypeError: tokens that are no lists of text.
    """
    if isinstance(sae, tuple):
        encoder, decoder = (torch.as_tensor(part) for part in sae)
        zeros = [part.new_zeros(part.shape[1]) for part in (encoder, decoder)]
        sae = SAE(encoder, zeros[0], decoder, zeros[1], center=False)
    check_dictionary(sae)
    settings = Settings(top, sampled, window, seed)
    _check_settings(settings, None)
    chosen = _chosen(which, sae.d_sae)
    names, ids, starts = _read(tokens)
    activations = torch.as_tensor(activations).detach()
    if activations.shape != (len(ids), sae.d_in):
        raise ValueError(
            f"activations of {len(ids)} tokens for this dictionary are [{len(ids)}, {sae.d_in}]; "
            f"got {list(activations.shape)}."
        )
    broken = (~activations.isfinite().all(-1)).nonzero()
    if len(broken):
        raise ValueError(f"activations are not finite at token {int(broken[0])}. Leave it out.")
    digests = np.array([_digest(name) for name in names], dtype=np.uint64)
    about = {"model": sae.model, "revision": sae.revision, "prompt": "", "site": sae.site}
    gathering = Gathering(sae, chosen, settings, about)
    for batch in _cut(activations, ids, starts, skip_first):
        gathering.add(batch, digests[batch.ids.numpy()])
    if not gathering.tokens:
        raise ValueError("there is no token that counts.")
    return gathering.record(lambda found: [names[i] for i in found], None, True)


def _digest(piece: str) -> int:
    """A number that stands for a piece, on every machine the same."""
    return int.from_bytes(
        blake2b(piece.encode(errors="surrogatepass"), digest_size=8).digest(), "big"
    )


def _read(tokens: Any) -> tuple[list[str], Tensor, Tensor]:
    """All pieces, each once; the number of each token among them; where texts begin and end."""
    if isinstance(tokens, str) or not isinstance(tokens, Sequence):
        raise TypeError(f"tokens are lists of pieces, one a text; got {type(tokens).__name__}.")
    number: dict[str, int] = {}
    ids, starts = [], [0]
    for text in tokens:
        if isinstance(text, str) or not all(isinstance(piece, str) for piece in text):
            raise TypeError(f"tokens are lists of pieces, one a text; got the text {text!r:.60}.")
        ids += [number.setdefault(piece, len(number)) for piece in text]
        if len(text):
            starts.append(len(ids))
    return list(number), torch.tensor(ids, dtype=torch.long), torch.tensor(starts)


def _cut(
    activations: Tensor, ids: Tensor, starts: Tensor, skip_first: bool
) -> Iterator[TokenBatch]:
    """Whole texts, some thousand tokens at a time."""
    first = 0
    while first < len(starts) - 1:
        begin = int(starts[first])
        last = int(torch.searchsorted(starts, begin + TOKENS_A_BATCH, right=True)) - 1
        last = max(last, first + 1)
        rows = slice(begin, int(starts[last]))
        inner = starts[first : last + 1] - begin
        counted = torch.ones(len(ids[rows]), dtype=torch.bool)
        counted[inner[:-1]] = not skip_first
        yield TokenBatch(ids[rows], inner, activations[rows], counted)
        first = last
