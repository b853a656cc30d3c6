"""Exported pages before axe: no violation of WCAG's rules or of good practice, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, expect

import interp_widgets as iw
from interp_widgets.widgets import (
    AttentionView,
    AttributionScatter,
    GenderBars,
    Glossary,
    HeadGrid,
    LayerBarPatching,
    LogitLensHeatmap,
    PatchingPipeline,
    ResidualBus,
    TrainingTimeline,
)
from interp_widgets.widgets._base import Widget
from interp_widgets.widgets.logit_lens import CONTRASTS
from tests.widgets.examples import EXAMPLES, LEANINGS, OTHER, PROMPT, model
from tests.widgets.synthetic import synthetic_writes


def heatmap(**given: Any) -> LogitLensHeatmap:
    return LogitLensHeatmap(model=model(), prompt=PROMPT, track=[" Austin"], **given)


def lens_of_the_course_model(kind: str, **given: Any) -> LogitLensHeatmap:
    prompt = "The capital of France is"
    return LogitLensHeatmap(model=iw.load(), prompt=prompt, kind=kind, pinned=[[0, 3, 3]], **given)


def bars(**given: Any) -> LayerBarPatching:
    pair = {"clean": PROMPT, "corrupt": OTHER, "answer": " Austin", "distractor": " Paris"}
    return LayerBarPatching(model=model(), **{**pair, **given}).wait()


def bars_compared(contrast: str) -> LayerBarPatching:
    shown = bars(mode="head", at="one", opened=1, carried=[0, 4, 2, 5], contrast=contrast)
    shown.act({"do": "mode", "by": "mlp"}).act({"do": "compare", "run": 0})
    return shown.wait()


def bus(**given: Any) -> ResidualBus:
    return ResidualBus(model=model(), prompt=PROMPT, answer=" Paris", distractor=" Rome", **given)


def heads(**given: Any) -> HeadGrid:
    return HeadGrid(
        model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", distractor=" Paris", **given
    )


def scatter(**given: Any) -> AttributionScatter:
    return AttributionScatter(model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", **given)


# Faces that a widget's example in the contract test does not show.
FACES: dict[str, Callable[[], Widget]] = {
    "heatmap, pinned": lambda: heatmap(pinned=[[0, 2, 3], [0, 1, 5]]),
    "heatmap, entropy": lambda: heatmap(color="entropy"),
    "heatmap, kl": lambda: heatmap(color="kl"),
    "heatmap, rank": lambda: heatmap(color="rank"),
    "heatmap, two prompts": lambda: heatmap(compare="the city of Rome"),
    "heatmap, two models": lambda: heatmap(compare=model(seed=1)),
    "heatmap, a stored record": lambda: LogitLensHeatmap(iw.logit_lens(model(), PROMPT)),
    "heatmap, tuned lens": lambda: lens_of_the_course_model("tuned"),
    "heatmap, jacobian lens": lambda: lens_of_the_course_model("jacobian"),
    **{
        f"heatmap, difference by {by}": lambda by=by: lens_of_the_course_model(
            "tuned", base="logit", contrast=by
        )
        for by in CONTRASTS
    },
    "attention, value-weighted": lambda: AttentionView(
        model=model(), prompt=PROMPT, weights="value", picked=3
    ),
    "glossary, terms in a text": lambda: Glossary(
        {"sum": "What adding gives."}, text="A [[sum]] of two.\n\nMore of it."
    ),
    "bars, heads and a card": lambda: bars(mode="head", at="one", opened=1),
    "bars, all positions": lambda: bars(mode="all"),
    "bars, a run beside": lambda: bars_compared("beside"),
    "bars, a run taken off": lambda: bars_compared("difference"),
    "bars, several pairs": lambda: bars(
        clean=[PROMPT, "the city of Paris is"], corrupt=[OTHER, "the city of Dallas is"], opened=2
    ),
    "bars, aligned": lambda: bars(clean="the city of the capital of Texas is", align="diff"),
    "bars, a stored record": lambda: LayerBarPatching(bars().record, opened=1),
    "bus, opened and removed": lambda: bus(opened=[1], removed=["L1.z.0", "L0.mlp_out"]),
    "bus, a stored record": lambda: ResidualBus(bus().record),
    "bus, a large model": lambda: ResidualBus(synthetic_writes(80, 64), opened=[79]),
    "pipeline, all three runs": lambda: PatchingPipeline(
        model=model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", distractor=" Paris", step=2
    ),
    "timeline, between checkpoints": lambda: TrainingTimeline(step=900),
    "gender, two heads and a control": lambda: GenderBars(
        model=model(), **LEANINGS, heads=[[0, 1], [1, 2]], control=True
    ),
    "heads, a card, a path, and a set that was run": lambda: heads(
        opened=[1, 2],
        selected=[[0, 1]],
        circuit=["L0.z.1"],
        sender="L1.z.2",
        receiver="L2.v.0",
        roles={"L1.z.2": "mover"},
    ),
    "heads, stored scores": lambda: HeadGrid(iw.head_scores(model()), opened=[0, 0]),
    "scatter, a cell held": lambda: scatter(picked=3, technique="integrated"),
}


@pytest.fixture
def clean(ctx: BrowserContext) -> Callable[[Path], None]:
    """Opens a page light and dark, and asserts that axe finds nothing in it."""

    def check(path: Path) -> None:
        page = ctx.new_page()
        try:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.goto(f"file://{path}")
                expect(page.locator(".iw").last).to_be_visible()
                expect(page.locator(".iw").last).to_have_attribute("data-theme", scheme)
                page.wait_for_timeout(100)  # what is drawn with the next frame
                found = Axe().run(page).response["violations"]
                wrong = [(v["id"], v["nodes"][0]["html"][:300]) for v in found]
                assert wrong == [], scheme
                assert page.evaluate(TWICE) == []
        finally:
            page.close()

    return check


TWICE = """() => {
    const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
    return ids.filter((id, i) => ids.indexOf(id) !== i);
}"""


@pytest.mark.parametrize("name", EXAMPLES)
def test_axe_finds_nothing(name: str, clean: Callable[[Path], None], tmp_path: Path) -> None:
    example = EXAMPLES[name]
    clean(example.make().to_html(tmp_path / "page.html", record=example.actions))


@pytest.mark.parametrize("face", FACES)
def test_axe_finds_nothing_in_other_faces(
    face: str, clean: Callable[[Path], None], tmp_path: Path
) -> None:
    clean(FACES[face]().to_html(tmp_path / "page.html"))


def test_axe_finds_nothing_in_a_page_of_many(
    clean: Callable[[Path], None], ctx: BrowserContext, tmp_path: Path
) -> None:
    """Every widget twice in one page: ids are unique, landmarks and headings are in order."""
    first, *beside = [example.make() for example in [*EXAMPLES.values()] * 2]
    path = first.to_html(tmp_path / "many.html", beside=beside, title="Many widgets")
    clean(path)
    page = ctx.new_page()
    try:
        page.goto(f"file://{path}")
        expect(page.locator(".iw")).to_have_count(2 * len(EXAMPLES))
        assert page.get_by_role("main").count() == 1
        assert page.locator("h1").all_text_contents() == ["Many widgets"]
        levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
            "all => all.filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))"
        )
        assert all(below <= above + 1 for above, below in pairwise(levels))
    finally:
        page.close()
