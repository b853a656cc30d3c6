"""A Chromium for the browser tests: the one on this machine, else one that is fetched.

Playwright's own build comes first because it needs no rights; Debian's package is for containers
where that download is closed. A candidate counts only once it has printed its version: a build
whose shared libraries are missing downloads well and then cannot start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from interp_widgets.cli import find_chromium

HOW_TO_MEND = (
    "The browser tests need Chromium or Chrome, none was found and none could be installed here: "
    "install one, or set the environment variable CHROMIUM to its path."
)


def provide_chromium() -> str:
    """Path of a Chromium or Chrome that starts, installed first if it has to be.

    Raises:
        RuntimeError: when there is none and no way to install one worked, with what to do.
    """
    candidates: list[Callable[[], str | None]] = [find_chromium, _from_playwright, _from_debian]
    for candidate in candidates:
        path = candidate()
        if path and _starts(path):
            return path
    raise RuntimeError(HOW_TO_MEND)


def _starts(path: str) -> bool:
    try:
        return _run([path, "--version"], minutes=1)
    except OSError:
        return False


def _from_playwright() -> str | None:
    if not _run([sys.executable, "-m", "playwright", "install", "chromium"], minutes=10):
        return None
    return find_chromium()


def _from_debian() -> str | None:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    if not (is_root and shutil.which("apt-get")):
        return None
    _run(["apt-get", "update"], minutes=5)
    _run(["apt-get", "install", "-y", "--no-install-recommends", "chromium"], minutes=15)
    return find_chromium()


def _run(command: list[str], *, minutes: float) -> bool:
    """Run `command` with its output in pytest's capture; True when it exits with 0 in time."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60 * minutes, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0
