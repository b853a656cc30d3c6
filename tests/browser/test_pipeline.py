"""PatchingPipeline in a real JupyterLab: steps, places by click and by key, another kind, undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import PatchingPipeline
from tests.widgets.examples import OTHER, PROMPT, model
w = PatchingPipeline(model=model(), clean=PROMPT, corrupt=OTHER, answer=" Austin",
                     distractor=" Paris")
"""

Notebook = Callable[..., NB]


def run(page: Page, name: str) -> Locator:
    return page.locator(f'.iw-pipe-run[data-run="{name}"]')


def agrees(nb: NB) -> None:
    """The three numbers and the recovery are those that Python holds."""
    numbers, recovery = value(nb, "[list(w.wait().numbers.values()), w.recovery]")
    for i, number in enumerate(numbers):
        said = f"{number:z.2f}".replace("-", "−")
        expect(nb.page.locator(f'[data-value="{i}"]')).to_have_text(said)
    said = f"= {recovery:z.2f}".replace("-", "−")
    expect(nb.page.locator(".iw-pipe-formula")).to_contain_text(said)
    expect(nb.page.locator(".iw-pipe-runs")).to_have_attribute("data-stale", "false")


def test_a_place_travels_from_run_to_run(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    expect(run(page, "clean").locator("svg")).to_be_visible()
    expect(run(page, "corrupt").locator("svg")).to_have_count(0)
    cells = page.locator(".jp-Notebook-cell").count()
    page.get_by_role("button", name="Next").click()
    holds(nb, "w.step", 1)
    expect(run(page, "corrupt").locator("li")).to_have_count(5)
    expect(run(page, "corrupt").locator("[data-role=hole]")).to_be_visible()
    page.keyboard.press("ArrowRight")
    holds(nb, "w.step", 2)
    expect(page.locator(".iw-pipe-line")).to_have_count(1)
    agrees(nb)
    run(page, "clean").locator('[data-layer="0"][data-pos="4"]').click()
    holds(nb, "[w.layer, w.pos]", [0, 4])
    expect(run(page, "patched").locator("[data-role=target]")).to_have_attribute("data-pos", "4")
    expect(run(page, "patched").locator("[data-reached]")).to_have_count(4)
    agrees(nb)
    run(page, "clean").locator("[data-role=source]").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    holds(nb, "[w.layer, w.pos]", [1, 3])
    expect(run(page, "clean").locator("[data-role=source]")).to_be_focused()
    agrees(nb)
    nb.screenshot("pipeline-light")
    page.get_by_role("radio", name="one head").check()
    page.get_by_label("Head that is copied").select_option("2")
    page.get_by_role("radio", name="corrupt → clean").check()
    holds(nb, "[w.site, w.head, w.direction]", ["z", 2, "noise"])
    expect(run(page, "corrupt").locator("[data-role=source]")).to_be_visible()
    agrees(nb)
    page.get_by_label("Corrupt prompt").fill("the city of")
    expect(page.locator(".iw-error")).to_contain_text("corrupt |")
    expect(page.locator(".iw-pipe-runs")).to_have_attribute("data-stale", "true")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".iw-error")).to_be_hidden()
    agrees(nb)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-pipe")).to_have_attribute("data-theme", "dark")
    nb.screenshot("pipeline-dark")
