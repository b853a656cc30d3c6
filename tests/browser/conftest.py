"""Fixtures of the browser tests: `notebook` makes and runs one, `open_notebook` opens a lesson.

A test that fails leaves a screenshot of each open notebook in `test-artifacts/`. One that passes
still fails at teardown when the page threw an error or asked for anything outside this machine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.harness import NB, Browser, Lab, open_browser, write_notebook
from tests.browser.harness_chromium import provide_chromium

LESSONS = Path(__file__).parents[2] / "notebooks"

_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Note on the item whether its test failed, for the fixtures' teardown to see."""
    report = yield
    before = call.when != "setup" and item.stash.get(_failed, False)  # a second chance begins anew
    item.stash[_failed] = before or report.failed
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a machine that is busy with other tests is given a second chance, and said so.

    The summary counts it as a rerun; one that fails twice has failed.
    """
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for the whole run; no kernel may outlive it."""
    server = Lab(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter"))
    yield server
    assert server.close() == []


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium or Chrome, installed where there was none."""
    return provide_chromium()


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browsers, one after the other, keep JupyterLab's scripts."""
    return tmp_path_factory.mktemp("scripts")


# One browser a module, not a session: Playwright keeps an event loop running in this thread, which
# the notebook tests after it, with event loops of their own, must not find.
@pytest.fixture(scope="module")
def browser(
    chromium: str, scripts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """One Chromium for the module, with an empty profile."""
    with open_browser(chromium, tmp_path_factory.mktemp("profile"), scripts) as opened:
        yield opened


@pytest.fixture
def ctx(browser: Browser) -> Iterator[BrowserContext]:
    """Where pages open; the test fails when one asked for an address outside this machine."""
    yield browser.context
    asked, browser.outside[:] = list(browser.outside), []
    assert asked == [], f"requests that left this machine: {asked}"


@pytest.fixture
def open_notebook(
    lab: Lab, ctx: BrowserContext, request: pytest.FixtureRequest
) -> Iterator[Callable[[str | Path], NB]]:
    """`open_notebook("06_logit_lens.ipynb")`: a copy of that lesson, open and not yet run.

    A path is taken relative to the lessons' folder. The copy has the lesson's images beside it.
    """
    opened: list[NB] = []

    def open_(path: str | Path) -> NB:
        source = LESSONS / path
        target = lab.root / f"{len(list(lab.root.iterdir()))}-{source.stem}" / source.name
        target.parent.mkdir()
        shutil.copy(source, target)
        if (source.parent / "images").is_dir():
            shutil.copytree(source.parent / "images", target.parent / "images")
        opened.append(NB(lab, ctx, target.relative_to(lab.root).as_posix()))
        return opened[-1]

    yield open_
    failed = request.node.stash.get(_failed, False)
    for number, nb in enumerate(opened):
        if failed and not nb.page.is_closed():
            nb.screenshot(f"failed-{request.node.name}-{number}")
    thrown = [error for nb in opened for error in nb.errors]
    for nb in opened:
        nb.close()
    # After a failure the first report is the one to read.
    assert failed or thrown == [], f"errors thrown in the page: {thrown}"


@pytest.fixture
def notebook(
    open_notebook: Callable[[str | Path], NB], tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[..., NB]:
    """`notebook(cells, name=None)`: a new notebook of these code cells, run without an error."""

    def make(cells: Sequence[str], name: str | None = None) -> NB:
        path = tmp_path / f"{name or request.node.originalname}.ipynb"
        write_notebook(path, cells)
        nb = open_notebook(path)
        nb.run_all()
        assert nb.cell_errors() == []
        return nb

    return make
