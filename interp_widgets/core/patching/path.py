"""Path patching: patch what one place sends to another, and nothing else that it does.

Activation patching lets a change flow on by every way at once. Path patching keeps one: what a
*receiver* reads changes as if the *sender* alone had written what it wrote in the other run (Wang
et al., 2023; Goldowsky-Dill et al., 2023). Into the logits it is direct logit attribution with the
final norm alive; into another head's queries, keys or values it shows who composes with whom.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.patching.activation import Tokens
from interp_widgets.core.patching.base_run import FINAL
from interp_widgets.core.patching.experiment import (
    Experiment,
    Metric,
    empty,
    filled,
    noted,
    planned,
    prepare,
    snapshot,
)
from interp_widgets.core.patching.intervention import Intervention, Patch
from interp_widgets.core.patching.measure import check_metric
from interp_widgets.core.patching.pairs import Align, Pair, pairs_of, partners
from interp_widgets.core.patching.record import Patching
from interp_widgets.core.patching.routes import Route, Routed, reads_at
from interp_widgets.core.patching.writes import writes_at
from interp_widgets.core.sites import Site, expand
from interp_widgets.core.switches import check_switch
from interp_widgets.core.tokens import Prompt

Places = str | Sequence[str]

GRIDS = {"z": "head", "attn_out": "layer", "mlp_out": "layer"}  # kind -> what is sent together
SENDERS = ("embed", *GRIDS, "q", "k", "v")
RECEIVERS = ("q", "k", "v", "mlp_in")


def path_patching(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    sender: Places = "z",
    receiver: Places = "logits",
    direction: str = "noise",
    metric: Metric = "logit_diff",
    through_mlps: bool = False,
    align: Align = None,
) -> Patching:
    """Patch the direct paths from a sender to a receiver.

    Args:
        model: the model.
        clean: the prompt with the behaviour; a list for several pairs.
        corrupt: as many prompts without it, token for token as long.
        answer: the token that the clean prompt calls for (``" Paris"``, or an id); a list for
            several pairs.
        distractor: the token that the corrupt prompt calls for.
        sender: a kind of place, ``"z"``, ``"attn_out"`` or ``"mlp_out"``: each of it in turn; or a
            place (``"L2.z.3"``, ``"L3.mlp_out"``, ``"embed"``, ``"L1.v.0"``), or a list of places
            that send together.
        receiver: ``"logits"``; a place that reads the stream: ``"L5.q.2"``, ``"L5.k"``,
            ``"L5.v.0"`` (keys and values by key/value head), ``"L4.mlp_in"``; or a list of these
            that are reached together.
        direction: ``"noise"``: senders write what they wrote in the corrupt run, into the clean
            one; ``"denoise"``: the other way round.
        metric: as in `activation_patching`.
        through_mlps: MLPs between sender and receiver belong to the path; else they are frozen, as
            every head is.
        align: for prompts of unequal length, as in `activation_patching`.

    Returns:
        The record: ``.effect`` is ``[layer, head]`` (sender ``"z"``), ``[layer]``, or ``[cell]``
        for the one that was named. 0 where no path leads to the receiver.

    Raises:
        ValueError: whatever cannot be answered, before anything is computed: a place that is no
            sender or no receiver, a receiver that no path can reach, and all that
            `activation_patching` refuses.
        TypeError: arguments of another type.
    """
    records = iter_path_patching(
        *(model, clean, corrupt, answer, distractor, sender, receiver),
        *(direction, metric, through_mlps, align),
    )
    return deque(records, maxlen=1).pop()


def iter_path_patching(
    model: LanguageModel,
    clean: Prompt | Sequence[Prompt],
    corrupt: Prompt | Sequence[Prompt],
    answer: Tokens = None,
    distractor: Tokens = None,
    sender: Places = "z",
    receiver: Places = "logits",
    direction: str = "noise",
    metric: Metric = "logit_diff",
    through_mlps: bool = False,
    align: Align = None,
) -> Generator[Patching]:
    """`path_patching` in steps: the same record, filling up batch by batch.

    Closing it cancels. Bad input raises here, not at the first step.
    """
    check_model(model)
    check_metric(metric, answer, distractor)
    check_direction(direction)
    check_switch("through_mlps", through_mlps)
    sites, named = _receivers(model, receiver)
    chosen = None if isinstance(sender, str) and sender in GRIDS else [_senders(model, sender)]
    pairs = pairs_of(model, clean, corrupt, answer, distractor, align)
    tokens = [
        pair.corrupt_tokens if direction == "denoise" else pair.clean_tokens for pair in pairs
    ]
    site, per = ("", "cell") if chosen else (str(sender), GRIDS[str(sender)])
    plan = planned(model, site, per, chosen, tokens)[0]
    _check_reach(model, plan.cells, sites, sender, named)
    experiments = [experiment_of(pair, plan.cells, direction) for pair in pairs]
    settings: dict[str, Any] = {"method": "path", "direction": direction, "receiver": named}
    record = empty(model, experiments, plan, settings | {"site": site, "per": per}, metric)
    routes = tuple(Route(cell, sites) for cell in plan.cells)

    def steps() -> Generator[Patching]:
        state = record
        for number, experiment in enumerate(experiments):
            runs = routed(model, experiment, direction, metric, routes, check=number == 0)
            runs = replace(runs, through_mlps=through_mlps)
            state = noted(state, runs, number)
            for step in filled(state, runs, state.values[number], range(len(routes)), metric):
                state = step
                yield snapshot(state)

    return steps()


def check_direction(direction: Any) -> None:
    """Refuse what is neither of the two directions."""
    if direction not in ("denoise", "noise"):
        raise ValueError(
            "direction= is 'noise' (corrupt into clean) or 'denoise' (clean into corrupt); got "
            f"{direction!r}."
        )


def experiment_of(pair: Pair, cells: tuple[Intervention, ...], direction: str) -> Experiment:
    """The runs of a pair, and the senders that take what they hold in the other one."""
    return Experiment(
        clean=pair.clean,
        corrupt=pair.corrupt,
        clean_text=pair.clean_text,
        corrupt_text=pair.corrupt_text,
        answer=pair.answer,
        distractor=pair.distractor,
        cells=cells,
        partner=partners(pair, of_corrupt=direction == "denoise"),
    )


def routed(
    model: LanguageModel,
    experiment: Experiment,
    direction: str,
    metric: Metric,
    routes: tuple[Route, ...],
    check: bool,
) -> Routed:
    """Do the two runs of an experiment, whose cells are all senders.

    Args:
        model: the model.
        experiment: the runs and their senders.
        direction: of the record.
        metric: of the record.
        routes: what a sweep is asked for by number.
        check: also send everything straight into the logits, where both runs have one length.
    """
    layers = range(model.n_layers)
    blocks = (f"L{layer}.{kind}" for layer in layers for kind in ("attn_out", "mlp_out"))
    everything = tuple(Patch(place) for place in ("embed", *blocks))
    corrupt, whole_prompt = experiment.corrupt, tuple(range(len(experiment.clean)))
    assert corrupt is not None
    check = check and len(corrupt) == len(whole_prompt) and experiment.partner == whole_prompt
    cells = (*experiment.cells, everything) if check else experiment.cells
    runs = prepare(model, replace(experiment, cells=cells), direction, metric, check=False)
    whole = everything if check and runs.own != runs.other else None
    fields = {**vars(runs), "cells": experiment.cells, "whole": whole}
    return Routed(**fields, routes=routes)


def _senders(model: LanguageModel, sender: Any) -> list[str]:
    """The places that send together.

    Raises:
        ValueError: a place that sends nothing to the stream.
        TypeError: no place.
    """
    sites = expand(sender, model.n_layers)
    for site in sites:
        if site.kind not in SENDERS:
            raise ValueError(
                f"sender={str(site)!r} is no part that writes to the stream. Senders are 'embed' "
                "and 'L3.<kind>' with kind one of z, attn_out, mlp_out, q, k, v; 'L3.z.5' is head "
                "5; or a whole kind, 'z', 'attn_out' or 'mlp_out', for each in turn."
            )
        model.place(site)
    return [str(site) for site in sites]


def _receivers(model: LanguageModel, receiver: Any) -> tuple[tuple[Site, ...], str]:
    """The places that are reached together, and their name.

    Raises:
        ValueError: a place that does not read the stream.
        TypeError: no place.
    """
    places = [receiver] if isinstance(receiver, str) else receiver
    if isinstance(places, Sequence) and "logits" in list(places):
        if len(places) > 1:
            raise ValueError(
                "receiver= has 'logits' beside other places. The logits read the whole stream, so "
                "nothing else would matter: ask for 'logits' alone."
            )
        return (FINAL,), "logits"
    sites = expand(receiver, model.n_layers)
    for site in sites:
        if site.kind not in RECEIVERS:
            raise ValueError(
                f"receiver={str(site)!r} is no place that reads the stream. Receivers are 'logits' "
                "and 'L3.<kind>' with kind one of q, k, v, mlp_in; 'L3.q.5' is query head 5, keys "
                f"and values have {model.n_kv_heads} heads a layer."
            )
        model.place(site)
    return tuple(sites), " + ".join(map(str, sites))


def _check_reach(
    model: LanguageModel,
    cells: Sequence[Intervention],
    receivers: Sequence[Site],
    sender: Any,
    named: str,
) -> None:
    """Refuse receivers that read before anything is sent."""
    sent = [writes_at(site) for c in cells for p in c for site in expand(p.site, model.n_layers)]
    if min(sent) >= max(reads_at(model, site) for site in receivers):
        raise ValueError(
            f"no path leads from sender={sender!r} to receiver={named!r}: it reads the stream "
            "before that is written. Take a receiver above the sender."
        )
