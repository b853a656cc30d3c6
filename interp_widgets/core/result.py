"""Result: what core functions return. A frozen record that draws, tabulates and saves itself.

``save`` writes one safetensors file: tensors as tensors, everything else as JSON in its header. No
pickle, so a record from a stranger is only data.

This file holds the one upward door of the house: `Result.plot` and `Result.widget` import the rooms
above, when they are called.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from torch import Tensor

import interp_widgets
from interp_widgets.core.tensor_files import read_tensors, save_tensors, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from interp_widgets.core.language_model import LanguageModel

SCHEMA = 1

# kind of record -> where its class is, the stem of its plot, and its widget (None: it has none yet)
_KINDS: dict[str, tuple[str, str, str | None]] = {
    "Absorption": ("core.dictionary.absorption", "absorption", None),
    "ActivationCache": ("core.cache", "cache", None),
    "Attention": ("core.attention", "attention", "AttentionView"),
    "Circuit": ("core.patching.circuit_record", "circuit", None),
    "Composition": ("core.composition", "composition", None),
    "FeatureDashboards": ("core.dictionary.feature_record", "features", "FeatureDashboard"),
    "HeadCircuit": ("core.head_circuit", "head_circuit", None),
    "EdgeAttribution": ("core.patching.edge_record", "edges", None),
    "HeadEdit": ("core.head_edit", "gender", "GenderBars"),
    "HeadScores": ("core.heads", "heads", "HeadGrid"),
    "LatentEffect": ("core.dictionary.latent_effect", "latent_effect", None),
    "LatentFinds": ("core.dictionary.find", "find", None),
    "LensDifference": ("core.lens.difference", "lens_difference", "LogitLensHeatmap"),
    "LogitAttribution": ("core.logit_attribution", "logit_attribution", "ResidualBus"),
    "LogitLens": ("core.lens.logit", "logit_lens", "LogitLensHeatmap"),
    "Match": ("core.dictionary.matching", "match", None),
    "Overlap": ("core.overlap", "overlap", "OverlapPlot"),
    "Patching": ("core.patching.record", "patching", "LayerBarPatching"),
    "SAEEvaluation": ("core.dictionary.evaluation_record", "evaluation", None),
    "Scrubbing": ("core.patching.scrubbing", "scrubbing", None),
    "Superposition": (
        "core.superposition",
        "superposition",
        "SuperpositionPlayground",
    ),
    "Splitting": ("core.dictionary.splitting", "nearest", None),
    "Stability": ("core.dictionary.stability", "nearest", None),
    "Sweep": ("core.dictionary.sweep", "sweep", "ParetoExplorer"),
    "Timeline": ("core.timeline", "timeline", "TrainingTimeline"),
    "Training": ("core.dictionary.training_record", "training", "SAETrainer"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """Base of all records.

    Attributes:
        model: name of the model.
        revision: its hub revision, ``""`` where there is none.
        prompt: the prompt, or several joined by newlines.
    """

    model: str
    revision: str
    prompt: str

    tensor_dicts: ClassVar[tuple[str, ...]] = ()  # fields that are dicts of tensors

    def describe(self) -> str:
        """One sentence that says what this record shows."""
        raise NotImplementedError(f"{type(self).__name__} does not describe itself")

    def to_frame(self) -> pd.DataFrame:
        """The record as a tidy pandas frame, one observation a row."""
        raise NotImplementedError(f"{type(self).__name__} has no frame")

    def plot(self, kind: str = "interactive", **options: Any) -> Any:
        """Draw the record.

        Args:
            kind: ``"interactive"`` for a Plotly figure, ``"print"`` for a Matplotlib one.
            **options: passed to the drawing function of the record's kind, see `plots`.

        Raises:
            ValueError: another kind.
        """
        if kind not in ("interactive", "print"):
            raise ValueError(
                f"plot(kind=…) is 'interactive' (Plotly) or 'print' (Matplotlib); got {kind!r}."
            )
        stem = _KINDS[type(self).__name__][1]
        drawing = import_module(f"interp_widgets.plots.{stem}")
        return getattr(drawing, f"plot_{kind}")(self, **options)

    def widget(self, model: LanguageModel | None = None, **options: Any) -> Any:
        """The record in its widget: a viewer, or with a ``model`` one that also computes."""
        name = self._shown_by()
        if name is None:
            raise TypeError(
                f"{type(self).__name__} has no widget; draw it with .plot() or "
                "tabulate it with .to_frame()."
            )
        home = import_module("interp_widgets.widgets")
        return getattr(home, name)(self, model=model, **options)

    def _shown_by(self) -> str | None:
        """Name of the widget that shows this record."""
        return _KINDS[type(self).__name__][2]

    def save(self, path: str | Path) -> Path:
        """Write the record to one ``.safetensors`` file and return its path.

        The file appears whole or not at all: it is written beside its place and then moved there.

        Raises:
            ValueError: another ending.
            FileNotFoundError: no such folder.
            OSError: it cannot be written; what stood there before is unchanged.
        """
        path = _checked_path(path)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"no folder {path.parent} to write {path.name} in. Make it.")
        tensors, plain = self._parts()
        header = {
            "kind": type(self).__name__,
            "schema": str(SCHEMA),
            "package": interp_widgets.__version__,
            "fields": json.dumps(plain),
        }
        write_whole(path, lambda part: save_tensors(part, tensors, header))
        return path

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a record that `save` wrote. ``Result.load`` reads any kind, a subclass only its own.

        Raises:
            FileNotFoundError: no such file.
            ValueError: not such a file, a newer schema, or another kind of record.
        """
        header, tensors = read_tensors(_checked_path(path))
        kind = header.get("kind", "")
        if kind not in _KINDS:
            raise ValueError(f"{path} holds no record of this package (kind {kind!r}).")
        schema = header.get("schema", "")
        if schema.isdecimal() and int(schema) > SCHEMA:
            raise ValueError(
                f"{path} was written by interp_widgets {header.get('package')}, schema {schema}; "
                f"this version reads up to {SCHEMA}. Update with pip install -U interp-widgets."
            )
        found = getattr(import_module(f"interp_widgets.{_KINDS[kind][0]}"), kind)
        if not issubclass(found, cls):
            raise ValueError(
                f"{path} holds a {kind}, not a {cls.__name__}. Read it with {kind}.load."
            )
        try:
            return found(**found._values(json.loads(header["fields"]), tensors))
        except (KeyError, TypeError, ValueError, AttributeError) as broken:
            raise ValueError(f"{path} holds a damaged {kind}: {broken}.") from broken

    def _parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The fields split into tensors and what JSON can hold."""
        tensors: dict[str, Tensor] = {}
        plain: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Tensor):
                tensors[field.name] = value
            elif field.name in self.tensor_dicts:
                tensors |= {f"{field.name}/{key}": tensor for key, tensor in value.items()}
                plain[field.name] = list(value)  # their order, which safetensors does not keep
            else:
                plain[field.name] = value
        return tensors, plain

    @classmethod
    def _values(cls, plain: dict[str, Any], tensors: dict[str, Tensor]) -> dict[str, Any]:
        """Constructor arguments from the two halves of a file; undoes what JSON did to tuples."""
        values = {name: _tuples(value) for name, value in plain.items()}
        values |= {name: tensor for name, tensor in tensors.items() if "/" not in name}
        for name in cls.tensor_dicts:
            values[name] = {key: tensors[f"{name}/{key}"] for key in plain[name]}
        return values


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _checked_path(path: str | Path) -> Path:
    path = Path(path)
    if path.suffix != ".safetensors":
        raise ValueError(f"records are .safetensors files; got {path.name!r}.")
    return path
