"""What HeadGrid draws and asks for: scores and effects of all heads, and the card of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from interp_widgets.core.heads import KINDS
from interp_widgets.core.sites import Site
from interp_widgets.widgets._pack import plane

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.heads import HeadScores
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.record import Patching

EFFECTS = ("denoise", "noise", "zero", "mean", "path")
"""What may be asked of every head: patching in two directions, two ablations, a direct path."""

REPLACE = ("corrupt", "mean", "zero")


class Question(NamedTuple):
    """A pair of prompts and the tokens that tell their runs apart."""

    clean: str
    corrupt: str
    answer: str
    distractor: str

    @property
    def asked(self) -> dict[str, Any]:
        """As arguments of the core's functions."""
        return {
            "clean": self.clean,
            "corrupt": self.corrupt,
            "answer": self.answer,
            "distractor": self.distractor or None,
            "metric": "logit_diff" if self.distractor else "log_prob",
        }


@dataclass(frozen=True)
class Effect:
    """One effect of every head, as far as it is known."""

    measure: str
    estimate: Patching | None
    exact: Patching | None

    @property
    def record(self) -> Patching:
        """The exact record where there is one, else the estimate."""
        found = self.exact if self.exact is not None else self.estimate
        assert found is not None
        return found

    @property
    def unit(self) -> str:
        """What the numbers are."""
        record = self.record
        return f"change of {record.metric}" if _no_scale(record) else f"recovery of {record.metric}"

    def planes(self) -> tuple[Tensor, Tensor]:
        """Exact and estimated numbers ``[layer, head]``, NaN where not known."""
        exact = table(self.exact) if self.exact is not None else None
        estimate = table(self.estimate) if self.estimate is not None else None
        some = exact if exact is not None else estimate
        assert some is not None
        blank = torch.full_like(some, torch.nan)
        if exact is None and self.estimate is not None and self.estimate.exact.numel():
            exact = sampled(self.estimate)
        return blank if exact is None else exact, blank if estimate is None else estimate


def _no_scale(record: Patching) -> bool:
    return bool(record.recovery.isnan().all())


def table(record: Patching) -> Tensor:
    """Recovery where there is a scale for it, else effect, ``[layer, head]``.

    Of a head's several positions the one that matters most stands for it.
    """
    return _strongest(record.effect if _no_scale(record) else record.recovery)


def sampled(record: Patching) -> Tensor:
    """What an estimate's sample of exact runs says, in the same unit as `table`."""
    exact = record.exact_effect
    if not _no_scale(record):
        ends = (record.corrupt, record.clean)
        base, other = ends if record.direction == "denoise" else ends[::-1]
        exact = exact / (other - base)
    return _strongest(exact)


def _strongest(values: Tensor) -> Tensor:
    values = values.flatten(2) if values.ndim > 2 else values[..., None]
    at = values.abs().nan_to_num(-1).argmax(-1, keepdim=True)
    return values.gather(-1, at)[..., 0]


def has_heads(record: Any) -> bool:
    """Whether a Patching record has a number for each layer and head."""
    return tuple(getattr(record, "axes", ()))[:2] == ("layer", "head")


def of_record(record: Patching) -> Effect:
    """A stored record as an effect."""
    estimated = record.method == "attribution"
    return Effect("record", record if estimated else None, None if estimated else record)


def effect_steps(
    model: LanguageModel, question: Question, measure: str, receiver: str, reference: Sequence[Any]
) -> Iterator[Effect]:
    """An estimate by gradients where there is one, then exact values as they come.

    Raises:
        ValueError: prompts of unequal length (token under token), a token that is several.
    """
    from interp_widgets.core.patching.ablation import iter_ablation
    from interp_widgets.core.patching.activation import iter_activation_patching
    from interp_widgets.core.patching.attribution import attribution_patching

    if measure == "path":
        from interp_widgets.core.patching.path import iter_path_patching

        for exact in iter_path_patching(model, **question.asked, sender="z", receiver=receiver):
            yield Effect(measure, None, exact)
        return
    asked: dict[str, Any] = {**question.asked, "site": "z", "per": "head"}
    if measure in ("zero", "mean"):
        del asked["corrupt"]
        prompt = asked.pop("clean")
        others = list(reference) or [question.clean, question.corrupt]
        for exact in iter_ablation(model, prompt, kind=measure, reference=others, **asked):
            yield Effect(measure, None, exact)
        return
    asked["direction"] = measure
    estimate = attribution_patching(model, **asked, sample=0)
    yield Effect(measure, estimate, None)
    for exact in iter_activation_patching(model, **asked):
        yield Effect(measure, estimate, exact)


