"""The widgets: each shows a record of the core, and asks for the next one when a person acts.

A widget is four small files under one stem: ``<stem>.py`` (traits, one reducer, what to compute),
``<stem>.ts`` (how it is drawn), a test, and the plot that stands in for it on paper. `WIDGETS`
lists them; the contract test puts the same questions to every one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interp_widgets.widgets.attention import AttentionView as AttentionView
    from interp_widgets.widgets.attribution import AttributionScatter as AttributionScatter
    from interp_widgets.widgets.feature_review import FeatureReview as FeatureReview
    from interp_widgets.widgets.features import FeatureDashboard as FeatureDashboard
    from interp_widgets.widgets.gender import GenderBars as GenderBars
    from interp_widgets.widgets.glossary import Glossary as Glossary
    from interp_widgets.widgets.heads import HeadGrid as HeadGrid
    from interp_widgets.widgets.logit_attribution import ResidualBus as ResidualBus
    from interp_widgets.widgets.logit_lens import LogitLensHeatmap as LogitLensHeatmap
    from interp_widgets.widgets.overlap import OverlapPlot as OverlapPlot
    from interp_widgets.widgets.pareto import ParetoExplorer as ParetoExplorer
    from interp_widgets.widgets.patching import LayerBarPatching as LayerBarPatching
    from interp_widgets.widgets.pipeline import PatchingPipeline as PatchingPipeline
    from interp_widgets.widgets.quiz import Quiz as Quiz
    from interp_widgets.widgets.sae_diagram import SAEDiagram as SAEDiagram
    from interp_widgets.widgets.sae_trainer import SAETrainer as SAETrainer
    from interp_widgets.widgets.superposition import (
        SuperpositionPlayground as SuperpositionPlayground,
    )
    from interp_widgets.widgets.timeline import TrainingTimeline as TrainingTimeline
    from interp_widgets.widgets.tokens import TokenStrip as TokenStrip

WIDGETS = {
    "AttentionView": "attention",
    "AttributionScatter": "attribution",
    "FeatureDashboard": "features",
    "FeatureReview": "feature_review",
    "GenderBars": "gender",
    "Glossary": "glossary",
    "HeadGrid": "heads",
    "LayerBarPatching": "patching",
    "LogitLensHeatmap": "logit_lens",
    "OverlapPlot": "overlap",
    "ParetoExplorer": "pareto",
    "PatchingPipeline": "pipeline",
    "Quiz": "quiz",
    "ResidualBus": "logit_attribution",
    "SAEDiagram": "sae_diagram",
    "SAETrainer": "sae_trainer",
    "SuperpositionPlayground": "superposition",
    "TokenStrip": "tokens",
    "TrainingTimeline": "timeline",
}
"""Class name of every widget → its stem."""

__all__ = [
    "WIDGETS",
    "AttentionView",
    "AttributionScatter",
    "FeatureDashboard",
    "FeatureReview",
    "GenderBars",
    "Glossary",
    "HeadGrid",
    "LayerBarPatching",
    "LogitLensHeatmap",
    "OverlapPlot",
    "ParetoExplorer",
    "PatchingPipeline",
    "Quiz",
    "ResidualBus",
    "SAEDiagram",
    "SAETrainer",
    "SuperpositionPlayground",
    "TokenStrip",
    "TrainingTimeline",
]


def __getattr__(name: str) -> Any:
    try:
        stem = WIDGETS[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no widget {name!r}") from None
    return getattr(import_module(f"{__name__}.{stem}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *WIDGETS})
