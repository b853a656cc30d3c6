"""JupyterLab opens, runs a cell, and an anywidget's click reaches Python and comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import harness_chromium
from tests.browser.harness import NB, Browser

COUNTER = """
import anywidget, traitlets

class Counter(anywidget.AnyWidget):
    _esm = '''
    export default { render({ model, el }) {
        const button = document.createElement("button");
        const show = () => { button.textContent = `clicks: ${model.get("clicks")}`; };
        button.addEventListener("click", () => model.send({ kind: "click" }));
        model.on("change:clicks", show);
        show();
        el.append(button);
    } };
    '''
    clicks = traitlets.Int(0).tag(sync=True)

    def __init__(self):
        super().__init__()
        self.on_msg(self._on_click)

    def _on_click(self, _widget, message, _buffers):
        self.clicks += 1

counter = Counter()
counter
"""


def test_a_click_reaches_python_and_comes_back(notebook: Callable[..., NB]) -> None:
    nb = notebook([COUNTER])
    button = nb.page.get_by_role("button", name="clicks:")
    expect(button).to_have_text("clicks: 0")
    button.click()
    expect(button).to_have_text("clicks: 1")
    assert nb.py("_r = counter.clicks") == "1"
    nb.py("counter.clicks = 41")
    expect(button).to_have_text("clicks: 41")


def test_a_cell_that_raises_is_reported(notebook: Callable[..., NB]) -> None:
    with pytest.raises(AssertionError, match="cell 1: ZeroDivisionError"):
        notebook(["1", "1 / 0"])


def test_the_dark_theme_is_undone_at_the_end(notebook: Callable[..., NB]) -> None:
    nb = notebook(["1"])
    nb.theme(dark=True)
    assert nb.page.evaluate("document.body.dataset.jpThemeLight") == "false"
    nb.close()
    fresh = notebook(["2"], name="after_dark")
    assert fresh.page.evaluate("document.body.dataset.jpThemeLight") == "true"


def test_page_errors_and_outside_requests_are_seen(
    notebook: Callable[..., NB], browser: Browser
) -> None:
    nb = notebook(["1"])
    nb.page.evaluate("setTimeout(() => { throw new Error('seen') })")
    # JupyterLab's own: nothing but its scripts on the way.
    nb.page.evaluate(
        "setTimeout(() => { const own = new Error('its own');"
        " own.stack = 'Error: its own\\n    at f (http://x/static/lab/1.js:1:1)'; throw own })"
    )
    nb.page.evaluate("fetch('https://example.invalid/x').catch(() => 0)")
    assert nb.errors == ["seen"]
    assert browser.outside == ["https://example.invalid/x"]
    nb.errors.clear()
    browser.outside.clear()


def test_a_browser_that_cannot_start_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(harness_chromium, "find_chromium", lambda: "/no/such/chromium")
    monkeypatch.setattr(harness_chromium, "_run", lambda command, **_: bool(asked.append(command)))
    with pytest.raises(RuntimeError, match=r"none could be installed here: .* CHROMIUM"):
        harness_chromium.provide_chromium()
    assert ["/no/such/chromium", "--version"] in asked
    assert "playwright" in asked[1]
