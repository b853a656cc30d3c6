"""Every widget, on an exported page, before axe: no violation of WCAG's rules, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, expect

from tests.widgets.examples import EXAMPLES


@pytest.mark.parametrize("name", EXAMPLES)
def test_axe_finds_nothing(ctx: BrowserContext, tmp_path: Path, name: str) -> None:
    example = EXAMPLES[name]
    path = example.make().to_html(tmp_path / "page.html", record=example.actions)
    page = ctx.new_page()
    try:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(f"file://{path}")
            expect(page.locator(".iw").first).to_be_visible()
            found = Axe().run(page).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], scheme
    finally:
        page.close()