# -- the page -----------------------------------------------------------------------------------


def score_plane(scores: Tensor | None) -> list[dict[str, Any]]:
    """All scores ``[kind, layer, head]``, or nothing yet."""
    return [] if scores is None else [plane("scores", scores, "f32")]


def grid(effect: Effect | None, stale: bool) -> dict[str, Any]:
    """An effect of every head as the page draws it; NaN where not known yet."""
    if effect is None:
        return {"measure": "", "unit": "", "title": "", "stale": True, "planes": []}
    exact, estimate = effect.planes()
    record = effect.record
    return {
        "measure": effect.measure,
        "unit": effect.unit,
        "title": title(record),
        "stale": stale,
        "planes": [plane("exact", exact, "f32"), plane("estimate", estimate, "f32")],
    }


_DONE = {
    "denoise": "clean into corrupt",
    "noise": "corrupt into clean",
    "ablate": "taken out of the clean run",
}


def title(record: Patching) -> str:
    """What was done to each head, in a few words."""
    how = record.method if record.direction == "ablate" else _DONE[record.direction]
    several = f", {len(record.clean_prompts)} pairs" if len(record.clean_prompts) > 1 else ""
    if record.method == "path":
        return f"direct path of one head into {record.receiver}, {how}{several}"
    return f"{'output' if record.site == 'z' else record.site} of one head, {how}{several}"


def name(head: Sequence[int]) -> str:
    """``[5, 2]`` as ``"L5.z.2"``."""
    return str(Site(int(head[0]), "z", int(head[1])))


def place_of(given: Any) -> list[int]:
    """A head given as ``"L5.z.2"``, ``(5, 2)`` or ``[5, 2]``, as ``[layer, head]``.

    Raises:
        ValueError: something else.
    """
    if isinstance(given, str):
        layer, _, rest = given.strip().removeprefix("L").partition(".")
        kind, _, head = rest.partition(".")
        if given.startswith("L") and kind == "z" and layer.isdecimal() and head.isdecimal():
            return [int(layer), int(head)]
    elif isinstance(given, Sequence) and len(given) == 2 and all(isinstance(i, int) for i in given):
        return [int(i) for i in given]
    raise ValueError(f"a head is 'L5.z.2' or (5, 2); got {given!r}.")


def named_roles(roles: Mapping[Any, str] | None) -> dict[str, str]:
    """Roles by a head's name, in the order of heads.

    Raises:
        ValueError: a key that is no head, or a role that is no text.
    """
    found = {}
    for given, role in sorted((roles or {}).items(), key=lambda item: place_of(item[0])):
        if not isinstance(role, str) or not role.strip():
            raise ValueError(f"a role is a word such as 'mover'; {given!r} got {role!r}.")
        found[name(place_of(given))] = role.strip()
    return found


def scored_on(scores: HeadScores | None, prompt: str | None) -> str:
    """What the scores that come from patterns were measured on, in words."""
    if scores is not None and scores.sequences == 0:
        return ""  # a frame does not say
    return "on random tokens that come twice" if prompt is None else "on this prompt"


def caption(
    measure: str, values: Tensor, found: Effect | None
) -> tuple[str, str, tuple[float, float] | None]:
    """Of a still picture: its title, what the numbers are, where its colours end."""
    if found is not None:
        return title(found.record), found.unit, None
    return f"{measure.replace('_', ' ')} score of heads", "score", ends_of(measure, values)


def ends_of(score: str, values: Tensor) -> tuple[float, float] | None:
    """Where the colours of a score begin and end; None for around zero, as far as it goes."""
    if score == "copying":
        return -1.0, 1.0
    known = values[~values.isnan()]
    if score in KINDS or not len(known):
        return 0.0, 1.0
    return None if float(known.min()) < 0 else (0.0, max(float(known.max()), 1e-9))


def best(values: Tensor, count: int = 3) -> list[tuple[str, float]]:
    """The heads with the largest numbers, whatever their sign, ``[("L5.z.2", 0.52), ...]``."""
    size = values.abs().nan_to_num(-1).flatten()
    order = size.argsort(descending=True, stable=True)[:count].tolist()
    heads = values.shape[1]
    found = [(name(divmod(i, heads)), float(values.flatten()[i])) for i in order]
    return [(head, value) for head, value in found if value == value]
