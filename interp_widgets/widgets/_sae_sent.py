"""What the trainer's page gets to draw, in messages of at most four kilobytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from interp_widgets.widgets._pack import number, plane
from interp_widgets.widgets._sae_curves import close_up
from interp_widgets.widgets._sae_entrant import MEASURES, Entrant
from interp_widgets.widgets._sae_race import SWITCHES

ROOM = 2600  # bytes of curves in one message, at most; names and brackets come on top
_ALL, _EACH = 3800, 340  # bytes of a message, and of them those of each run that are no curve
MARKS = 90  # changes that are shown, the newest
BARS = 24  # of the histogram of firing rates, a quarter of a power of ten each
LOWEST = -6.0  # log10 of the lowest firing rate that has a bar of its own
TRUTHS = 64  # rows of the match matrix; more are joined


def opening(
    entrants: Sequence[Entrant], seq: int, plain: bool = False, whole: bool = True
) -> dict[str, Any]:
    """Everything about the runs.

    Args:
        entrants: the runs.
        seq: number of the last message.
        plain: bytes travel as text.
        whole: with the whole of their curves; else with the next part of what the page lacks.
    """
    from interp_widgets.core.dictionary.variants import VARIANTS

    runs = []
    for one in entrants:
        one.take_in()
        if whole or one.cut >= 0:  # the page would not know where it was cut
            one.sent = 0
        most = len(one.curves.low) if whole else _most(one, len(entrants), plain)
        runs.append({**_about(one), **_now(one), **_piece(one, most)})
    return {
        "variants": list(VARIANTS),
        "switches": SWITCHES,
        "seq": seq,
        "measures": list(MEASURES),
        "runs": runs,
    }


def pulse(
    entrants: Sequence[Entrant], seq: int, working: bool, plain: bool = False
) -> dict[str, Any]:
    """What is new since the last message; what does not fit comes with the next one.

    Args:
        entrants: the runs.
        seq: number of this message.
        working: a thread trains.
        plain: bytes travel as text.
    """
    sent = []
    for one in entrants:
        one.take_in()
        cut = one.cut
        piece = _piece(one, _most(one, len(entrants), plain))
        sent.append({**_now(one), "cut": cut, **piece})
    return {"seq": seq, "working": working, "runs": sent}


def fits(entrants: Sequence[Entrant], plain: bool = False) -> bool:
    """Whether all that is new of the curves goes into one message."""
    for one in entrants:
        one.take_in()
    return all(len(o.curves.low) - o.sent <= _most(o, len(entrants), plain) for o in entrants)


def _most(one: Entrant, runs: int, plain: bool) -> int:
    """Buckets of a curve that one message of so many runs takes."""
    bucket = 4 * len(MEASURES) * (1 if one.curves.size == 1 else 2)
    return max(_room(runs, plain) // runs // bucket, 2)


def _room(runs: int, plain: bool) -> int:
    """Bytes of curves in a message of so many runs; as text they take four for three."""
    room = min(ROOM, _ALL - _EACH * runs)
    return room * 3 // 4 if plain else room


def _about(one: Entrant) -> dict[str, Any]:
    run = one.run
    return {
        "key": one.key,
        "name": one.name,
        "variant": run.variant,
        "d_in": int(run.d_in),
        "d_sae": int(run.d_sae),
        "steps": int(run.steps),
        "seed": getattr(run, "seed", None),  # a record has none
        "live": one.live,
        "truths": one.truths,
        "knobs": {name: [value, *reach(one, name)] for name, value in one.opening.items()},
    }


def reach(one: Entrant, knob: str) -> tuple[float, float]:
    """Least and largest value that a slider goes to."""
    value = one.opening[knob]
    if knob == "k":
        return 1.0, float(min(one.run.d_sae, max(4 * value, 8)))
    middle = value if value > 0 else 1e-3
    return middle / 100, middle * 100


def _now(one: Entrant) -> dict[str, Any]:
    return {
        "step": one.step,
        "done": one.done,
        "now": [number(round(mean, 6)) for mean in one.recent().values()],
        "again": [one.retraced, one.differs],
        "turned": one.turned,
    }


def _piece(one: Entrant, most: int) -> dict[str, Any]:
    """So many buckets that the page lacks; least and largest values are one while it is fine."""
    curves, first = one.curves, one.sent
    until = min(first + most, len(curves.low))
    one.sent, one.cut = max(until - 1, 0), -1
    ends = [curves.low[first:until]]
    if curves.size > 1:
        ends.append(curves.high[first:until])
    return {
        "size": curves.size,
        "from": first,
        "plane": plane("curve", np.stack(ends), "f32"),
    }


def closeup(
    entrants: Sequence[Entrant], measure: str, first: int, last: int, plain: bool = False
) -> dict[str, Any]:
    """One measure between two steps, finer than the whole curve can be."""
    column, runs = MEASURES.index(measure), []
    buckets = (3400 - 200 * len(entrants)) // (8 * len(entrants))
    buckets = buckets * 3 // 4 if plain else buckets
    for one in entrants:
        values = one.rows(first, min(last, one.step))[:, column]
        if len(values):
            size, ends = close_up(values, buckets)
            runs.append({"size": size, "plane": plane("curve", ends, "f32")})
        else:
            runs.append(None)
    return {"window": [first, last], "measure": measure, "runs": runs}


def density(one: Entrant) -> dict[str, Any]:
    """Histogram of firing rates: how many latents are in each bar, the first those that never fire.

    A bar also names one latent of it, for who clicks there.
    """
    rates = np.asarray(one.rates, dtype=np.float64)
    if len(rates) == 0:
        return {}
    logs = np.log10(np.maximum(rates, 1e-30))
    bar = 1 + np.clip(np.floor((logs - LOWEST) * BARS / -LOWEST), 0, BARS - 1).astype(int)
    bar[rates < 10**LOWEST] = 0
    counts = np.bincount(bar, minlength=BARS + 1)
    sample = [int(np.flatnonzero(bar == b)[0]) if counts[b] else -1 for b in range(BARS + 1)]
    return {"counts": counts.tolist(), "sample": sample}


def match(one: Entrant) -> dict[str, Any]:
    """Cosines of true directions (rows) with the partners of all (columns), 16 steps a cell."""
    found = one.match
    if found is None:
        return {}
    partner = found.partner.numpy()
    square = found.matrix.numpy()[:, np.maximum(partner, 0)]
    square = np.where(partner >= 0, square, 0.0)
    block = math.ceil(len(square) / TRUTHS)
    square = _largest(_largest(square, block).T, block).T
    codes = np.rint(np.clip(square, 0, 1) * 15).astype(np.uint8).ravel()
    codes = np.append(codes, np.zeros(len(codes) % 2, dtype=np.uint8))
    return {
        "truths": len(partner),
        "block": block,
        "count": int(found.count()),
        "median": number(round(found.median, 4)),
        "partner": partner.tolist() if block == 1 else [],
        "planes": [plane("cells", codes[::2] << 4 | codes[1::2], "u8")],
        "side": len(square),
    }


def _largest(values: np.ndarray, block: int) -> np.ndarray:
    """Largest of so many neighbours along the first axis."""
    if block == 1:
        return values
    return np.maximum.reduceat(values, np.arange(0, len(values), block), axis=0)
