"""How what LayerBarPatching shows travels to the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from interp_widgets.widgets._pack import number, plane
from interp_widgets.widgets._patching_data import Answered, Card, Carried, Swept, bars, recovery
from interp_widgets.widgets._patching_words import named

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.record import Patching


def overview(found: Answered, tolerance: float) -> dict[str, Any]:
    """The answer as the page draws it; values not known yet are NaN.

    Args:
        found: what is known.
        tolerance: what rounding may do to the two checks, as a share of the gap between the runs.
    """
    swept, record, question = found.swept, found.swept.record, found.swept.question
    pairs = len(question.pairs)
    return {
        "model": record.model,
        "prompts": list(question.pairs[0][:2]),
        "unknown": list(swept.unknown),
        "tokens": [list(record.clean_tokens[0]), list(record.corrupt_tokens[0])],
        "partners": _partners(swept),
        "sorts": _sorts(record) if pairs > 1 else [],
        "answer": question.pairs[0].answer,
        "distractor": question.pairs[0].distractor,
        "mode": question.mode,
        "at": question.at,
        "direction": question.direction,
        "align": question.align,
        "metric": record.metric,
        "likeliest": list(swept.likeliest),
        "heads": swept.heads,
        "planes": _planes(swept),
        "values": [
            number(float(v.nanmean())) for v in (record.clean_values, record.corrupt_values)
        ],
        "pairs": [pairs, int((~record.values.isnan()).flatten(1).all(1).sum()), record.dropped],
        "tolerance": tolerance,
        "nothing": number(swept.exact.check_nothing if swept.exact is not None else None),
        "whole": number(swept.exact.check_whole if swept.exact is not None else None),
    }


def _planes(swept: Swept) -> list[dict[str, Any]]:
    """Exact and estimated recovery, and the ends of the interval where there is one."""
    record = swept.record
    blank = torch.full((record.values.shape[1], swept.heads * swept.positions), float("nan"))
    exact = recovery(swept.exact if swept.exact is not None else record)
    estimate = recovery(swept.estimate, exact=False)
    planes = {
        "exact": blank if exact is None else exact,
        "estimate": blank if estimate is None else estimate,
    }
    if swept.interval is not None:
        planes |= {"low": swept.interval[0], "high": swept.interval[1]}
    return [plane(name, values, "f32") for name, values in planes.items()]


def _partners(swept: Swept) -> list[int]:
    """For each position of the patched prompt the other's; -1 for none."""
    from interp_widgets.core.patching.pairs import matched

    record, count = swept.record, len(swept.base_tokens)
    if not swept.question.align:
        return list(range(count))
    columns = matched(record.clean_tokens[0], record.corrupt_tokens[0])
    if record.direction == "denoise":
        columns = [(q, p) for p, q in columns]
    linked = {p: q for p, q in columns if p is not None and q is not None}
    return [linked.get(p, -1) for p in range(count)]


def _sorts(record: Patching) -> list[int]:
    """How many different tokens the pairs have at each position of the patched prompt."""
    base = record.corrupt_tokens if record.direction == "denoise" else record.clean_tokens
    return [len(set(column)) for column in zip(*base, strict=False)]


def card_sent(found: Answered) -> dict[str, Any]:
    """What the open card lists, and which card it is."""
    if found.card is None:
        return {}
    question = found.swept.question
    return {
        "place": list(found.card.place),
        "of": [question.mode, question.at, question.direction],
        "said": _said(found.card),
    }


def _said(card: Card) -> list[list[list[Any]]]:
    return [[list(one) for one in tokens] for tokens in card.tokens]


def moved_sent(carried: Carried | None) -> dict[str, Any]:
    """What a carried site did."""
    if carried is None:
        return {}
    return {
        "move": list(carried.move),
        "site": list(carried.site),
        "value": number(carried.value),
        "recovery": number(carried.recovery),
        "said": _said(carried.card),
    }


def other_sent(found: Answered) -> dict[str, Any]:
    """The bars of the run that these are compared with."""
    run, swept = found.ask.compared, found.other
    if run is None or swept is None:
        return {}
    name = named(run, swept.base_tokens)
    return {"name": name, "plane": plane("other", bars(swept, run.pos, run.head), "f32")}


def pairing(model: LanguageModel | None, prompts: list[str]) -> dict[str, Any]:
    """Two prompts of unequal length as columns of tokens; empty if they are of one length."""
    from interp_widgets.core.patching.pairs import matched

    if model is None:
        return {}
    try:
        clean, corrupt = (model.tokens(prompt) for prompt in prompts)
    except ValueError:  # the sweep says what is wrong with the prompt
        return {}
    if len(clean) == len(corrupt):
        return {}
    columns = [[-1 if i is None else i for i in column] for column in matched(clean, corrupt)]
    return {"tokens": [clean, corrupt], "columns": columns}
