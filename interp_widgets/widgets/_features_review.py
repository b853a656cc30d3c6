"""The steps of a review, and what was found at each: told from what was done, not ticked off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from interp_widgets.core.dictionary.feature_view import GROUPS
from interp_widgets.widgets import _features_sent as sent

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards
    from interp_widgets.core.dictionary.feature_view import Example

SHOWN = 6  # windows of a group
HOLDS = 0.1  # score above its control from which a label holds
MOVES = 0.01  # nats from which an effect is one
NAMES = ("examples", "label", "held-out test", "intervention")


def groups(record: FeatureDashboards, feature: int) -> list[tuple[str, list[Example]]]:
    """Windows that may be looked at, by strength; the held-out ones are kept for the test."""
    seen = [one for one in record[feature].examples if not one.held_out]
    found: list[tuple[str, list[Example]]] = [(name, []) for name, _ in GROUPS]
    for example in sorted(seen, key=lambda one: -one.activation):
        share = example.quantile or 0.0
        at = next(i for i, (_, least) in enumerate(GROUPS) if share >= least)
        if len(found[at][1]) < SHOWN:
            found[at][1].append(example)
    return found


def card(record: FeatureDashboards, feature: int) -> dict[str, Any]:
    """The groups as the page gets them."""
    found = record[feature]
    return {
        "feature": feature,
        "max": found.max,
        "density": found.density,
        "groups": [
            {"name": name, "all": len(examples), **sent.windows(examples, found.max)}
            for name, examples in groups(record, feature)
        ],
    }


def suggested(record: FeatureDashboards, feature: int) -> str:
    """A prompt that ends in the token on which the latent fires most strongly, of those seen."""
    for _, examples in groups(record, feature):
        for one in examples:
            pieces = [p for p in one.tokens[: one.peak + 1] if not p.startswith("<|")]
            return "".join(pieces).strip()
    return ""


def steps(
    record: FeatureDashboards,
    feature: int,
    done: Mapping[str, Any],
    test: Mapping[str, Any] | None,
    effect: Mapping[str, Any] | None,
) -> list[dict[str, str]]:
    """Each step's state, ``"open"``, ``"done"`` or ``"failed"``, and what it came to."""
    there = [i for i, (_, examples) in enumerate(groups(record, feature)) if examples]
    looked = [i for i in there if i in done.get("looked", ())]
    label = done.get("label", "")
    said = [
        ("done" if there and looked == there else "open", _looked(len(looked), len(there))),
        ("done" if label else "open", f"“{label}”" if label else "no label yet"),
        _tested(test),
        _intervened(effect),
    ]
    return [
        {"name": name, "state": state, "said": what}
        for name, (state, what) in zip(NAMES, said, strict=True)
    ]


def _looked(looked: int, there: int) -> str:
    if not there:
        return "it fires in no window that may be looked at"
    return f"{looked} of {there} groups looked at, from the strongest to the faintest"


def _tested(test: Mapping[str, Any] | None) -> tuple[str, str]:
    if test is None:
        return "open", "not tested on windows that nobody has looked at"
    if "error" in test:
        return "failed", str(test["error"])
    gained = test["value"] - test["control"]
    holds = gained >= HOLDS
    verdict = "the label holds" if holds else "the label does not hold"
    numbers = f"{test['how']} {test['value']:.2f} against {test['control']:.2f} by chance"
    return "done" if holds else "failed", f"{verdict}: {numbers}, {test['windows']} windows"


def _intervened(effect: Mapping[str, Any] | None) -> tuple[str, str]:
    if effect is None:
        return "open", "not known what it does to the model"
    if effect["changed"] == 0:
        return "failed", "it does not fire on this prompt: there is nothing to take out"
    more = effect["beaten"] == 1 and effect["kl"] >= MOVES  # than each of the random changes
    verdict = "more than chance" if more else "no more than chance"
    if effect["kl"] < MOVES:
        verdict = "hardly anything"
    where = f"after “{effect['prompt']}” the next token moves by {effect['kl']:.3f} nats"
    chance = f"by {effect['control']:.3f} for random changes as large"
    return "done" if more else "failed", f"{verdict}: {where}, {chance}"
