"""Whether a model can be had at all, asked in a moment and without loading torch."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_SECONDS = 1.5


def available(name: str) -> bool:
    """Whether ``iw.load(name)`` can get its weights: a folder, downloaded before, or on the hub.

    Answers within 2 s. Without a network only what is on disk counts.

    Args:
        name: a hub id (``"gpt2"``) or a folder.

    Raises:
        TypeError: something other than a string or a path.
    """
    if not isinstance(name, str | Path):
        raise TypeError(f"iw.available takes a hub id or a folder; got {type(name).__name__}.")
    if Path(name).is_dir():
        return _all_there(Path(name).joinpath)
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.constants import HF_HUB_OFFLINE
    from huggingface_hub.utils import validate_repo_id

    name = str(name)
    try:
        validate_repo_id(name)
    except ValueError:  # a path that is not there, or no name at all
        return False

    def downloaded(file: str) -> Path | None:
        found = try_to_load_from_cache(name, file)
        return Path(found) if isinstance(found, str) else None

    if _all_there(downloaded):
        return True
    return not HF_HUB_OFFLINE and _on_hub(name)


def _all_there(path_of: Callable[[str], Path | None]) -> bool:
    """Config and weights: one file, or every shard that an index names."""

    def has(file: str) -> bool:
        path = path_of(file)
        return path is not None and path.is_file()

    def has_shards(index: str) -> bool:
        path = path_of(index)
        if path is None or not path.is_file():
            return False
        with suppress(ValueError, KeyError, TypeError, AttributeError):
            return all(map(has, set(json.loads(path.read_text())["weight_map"].values())))
        return False

    weights = any(has(file) or has_shards(f"{file}.index.json") for file in _WEIGHTS)
    return weights and has("config.json")


def cut_off() -> bool:
    """Whether there is certainly no way to the hub: no such host, or nothing that answers there.

    Slowness is no certainty, and neither is a proxy, which may see what this machine does not.
    """
    from huggingface_hub.constants import ENDPOINT

    address, failed = urlsplit(ENDPOINT), threading.Event()
    if getproxies():
        return False

    def knock() -> None:
        try:
            port = address.port or (443 if address.scheme == "https" else 80)
            socket.create_connection((address.hostname or "", port), _SECONDS).close()
        except TimeoutError:
            pass
        except OSError:
            failed.set()

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return failed.is_set()


def _on_hub(name: str) -> bool:
    """The hub knows the model. In a thread, since looking up an address has no time-out."""
    from huggingface_hub import HfApi

    known = threading.Event()

    def ask() -> None:
        # Unreachable, unknown, private: each means that it cannot be had from here.
        with suppress(Exception):
            HfApi().model_info(name, timeout=_SECONDS)
            known.set()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    return known.is_set()
