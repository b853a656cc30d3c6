"""The lenses that a person may choose among on one side of a heatmap, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from interp_widgets.core.language_model import check_model
from interp_widgets.core.lens.lens import KINDS, Lens, lens_names, lens_of

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

Names = tuple[str, str]
"""Name of a lens, and of the one it is compared with (empty: none)."""


class LensChoice:
    """What a model can be read with: the logit lens, bundled lenses, lenses that a caller fitted.

    Args:
        model: the model.
        lenses: fitted lenses by name.

    Raises:
        ValueError: a lens of a model of another shape, or a name that is taken.
        TypeError: no mapping of lenses.
    """

    def __init__(self, model: LanguageModel, lenses: Mapping[str, Lens]) -> None:
        check_model(model)
        if not isinstance(lenses, Mapping):
            raise TypeError(
                f'lenses= takes lenses by name, {{"mine": lens}}; got a {type(lenses).__name__}.'
            )
        self._model = model
        self._lenses: dict[str, Any] = {name: name for name in lens_names(model)}
        for name, lens in lenses.items():
            if not isinstance(name, str) or not name or name in self._lenses:
                raise ValueError(
                    f"lenses= calls a lens {name!r}; a name is a text, and not one that "
                    f"{model.name} has already: {', '.join(self._lenses)}."
                )
            self._add(name, lens)

    def __iter__(self) -> Iterator[str]:
        return iter(self._lenses)

    def __getitem__(self, name: str) -> str | Lens:
        """What `logit_lens` takes as ``kind=``."""
        return self._lenses[name]

    def _add(self, name: str, lens: Any) -> str:
        if not isinstance(lens, Lens):
            raise TypeError(f"{name!r} is no lens made by iw.fit_lens but a {type(lens).__name__}.")
        lens.check_fits(self._model)
        self._lenses[name] = lens
        return name

    def name_of(self, kind: Any) -> str:
        """The name of what a caller passed as ``kind=``; a new lens gets one.

        Raises:
            ValueError: a name that nothing is known under, or a lens of another model.
        """
        if isinstance(kind, Lens):
            for name, lens in self._lenses.items():
                if lens is kind:
                    return name
            more = (f"fitted {kind.kind} {n}" for n in count(2))
            free = (kind.kind, f"fitted {kind.kind}", *(next(more) for _ in self._lenses))
            return self._add(next(name for name in free if name not in self._lenses), kind)
        if isinstance(kind, str) and kind in self._lenses:
            return kind
        if isinstance(kind, str) and kind not in KINDS:
            raise ValueError(
                f"no lens is called {kind!r} here; there are {', '.join(self)}. To offer one you "
                f"fitted: lenses={{{kind!r}: lens}}."
            )
        lens_of(self._model, kind)  # says what is wrong: not bundled, or no lens at all
        return kind

    def technique(self, name: str) -> str:
        """``"logit"``, ``"tuned"`` or ``"jacobian"``: what a record read with this lens says."""
        lens = self._lenses[name]
        return lens.kind if isinstance(lens, Lens) else lens

    def read_with(self, record: Any, kind: Any, base: Any) -> Names:
        """Names of the lenses that a record was read with.

        Args:
            record: a `LogitLens` or `LensDifference`.
            kind: what the caller says of it; None for nothing.
            base: the same of the lens it is compared with.

        Raises:
            ValueError: the caller says something else than the record does, or it was read with a
                lens that is not at hand.
        """
        names = [self._told(record.kind, kind, "kind")]
        said = getattr(record, "base", "")
        if said:
            names.append(self._told(said, base, "base"))
        elif base is not None:
            raise ValueError(disagree("base", base, "no second lens"))
        return names[0], names[1] if said else ""

    def _told(self, said: str, given: Any, word: str) -> str:
        if given is None:
            known = [name for name in self if self.technique(name) == said]
            if known:
                return known[0]
            raise ValueError(
                f"this record was read with a {said} lens, and none is bundled for "
                f"{self._model.name}. Give the lens: record.widget(model=model, {word}=lens)."
            )
        name = self.name_of(given)
        if self.technique(name) != said:
            raise ValueError(disagree(word, name, f"the {said} lens"))
        return name


def disagree(word: str, given: Any, said: str) -> str:
    """A record was read with one lens, and the caller says another."""
    return (
        f"{word}={given!r} does not fit the record, which was read with {said}. Leave {word}= out, "
        "or give model= and prompt= instead of the record to compute a new one."
    )


def stored(record: Any, kind: Any, base: Any) -> Names:
    """Names of the lenses of a record that is only shown.

    Raises:
        ValueError: `kind` or `base` is given and is not what the record says.
    """
    names = record.kind, getattr(record, "base", "")
    for word, given, said in (("kind", kind, names[0]), ("base", base, names[1])):
        technique = given.kind if isinstance(given, Lens) else given
        if given is not None and technique != said:
            raise ValueError(
                disagree(word, technique, f"the {said} lens" if said else "no second lens")
            )
    return names


def phrase(record: Any, names: Names) -> str:
    """The lens of a record in words: ``tuned lens``, ``tuned lens 'mine' less logit lens``."""
    said = (record.kind, getattr(record, "base", ""))
    parts = [
        f"{technique.capitalize() if technique == 'jacobian' else technique} lens"
        + (f" {name!r}" if name != technique else "")
        for technique, name in zip(said, names, strict=True)
        if technique
    ]
    return " less ".join(parts)
