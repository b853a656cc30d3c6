"""How large and how fast ResidualBus is in a real JupyterLab.

Run `python tests/benchmarks/residual_bus.py`.

A record of 80 layers of 64 heads (random shares): bytes on the wire; milliseconds from making the
widget to its rows, split into kernel on the one hand, wire and page on the other; from a click that
removes a writer to the new picture; and how long a frame takes while the stream is scrolled.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.harness import NB, Lab, open_browser, write_notebook  # noqa: E402
from tests.browser.harness_chromium import provide_chromium  # noqa: E402

SETUP = f"""
import sys, time, json
sys.path.insert(0, {str(ROOT)!r})
from IPython.display import display
from interp_widgets.widgets import ResidualBus
from tests.widgets.synthetic import synthetic_writes
from tests.widgets.test_contract import wire_bytes
record = synthetic_writes(80, 64)
first = ResidualBus(synthetic_writes(4, 4))
first._repr_mimebundle_()  # imports
"""

# The still picture is drawn before, and told apart: it is no part of the view.
SHOW = """
began = time.time()
bus = ResidualBus(record)
made = time.time()
bundle = bus._repr_mimebundle_()
drawn = time.time()
bus._repr_mimebundle_ = lambda **_: bundle
display(bus)
"""

READY = """async rows => {
    const done = () => document.querySelectorAll('.jp-OutputArea-output .iw-bus-row').length;
    while (done() < rows) await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    return (performance.timeOrigin + performance.now()) / 1000;
}"""

CLICK = """async part => {
    const row = document.querySelector(`.iw-bus-row[data-part="${part}"]`);
    const began = performance.now(), was = row.dataset.gone;
    row.querySelector('.iw-bus-writer').click();
    while (row.dataset.gone === was) await new Promise(r => setTimeout(r));
    await new Promise(requestAnimationFrame);
    await new Promise(r => setTimeout(r));
    return performance.now() - began;
}"""

SCROLL = """async () => {
    const stream = document.querySelector('.iw-bus-stream'), times = [];
    let before = await new Promise(requestAnimationFrame);
    for (let y = 0; y < stream.scrollHeight; y += 40) {
        stream.scrollTop = y;
        const now = await new Promise(requestAnimationFrame);
        times.push(now - before);
        before = now;
    }
    return times;
}"""

ROWS = 80 * 2 + 3


def measure(nb: NB, runs: int = 5) -> None:
    """Prints medians of some runs of the cell."""
    found: list[tuple[float, ...]] = []
    for _ in range(runs + 1):
        nb.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        nb.page.wait_for_function("!document.querySelector('.jp-OutputArea-output .iw-bus')")
        nb.cmd("notebook:run-cell")
        ready = nb.page.evaluate(READY, ROWS)
        nb.wait_idle()
        began, made, drawn = json.loads(nb.py("_r = [began, made, drawn]"))
        found.append((made - began, ready - drawn, drawn - made))
    kernel, page, picture = (
        1000 * statistics.median(part) for part in zip(*found[1:], strict=True)
    )
    print(f"80 layers x 64 heads: {nb.py('_r = wire_bytes(bus)')} bytes")
    print(
        f"  ready: kernel {kernel:.0f} + wire and page {page:.0f} = {kernel + page:.0f} ms"
        f" (and {picture:.0f} ms for the still picture)"
    )


def play(nb: NB) -> None:
    """Prints how quickly the view answers a click and how smoothly it scrolls."""

    def middle(times: list[Any]) -> str:
        times = sorted(times)
        return f"median {times[len(times) // 2]:.0f}, worst {times[-1]:.0f} ms"

    nb.page.locator('.iw-bus-row[data-part="L79.attn_out"] .iw-bus-open').click()
    nb.page.wait_for_function(f"document.querySelectorAll('.iw-bus-row').length == {ROWS + 65}")
    clicks = [nb.page.evaluate(CLICK, f"L79.z.{head}") for head in range(10)]
    print(f"  click to picture, one layer open: {middle(clicks)}")
    print(f"  frames while scrolling: {middle(nb.page.evaluate(SCROLL))}")


def main() -> None:
    """Opens the notebook and prints the answers."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name in ("notebooks", "state", "profile"):
            (here / name).mkdir()
        write_notebook(here / "notebooks" / "bus.ipynb", [SETUP, SHOW])
        lab = Lab(here / "notebooks", here / "state")
        try:
            with open_browser(provide_chromium(), here / "profile") as browser:
                nb = NB(lab, browser.context, "bus.ipynb")
                nb.run_all()
                assert nb.cell_errors() == [], nb.cell_errors()
                measure(nb)
                play(nb)
                nb.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main()
