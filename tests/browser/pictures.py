"""Takes the pictures of README: ``python -m tests.browser.pictures``, or those that are named.

Each widget is exported to a page on the course model, opened in Chromium, light and dark, and kept
in ``notebooks/images`` as ``<name>.png`` and ``<name>_dark.png``. One whose buttons a page without
a kernel does not have is taken in JupyterLab.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import interp_widgets as iw
from interp_widgets.core.dictionary.synthetic import ground_truth
from tests.browser.harness import NB, Lab, open_browser, write_notebook
from tests.browser.harness_chromium import provide_chromium

IMAGES = Path(__file__).parents[2] / "notebooks" / "images"
DALLAS = "The capital of the state containing Dallas is"
REPEATED = "least must will make happy China enough least must will make happy China"
FRANCE = "The capital of France is"
EIFFEL = "The Eiffel Tower is in the city of"
WIDTH = 860


@dataclass(frozen=True)
class Picture:
    """A widget and what is done to it before its picture is taken.

    Attributes:
        make: makes the widget on a model.
        actions: run in Python before the export.
        live: taken in JupyterLab, with a kernel.
    """

    make: Callable[[Any], Any]
    actions: list[dict[str, Any]] = field(default_factory=list)
    live: bool = False


PICTURES: dict[str, Picture] = {
    "logit_lens_heatmap": Picture(
        lambda model: iw.LogitLensHeatmap(model=model, prompt=DALLAS, track=(" Austin", " Texas")),
        [{"do": "pin", "side": 0, "row": 8, "pos": 9}],
    ),
    "attention_view": Picture(
        lambda model: iw.AttentionView(model=model, prompt=REPEATED, opened=best(model)),
        [{"do": "score", "by": "induction"}],
    ),
    "residual_bus": Picture(
        lambda model: iw.ResidualBus(
            model=model, prompt="The Eiffel Tower is in", answer=" Paris", distractor=" Rome"
        )
    ),
    "head_grid": Picture(
        lambda model: iw.HeadGrid(
            model, prompt=REPEATED, opened=best(model), roles={tuple(best(model)): "induction"}
        )
    ),
    "attribution_scatter": Picture(
        lambda model: iw.AttributionScatter(
            model,
            clean="The capital of France is",
            corrupt="The capital of Italy is",
            answer=" Paris",
            distractor=" Rome",
        )
    ),
    "layer_bar_patching": Picture(
        lambda model: iw.LayerBarPatching(
            model=model,
            clean=DALLAS,
            corrupt=DALLAS.replace("Dallas", "Oakland"),
            answer=" Austin",
            distractor=" Sacramento",
            pos=8,
        ),
        [{"do": "carry", "source": [1, 8], "target": [3, 8]}],
    ),
    "patching_pipeline": Picture(
        lambda model: iw.PatchingPipeline(
            model=model,
            clean=EIFFEL,
            corrupt=EIFFEL.replace("Eiffel Tower", "Trevi Fountain"),
            answer=" Paris",
            distractor=" Rome",
            layer=6,
            pos=3,
            step=2,
        )
    ),
    "training_timeline": Picture(lambda model: iw.TrainingTimeline(model=model, step=1120)),
    "gender_bars": Picture(
        lambda model: iw.GenderBars(
            model=model,
            prompts=[p for p in iw.prompts("gender") if p.task == "job"],
            others=iw.prompts(),
            heads=[[7, 0], [7, 2]],
            control=True,
        )
    ),
    "superposition_playground": Picture(
        lambda model: iw.superposition(5, 2, steps=1000).widget(picked=2),
    ),
    "overlap_plot": Picture(lambda model: iw.OverlapPlot()),
    "sae_trainer": Picture(
        lambda model: iw.SAETrainer(
            data=ground_truth(samples=16_384),
            race=[{"variant": "relu", "l1": 0.1}, {"variant": "topk", "k": 4}],
            **{"d_sae": 64, "steps": 1200, "batch_size": 1024, "lr": 3e-3},
        ),
        [
            {"do": "measure", "by": "mse"},
            {"do": "step", "n": 400},
            {"do": "change", "run": 0, "what": "l1", "to": 0.25},
            {"do": "step", "n": 600},
            {"do": "pick", "latent": 12},
        ],
        live=True,
    ),
    "feature_dashboard": Picture(lambda model: dashboard(model)),
    "feature_review": Picture(lambda model: review(model)),
    "pareto_explorer": Picture(
        lambda model: iw.sae_sweep().widget(),
        [{"do": "pin", "point": 14}, {"do": "pin", "point": 5}],  # both at an L0 of about 8
    ),
    "sae_diagram": Picture(lambda model: diagram(model)),
    "quiz": Picture(lambda model: iw.quiz("06")),
}


def best(model: Any) -> list[int]:
    """Layer and head that score highest as an induction head."""
    row = iw.heads(model).sort_values("induction").iloc[-1]
    return [int(row["layer"]), int(row["head"])]


def dashboard(model: Any) -> Any:
    """Latents of the middle layer; of those that fire most on France one is open and named."""
    record = iw.sae_features()
    shown = iw.FeatureDashboard(record, model=model, sae=iw.sae(3), prompt=FRANCE)
    strongest = [(*record.pieces, "")[i] for i in record.peak_ids.tolist()]
    rows = [row for row in shown.fires if strongest[row] == " France"]
    row = max(rows, key=lambda row: shown.fires[row])
    for action in (
        {"do": "open", "place": 0, "feature": row},
        {"do": "sort", "by": "fires", "falling": True},
        {"do": "rename", "side": 0, "feature": row, "text": "France"},
        {"do": "test", "side": 0, "feature": row, "by": "label", "label": "France"},
    ):
        shown.act(action)
        shown.wait()
    return shown


def review(model: Any) -> Any:
    """The card's latent of bridges, looked at, named, tested, and taken out."""
    latent = iw.model_card()["dictionaries"]["latents"]["bridges"]["latent"]
    shown = iw.FeatureReview(iw.sae_features(), latent, model=model, sae=iw.sae(3))
    for action in (
        *({"do": "look", "group": group} for group in range(4)),
        {"do": "label", "text": "Bridge"},
        {"do": "test"},
        {"do": "intervene", "on": "I saw the Old Bridge"},
    ):
        shown.act(action)
        shown.wait()
    return shown


