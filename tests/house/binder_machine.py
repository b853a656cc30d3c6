"""What a Binder machine has: the packages that its requirements bring, and little memory.

`binder/requirements.txt` installs `interp-widgets[lab]`. What that brings is read, as pip does,
from what `pyproject.toml` asks for and from what each installed distribution says it needs.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT

MEMORY = 1e9  # bytes for a lesson's kernel: a machine has 1 to 2 GB, and JupyterLab needs its share
EVERYWHERE = {"pip", "setuptools", "wheel"}  # a fresh environment may have them from the start


def brought(extra: str = "lab") -> set[str]:
    """Names of the distributions that come with `interp-widgets[extra]`, itself included."""
    met: set[tuple[str, str]] = set()  # a distribution, and an extra of it or ""
    ahead = [Requirement(f"interp-widgets[{extra}]")]
    while ahead:
        wanted = ahead.pop()
        name = canonicalize_name(wanted.name)
        for part in {"", *wanted.extras}:
            if (name, part) not in met:
                met.add((name, part))
                ahead += [
                    needed
                    for needed in map(Requirement, _needs(name))
                    if needed.marker is None or needed.marker.evaluate({"extra": part})
                ]
    return {name for name, _ in met}


def _needs(name: str) -> list[str]:
    """What a distribution says it needs; nothing where it is not installed."""
    if name == "interp-widgets":  # what is written now, whenever it was installed
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        extras = project["optional-dependencies"].items()
        more = [f'{line}; extra == "{extra}"' for extra, lines in extras for line in lines]
        return project["dependencies"] + more
    try:
        return requires(name) or []
    except PackageNotFoundError:  # what a CUDA build of torch asks for, where none is wanted
        return []


@cache
def missing_there() -> tuple[str, ...]:
    """Modules that can be imported here, where tests run, but not on a Binder machine."""
    there = brought() | EVERYWHERE
    return tuple(
        module
        for module, names in packages_distributions().items()
        if not there & {str(canonicalize_name(name)) for name in names}
    )
