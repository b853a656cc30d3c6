"""How large and how fast AttentionView is in a real JupyterLab.

Run `python tests/benchmarks/attention_view.py`.

Records of GPT-2 small's shape (12 layers of 12 heads, random, no weights needed) at 64, 128 and 512
tokens: bytes of the overview and of a layer; milliseconds from making the widget to its picture
(every head small, one large), split into kernel, wire and page; milliseconds from a key to the
next head of the same layer, and to one of another layer. Then a key typed into the prompt box on
the course model. Kernel and page run on one machine, so their clocks are one clock.

Where CircuitsVis or BertViz can be imported (`pip install --no-deps --target peers circuitsvis
bertviz importnb importlib-metadata==6.8.0 zipp==3.17`, then `PYTHONPATH=peers`), one layer of 12
heads is written by each as a page of its own: bytes, and milliseconds until it is drawn. BertViz
fetches its libraries from the network, which the browser here has not: only its bytes are known.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import BrowserContext

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.harness import NB, Lab, open_browser, write_notebook  # noqa: E402
from tests.browser.harness_chromium import provide_chromium  # noqa: E402

LENGTHS = (64, 128, 512)

SETUP = f"""
import sys, time, json
sys.path.insert(0, {str(ROOT)!r})
import torch
torch.set_num_threads(1)
import interp_widgets as iw
from interp_widgets.widgets import AttentionView
from tests.widgets.synthetic import synthetic_attention
record = synthetic_attention(8)
AttentionView(record).close()  # imports
"""

LARGE = """
began = time.time()
view = AttentionView(record, opened=[0, 3])
made = time.time()
view
"""

TYPED = """
view = AttentionView(model=iw.load(), prompt="The capital of")
view
"""

# Notes when each pattern was drawn, and when a key was pressed.
WATCH = """() => {
    window.seen = [];
    const now = () => (performance.timeOrigin + performance.now()) / 1000;
    new MutationObserver(changes => {
        for (const { target } of changes) seen.push({ head: target.dataset.drawn, at: now() });
    }).observe(document.body, { subtree: true, attributeFilter: ['data-drawn'] });
    // A widget's module arrives as a blob: from then on the time is the widget's own.
    const blob = URL.createObjectURL;
    URL.createObjectURL = (...given) => { window.arrived = now(); return blob.apply(URL, given); };
    document.addEventListener('keydown', () => { window.pressed = now(); seen.length = 0; }, true);
}"""

# From the end of a page's own work to the frame in which it is seen.
TWO_FRAMES = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(null))))"""


def middle(runs: list[tuple[float, ...]]) -> list[float]:
    """The median of each part, in milliseconds; the first run warms up."""
    return [1000 * statistics.median(part) for part in zip(*runs[1:], strict=True)]


def large(nb: NB, tokens: int) -> None:
    """Prints sizes and times of one record."""
    nb.py(f"record = synthetic_attention({tokens})")
    runs = []
    for _ in range(6):
        nb.page.evaluate("seen.length = 0")
        nb.cmd("notebook:run-cell")
        nb.page.wait_for_function("seen.length > 0")
        arrived, drawn = nb.page.evaluate("[arrived, seen[0].at]")
        began, made = json.loads(nb.py("_r = [began, made]"))
        runs.append((made - began, arrived - made, drawn - arrived, drawn - began))
    sizes = "_r = [sum(len(p['bytes']) for p in s['planes']) for s in (view.shown, first)]"
    overview, layer = json.loads(nb.py(f"first = view.layers['0']\n{sizes}"))
    print(f"{tokens} tokens: overview {overview:,} bytes, a layer of 12 heads {layer:,} bytes")
    print("  ready: kernel {:.0f} + wire {:.0f} + page {:.0f} = {:.0f} ms".format(*middle(runs)))
    same, other = opening(nb, "ArrowRight"), opening(nb, "ArrowUp")
    print(f"  open a head: of the same layer {same:.0f} ms, of another {other:.0f} ms")