def diagram(model: Any) -> Any:
    """Three families, as the model card names their latents, on a prompt of each."""
    found = iw.model_card()["dictionaries"]["latents"]
    named = {"Countries": "country", "Math": "arithmetic", "Brackets": "bracket"}
    families = {name: found[family]["latent"] for name, family in named.items()}
    prompts = [next(iter(iw.prompts(family))).prompt for family in named.values()]
    shown = iw.SAEDiagram(iw.sae(3), model=model, prompt=prompts, families=families)
    return shown.act({"do": "token", "to": shown.walk.strongest("Math")})


def take(context: Any, name: str, picture: Picture, model: Any, folder: Path) -> None:
    """Export one widget and photograph it twice."""
    widget = picture.make(model)
    if picture.actions:
        widget.replay(picture.actions)
    path = widget.to_html(folder / f"{name}.html")
    page = context.new_page()
    page.set_viewport_size({"width": WIDTH, "height": 700})
    for scheme, ending in (("light", ""), ("dark", "_dark")):
        page.emulate_media(color_scheme=scheme)
        page.goto(f"file://{path}")
        view = page.locator(".iw").first
        view.wait_for()
        page.wait_for_timeout(500)  # fonts and canvases
        view.screenshot(path=IMAGES / f"{name}{ending}.png")
    page.close()


def take_live(context: Any, name: str, folder: Path) -> None:
    """Show one widget in a notebook, as wide as the exported ones, and photograph it twice."""
    cell = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.browser.pictures import PICTURES
taken = PICTURES[{name!r}]
widget = taken.make(None)
for action in taken.actions:
    widget.act(action).wait(300)
widget"""
    (folder / "notebooks").mkdir()
    write_notebook(folder / "notebooks" / "picture.ipynb", [cell])
    lab = Lab(folder / "notebooks", folder / "lab")
    try:
        notebook = NB(lab, context, "picture.ipynb")
        notebook.run_all(timeout=400)
        page, view = notebook.page, notebook.page.locator(".iw").first
        view.wait_for()
        beside = 1280 - view.bounding_box()["width"]  # type: ignore[index]
        page.set_viewport_size({"width": round(WIDTH - 32 + beside), "height": 1300})
        for dark, ending in ((False, ""), (True, "_dark")):
            notebook.theme(dark=dark)
            page.mouse.move(0, 0)
            page.wait_for_timeout(1000)
            view.screenshot(path=IMAGES / f"{name}{ending}.png")
        notebook.close()
    finally:
        lab.close()


def main() -> None:
    """Take those that are named, or all."""
    model = iw.load()
    wanted = sys.argv[1:] or list(PICTURES)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        with open_browser(provide_chromium(), folder / "profile") as browser:
            for name in wanted:
                if PICTURES[name].live:
                    take_live(browser.context, name, folder)
                    continue
                take(browser.context, name, PICTURES[name], model, folder)


if __name__ == "__main__":
    main()
