"""What a person may do in LayerBarPatching: the reducer's steps, and what is refused beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._patching_data import Answered
from interp_widgets.widgets._patching_question import (
    ALIGNS,
    ATS,
    DIRECTIONS,
    MODES,
    check_pair,
    check_tokens,
    question_of,
    run_of,
    state_of,
    token_id,
)

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

CONTRASTS = ("beside", "difference")
CHOICES = {
    "mode": MODES,
    "at": ATS,
    "direction": DIRECTIONS,
    "align": ALIGNS,
    "contrast": CONTRASTS,
}
MOST_RUNS = 8  # of the history; a run names all its pairs, and the page gets them all

COMPUTES = (
    "mode",
    "at",
    "direction",
    "align",
    "prompt",
    "answer",
    "distractor",
    "carry",
    "add",
    "take_out",
    "front",
    "keep",
    "compare",
    "forget",
)
ACTIONS = ("position", "head", "open", "drop", "contrast", *COMPUTES)
ASKED = ("mode", "at", "direction", "align", "answer", "distractor", "pairs", "carried", "compared")


def reduced(state: State, action: Action) -> State | None:
    """The next state; None for an action that is not one of these."""
    match action:
        case {"do": "contrast", "by": str(by)}:
            return {**state, "contrast": by}
        case {"do": "mode" | "at" | "direction" | "align" as which, "by": str(by)}:
            # A place of the clean prompt is none of the corrupt one.
            moved = {} if which in ("mode", "at") else {"carried": []}
            return _asked_anew(state, {which: by, **moved})
        case {"do": "position", "pos": int(pos)}:
            return {**state, "pos": pos}
        case {"do": "head", "head": int(head)}:
            return {**state, "head": head}
        case {"do": "open", "layer": int(layer)}:
            place = {name: action[name] for name in ("pos", "head") if name in action}
            closes = not place and layer == state["opened"]
            return {**state, **place, "opened": -1 if closes else layer}
        case {"do": "answer" | "distractor" as which, "text": str(text)}:
            return _asked_anew(state, {which: text})
        case {"do": "prompt", "side": int(side), "text": str(text)}:
            prompts = [text if i == side else p for i, p in enumerate(state["prompts"])]
            return _asked_anew(state, {"prompts": prompts, "carried": []})
        case {"do": "carry", "source": [*source], "target": [*target]}:
            return {**state, "carried": [*source, *target]}
        case {"do": "drop"}:
            return {**state, "carried": []}
    return _paired(state, action) or _compared(state, action)


def _paired(state: State, action: Action) -> State | None:
    pairs = state["pairs"]
    match action:
        case {"do": "add", "pair": [*pair]}:
            return _asked_anew(state, {"pairs": [*pairs, pair]})
        case {"do": "take_out", "index": int(index)}:
            return _asked_anew(state, {"pairs": pairs[:index] + pairs[index + 1 :]})
        case {"do": "front", "index": int(index)}:
            boxed = [*state["prompts"], state["answer"], state["distractor"]]
            clean, corrupt, answer, distractor = pairs[index]
            changes = {
                "pairs": [boxed if i == index else pair for i, pair in enumerate(pairs)],
                "prompts": [clean, corrupt],
                "answer": answer,
                "distractor": distractor,
                "carried": [],
            }
            return _asked_anew(state, changes)
    return None


def _compared(state: State, action: Action) -> State | None:
    match action:
        case {"do": "keep"}:
            return _remembered(state)
        case {"do": "compare", "run": int(run)}:
            return {**state, "compared": run}
        case {"do": "forget", "run": int(run)}:
            return _with_runs(state, [r for i, r in enumerate(state["runs"]) if i != run])
    return None


def _asked_anew(state: State, changes: State) -> State:
    """The state with these changes; the question it leaves joins the history."""
    new = {**state, **changes}
    same = question_of(new) == question_of(state)
    return new if same else {**_remembered(state), **changes}


def _remembered(state: State) -> State:
    """The state with its question as the latest run of the history."""
    run = state_of(question_of(state), state["pos"], state["head"])
    runs = [*(one for one in state["runs"] if one != run), run]
    return _with_runs(state, runs[-MOST_RUNS:])


def _with_runs(state: State, runs: list[Any]) -> State:
    """The state with this history; what is compared with stays the same run while it is there."""
    held = state["runs"][state["compared"]] if state["compared"] >= 0 else None
    return {**state, "runs": runs, "compared": runs.index(held) if held in runs else -1}


def check(found: Answered, model: LanguageModel | None, state: State, action: Action) -> None:
    """Raises, in words for a person, where an action cannot be done.

    Args:
        found: what is shown.
        model: None in a viewer.
        state: the present state.
        action: what is about to be done.
    """
    match action:
        case {"do": "position", "pos": at} | {"do": "set", "name": "pos", "value": at}:
            check_place(found, model, "pos", at)
        case {"do": "set", "name": "head" | "opened" | "carried" as name, "value": value}:
            check_place(found, model, name, value)
        case {"do": "head", "head": head}:
            check_place(found, model, "head", head)
        case {"do": "open", "layer": layer}:
            check_place(found, model, "opened", layer)
            for name in {"pos", "head"} & action.keys():
                check_place(found, model, name, action[name])
        case {"do": "carry", "source": [*source], "target": [*target]}:
            check_place(found, model, "carried", [*source, *target])
        case {"do": "mode" | "at" | "direction" | "align" | "contrast" as which, "by": by}:
            if by not in CHOICES[which]:
                known = ", ".join(map(repr, CHOICES[which]))
                raise ValueError(f"{which} is one of {known}; got {by!r}.")
        case {"do": "answer" | "distractor" as which, "text": str(text)}:
            _check_text(model, state, which, text)
        case {"do": "set", "name": "answer" | "distractor" as which, "value": str(text)}:
            _check_text(model, state, which, text)
        case {"do": "add", "pair": pair} if model is not None:
            _check_added(model, pair)
        case {"do": "set", "name": "pairs", "value": list(pairs)} if model is not None:
            for pair in pairs:
                _check_added(model, pair)
        case {"do": "take_out" | "front", "index": int(index)}:
            _check_index("pairs", index, len(state["pairs"]), 0)
        case {"do": "forget", "run": int(run)}:
            _check_index("runs", run, len(state["runs"]), 0)
        case {"do": "compare", "run": int(run)}:
            _check_index("compared", run, len(state["runs"]), -1)
        case {"do": "set", "name": "compared", "value": int(run)}:
            _check_index("compared", run, len(state["runs"]), -1)
        case {"do": "set", "name": "runs", "value": list(runs)}:
            for run in runs:
                run_of(run)
            _check_index("compared", state["compared"], len(runs), -1)


def _check_added(model: LanguageModel, pair: Any) -> None:
    found = check_pair(pair)
    for text in found[:2]:
        model.ids(text)
    check_tokens(model, found)


def _check_index(name: str, index: int, count: int, low: int) -> None:
    if not low <= index < count:
        raise ValueError(f"{name}: there are {count}, numbered from 0; got {index}.")


def _check_text(model: LanguageModel | None, state: State, which: str, text: str) -> None:
    """One token, and not the one that it would be compared with."""
    if model is None or (which == "distractor" and not text):
        return
    asked = token_id(model, which, text)
    other = state["distractor" if which == "answer" else "answer"]
    if other and model.token_id(other) == asked:
        raise ValueError(f"Answer and distractor are both {text!r}. Compare two tokens.")


def check_place(found: Answered, model: LanguageModel | None, name: str, value: Any) -> None:
    """Raises where there is no such position, head or layer; traitlets looks at types.

    Args:
        found: what is shown.
        model: knows how many heads there are; without it what is shown says so.
        name: ``pos``, ``head``, ``opened`` or ``carried``.
        value: of that trait.
    """
    swept = found.swept
    layers = len(swept.record.labels[0])
    if name == "carried":
        if isinstance(value, list) and value:
            _check_move(value, layers, len(swept.donor_tokens), len(swept.base_tokens))
        return
    if not isinstance(value, int):
        return
    heads = model.n_heads if model is not None else swept.heads
    count = {"pos": len(swept.base_tokens), "head": heads, "opened": layers}[name]
    low = 0 if name == "head" else -1
    if not low <= value < count:
        what = {"pos": "positions", "head": "heads", "opened": "layers"}[name]
        raise ValueError(f"{name}: {what} go from {low} to {count - 1}; got {value}.")


def _check_move(move: list[Any], layers: int, donor: int, base: int) -> None:
    most = (layers, donor, layers, base)
    whole = len(move) == 4 and all(isinstance(n, int) for n in move)
    if not whole or not all(0 <= n < end for n, end in zip(move, most, strict=True)):
        raise ValueError(
            "carried: [layer, position] of the prompt that is patched from, then of the one that "
            f"is patched: layers go to {layers - 1}, positions to {donor - 1} and {base - 1}; got "
            f"{move}."
        )
