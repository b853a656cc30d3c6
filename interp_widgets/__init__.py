"""interp_widgets: widgets, lessons and a small torch core for opening up language models.

Every public name is listed in the table below and imported on first use (PEP 562), so that
``import interp_widgets as iw`` costs a few milliseconds and loads neither torch nor transformers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interp_widgets.bundled import model_card as model_card
    from interp_widgets.bundled import prompts as prompts
    from interp_widgets.core.attention import Attention as Attention
    from interp_widgets.core.attention import attention as attention
    from interp_widgets.core.cache import ActivationCache as ActivationCache
    from interp_widgets.core.cache import cache as cache
    from interp_widgets.core.composition import Composition as Composition
    from interp_widgets.core.composition import composition as composition
    from interp_widgets.core.composition import iter_composition as iter_composition
    from interp_widgets.core.dictionary.absorption import Absorption as Absorption
    from interp_widgets.core.dictionary.absorption import absorption as absorption
    from interp_widgets.core.dictionary.bundled_features import sae_features as sae_features
    from interp_widgets.core.dictionary.bundled_sae import sae as sae
    from interp_widgets.core.dictionary.cross_layer import load_cross_layer as load_cross_layer
    from interp_widgets.core.dictionary.evaluate import evaluate_on as evaluate_on
    from interp_widgets.core.dictionary.evaluate import evaluate_sae as evaluate_sae
    from interp_widgets.core.dictionary.evaluate import iter_evaluate_sae as iter_evaluate_sae
    from interp_widgets.core.dictionary.evaluation_record import SAEEvaluation as SAEEvaluation
    from interp_widgets.core.dictionary.explanation import Explanation as Explanation
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards as FeatureDashboards
    from interp_widgets.core.dictionary.features import features as features
    from interp_widgets.core.dictionary.features import iter_features as iter_features
    from interp_widgets.core.dictionary.find import LatentFinds as LatentFinds
    from interp_widgets.core.dictionary.find import find_latents as find_latents
    from interp_widgets.core.dictionary.latent_effect import LatentEffect as LatentEffect
    from interp_widgets.core.dictionary.latent_effect import latent_effect as latent_effect
    from interp_widgets.core.dictionary.matching import Match as Match
    from interp_widgets.core.dictionary.matching import match_directions as match_directions
    from interp_widgets.core.dictionary.matching import random_match as random_match
    from interp_widgets.core.dictionary.random_directions import (
        random_directions as random_directions,
    )
    from interp_widgets.core.dictionary.sae import SAE as SAE
    from interp_widgets.core.dictionary.splitting import Splitting as Splitting
    from interp_widgets.core.dictionary.splitting import splitting as splitting
    from interp_widgets.core.dictionary.stability import Stability as Stability
    from interp_widgets.core.dictionary.stability import seed_stability as seed_stability
    from interp_widgets.core.dictionary.substitution import substituted as substituted
    from interp_widgets.core.dictionary.sweep import Sweep as Sweep
    from interp_widgets.core.dictionary.sweep import iter_train_sweep as iter_train_sweep
    from interp_widgets.core.dictionary.sweep import sae_sweep as sae_sweep
    from interp_widgets.core.dictionary.sweep import train_sweep as train_sweep
    from interp_widgets.core.dictionary.synthetic import GroundTruth as GroundTruth
    from interp_widgets.core.dictionary.synthetic import ground_truth as ground_truth
    from interp_widgets.core.dictionary.synthetic import numpy_lab as numpy_lab
    from interp_widgets.core.dictionary.train import train_sae as train_sae
    from interp_widgets.core.dictionary.training_record import Training as Training
    from interp_widgets.core.dictionary.training_run import TrainingRun as TrainingRun
    from interp_widgets.core.dictionary.transcoder import load_transcoders as load_transcoders
    from interp_widgets.core.dictionary.transcoder import save_transcoders as save_transcoders
    from interp_widgets.core.dictionary.variants import convert_l1 as convert_l1
    from interp_widgets.core.head_circuit import HeadCircuit as HeadCircuit
    from interp_widgets.core.head_circuit import head_circuit as head_circuit
    from interp_widgets.core.head_edit import HeadEdit as HeadEdit
    from interp_widgets.core.head_edit import head_edit as head_edit
    from interp_widgets.core.head_edit import iter_head_edit as iter_head_edit
    from interp_widgets.core.heads import HeadScores as HeadScores
    from interp_widgets.core.heads import head_scores as head_scores
    from interp_widgets.core.heads import heads as heads
    from interp_widgets.core.heads import iter_head_scores as iter_head_scores
    from interp_widgets.core.hub import available as available
    from interp_widgets.core.language_model import LanguageModel as LanguageModel
    from interp_widgets.core.lens.difference import LensDifference as LensDifference
    from interp_widgets.core.lens.difference import iter_lens_difference as iter_lens_difference
    from interp_widgets.core.lens.difference import lens_difference as lens_difference
    from interp_widgets.core.lens.fit import fit_lens as fit_lens
    from interp_widgets.core.lens.fit import iter_fit_lens as iter_fit_lens
    from interp_widgets.core.lens.lens import Lens as Lens
    from interp_widgets.core.lens.logit import LogitLens as LogitLens
    from interp_widgets.core.lens.logit import iter_logit_lens as iter_logit_lens
    from interp_widgets.core.lens.logit import logit_lens as logit_lens
    from interp_widgets.core.load import load as load
    from interp_widgets.core.logit_attribution import LogitAttribution as LogitAttribution
    from interp_widgets.core.logit_attribution import logit_attribution as logit_attribution
    from interp_widgets.core.overlap import Overlap as Overlap
    from interp_widgets.core.overlap import overlap as overlap
    from interp_widgets.core.patching.ablation import ablation as ablation
    from interp_widgets.core.patching.ablation import iter_ablation as iter_ablation
    from interp_widgets.core.patching.activation import activation_patching as activation_patching
    from interp_widgets.core.patching.activation import (
        iter_activation_patching as iter_activation_patching,
    )
    from interp_widgets.core.patching.attribution import (
        attribution_patching as attribution_patching,
    )
    from interp_widgets.core.patching.attribution import (
        iter_attribution_patching as iter_attribution_patching,
    )
    from interp_widgets.core.patching.causal_tracing import causal_tracing as causal_tracing
    from interp_widgets.core.patching.causal_tracing import (
        iter_causal_tracing as iter_causal_tracing,
    )
    from interp_widgets.core.patching.circuit import Circuit as Circuit
    from interp_widgets.core.patching.circuit import circuit as circuit
    from interp_widgets.core.patching.circuit import find_circuit as find_circuit
    from interp_widgets.core.patching.circuit import iter_circuit as iter_circuit
    from interp_widgets.core.patching.circuit import iter_find_circuit as iter_find_circuit
    from interp_widgets.core.patching.edge_record import EdgeAttribution as EdgeAttribution
    from interp_widgets.core.patching.edges import edge_attribution as edge_attribution
    from interp_widgets.core.patching.edges import iter_edge_attribution as iter_edge_attribution
    from interp_widgets.core.patching.intervention import Patch as Patch
    from interp_widgets.core.patching.path import iter_path_patching as iter_path_patching
    from interp_widgets.core.patching.path import path_patching as path_patching
    from interp_widgets.core.patching.record import Patching as Patching
    from interp_widgets.core.patching.scrubbing import Scrubbing as Scrubbing
    from interp_widgets.core.patching.scrubbing import causal_scrubbing as causal_scrubbing
    from interp_widgets.core.patching.scrubbing import (
        iter_causal_scrubbing as iter_causal_scrubbing,
    )
    from interp_widgets.core.result import Result as Result
    from interp_widgets.core.shards import ActivationShards as ActivationShards
    from interp_widgets.core.shards import cache_shards as cache_shards
    from interp_widgets.core.shards import iter_cache_shards as iter_cache_shards
    from interp_widgets.core.superposition import Superposition as Superposition
    from interp_widgets.core.superposition import iter_superposition as iter_superposition
    from interp_widgets.core.superposition import superposition as superposition
    from interp_widgets.core.timeline import Timeline as Timeline
    from interp_widgets.core.timeline import timeline as timeline
    from interp_widgets.course.exercises import check as check
    from interp_widgets.course.exercises import or_solution as or_solution
    from interp_widgets.course.glossary import glossary as glossary
    from interp_widgets.course.progress import progress as progress
    from interp_widgets.course.quizzes import quiz as quiz
    from interp_widgets.widgets._question import Question as Question
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

__version__ = "0.1.0"

_HOME = {
    "Absorption": "core.dictionary.absorption",
    "ActivationCache": "core.cache",
    "ActivationShards": "core.shards",
    "Attention": "core.attention",
    "AttentionView": "widgets.attention",
    "AttributionScatter": "widgets.attribution",
    "Circuit": "core.patching.circuit",
    "Composition": "core.composition",
    "EdgeAttribution": "core.patching.edge_record",
    "Explanation": "core.dictionary.explanation",
    "FeatureDashboard": "widgets.features",
    "FeatureDashboards": "core.dictionary.feature_record",
    "FeatureReview": "widgets.feature_review",
    "GenderBars": "widgets.gender",
    "Glossary": "widgets.glossary",
    "GroundTruth": "core.dictionary.synthetic",
    "HeadCircuit": "core.head_circuit",
    "HeadEdit": "core.head_edit",
    "HeadGrid": "widgets.heads",
    "HeadScores": "core.heads",
    "LanguageModel": "core.language_model",
    "LatentEffect": "core.dictionary.latent_effect",
    "LatentFinds": "core.dictionary.find",
    "LayerBarPatching": "widgets.patching",
    "Lens": "core.lens.lens",
    "LensDifference": "core.lens.difference",
    "LogitAttribution": "core.logit_attribution",
    "LogitLens": "core.lens.logit",
    "LogitLensHeatmap": "widgets.logit_lens",
    "Match": "core.dictionary.matching",
    "Overlap": "core.overlap",
    "OverlapPlot": "widgets.overlap",
    "ParetoExplorer": "widgets.pareto",
    "Patch": "core.patching.intervention",
    "Patching": "core.patching.record",
    "PatchingPipeline": "widgets.pipeline",
    "Question": "widgets._question",
    "Quiz": "widgets.quiz",
    "ResidualBus": "widgets.logit_attribution",
    "Result": "core.result",
    "SAE": "core.dictionary.sae",
    "SAEDiagram": "widgets.sae_diagram",
    "SAEEvaluation": "core.dictionary.evaluation_record",
    "SAETrainer": "widgets.sae_trainer",
    "Scrubbing": "core.patching.scrubbing",
    "Splitting": "core.dictionary.splitting",
    "Stability": "core.dictionary.stability",
    "Superposition": "core.superposition",
    "SuperpositionPlayground": "widgets.superposition",
    "Sweep": "core.dictionary.sweep",
    "Timeline": "core.timeline",
    "TokenStrip": "widgets.tokens",
    "Training": "core.dictionary.training_record",
    "TrainingRun": "core.dictionary.training_run",
    "TrainingTimeline": "widgets.timeline",
    "ablation": "core.patching.ablation",
    "absorption": "core.dictionary.absorption",
    "activation_patching": "core.patching.activation",
    "attention": "core.attention",
    "attribution_patching": "core.patching.attribution",
    "available": "core.hub",
    "cache": "core.cache",
    "cache_shards": "core.shards",
    "causal_scrubbing": "core.patching.scrubbing",
    "causal_tracing": "core.patching.causal_tracing",
    "check": "course.exercises",
    "circuit": "core.patching.circuit",
    "composition": "core.composition",
    "convert_l1": "core.dictionary.variants",
    "edge_attribution": "core.patching.edges",
    "evaluate_on": "core.dictionary.evaluate",
    "evaluate_sae": "core.dictionary.evaluate",
    "features": "core.dictionary.features",
    "find_circuit": "core.patching.circuit",
    "find_latents": "core.dictionary.find",
    "fit_lens": "core.lens.fit",
    "glossary": "course.glossary",
    "ground_truth": "core.dictionary.synthetic",
    "head_circuit": "core.head_circuit",
    "head_edit": "core.head_edit",
    "head_scores": "core.heads",
    "heads": "core.heads",
    "iter_ablation": "core.patching.ablation",
    "iter_activation_patching": "core.patching.activation",
    "iter_attribution_patching": "core.patching.attribution",
    "iter_cache_shards": "core.shards",
    "iter_causal_scrubbing": "core.patching.scrubbing",
    "iter_causal_tracing": "core.patching.causal_tracing",
    "iter_circuit": "core.patching.circuit",
    "iter_composition": "core.composition",
    "iter_edge_attribution": "core.patching.edges",
    "iter_evaluate_sae": "core.dictionary.evaluate",
    "iter_features": "core.dictionary.features",
    "iter_find_circuit": "core.patching.circuit",
    "iter_fit_lens": "core.lens.fit",
    "iter_head_edit": "core.head_edit",
    "iter_head_scores": "core.heads",
    "iter_lens_difference": "core.lens.difference",
    "iter_logit_lens": "core.lens.logit",
    "iter_path_patching": "core.patching.path",
    "iter_superposition": "core.superposition",
    "iter_train_sweep": "core.dictionary.sweep",
    "latent_effect": "core.dictionary.latent_effect",
    "lens_difference": "core.lens.difference",
    "load": "core.load",
    "load_cross_layer": "core.dictionary.cross_layer",
    "load_transcoders": "core.dictionary.transcoder",
    "logit_attribution": "core.logit_attribution",
    "logit_lens": "core.lens.logit",
    "match_directions": "core.dictionary.matching",
    "model_card": "bundled",
    "numpy_lab": "core.dictionary.synthetic",
    "or_solution": "course.exercises",
    "overlap": "core.overlap",
    "path_patching": "core.patching.path",
    "progress": "course.progress",
    "prompts": "bundled",
    "quiz": "course.quizzes",
    "random_directions": "core.dictionary.random_directions",
    "random_match": "core.dictionary.matching",
    "sae": "core.dictionary.bundled_sae",
    "sae_features": "core.dictionary.bundled_features",
    "sae_sweep": "core.dictionary.sweep",
    "save_transcoders": "core.dictionary.transcoder",
    "seed_stability": "core.dictionary.stability",
    "splitting": "core.dictionary.splitting",
    "substituted": "core.dictionary.substitution",
    "superposition": "core.superposition",
    "timeline": "core.timeline",
    "train_sae": "core.dictionary.train",
    "train_sweep": "core.dictionary.sweep",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    try:
        home = _HOME[name]
    except KeyError:
        raise AttributeError(f"module 'interp_widgets' has no attribute {name!r}") from None
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
