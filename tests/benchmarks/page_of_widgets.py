"""How long a page with twenty widgets takes in a real JupyterLab, from the cell to the last one.

Run `python tests/benchmarks/page_of_widgets.py`.

Records are made beforehand, so the time is the widgets' own: building them, sending them, drawing
them. A widget counts as ready when its part of the page has a height and says what it shows.
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
[w.close() for w in widgets()]  # imports
"""

TWENTY = """
began = time.time()
shown = list(widgets())
made = time.time()
for widget in shown:
    display(widget)
"""

# Resolves with the moment at which `count` widgets are ready.
READY = """async count => {
    const ready = () => [...document.querySelectorAll('.jp-OutputArea-output .iw')]
        .filter(el => el.clientHeight > 20 && el.textContent.trim().length > 0).length;
    while (ready() < count) await new Promise(requestAnimationFrame);
    return (performance.timeOrigin + performance.now()) / 1000;
}"""


def measure(nb: NB, runs: int = 5) -> None:
    """Prints the median of some runs of the cell."""
    found = []
    for _ in range(runs + 1):
        nb.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        nb.page.wait_for_function("!document.querySelector('.jp-OutputArea-output .iw')")
        nb.cmd("notebook:run-cell")
        ready = nb.page.evaluate(READY, 20)
        nb.wait_idle()
        began, made = json.loads(nb.py("_r = [began, made]"))
        found.append((made - began, ready - made, ready - began))
    middle = [1000 * statistics.median(part) for part in zip(*found[1:], strict=True)]
    print("20 widgets: made in {:.0f} + on the page in {:.0f} = ready in {:.0f} ms".format(*middle))


def main() -> None:
    """Opens the notebook and prints the answer."""
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
                measure(nb)
                nb.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main()
