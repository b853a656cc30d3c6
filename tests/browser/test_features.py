"""FeatureDashboard and FeatureReview in a real JupyterLab, and ten thousand latents in a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from interp_widgets.core.dictionary.features import features_of
from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.widgets.features import FeatureDashboard
from tests.browser.harness import NB
from tests.browser.test_attention_view import holds, value

ROOT = Path(__file__).parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from interp_widgets.widgets import FeatureDashboard
from tests.widgets.examples import model
from tests.widgets.feature_data import dashboards, small_sae
record = dashboards(model())
w = FeatureDashboard(record, model=model(), sae=small_sae())
"""
REVIEW = """
latent = min(record.features[~record.dead].tolist(), key=lambda i: float(record.density[i]))
r = FeatureReview(record, latent, model=model(), sae=small_sae())
"""
HALF = '{"do": "quantile", "at": 0.5}'
HOSTILE = "<img src=x onerror=alert(1)>"

Notebook = Callable[..., NB]


def listed(page: Page) -> list[int]:
    """Numbers of the latents whose rows are in the page."""
    rows = page.locator(".iw-feat-row").all()
    return [int(row.get_attribute("data-feature") or -1) for row in rows]


def accessible(page: Page, context: str = ".iw-features") -> None:
    found = Axe().run(page, context=context).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:300]) for v in found] == []


def in_the_dark(nb: NB) -> None:
    nb.screenshot("features-light")
    nb.theme(dark=True)
    expect(nb.page.locator(".iw-features")).to_have_attribute("data-theme", "dark")
    accessible(nb.page)
    nb.screenshot("features-dark")


def test_latents_are_found_opened_named_and_tested(notebook: Notebook) -> None:
    nb = notebook([SETUP, "w"])
    page = nb.page
    page.set_viewport_size({"width": 1280, "height": 1200})
    cells = page.locator(".jp-Notebook-cell").count()
    grid = page.get_by_role("grid")
    page.locator("[data-sort=density]").click()
    holds(nb, "(w.sort, w.falling)", ["density", True])
    assert listed(page) == value(nb, "w.listed")

    grid.focus()
    for key in ("ArrowDown", "ArrowDown", "Enter", "Shift+ArrowUp", "d", "d"):
        page.keyboard.press(key)
    third = value(nb, "w.listed[2]")
    holds(nb, "w.opened", [third, -1])
    card = page.locator(f'article[aria-label="Latent {third}"]')
    expect(card.locator(".iw-feat-windows b").first).to_have_text(
        f"{value(nb, f'record[{third}].top[0].activation'):.2f}"
    )
    expect(grid).to_be_focused()

    card.get_by_label(f"Label of latent {third}").fill(HOSTILE)
    page.keyboard.press("Enter")
    holds(nb, f"record.labels.text({third})", HOSTILE)
    expect(page.locator(f'.iw-feat-row[data-feature="{third}"]')).to_contain_text(HOSTILE)
    card.get_by_role("button", name="tokens", exact=True).click()
    expect(card.locator(".iw-feat-results li")).to_contain_text("fires on")
    holds(nb, f"len(record.explanations[{third}])", 1)
    card.get_by_role("slider").focus()
    page.keyboard.press("Home")
    holds(nb, "w.quantile", 0.0)
    expect(card.get_by_role("slider")).to_be_focused()
    half = value(nb, f"(w.act({HALF}), float(record.quantiles[record.row({third}), 3]))[1]")
    expect(card.locator("output")).to_have_text(f"{half:.2f}, above 50% of them")

    grid.focus()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("onerror")
    holds(nb, "w.listed", [third])
    expect(page.locator(".iw-feat-row")).to_have_count(1)
    page.keyboard.press("ControlOrMeta+z")
    holds(nb, "w.search", "")

    page.get_by_label("Prompt", exact=True).fill("the capital of Texas is")
    page.keyboard.press("Enter")  # begins no line
    holds(nb, "(w.sort, w.prompt)", ["fires", "the capital of Texas is"])
    expect(page.locator(".iw-feat-chips")).to_contain_text("fire on the prompt")
    assert listed(page) == value(nb, "w.listed")
    page.locator("[data-token='4']").click()
    holds(nb, "w.at", 4)
    first = value(nb, "w.listed[0]")
    page.locator(f".iw-feat-row[data-feature='{first}']").click(modifiers=["Shift"])
    holds(nb, "w.opened", [third, first])
    expect(page.locator(f'article[aria-label="Latent {first}"] .iw-feat-here')).to_contain_text(
        "On the prompt"
    )
    accessible(page)
    in_the_dark(nb)
    assert page.locator(".jp-Notebook-cell").count() == cells


