"""One writer a folder: who comes second is told, while the first one is at work.

A file in the folder names the process that writes. What a killed one left behind is taken over; in
the same process the later call takes over, too, because an interrupted cell can leave an earlier
one hanging that nobody will ever continue.
"""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".writing"


@contextmanager
def sole_writer(folder: Path) -> Iterator[Callable[[], None]]:
    """Inside, a folder is this caller's to write to.

    Yields:
        Call it before each file: it raises RuntimeError where another call has taken over.

    Raises:
        ValueError: another process is writing there, of this machine or of another one.
        OSError: the folder cannot be written to.
    """
    path = folder / LOCK
    mine = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex}"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(mine)
    except FileExistsError:
        _refuse_living(path)
        own = path.with_name(f"{LOCK}.{os.getpid()}")
        own.write_text(mine, encoding="utf-8")
        own.replace(path)

    def check() -> None:
        if _written(path) != mine:
            raise RuntimeError(
                f"another call has begun to write into {folder}; this one leaves it to it."
            )

    try:
        yield check
    finally:
        if _written(path) == mine:
            path.unlink(missing_ok=True)


def _refuse_living(path: Path) -> None:
    told = _written(path).split()
    if len(told) != 3 or not told[1].isdecimal():
        return  # a kill can leave half of it
    host, pid = told[0], int(told[1])
    if host != socket.gethostname():
        raise ValueError(
            f"process {pid} of {host} is writing into {path.parent}. Wait for it, or name another "
            f"folder; if it is gone, remove {path}."
        )
    if pid != os.getpid() and _lives(pid):
        raise ValueError(
            f"process {pid} is writing into {path.parent}. Wait for it, or name another folder."
        )


def _written(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _lives(pid: int) -> bool:
    if sys.platform == "win32":
        return False  # to ask there is to end it
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True  # somebody else's
    except (ProcessLookupError, OverflowError):
        return False
    return True
