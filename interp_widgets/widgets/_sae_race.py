"""The runs of a trainer: those it was given, or new ones on data that it was given."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from interp_widgets.widgets._sae_entrant import Entrant
from interp_widgets.widgets._sae_examples import Examples, InRows, InText

_NAMED = ("k", "l1", "d_sae", "lr", "seed")  # what tells two runs of one variant apart


class Frozen(tuple[Entrant, ...]):
    """Entrants as they are at one moment: what an exported page holds."""


def entrants_of(
    run: Any, data: Any, race: Sequence[Mapping[str, Any]], given: Any
) -> list[Entrant]:
    """The runs to show, each with a name of its own.

    Args:
        run: a `TrainingRun`, a `Training`, or several of them; None where `data` is given.
        data: what `train_sae` takes: activations, data that was made, or a model.
        race: settings of each run, over those in `given`; none for a single run.
        given: settings of all runs, as `train_sae` takes them.

    Raises:
        TypeError: neither or both, or something that is no run.
        ValueError: no run, or settings beside runs that are made already.
    """
    if isinstance(run, Frozen):
        return list(run)
    if run is not None:
        if data is not None or race or given:
            named = ", ".join(["data"] * (data is not None) + ["race"] * bool(race) + [*given])
            raise ValueError(
                f"a run is made already, so {named} would change nothing. Give "
                "either a run or data."
            )
        runs = list(run) if isinstance(run, list | tuple) else [run]
        if not runs:
            raise ValueError("there is no run to show: the list is empty.")
        for one in runs:
            _check(one)
        if len({id(one) for one in runs}) < len(runs):
            raise ValueError("the same run is in the list twice. A race needs two runs.")
    else:
        if data is None:
            raise TypeError(
                "SAETrainer needs something to train: a run (iw.train_sae(...)), several runs, a "
                "record of one (run.record), or data= with activations or a model."
            )
        runs = [_made(data, {**given, **one}) for one in race or [{}]]
    return [Entrant(one, name) for one, name in zip(runs, _names(runs), strict=True)]


def _check(run: Any) -> None:
    if hasattr(run, "advance") or hasattr(run, "metrics"):
        return
    hint = " Give it as data=." if hasattr(run, "shape") or hasattr(run, "hf") else ""
    raise TypeError(
        f"SAETrainer shows a TrainingRun or a Training, or a list of them, not a "
        f"{type(run).__name__}.{hint}"
    )


def _made(data: Any, settings: Mapping[str, Any]) -> Any:
    import torch

    from interp_widgets.core.dictionary.train import train_sae

    if hasattr(data, "directions") and hasattr(data, "x"):  # samples that were made
        settings = {"truth": torch.as_tensor(data.directions).float(), **settings}
        data = torch.as_tensor(data.x).float()
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
    from interp_widgets.core.dictionary.train import train_sae

    return {p for p in inspect.signature(train_sae).parameters if p not in ("data", "hyper")}


def _names(runs: Sequence[Any]) -> list[str]:
    """Variant of each run, with what tells it from others of that variant."""
    values = [{key: _setting(run, key) for key in _NAMED} for run in runs]
    names = []
    for run, own in zip(runs, values, strict=True):
        like = [v for other, v in zip(runs, values, strict=True) if other.variant == run.variant]
        differ = [key for key in _NAMED if len({v[key] for v in like}) > 1 and own[key] is not None]
        told = " ".join(f"{'λ' if key == 'l1' else key} {own[key]:g}" for key in differ)
        names.append(f"{run.variant} {told}".strip())
    twice = Counter(names)
    return [f"{name} #{i + 1}" if twice[name] > 1 else name for i, name in enumerate(names)]


def _setting(run: Any, key: str) -> float | None:
    value = dict(run.hyper).get(key, getattr(run, key, None))
    return None if value is None else float(value)
