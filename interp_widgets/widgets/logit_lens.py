"""LogitLensHeatmap: what the model would say after every layer, at every position.

Rows are the embedding (at the bottom) and then each layer, the last one the model's own output;
columns are the prompt's tokens. Hover or arrow keys read a cell, a click pins it and draws how the
tokens of its column fare from row to row. Which lens reads the stream is a choice in the view: any
that is bundled with the model or was given, or the difference of two.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import traitlets

from interp_widgets.widgets import _lens_data as lens_data
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._lens_choice import phrase
from interp_widgets.widgets._lens_sides import (
    check_arguments,
    check_two,
    first_side,
    followed,
    linked,
    second_side,
    steps,
    tracks,
)
from interp_widgets.widgets._pack import size
from interp_widgets.widgets._prompt_words import unknown_words
from interp_widgets.widgets._prompted import PromptedWidget
from interp_widgets.widgets._traits import drawn, packed, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.lens.lens import Lens
    from interp_widgets.widgets._lens_data import Record

COLORS = ("probability", "entropy", "kl", "rank")
CONTRASTS = ("diff", "gain", "kl", "distance")
MEASURES = ("probability", "rank", "logit")
MOST_PINS = 6
EXPORT_TRAIL_BYTES = 400_000


class LogitLensHeatmap(PromptedWidget):
    """Logit lens as a heatmap that answers a person's hands.

    Args:
        record: what to show, a `LogitLens` or a `LensDifference`. Without it, `model` and `prompt`
            say what to compute.
        model: lets a person type prompts and track tokens; without it the widget shows its record
            and no more.
        prompt: the first prompt, when there is no record.
        compare: a second record, prompt, model or fitted lens to show beside the first, under one
            cursor.
        kind: the lens to begin with, as `logit_lens` takes it, or a name from `lenses`.
        base: a second lens, whose reading is taken off; none by default.
        lenses: fitted lenses to choose among besides the model's own, by name.
        track: tokens to track from the start, as text; with a record and no model only those that
            the record tracks.
        k: how many tokens of a cell to keep.
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of `color`, `contrast`, `measure`, `pinned`, `tracked`, `rank_of`,
            `prompts`, `kinds`, `bases`.

    Attributes:
        color: what colours the cells: probability (of the top token), entropy, kl (to the output),
            rank.
        contrast: what colours the cells of a difference: diff (of the probability of the token
            that differs most), gain (by how many nats the first lens is nearer to the output),
            kl (of the one lens to the other), distance (total variation).
        measure: what the lines show: probability, rank or logit.
        pinned: cells as [side, row, pos].
        tracked: tokens whose fate is drawn in every pinned column.
        rank_of: the tracked token whose rank colours the cells; when empty the first one, and when
            nothing is tracked, of each column the token it ends with.
        prompts: one prompt a side.
        kinds: the name of each side's lens: "logit", "tuned", "jacobian" or a name from `lenses`.
        bases: for each side the name of the lens that is taken off; empty for none.

    Raises:
        ValueError: a lens that is not known or of a model of another shape, or one that is not
            what the record says. Nothing has been computed then.

    Example:
        >>> view = LogitLensHeatmap(model=iw.load(), prompt="The capital of")  # doctest: +SKIP
        >>> view.kinds = ["tuned"]  # doctest: +SKIP
        >>> view.bases = ["logit"]  # what the tuned lens reads and the logit lens does not
    """

    _esm = STATIC / "logit_lens.js"

    color = state(traitlets.Enum(COLORS, "probability"))
    contrast = state(traitlets.Enum(CONTRASTS, "diff"))
    measure = state(traitlets.Enum(MEASURES, "probability"))
    pinned = state(traitlets.List(traitlets.List(traitlets.Int(), minlen=3, maxlen=3)))
    tracked = state(traitlets.List(traitlets.Unicode()))
    rank_of = state(traitlets.Unicode(""))
    kinds = state(traitlets.List(traitlets.Unicode()))
    bases = state(traitlets.List(traitlets.Unicode()))

    sides = packed(traitlets.List())  # one grid a side: _lens_data.grid
    ranks = packed(traitlets.List())  # one plane a side, or None where the token is not tracked
    trails = packed(traitlets.Dict())  # "side:pos" → _lens_data.trail
    offered = drawn(traitlets.List())  # names of lenses to choose among, a list a side

    ACTIONS = (
        *("prompt", "kind", "base", "color", "contrast", "measure"),
        *("pin", "unpin", "track", "untrack", "rank_of"),
    )
    COMPUTES = ("prompt", "kind", "base", "track")

    def __init__(
        self,
        record: Record | None = None,
        *,
        model: LanguageModel | None = None,
        prompt: str | None = None,
        compare: Record | str | LanguageModel | Lens | None = None,
        kind: Any = None,
        base: Any = None,
        lenses: Mapping[str, Lens] | None = None,
        track: Sequence[str] = (),
        k: int = 10,
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        check_arguments(record, model, prompt, lenses)
        lenses = lenses or {}
        sides = [first_side(record, model, prompt, kind, base, lenses, track, k)]
        tracked = followed(sides[0], track)
        if compare is not None:
            sides.append(second_side(sides[0], compare, lenses, tracked, k))
        self._k = k
        self._sides = sides
        self._named = WeakKeyDictionary({side.record: side.names for side in sides})
        self._packed: dict[int, tuple[Record, dict[str, Any]]] = {}
        chosen = {
            "kinds": [side.names[0] for side in sides],
            "bases": [side.names[1] for side in sides],
            "tracked": list(tracked),
            **state,
        }
        self._check_lenses(chosen["kinds"], chosen["bases"])
        super().__init__(
            [side.record for side in sides],
            [side.model for side in sides],
            also=[
                (*side.names, held)
                for side, held in zip(sides, (tracks(sides[0]), tracked), strict=False)
            ],
            linked=linked(sides, compare),
            offers=offers,
            offered=[list(side.choice or ()) for side in sides],
            **chosen,
        )

    @property
    def record(self) -> Record:
        """The record shown (the first side's)."""
        return self._records[0]

    @property
    def records(self) -> tuple[Record, ...]:
        """The records of all sides."""
        return tuple(self._records)

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure."""
        match action:
            case {"do": "color", "by": str(by)} if by in COLORS:
                return {**state, "color": by}
            case {"do": "contrast", "by": str(by)} if by in CONTRASTS:
                return {**state, "contrast": by}
            case {"do": "kind", "side": int(side), "by": str(by)}:
                bases = ["" if i == side and b == by else b for i, b in enumerate(state["bases"])]
                return {**state, "kinds": _put(state["kinds"], side, by), "bases": bases}
            case {"do": "base", "side": int(side), "by": str(by)}:
                return {**state, "bases": _put(state["bases"], side, by)}
            case {"do": "measure", "by": str(by)} if by in MEASURES:
                return {**state, "measure": by}
            case {"do": "pin", "side": int(side), "row": int(row), "pos": int(pos)}:
                return {**state, "pinned": _toggled(state["pinned"], [side, row, pos])}
            case {"do": "unpin"}:
                return {**state, "pinned": []}
            case {"do": "track", "token": str(token)}:
                tracked = [*(t for t in state["tracked"] if t != token), token]
                return {**state, "tracked": tracked, "rank_of": token}
            case {"do": "untrack", "token": str(token)}:
                tracked = [t for t in state["tracked"] if t != token]
                rank_of = "" if state["rank_of"] == token else state["rank_of"]
                return {**state, "tracked": tracked, "rank_of": rank_of}
            case {"do": "rank_of", "token": str(token)}:
                return {**state, "rank_of": token}
        return PromptedWidget.reduce(state, action)

    def check(self, action: Action) -> None:
        """Refuses what needs a model when there is none, and lenses and tokens not known."""
        super().check(action)
        match action:
            case {"do": "kind" | "base", "side": int(side)} if side not in range(len(self.kinds)):
                raise ValueError(f"This view has no side {side}; it has {len(self.kinds)}, from 0.")
            case {"do": "kind" | "base"} | {"do": "set", "name": "kinds" | "bases"}:
                after = self._step(self._history.state, action)
                self._check_lenses(after["kinds"], after["bases"])
            case {"do": "track", "token": str(token)}:
                self._check_token(token)
            case {"do": "set", "name": "tracked", "value": list(tokens)}:
                for token in tokens:
                    self._check_token(token)

    def _check_lenses(self, kinds: Sequence[str], bases: Sequence[str]) -> None:
        for name, values in (("kinds", kinds), ("bases", bases)):
            if len(values) != len(self._sides):
                raise ValueError(f"{name} holds the name of a lens a side; got {values!r}.")
        for side, names in zip(self._sides, zip(kinds, bases, strict=True), strict=True):
            if side.choice is None:
                if names != side.names:
                    raise ValueError(
                        "This view shows a stored record. To change its lens: "
                        "record.widget(model=model)."
                    )
                continue
            for name in filter(None, names):
                side.choice.name_of(name)
            check_two(*names)

    def _check_token(self, token: str) -> None:
        for side, model in enumerate(self._models):
            if model is not None:
                model.token_id(token)
            elif lens_data.track_column(self._records[side], token) is None:
                raise ValueError(
                    f"This record does not track {token!r}. To track more tokens: "
                    "record.widget(model=model)."
                )

    # -- answers -------------------------------------------------------------------------------

    def _also(self, side: int) -> Hashable:
        return self.kinds[side], self.bases[side], tuple(self.tracked)

    def _steps(self, side: int, prompt: str, also: Any) -> Iterator[Record]:
        shown = self._sides[side]
        assert shown.model is not None  # `respond` asks only where there is one
        assert shown.choice is not None
        kind, base, track = also
        found = steps(shown.model, prompt, shown.choice, (kind, base), track, self._k)
        with closing(found):
            for record in found:
                self._named[record] = kind, base
                yield record

    def _cells(self, record: Record) -> int:
        return len(record.rows) * len(record.tokens)

    def _views(self) -> dict[str, Any]:
        """Grids, ranks and pinned trails of the records held."""
        sides = range(len(self._records))
        return {
            "sides": [self._grid(side) for side in sides],
            "ranks": [self._ranks(side, self._chosen()) for side in sides],
            "trails": self._trails([(s, pos) for s, _, pos in self.pinned]),
        }

    def _chosen(self) -> str:
        """The tracked token whose rank colours the cells."""
        first = self.tracked[0] if self.tracked else ""
        return self.rank_of if self.rank_of in self.tracked else first

    def _ranks(self, side: int, chosen: str) -> dict[str, Any] | None:
        """Ranks of the chosen token; without one, of the token that each column ends with."""
        column = self._column(side, chosen)
        if chosen and column is None:
            return None
        return lens_data.rank_plane(self._records[side], column)

    def _grid(self, side: int) -> dict[str, Any]:
        """The packed record; made once, since most actions leave the records as they are."""
        record, model = self._records[side], self._models[side]
        packed = self._packed.get(side)
        if packed is not None and packed[0] is record:
            return packed[1]
        words = unknown_words(record.prompt, list(record.tokens)) if model is not None else []
        names = self._named[record]
        grid = {
            **lens_data.grid(record),
            "lens": phrase(record, names),
            "names": [name for name in names if name],
            "unknown": words,
        }
        self._packed[side] = (record, grid)
        return grid

    def _trails(self, columns: list[tuple[int, int]]) -> dict[str, Any]:
        return {
            f"{side}:{pos}": lens_data.trail(self._records[side], pos)
            for side, pos in columns
            if side < len(self._records) and pos < len(self._records[side].tokens)
        }

    def _column(self, side: int, text: str) -> int | None:
        """Where this side's record tracks a token, which its model may spell differently."""
        record, model = self._records[side], self._models[side]
        if model is None:
            return lens_data.track_column(record, text)
        token = model.token_id(text) if text else -1
        return record.track.index(token) if token in record.track else None

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """One sentence: which lens and prompt, how large, what the model answers, since where."""
        parts = [lens_data.sentence(record, self._lens(record)) for record in self._records]
        return " Beside it: ".join(parts)

    def _lens(self, record: Record) -> str:
        return phrase(record, self._named[record])

    def opening_actions(self) -> list[Action]:
        """The lenses and prompts shown now."""
        if not self.live:
            return []
        lenses = [
            {"do": do, "side": side, "by": name}
            for do, names in (("kind", self.kinds), ("base", self.bases))
            for side, name in enumerate(names)
        ]
        return [*super().opening_actions(), *lenses]

    def export_state(self) -> dict[str, Any]:
        """With the trails of every column while they stay small: any cell can be pinned."""
        every = [(s, pos) for s, r in enumerate(self._records) for pos in range(len(r.tokens))]
        trails = self._trails(every)
        if sum(size(t["planes"]) for t in trails.values()) <= EXPORT_TRAIL_BYTES:
            self.push(trails=trails)
        return self.get_state()

    def _figure(self) -> Any:
        columns = [self._column(side, self._chosen()) for side in range(len(self._records))]
        return lens_data.picture(self._records, self.color, self.contrast, columns)

    def _heading(self) -> str:
        headings = (lens_data.heading(r, self._lens(r)) for r in self._records)
        return " · ".join(headings)

    def _brief(self) -> str:
        return " | ".join(lens_data.brief(r, self._lens(r)) for r in self._records)


def _put(values: list[str], side: int, value: str) -> list[str]:
    return [value if i == side else v for i, v in enumerate(values)]


def _toggled(pinned: list[list[int]], cell: list[int]) -> list[list[int]]:
    """A click pins a cell and a second click lets go; the oldest pin makes room for the newest."""
    if cell in pinned:
        return [p for p in pinned if p != cell]
    return [*pinned, cell][-MOST_PINS:]
