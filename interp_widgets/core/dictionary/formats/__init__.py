"""Everybody's files: one loader a layout, told apart by the files that are there.

=======================  ==================================================  =========
format                   files                                               written
=======================  ==================================================  =========
``sae_lens``             ``cfg.json``, ``sae_weights.safetensors``           yes
``sparsify``             ``cfg.json``, ``sae.safetensors``                   yes
``gemma_scope``          ``params.npz``                                      yes
``gemma_scope_2``        ``config.json``, ``params.safetensors``             yes
``dictionary_learning``  ``config.json``, ``ae.pt``                          no
``llama_scope``          ``hyperparams.json``, ``checkpoints/…safetensors``  no
``openai``               ``<layer>.pt``                                      no
``qwen_scope``           ``layer<n>.sae.pt``                                 no
``circuit_tracer``       ``config.yaml``, ``layer_<n>.safetensors``          as a set
=======================  ==================================================  =========

None runs code from a file; what others keep as pickles is read as data and never written. With
``model=`` and ``texts=`` a loader ends with `accept`:
does the dictionary explain what the model does at the place it says it was trained on?
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import TYPE_CHECKING, Any

from interp_widgets.core.dictionary.formats import files, saving
from interp_widgets.core.dictionary.formats.request import Request
from interp_widgets.core.dictionary.formats.source import Place, find
from interp_widgets.core.load import checked_device, checked_dtype

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.sae import SAE
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.tokens import Prompt

# format -> its module here; in the order in which a folder is asked
FORMATS = {
    "sae_lens": "sae_lens",
    "sparsify": "sparsify",
    "dictionary_learning": "dictionary_learning",
    "gemma_scope": "gemma_scope",
    "gemma_scope_2": "gemma_scope_2",
    "llama_scope": "llama_scope",
    "openai": "openai",
    "qwen_scope": "qwen_scope",
    "circuit_tracer": "circuit_tracer",
}


def load(
    source: str | Path,
    format: str | None = None,
    *,
    revision: str | None = None,
    device: Any = "cpu",
    dtype: Any = "float32",
    layer: int | None = None,
    k: int | None = None,
    norm_scale: float | None = None,
    site: str | None = None,
    site_out: str | None = None,
    model: LanguageModel | None = None,
    texts: Iterable[Prompt] | None = None,
) -> SAE:
    """Read a dictionary that this package or another wrote.

    Args:
        source: a folder, a weights file, or ``"org/repo/folder@revision"`` on the hub, of which
            only that folder's files are downloaded.
        format: a name of `FORMATS`; found by the files that are there where it is None.
        revision: of the hub.
        device: where to put it.
        dtype: of its tensors, or ``"auto"`` for that of the file.
        layer: which layer of a set of transcoders.
        k: how many latents fire, where the files do not say.
        norm_scale: what inputs are multiplied by, where the files say only that they are.
        site: where it reads, if the files do not say or say it wrong.
        site_out: where its output belongs, likewise, for transcoders.
        model: the model it is for, to check it against; see `acceptance.accept`.
        texts: what to check it on. Numbers stand in ``sae.metadata["acceptance"]`` then, and what
            looks wrong is a warning.

    Raises:
        FileNotFoundError: nothing there, or a file of the layout is missing.
        ValueError: an unknown layout, a damaged file, one that holds more than tensors, or a
            dictionary that has no form here.
        OSError: the hub cannot be reached.
    """
    if (model is None) != (texts is None):
        raise ValueError("a dictionary is checked with both, model= and texts=, or not at all.")
    home = checked_device(device)
    place = find(source, revision)
    name = format or _detect(place)
    module = _module(name)
    request = Request(
        place.fetch(module.needs(_considered(place), layer)),
        place.origin,
        place.file,
        dtype_named(dtype),
        layer,
        k,
        norm_scale,
    )
    sae = _read(module, name, request)
    about = {"revision": place.revision, "site": site, "site_out": site_out}
    sae = replace(sae, **{name: value for name, value in about.items() if value})
    if model is not None and texts is not None:
        sae = _accepted(sae, model, texts)
    return sae if home == sae.device else sae.to(home)


def _read(module: ModuleType, name: str, request: Request) -> SAE:
    """What a loader makes of files; whatever they make of it, the message names them."""
    try:
        return module.load(request)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RuntimeError) as broken:
        if str(request.folder) in str(broken) or (request.origin and request.origin in str(broken)):
            raise
        said = str(broken) if isinstance(broken, ValueError | TypeError) else repr(broken)
        raise ValueError(
            f"{request.origin or request.folder} is no {name} dictionary that can be read: {said}"
        ) from broken


def _accepted(sae: SAE, model: LanguageModel, texts: Iterable[Prompt]) -> SAE:
    """The dictionary with what a check of it found; warns of what looks wrong."""
    from interp_widgets.core.dictionary.formats.acceptance import accept, readable

    if not readable(sae):
        named = sae.metadata.get("hook_name") or sae.metadata.get("module") or "no place"
        warnings.warn(
            f"{sae!r} was not checked: its files name {named!s} as the place it reads, which is "
            "none here. Pass site=…, or check it with formats.acceptance.accept(…, site=…).",
            stacklevel=4,  # where SAE.load is called
        )
        return sae
    found = accept(model, sae, texts)
    if not found.ok:
        warnings.warn(f"{sae!r} looks wrong. {found.describe()}", stacklevel=4)
    return replace(sae, metadata=dict(sae.metadata) | {"acceptance": found.to_dict()})


def save(sae: SAE, folder: str | Path, format: str = "sae_lens") -> Path:
    """Write a dictionary in the layout of a library; what stood there before goes, or stays whole.

    Args:
        sae: the dictionary.
        folder: where to; made where it is not.
        format: a name of `FORMATS` that is written.

    Returns:
        The folder.

    Raises:
        ValueError: an unknown format, one that is only read, or one that cannot hold it.
        OSError: it cannot be written; what stood there before is unchanged.
    """
    module = _module(format)
    if not hasattr(module, "save"):
        written = [name for name in FORMATS if hasattr(_module(name), "save")]
        raise ValueError(f"format {format!r} is read, not written; written are {written}.")
    there = Path(folder).exists()
    path = saving.folder_for(folder, format)
    try:
        module.save(sae, path)
    except BaseException:
        if not there:
            with suppress(OSError):  # not empty
                path.rmdir()
        raise
    return path


def detect(folder: str | Path) -> str:
    """Which format a folder, a file or a place on the hub is of.

    Raises:
        ValueError: none that is known; what is there, and which folders in it are.
        FileNotFoundError: nothing there.
    """
    return _detect(find(folder))


def _detect(place: Place) -> str:
    names = _considered(place)
    for name in FORMATS:
        if _module(name).fits(names):
            return name
    inner = _dictionaries_inside(place.names)
    if inner:
        raise ValueError(
            f"{place.origin} holds {len(inner)} dictionaries; name one of its folders: "
            f"{files.listed(inner)}."
        )
    raise ValueError(
        f"{place.origin} is of no format that is known here ({', '.join(FORMATS)}); it holds "
        f"{files.listed(names)}. Name the folder that the weights are in, or pass format=."
    )


def _considered(place: Place) -> set[str]:
    """The files that count: all, or the one that was named and what configures it."""
    if not place.file:
        return set(place.names)
    return {place.file} | {name for name in place.names if name.endswith((".json", ".yaml"))}


def _dictionaries_inside(names: Sequence[str]) -> list[str]:
    """Folders, below the one that was named, that hold a dictionary each."""
    folders: dict[str, set[str]] = {}
    for name in names:
        for parent in list(PurePosixPath(name).parents)[:-1]:
            inside = PurePosixPath(name).relative_to(parent).as_posix()
            folders.setdefault(parent.as_posix(), set()).add(inside)
    return [
        folder
        for folder, inside in folders.items()
        if any(_module(name).fits(inside) for name in FORMATS)
    ]


def _module(name: str) -> ModuleType:
    if name not in FORMATS:
        raise ValueError(f"a format is one of {', '.join(FORMATS)}; got {name!r}.")
    return import_module(f"{__name__}.{FORMATS[name]}")


def dtype_named(dtype: Any) -> Any:
    """A torch dtype of floats by its name; None for ``"auto"``.

    Raises:
        ValueError: anything else.
    """
    found = "auto" if dtype is None else checked_dtype(dtype)
    return None if found == "auto" else found
