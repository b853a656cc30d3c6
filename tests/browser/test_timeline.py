"""TrainingTimeline in a real JupyterLab: slider, keys, checkpoints, heads, play, a page without."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import interp_widgets as iw
from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import TrainingTimeline
w = TrainingTimeline(step=900)
"""

Notebook = Callable[..., NB]


def best(page: Page) -> str:
    return page.locator(".iw-time-grid [aria-pressed=true]").get_attribute("aria-label") or ""


def test_the_phase_change_by_hand(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    slider = page.get_by_label("Training step")
    expect(page.locator(".iw-time-none")).to_contain_text("No weights of step 900 ship")
    cells = page.locator(".jp-Notebook-cell").count()
    slider.focus()
    page.keyboard.press("ArrowRight")
    holds(nb, "w.step", 920)
    expect(page.locator(".iw-time-step")).to_contain_text("step 920")
    page.get_by_role("button", name="1120", exact=True).click()
    holds(nb, "w.step", 1120)
    # The first checkpoint brings torch along, on a busy machine in many seconds.
    expect(page.locator(".iw-time-grid button")).to_have_count(32, timeout=60_000)
    expect(page.locator(".iw-light")).to_have_attribute("data-state", "good")
    layer, head, score = value(
        nb, "[*divmod(int(w.wait().scores.argmax()), 4), float(w.scores.max())]"
    )
    assert best(page) == f"head L{layer}.z.{head}: {score:.2f}"
    accuracy = value(nb, "w.record.at(1120)['induction_accuracy']")
    shown = page.locator("[data-recorded=induction_accuracy]")
    expect(shown).to_have_text(f"{accuracy:.2f}")
    expect(page.locator("[data-now=induction_accuracy]")).to_have_text(f"{accuracy:.2f}")
    page.get_by_role("radio", name="previous token").check()
    holds(nb, "w.measure", "previous_token")
    page.locator('[data-layer="1"][data-head="0"]').click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    holds(nb, "w.head", [1, 1])
    canvas = page.locator(".iw-time-pattern canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile(r"^Head L1\.z\.1 on one list"))
    said = re.search(r"(\d\.\d+) of its", canvas.get_attribute("aria-label") or "")
    assert said is not None
    before = value(nb, "float(w.pattern.diagonal(-1).mean())")
    assert float(said[1]) == pytest.approx(before, abs=0.02)  # weights travel in a byte each
    nb.screenshot("timeline-light")
    chart = page.locator(".iw-time-charts svg").first
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] - 20, "y": 60})
    holds(nb, "w.step", 4000)
    page.get_by_role("button", name="Undo").click()
    holds(nb, "w.step", 1120)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-time")).to_have_attribute("data-theme", "dark")
    nb.screenshot("timeline-dark")


def test_a_page_without_a_kernel_plays(ctx: BrowserContext, tmp_path: Path) -> None:
    path = iw.TrainingTimeline(step=2300).to_html(tmp_path / "page.html")
    page = ctx.new_page()
    try:
        page.emulate_media(reduced_motion="no-preference")
        page.goto(f"file://{path}")
        page.get_by_role("button", name="Play").click()
        expect(page.get_by_role("button", name="Pause")).to_be_visible()
        expect(page.locator(".iw-time-step")).to_contain_text("step 4000", timeout=15_000)
        expect(page.get_by_role("button", name="Play")).to_be_visible()
        page.get_by_role("button", name="1280", exact=True).click()
        expect(page.locator(".iw-light")).to_have_attribute("data-state", "good")
        page.emulate_media(reduced_motion="reduce")
        page.get_by_role("button", name="1040", exact=True).click()
        page.get_by_role("button", name="Next checkpoint").click()
        expect(page.locator(".iw-time-step")).to_contain_text("step 1120")
    finally:
        page.close()
