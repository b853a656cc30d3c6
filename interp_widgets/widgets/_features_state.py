"""The reducer of FeatureDashboard, and what each choice may be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from interp_widgets.widgets._features_labels import check_edit
from interp_widgets.widgets._features_list import ONLY, SORTS
from interp_widgets.widgets._features_work import BY
from interp_widgets.widgets._history import Action, State

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards

FIELDS = {"rename": "text", "note": "note", "hide": "hidden"}


def completed(state: State) -> State:
    """What a constructor was given, with what follows: one latent is open, a prompt sorts."""
    opened = state.get("opened")
    if isinstance(opened, list | tuple) and 0 < len(opened) < 3:
        # Numbers of NumPy's and torch's are numbers, such as density.argmax().
        whole = [x.item() if getattr(x, "ndim", None) == 0 else x for x in opened]
        state = {**state, "opened": [*whole, -1][:2]}
    if state.get("prompt") and "sort" not in state:
        state = {"sort": "fires", "falling": True, **state}
    return state


def reduced(state: State, action: Action) -> State:
    """The next state; pure."""
    match action:
        case {"do": "sort", "by": str(by), "falling": bool(falling)}:
            return {**state, "sort": by, "falling": falling}
        case {"do": "search", "text": str(text)}:
            return {**state, "search": text}
        case {"do": "only", "by": str(by)}:
            return {**state, "only": by}
        case {"do": "densities", "between": list(between)}:
            return {**state, "densities": [float(x) for x in between]}
        case {"do": "open", "place": int(place), "feature": int(feature)}:
            return _placed(state, place, feature)
        case {"do": "close", "place": int(place)}:
            return _placed(state, place, -1)
        case {"do": "side", "to": int(side)}:
            return {**state, "side": side}
        case {"do": "quantile", "at": float() | int() as at}:
            return {**state, "quantile": float(at)}
        case {"do": "rename" | "note", "side": int(side), "feature": int(feature), "text": str(to)}:
            return _edit(state, side, feature, {FIELDS[action["do"]]: to})
        case {"do": "hide", "side": int(side), "feature": int(feature), "on": bool(on)}:
            return _edit(state, side, feature, {"hidden": on})
        case {"do": "test", "side": int(side), "feature": int(feature), "by": str(by), **rest}:
            asked = [side, feature, by, str(rest.get("label", ""))]
            return {**state, "tested": [one for one in state["tested"] if one != asked] + [asked]}
        case {"do": "prompt", "text": str(text)}:
            return _typed(state, text)
        case {"do": "token", "at": int(at)}:
            return {**state, "at": -1 if at == state["at"] else at}
    raise ValueError(f"This widget knows no action {action!r}.")


def _placed(state: State, place: int, feature: int) -> State:
    opened = [feature if i == place else other for i, other in enumerate(state["opened"])]
    return {**state, "opened": opened}


def _edit(state: State, side: int, feature: int, change: dict[str, Any]) -> State:
    before = state["edits"][side]
    edit = {**before.get(str(feature), {}), **change}
    if "text" in change:  # a new name is to be seen, whatever was hidden before
        edit.pop("hidden", None)
    both = [
        {**before, str(feature): edit} if i == side else edits
        for i, edits in enumerate(state["edits"])
    ]
    return {**state, "edits": both}


def _typed(state: State, text: str) -> State:
    """A first prompt sorts by what fires on it; an empty one takes that back."""
    next_state = {**state, "prompt": text, "at": -1}
    if text and not state["prompt"]:
        return {**next_state, "sort": "fires", "falling": True}
    if not text and state["sort"] == "fires":
        return {**next_state, "sort": "feature", "falling": False}
    return next_state


class Limits:
    """What is there, and what may be asked.

    Args:
        records: the one or two that are shown.
        live: whether prompts can be read.
    """

    def __init__(self, records: Callable[[], Sequence[FeatureDashboards]], live: bool) -> None:
        self._records = records
        self._live = live

    def side_of(self, place: int) -> int:
        """The record that a card shows a latent of."""
        return place if len(self._records()) > 1 else 0

    def check_state(self, state: State) -> None:
        """Refuse what a constructor was given."""
        for name, value in state.items():
            self._check_value(name, value)

    def check(self, state: State, action: Action) -> None:
        """Refuse an action before anything changes."""
        match action:
            case {"do": "set", "name": str(name), "value": value}:
                self._check_value(name, value)
                return
            case {"do": "sort" | "only" as name, "by": str(by)}:
                self._check_value(name, by)
            case {"do": "open", "place": int(place), "feature": int(feature)}:
                self._check_place(place)
                self._check_feature(self.side_of(place), feature)
            case {"do": "close", "place": int(place)}:
                self._check_place(place)
            case {"do": "side", "to": int(side)}:
                self._check_side(side)
            case {"do": "test", "side": int(side), "feature": int(feature), "by": str(by)}:
                self._check_value("tested", [[side, feature, by, action.get("label", "")]])
            case {"do": "rename" | "note" | "hide", "side": int(side), "feature": int(feature)}:
                self._check_side(side)
                self._check_feature(side, feature)
                field = FIELDS[action["do"]]
                check_edit({field: action["on"] if field == "hidden" else action["text"]})
        for name, value in reduced(state, action).items():
            if value != state[name] and name in ("densities", "quantile", "prompt", "at"):
                self._check_value(name, value)

    def _check_value(self, name: str, value: Any) -> None:
        """Types are left to traitlets."""
        match name, value:
            case ("sort", str()) if value not in SORTS:
                raise ValueError(f"sort is one of {', '.join(SORTS)}; got {value!r}.")
            case ("only", str()) if value not in ONLY:
                raise ValueError(f"only is one of {', '.join(ONLY)}; got {value!r}.")
            case ("side", int()):
                self._check_side(value)
            case ("quantile", float() | int()) if not 0 <= value <= 1:
                raise ValueError(f"quantile is a share of activations, 0 to 1; got {value!r}.")
            case ("at", int()) if value < -1:
                raise ValueError(f"at is the place of a token, or -1 for all; got {value!r}.")
            case ("prompt", str()) if value and not self._live:
                raise ValueError(
                    "Reading a prompt needs the model and the dictionary: "
                    "FeatureDashboard(record, model=model, sae=sae)."
                )
            case ("densities", list()):
                _check_between(value)
            case ("opened", list()):
                self._check_opened(value)
            case ("edits", list()):
                self._check_edits(value)
            case ("tested", list()):
                self._check_tested(value)

    def _check_opened(self, opened: list[Any]) -> None:
        if len(opened) != 2 or not all(isinstance(feature, int) for feature in opened):
            raise ValueError(f"opened is two latents, -1 for none; got {opened!r}.")
        for place, feature in enumerate(opened):
            if feature != -1:
                self._check_feature(self.side_of(place), feature)

    def _check_edits(self, edits: list[Any]) -> None:
        if len(edits) != 2 or not all(isinstance(one, dict) for one in edits):
            raise ValueError(f"edits is two dicts, one a record; got {edits!r:.80}.")
        for side, by_feature in enumerate(edits):
            for feature, edit in by_feature.items():
                self._check_feature(side, int(feature))
                check_edit(edit)

    def _check_tested(self, tested: list[Any]) -> None:
        for asked in tested:
            if not isinstance(asked, list | tuple) or len(asked) != 4:
                raise ValueError(f"tested holds [side, latent, by, label]; got {asked!r:.80}.")
            side, feature, by, label = asked
            self._check_side(side)
            self._check_feature(side, feature)
            if by not in BY:
                raise ValueError(f"tested by one of {', '.join(BY)}; got {by!r}.")
            if by == "label" and not label:
                raise ValueError(f"Latent {feature} has no label to test: give it one first.")

    def _check_side(self, side: int) -> None:
        there = len(self._records())
        if not 0 <= side < there:
            what = "one dictionary is" if there == 1 else "two dictionaries are"
            raise ValueError(f"side: {what} shown, counted from 0; got {side!r}.")

    def _check_place(self, place: int) -> None:
        if place not in (0, 1):
            raise ValueError(f"There are two places for cards, 0 and 1; got {place!r}.")

    def _check_feature(self, side: int, feature: int) -> None:
        self._check_side(side)
        record = self._records()[side]
        if feature not in record:
            raise ValueError(
                f"No latent {feature} here: there are dashboards of {len(record)} of the "
                f"dictionary's {record.d_sae}."
            )


def _check_between(between: list[Any]) -> None:
    good = len(between) in (0, 2) and all(isinstance(x, int | float) for x in between)
    if not good or (between and not 0 <= between[0] <= between[1] <= 1):
        raise ValueError(
            f"densities is [least, most], shares of tokens from 0 to 1, or []; got {between!r}."
        )