def test_a_latent_is_reviewed_step_by_step(notebook: Notebook) -> None:
    nb = notebook([SETUP, "from interp_widgets.widgets import FeatureReview", REVIEW, "r"])
    page = nb.page
    page.set_viewport_size({"width": 1280, "height": 1200})
    review = page.locator(".iw-review")
    while (look := review.locator("[data-group]")).count():
        before = look.count()
        look.first.click()
        expect(look).to_have_count(before - 1)
    holds(nb, "r.steps[0]['state']", "done")
    expect(review.locator("[data-state]").first).to_have_attribute("data-state", "done")
    review.get_by_label("Label", exact=True).fill(HOSTILE)
    page.keyboard.press("Enter")
    holds(nb, "record.labels.text(latent)", HOSTILE)
    review.get_by_label("Label", exact=True).fill("is")
    page.keyboard.press("Enter")
    review.get_by_role("button", name="Test it").click()
    expect(review.locator(".iw-review-said").nth(2)).to_contain_text("by chance")
    review.get_by_role("radio", name="force it").check()
    review.get_by_role("button", name="Run the model").click()
    expect(review.locator(".iw-review-said").nth(3)).to_contain_text(
        f"{value(nb, 'r.wait().effect')['kl']:.3f} nats"
    )
    accessible(page, ".iw-review")
    nb.screenshot("feature-review")
    page.keyboard.press("ControlOrMeta+z")
    holds(nb, "r.steps[3]['state']", "open")


def test_ten_thousand_latents_in_a_page_without_a_kernel(
    ctx: BrowserContext, tmp_path: Path
) -> None:
    rng = torch.Generator().manual_seed(0)
    latents = 10_000
    encoder, x = torch.randn(8, latents, generator=rng), torch.randn(600, 8, generator=rng)
    zeros = torch.zeros(latents)
    sae = SAE(encoder, zeros, encoder.T.contiguous(), torch.zeros(8), activation="topk", k=8)
    tokens = [[f" word{(7 * i + j) % 90}" for j in range(30)] for i in range(20)]
    widget = FeatureDashboard(features_of(x, tokens, sae))
    path = widget.to_html(tmp_path / "page.html", [{"do": "open", "place": 0, "feature": 9999}])
    page = ctx.new_page()
    try:
        page.goto(f"file://{path}")
        grid = page.get_by_role("grid")
        expect(grid).to_have_attribute("aria-rowcount", "10001")
        assert 10 < page.locator(".iw-feat-row").count() <= 40
        grid.focus()
        page.keyboard.press("End")
        expect(page.locator(".iw-feat-row").last).to_have_attribute("data-feature", "9999")
        assert page.locator(".iw-feat-row").count() <= 40
        page.keyboard.press("Enter")
        expect(page.locator("article").first).to_contain_text("Latent 9999")
        took = page.evaluate(
            """() => {
                const sort = document.querySelector('[data-sort=density]');
                const begin = performance.now();
                sort.click();
                return new Promise(done => setTimeout(() => done(performance.now() - begin), 0));
            }"""
        )
        assert took < 1000
        widget.act({"do": "sort", "by": "density", "falling": True})
        expect(page.locator(".iw-feat-row").first).to_have_attribute(
            "data-feature", str(widget.listed[0])
        )
        assert listed(page) == widget.listed[: page.locator(".iw-feat-row").count()]
        page.get_by_role("searchbox").fill("word13")
        widget.act({"do": "search", "text": "word13"})
        expect(page.locator(".iw-feat-count")).to_have_text(f"{len(widget.listed):,} of 10,000")
        page.locator(".iw-feat-row").nth(1).click()
        expect(page.locator(".iw-error")).to_contain_text("without a kernel")
        accessible(page)
    finally:
        page.close()
