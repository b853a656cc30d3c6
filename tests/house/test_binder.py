"""A Binder machine: an environment from `binder/` alone holds what lessons need, and runs them.

Every lesson runs as it would there under nbval: `notebooks/conftest.py` leaves its kernel only the
packages that `interp-widgets[lab]` brings, in an empty folder, and bounds its memory. Here that
list is held against what pip installs from `binder/`, and the first lesson, where visitors arrive,
and the last, which is the newest, run in that environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.house.binder_machine import EVERYWHERE, MEMORY
from tests.house.source import ROOT

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))

BROUGHT = "from tests.house.binder_machine import brought; print(*brought())"

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
    subprocess.run([python, "-c", "import interp_widgets as iw; iw.load()"], check=True)
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


@pytest.mark.parametrize("lesson", [LESSONS[0], LESSONS[-1]], ids=lambda path: path.name)
def test_a_lesson_runs_in_little_memory(binder_python: Path, lesson: Path, tmp_path: Path) -> None:
    # Not in `notebooks`: nothing but the installed package is there to import.
    done = subprocess.run(
        [binder_python, "-c", RUN, lesson, tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) * 1024 < MEMORY
