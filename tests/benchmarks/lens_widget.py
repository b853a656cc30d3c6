"""How large and how fast LogitLensHeatmap is in a real JupyterLab.

Run `python tests/benchmarks/lens_widget.py`.

Two questions. A record of 80 rows × 1,024 tokens: bytes a cell, and milliseconds from making the
widget to its picture, split into kernel, wire and the widget in the page. A key pressed in the
prompt box on the course model: milliseconds to the new picture, split into kernel (message in to
answer out), draw (answer in the page to picture) and wire (all the rest: the two ways over the
websocket, the event loop, the throttle).

Kernel and page run on one machine, so their clocks are one clock.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser.harness import NB, Lab, open_browser, write_notebook  # noqa: E402
from tests.browser.harness_chromium import provide_chromium  # noqa: E402

SETUP = f"""
import sys, time, json
sys.path.insert(0, {str(ROOT)!r})
import interp_widgets as iw
from interp_widgets.widgets import LogitLensHeatmap, _lens_data
from tests.widgets.synthetic import synthetic
record = synthetic(80, 1024)
LogitLensHeatmap(synthetic(4, 4)).close()  # imports
"""

LARGE = """
began = time.time()
large = LogitLensHeatmap(record)
made = time.time()
large
"""

TYPED = """
try:
    model, named = iw.load(), "the course model"
except Exception:
    from transformers import GPT2Config, GPT2LMHeadModel
    from tests.core.tiny import tokenizer
    config = GPT2Config(vocab_size=4096, n_layer=6, n_head=8, n_embd=256, n_positions=256,
                        bos_token_id=0, eos_token_id=0)
    model = iw.load(GPT2LMHeadModel(config).eval(), tokenizer=tokenizer())
    named = "a random model of the course model's size"
typed = LogitLensHeatmap(model=model, prompt="The capital of")
heard, said = {}, {}
listen, push = typed._on_message, typed.push

def on_message(widget, content, buffers):
    heard[content["action"]["text"]] = time.time()
    listen(widget, content, buffers)

def pushing(**values):
    push(**values)
    if "sides" in values:
        said[values["sides"][0]["prompt"]] = time.time()

typed._msg_callbacks.register_callback(listen, remove=True)
typed.on_msg(on_message)
typed.push = typed._runner._push = pushing
typed
"""

# Notes when each grid was drawn, and when it got the data drawn (its label changed; not seen
# while the grid is being made).
WATCH = """() => {
    window.seen = [];
    const now = () => (performance.timeOrigin + performance.now()) / 1000;
    let labelled = null;
    new MutationObserver(changes => {
        for (const { target, attributeName } of changes) {
            if (attributeName === 'aria-label') labelled = [target, now()];
            else {
                const data = labelled?.[0] === target ? labelled[1] : null;
                seen.push({ data, drawn: now() });
                labelled = null;
            }
        }
    }).observe(document.body, { subtree: true, attributeFilter: ['aria-label', 'data-drawn'] });
    // A widget's module arrives as a blob: from then on the time is the widget's own.
    const blob = URL.createObjectURL;
    URL.createObjectURL = (...given) => { window.arrived = now(); return blob.apply(URL, given); };
    document.addEventListener('keydown', () => { window.pressed = now(); }, true);
}"""

FIRST = """async () => {
    const drawn = () => document.querySelector('.iw-grid[data-drawn]');
    while (!drawn()) await new Promise(requestAnimationFrame);
}"""


def large(nb: NB) -> None:
    """Prints size and time of the 80 × 1,024 record, five times over."""
    sizes = json.loads(
        nb.py(
            "g = _lens_data.grid(record)\n"
            "strings = sum(len(s.encode()) + 3 for s in g['strings'])\n"
            "planes = sum(len(p['bytes']) for p in g['planes'])\n"
            "rank = len(_lens_data.rank_plane(record, 0)['bytes'])\n"
            "pin = sum(len(p['bytes']) for p in _lens_data.trail(record, 5)['planes'])\n"
            "_r = [planes, rank, strings, pin, g['planes'][1]['shape'][-1]]"
        )
    )
    planes, rank, strings, pin, k = sizes
    cells = 80 * 1024
    print(f"80 × 1,024 cells, top-{k}: {(planes + rank + strings) / cells:.2f} bytes a cell")
    print(
        f"  ({planes:,} planes + {rank:,} rank + {strings:,} strings); "
        f"a pinned column: {pin:,} bytes"
    )
    runs = []
    for _ in range(6):
        nb.page.evaluate("seen.length = 0")
        nb.cmd("notebook:run-cell")
        nb.page.wait_for_function("seen.length > 0")
        arrived, drawn = nb.page.evaluate("[arrived, seen[0].drawn]")
        began, made = json.loads(nb.py("_r = [began, made]"))
        runs.append((made - began, arrived - made, drawn - arrived, drawn - began))
    middle = [1000 * statistics.median(part) for part in zip(*runs[1:], strict=True)]
    print("  ready: kernel {:.0f} + wire {:.0f} + page {:.0f} = {:.0f} ms".format(*middle))


def typing(nb: NB, keys: int, pause_ms: int) -> None:
    """Types into the prompt box and prints where the time of a key goes."""
    box = nb.page.get_by_label("Prompt", exact=True)
    box.fill("The capital of")
    nb.page.wait_for_timeout(500)
    box.press("End")
    runs = []
    for i in range(keys):
        nb.page.evaluate("seen.length = 0")
        box.press(" " if i % 6 == 5 else "abcde"[i % 5])
        nb.page.wait_for_function("seen.some(s => s.data)")
        pressed, seen = nb.page.evaluate("[pressed, seen.find(s => s.data)]")
        text = box.input_value()
        heard, said = json.loads(nb.py(f"_r = [heard[{text!r}], said[{text!r}]]"))
        total = seen["drawn"] - pressed
        kernel, draw = said - heard, seen["drawn"] - seen["data"]
        runs.append((kernel, total - kernel - draw, draw, total))
        nb.page.wait_for_timeout(pause_ms)
    middle = [1000 * statistics.median(part) for part in zip(*runs, strict=True)]
    worst = 1000 * max(total for *_, total in runs)
    print(
        "key → picture: kernel {:.0f} + wire {:.0f} + draw {:.0f} = {:.0f} ms median".format(
            *middle
        )
        + f" (worst {worst:.0f} ms of {keys})"
    )


def main() -> None:
    """Opens both notebooks one after the other and prints both answers."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name in ("notebooks", "state", "profile"):
            (here / name).mkdir()
        write_notebook(here / "notebooks" / "large.ipynb", [SETUP, LARGE])
        write_notebook(here / "notebooks" / "typed.ipynb", [SETUP, TYPED])
        lab = Lab(here / "notebooks", here / "state")
        try:
            with open_browser(provide_chromium(), here / "profile") as browser:
                for name, measure in (("large", large), ("typed", lambda nb: typing(nb, 30, 150))):
                    nb = NB(lab, browser.context, f"{name}.ipynb")
                    nb.page.evaluate(WATCH)
                    nb.run_all()
                    assert nb.cell_errors() == [], nb.cell_errors()
                    nb.page.evaluate(FIRST)
                    if name == "typed":
                        print("on", nb.py("_r = named").strip("'"))
                    measure(nb)
                    nb.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main()
