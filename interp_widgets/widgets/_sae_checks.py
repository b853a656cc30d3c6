"""What the trainer refuses, in words for a person, before anything changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from interp_widgets.widgets._sae_entrant import MEASURES, Entrant
from interp_widgets.widgets._sae_race import SWITCHES
from interp_widgets.widgets._sae_words import GIVEN, OVER, VIEWER

_TRAINS = ("start", "pause", "step", "stop", "rewind", "change", "pick")
_MAKES = ("make", "break", "enter", "leave")
_MOST = 6  # runs in a race
SCALES = ("log", "linear")


def check_state(entrants: Sequence[Entrant], values: Mapping[str, Any]) -> None:
    """Refuses an opening state that these runs cannot be in. Types are traitlets' affair."""
    for name, value in values.items():
        _check_value(entrants, int(values.get("chosen", 0)), name, value)


def check_action(entrants: Sequence[Entrant], state: Mapping[str, Any], action: Any) -> None:
    """Refuses what these runs cannot do."""
    live = [one for one in entrants if one.live]
    if action.get("do") in (*_TRAINS, *_MAKES) and not live:
        raise ValueError(VIEWER)
    match action:
        case {"do": "start" | "step"} if all(one.done for one in live):
            raise ValueError(OVER)
        case {"do": "step", "n": n} if not _whole(n) or n < 1:
            raise ValueError(f"step trains a whole number of steps, 1 or more; got {n!r}.")
        case {"do": "rewind", "to": step}:
            _check_rewind(live, step)
        case {"do": "change", "run": run, "what": knob, "to": value}:
            _check_run(entrants, run)
            _check_knob(entrants[run], knob, value)
        case {"do": "make" | "break" | "enter" | "leave"} if not state["designs"]:
            raise ValueError(GIVEN)
        case {"do": "make", "run": run, "what": what, "to": to}:
            _check_run(entrants, run)
            _check_design(what, to)
        case {"do": "break", "run": run, "switch": switch}:
            _check_run(entrants, run)
            if switch not in SWITCHES:
                raise ValueError(f"switch is one of {', '.join(SWITCHES)}; got {switch!r}.")
        case {"do": "enter"} if len(entrants) >= _MOST:
            raise ValueError(f"a race has at most {_MOST} runs; let one leave first.")
        case {"do": "leave", "run": run}:
            _check_run(entrants, run)
            if len(entrants) == 1:
                raise ValueError("the last run cannot leave.")
        case {"do": "run", "index": index}:
            _check_run(entrants, index)
        case {"do": "pick", "latent": latent}:
            _check_latent(entrants[state["chosen"]], latent)
        case {"do": "measure", "by": by} if by not in MEASURES:
            raise ValueError(f"measure is one of {', '.join(MEASURES)}; got {by!r}.")
        case {"do": "scale", "by": by} if by not in SCALES:
            raise ValueError(f"scale is one of {', '.join(SCALES)}; got {by!r}.")
        case {"do": "window", "steps": steps}:
            _check_window(steps)
        case {"do": "set", "name": str(name), "value": value}:
            _check_value(entrants, state["chosen"], name, value)


def _check_value(entrants: Sequence[Entrant], chosen: int, name: str, value: Any) -> None:
    live = any(one.live for one in entrants)
    match name, value:
        case "mode", "running" | "stopped" if not live:
            raise ValueError(VIEWER)
        case "chosen", int():
            _check_run(entrants, value)
        case "picked", int() if value != -1:
            if not live:
                raise ValueError(VIEWER)
            _check_run(entrants, chosen)
            _check_latent(entrants[chosen], value)
        case "window", list():
            _check_window(value)
        case "designs", list():
            raise ValueError(
                "designs follow from race= and from the actions make, enter and leave."
            )
        case "settings", list():
            if len(value) != len(entrants):
                raise ValueError(
                    f"settings holds one dict a run, {len(entrants)} here; got {len(value)}."
                )
            for one, knobs in zip(entrants, value, strict=True):
                for knob, to in knobs.items() if isinstance(knobs, dict) else ():
                    _check_knob(one, knob, to)


def _check_design(what: Any, to: Any) -> None:
    if what == "d_sae" and (not _whole(to) or to < 1):
        raise ValueError(f"d_sae is a whole number of latents, 1 or more; got {to!r}.")
    if what not in ("variant", "d_sae"):
        raise ValueError(f"make changes 'variant' or 'd_sae' of a run; got {what!r}.")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_run(entrants: Sequence[Entrant], index: Any) -> None:
    if not _whole(index) or not 0 <= index < len(entrants):
        last = len(entrants) - 1
        raise ValueError(f"there is no run {index!r}; runs are counted from 0 to {last}.")


def _check_latent(one: Entrant, latent: Any) -> None:
    if not _whole(latent) or not 0 <= latent < one.run.d_sae:
        raise ValueError(
            f"there is no latent {latent!r}; {one.name} has latents 0 to {one.run.d_sae - 1}."
        )


def _check_rewind(live: Sequence[Entrant], step: Any) -> None:
    last = max(max(one.step, *one.kept, 0) for one in live)
    if not _whole(step) or not 0 <= step <= last:
        raise ValueError(f"training can go back to a step from 0 to {last}; got {step!r}.")


def _check_knob(one: Entrant, knob: Any, value: Any) -> None:
    if knob not in one.opening:
        has = ", ".join(one.opening) or "none: it is a record"
        raise ValueError(f"{one.name} has no knob {knob!r} to change while it runs; it has {has}.")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    low = 1 if knob == "k" else 0
    if not number or not low <= value < float("inf") or (knob == "lr" and value == 0):
        least = {"k": "1 or more", "lr": "above 0"}.get(knob, "0 or more")
        raise ValueError(f"{knob} is a number, {least}; got {value!r}.")
    if knob == "k" and (value != int(value) or value > one.run.d_sae):
        raise ValueError(
            f"k is a whole number up to {one.run.d_sae}, the latents of {one.name}; got {value!r}."
        )


def _check_window(steps: Any) -> None:
    if not isinstance(steps, list) or len(steps) == 0:
        return
    first, last = steps if len(steps) == 2 else (0, 0)
    if not (_whole(first) and _whole(last)) or not 0 <= first < last:
        raise ValueError(
            f"window is [first step, last step], or [] for the whole curve; got {steps!r}."
        )
