"""Whether a model can be had at all, asked in a moment and without loading torch."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
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
        return _all_there(lambda file: (Path(name) / file).is_file())
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.constants import HF_HUB_OFFLINE
    from huggingface_hub.utils import validate_repo_id

    name = str(name)
    try:
        validate_repo_id(name)
    except ValueError:  # a path that is not there, or no name at all
        return False
    if _all_there(lambda file: isinstance(try_to_load_from_cache(name, file), str)):
        return True
    return not HF_HUB_OFFLINE and _on_hub(name)


def _all_there(has: Callable[[str], bool]) -> bool:
    return has("config.json") and any(map(has, _WEIGHTS))


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
