"""LogitLensHeatmap: what the model would say after every layer, at every position.

Rows are the embedding (at the bottom) and then each layer, the last one the model's own output;
columns are the prompt's tokens. Hover or arrow keys read a cell, a click pins it and draws how the
tokens of its column fare from row to row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import traitlets

from interp_widgets.widgets import _lens_data as lens_data
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._pack import size
from interp_widgets.widgets._prompted import PromptedWidget
from interp_widgets.widgets._traits import packed, state

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.lens.logit import LogitLens

COLORS = ("probability", "entropy", "kl", "rank")
MEASURES = ("probability", "rank", "logit")
MOST_PINS = 6
EXPORT_TRAIL_BYTES = 400_000


class LogitLensHeatmap(PromptedWidget):
    """Logit lens as a heatmap that answers a person's hands.

    Args:
        record: what to show. Without it, `model` and `prompt` say what to compute.
        model: lets a person type prompts and track tokens; without it the widget shows its record
            and no more.
        prompt: the first prompt, when there is no record.
        compare: a second record, prompt or model to show beside the first, under one cursor.
        kind: the lens, as `logit_lens` takes it; the record's own by default.
        track: tokens to track from the start, as text.
        k: how many tokens of a cell to keep.
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of `color`, `measure`, `pinned`, `tracked`, `rank_of`, `prompts`.

    Attributes:
        color: what colours the cells: probability (of the top token), entropy, kl (to the output),
            rank.
        measure: what the lines show: probability, rank or logit.
        pinned: cells as [side, row, pos].
        tracked: tokens whose fate is drawn in every pinned column.
        rank_of: the tracked token whose rank colours the cells; when empty the first one, and when
            nothing is tracked, of each column the token it ends with.
        prompts: one prompt a side.

    Example:
        >>> LogitLensHeatmap(model=iw.load(), prompt="The capital of France is")  # doctest: +SKIP
    """

    _esm = STATIC / "logit_lens.js"

    color = state(traitlets.Enum(COLORS, "probability"))
    measure = state(traitlets.Enum(MEASURES, "probability"))
    pinned = state(traitlets.List(traitlets.List(traitlets.Int(), minlen=3, maxlen=3)))
    tracked = state(traitlets.List(traitlets.Unicode()))
    rank_of = state(traitlets.Unicode(""))

    sides = packed(traitlets.List())  # one grid a side: _lens_data.grid
    ranks = packed(traitlets.List())  # one plane a side, or None where the token is not tracked
    trails = packed(traitlets.Dict())  # "side:pos" → _lens_data.trail
    ACTIONS = ("prompt", "color", "measure", "pin", "unpin", "track", "untrack", "rank_of")
    COMPUTES = ("prompt", "track")

    def __init__(
        self,
        record: LogitLens | None = None,
        *,
        model: LanguageModel | None = None,
        prompt: str | None = None,
        compare: LogitLens | str | LanguageModel | None = None,
        kind: Any = None,
        track: Sequence[str] = (),
        k: int = 10,
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        first = _first_record(record, model, prompt, kind, track, k)
        self._kind = kind if kind is not None else first.kind
        self._k = k
        records, models = [first], [model]
        if compare is not None:
            other, other_model = _second_record(first, model, compare, self._kind, track, k)
            records.append(other)
            models.append(other_model)
        self._packed: dict[int, tuple[LogitLens, dict[str, Any]]] = {}
        followed = [first.vocab[int(i)] for i in first.track]
        super().__init__(
            records,
            models,
            also=tuple(followed),
            # Two models are compared on one prompt, which has one box.
            linked=compare is not None and _is_model(compare),
            offers=offers,
            **{"tracked": followed, **state},
        )

    @property
    def record(self) -> LogitLens:
        """The record shown (the first side's)."""
        return self._records[0]

    @property
    def records(self) -> tuple[LogitLens, ...]:
        """The records of all sides."""
        return tuple(self._records)

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure."""
        match action:
            case {"do": "color", "by": str(by)} if by in COLORS:
                return {**state, "color": by}
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
        """Refuses what needs a model when there is none, and tokens that no model knows as one."""
        super().check(action)
        match action:
            case {"do": "track", "token": str(token)}:
                self._check_token(token)
            case {"do": "set", "name": "tracked", "value": list(tokens)}:
                for token in tokens:
                    self._check_token(token)

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

    def _also(self) -> tuple[str, ...]:
        return tuple(self.tracked)

    def _steps(self, side: int, prompt: str, also: Any) -> Iterator[LogitLens]:
        from interp_widgets.core.lens.logit import iter_logit_lens

        model = cast("LanguageModel", self._models[side])
        return iter_logit_lens(model, prompt, kind=self._kind, track=also, k=self._k)

    def _cells(self, record: LogitLens) -> int:
        return len(record.rows) * len(record.tokens)

    def _views(self) -> dict[str, Any]:
        """Grids, ranks and pinned trails of the records held."""
        first = self.tracked[0] if self.tracked else ""
        chosen = self.rank_of if self.rank_of in self.tracked else first
        return {
            "sides": [self._grid(side) for side in range(len(self._records))],
            "ranks": [self._ranks(side, chosen) for side in range(len(self._records))],
            "trails": self._trails([(s, pos) for s, _, pos in self.pinned]),
        }

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
        words = (
            lens_data.unknown_words(record.prompt, list(record.tokens)) if model is not None else []
        )
        grid = {**lens_data.grid(record), "unknown": words}
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
        """One sentence: which prompt, how large, what the model answers and since which row."""
        parts = [lens_data.sentence(record) for record in self._records]
        return " Beside it: ".join(parts)

    def export_state(self) -> dict[str, Any]:
        """With the trails of every column while they stay small: any cell can be pinned."""
        every = [(s, pos) for s, r in enumerate(self._records) for pos in range(len(r.tokens))]
        trails = self._trails(every)
        if sum(size(t["planes"]) for t in trails.values()) <= EXPORT_TRAIL_BYTES:
            self.push(trails=trails)
        return self.get_state()

    def _figure(self) -> Any:
        return lens_data.picture(self._records, self.color)

    def _brief(self) -> str:
        return " | ".join(lens_data.brief(r) for r in self._records)


def _first_record(
    record: LogitLens | None,
    model: LanguageModel | None,
    prompt: str | None,
    kind: Any,
    track: Sequence[str],
    k: int,
) -> LogitLens:
    if record is not None:
        if prompt is not None:
            raise TypeError("LogitLensHeatmap got a record and a prompt; it needs one of them.")
        if not hasattr(record, "top_ids"):
            raise TypeError(
                f"LogitLensHeatmap shows a LogitLens record, not a {type(record).__name__}. "
                'To compute one: LogitLensHeatmap(model=model, prompt="…").'
            )
        return record
    if model is None or prompt is None:
        raise TypeError(
            "LogitLensHeatmap needs a record, or model= and prompt=: "
            'LogitLensHeatmap(model=iw.load(), prompt="…").'
        )
    return _computed(model, prompt, kind, track, k)


def _second_record(
    first: LogitLens,
    model: LanguageModel | None,
    compare: LogitLens | str | LanguageModel,
    kind: Any,
    track: Sequence[str],
    k: int,
) -> tuple[LogitLens, LanguageModel | None]:
    """The other side: a record, another prompt, or the same prompt on another model."""
    track = track or [first.vocab[int(i)] for i in first.track]
    if isinstance(compare, str):
        if model is None:
            raise TypeError("To compare with another prompt, give the model as well: model=model.")
        return _computed(model, compare, kind, track, k), model
    if _is_model(compare):
        other = cast("LanguageModel", compare)
        return _computed(other, first.prompt, kind, track, k), other
    if hasattr(compare, "top_ids"):
        return cast("LogitLens", compare), model
    got = type(compare).__name__
    raise TypeError(f"compare= takes a record, a prompt or a model, not a {got}.")


def _computed(
    model: LanguageModel, prompt: str, kind: Any, track: Sequence[str], k: int
) -> LogitLens:
    from interp_widgets.core.lens.logit import logit_lens

    return logit_lens(model, prompt, kind=kind or "logit", track=tuple(track), k=k)


def _is_model(thing: Any) -> bool:
    return hasattr(thing, "token_id") and hasattr(thing, "tokens")


def _toggled(pinned: list[list[int]], cell: list[int]) -> list[list[int]]:
    """A click pins a cell and a second click lets go; the oldest pin makes room for the newest."""
    if cell in pinned:
        return [p for p in pinned if p != cell]
    return [*pinned, cell][-MOST_PINS:]
