"""What people, programs and files call latents, and who said so.

A label is a hypothesis: it keeps where it came from, and a table of labels from a stranger is only
data.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

from interp_widgets.core.arguments import check_whole
from interp_widgets.core.tensor_files import write_whole

Source = Literal["manual", "auto", "imported"]
SOURCES: tuple[str, ...] = get_args(Source)
LONGEST = 512  # characters of a label
_LONGEST_NOTE = 4096
_COLUMNS = ("layer", "feature", "label")
_OPTIONAL = ("note", "source", "hidden")


@dataclass(frozen=True)
class Label:
    """A name for a latent.

    Attributes:
        text: the name, one line.
        note: whatever else there is to say.
        source: ``"manual"`` (a person here), ``"auto"`` (a program), ``"imported"`` (a file).
        hidden: not to be shown.
    """

    text: str
    note: str = ""
    source: str = "manual"
    hidden: bool = False

    def __post_init__(self) -> None:
        for name, longest in (("text", LONGEST), ("note", _LONGEST_NOTE)):
            value = getattr(self, name)
            if not isinstance(value, str):
                raise TypeError(f"the {name} of a label is text; got {type(value).__name__}.")
            if len(value) > longest:
                raise ValueError(
                    f"the {name} of a label has at most {longest} characters; got {len(value)}."
                )
        if not all(c.isprintable() for c in self.text):
            raise ValueError(f"a label is one line of printable text; got {self.text!r:.60}.")
        if self.source not in SOURCES:
            raise ValueError(f"source is one of {', '.join(SOURCES)}; got {self.source!r}.")
        if not isinstance(self.hidden, bool):
            raise TypeError(f"hidden is True or False; got {self.hidden!r:.40}.")


class Labels(Mapping[int, Label]):
    """Labels by feature. ``labels[17]`` is a `Label`, or a KeyError."""

    def __init__(self, d_sae: int, labels: Mapping[int, Label] | None = None) -> None:
        """Labels of a dictionary of ``d_sae`` latents."""
        self.d_sae = d_sae
        self._labels: dict[int, Label] = {}
        for feature, label in (labels or {}).items():
            self._labels[self._checked(feature)] = label

    def __getitem__(self, feature: int) -> Label:
        try:
            return self._labels[feature]
        except KeyError:
            raise KeyError(f"latent {feature!r} has no label.") from None

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._labels))

    def __len__(self) -> int:
        return len(self._labels)

    def __repr__(self) -> str:
        by = {source: sum(x.source == source for x in self._labels.values()) for source in SOURCES}
        said = ", ".join(f"{n} {source}" for source, n in by.items() if n)
        return f"Labels({said or 'none'})"

    def text(self, feature: int) -> str:
        """The label of a latent, ``""`` where it has none or it is hidden."""
        label = self._labels.get(feature)
        return "" if label is None or label.hidden else label.text

    def set(self, feature: int, text: str, note: str | None = None, source: str = "manual") -> None:
        """Name a latent. The note stays as it was unless a new one is given.

        Raises:
            ValueError: no such latent, more than one line, or too long. TypeError: no text.
        """
        feature = self._checked(feature)
        old = self._labels.get(feature, Label(""))
        self._labels[feature] = Label(text, old.note if note is None else note, source, False)

    def note(self, feature: int, note: str) -> None:
        """Write a note on a latent, which need not have a label. ValueError: no such latent."""
        feature = self._checked(feature)
        self._labels[feature] = replace(self._labels.get(feature, Label("")), note=note)

    def hide(self, feature: int, hidden: bool = True) -> None:
        """Do not show a latent's label, or show it again. ValueError: no such latent."""
        feature = self._checked(feature)
        self._labels[feature] = replace(self._labels.get(feature, Label("")), hidden=hidden)

    def remove(self, feature: int) -> None:
        """Forget label and note of a latent. KeyError: it has none."""
        self[feature]
        del self._labels[feature]

    def update(self, other: Labels) -> None:
        """Take over all labels of ``other``. ValueError: a latent that this dictionary lacks."""
        checked = {self._checked(feature): other[feature] for feature in other}
        self._labels |= checked

    def to_csv(self, path: str | Path, layer: int) -> Path:
        """Write ``layer,feature,label`` and, after them, ``note,source,hidden``; UTF-8.

        The file appears whole or not at all.

        Args:
            path: the file.
            layer: what stands in the first column, such as ``dash.layer``; any number where the
                dictionary is of no layer.

        Raises:
            TypeError, ValueError: no whole number from 0. FileNotFoundError: no such folder.
            OSError: it cannot be written; what stood there before is unchanged.
        """
        check_whole("layer", layer, least=0)
        path = Path(path)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"no folder {path.parent} to write {path.name} in. Make it.")

        def write(part: Path) -> None:
            with part.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow((*_COLUMNS, *_OPTIONAL))
                for feature, label in self.items():
                    hidden = "yes" if label.hidden else ""
                    writer.writerow((layer, feature, label.text, label.note, label.source, hidden))

        write_whole(path, write)
        return path

    @classmethod
    def from_csv(cls, path: str | Path, layer: int, d_sae: int) -> Self:
        """Read the labels of one layer from a table with the columns ``layer,feature,label``.

        They count as imported, unless the table says that a program made them. Nothing in the
        table is executed or followed; what does not fit is refused, with its line.

        Args:
            path: the table, UTF-8.
            layer: rows of other layers are passed over.
            d_sae: latents of the dictionary.

        Raises:
            FileNotFoundError: no such file.
            ValueError: a column is missing, a number is none, no such latent, a label that is none.
            TypeError: a ``layer`` or ``d_sae`` that is no whole number.
        """
        check_whole("layer", layer, least=0)
        check_whole("d_sae", d_sae)
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"no file {path}.")
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                return cls(
                    d_sae, dict(_rows(csv.DictReader(file, strict=True), layer, d_sae, path))
                )
        except (UnicodeDecodeError, csv.Error) as broken:
            raise ValueError(f"{path} is no table of labels in UTF-8: {broken}.") from broken

    def to_json(self) -> list[dict[str, Any]]:
        """Plain data, which `from_json` reads."""
        return [{"feature": feature} | asdict(label) for feature, label in self.items()]

    @classmethod
    def from_json(cls, d_sae: int, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Undo `to_json`."""
        given = [dict(row) for row in rows]
        return cls(d_sae, {row.pop("feature"): Label(**row) for row in given})

    def _checked(self, feature: Any) -> int:
        if isinstance(feature, bool) or not hasattr(feature, "__index__"):
            raise TypeError(f"a latent is named by its number; got {feature!r:.40}.")
        feature = feature.__index__()
        if not 0 <= feature < self.d_sae:
            raise ValueError(f"there are latents 0 to {self.d_sae - 1}; got {feature}.")
        return feature


def _rows(
    table: csv.DictReader[str], layer: int, d_sae: int, path: Path
) -> Iterator[tuple[int, Label]]:
    missing = [name for name in _COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise ValueError(
            f"{path} lacks the column {missing[0]!r}: labels are a table layer,feature,label with "
            f"these names in its first line. It has {table.fieldnames!r:.80}."
        )
    for row in table:
        where = f"{path}, line {table.line_num}"
        try:
            at, feature = int(row["layer"] or ""), int(row["feature"] or "")
        except ValueError:
            raise ValueError(f"{where}: layer and feature are whole numbers.") from None
        if at != layer:
            continue
        if not 0 <= feature < d_sae:
            raise ValueError(f"{where}: there are latents 0 to {d_sae - 1}; got {feature}.")
        source = "auto" if row.get("source") == "auto" else "imported"
        hidden = row.get("hidden") == "yes"
        try:
            yield feature, Label(row["label"] or "", row.get("note") or "", source, hidden)
        except ValueError as wrong:
            raise ValueError(f"{where}: {wrong}") from None