def opening(nb: NB, move: str) -> float:
    """Milliseconds from Enter to the picture of the next head in one direction."""
    grid = nb.page.locator(".iw-att-heads")
    runs = []
    for _ in range(6):
        grid.focus()
        nb.page.keyboard.press(move)
        before = grid.get_attribute("data-opened")
        nb.page.keyboard.press("Enter")
        nb.page.wait_for_function("b => seen.some(s => s.head !== b)", arg=before)
        pressed, drawn = nb.page.evaluate("b => [pressed, seen.find(s => s.head !== b).at]", before)
        runs.append((drawn - pressed,))
        nb.page.wait_for_timeout(150)
    return middle(runs)[0]


def typing(nb: NB) -> None:
    """Prints the time from a key in the prompt box to the new thumbnails and pattern."""
    box = nb.page.get_by_label("Prompt", exact=True)
    box.press("End")
    runs = []
    for letter in "abcdefghij abcdefghij":
        began = time.perf_counter()
        box.press(letter)
        nb.page.wait_for_function(
            "t => document.querySelector('.iw-summary').textContent.includes(t)",
            arg=f"on '{box.input_value()}'",
            polling=1,
        )
        runs.append((time.perf_counter() - began,))
        nb.page.wait_for_timeout(150)
    print(f"a key in the prompt box, course model: {middle(runs)[0]:.0f} ms to the new picture")


def peers(context: BrowserContext, folder: Path) -> None:
    """Prints bytes and milliseconds of one layer as a page: ours, CircuitsVis's, BertViz's."""
    from interp_widgets.widgets import AttentionView
    from tests.widgets.synthetic import synthetic_attention

    for tokens in LENGTHS:
        record = synthetic_attention(tokens, layers=1)
        ours = AttentionView(record).to_html(folder / "ours.html")
        said = [f"AttentionView {opened(context, ours)}"]
        if importlib.util.find_spec("circuitsvis"):
            from circuitsvis.attention import attention_heads  # pyright: ignore

            page = folder / "circuitsvis.html"
            html = attention_heads(record.patterns[0], list(record.tokens)).local_src
            page.write_text(f"<!doctype html><meta charset=utf-8><body>{html}")
            said.append(f"CircuitsVis {opened(context, page)}")
        if importlib.util.find_spec("bertviz"):
            from bertviz import head_view  # pyright: ignore

            html = head_view(
                [record.patterns[:1][0][None]], list(record.tokens), html_action="return"
            )
            said.append(f"BertViz {len(html.data.encode()):,} bytes")
        print(f"a page of 12 heads, {tokens} tokens: {'; '.join(said)}")


def opened(context: BrowserContext, page: Path) -> str:
    """Bytes of a page, and milliseconds until it has drawn itself."""
    tab = context.new_page()
    began = time.perf_counter()
    tab.goto(page.as_uri())
    if page.name == "ours.html":
        tab.locator(".iw-att-matrix[data-drawn]").wait_for()
    tab.evaluate(TWO_FRAMES)
    took = 1000 * (time.perf_counter() - began)
    tab.close()
    return f"{page.stat().st_size:,} bytes, {took:.0f} ms"


def main() -> None:
    """Measures both notebooks, then the pages."""
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        for folder in ("notebooks", "state", "profile"):
            (here / folder).mkdir()
        write_notebook(here / "notebooks" / "large.ipynb", [SETUP, LARGE])
        write_notebook(here / "notebooks" / "typed.ipynb", [SETUP, TYPED])
        lab = Lab(here / "notebooks", here / "state")
        try:
            with open_browser(provide_chromium(), here / "profile") as browser:
                for stem in ("large", "typed"):
                    nb = NB(lab, browser.context, f"{stem}.ipynb")
                    nb.page.evaluate(WATCH)
                    nb.run_all()
                    assert nb.cell_errors() == [], nb.cell_errors()
                    nb.page.locator(".iw-att-matrix[data-drawn]").wait_for()
                    if stem == "typed":
                        typing(nb)
                    else:
                        for tokens in LENGTHS:
                            large(nb, tokens)
                    nb.close()
                peers(browser.context, here)
        finally:
            lab.close()


if __name__ == "__main__":
    main()
