"""Lesson 10: the smallest edit that does it, and whether a circuit has a part to spare."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import torch
from torch import Tensor

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError

Head = tuple[int, int]
Measure = Callable[[list[Head]], tuple[float, float]]

HALF, AT_MOST = 0.5, 0.01  # of the bias, and of the loss on everything else
MOST_HEADS = 3


def gender_edit(measure: Measure, candidates: list[Head]) -> Tensor:
    """The fewest heads that halve the bias and cost at most 1 % elsewhere, ``[candidate]``."""
    for count in (1, 2, 3):
        fits = []
        for chosen in combinations(candidates, count):
            fall, rise = measure(list(chosen))
            if fall >= 0.5 and rise <= 0.01:
                fits.append((fall, chosen))
        if fits:
            _, best = max(fits)
            return torch.tensor([head in best for head in candidates])
    raise ValueError("no set of three heads does it")


def _mask(chosen: list[Head], candidates: list[Head]) -> Tensor:
    return torch.tensor([head in chosen for head in candidates])


def _ranked(measure: Measure, candidates: list[Head]) -> list[Head]:
    """Candidates by how far the bias falls without each, the largest first."""
    return sorted(candidates, key=lambda head: measure([head])[0], reverse=True)


def _whole_layer(measure: Measure, candidates: list[Head]) -> Tensor:
    last = max(layer for layer, _ in candidates)
    return torch.tensor([layer == last for layer, _ in candidates])


def _strongest(measure: Measure, candidates: list[Head]) -> Tensor:
    return _mask(_ranked(measure, candidates)[:1], candidates)


def _three_strongest(measure: Measure, candidates: list[Head]) -> Tensor:
    return _mask(_ranked(measure, candidates)[:3], candidates)


def _largest_fall(measure: Measure, candidates: list[Head]) -> Tensor:
    fits = []
    for count in (1, 2, 3):
        for chosen in combinations(candidates, count):
            fall, rise = measure(list(chosen))
            if rise <= AT_MOST:
                fits.append((fall, chosen))
    return _mask(list(max(fits)[1]), candidates)


def _cheapest(measure: Measure, candidates: list[Head]) -> Tensor:
    return _mask([min(candidates, key=lambda head: measure([head])[1])], candidates)


def _turned_round(measure: Measure, candidates: list[Head]) -> Tensor:
    return ~gender_edit(measure, candidates)


def _first_that_fits(measure: Measure, candidates: list[Head]) -> Tensor:
    for count in (1, 2, 3):
        for chosen in combinations(candidates, count):
            fall, rise = measure(list(chosen))
            if fall >= HALF and rise <= AT_MOST:
                return _mask(list(chosen), candidates)
    raise ValueError("no set of three heads does it")


def _one_by_one(measure: Measure, candidates: list[Head]) -> Tensor:
    harmless = [head for head in candidates if measure([head])[1] <= AT_MOST]
    chosen: list[Head] = []
    for head in _ranked(measure, harmless):
        chosen.append(head)
        if measure(chosen)[0] >= HALF:
            break
    return _mask(chosen, candidates)


Table = dict[Head, tuple[float, float]]  # fall and rise of each head alone
Overlap = dict[frozenset[Head], float]  # of two heads that do the same work


def _made_up(table: Table, overlap: Overlap) -> Measure:
    """A measure in which effects add up, but for what two heads do together."""

    def measure(heads: list[Head]) -> tuple[float, float]:
        falls, rises = zip(*(table[head] for head in set(heads)), strict=True)
        twice = sum(share for pair, share in overlap.items() if pair <= set(heads))
        return sum(falls) - twice, sum(rises)

    return measure


def _models() -> list[Case]:
    one_pair: Table = {
        (0, 1): (0.62, 0.24), (3, 0): (0.06, 0.002), (6, 1): (0.27, 0.003),
        (6, 2): (0.31, 0.004), (6, 3): (0.05, 0.001), (5, 2): (0.02, -0.001),
    }  # fmt: skip
    spares: Table = {
        (0, 1): (0.60, 0.30), (4, 0): (0.40, 0.002), (4, 3): (0.30, 0.002),
        (6, 0): (0.30, 0.003), (2, 1): (0.12, -0.002),
    }  # fmt: skip
    the_same_work = {frozenset({(4, 0), (4, 3)}): 0.25, frozenset({(4, 0), (6, 0)}): 0.15}
    three: Table = {
        (0, 0): (0.70, 0.15), (1, 2): (0.15, 0.001), (3, 1): (0.20, 0.003),
        (3, 3): (0.18, 0.002), (5, 0): (0.22, 0.004),
    }  # fmt: skip
    return [
        Case("a made-up model of 7 layers", (_made_up(one_pair, {}), list(one_pair))),
        Case("a model with spare heads", (_made_up(spares, the_same_work), list(spares))),
        Case("a model that needs three cuts", (_made_up(three, {}), list(three))),
    ]


def _say_what_it_does(got: Tensor, case: Case) -> None:
    measure, candidates = case.args
    chosen = [head for head, cut in zip(candidates, torch.as_tensor(got), strict=True) if cut]
    names = ", ".join(f"L{layer}.z.{head}" for layer, head in chosen) or "no head"
    if not chosen:
        raise WrongAnswerError(f"On {case.name}, you cut no head at all: every entry is False.")
    fall, rise = measure(chosen)
    raise WrongAnswerError(
        f"On {case.name}, you cut {names} ({len(chosen)} of at most {MOST_HEADS}): the bias falls "
        f"by {fall:.0%} (wanted {HALF:.0%} or more) and the loss elsewhere changes by {rise:+.1%} "
        f"(wanted {AT_MOST:+.0%} or less). Wanted are the fewest heads that do both; of sets of "
        "that size, the one with the largest fall."
    )


GENDER_EDIT = Exercise(
    id="10.5",
    title="The smallest edit",
    difficulty=4,
    importance=5,
    minutes=25,
    returns="booleans [candidate]: True for a head that is cut, 3 at most",
    solution=gender_edit,
    cases=_models,
    verify=_say_what_it_does,
    mistakes=(
        Mistake(
            "a whole layer",
            _whole_layer,
            "You cut a whole layer. Its other heads do other work: cut heads one by one, and "
            "keep those whose cut buys nothing.",
        ),
        Mistake(
            "the strongest head, whatever it costs",
            _strongest,
            "The strongest single head feeds everything else, too: look at what its cut costs "
            "on the other families.",
        ),
        Mistake(
            "the three strongest",
            _three_strongest,
            "You took the three strongest heads without a look at the cost.",
        ),
        Mistake(
            "the largest fall",
            _largest_fall,
            "That is the largest fall which three heads can buy. Wanted are the fewest heads "
            "that halve the bias.",
        ),
        Mistake(
            "the first set that fits",
            _first_that_fits,
            "You stop at the first set that fits. Of all sets of that size, take the one with the "
            "largest fall.",
        ),
        Mistake(
            "one by one",
            _one_by_one,
            "You add heads one by one, by what each does alone. Two heads may do the same work: "
            "measure sets, not heads.",
        ),
        Mistake("the cheapest head", _cheapest, "A cut that costs nothing may do nothing."),
        Mistake(
            "True for what stays",
            _turned_round,
            "It is the other way round: True stands for a head that is cut.",
        ),
    ),
)


Run = Callable[[list[Head]], float]


def minimality(run: Run, circuit: list[Head], everything: list[Head]) -> tuple[Tensor, Tensor]:
    """Faithfulness of a circuit, and what it loses without each of its heads ``[head]``."""
    none, full = run([]), run(everything)

    def faithfulness(kept: list[Head]) -> float:
        return (run(kept) - none) / (full - none)

    whole = faithfulness(circuit)
    loss = [whole - faithfulness([h for h in circuit if h != one]) for one in circuit]
    return torch.tensor(whole), torch.tensor(loss)


def _from_the_whole_model(run: Run, circuit: list[Head], everything: list[Head]) -> object:
    whole, _ = minimality(run, circuit, everything)
    none, full = run([]), run(everything)
    without = [run([h for h in everything if h != one]) for one in circuit]
    return whole, torch.tensor([(full - value) / (full - none) for value in without])


def _each_alone(run: Run, circuit: list[Head], everything: list[Head]) -> object:
    whole, _ = minimality(run, circuit, everything)
    none, full = run([]), run(everything)
    return whole, torch.tensor([(run([one]) - none) / (full - none) for one in circuit])


def _not_shifted(run: Run, circuit: list[Head], everything: list[Head]) -> object:
    full = run(everything)
    loss = [run(circuit) - run([h for h in circuit if h != one]) for one in circuit]
    return torch.tensor(run(circuit) / full), torch.tensor([value / full for value in loss])


def _of_the_circuit(run: Run, circuit: list[Head], everything: list[Head]) -> object:
    whole, loss = minimality(run, circuit, everything)
    return whole, loss / whole


def _what_is_left(run: Run, circuit: list[Head], everything: list[Head]) -> object:
    whole, loss = minimality(run, circuit, everything)
    return whole, whole - loss


def _not_scaled(run: Run, circuit: list[Head], everything: list[Head]) -> object:
    loss = [run(circuit) - run([h for h in circuit if h != one]) for one in circuit]
    return torch.tensor(run(circuit)), torch.tensor(loss)


def _with_a_backup(kept: list[Head]) -> float:
    """Two heads of which one is enough, one that is needed, one that works against them."""
    has = set(kept)
    return -1.5 + 4.0 * bool(has & {(2, 0), (2, 1)}) + 3.0 * ((1, 3) in has) - 0.8 * ((3, 2) in has)


def _together_only(kept: list[Head]) -> float:
    """Two heads that do nothing without each other, and one that works against them."""
    has = set(kept)
    return 0.5 + 6.0 * ({(0, 1), (2, 2)} <= has) - 0.9 * ((1, 0) in has) + 0.7 * ((2, 3) in has)


def _sizes_only(run: Run, circuit: list[Head], everything: list[Head]) -> object:
    whole, loss = minimality(run, circuit, everything)
    return whole, loss.abs()


def _never_below_zero(run: Run, circuit: list[Head], everything: list[Head]) -> object:
    whole, loss = minimality(run, circuit, everything)
    return whole, loss.clamp(min=0)


def _circuits() -> list[Case]:
    backup = [(1, 3), (2, 0), (2, 1), (3, 2), (0, 0)]
    pair = [(0, 1), (1, 0), (2, 2), (2, 3)]
    return [
        Case(
            "a circuit with a spare head, whose backup lies outside",
            (_with_a_backup, [(1, 3), (2, 0), (0, 0)], backup),
        ),
        Case("a pair and a head against it", (_together_only, [(0, 1), (2, 2), (1, 0)], pair)),
    ]


MINIMALITY = Exercise(
    id="10.6",
    title="A part to spare?",
    difficulty=3,
    importance=3,
    minutes=15,
    returns="faithfulness of the circuit, and what it loses without each head [head]",
    solution=minimality,
    cases=_circuits,
    bonus=True,
    mistakes=(
        Mistake(
            "taken out of the whole model",
            _from_the_whole_model,
            "You take each head out of the whole model, where others may stand in. Take it out "
            "of the circuit: all the rest stays replaced.",
        ),
        Mistake(
            "each head alone",
            _each_alone,
            "You keep each head alone. Wanted is the circuit without it.",
        ),
        Mistake(
            "not shifted",
            _not_shifted,
            "You divide by the full model's value only. Take `run([])` off first: with no head at "
            "all, faithfulness is 0.",
        ),
        Mistake(
            "of the circuit",
            _of_the_circuit,
            "You divide the losses by the circuit's own faithfulness. Keep one scale: 1 is the "
            "full model.",
        ),
        Mistake(
            "what is left",
            _what_is_left,
            "That is the faithfulness that is left. Wanted is what was lost.",
        ),
        Mistake(
            "sizes only",
            _sizes_only,
            "You drop the sign. A head may work against the circuit: then its loss is below 0.",
        ),
        Mistake(
            "never below zero",
            _never_below_zero,
            "You cut losses off at 0. A head may work against the circuit: then it is below 0.",
        ),
        Mistake("not scaled", _not_scaled, "Scale it: 1 is the full model, 0 is no head at all."),
    ),
)
