"""Which room may look into which: an import that is not on the plan fails here.

    notebooks ──> course ──> widgets ──> core <── plots
                               └──────────────────^          bundled ──> core

Imports inside functions and under `TYPE_CHECKING` count too: they are doors all the same.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

import interp_widgets
from tests.house.source import PACKAGE, files

DOORS = {
    "core": set(),
    "plots": {"core"},
    "widgets": {"core", "plots"},
    "course": {"widgets"},
    "bundled": {"core"},
}
SCREENS = {"IPython", "anywidget", "ipywidgets", "matplotlib", "plotly"}
LATE_IN_CORE = {"accelerate", "pandas", "scipy", "sklearn", "yaml"}
KNOWN_TO_CORE = {"torch", "transformers", "safetensors", "numpy", "tqdm", "huggingface_hub"}
# Result.plot() and Result.widget() open the way up, by a name made at run time.
UPWARD_DOOR = "core/result.py"

STANDARD = set(sys.stdlib_module_names)
SOURCES = list(files(PACKAGE, ".py"))


def modules(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, in any way, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or ""), node.lineno
            if node.module == "interp_widgets":
                for alias in node.names:
                    yield _home(alias.name), node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in ("interp_widgets", "iw"):
                yield _home(node.attr), node.lineno
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            yield _beginning(node.args[0]), node.lineno


def _home(name: str) -> str:
    """The module that a public name comes from: `iw.load` is a door to `core.language_model`."""
    home = interp_widgets._HOME.get(name)
    return f"interp_widgets.{home or name}"


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _beginning(node: ast.expr) -> str:
    """The fixed beginning of a module's name: `f"interp_widgets.course.lesson_{n}"`."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0]
    if isinstance(node, ast.FormattedValue):
        node = node.value
    if isinstance(node, ast.Name) and node.id == "__name__":
        return "interp_widgets"  # a package that imports its own modules
    return str(node.value) if isinstance(node, ast.Constant) else "?"


def wrong_doors(path: str, text: str) -> list[str]:
    """The imports of a file of the package that the plan does not have."""
    room = path.split("/")[0] if "/" in path else ""
    if room == "" or path == UPWARD_DOOR:
        return []
    found = []
    for module, line in modules(ast.parse(text)):
        parts = module.split(".")
        if module == "?" or module.startswith("."):
            found.append(f"{path}:{line} imports what cannot be read off its source")
        elif parts[0] == "interp_widgets" and len(parts) > 1:
            if parts[1] in {*DOORS, "cli"} - DOORS[room] - {room}:
                found.append(f"{path}:{line} opens a door from {room} to {parts[1]}")
        elif room in ("core", "bundled") and parts[0] in SCREENS:
            found.append(f"{path}:{line} imports {parts[0]}: {room} knows nothing of screens")
    return found


@pytest.mark.parametrize(("path", "text"), SOURCES, ids=[path for path, _ in SOURCES])
def test_doors(path: str, text: str) -> None:
    assert wrong_doors(path, text) == []


def test_the_upward_door_knows_no_screens() -> None:
    imported = {m.split(".")[0] for m, _ in modules(ast.parse(dict(SOURCES)[UPWARD_DOOR]))}
    assert not imported & SCREENS


def test_core_needs_few_packages_and_the_slow_ones_late() -> None:
    for path, text in SOURCES:
        if not path.startswith("core/"):
            continue
        tree = ast.parse(text)
        names = {m.split(".")[0] for m, _ in modules(tree)} - {"interp_widgets", "?"}
        assert names <= KNOWN_TO_CORE | LATE_IN_CORE | STANDARD, path
        at_once = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
        first = {m.split(".")[0] for n in at_once for m, _ in modules(n)}
        assert not first & LATE_IN_CORE, f"{path} imports these at once: {first & LATE_IN_CORE}"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("core/x.py", "from interp_widgets.widgets import logit_lens"),
        ("core/x.py", "def f():\n    import interp_widgets.bundled.train"),
        ("core/x.py", "from interp_widgets import prompts"),
        ("core/x.py", "import plotly.graph_objects as go"),
        ("core/x.py", "from importlib import import_module\nimport_module(name)"),
        ("plots/x.py", "import interp_widgets as iw\niw.LogitLensHeatmap"),
        ("plots/x.py", "if TYPE_CHECKING:\n    from interp_widgets.course import quiz"),
        ("widgets/x.py", "from interp_widgets.cli import app"),
        ("bundled/x.py", "from interp_widgets.plots import theme"),
        ("course/x.py", "import_module(f'interp_widgets.bundled.{name}')"),
    ],
)
def test_a_wrong_door_is_found(path: str, text: str) -> None:
    assert len(wrong_doors(path, text)) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("widgets/x.py", "from interp_widgets.core.lens.logit import LogitLens"),
        ("widgets/x.py", "from interp_widgets.plots.theme import INK"),
        ("core/x.py", "import interp_widgets\ninterp_widgets.__version__"),
        ("core/x.py", "from interp_widgets.core.sites import Site\nimport torch"),
    ],
)
def test_a_door_on_the_plan_is_open(path: str, text: str) -> None:
    assert wrong_doors(path, text) == []
