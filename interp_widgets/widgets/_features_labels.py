"""Labels as a person edits them: what was typed is laid over what was there, and can be undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from interp_widgets.core.dictionary.labels import Label, Labels

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards

Edits = Mapping[str, Mapping[str, Any]]
"""By number of the latent, as text: any of ``text``, ``note``, ``hidden``."""

_FIELDS = {"text": str, "note": str, "hidden": bool}


def check_edit(edit: Mapping[str, Any]) -> None:
    """Refuse what is no label: several lines, too long.

    Raises:
        ValueError, TypeError: as `Label` says.
    """
    unknown = set(edit) - set(_FIELDS)
    if unknown:
        raise ValueError(f"edits hold {', '.join(_FIELDS)}; got {sorted(unknown)!r}.")
    Label(**{"text": "", **edit})


def edited(before: Label | None, edit: Mapping[str, Any]) -> Label | None:
    """The label after an edit; None where nothing is left of it."""
    label = before or Label("")
    if "text" in edit and edit["text"] != label.text:
        label = replace(label, text=edit["text"], source="manual", hidden=False)
    for name in ("note", "hidden"):
        if name in edit:
            label = replace(label, **{name: edit[name]})
    return None if not label.text and not label.note else label


class EditedLabels:
    """Writes the edits of a widget into the labels of its record, and takes them back.

    Args:
        record: whose labels are written.
    """

    def __init__(self, record: FeatureDashboards) -> None:
        self._record = record
        self._before: dict[int, Label | None] = {}
        self._applied: dict[str, Mapping[str, Any]] = {}

    def of(self, record: FeatureDashboards) -> EditedLabels:
        """For a later record: what was there before is still known where they share labels."""
        if record.labels is not self._record.labels:
            return EditedLabels(record)
        self._record = record
        return self

    def apply(self, edits: Edits) -> None:
        """Make the record's labels those of these edits."""
        labels = self._record.labels
        for key in {*edits, *self._applied}:
            feature, edit = int(key), edits.get(key, {})
            if edit == self._applied.get(key, {}) or feature not in self._record:
                continue
            before = self._before.setdefault(feature, labels.get(feature))
            label = edited(before, edit)
            if label is not None:
                labels.update(Labels(labels.d_sae, {feature: label}))
            elif feature in labels:
                labels.remove(feature)
        self._applied = {key: dict(edit) for key, edit in edits.items()}

    def opening(self) -> dict[int, Label]:
        """The labels without the edits."""
        found = dict(self._record.labels.items())
        for feature, label in self._before.items():
            found.pop(feature, None)
            if label is not None:
                found[feature] = label
        return {feature: found[feature] for feature in sorted(found)}


def copied(record: FeatureDashboards, labels: Mapping[int, Label]) -> FeatureDashboards:
    """The record with labels and explanations of its own."""
    kept = {feature: list(each) for feature, each in record.explanations.items()}
    return replace(record, labels=Labels(record.d_sae, dict(labels)), explanations=kept)
