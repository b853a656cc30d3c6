"""Activations of many prompts on disk, in shards: written as a stream, read as a stream.

A folder holds one JSON header and safetensors files of a bounded number of tokens each. Memory
needs room for one shard, however many prompts there are. A run that stopped goes on where the last
whole shard ended: prompts that are on disk already are recognised, not run again.

    shards = iw.cache_shards(model, texts, "L3.resid_post", "activations")
    for rows in shards.batches("L3.resid_post", 4096):
        ...
"""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import interp_widgets
from interp_widgets.core.arguments import check_whole
from interp_widgets.core.cache import batches_of_activations
from interp_widgets.core.folder_lock import sole_writer
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.shard_files import (
    DTYPES,
    HEADER,
    KIND,
    SCHEMA,
    Entry,
    check,
    file_name,
    load,
    read_header,
    save,
    write_header,
)
from interp_widgets.core.sites import Site, expand, house_name
from interp_widgets.core.tokens import Prompt


@dataclass(frozen=True)
class Shard:
    """The tokens of some prompts, one row a token, prompts whole and in order.

    Attributes:
        activations: place -> ``[token, ...]``, in the dtype of the folder, on the cpu.
        ids: token ids, int64 ``[token]``.
        prompts: index of the prompt of each token, int64 ``[token]``.
        positions: position in its prompt, int64 ``[token]``.
    """

    activations: dict[str, Tensor]
    ids: Tensor
    prompts: Tensor
    positions: Tensor


