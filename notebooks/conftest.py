"""How nbval runs the lessons: as on a Binder machine, comparing text but not markup.

A lesson's kernel finds no hub, nothing beside the notebook, and none of the packages that only
tests need: what a lesson imports has to come with `interp-widgets[lab]`. At the end it may have
taken no more memory than such a machine has.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.house import binder_machine

# A lesson needs no network; with this it does not try one either, wherever the tests run.
os.environ["HF_HUB_OFFLINE"] = "1"

# A progress bar comes after a second or two, on a slow machine only: no output to compare.
os.environ["TQDM_DISABLE"] = "1"

# Kernels of two workers with two threads each would wait for one another on two cores.
os.environ["OMP_NUM_THREADS"] = "1"

# Markup differs in its ids from run to run, and a Plotly figure holds the version that drew it.
NOT_COMPARED = ("image/svg+xml", "text/html", "application/vnd.plotly.v1+json")

# An entry of None makes `import` and `find_spec` say that there is no such module.
AS_ON_BINDER = """
import os, sys
os.chdir({folder!r})
for module in {missing!r}:
    sys.modules.setdefault(module, None)
"""

_prepared = pytest.StashKey[bool]()


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Tell nbval's collector which outputs it leaves alone, as its documentation proposes."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += NOT_COMPARED


@pytest.hookimpl(trylast=True)  # when nbval has started the kernel
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a lesson's first cell, make its kernel that of a Binder machine."""
    lesson: Any = item.parent
    if not lesson.stash.setdefault(_prepared, False):
        lesson.stash[_prepared] = True
        folder = tempfile.mkdtemp()
        lesson.addfinalizer(partial(shutil.rmtree, folder))
        lesson.addfinalizer(partial(_took_little_memory, lesson))
        code = AS_ON_BINDER.format(folder=folder, missing=binder_machine.missing_there())
        # In a namespace of its own: a lesson that uses `os` has to import it.
        reply = lesson.kernel.kc.execute(f"exec({code!r}, {{}})", silent=True, reply=True)
        assert reply["content"]["status"] == "ok", reply["content"]


def _took_little_memory(lesson: Any) -> None:
    """At a lesson's end: what its kernel held at its most.

    Linux alone tells. Not `getrusage`, which begins with what pytest held when it forked.
    """
    if lesson.kernel.is_alive() and os.path.exists("/proc/self/status"):
        status = Path(f"/proc/{lesson.kernel.km.provisioner.pid}/status").read_text()
        peak = 1024 * int(status.partition("VmHWM:")[2].split()[0])
        assert peak < binder_machine.MEMORY, (
            f"{lesson.name} took {peak / 1e9:.2f} GB; a Binder machine has no more than "
            f"{binder_machine.MEMORY / 1e9:.0f} for it."
        )
