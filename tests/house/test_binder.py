"""A Binder machine: an environment from `binder/` alone holds what lessons need, and runs them.

Every lesson runs as it would there under nbval: `notebooks/conftest.py` leaves its kernel only the
packages that `interp-widgets[lab]` brings, in an empty folder, and bounds its memory. Here that
list is held against what pip installs from `binder/`, every module of the package and every import
of a lesson is looked for in that environment, and the first lesson, where visitors arrive, runs.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from packaging.utils import canonicalize_name

from tests.house.binder_machine import EVERYWHERE, MEMORY
from tests.house.source import ROOT

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))

BROUGHT = "from tests.house.binder_machine import brought; print(*brought())"

# Runs in the new environment: imports what there is of the package, then what it is told to.
IMPORT = """
import importlib, pkgutil, sys, interp_widgets
for module in pkgutil.walk_packages(interp_widgets.__path__, "interp_widgets."):
    importlib.import_module(module.name)
    print(module.name)
exec(sys.argv[1], {})
"""

# Runs in the new environment: executes one notebook, says how far its kernel's memory went up.
RUN = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
peak = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
notebook.cells.append(nbformat.v4.new_code_cell(peak))
NotebookClient(notebook, timeout=120, resources={"metadata": {"path": sys.argv[2]}}).execute()
print(notebook.cells[-1].outputs[0].text)
"""


@pytest.fixture(scope="module")
def binder_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment, made as repo2docker makes it."""
    folder = tmp_path_factory.mktemp("binder")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    # Where PyTorch's own index is out of reach, pip would ask it five times for every package.
    env = os.environ | {"PIP_RETRIES": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    python = folder / "bin" / "python"
    # Python compiles what is imported below; pip would compile all, which takes longer.
    install = [python, "-m", "pip", "install", "-q", "--no-compile"]
    wanted = ["-r", "binder/requirements.txt"]
    done = subprocess.run([*install, *wanted], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return python


@pytest.fixture(scope="module")
def installed(binder_python: Path) -> set[str]:
    """Names of what is installed there."""
    listing = [binder_python, "-m", "pip", "list", "--format=json"]
    listed = subprocess.run(listing, check=True, capture_output=True, text=True)
    return {canonicalize_name(package["name"]) for package in json.loads(listed.stdout)}


def test_binder_takes_no_gpu_build(installed: set[str]) -> None:
    """A CUDA build brings gigabytes that a Binder machine has no room for."""
    assert {"interp-widgets", "jupyterlab", "torch"} <= installed
    assert not any(name.startswith("nvidia") for name in installed)


def test_lessons_are_left_what_binder_installs(binder_python: Path, installed: set[str]) -> None:
    asked = [binder_python, "-c", BROUGHT]
    said = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert set(said.split()) | EVERYWHERE == installed | EVERYWHERE


def imports(lesson: Path) -> list[str]:
    """The statements of a lesson's cells that import."""
    cells = [cell.source for cell in nbformat.read(lesson, 4).cells if cell.cell_type == "code"]
    trees = [ast.parse(TransformerManager().transform_cell(cell)) for cell in cells]
    nodes = [node for tree in trees for node in tree.body]
    return [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]


def test_all_that_lessons_may_reach_is_importable(binder_python: Path, tmp_path: Path) -> None:
    wanted = [imports(lesson) for lesson in LESSONS]
    assert all(wanted)
    lines = "\n".join({line for lesson in wanted for line in lesson})
    done = subprocess.run(
        [binder_python, "-c", IMPORT, lines], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.splitlines()) > 300


def test_the_first_lesson_runs_in_little_memory(binder_python: Path, tmp_path: Path) -> None:
    # Not in `notebooks`: nothing but the installed package is there to import.
    done = subprocess.run(
        [binder_python, "-c", RUN, LESSONS[0], tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) * 1024 < MEMORY
