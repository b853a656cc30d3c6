"""How much memory is free: asked before something large is made."""

from __future__ import annotations

import os
from pathlib import Path

import torch

_SYSTEM = Path("/proc/meminfo")
_CONTAINER = Path("/sys/fs/cgroup")


def free_memory(device: str | torch.device = "cpu") -> int | None:
    """Bytes that may still be taken on a device, about; ``None`` where nobody says.

    On a cpu it is what the system has left, swap included, or the limit of a container if that is
    less. Systems without ``/proc`` tell how much there is in all, and that stands in.
    """
    place = torch.device(device)
    if place.type == "cuda":
        kept = torch.cuda.memory_reserved(place) - torch.cuda.memory_allocated(place)
        return torch.cuda.mem_get_info(place)[0] + kept
    if place.type != "cpu":
        return None
    known = [found for found in (_of_system(), _of_container()) if found is not None]
    return min(known, default=None)


def in_words(amount: float) -> str:
    """Bytes as people read them: ``1.5 GB``."""
    return f"{amount / 1e9:,.1f} GB" if amount >= 1e8 else f"{amount / 1e6:,.1f} MB"


def _of_system() -> int | None:
    try:
        lines = (line.split(":") for line in _SYSTEM.read_text(encoding="ascii").splitlines())
        told = {name: int(rest.split()[0]) << 10 for name, rest in lines}
        return told["MemAvailable"] + told["SwapFree"]
    except (OSError, ValueError, KeyError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows
        return None


def _of_container() -> int | None:
    """What the control group of this process may still take; files read are given back."""
    try:
        most = int((_CONTAINER / "memory.max").read_text(encoding="ascii"))
        held = int((_CONTAINER / "memory.current").read_text(encoding="ascii"))
        lines = (_CONTAINER / "memory.stat").read_text(encoding="ascii").splitlines()
        files = dict(line.split() for line in lines).get("inactive_file", "0")
        return most - held + int(files)
    except (OSError, ValueError):  # none, or one without a limit, which says "max"
        return None
