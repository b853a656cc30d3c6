"""`activation_source`: tensors, shards on disk, or a model that reads texts, as training data."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from interp_widgets.core.arguments import check_whole
from interp_widgets.core.dictionary.activation_blocks import (
    ActivationSource,
    Producer,
    TensorSource,
    shuffled,
)
from interp_widgets.core.dictionary.activation_rows import TOKENIZE, ModelRows, ShardRows
from interp_widgets.core.dictionary.activation_texts import Texts, opened
from interp_widgets.core.dictionary.synthetic import GroundTruth, NumpyLab
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.shards import ActivationShards
from interp_widgets.core.sites import Site, expand, house_name

BUFFER = 65_536  # rows that a stream is shuffled in
READING: dict[str, Any] = {"tokenize": "documents", "context": None, "buffer": BUFFER}
"""How `activation_source` reads, unless it is told otherwise."""
LENGTH = 1024  # tokens that a model reads at a time, where it can
_SAMPLED = 64  # rows that tell a tensor from others
_CHECKED = 1 << 26  # numbers looked at a time


def activation_source(
    data: Any,
    site: str | None = None,
    texts: Any = None,
    target: Any = None,
    seed: int = 0,
    *,
    tokenize: str = "documents",
    context: int | None = None,
    buffer: int = BUFFER,
) -> ActivationSource:
    """Open what a dictionary is to be trained on.

    Args:
        data: activations ``[token, d]``, or two of them, what is encoded and what it is to predict;
            samples that `ground_truth` made; a folder that `cache_shards` wrote; or a model.
        site: the place to read, where ``data`` is a folder or a model.
        texts: what the model is to read; see `activation_texts.opened`.
        target: what is to be predicted, where that is not what is encoded: a second place, or
            activations of the same tokens ``[token, d_out]``.
        seed: of the order.
        tokenize: "documents": each text by itself, a long one in pieces. "joined": one after the
            other with an end-of-text token between, cut into pieces of one length.
        context: tokens that the model reads at a time; ``None``: what it can, up to 1,024.
        buffer: rows that memory holds, about. Fewer than these are all kept; more are shuffled in
            blocks of half as many.

    Returns:
        A source; the first block of a stream is read by then. The first token of each text and
        special ones are left out.

    Raises:
        TypeError: something else, or nothing to read from.
        ValueError: activations that nothing can be learned from, an unknown place, no texts.
        FileNotFoundError: no such folder or file.
    """
    check_seed(seed)
    check_whole("buffer", buffer, least=2)
    data = _opened(data, texts)
    if isinstance(data, tuple) and len(data) == 2 and target is None:
        data, target = data
    if isinstance(data, Tensor):
        return _of_tensors(data, target, site, texts, seed)
    if isinstance(data, ActivationShards):
        producer: Producer = _of_shards(data, site, texts, target, seed)
    elif isinstance(data, LanguageModel):
        check_model(data)
        sites = [_one(data, name) for name in _named(site, target, "a model")]
        length = _length(data, tokenize, context)
        producer = ModelRows(data, sites, _texts(texts, seed), tokenize, length, buffer // 2)
    else:
        if isinstance(data, nn.Module):
            check_model(data)  # says how to wrap it
        raise TypeError(
            "a dictionary is trained on activations [token, d], on a folder that iw.cache_shards "
            f"wrote, or on a model with site= and texts=; got {type(data).__name__}."
            + (" As a tensor: torch.as_tensor(data)." if hasattr(data, "__array__") else "")
        )
    return shuffled(producer, buffer, seed)


def _opened(data: Any, texts: Any) -> Any:
    """What a path or made samples stand for, and anything else as it is."""
    if isinstance(data, GroundTruth | NumpyLab):
        return torch.as_tensor(data.x).float()
    if not isinstance(data, str | Path):
        return data
    path = Path(data)
    if texts is not None and not path.exists():
        raise FileNotFoundError(
            f"there is no folder {str(data)!r:.60}. A model is loaded first, and then passed: "
            f"model = iw.load({str(data)!r:.60})."
        )
    if path.is_file():
        raise ValueError(
            f"{path} is a file; activations on disk are a folder that iw.cache_shards wrote. Read "
            "a tensor first, safetensors.torch.load_file(path)['x'] say, and pass it. Pickles "
            "(.pt, .pkl) are never read: they can run any code."
        )
    return ActivationShards(path)


def _texts(texts: Any, seed: int) -> Texts:
    if texts is None:
        raise TypeError(
            "a model alone has no activations: pass what it is to read, texts=[…], the path of a "
            "file or a data set."
        )
    return opened(texts, seed)


def _length(model: LanguageModel, tokenize: str, context: int | None) -> int:
    """How many tokens the model reads at a time."""
    if tokenize not in TOKENIZE:
        raise ValueError(f"tokenize is one of {', '.join(TOKENIZE)}; got {tokenize!r}.")
    if context is None:
        return min(model.context, LENGTH)
    check_whole("context", context, least=2)
    if context > model.context:
        raise ValueError(
            f"context= is how many tokens {model.name} reads at a time, 2 to {model.context}; got "
            f"{context}."
        )
    return context


def _one(model: LanguageModel, name: str) -> Site:
    found = expand(name, model.n_layers)
    if len(found) != 1 or found[0].kind == "pattern":
        raise ValueError(
            f"a dictionary reads one place with a row a token, 'L3.resid_post' say; got {name!r}."
        )
    model.place(found[0])
    return found[0]


def _of_shards(
    shards: ActivationShards, site: str | None, texts: Any, target: Any, seed: int
) -> ShardRows:
    if texts is not None:
        raise ValueError("texts are for a model to read; a folder of activations was given.")
    if not shards.complete:
        raise ValueError(
            f"{shards.folder} is incomplete: the run that wrote it stopped. Make the same call of "
            "iw.cache_shards again, which goes on."
        )
    if site is None and len(shards.sites) == 1:
        site = shards.sites[0]
    sites = [house_name(name) for name in _named(site, target, "a folder")]
    return ShardRows(shards, sites, seed)


def _named(site: str | None, target: Any, what: str) -> list[str]:
    """The names of one or two places."""
    if site is None:
        raise TypeError(f"which place of {what}? Pass site=, 'L3.resid_post' say.")
    named = [site] if target is None else [site, target]
    for name in named:
        if not isinstance(name, str):
            raise TypeError(f"a place of {what} is named, 'L3.mlp_in' say; got {name!r:.40}.")
    return named[:1] if len(set(named)) == 1 else named


def _of_tensors(x: Tensor, y: Any, site: str | None, texts: Any, seed: int) -> TensorSource:
    if texts is not None:
        raise ValueError("texts are for a model to read; activations were given. Leave texts out.")
    about = {"activations": _checked(x, "activations"), "site": site or ""}
    if y is not None:
        if not isinstance(y, Tensor):
            raise TypeError(
                f"the targets of given activations are a tensor too; got {type(y).__name__}."
            )
        about["targets"] = _checked(y, "targets")
        if len(y) != len(x) or y.device != x.device:
            raise ValueError(
                f"targets are of the same tokens: {len(x)} rows on {x.device}; got {len(y)} on "
                f"{y.device}."
            )
    return TensorSource(x.detach(), None if y is None else y.detach(), seed, about)


def _checked(x: Tensor, name: str) -> str:
    """What tells these activations from others; refuses what nothing can be learned from."""
    if not x.is_floating_point():
        raise TypeError(f"{name} are real numbers; got a tensor of {x.dtype}.")
    if x.layout != torch.strided or x.is_meta:
        raise TypeError(f"{name} are a dense tensor of numbers: x.to_dense(); got {x.layout}.")
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(
            f"{name} are rows, [token, d]; got {list(x.shape)}. Several texts are laid one after "
            "the other: x.flatten(0, -2)."
        )
    wrong = 0
    for part in x.split(max(1, _CHECKED // x.shape[1])):
        wrong += int((~part.isfinite()).any(1).sum())
    if wrong:
        raise ValueError(
            f"{wrong} of {len(x)} rows of {name} hold NaN or infinity. Leave them out: "
            "x[x.isfinite().all(1)]; if a model made them, run it in float32 or bfloat16."
        )
    some = x.detach()[:: max(1, len(x) // _SAMPLED)].cpu().double()
    return f"{list(x.shape)} {sha256(some.numpy().tobytes()).hexdigest()[:16]}"
