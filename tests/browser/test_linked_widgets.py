"""Ten widgets on one prompt in one page: a token pointed at in one lights in the nine others."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect

from interp_widgets.widgets import AttentionView, LogitLensHeatmap, ResidualBus, TokenStrip
from interp_widgets.widgets._base import Widget
from tests.browser.harness import NB
from tests.browser.test_logit_lens_widget import cell
from tests.widgets.examples import PROMPT, model

ROOT = Path(__file__).parents[2]

CELL = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from IPython.display import display
from tests.browser.test_linked_widgets import ten
for widget in ten():
    display(widget)
"""

VIEWS = ".iw-grid, .iw-att-strip, .iw-tok-strip, .iw-bus-last"
BUS = 9
LAST = 5  # the position of the prompt's last token, the one that a bus shows


def ten() -> list[Widget]:
    """Three heatmaps, attention views and strips of one prompt, of three models, and a bus."""
    return [
        *(LogitLensHeatmap(model=model(seed), prompt=PROMPT) for seed in range(3)),
        *(AttentionView(model=model(seed), prompt=PROMPT) for seed in range(3)),
        *(TokenStrip(model(), PROMPT, values=range(6), label="number") for _ in range(3)),
        ResidualBus(model=model(), prompt=PROMPT, answer=" Paris"),
    ]


def others_light(page: Page, number: int, pos: int) -> None:
    """The nine others show this column; a bus, which reads after the last token, that one only."""
    views = page.locator(VIEWS)
    expect(views).to_have_count(10)
    for other in {*range(10)} - {number}:
        if other == BUS and pos != LAST:
            expect(views.nth(other)).not_to_have_attribute("data-lit", re.compile("."))
        else:
            expect(views.nth(other)).to_have_attribute("data-lit", str(pos))


def hover(page: Page, view: Locator, number: int, pos: int) -> None:
    """The mouse on a token of one view."""
    view.scroll_into_view_if_needed()
    if number < 3:
        page.mouse.move(*cell(page, 1, pos, number))
    elif number < 6:
        view.locator(".iw-att-token").nth(pos).hover()
    elif number == BUS:
        view.hover()
    else:
        view.locator(f".iw-tok[data-pos='{pos}']").hover()


def point_in_each(page: Page) -> None:
    """From each view in turn; nothing stays lit when the mouse has gone."""
    expect(page.locator(".iw-grid[data-drawn]")).to_have_count(3)
    views = page.locator(VIEWS)
    for number in range(10):
        for pos in (LAST,) if number == BUS else (1, LAST):
            hover(page, views.nth(number), number, pos)
            others_light(page, number, pos)
        page.mouse.move(2, 2)
        expect(page.locator(":is(.iw-grid, .iw-tok-strip, .iw-bus-last)[data-lit]")).to_have_count(
            0
        )


def test_ten_in_a_notebook(notebook: Callable[..., NB]) -> None:
    nb = notebook([CELL])
    point_in_each(nb.page)
    hover(nb.page, nb.page.locator(VIEWS).nth(8), 8, LAST)
    nb.screenshot("ten-linked")


def test_ten_in_an_exported_page(ctx: BrowserContext, tmp_path: Path) -> None:
    first, *beside = ten()
    path = first.to_html(tmp_path / "ten.html", beside=beside)
    assert path.stat().st_size < 500_000, "each module is there once"
    page = ctx.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    ctx.set_offline(True)
    try:
        page.goto(f"file://{path}")
        point_in_each(page)
        assert errors == []
    finally:
        ctx.set_offline(False)
        page.close()
