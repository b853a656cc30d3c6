"""How long a page with twenty widgets takes, in a real JupyterLab and as an exported page.

Run `python tests/benchmarks/page_of_widgets.py`.

Records are made beforehand, so the time is the widgets' own. In JupyterLab it is split into making
them, drawing their still pictures (which go with every display, for readers that run nothing) and
from the moment that the displays are sent until all twenty can be seen. An exported page counts
from the address to the same moment. A widget counts as seen when its part of the page has a height
and says what it shows. Then ten widgets of one prompt are on a page, and the mouse goes along the
tokens of one: how long a frame takes while all columns light.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import BrowserContext  # noqa: E402

from tests.browser.harness import NB, Lab, open_browser, write_notebook  # noqa: E402
from tests.browser.harness_chromium import provide_chromium  # noqa: E402
from tests.browser.test_linked_widgets import ten  # noqa: E402

SETUP = """
import time
from IPython.display import display
import interp_widgets as iw
model = iw.load()
prompts = ["The Eiffel Tower is in", "The capital of the state containing Dallas is",
           "The Colosseum is in the city of", "The city of Oakland is in the state of"]
lenses = [iw.logit_lens(model, p) for p in prompts]
patterns = [iw.attention(model, p) for p in prompts]
writes = [iw.logit_attribution(model, p, model.top_tokens(p, 1)[0][0]) for p in prompts]
def widgets():
    for lens, pattern, write in zip(lenses, patterns, writes):
        yield from (lens.widget(model), pattern.widget(model), write.widget(model))
        yield iw.TokenStrip(model, lens.prompt)
    yield from (iw.quiz("01"), iw.quiz("06"), iw.glossary(), lenses[0].widget())
[(w._repr_mimebundle_(), w.close()) for w in widgets()]  # imports
"""

TWENTY = """
began = time.time()
shown = list(widgets())
made = time.time()
bundles = [w._repr_mimebundle_() for w in shown]
drawn = time.time()
for data, metadata in bundles:
    display(data, metadata=metadata, raw=True)
"""

EXPORT = """
first, *others = widgets()
first.to_html({path!r}, beside=others, title="Twenty widgets")
"""

# Resolves with the moment at which `count` widgets are ready.
READY = """async count => {
    const ready = () => [...document.querySelectorAll('.iw')]
        .filter(el => el.clientHeight > 20 && el.textContent.trim().length > 0).length;
    while (ready() < count) await new Promise(requestAnimationFrame);
    return (performance.timeOrigin + performance.now()) / 1000;
}"""


# Frames while `hover` moves the mouse; `stop` gives their lengths in ms.
FRAMES = """() => {
    const times = [];
    let before = performance.now(), on = true;
    const tick = now => {
        times.push(now - before);
        before = now;
        if (on) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    window.stopFrames = () => { on = false; return times.slice(1); };
}"""

RUNS = 5


def middle(runs: list[tuple[float, ...]]) -> list[float]:
    """Medians in ms; the first run warms up."""
    return [1000 * statistics.median(part) for part in zip(*runs[1:], strict=True)]


def in_a_notebook(nb: NB) -> None:
    """Prints the median of some runs of the cell."""
    found = []
    for _ in range(RUNS + 1):
        nb.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        nb.page.wait_for_function("!document.querySelector('.jp-OutputArea-output .iw')")
        nb.cmd("notebook:run-cell")
        ready = nb.page.evaluate(READY, 20)
        nb.wait_idle()
        began, made, drawn = json.loads(nb.py("_r = [began, made, drawn]"))
        found.append((made - began, drawn - made, ready - drawn, ready - began))
    print(
        "20 widgets in JupyterLab: made in {:.0f} + still pictures {:.0f} + displays to ready "
        "{:.0f} = {:.0f} ms".format(*middle(found))
    )


def exported(context: BrowserContext, path: Path) -> None:
    """Prints how long the page takes from its address to the last widget."""
    found = []
    for _ in range(RUNS + 1):
        page = context.new_page()
        began = time.time()
        page.goto(path.as_uri(), wait_until="commit")
        found.append((page.evaluate(READY, 20) - began,))
        page.close()
    size = path.stat().st_size
    print(
        "20 widgets as a page of {:.0f} kB: ready in {:.0f} ms".format(size / 1e3, *middle(found))
    )


def hovered(context: BrowserContext, path: Path) -> None:
    """Prints how long frames take while the mouse goes along the tokens of one of ten."""
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelectorAll('.iw-grid[data-drawn]').length === 3")
    box = page.locator(".iw-grid canvas").first.bounding_box()
    assert box is not None
    page.evaluate(FRAMES)
    for step in range(200):
        along = 60 + (step * 7) % 560
        page.mouse.move(box["x"] + along, box["y"] + box["height"] / 2)
    times = sorted(page.evaluate("stopFrames()"))
    lit = page.locator("[data-lit]").count()
    page.close()
    late = times[int(0.95 * len(times))]
    print(
        f"10 linked widgets, {lit} lit: frames while hovering, median "
        f"{statistics.median(times):.0f}, 95 % within {late:.0f} ms"
    )


def main() -> None:
    """Opens the notebook and the pages, and prints the answers."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name in ("notebooks", "state", "profile"):
            (here / name).mkdir()
        write_notebook(here / "notebooks" / "twenty.ipynb", [SETUP, TWENTY])
        lab = Lab(here / "notebooks", here / "state")
        try:
            with open_browser(provide_chromium(), here / "profile") as browser:
                nb = NB(lab, browser.context, "twenty.ipynb")
                nb.run_all()
                assert nb.cell_errors() == [], nb.cell_errors()
                in_a_notebook(nb)
                nb.py(EXPORT.format(path=str(here / "twenty.html")))
                nb.close()
                exported(browser.context, here / "twenty.html")
                first, *others = ten()
                first.to_html(here / "ten.html", beside=others)
                hovered(browser.context, here / "ten.html")
        finally:
            lab.close()


if __name__ == "__main__":
    main()
