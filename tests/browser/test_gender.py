"""GenderBars in a real JupyterLab: heads by click and key, the control, undo, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

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
