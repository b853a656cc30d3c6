"""Judged dictionaries as points: where they come from, and which of them no other beats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from interp_widgets.core.dictionary.evaluation_record import SAEEvaluation
from interp_widgets.core.dictionary.sweep import Sweep
from interp_widgets.core.dictionary.training_record import Training
from interp_widgets.core.dictionary.training_run import TrainingRun
from interp_widgets.core.figures import with_figures, written


class Measure(NamedTuple):
    """A measure as it is written, and which values of it are good."""

    label: str
    better: int  # 1: more, -1: less, 0: the nearer to 1
    digits: int


MEASURES = {
    "l0": Measure("L0", -1, 1),
    "fve": Measure("variance explained", 1, 3),
    "nmse": Measure("NMSE", -1, 3),
    "cosine": Measure("cosine", 1, 3),
    "shrinkage": Measure("shrinkage (1: none)", 0, 3),
    "dead": Measure("dead, share", -1, 3),
    "ce_recovered": Measure("CE recovered", 1, 3),
    "delta_ce": Measure("ΔCE, nats", -1, 3),
    "kl": Measure("KL, nats", -1, 3),
    "seconds": Measure("training, CPU seconds", -1, 1),
    "width": Measure("width, latents", -1, 0),
}
JUDGED = tuple(name for name in MEASURES if name != "width")
_TRAINED = ("l0", "fve", "dead")  # what a run knows of itself; its seconds are of another clock
_MOST = 500  # points
_FIGURES = 6  # significant, of what is shown


@dataclass(frozen=True)
class Points:
    """Judged dictionaries.

    Attributes:
        names: of each, ``[point]``, as are the next three.
        variants: what kind it is.
        widths: how many latents it has.
        own: whether it was added by hand.
        values: by measure, ``[point]``; NaN where not known.
        title: what they are dictionaries of.
    """

    names: tuple[str, ...]
    variants: tuple[str, ...]
    widths: tuple[int, ...]
    own: tuple[bool, ...]
    values: Mapping[str, tuple[float, ...]]
    title: str

    def front(self, x: str, y: str, among: Iterable[int]) -> list[int]:
        """Points that none of the others beats: none is as good in both and better in one.

        The best by ``x`` first. Of several that are equal in both the first counts.
        """
        across, up = self.goodness(x), self.goodness(y)
        known = [i for i in among if not math.isnan(across[i] + up[i])]
        found: list[int] = []
        best = -math.inf
        for i in sorted(known, key=lambda i: (-across[i], -up[i])):
            if up[i] > best:
                found.append(i)
                best = up[i]
        return found

    def goodness(self, measure: str) -> list[float]:
        """A number that is larger for better values of a measure, ``[point]``."""
        better = MEASURES[measure].better
        return [better * v if better else -abs(v - 1) for v in self.values[measure]]

    def text(self, measure: str, point: int) -> str:
        """A value as it is written."""
        return written(self.values[measure][point], MEASURES[measure].digits)

    def with_own(self, added: Sequence[Mapping[str, Any]]) -> Points:
        """These points and some that were added by hand."""
        return _joined(self, _rows(added), self.title)

    def scene(self) -> dict[str, Any]:
        """All of it as plain JSON, a row a point."""
        about = zip(self.names, self.variants, self.widths, self.own, strict=True)
        return {
            "title": self.title,
            "measures": [{"key": key, **measure._asdict()} for key, measure in MEASURES.items()],
            "points": [
                {
                    "name": name,
                    "variant": variant,
                    "width": width,
                    "own": own,
                    "values": [_known(self.values[key][i]) for key in MEASURES],
                }
                for i, (name, variant, width, own) in enumerate(about)
            ],
        }


def points_of(source: Any) -> Points:
    """Points of a sweep, of a frame with its columns, or of judged dictionaries.

    Raises:
        TypeError: something else. ValueError: no point, too many, or columns that are not there.
    """
    if isinstance(source, Sweep):
        names = [source.name(i) for i in range(len(source))]
        judged = zip(names, _sweep_rows(source), strict=True)
        title = _title(source.site, source.model)
    elif hasattr(source, "columns") and hasattr(source, "to_dict"):
        judged, title = _frame_rows(source), ""
    elif isinstance(source, Mapping):
        judged = [(str(name), judged_values(given)) for name, given in source.items()]
        title = _titled(list(source.values()))
    elif isinstance(source, Sequence) and not isinstance(source, str):
        rows = [judged_values(given) for given in source]
        judged = zip(_names(rows), rows, strict=True)
        title = _titled(list(source))
    else:
        raise TypeError(
            "ParetoExplorer shows a Sweep (iw.sae_sweep()), a frame with its columns, or "
            f"evaluations by name ({{'mine': iw.evaluate_sae(…)}}); got {type(source).__name__}."
        )
    points = [{"name": name, **row} for name, row in judged]
    if not 1 <= len(points) <= _MOST:
        raise ValueError(f"ParetoExplorer shows 1 to {_MOST} points; got {len(points)}.")
    return _joined(None, points, title)


def judged_values(given: Any) -> dict[str, Any]:
    """Variant, width and measures of one dictionary, as plain JSON; what is not known left out.

    Raises:
        TypeError: nothing that was judged. ValueError: several points, or a run without a step.
    """
    if isinstance(given, TrainingRun):
        given = given.record
    if isinstance(given, SAEEvaluation):
        found = {name: getattr(given, name) for name in JUDGED if hasattr(given, name)}
        return _plain(found | {"variant": given.variant, "width": given.d_sae})
    if isinstance(given, Training):
        if not given.step:
            raise ValueError("this run has not taken a step yet: there is nothing to show of it.")
        found = {name: float(given[name][-1]) for name in _TRAINED}
        return _plain(found | {"variant": given.variant, "width": given.d_sae})
    if isinstance(given, Sweep):
        if len(given) != 1:
            raise ValueError(f"one point is added at a time; got a sweep of {len(given)}.")
        return _plain(_sweep_rows(given)[0])
    if isinstance(given, Mapping):
        return _plain(given)
    raise TypeError(
        "a point is an SAEEvaluation (iw.evaluate_sae), a TrainingRun, a Sweep of one point or a "
        f"dict of measures; got {type(given).__name__}."
    )


def check_point(point: Any) -> None:
    """Refuses what is no point by hand: ``{"name": "mine", "l0": 12.0, "fve": 0.9}``.

    Raises:
        ValueError: no name, a measure that is not known, or a value that is no finite number.
    """
    if not isinstance(point, Mapping) or not point.get("name"):
        raise ValueError(
            f"a point needs a name: {{'name': 'mine', 'l0': 12.0}}; got {point!r:.80}."
        )
    unknown = sorted(set(point) - {"name", "variant", *MEASURES})
    if unknown:
        raise ValueError(f"a point has no {unknown[0]!r}; its measures are {', '.join(MEASURES)}.")
    for key in MEASURES:
        value = point.get(key, 0.0)
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not math.isfinite(value):
            raise ValueError(f"{key} of a point is a number; got {value!r:.40}.")
    if not any(key in point for key in JUDGED):
        raise ValueError(f"a point has one of the measures {', '.join(JUDGED)}; this has none.")


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Variant, width and the measures that are known, as plain JSON."""
    found: dict[str, Any] = {"variant": str(row.get("variant") or "yours")}
    for key in MEASURES:
        value = row.get(key)
        if value is not None and math.isfinite(float(value)):
            found[key] = int(value) if key == "width" else with_figures(float(value), _FIGURES)
    return found


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _sweep_rows(sweep: Sweep) -> list[dict[str, Any]]:
    columns = {name: sweep[name].tolist() for name in sweep.measures}
    return [
        _plain({name: column[i] for name, column in columns.items()} | {"variant": v, "width": w})
        for i, (v, w) in enumerate(zip(sweep.variants, sweep.widths, strict=True))
    ]


