"""SAETrainer in a real JupyterLab: start, steer, pause, rewind, race; the kernel stays free."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

import interp_widgets as iw
from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import interp_widgets as iw
from interp_widgets.core.dictionary.synthetic import ground_truth
made = ground_truth(d=16, features=24, samples=2048, active=2.0)
w = iw.SAETrainer(
    data=made, race=[{{"variant": "relu"}}, {{"variant": "topk", "k": 2}}],
    d_sae=32, steps=100_000, batch_size=256, lr=3e-3, checkpoint_every=20,
)
"""

Notebook = Callable[..., NB]


def step_shown(page: Page) -> int:
    text = page.locator(".iw-train-where").first.text_content() or ""
    found = re.match(r"step ([\d,]+) of 100,000", text)
    assert found is not None, text
    return int(found[1].replace(",", ""))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, end[1])
    page.mouse.move(*end)
    page.mouse.up()


def accessible(page: Page) -> None:
    """An exported page is a viewer; what steers is only here."""
    found = Axe().run(page, context=".iw-train").response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:300]) for v in found] == []


def rewinds_by_hand(nb: NB) -> None:
    """Pause, drag back along the curve, train again, rewind by keys."""
    page = nb.page
    trainer = page.locator(".iw-train")
    trainer.get_by_role("button", name="Pause").click()
    expect(trainer.get_by_role("button", name="Go on")).to_be_visible()
    step = value(nb, "w.wait().run.step")
    expect(page.locator(".iw-train-where")).to_contain_text("paused")
    assert step_shown(page) == step
    shown = page.locator("[data-measure=l0] b")
    means = value(nb, "float(w.run.history['l0'][-25:].mean())")
    expect(shown).to_have_text(f"{means:#.3g}")

    plot = page.locator(".iw-train-plot")
    box = plot.bounding_box()
    assert box is not None
    across = (box["x"] + box["width"] - 28, box["y"] + 120)
    drag(page, across, (box["x"] + box["width"] * 0.9, box["y"] + 125))
    expect(page.locator(".iw-train-where")).not_to_contain_text(f"step {step:,}")
    back = value(nb, "w.run.step")
    assert back % 20 == 0
    assert 0.7 * step < back < 0.95 * step
    trainer.get_by_role("button", name="+10").click()
    expect(page.locator(".iw-light")).to_contain_text("10 steps again, bit for bit")

    page.locator(".iw-train-handle").focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-target='0']")).to_be_attached()
    page.keyboard.press("Escape")
    expect(page.locator("[data-target]")).to_have_count(0)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    holds(nb, "w.run.step", back)


def test_training_is_steered_by_hand(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w", "6 * 7"])
    page = nb.page
    page.set_viewport_size({"width": 1280, "height": 1100})
    trainer = page.locator(".iw-train")
    cells = page.locator(".jp-Notebook-cell").count()
    trainer.get_by_role("button", name="Step", exact=True).click()
    expect(page.locator(".iw-train-where")).to_contain_text("step 1 of 100,000")
    trainer.get_by_role("button", name="Start").or_(
        trainer.get_by_role("button", name="Go on")
    ).click()
    expect(trainer.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".iw-train-where")).to_contain_text(re.compile(r"step \d{3}|step \d+,"))
    assert value(nb, "6 * 7") == 42  # the kernel answers while it trains
    assert value(nb, "w.working")

    slider = page.locator("[data-knob=l1]")
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    drag(page, (box["x"] + box["width"] / 2, middle), (box["x"] + box["width"] * 0.7, middle))
    expect(page.locator(".iw-train-mark[data-knob=l1]").first).to_be_attached()
    turned = value(nb, "w.settings[0]['l1']")
    assert turned > 0.15
    assert value(nb, "w.run.changes[-1][1]['l1'][1]") == turned
    page.locator("[data-knob=lr]").focus()
    for _ in range(3):  # keys one after the other are one change, one mark, one step of undo
        page.keyboard.press("ArrowRight")
    expect(page.locator(".iw-train-mark[data-knob=lr]")).to_have_count(1)
    holds(nb, "[change[1] for change in w.marks[0]]", ["l1", "lr"])
    page.locator("[data-measure=mse]").click()
    holds(nb, "w.measure", "mse")
    page.get_by_label("Latent", exact=True).fill("5")
    page.keyboard.press("Enter")
    holds(nb, "w.picked", 5)
    expect(page.locator(".iw-train-card")).to_contain_text("nearest true direction")
    expect(page.locator(".iw-train-match")).to_contain_text("of 24 found")
    nb.screenshot("trainer-light")
    accessible(page)

    rewinds_by_hand(nb)
    assert page.locator(".jp-Notebook-cell").count() == cells
    nb.theme(dark=True)
    expect(trainer).to_have_attribute("data-theme", "dark")
    nb.screenshot("trainer-dark")
    accessible(page)


