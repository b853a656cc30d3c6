"""The choice of lens in a real JupyterLab, and in an exported page without a kernel."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect

from interp_widgets.widgets import LogitLensHeatmap
from tests.browser.test_logit_lens_widget import SETUP, Notebook, cell, grid, holds, value
from tests.widgets.examples import PROMPT, lenses, model

CHOICE = """
from tests.widgets.examples import lenses
w = LogitLensHeatmap(model=model(), prompt=PROMPT, track=[" Austin"], lenses=lenses())
w
"""


def lens(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name="Lens").get_by_role("radio", name=name)


def reads(page: Page, what: str) -> None:
    """Waits until the heatmap shows this lens."""
    expect(grid(page)).to_have_attribute("aria-label", re.compile(f"^{what} of "), timeout=15_000)


def test_a_person_chooses_a_lens_and_takes_another_off(notebook: Notebook) -> None:
    nb = notebook([SETUP, CHOICE])
    page = nb.page
    expect(lens(page, "logit")).to_be_checked()
    page.mouse.click(*cell(page, 2, 3))
    expect(page.locator(".iw-lines")).to_have_count(1)

    lens(page, "tuned").check()
    reads(page, "tuned lens")
    holds(nb, "[w.kinds, w.record.kind, w.pinned]", [["tuned"], "tuned", [[0, 2, 3]]])
    expect(page.locator(".iw-lines")).to_have_count(1)
    expect(page.locator(".iw-summary")).to_contain_text("Tuned lens of")

    # By keys: the next lens of the row. The cells of the page do not see the key.
    lens(page, "tuned").press("ArrowRight")
    reads(page, "Jacobian lens")
    expect(lens(page, "Jacobian")).to_be_focused()
    holds(nb, "w.record.kind", "jacobian")

    # The difference: colours, legend, signs and what each lens says.
    less = page.get_by_label("Less", exact=True)
    expect(less.locator("option", has_text="Jacobian")).to_be_disabled()
    less.select_option("logit")
    reads(page, "Jacobian lens less logit lens")
    holds(nb, "[w.bases, type(w.record).__name__]", [["logit"], "LensDifference"])
    expect(page.get_by_role("group", name="Colour")).to_be_hidden()
    expect(page.locator(".iw-legend:visible")).to_contain_text("Jacobian less logit")
    page.get_by_role("group", name="Difference in").get_by_role("radio", name="gain").check()
    expect(page.locator(".iw-legend:visible")).to_contain_text("nearer to the output")
    holds(nb, "w.contrast", "gain")
    page.mouse.move(*cell(page, 1, 4))
    best = "[w.record.vocab[int(i)].strip() for i in w.record.best_ids[1, 4]]"
    said = page.locator(".iw-says")
    expect(said).to_have_count(2)
    for number, token in enumerate(value(nb, best)):
        expect(said.nth(number)).to_contain_text(token)
    expect(page.locator(".iw-tip li").first).to_contain_text("→")

    # Back, by undo and by Python's word.
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    reads(page, "Jacobian lens")
    nb.py("w.kinds = ['logit']")
    reads(page, "logit lens")
    expect(lens(page, "logit")).to_be_checked()


def test_an_exported_page_answers_with_the_lenses_recorded(
    ctx: BrowserContext, tmp_path: Path
) -> None:
    widget = LogitLensHeatmap(model=model(), prompt=PROMPT, lenses=lenses())
    recorded = [
        {"do": "kind", "side": 0, "by": "tuned"},
        {"do": "base", "side": 0, "by": "logit"},
    ]
    ctx.set_offline(True)
    page = ctx.new_page()
    page.goto(widget.to_html(tmp_path / "lenses.html", record=recorded).as_uri())
    expect(page.locator(".iw-grid[data-drawn]")).to_be_visible()
    lens(page, "Jacobian").click()  # goes back, so it is no check()
    expect(page.get_by_role("alert")).to_contain_text("without a kernel")
    reads(page, "logit lens")
    expect(lens(page, "logit")).to_be_checked()
    lens(page, "tuned").check()
    reads(page, "tuned lens")
    page.get_by_label("Less", exact=True).select_option("logit")
    reads(page, "tuned lens less logit lens")
    # Nothing taken off was recorded with the opening lens: its answer brings that along.
    page.get_by_label("Less", exact=True).select_option("")
    reads(page, "logit lens")
    expect(lens(page, "logit")).to_be_checked()
