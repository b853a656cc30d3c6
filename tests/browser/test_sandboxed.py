"""Every widget where Colab would show it: a sandboxed frame, no Lab variables, buffers lost.

The frame has an origin of its own, no style of JupyterLab and no way to other frames; the host
around the widget's module hands out state whose binary parts went missing on the way, until the
widget asks for text.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.widgets.examples import EXAMPLES

FRAME = """<!doctype html><div id="host"></div>
<script id="recorded" type="application/json">%s</script>
<script type="module">
const { module, state } = JSON.parse(document.getElementById("recorded").textContent);
const binary = value => Boolean(value) && typeof value === "object"
    && ("base64" in value || Object.values(value).some(binary));
const lose = value => !value || typeof value !== "object" ? value
    : "base64" in value ? {} : Array.isArray(value) ? value.map(lose)
    : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, lose(v)]));
const now = lose(state), sent = [], listeners = {};
const model = {
    get: name => now[name],
    on: (name, run) => (listeners[name] ??= []).push(run),
    off() {}, save_changes() {}, set() {},
    send(content) {
        sent.push(content);
        if (content.host !== "no buffers") return;
        Object.assign(now, state, { plain: true });
        const changed = Object.keys(state).flatMap(name => listeners[`change:${name}`] ?? []);
        for (const run of changed) run();
    },
};
const failed = what => {  // a resize that is told in the next frame is no failure
    if (!String(what).startsWith("ResizeObserver loop")) document.body.dataset.error = what;
};
addEventListener("error", event => failed(event.message));
addEventListener("unhandledrejection", event => failed(event.reason));
const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
(await import(url)).default.render({ model, el: document.getElementById("host") });
await new Promise(done => setTimeout(done, 300));
document.body.dataset.sent = JSON.stringify(sent);
document.body.dataset.binary = String(Object.values(state).some(binary));
</script>"""


def recorded(path: Path) -> dict[str, Any]:
    """Module and state of the one widget on an exported page."""
    text = path.read_text(encoding="utf-8")
    start = text.index(">", text.index('id="recorded"')) + 1
    page = json.loads(text[start : text.index("</script>", start)])
    widget = page["widgets"][0]
    return {"module": page["modules"][widget["module"]], "state": widget["state"]}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_shows_in_a_sandbox_without_buffers(
    ctx: BrowserContext, tmp_path: Path, name: str
) -> None:
    path = EXAMPLES[name].make().to_html(tmp_path / "page.html")
    frame = FRAME % json.dumps(recorded(path)).replace("<", "\\u003c")
    page = ctx.new_page()
    try:
        page.set_content(
            f'<iframe sandbox="allow-scripts" width="900" height="700"'
            f' srcdoc="{html.escape(frame)}"></iframe>'
        )
        inside = page.frame_locator("iframe")
        expect(inside.locator("body[data-sent]")).to_be_attached()
        body = inside.locator("body")
        assert body.get_attribute("data-error") is None
        asked = {"host": "no buffers"} in json.loads(body.get_attribute("data-sent") or "")
        assert asked == (body.get_attribute("data-binary") == "true")
        box = inside.locator(".iw").bounding_box()
        assert box is not None
        assert box["height"] > 40
        expect(inside.locator(".iw")).not_to_have_text("")
        expect(inside.locator(".iw-error")).to_be_hidden()
    finally:
        page.close()
