"""TokenStrip in a real JupyterLab: what a person selects, what Python then holds, what shows."""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect

from interp_widgets.widgets import TokenStrip
from tests.browser.harness import NB

ROOT = Path(__file__).parents[2]
PROMPT = "the city of Rome and the city of Paris"

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import LogitLensHeatmap, TokenStrip
from tests.widgets.examples import model
PROMPT = {PROMPT!r}
"""

PIECES = [
    *("<|endoftext|>", "def", " f", "\n", "    ", "return", "\t", " <b>x</b>"),
    *("\n\n", " “", "<0xC3>", "<0xA9>", "", "[INST]"),
]
NAMES = [
    *("special token <|endoftext|>", "def", "space, f", "newline", "4 spaces", "return", "tab"),
    *("space, <b>x</b>", "2 newlines", "space, “", "byte C3", "byte A9", "empty token"),
    "special token [INST]",
]
LOOKS = ["<|endoftext|>", "def", "·f", "↵", "····", "return", "⇥", "·<b>x</b>", "↵↵", "·“", "C3"]

Notebook = Callable[..., NB]


def strip(page: Page) -> Locator:
    return page.locator(".iw-tok-strip")


def token(page: Page, pos: int) -> Locator:
    return page.locator(f".iw-tok[data-pos='{pos}']")


def value(nb: NB, expression: str) -> Any:
    return json.loads(ast.literal_eval(nb.py(f"import json; _r = json.dumps({expression})")))


def holds(nb: NB, expected: Any, expression: str = "w.selected") -> None:
    """Waits until Python holds this: messages of widgets and of cells overtake each other."""
    end = time.monotonic() + 10
    while (found := value(nb, expression)) != expected:
        assert time.monotonic() < end, f"{expression} is {found}, not {expected}"
        nb.page.wait_for_timeout(50)


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def test_hands_select_and_python_holds_it(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w = TokenStrip(model(), PROMPT); w"])
    page = nb.page
    expect(strip(page)).to_have_attribute("data-drawn", "0-9")
    for play in (by_mouse, by_keys):
        play(nb)
        nb.py("w.replay([])")
        holds(nb, [])
        expect(strip(page)).to_have_attribute("data-selected", "")
    # Python selects, the page shows it and says so.
    nb.py("w.selected = [4, 9]")
    expect(token(page, 4)).to_have_attribute("aria-selected", "true")
    expect(token(page, 5)).to_have_attribute("aria-selected", "false")
    expect(page.locator(".iw-summary")).to_contain_text("2 selected, at 4, 9: ' Rome Paris'.")
    expect(page.locator(".iw-tok-count")).to_have_text("2 of 10 selected")


def by_mouse(nb: NB) -> None:
    page = nb.page
    token(page, 2).click()
    holds(nb, [2])
    token(page, 5).click(modifiers=["Shift"])
    holds(nb, [2, 3, 4, 5])
    # The range is measured from where it began, so a second end shortens it; both are one step.
    token(page, 3).click(modifiers=["Shift"])
    holds(nb, [2, 3])
    token(page, 8).click(modifiers=["Control"])
    holds(nb, [2, 3, 8])
    token(page, 2).click(modifiers=["Control"])
    holds(nb, [3, 8])
    token(page, 6).hover()
    page.mouse.down()
    token(page, 5).hover()
    token(page, 4).hover()
    page.mouse.up()
    holds(nb, [4, 5, 6])
    token(page, 4).click()
    token(page, 4).click()
    holds(nb, [])

    for expected in ([4], [4, 5, 6], [3, 8], [2, 3, 8], [2, 3], [2], []):
        page.get_by_role("button", name="Undo").click()
        holds(nb, expected)
    page.get_by_role("button", name="Redo").click()
    page.get_by_role("button", name="Redo").click()
    holds(nb, [2, 3])
    page.get_by_role("button", name="Clear").click()
    holds(nb, [])


def by_keys(nb: NB) -> None:
    page = nb.page
    cells = page.locator(".jp-Cell").count()
    strip(page).focus()
    keys(page, "Home", "ArrowRight", "Space")
    holds(nb, [1])
    active = page.locator(f"#{strip(page).get_attribute('aria-activedescendant')}")
    expect(active).to_have_attribute("aria-label", "token 1, space, the")
    keys(page, "ArrowRight", "ArrowRight", "Space")
    holds(nb, [1, 3])
    keys(page, "Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft")
    holds(nb, [3, 4])
    keys(page, "Shift+End")
    holds(nb, [3, 4, 5, 6, 7, 8, 9])
    keys(page, "Control+z")  # a range grown by keys is one step
    holds(nb, [1, 3])
    keys(page, "Control+a")
    holds(nb, list(range(10)))
    keys(page, "Home", "Enter")
    holds(nb, [0])
    keys(page, "Escape")
    holds(nb, [])
    keys(page, "Control+z", "Control+Shift+z")
    holds(nb, [])
    keys(page, "d", "d", "a", "x")  # none of them reaches the notebook
    assert page.locator(".jp-Cell").count() == cells
    expect(strip(page)).to_be_focused()


def test_one_cursor_with_other_widgets(notebook: Notebook) -> None:
    nb = notebook(
        [
            SETUP,
            "w = TokenStrip(model(), PROMPT); w",
            "LogitLensHeatmap(model=model(), prompt=PROMPT)",
        ]
    )
    page = nb.page
    lens = page.locator(".iw-grid")
    expect(lens).to_have_attribute("data-drawn", re.compile(r"\d"))
    token(page, 4).hover()
    expect(lens).to_have_attribute("data-lit", "4")
    strip(page).focus()
    keys(page, "End")
    expect(lens).to_have_attribute("data-lit", "9")
    lens.focus()
    page.mouse.move(2, 2)
    keys(page, "Home", "ArrowRight", "ArrowRight")
    expect(strip(page)).to_have_attribute("data-lit", "2")
    expect(token(page, 2)).to_have_attribute("data-at", "")
    keys(page, "Escape")
    expect(page.locator(".iw-tok[data-at]")).to_have_count(0)
    holds(nb, [], "w.actions")


def test_ten_thousand_tokens_are_few_in_the_page(notebook: Notebook) -> None:
    make = "w = TokenStrip(tokens=[f' w{i % 500}' for i in range(10_000)], values=range(10_000)); w"
    nb = notebook([SETUP, make])
    page = nb.page
    expect(strip(page)).to_have_attribute("data-drawn", re.compile("^0-"))
    assert 50 < page.locator(".iw-tok").count() < 600
    strip(page).focus()
    keys(page, "End")
    expect(token(page, 9_999)).to_be_in_viewport()
    assert page.locator(".iw-tok").count() < 600
    expect(token(page, 0)).to_have_count(0)
    # Reading order is the order in the page, also after rows came from both sides.
    keys(page, "PageUp", "PageUp", "PageDown")
    shown = page.locator(".iw-tok").evaluate_all("all => all.map(t => Number(t.dataset.pos))")
    assert shown == list(range(shown[0], shown[-1] + 1))
    keys(page, "End", "Shift+Home")
    holds(nb, [10_000, 0, 9_999], "[len(w.selected), w.selected[0], w.selected[-1]]")
    expect(page.locator(".iw-tok-count")).to_have_text("10,000 of 10,000 selected")
    keys(page, "Control+a", "Escape")
    holds(nb, [])
    # A narrower page keeps what is at the top in sight.
    keys(page, "End")
    top = strip(page).get_attribute("data-drawn")
    page.set_viewport_size({"width": 760, "height": 900})
    expect(strip(page)).not_to_have_attribute("data-drawn", top or "")
    expect(token(page, 9_900)).to_have_count(1)
    page.set_viewport_size({"width": 1280, "height": 900})


def test_an_exported_page_shows_every_kind_of_token(ctx: BrowserContext, tmp_path: Path) -> None:
    numbers = [None, -2.0, 1.0, *range(11)]
    made = TokenStrip(tokens=PIECES, values=numbers, label="logit, nats", selected=[1])
    page = ctx.new_page()
    page.goto(made.to_html(tmp_path / "page.html").as_uri())
    expect(strip(page)).to_have_attribute("data-drawn", "0-13")
    options = page.get_by_role("option")
    assert options.all_text_contents()[:11] == LOOKS
    labels = options.evaluate_all("all => all.map(t => t.getAttribute('aria-label'))")
    said = [label.removeprefix(f"token {i}, ") for i, label in enumerate(labels)]
    assert [one.rsplit(", logit", 1)[0] for one in said] == NAMES
    assert said[0].endswith("logit, nats not known")
    assert said[1].endswith("logit, nats -2")
    assert page.locator(".iw-tok b").count() == 0
    # A newline ends its row.
    tops = options.evaluate_all("all => all.map(t => t.getBoundingClientRect().top)")
    assert [tops[i + 1] > tops[i] for i in range(13)] == [i in (3, 8) for i in range(13)]
    # Below 0 is underlined, and the legend says so; the tooltip has the value.
    expect(page.locator(".iw-tok[data-negative]")).to_have_count(1)
    expect(page.locator(".iw-foot")).to_contain_text("underlined: below 0")
    token(page, 1).hover()
    expect(page.locator(".iw-tip.iw-on")).to_contain_text("logit, nats -2")

    # Without a kernel: select, undo, copy, save.
    token(page, 9).click()
    token(page, 11).click(modifiers=["Shift"])
    expect(strip(page)).to_have_attribute("data-selected", "9-11")
    ctx.grant_permissions(["clipboard-read", "clipboard-write"])
    token(page, 2).click(modifiers=["Control"])
    page.keyboard.press("Control+c")
    expect(page.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == " f\n “é"
    page.get_by_role("button", name="Undo").click()
    expect(strip(page)).to_have_attribute("data-selected", "9-11")
    files = {kind: saved(page, kind) for kind in ("SVG", "PNG", "CSV", "JSON")}
    assert files["PNG"].startswith(b"\x89PNG")
    assert files["SVG"].decode().count("<text") == len(PIECES)
    lines = files["CSV"].decode().split("\r\n")
    assert lines[0] == 'pos,token,kind,selected,"logit, nats"'
    assert lines[2] == "1,def,text,0,-2"
    whole = json.loads(files["JSON"])
    assert whole["tokens"] == PIECES
    assert whole["values"] == numbers
    assert whole["selected"] == [9, 10, 11]
    page.close()


def test_every_token_has_the_room_it_needs(ctx: BrowserContext, tmp_path: Path) -> None:
    made = TokenStrip(tokens=[*PIECES, *(f" word{i}" for i in range(300))], selected=[2])
    path = made.to_html(tmp_path / "page.html")
    page = ctx.new_page()
    for forced in ("none", "active"):
        page.emulate_media(forced_colors=forced)
        for width in (1200, 340):
            page.set_viewport_size({"width": width, "height": 700})
            page.goto(path.as_uri())
            expect(strip(page)).to_have_attribute("data-drawn", re.compile("^0-"))
            cut = "all => all.filter(t => t.scrollWidth > t.clientWidth).map(t => t.textContent)"
            assert page.locator(".iw-tok").evaluate_all(cut) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_text_reads_on_every_colour(ctx: BrowserContext, tmp_path: Path) -> None:
    made = TokenStrip(tokens=["word"] * 81, values=[i / 40 for i in range(-40, 41)])
    path = made.to_html(tmp_path / "page.html")
    page = ctx.new_page()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(path.as_uri())
        expect(page.locator(".iw-tok")).to_have_count(81)
        found = Axe().run(page).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == []
    page.close()


def saved(page: Page, kind: str) -> bytes:
    with page.expect_download() as got:
        page.get_by_text("Save", exact=True).click()
        page.get_by_role("button", name=kind).click()
    return Path(got.value.path()).read_bytes()