def test_a_view_that_opens_late_shows_all_and_runs_come_and_go(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w.step(30).wait(); w"])
    page = nb.page
    expect(page.locator(".iw-train-where")).to_contain_text("step 30 of")
    drawn = page.locator(".iw-train-plot path[data-run=topk]")
    assert (drawn.get_attribute("d") or "").count("L") == 29
    page.get_by_label("Add a run of this variant to the race").select_option("jumprelu")
    holds(nb, "[one.variant for one in w.runs]", ["relu", "topk", "jumprelu"])
    page.locator(".iw-train-runs [data-run='2']").click()
    holds(nb, "w.chosen", 2)
    page.get_by_label("Latents of the chosen run").select_option("64")
    holds(nb, "w.run.d_sae", 64)
    page.locator(".iw-train").get_by_role("button", name="+10").click()
    holds(nb, "[one.step for one in w.wait().runs]", [40, 40, 10])
    page.get_by_role("button", name="Remove").click()
    holds(nb, "len(w.runs)", 2)
    page.get_by_role("button", name="Undo").click()
    holds(nb, "[one.step for one in w.runs]", [40, 40, 10])


def test_a_page_without_a_kernel_shows_the_curves(ctx: BrowserContext, tmp_path: Path) -> None:
    from interp_widgets.core.dictionary.synthetic import ground_truth

    made = ground_truth(d=8, features=12, samples=512, active=2.0)
    trainer = iw.SAETrainer(data=made, variant="relu", d_sae=16, steps=80, batch_size=64)
    path = trainer.start().wait().to_html(tmp_path / "page.html")
    page = ctx.new_page()
    try:
        page.goto(f"file://{path}")
        expect(page.locator(".iw-train-where")).to_contain_text("step 80 of 80 · recorded")
        expect(page.get_by_role("button", name="Go on")).to_have_count(0)
        page.locator("[data-measure=fve]").click()
        expect(page.locator(".iw-train-main figcaption b")).to_contain_text("variance explained")
        box = page.locator(".iw-train-plot").bounding_box()
        assert box is not None
        drag(page, (box["x"] + 100, box["y"] + 90), (box["x"] + 300, box["y"] + 95))
        all_of_it = page.get_by_role("button", name="All", exact=True)
        expect(all_of_it).to_have_attribute("aria-disabled", "false")
        all_of_it.click()
        expect(all_of_it).to_have_attribute("aria-disabled", "true")
    finally:
        page.close()


def test_training_outlives_an_interrupt_and_ends_with_its_kernel(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w.start(); w"])
    page = nb.page
    where = page.locator(".iw-train-where")

    def trains() -> None:
        before = step_shown(page)
        expect(where).not_to_contain_text(f"step {before:,} ")
        assert step_shown(page) > before

    trains()
    page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".requestExecute({code: 'while True: pass', silent: true}); }"
    )
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status == 'busy'"
    )
    trains()  # beside a cell that never ends
    nb.cmd("notebook:interrupt-kernel")
    nb.wait_idle(30)
    trains()
    assert value(nb, "[w.working, w.error]") == [True, ""]
    page.locator(".iw-train-go").click()
    expect(where).to_contain_text("paused")
    page.locator(".iw-train-go").click()
    trains()

    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
    )
    expect(where).to_contain_text("ended with its kernel")
    expect(page.get_by_role("alert")).to_contain_text("run the notebook again")
    expect(page.locator(".iw-train-go")).to_have_attribute("aria-disabled", "true")
    nb.run_all()
    expect(page.get_by_role("alert")).to_be_hidden()
    trains()
