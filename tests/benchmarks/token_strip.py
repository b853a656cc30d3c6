"""How fast TokenStrip is with many tokens, in a real JupyterLab.

Run `python tests/benchmarks/token_strip.py`.

For 1,000, 10,000 and 100,000 tokens with values: bytes of the first message; milliseconds from
making the widget to the tokens in the page, split into making it, drawing the still picture that
goes along, and the rest (wire and page); milliseconds of work in a frame while it scrolls, a screen
a frame (the strip's own handler with style and layout), and between frames; tokens in the page;
milliseconds from Ctrl+A to Python's answer in the page.
Kernel and page run on one machine, so their clocks are one clock.
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

from tests.browser.harness import NB, Lab, open_browser, write_notebook  # noqa: E402
from tests.browser.harness_chromium import provide_chromium  # noqa: E402

COUNTS = (1_000, 10_000, 100_000)
RUNS = 6

SETUP = f"""
import sys, time, json
sys.path.insert(0, {str(ROOT)!r})
import numpy as np
from interp_widgets.widgets import TokenStrip
rng = np.random.default_rng(0)
TokenStrip(tokens=["a"], values=[1.0]).close()  # imports
"""

MADE = """
began = time.time()
strip = TokenStrip(tokens=tokens, values=values, label="loss, nats")
made = time.time()
strip
"""

DATA = """
words = [f" {{'abcdefghijkl'[: 1 + i % 12]}}{{i}}" for i in range(5000)]
tokens = [words[i] if i % 40 else "\\n" for i in rng.integers(0, 5000, {count})]
values = rng.exponential(size={count})
"""

WATCH = """() => {
    window.seen = [];
    new MutationObserver(() => seen.push((performance.timeOrigin + performance.now()) / 1000))
        .observe(document.body, { subtree: true, attributeFilter: ['data-drawn'] });
}"""

# One screen a frame, from top to bottom. Asking for the height makes style and layout count.
SCROLL = """async () => {
    const box = document.querySelector('.iw-tok-strip');
    const work = [], between = [];
    let before = null;
    box.scrollTop = 0;
    const steps = Math.min(300, Math.floor(box.scrollHeight / box.clientHeight));
    for (let i = 0; i < steps; i++) {
        const at = await new Promise(requestAnimationFrame);
        if (before !== null) between.push(at - before);
        before = at;
        const began = performance.now();
        box.scrollTop += box.clientHeight;
        box.dispatchEvent(new Event('scroll'));
        void box.offsetHeight;
        work.push(performance.now() - began);
    }
    return [work, between];
}"""


def middle(runs: list[tuple[float, ...]]) -> list[float]:
    """The median of each part, in milliseconds; the first run warms up."""
    return [1000 * statistics.median(part) for part in zip(*runs[1:], strict=True)]


def measure(nb: NB, count: int) -> None:
    """Prints what one length costs."""
    nb.py(DATA.format(count=count))
    runs = []
    for _ in range(RUNS):
        nb.page.evaluate("seen.length = 0")
        nb.cmd("notebook:run-cell")
        nb.page.wait_for_function("seen.length > 0")
        drawn = nb.page.evaluate("seen[0]")
        began, made = json.loads(nb.py("_r = [began, made]"))
        still = float(nb.py("t = time.time(); strip._picture(); _r = time.time() - t"))
        runs.append((made - began, still, drawn - made - still, drawn - began))
    sent = "sum(len(t.encode()) + 3 for t in tokens) + len(strip.values['bytes'])"
    print(f"{count:,} tokens, {int(nb.py(f'_r = {sent}')):,} bytes")
    print(
        "  ready: made {:.0f} + picture {:.0f} + wire and page {:.0f} = {:.0f} ms".format(
            *middle(runs)
        )
    )
    work, between = nb.page.evaluate(SCROLL)
    slow = sorted(work)[int(0.95 * len(work))]
    print(
        f"  a frame of scrolling: {statistics.median(work):.1f} ms of work (95 of 100 frames under "
        f"{slow:.1f}, worst {max(work):.1f}), {statistics.median(between):.1f} ms between frames; "
        f"{nb.page.locator('.iw-tok').count()} tokens in the page"
    )
    nb.page.locator(".iw-tok-strip").focus()
    began = time.time()
    nb.page.keyboard.press("Control+a")
    nb.page.wait_for_function(
        f"document.querySelector('.iw-summary').textContent.includes('{count:,} selected')"
    )
    print(f"  Ctrl+A to Python's answer in the page: {1000 * (time.time() - began):.0f} ms")


def main() -> None:
    """Measures each length in one notebook."""
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        for folder in ("notebooks", "state", "profile"):
            (here / folder).mkdir()
        cells = [SETUP + DATA.format(count=100), MADE]
        write_notebook(here / "notebooks" / "strip.ipynb", cells)
        lab = Lab(here / "notebooks", here / "state")
        try:
            with open_browser(provide_chromium(), here / "profile") as browser:
                nb = NB(lab, browser.context, "strip.ipynb")
                nb.page.evaluate(WATCH)
                nb.run_all()
                assert nb.cell_errors() == [], nb.cell_errors()
                nb.page.locator(".iw-tok-strip[data-drawn]").wait_for()
                for count in COUNTS:
                    measure(nb, count)
                nb.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main()
