"""`import interp_widgets` is quick and quiet, and every public name is there and documented."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

import interp_widgets as iw
from tests.house.source import PACKAGE

SECONDS = 0.3
MEASURE = """
import sys, time
start = time.perf_counter()
import interp_widgets
print(time.perf_counter() - start, *{"torch", "transformers", "pandas"} & set(sys.modules))
"""


def test_importing_is_quick_and_loads_no_torch() -> None:
    said = [
        subprocess.check_output([sys.executable, "-c", MEASURE], text=True).split()
        for _ in range(3)
    ]
    # The best of three: the others tell what else the machine was doing.
    assert min(float(seconds) for seconds, *_ in said) <= SECONDS
    assert [loaded for _, *loaded in said] == [[], [], []]


@pytest.mark.parametrize("name", [name for name in iw.__all__ if name != "__version__"])
def test_public_name(name: str) -> None:
    thing = getattr(iw, name)
    assert inspect.getdoc(thing), f"iw.{name} has no docstring"
    assert name in dir(iw)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    seen = {a.asname or a.name for n in ast.walk(tree) for a in getattr(n, "names", [])}
    assert set(iw.__all__) - {"__version__"} <= seen


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="logitlens"):
        _ = iw.logitlens
