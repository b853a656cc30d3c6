"""The files that the tests of the house walk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "interp_widgets"
NOT_OURS = {"node_modules", "static", "__pycache__"}


def files(folder: Path, *suffixes: str) -> Iterator[tuple[str, str]]:
    """Path inside the folder and text of every file written by hand, sorted."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.suffix in suffixes and not NOT_OURS & set(inside.parts):
            yield inside.as_posix(), path.read_text(encoding="utf-8")