class ActivationShards:
    """A folder that `cache_shards` wrote, opened for reading. Iterating reads a shard at a time.

    Attributes:
        folder: where it is.
        model, revision: what the activations are of.
        sites: names of places.
        dtype: of the activations.
        complete: whether all prompts are there; else the run stopped, and the same call goes on.
        n_prompts, n_tokens: what is there.
    """

    def __init__(self, folder: str | Path) -> None:
        """Open a folder.

        Raises:
            FileNotFoundError: no such folder, no header in it, or a shard that is gone.
            ValueError: a header that cannot be read, or of a newer version.
        """
        self.folder = _path(folder)
        header = read_header(self.folder)
        if header is None:
            raise FileNotFoundError(
                f"no {HEADER} in {self.folder}: no activations were cached there. "
                "Write them with iw.cache_shards(model, prompts, sites, folder)."
            )
        self.model: str = header["model"]
        self.revision: str = header["revision"]
        self.sites: tuple[str, ...] = tuple(header["sites"])
        self.dtype = DTYPES[header["dtype"]]
        self.complete: bool = header["complete"]
        self._entries = [Entry(**entry) for entry in header["shards"]]
        for entry in self._entries:
            if not (self.folder / entry.file).is_file():
                raise FileNotFoundError(
                    f"{self.folder / entry.file} is gone, which {HEADER} lists. "
                    "Remove the folder and cache again."
                )
        self._checked: set[int] = set()  # shards whose file is the one that was written
        self.n_tokens = sum(entry.tokens for entry in self._entries)
        self.n_prompts = sum(entry.prompts for entry in self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        state = "" if self.complete else ", incomplete"
        return (
            f"ActivationShards({len(self)} shards, {self.n_prompts} prompts, "
            f"{self.n_tokens} tokens, {len(self.sites)} places, {self.model}{state})"
        )

    def __iter__(self) -> Iterator[Shard]:
        for i in range(len(self)):
            yield self.read(i)

    def read(self, shard: int, sites: str | Iterable[str] | None = None) -> Shard:
        """One shard, with the activations of ``sites`` only, or of all.

        Raises:
            IndexError: no such shard.
            ValueError: a place that was not cached, or a file that is damaged or not the one that
                was written (looked at once, when a shard is first read).
            TypeError: no number, or places that are no names.
        """
        check_whole("shard", shard, least=0)
        if shard >= len(self):
            raise IndexError(f"there are shards 0 to {len(self) - 1}; got {shard}.")
        names = self.sites if sites is None else self._known(sites)
        entry = self._entries[shard]
        if shard not in self._checked:
            check(self.folder / entry.file, entry)
            self._checked.add(shard)
        tensors = load(self.folder / entry.file, ["ids", "prompt", "pos", *names])
        return Shard(
            {name: tensors[name] for name in names},
            tensors["ids"].long(),
            tensors["prompt"].long(),
            tensors["pos"].long(),
        )

    def batches(self, site: str, size: int, skip_first: bool = True) -> Iterator[Tensor]:
        """Activations of one place, ``[size, ...]`` at a time in the order of prompts.

        Args:
            site: the place.
            size: rows a batch; the last may be shorter. Batches go across shards.
            skip_first: leave out the first token of each prompt, whose activations are unlike all
                others in most models.

        Raises:
            ValueError: a place that was not cached, or a size below 1. TypeError: several places.
        """
        check_whole("size", size)
        if not isinstance(site, str):
            raise TypeError(f"batches are of one place, 'embed' say; got {site!r:.60}.")
        (name,) = self._known(site)
        return self._batches(name, size, skip_first)

    def _batches(self, name: str, size: int, skip_first: bool) -> Iterator[Tensor]:
        waiting: list[Tensor] = []
        for i in range(len(self)):
            shard = self.read(i, name)
            rows = shard.activations[name]
            waiting.append(rows[shard.positions > 0] if skip_first else rows)
            if sum(map(len, waiting)) >= size:
                whole = torch.cat(waiting)
                full = len(whole) - len(whole) % size
                yield from whole[:full].split(size)
                waiting = [whole[full:].clone()]
        if sum(map(len, waiting)):
            yield torch.cat(waiting)

    def _known(self, sites: str | Iterable[str]) -> list[str]:
        given = [sites] if isinstance(sites, str) else sites
        if not isinstance(given, Iterable) or not all(isinstance(name, str) for name in given):
            raise TypeError(f"places are names, 'embed' say; got {given!r:.60}.")
        names = [house_name(name) for name in given]
        for name in names:
            if name not in self.sites:
                raise ValueError(f"{name!r} was not cached; cached are {', '.join(self.sites)}.")
        return names


def cache_shards(
    model: LanguageModel,
    prompts: Iterable[Prompt],
    sites: str | Iterable[str],
    folder: str | Path,
    shard_tokens: int = 16_384,
    dtype: str = "float32",
) -> ActivationShards:
    """Run the model on many prompts and keep activations on disk.

    Args:
        model: the model.
        prompts: texts or token ids, any number of them: a list, a generator, a file's lines.
        sites: names of places; ``L*`` is every layer. No patterns, which have no rows of tokens.
        folder: a new or empty folder, or one where the same call stopped: then it goes on. Prompts
            must come in the same order again.
        shard_tokens: a shard is closed when it has at least as many tokens.
        dtype: of the activations on disk: ``"float32"``, ``"float16"`` or ``"bfloat16"``.

    Returns:
        The folder, open for reading.

    Raises:
        ValueError: an unknown place, a prompt that cannot be run (what came before it stays on
            disk), a folder that holds something else, or that another process is writing to.
        TypeError: prompts or places of another type.
        OSError: a full disk. What was written stays, and the same call goes on from there.
    """
    for _ in iter_cache_shards(model, prompts, sites, folder, shard_tokens, dtype):
        pass
    return ActivationShards(folder)


def iter_cache_shards(
    model: LanguageModel,
    prompts: Iterable[Prompt],
    sites: str | Iterable[str],
    folder: str | Path,
    shard_tokens: int = 16_384,
    dtype: str = "float32",
) -> Generator[ActivationShards]:
    """`cache_shards` in steps: what is on disk after each shard. Closing it stops after a shard.

    Bad input, other than in single prompts, raises here and not at the first step.
    """
    check_model(model)
    wanted = expand(sites, model.n_layers)
    for site in wanted:
        model.place(site)
        if site.kind == "pattern":
            raise ValueError(
                f"{site} has no row for each token, so it cannot be cached in shards. "
                "Use iw.attention(model, prompt), or iw.cache for few prompts."
            )
    if isinstance(prompts, str | bytes | Tensor) or not isinstance(prompts, Iterable):
        raise TypeError(
            f"prompts are several texts or lists of ids; got {type(prompts).__name__}. "
            "For one prompt use iw.cache."
        )
    check_whole("shard_tokens", shard_tokens)
    if dtype not in DTYPES:
        raise ValueError(f"dtype is one of {', '.join(DTYPES)}; got {dtype!r}.")
    header = {
        "kind": KIND,
        "schema": SCHEMA,
        "package": interp_widgets.__version__,
        "model": model.name,
        "revision": model.revision,
        "weights": _sample_of_weights(model),
        "sites": [str(site) for site in wanted],
        "dtype": dtype,
        "shard_tokens": shard_tokens,
        "complete": False,
        "shards": [],
    }
    path = _path(folder)
    return _write(model, prompts, wanted, path, _begun(path, header))


def _sample_of_weights(model: LanguageModel) -> str:
    """Tells a model from another of the same name: SHA-256 of 16 numbers of every parameter."""
    digest = sha256()
    for name, parameter in model.hf.named_parameters():
        numbers = parameter.detach().flatten()
        some = numbers[:: max(1, len(numbers) // 16)][:16]
        digest.update(name.encode())
        if not some.is_meta:  # kept elsewhere and fetched when it is used
            digest.update(some.cpu().float().numpy().tobytes())
    return digest.hexdigest()


def _path(folder: str | Path) -> Path:
    if not isinstance(folder, str | Path):
        raise TypeError(f"folder is a path; got {type(folder).__name__}.")
    return Path(folder)


def _begun(folder: Path, header: dict[str, Any]) -> dict[str, Any]:
    """The header to go on from: a new one, or that of the same call, which stopped here."""
    old = read_header(folder) if folder.is_dir() else None
    if old is None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ValueError(f"{folder} holds something else. Name a new or an empty folder.")
        folder.mkdir(parents=True, exist_ok=True)
        write_header(folder, header)
        return header
    if old["weights"] != header["weights"] and old["model"] == header["model"]:
        raise ValueError(
            f"{folder} holds activations of other weights of {old['model']}: another checkpoint, "
            "fine-tuning or dtype. Name another folder, or load the model as it was."
        )
    for field in ("model", "revision", "sites", "dtype", "shard_tokens"):
        if old[field] != header[field]:
            raise ValueError(
                f"{folder} holds activations with {field} {old[field]!r}; asked for is "
                f"{header[field]!r}. Name another folder, or make the same call to go on."
            )
    return old


def _write(
    model: LanguageModel,
    prompts: Iterable[Prompt],
    sites: list[Site],
    folder: Path,
    header: dict[str, Any],
) -> Generator[ActivationShards]:
    with sole_writer(folder) as check_alone:
        header = read_header(folder) or header  # who wrote before may have gone on meanwhile
        digest, index = sha256(), 0
        known = [Entry(**entry) for entry in header["shards"]]
        for ids in _shards_of(model, prompts, header["shard_tokens"]):
            for row in ids:
                digest.update(row.numpy().tobytes() + b"|")
            if known:
                if known[0].digest != digest.hexdigest() or known[0].prompts != len(ids):
                    raise ValueError(
                        f"{folder} was begun with other prompts: those of {known[0].file} differ. "
                        "Pass the same prompts in the same order, or name another folder."
                    )
                known.pop(0)
            else:
                check_alone()
                file = file_name(len(header["shards"]))
                written = save(folder / file, _tensors(model, ids, sites, header["dtype"], index))
                entry = Entry(file, sum(map(len, ids)), len(ids), digest.hexdigest(), written)
                header["shards"].append(asdict(entry))
                write_header(folder, header)
                yield ActivationShards(folder)
            index += len(ids)
        if known:
            raise ValueError(
                f"{folder} was begun with more prompts than these {index}. "
                "Pass the same prompts in the same order, or name another folder."
            )
        if index == 0:
            raise ValueError("no prompt was given.")
        check_alone()
        header["complete"] = True
        write_header(folder, header)
        yield ActivationShards(folder)


def _shards_of(
    model: LanguageModel, prompts: Iterable[Prompt], shard_tokens: int
) -> Iterator[list[Tensor]]:
    """Ids of the prompts of each shard, on the cpu."""
    gathered: list[Tensor] = []
    for index, prompt in enumerate(prompts):
        try:
            gathered.append(model.ids(prompt).cpu())
        except (TypeError, ValueError) as wrong:
            raise type(wrong)(f"prompt {index}: {wrong}") from wrong
        if sum(map(len, gathered)) >= shard_tokens:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def _tensors(
    model: LanguageModel, ids: list[Tensor], sites: list[Site], dtype: str, first: int
) -> dict[str, Tensor]:
    """What a shard's file holds."""
    lengths = torch.tensor([len(row) for row in ids])
    tensors = _activations(model, ids, sites, DTYPES[dtype])
    for name, rows in tensors.items():
        if not torch.isfinite(rows).all():
            raise ValueError(
                f"activations at {name} are larger than {dtype} holds. Use 'bfloat16' or 'float32'."
            )
    number = torch.arange(first, first + len(ids))
    return tensors | {
        "ids": torch.cat(ids).int(),
        "prompt": number.repeat_interleave(lengths),
        "pos": torch.cat([torch.arange(len(row)) for row in ids]).int(),
    }


def _activations(
    model: LanguageModel, ids: list[Tensor], sites: list[Site], dtype: torch.dtype
) -> dict[str, Tensor]:
    """Activations of prompts one after another, each batch put in its place as it comes."""
    ends = list(itertools.accumulate(map(len, ids)))
    filled: dict[str, Tensor] = {}
    for batch, found in batches_of_activations(model, [row.to(model.device) for row in ids], sites):
        for site, stacked in found.items():
            rows = filled.get(str(site))
            if rows is None:
                rows = torch.empty(ends[-1], *stacked.shape[2:], dtype=dtype)
                filled[str(site)] = rows
            for i, activation in zip(batch, stacked, strict=True):
                rows[ends[i] - len(activation) : ends[i]] = activation
    return filled
