"""GenderBars in a real JupyterLab: heads by click and key, the control, undo, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value
from tests.widgets.examples import EXAMPLES

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import GenderBars
from tests.widgets.examples import LEANINGS, model
w = GenderBars(model=model(), **LEANINGS)
"""

Notebook = Callable[..., NB]


def said(number: float) -> str:
    return f"{number:z.2f}".replace("-", "−")


def agrees(nb: NB) -> None:
    """Every bar says what Python holds."""
    rows = value(
        nb, "list(zip(w.wait().record.subjects, w.record.before.tolist(), w.record.after.tolist()))"
    )
    for subject, before, after in rows:
        expect(nb.page.locator(f'[data-subject="{subject}"]')).to_have_attribute(
            "aria-label", f"{subject}: bias {said(before)} before, {said(after)} after"
        )
    expect(nb.page.locator(".iw-bias-charts")).to_have_attribute("data-stale", "false")


def test_heads_are_taken_out_and_put_back(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    words = page.locator(".iw-bias-words")
    expect(words).to_contain_text("Choose heads to take out")
    cells = page.locator(".jp-Notebook-cell").count()
    head = page.get_by_role("button", name="head L1.z.2")
    head.click()
    holds(nb, "w.heads", [[1, 2]])
    agrees(nb)
    expect(head).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    holds(nb, "w.heads", [[1, 1], [1, 2]])
    agrees(nb)
    expect(words).to_contain_text("L1.z.1, L1.z.2 at zero")
    rise = value(nb, "w.record.rise")
    expect(words).to_contain_text(re.compile(r"mean over families: [+−]?\d"))
    page.get_by_label("control: random heads").check()
    holds(nb, "len(w.wait().record.control_heads)", 2)
    expect(words).to_contain_text("as many random heads")
    expect(page.locator(".iw-bias-grid [data-random]")).to_have_count(2)
    assert value(nb, "w.record.rise") == rise
    page.get_by_role("radio", name="their mean").check()
    holds(nb, "w.replace", "mean")
    agrees(nb)
    nb.screenshot("gender-light")
    page.get_by_role("radio", name="name").check()
    first = page.locator("[data-subject]").first
    expect(first).to_have_attribute("data-subject", "Rome")
    page.get_by_role("button", name="None").click()
    holds(nb, "w.heads", [])
    page.get_by_role("button", name="Undo").click()
    holds(nb, "w.heads", [[1, 1], [1, 2]])
    agrees(nb)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(page.locator(".iw-bias")).to_have_attribute("data-theme", "dark")
    nb.screenshot("gender-dark")


def test_a_page_without_a_kernel_shows_recorded_edits(ctx: BrowserContext, tmp_path: Path) -> None:
    widget = EXAMPLES["GenderBars"].make()
    path = widget.to_html(tmp_path / "page.html", record=[{"do": "heads", "heads": [[1, 2]]}])
    page = ctx.new_page()
    try:
        page.goto(f"file://{path}")
        words = page.locator(".iw-bias-words")
        page.get_by_role("button", name="head L1.z.2").click()
        expect(words).to_contain_text("L1.z.2 at zero")
        page.get_by_role("button", name="head L0.z.1").click()
        expect(page.locator(".iw-error")).to_contain_text("without a kernel")
        page.get_by_role("button", name="head L1.z.2, taken out").click()
        expect(words).to_contain_text("Choose heads to take out")
    finally:
        page.close()
