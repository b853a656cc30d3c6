"""How quickly LayerBarPatching answers, in the kernel and in a real JupyterLab.

Run `python tests/benchmarks/layer_bars.py`; `THREADS=1` sets torch's threads (2).

On the course model, for every mode: milliseconds to the first estimate and to the last exact value,
and 200 pairs. In the page: from the mouse let go of a dragged cell, and from a key in a prompt, to
the new picture; and from one frame to the next (16.7 ms if nothing is late) while the mouse moves
over the grids, while a cell is dragged and while the bars are walked by key.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402

import interp_widgets as iw  # noqa: E402
from interp_widgets.widgets import _patching_data  # noqa: E402
from interp_widgets.widgets._patching_question import PLACES, Pair, Question  # noqa: E402
from tests.browser.harness import NB, Lab, open_browser, write_notebook  # noqa: E402
from tests.browser.harness_chromium import provide_chromium  # noqa: E402

RUNS = 9
TEMPLATE = "The capital of the state containing {} is"
PAIR = Pair(TEMPLATE.format("Dallas"), TEMPLATE.format("Oakland"), " Austin", " Sacramento")

SHOW = f"""
import interp_widgets as iw
w = iw.LayerBarPatching(model=iw.load(), clean={PAIR.clean!r}, corrupt={PAIR.corrupt!r},
                        answer=" Austin", distractor=" Sacramento")
w
"""

# Milliseconds from an event to the frame in which `test` has come true.
UNTIL = """async ([begin, test]) => {
    const done = new Function(`return ${test}`), began = performance.now();
    new Function(begin)();
    do await new Promise(r => setTimeout(r)); while (!done());
    await new Promise(requestAnimationFrame);
    return performance.now() - began;
}"""

# Milliseconds from each frame to the next, with one step of a hand in each.
FRAMES = """async ([begin, count]) => {
    const step = new Function('i', begin), times = [];
    let before = await new Promise(requestAnimationFrame);
    for (let i = 0; i < count; i++) {
        step(i);
        const now = await new Promise(requestAnimationFrame);
        times.push(now - before);
        before = now;
    }
    return times;
}"""

POINT = """
    const grids = document.querySelectorAll('.iw-patch-half .iw-grid');
    const send = (grid, kind, layer, pos) => {
        const box = grid.querySelector('canvas').getBoundingClientRect();
        const cell = Math.min((grid.clientWidth - 30) / 10, 46);
        grid.dispatchEvent(new PointerEvent(kind, { bubbles: true, button: 0, pointerType: 'mouse',
            clientX: box.left + 30 + (pos + 0.5) * cell, clientY: box.top + (7.5 - layer) * 20 }));
    };
"""


def kernel() -> None:
    """Prints a line a mode, and one of many pairs."""
    model = iw.load()
    for mode, at in PLACES:
        question = Question((PAIR,), mode, at, "denoise", "")
        found = [timed(model, question) for _ in range(RUNS + 1)][1:]
        first, last = (statistics.median(part) for part in zip(*found, strict=True))
        print(f"{mode:10} {at:4} first estimate {first:6.0f} ms   all exact {last:6.0f} ms")
    towns = [p for p in iw.prompts("two_hop") if p.distractor and len(model.ids(p.prompt)) == 10]
    pairs = [Pair(p.prompt, PAIR.corrupt, p.answer, " Sacramento") for p in towns]
    pairs = [pair for pair in pairs if pair.answer != pair.distractor][:200]
    first, last = timed(model, Question(tuple(pairs), "position", "one", "denoise", ""))
    print(f"{len(pairs)} pairs       first estimate {first:6.0f} ms   all exact {last:6.0f} ms")


def timed(model: iw.LanguageModel, question: Question) -> tuple[float, float]:
    """Milliseconds to the first answer and to the last one."""
    began = time.perf_counter()
    steps = _patching_data.sweep(model, question)
    next(steps)
    first = time.perf_counter() - began
    for _ in steps:
        pass
    return 1000 * first, 1000 * (time.perf_counter() - began)


def page(nb: NB) -> None:
    """Prints how quickly the view follows a hand."""

    def said(what: str, times: list[float]) -> None:
        times = sorted(times)
        print(f"{what:34} median {times[len(times) // 2]:5.1f}, worst {times[-1]:6.1f} ms")

    nb.page.locator(".iw-patch-board").scroll_into_view_if_needed()
    drag = "send(grids[0], 'pointerdown', {0}, 7); send(grids[1], 'pointerup', {1}, 8);"
    card = "document.querySelector('[aria-label=\"What the moved site does\"]')?.textContent"
    moved = [
        nb.page.evaluate(
            UNTIL, [POINT + drag.format(i, i + 1), f"({card} ?? '').includes('From layer {i},')"]
        )
        for i in range(7)
    ]
    said("cell let go -> its card", moved)
    hover = "send(grids[i % 2], 'pointermove', i % 8, i % 10);"
    said("frame, mouse over the grids", nb.page.evaluate(FRAMES, [POINT + hover, 60]))
    nb.page.evaluate(f"() => {{ {POINT} send(grids[0], 'pointerdown', 1, 1); }}")
    dragging = "send(grids[1], 'pointermove', i % 8, i % 10);"
    said("frame, a cell dragged", nb.page.evaluate(FRAMES, [POINT + dragging, 60]))
    nb.page.evaluate(f"() => {{ {POINT} send(grids[1], 'pointerup', 1, 1); }}")
    walk = """
        const bar = document.querySelector('.iw-patch-bars [tabindex="0"]');
        const key = i % 14 < 7 ? 'ArrowRight' : 'ArrowLeft';
        bar.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    """
    said("frame, bars walked by key", nb.page.evaluate(FRAMES, [walk, 60]))
    typed = []
    for town in ("Houston", "Dallas", "Dalton", "Houston", "Dalwood"):
        box = "const box = document.querySelectorAll('.iw-patch textarea')[0];"
        typing = (
            f"{box} box.value = {TEMPLATE.format(town)!r}; box.dispatchEvent(new Event('input'));"
        )
        fresh = "document.querySelector('.iw-patch-bars').dataset.stale === 'false'"
        exact = "!document.querySelector('.iw-patch-bars [data-known]:not([data-known=exact])')"
        typed.append(nb.page.evaluate(UNTIL, [typing, f"{fresh} && {exact}"]))
        nb.page.wait_for_timeout(500)
    said("prompt typed -> exact bars", typed)


def main() -> None:
    """Prints both parts."""
    torch.set_num_threads(int(os.environ.get("THREADS", "2")))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    kernel()
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        for name in ("notebooks", "state", "profile"):
            (here / name).mkdir()
        write_notebook(here / "notebooks" / "bars.ipynb", [SHOW])
        lab = Lab(here / "notebooks", here / "state")
        try:
            with open_browser(provide_chromium(), here / "profile") as browser:
                nb = NB(lab, browser.context, "bars.ipynb")
                nb.run_all()
                assert nb.cell_errors() == [], nb.cell_errors()
                page(nb)
                nb.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main()
