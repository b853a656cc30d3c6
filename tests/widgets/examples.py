"""For each widget in the registry: how to make one, and what to do to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import interp_widgets as iw
from interp_widgets.core.dictionary.synthetic import ground_truth
from interp_widgets.core.lens.lens import Lens
from interp_widgets.widgets import (
    AttentionView,
    AttributionScatter,
    FeatureDashboard,
    FeatureReview,
    GenderBars,
    Glossary,
    HeadGrid,
    LayerBarPatching,
    LogitLensHeatmap,
    OverlapPlot,
    ParetoExplorer,
    PatchingPipeline,
    Quiz,
    ResidualBus,
    SAEDiagram,
    SAETrainer,
    SuperpositionPlayground,
    TokenStrip,
    TrainingTimeline,
)
from interp_widgets.widgets._base import Widget
from interp_widgets.widgets._question import Question
from tests.core.tiny import hf_model, tokenizer
from tests.widgets.feature_data import dashboards, small_sae

PROMPT = "the capital of Texas is"
OTHER = "the capital of Rome is"


@lru_cache(maxsize=4)
def model(seed: int = 0, layers: int = 3) -> Any:
    """A tiny random GPT-2 whose words are tests.core.tiny.WORDS."""
    return iw.load(hf_model("gpt2", seed=seed, n_layer=layers), tokenizer=tokenizer())


@lru_cache(maxsize=1)
def lenses() -> dict[str, Lens]:
    """A tuned and a Jacobian lens of `model()`, barely fitted: they differ from the logit lens."""
    texts = [PROMPT, "the city of Rome and the city of Paris", "the state of Texas is the capital"]
    return {
        "tuned": iw.fit_lens(model(), texts, steps=5),
        "jacobian": iw.fit_lens(model(), texts, kind="jacobian"),
    }


@dataclass(frozen=True)
class Example:
    """How the contract test makes a widget, and actions that use every entry of its `ACTIONS`."""

    make: Callable[..., Widget]
    actions: list[dict[str, Any]]
    most_bytes: int


QUESTIONS = [
    Question(
        "What is 2 + 2? See [[sum]].",
        answer="4",
        wrong={"5": "That is one too many.", "3": "That is one too few."},
        why="Counting says so.",
    ),
    Question("What comes next?", prompt=PROMPT, why="It was measured."),
    Question("Which is `red`?", answer="blood", wrong={"grass": "Look again."}, why="Look at it."),
]
LEANINGS = {
    "words": (" Austin", " Paris"),
    "prompts": {"Texas": ["the capital of Texas is", "the city of Texas"], "Rome": ["the Rome is"]},
    "others": {"long": ["the city of Rome and the city of Paris"], "short": ["is Paris", "the of"]},
}
TERMS = {"sum": "What adding gives.", "difference": "What taking away gives."}


EXAMPLES = {
    "AttentionView": Example(
        make=lambda **given: AttentionView(model=model(), prompt=PROMPT, opened=[1, 2], **given),
        actions=[
            {"do": "weights", "by": "value"},
            {"do": "open", "layer": 2, "head": 1},
            {"do": "pin", "layer": 0, "head": 3},
            {"do": "score", "by": "first_token"},
            {"do": "order", "by": "score"},
            {"do": "first", "by": "hidden"},
            {"do": "pick", "pos": 4},
            {"do": "prompt", "side": 0, "text": "the city of Rome and the city of Paris"},
        ],
        most_bytes=20_000,
    ),
    "AttributionScatter": Example(
        make=lambda **given: AttributionScatter(
            model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", **given
        ),
        actions=[
            {"do": "pick", "cell": 3},
            {"do": "pick", "cell": 5},
            {"do": "technique", "by": "qk"},
            {"do": "steps", "m": 2},
            {"do": "sites", "kinds": ["z", "q"]},
            {"do": "distractor", "text": " Paris"},
            {"do": "answer", "text": " Dallas"},
            {"do": "prompt", "side": 1, "text": "the city of Rome is"},
        ],
        most_bytes=4_000,
    ),
    "FeatureDashboard": Example(
        make=lambda **given: FeatureDashboard(
            *(dashboards(model(), i) for i in (0, 1)),
            model=model(),
            sae=(small_sae(), small_sae(1)),
            **given,
        ),
        actions=[
            {"do": "sort", "by": "density", "falling": True},
            {"do": "search", "text": "texas"},
            {"do": "only", "by": "alive"},
            {"do": "densities", "between": [0.01, 1.0]},
            {"do": "open", "place": 0, "feature": 3},
            {"do": "quantile", "at": 0.5},
            {"do": "rename", "side": 0, "feature": 3, "text": "Texas"},
            {"do": "note", "side": 0, "feature": 3, "text": "a guess"},
            {"do": "test", "side": 0, "feature": 3, "by": "label", "label": "Texas"},
            {"do": "test", "side": 0, "feature": 3, "by": "tokens", "label": ""},
            {"do": "hide", "side": 0, "feature": 3, "on": True},
            {"do": "open", "place": 1, "feature": 5},
            {"do": "side", "to": 1},
            {"do": "prompt", "text": PROMPT},
            {"do": "token", "at": 4},
            {"do": "close", "place": 0},
        ],
        most_bytes=6_000,
    ),
    "FeatureReview": Example(
        make=lambda **given: FeatureReview(
            dashboards(model()), 3, model=model(), sae=small_sae(), **given
        ),
        actions=[
            {"do": "look", "group": 0},
            {"do": "how", "by": "force"},
            {"do": "prompt", "text": PROMPT},
            {"do": "label", "text": "Texas"},
            {"do": "test"},
            {"do": "intervene", "on": PROMPT},
            {"do": "pick", "feature": 5},
        ],
        most_bytes=6_000,
    ),
    "GenderBars": Example(
        make=lambda **given: GenderBars(model=model(), **LEANINGS, **given),
        actions=[
            {"do": "order", "by": "after"},
            {"do": "order", "by": "name"},
            {"do": "heads", "heads": [[1, 2]]},
            {"do": "heads", "heads": [[0, 3], [1, 2]]},
            {"do": "control", "on": True},
            {"do": "replace", "by": "mean"},
            {"do": "heads", "heads": []},
        ],
        most_bytes=2_000,
    ),
    "Glossary": Example(
        make=lambda **given: Glossary(TERMS, **given),
        actions=[{"do": "search", "text": "taking"}, {"do": "open", "term": "difference"}],
        most_bytes=2_000,
    ),
    "HeadGrid": Example(
        make=lambda **given: HeadGrid(
            model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", **given
        ),
        actions=[
            {"do": "measure", "by": "copying"},
            {"do": "open", "layer": 1, "head": 2},
            {"do": "select", "heads": [[0, 1], [2, 3]]},
            {"do": "role", "layer": 1, "head": 2, "text": "mover"},
            {"do": "path", "sender": "L0.z.1", "receiver": "L2.q.3"},
            {"do": "run"},
            {"do": "replace", "by": "zero"},
            {"do": "effect", "by": "noise"},
            {"do": "distractor", "text": " Paris"},
            {"do": "answer", "text": " Dallas"},
            {"do": "prompt", "side": 1, "text": "the city of Rome is"},
        ],
        most_bytes=4_000,
    ),
    "LayerBarPatching": Example(
        make=lambda **given: LayerBarPatching(
            model=model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", **given
        ),
        actions=[
            {"do": "position", "pos": 4},
            {"do": "head", "head": 1},
            {"do": "open", "layer": 1},
            {"do": "carry", "source": [0, 4], "target": [2, 5]},
            {"do": "distractor", "text": " Paris"},
            {"do": "mode", "by": "head"},
            {"do": "at", "by": "one"},
            {"do": "drop"},
            {"do": "keep"},
            {"do": "compare", "run": 0},
            {"do": "contrast", "by": "difference"},
            {"do": "direction", "by": "noise"},
            {"do": "answer", "text": " Dallas"},
            {"do": "prompt", "side": 1, "text": "the city of Rome is"},
            {"do": "add", "pair": ["the city of Texas is", OTHER, " Dallas", " Rome"]},
            {"do": "front", "index": 0},
            {"do": "take_out", "index": 0},
            {"do": "forget", "run": 0},
            {"do": "align", "by": "diff"},
        ],
        most_bytes=5_000,
    ),
    "PatchingPipeline": Example(
        make=lambda **given: PatchingPipeline(
            model=model(), clean=PROMPT, corrupt=OTHER, answer=" Austin", **given
        ),
        actions=[
            {"do": "step", "to": 2},
            {"do": "step", "to": 1},
            {"do": "place", "layer": 1, "pos": 4},
            {"do": "site", "by": "z"},
            {"do": "head", "head": 1},
            {"do": "direction", "by": "noise"},
            {"do": "distractor", "text": " Paris"},
            {"do": "answer", "text": " Dallas"},
            {"do": "prompt", "side": 1, "text": "the city of Rome is"},
        ],
        most_bytes=3_000,
    ),
    "Quiz": Example(
        make=lambda **given: Quiz(
            QUESTIONS, model=model(), **{"title": "Sums", "terms": TERMS, **given}
        ),
        actions=[
            {"do": "choose", "question": 0, "option": 0},
            {"do": "go", "to": 1},
            {"do": "answer", "question": 1, "option": 2},
            {"do": "reveal", "question": 2},
            {"do": "again"},
        ],
        most_bytes=3_000,
    ),
    "ResidualBus": Example(
        make=lambda **given: ResidualBus(
            model=model(), prompt=PROMPT, answer=" Paris", distractor=" Rome", **given
        ),
        actions=[
            {"do": "remove", "part": "L1.mlp_out"},
            {"do": "open", "layer": 1},
            {"do": "run", "parts": ["L1.mlp_out"]},
            {"do": "restore_all"},
            {"do": "prompt", "side": 0, "text": "the city of"},
            {"do": "answer", "text": " Austin"},
            {"do": "distractor", "text": " Dallas"},
        ],
        most_bytes=8_000,
    ),
    "SAETrainer": Example(
        make=lambda **given: SAETrainer(
            data=ground_truth(d=8, features=12, samples=256, active=2.0),
            race=[{"variant": "relu"}, {"variant": "topk", "k": 2}],
            **{"d_sae": 16, "steps": 30, "batch_size": 64, "lr": 3e-3, **given},
        ),
        actions=[
            {"do": "measure", "by": "mse"},
            {"do": "measure", "by": "fve"},
            {"do": "scale", "by": "linear"},
            {"do": "step", "n": 2},
            {"do": "change", "run": 0, "what": "l1", "to": 0.2},
            {"do": "start"},
            {"do": "pause"},
            {"do": "rewind", "to": 10},
            {"do": "run", "index": 1},
            {"do": "pick", "latent": 3},
            {"do": "window", "steps": [2, 9]},
            {"do": "make", "run": 1, "what": "d_sae", "to": 12},
            {"do": "break", "run": 0, "switch": "center"},
            {"do": "enter", "variant": "gated"},
            {"do": "leave", "run": 0},
            {"do": "stop"},
        ],
        most_bytes=6_000,
    ),
    "SuperpositionPlayground": Example(
        make=lambda **given: SuperpositionPlayground(**given),
        actions=[
            {"do": "pick", "feature": 2},
            {"do": "pick", "feature": 0},
            {"do": "density", "to": 0.3},
            {"do": "decay", "to": 0.8},
            {"do": "correlation", "to": -1.0},
            {"do": "relu", "on": False},
            {"do": "hidden", "to": 1},
            {"do": "features", "to": 3},
            {"do": "preset", "name": "opposites"},
            {"do": "reset", "seed": 1},
            {"do": "train"},
        ],
        most_bytes=2_000,
    ),
    "OverlapPlot": Example(
        make=lambda **given: OverlapPlot(**given),
        actions=[
            {"do": "move", "to": [[1.0, 0.0], [0.0, 1.0]]},
            {"do": "move", "to": [[0.5, 0.5], [0.0, 1.0]]},
            {"do": "strength", "to": [1.0, -2.0]},
            {"do": "preset", "name": "coats"},
            {"do": "pair", "pair": [3, 7]},
        ],
        most_bytes=1_000,
    ),
    "ParetoExplorer": Example(
        make=lambda **given: ParetoExplorer(iw.sae_sweep(), **given),
        actions=[
            {"do": "pin", "point": 3},
            {"do": "pin", "point": 12},
            {"do": "axis", "axis": "y", "by": "delta_ce"},
            {"do": "scale", "axis": "y", "by": "log"},
            {"do": "variant", "name": "gated"},
            {"do": "width", "of": 512},
            {"do": "add", "point": {"name": "mine", "variant": "topk", "l0": 9.0, "delta_ce": 0.1}},
        ],
        most_bytes=8_000,
    ),
    "SAEDiagram": Example(
        make=lambda **given: SAEDiagram(
            small_sae(),
            model=model(),
            prompt=[PROMPT, OTHER],
            families={"places": [0, 3], "states": 5, "words": [1, 2]},
            **given,
        ),
        actions=[
            {"do": "token", "to": 3},
            {"do": "pick", "latent": 5},
            {"do": "token", "to": 4},
        ],
        most_bytes=12_000,
    ),
    "TokenStrip": Example(
        make=lambda **given: TokenStrip(
            model(), PROMPT, values=[None, 0.5, -2.0, 0.1, 1.5, 0], label="logit", **given
        ),
        actions=[
            {"do": "select", "ranges": [[1, 3], [5, 5]]},
            {"do": "clear"},
        ],
        most_bytes=2_000,
    ),
    "TrainingTimeline": Example(
        make=lambda **given: TrainingTimeline(**given),
        actions=[
            {"do": "step", "to": 1120},
            {"do": "step", "to": 900},
            {"do": "measure", "by": "previous_token"},
            {"do": "head", "layer": 5, "head": 2},
        ],
        most_bytes=60_000,
    ),
    "LogitLensHeatmap": Example(
        make=lambda **given: LogitLensHeatmap(
            model=model(), prompt=PROMPT, track=[" Austin"], lenses=lenses(), **given
        ),
        actions=[
            {"do": "kind", "side": 0, "by": "tuned"},
            {"do": "base", "side": 0, "by": "logit"},
            {"do": "contrast", "by": "gain"},
            {"do": "color", "by": "entropy"},
            {"do": "pin", "side": 0, "row": 2, "pos": 3},
            {"do": "measure", "by": "rank"},
            {"do": "track", "token": " Paris"},
            {"do": "rank_of", "token": " Austin"},
            {"do": "base", "side": 0, "by": ""},
            {"do": "prompt", "side": 0, "text": "the city of Rome"},
            {"do": "untrack", "token": " Paris"},
            {"do": "unpin"},
        ],
        most_bytes=40_000,
    ),
}
