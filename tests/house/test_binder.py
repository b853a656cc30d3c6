"""A Binder machine: an environment from `binder/` alone runs every lesson in little memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LIMIT = 1e9  # bytes; a free Binder machine has 1 to 2 GB, and JupyterLab needs its share

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
    install = [python, "-m", "pip", "install", "-q", "-r", "binder/requirements.txt"]
    done = subprocess.run(install, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return python


def test_binder_takes_no_gpu_build(binder_python: Path) -> None:
    """A CUDA build brings gigabytes that a Binder machine has no room for."""
    listed = subprocess.run(
        [binder_python, "-m", "pip", "list", "--format=json"],
        check=True,
        capture_output=True,
        text=True,
    )
    names = {package["name"] for package in json.loads(listed.stdout)}
    assert {"interp-widgets", "jupyterlab", "torch"} <= names
    assert not any(name.startswith("nvidia") for name in names)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.name)
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
    assert int(done.stdout.split()[-1]) * 1024 < LIMIT