def _frame_rows(frame: Any) -> list[tuple[str, dict[str, Any]]]:
    missing = [name for name in ("variant", "width") if name not in frame.columns]
    if missing or not set(JUDGED) & set(frame.columns):
        raise ValueError(
            f"a frame of points has the columns variant, width and some of {', '.join(JUDGED)}; "
            f"this has {', '.join(map(str, frame.columns))}."
        )
    rows = frame.to_dict("records")
    plain = [_plain(row) for row in rows]
    return list(zip(map(_named, rows, _names(plain)), plain, strict=True))


def _named(row: Mapping[str, Any], otherwise: str) -> str:
    """What a row is called: as it says, or as a sweep names its points."""
    if "name" in row:
        return str(row["name"])
    if "knob" in row and "setting" in row:
        return f"{row['variant']} of {row['width']}, {row['knob']} {row['setting']:g}"
    return otherwise


def _names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Variant and width; a number behind it where that is not enough."""
    found: list[str] = []
    for row in rows:
        base = f"{row['variant']} of {row['width']}" if row.get("width") else row["variant"]
        times = sum(name == base or name.startswith(f"{base} (") for name in found)
        found.append(f"{base} ({times + 1})" if times else base)
    return found


def _title(site: str, model: str) -> str:
    place = " of ".join(part for part in (site, model) if part)
    return f" at {place}" if place else ""


def _titled(sources: Sequence[Any]) -> str:
    """Where all of them read; empty where they differ or do not say."""
    found = {
        _title(getattr(one, "site", ""), getattr(one, "model", ""))
        for one in (o.record if isinstance(o, TrainingRun) else o for o in sources)
    }
    return found.pop() if len(found) == 1 else ""


def _rows(added: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**_plain(point), "name": point["name"], "own": True} for point in added]


def _joined(first: Points | None, rows: Sequence[Mapping[str, Any]], title: str) -> Points:
    nan = math.nan
    more = Points(
        names=tuple(str(row["name"]) for row in rows),
        variants=tuple(row["variant"] for row in rows),
        widths=tuple(row.get("width", 0) for row in rows),
        own=tuple(bool(row.get("own")) for row in rows),
        values={key: tuple(float(row.get(key, nan)) for row in rows) for key in MEASURES},
        title=title,
    )
    if first is None:
        return more
    return Points(
        names=first.names + more.names,
        variants=first.variants + more.variants,
        widths=first.widths + more.widths,
        own=first.own + more.own,
        values={key: first.values[key] + more.values[key] for key in MEASURES},
        title=title,
    )
