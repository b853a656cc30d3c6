"""The runs of a trainer: those it was given, or new ones on data that it was given."""

from __future__ import annotations

import inspect
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from interp_widgets.widgets._sae_entrant import Entrant
from interp_widgets.widgets._sae_examples import Examples, InRows, InText

SWITCHES = {
    "norm": "no decoder norm",
    "center": "no centring",
    "l1_up": "λ × 100",
    "l1_down": "λ / 100",
    "width": "width 1×",
}
"""Ways to break a run on purpose: what a switch is called in an action, and on the page."""

_NAMED = ("k", "l1", "d_sae", "lr", "seed")  # what tells two runs of one variant apart


class Frozen(tuple[Entrant, ...]):
    """Entrants as they are at one moment: what an exported page holds."""


class Field:
    """The runs of a race; where they are made here, those of other settings as well.

    Args:
        run: a `TrainingRun`, a `Training`, or several of them; None where `data` is given.
        data: what `train_sae` takes: activations, data that was made, or a model.
        race: settings of each run, over those in `given`; none for a single run.
        given: settings of all runs, as `train_sae` takes them.

    Attributes:
        designs: of each run made here, what can be chosen anew: ``{"base", "variant", "d_sae",
            "broken"}``, where the base is its place in `race` and what is broken are some of
            `SWITCHES`; empty where runs were given.

    Raises:
        TypeError: neither or both, or something that is no run.
        ValueError: no run, or settings beside runs that are made already.
    """

    def __init__(
        self, run: Any, data: Any, race: Sequence[Mapping[str, Any]], given: Mapping[str, Any]
    ) -> None:
        self.designs: list[dict[str, Any]] = []
        self._made: dict[tuple[str, int], Entrant] = {}
        if isinstance(run, Frozen):
            self._fixed = list(run)
            return
        if run is not None:
            runs = _given(run, data, race, given)
            self._fixed = _named([Entrant(one, key) for key, one in enumerate(runs)])
            return
        if data is None:
            raise TypeError(
                "SAETrainer needs something to train: a run (iw.train_sae(...)), several runs, a "
                "record of one (run.record), or data= with activations or a model."
            )
        self._fixed = []
        self._data, self._bases = data, [{**given, **one} for one in race or [{}]]
        for base, settings in enumerate(self._bases):
            run = _run(data, settings)
            design = {"base": base, "variant": run.variant, "d_sae": run.d_sae, "broken": []}
            made = json.dumps(design), self._before(self.designs, design)
            self._made[made] = Entrant(run, len(self._made))
            self.designs.append(design)

    def entrants(self, designs: Sequence[dict[str, Any]]) -> list[Entrant]:
        """The runs of these designs; one that was there before comes back as it was left.

        Raises:
            ValueError: a design that cannot be trained.
        """
        if not self.designs:
            return self._fixed
        found = []
        for place, design in enumerate(designs):
            key = json.dumps(design), self._before(designs[:place], design)
            if key not in self._made:
                made = _run(self._data, self._settings(design))
                self._made[key] = Entrant(made, len(self._made))
            found.append(self._made[key])
            found[-1].broken = [SWITCHES[switch] for switch in design["broken"]]
        return _named(found)

    @staticmethod
    def _before(designs: Sequence[dict[str, Any]], design: dict[str, Any]) -> int:
        """How many of these are the same: two runs alike are two runs."""
        return sum(one == design for one in designs)

    def _settings(self, design: Mapping[str, Any]) -> dict[str, Any]:
        """Settings of a design: those of its base, but for what another variant does not know."""
        from interp_widgets.core.dictionary.variants import VARIANTS, make_variant

        settings = dict(self._bases[design["base"]])
        variant = design["variant"]
        if variant not in VARIANTS:
            raise ValueError(f"variant is one of {', '.join(VARIANTS)}; got {variant!r}.")
        if variant != settings.get("variant", "topk"):
            known = {*settings_of_training(), *make_variant(variant).hyper} - {"k", "l1"}
            known |= {"k", "l1"} & set(make_variant(variant).hyper)
            settings = {name: value for name, value in settings.items() if name in known}
        whole = {**settings, "variant": variant, "d_sae": design["d_sae"]}
        for switch in design["broken"]:
            whole |= self._broken(switch, whole)
        return whole

    def _broken(self, switch: str, settings: Mapping[str, Any]) -> dict[str, Any]:
        """What a switch makes of the settings of a healthy run."""
        from interp_widgets.core.dictionary.variants import make_variant

        healthy = make_variant(settings["variant"])
        match switch:
            case "center":
                return {"center": False}
            case "width":
                return {"d_sae": next(iter(self._made.values())).run.d_in}
            case "norm" if "weighted" in healthy.settings:
                return {"weighted": False}
            case "l1_up" | "l1_down" if "l1" in healthy.hyper:
                factor = 100 if switch == "l1_up" else 0.01
                return {"l1": settings.get("l1", healthy.hyper["l1"]) * factor}
        raise ValueError(
            f"{SWITCHES.get(switch, switch)!r} cannot be done to the variant {healthy.name}. "
            "All switches can to 'relu'."
        )


