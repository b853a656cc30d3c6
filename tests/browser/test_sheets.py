"""Widgets share their style sheets: one of each in a page, and in a shadow tree."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.browser.test_sandboxed import recorded
from tests.widgets.examples import EXAMPLES

HOST = """<!doctype html><div id="light"></div><div id="shadow"></div>
<script type="module">
const shown = %s, views = [];
const shadow = document.getElementById("shadow").attachShadow({ mode: "open" });
for (const { module, state } of shown) {
    const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
    const render = (await import(url)).default.render;
    for (const home of [document.getElementById("light"), shadow]) {
        // As JupyterLab does: drawn first, put into the page afterwards.
        const el = document.createElement("div");
        const model = { get: name => state[name], on() {}, off() {}, send() {} };
        views.push({ el, leave: render({ model, el }) });
        home.append(el);
    }
}
await new Promise(done => setTimeout(done, 100));
const count = home => new Set(home.adoptedStyleSheets).size;
const look = el => getComputedStyle(el.querySelector("section.iw")).borderTopStyle;
const counts = [count(document), document.adoptedStyleSheets.length, count(shadow)];
const looks = views.map(view => look(view.el));
views.slice(0, 2).forEach(view => view.leave());  // the widgets that brought the sheets
document.body.dataset.seen = JSON.stringify(
    { counts, looks, left: views.slice(2).map(view => look(view.el)) });
</script>"""


def test_a_sheet_comes_once_and_stays(ctx: BrowserContext, tmp_path: Path) -> None:
    bus, lens = [
        recorded(EXAMPLES[name].make().to_html(tmp_path / f"{name}.html"))
        for name in ("ResidualBus", "LogitLensHeatmap")
    ]
    shown = [bus, lens, bus]
    (tmp_path / "host.html").write_text(HOST % json.dumps(shown).replace("<", "\\u003c"))
    page = ctx.new_page()
    try:
        page.goto(f"file://{tmp_path}/host.html")
        page.wait_for_function("document.body.dataset.seen")
        seen = json.loads(page.evaluate("document.body.dataset.seen"))
    finally:
        page.close()
    # One that all widgets share and one of each kind, though three widgets are in each place.
    assert seen["counts"] == [3, 3, 3]
    assert len(set(seen["looks"])) == 1
    assert seen["looks"][0] != "none"
    assert seen["left"] == seen["looks"][2:]
