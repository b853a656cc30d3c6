"""Exported pages: from the disk, with no kernel and no network, in hosts of every kind."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from interp_widgets.widgets import LogitLensHeatmap, ResidualBus
from tests.browser.test_logit_lens_widget import cell, grid, shows
from tests.widgets.examples import PROMPT, model
from tests.widgets.synthetic import synthetic


@pytest.fixture
def page_file(ctx: BrowserContext, tmp_path: Path) -> Callable[[str], Page]:
    """Opens an exported page from the disk, with the network off."""

    def open_(path: str) -> Page:
        page = ctx.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        ctx.set_offline(True)
        page.goto(f"file://{path}")
        expect(page.locator(".iw-grid[data-drawn]").first).to_be_visible()
        assert errors == []
        return page

    return open_


def test_an_exported_page_works_without_kernel_and_network(
    ctx: BrowserContext, page_file: Callable[[str], Page], tmp_path: Path
) -> None:
    widget = LogitLensHeatmap(model=model(), prompt=PROMPT, track=[" Austin"])
    path = widget.to_html(
        tmp_path / "lens.html", record=[{"do": "prompt", "side": 0, "text": "the city of Rome"}]
    )
    page = page_file(str(path))
    try:
        # What needs no computing works.
        page.mouse.click(*cell(page, 1, 2))
        expect(page.locator(".iw-lines")).to_have_count(1)
        page.get_by_role("radio", name="entropy").check()
        expect(page.locator(".iw-legend")).to_contain_text("entropy, nats")
        # A recorded prompt answers, another says what it needs.
        box = page.get_by_label("Prompt", exact=True)
        box.fill("the city of Rom")
        expect(page.get_by_role("alert")).to_contain_text("without a kernel")
        box.fill("the city of Rome")
        shows(page, "the city of Rome")
        expect(page.locator(".iw-error")).to_be_hidden()
        # Undo goes back through the page's own states.
        for _ in range(3):
            box.press("Control+z")
        shows(page, PROMPT)
        expect(page.locator(".iw-lines")).to_have_count(0)
        page.mouse.click(*cell(page, 1, 2))
        expect(page.locator(".iw-lines")).to_have_count(1)
        with page.expect_download() as saved:
            page.get_by_text("Save", exact=True).click()
            page.get_by_role("button", name="CSV").click()
        with Path(saved.value.path()).open(newline="", encoding="utf-8") as file:
            heads, *lines = csv.reader(file)
        assert heads == ["side", "row", "pos", "token", "k", "predicted", "probability"]
        assert len(lines) == widget.record.top_ids.numel()
        assert lines[0][5] == widget.record.vocab[int(widget.record.top_ids[0, 0, 0])]
        for kind in ("SVG", "PNG", "JSON"):
            with page.expect_download() as saved:
                page.get_by_text("Save", exact=True).click()
                page.get_by_role("button", name=kind).click()
            assert saved.value.suggested_filename == f"logit_lens.{kind.lower()}"
            if kind == "SVG":
                drawing = Path(saved.value.path()).read_text(encoding="utf-8")
                # The plots of pinned columns say in the file, too, what they are of.
                assert re.search(r">1 · after ·\w+ \(token \d\) · probability</text>", drawing)
    finally:
        ctx.set_offline(False)
        page.close()


# A host of one's own around the module of an exported page: buffers that get lost, and themes.
HOST = """async ([drawn, trait]) => {
    const page = JSON.parse(document.getElementById('recorded').textContent);
    const { state, module: name } = page.widgets[0], module = page.modules[name];
    const lose = value => !value || typeof value !== 'object' ? value
        : 'base64' in value ? {} : Array.isArray(value) ? value.map(lose)
        : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, lose(v)]));
    const lost = lose(state), sent = [], listeners = {};
    const model = {
        get: name => lost[name], send: content => sent.push(content), off() {},
        on: (name, run) => { listeners[name] = run; },
    };
    const url = URL.createObjectURL(new Blob([module], { type: 'text/javascript' }));
    const el = document.createElement('div');
    document.body.append(el);
    const close = (await import(url)).default.render({ model, el });
    const before = el.querySelectorAll(drawn).length;
    Object.assign(lost, state);
    listeners[`change:${trait}`]();
    await new Promise(requestAnimationFrame);
    const after = el.querySelectorAll(drawn).length, themes = [];
    for (const [name, value] of [
        ['data-jp-theme-light', 'false'], ['data-jp-theme-light', 'true'],
        ['data-vscode-theme-kind', 'vscode-dark'], ['data-vscode-theme-kind', 'vscode-light'],
    ]) {
        document.body.setAttribute(name, value);
        await new Promise(done => setTimeout(done));
        themes.push(el.querySelector('.iw').dataset.theme);
        document.body.removeAttribute(name);
    }
    document.documentElement.setAttribute('theme', 'dark');
    await new Promise(done => setTimeout(done));
    themes.push(el.querySelector('.iw').dataset.theme);
    document.documentElement.removeAttribute('theme');
    close();
    return { sent, before, after, themes, left: el.childElementCount };
}"""


def test_hosts_that_lose_buffers_and_hosts_with_themes(
    ctx: BrowserContext, page_file: Callable[[str], Page], tmp_path: Path
) -> None:
    widget = LogitLensHeatmap(model=model(), prompt=PROMPT)
    page = page_file(str(widget.to_html(tmp_path / "lens.html")))
    try:
        found = page.evaluate(HOST, [".iw-grid", "sides"])
    finally:
        ctx.set_offline(False)
        page.close()
    assert found["sent"] == [{"host": "no buffers"}]
    assert (found["before"], found["after"], found["left"]) == (0, 1, 0)
    assert found["themes"] == ["dark", "light", "dark", "light", "dark"]


def test_a_bus_asks_for_text_where_buffers_are_lost(ctx: BrowserContext, tmp_path: Path) -> None:
    widget = ResidualBus(model=model(), prompt=PROMPT, answer=" Paris")
    page = ctx.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(f"file://{widget.to_html(tmp_path / 'bus.html')}")
        found = page.evaluate(HOST, [".iw-bus-row", "shown"])
    finally:
        page.close()
    assert found["sent"] == [{"host": "no buffers"}]
    assert (found["before"], found["after"], found["left"]) == (0, 3 * 2 + 3, 0)
    assert errors == []


def test_one_cursor_goes_through_all_widgets_of_a_page(
    ctx: BrowserContext, page_file: Callable[[str], Page], tmp_path: Path
) -> None:
    first = LogitLensHeatmap(model=model(), prompt=PROMPT)
    same = LogitLensHeatmap(model=model(seed=1, layers=2), prompt=PROMPT)
    other = LogitLensHeatmap(model=model(), prompt="the city of Rome is in")
    other_too = {"do": "prompt", "side": 0, "text": PROMPT}
    path = first.to_html(tmp_path / "three.html", beside=[same, (other, [other_too])])
    assert path.stat().st_size < 200_000, "the module is there once"
    page = page_file(str(path))
    try:
        expect(page.locator(".iw-grid[data-drawn]")).to_have_count(3)
        lit = page.locator(".iw-grid[data-lit]")
        for key, pos in (("Home", "0"), ("ArrowRight", "1"), ("End", "5")):
            grid(page, 0).press(key)
            expect(grid(page, 1)).to_have_attribute("data-lit", pos)
            expect(lit).to_have_count(1)
        grid(page, 0).press("Escape")
        expect(lit).to_have_count(0)
        # The third shows the same tokens once its recorded answer is asked for.
        page.get_by_label("Prompt", exact=True).nth(2).fill(PROMPT)
        shows(page, PROMPT, number=2)
        grid(page, 1).press("ArrowLeft")
        expect(lit).to_have_count(2)
        expect(grid(page, 1)).not_to_have_attribute("data-lit", re.compile("."))
    finally:
        ctx.set_offline(False)
        page.close()


def test_a_huge_grid_is_kept_as_a_picture_with_names(
    ctx: BrowserContext, page_file: Callable[[str], Page], tmp_path: Path
) -> None:
    page = page_file(str(LogitLensHeatmap(synthetic(80, 1024)).to_html(tmp_path / "huge.html")))
    try:
        with page.expect_download() as saved:
            page.get_by_text("Save", exact=True).click()
            page.get_by_role("button", name="SVG").click()
        drawing = Path(saved.value.path()).read_text(encoding="utf-8")
        assert drawing.count("<rect") <= 2
        assert drawing.count("<image") == 1
        assert drawing.count("<text") > 1024
        assert len(drawing) < 900_000
        size = page.evaluate(
            """async svg => { const image = new Image();
            image.src = new DOMParser().parseFromString(svg, 'image/svg+xml')
                .querySelector('image').getAttribute('href');
            await image.decode(); return [image.naturalWidth, image.naturalHeight]; }""",
            drawing,
        )
        assert size == [1024, 80]
    finally:
        ctx.set_offline(False)
        page.close()