def switched(broken: Sequence[str], switch: str) -> list[str]:
    """With this switch turned, in the order of `SWITCHES`; λ goes one way only."""
    rest = {one for one in broken if one != switch}
    if switch.startswith("l1"):
        rest -= {"l1_up", "l1_down"}
    on = rest if switch in broken else rest | {switch}
    return [one for one in SWITCHES if one in on]


def _given(run: Any, data: Any, race: Any, given: Mapping[str, Any]) -> list[Any]:
    if data is not None or race or given:
        named = ", ".join(["data"] * (data is not None) + ["race"] * bool(race) + [*given])
        raise ValueError(
            f"a run is made already, so {named} would change nothing. Give either a run or data."
        )
    runs = list(run) if isinstance(run, list | tuple) else [run]
    if not runs:
        raise ValueError("there is no run to show: the list is empty.")
    for one in runs:
        _check(one)
    if len({id(one) for one in runs}) < len(runs):
        raise ValueError("the same run is in the list twice. A race needs two runs.")
    return runs


def _check(run: Any) -> None:
    if hasattr(run, "advance") or hasattr(run, "metrics"):
        return
    hint = " Give it as data=." if hasattr(run, "shape") or hasattr(run, "hf") else ""
    raise TypeError(
        f"SAETrainer shows a TrainingRun or a Training, or a list of them, not a "
        f"{type(run).__name__}.{hint}"
    )


def _run(data: Any, settings: Mapping[str, Any]) -> Any:
    from interp_widgets.core.dictionary.train import train_sae

    return train_sae(data, **settings)


def examples_of(entrants: Sequence[Entrant], data: Any, model: Any, texts: Any) -> Examples | None:
    """Where to look for examples of latents; None where there is nothing to look in."""
    if not any(one.live for one in entrants):
        return None
    model = data if hasattr(data, "hf") else model
    if model is not None:
        site = next((one.run.site for one in entrants if one.run.site), "")
        if not site or not isinstance(texts, list | tuple):
            return None
        return InText(model, site, texts)
    if data is None:
        return None
    if hasattr(data, "directions") and hasattr(data, "x"):
        return InRows(data.x, getattr(data, "codes", None))
    return InRows(data) if getattr(data, "ndim", 0) == 2 else None


def settings_of_training() -> set[str]:
    """Names of the settings that `train_sae` takes beside its data."""
    from interp_widgets.core.dictionary.activations import READING
    from interp_widgets.core.dictionary.train import PACE, train_sae
    from interp_widgets.core.dictionary.variants import VARIANTS

    named = [
        inspect.signature(taker).parameters.values() for taker in (train_sae, *VARIANTS.values())
    ]
    own = {p.name for some in named for p in some if p.kind is not p.VAR_KEYWORD}
    return (own | PACE | set(READING)) - {"data"}


def _named(entrants: list[Entrant]) -> list[Entrant]:
    """Names each by its variant, with what tells it from others of that variant."""
    values = [{key: _setting(one, key) for key in _NAMED} for one in entrants]
    for one, own in zip(entrants, values, strict=True):
        variant = one.run.variant
        like = [
            v for other, v in zip(entrants, values, strict=True) if other.run.variant == variant
        ]
        differ = [key for key in _NAMED if len({v[key] for v in like}) > 1 and own[key] is not None]
        differ = [] if one.broken else differ  # the switches say it
        told = " ".join(f"{'λ' if key == 'l1' else key} {own[key]:g}" for key in differ)
        one.name = ", ".join([f"{variant} {told}".strip(), *one.broken])
    twice = Counter(one.name for one in entrants)
    for place, one in enumerate(entrants):
        if twice[one.name] > 1:
            one.name += f" #{place + 1}"
    return entrants


def _setting(one: Entrant, key: str) -> float | None:
    """As it was when the run came."""
    hyper = one.opening if one.live else dict(one.run.hyper)
    value = hyper.get(key, getattr(one.run, key, None))
    return None if value is None else float(value)
