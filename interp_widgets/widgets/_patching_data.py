"""What LayerBarPatching computes for one question."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from interp_widgets.widgets._patching_question import Ask, Question, check_lengths
from interp_widgets.widgets._patching_question import of_record as question_of_record
from interp_widgets.widgets._prompt_words import likeliest, unknown_words

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.intervention import Patch
    from interp_widgets.core.patching.record import Patching

LIKELIEST = 6  # next tokens of either prompt that the boxes offer, and that a card lists
PATIENCE_S = 1.0  # a sweep that is done by then is whole when its widget opens
RUNS = ("clean", "corrupt", "patched")

Tokens = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Swept:
    """Estimate and exact values of one question, as far as they are known.

    Attributes:
        question: what was asked.
        estimate, exact: the records; None where there is none (yet).
        interval: lower and upper end of the recovery over pairs ``[2, layer, column]``.
        likeliest: next tokens that the boxes offer.
        unknown: words of the first pair's prompts that the model does not know.
    """

    question: Question
    estimate: Patching | None
    exact: Patching | None
    interval: Tensor | None = None
    likeliest: tuple[str, ...] = ()
    unknown: tuple[list[list[int]], ...] = ()

    @property
    def record(self) -> Patching:
        """The exact record where there is one, else the estimate."""
        found = self.exact if self.exact is not None else self.estimate
        assert found is not None
        return found

    @property
    def heads(self) -> int:
        """Heads that a bar may stand for; 1 where it stands for all of them."""
        return self._along("head")

    @property
    def positions(self) -> int:
        """Positions that a bar may stand for; 1 where it stands for all of them."""
        return self._along("pos")

    def _along(self, axis: str) -> int:
        record = self.record
        return len(record.labels[record.axes.index(axis)]) if axis in record.axes else 1

    @property
    def base_tokens(self) -> tuple[str, ...]:
        """The first pair's prompt that is patched."""
        record = self.record
        return (record.corrupt_tokens if record.direction == "denoise" else record.clean_tokens)[0]

    @property
    def donor_tokens(self) -> tuple[str, ...]:
        """The first pair's prompt that is patched from."""
        record = self.record
        return (record.clean_tokens if record.direction == "denoise" else record.corrupt_tokens)[0]

    def column(self, pos: int, head: int) -> int:
        """The column of the sweep that these bars show; a place past the end is the end."""
        last = self.positions - 1
        pos = last if pos < 0 else min(pos, last)
        return min(head, self.heads - 1) * self.positions + pos

    def patch(self, layer: int, column: int) -> Patch:
        """The patch behind one bar."""
        from interp_widgets.core.patching.intervention import Patch

        head, pos = divmod(column, self.positions)
        site = f"L{layer}.{self.question.site}"
        return Patch(
            f"{site}.{head}" if self.question.mode == "head" else site,
            pos if self.question.at == "one" else None,
        )


@dataclass(frozen=True)
class Card:
    """What the model says next, without and with one patch.

    Attributes:
        place: layer and column of the bar; empty for a carried site.
        tokens: likeliest next tokens of the clean, the corrupt and the patched run.
    """

    place: tuple[int, ...]
    tokens: tuple[Tokens, ...]


@dataclass(frozen=True)
class Carried:
    """What a place of the other run did somewhere else.

    Attributes:
        move: layer and position that it was taken from, layer and position it was put into.
        site: names of both places.
        value, recovery: the metric of the patched run, and its share of the way.
        card: what the model then says.
    """

    move: tuple[int, ...]
    site: tuple[str, str]
    value: float
    recovery: float
    card: Card


@dataclass(frozen=True)
class Answered:
    """All that the view shows at once, as far as it is known."""

    ask: Ask
    swept: Swept
    card: Card | None = None
    carried: Carried | None = None
    other: Swept | None = None

    @property
    def prompt(self) -> str:
        """The clean prompt in the box."""
        return self.ask.question.pairs[0].clean


class Pursuit:
    """A sweep under way: what is known of it. Whoever asks for it again goes on where it stood."""

    def __init__(self, model: LanguageModel | None, question: Question) -> None:
        self.question = question
        self.found: Swept | None = None
        self.whole = model is None  # a viewer has what it has
        self._begin = lambda: iter(()) if model is None else sweep(model, question)
        self._rest = self._begin()

    def step(self) -> bool:
        """One batch more; False when nothing is left to do."""
        if self.whole:
            return False
        try:
            later = next(self._rest, None)
        except BaseException:
            self._rest = self._begin()  # a generator that has raised is spent
            raise
        if later is None:
            self.whole = True
        else:
            self.found = later
        return not self.whole

    def pursue(self, seconds: float) -> Swept:
        """At least a first answer, and what else is found in this time."""
        begun = time.perf_counter()
        while self.step() and time.perf_counter() - begun <= seconds:
            pass
        assert self.found is not None
        return self.found


def sweep(model: LanguageModel, question: Question) -> Iterator[Swept]:
    """The estimate by gradients, then exact values as they come, then their interval.

    Raises:
        ValueError: prompts of unequal length (token under token), a token that is several.
    """
    from interp_widgets.core.patching.activation import iter_activation_patching
    from interp_widgets.core.patching.attribution import iter_attribution_patching

    check_lengths(model, question)
    wanted = question.arguments()
    found: Swept | None = None
    for estimate in iter_attribution_patching(model, **wanted, sample=0):
        found = replace(found or _first(model, question), estimate=estimate)
        yield found
    assert found is not None
    for exact in iter_activation_patching(model, **wanted):
        found = replace(found, exact=exact)
        yield found
    if len(question.pairs) > 1:
        yield replace(found, interval=interval(found.record))


def _first(model: LanguageModel, question: Question) -> Swept:
    both = question.pairs[0][:2]
    unknown = tuple([list(s) for s in unknown_words(p, model.tokens(p))] for p in both)
    return Swept(question, None, None, None, likeliest(model, *both, k=LIKELIEST), unknown)


def interval(record: Patching) -> Tensor:
    """Bootstrap interval of the recovery over pairs, ``[2, layer, column]``."""
    ends = record.interval("recovery")
    return ends.reshape(2, ends.shape[1], -1)


def recovery(record: Patching | None, exact: bool = True) -> Tensor | None:
    """Recovery ``[layer, column]``; None where the record does not tell it."""
    if record is None:
        return None
    share = record.recovery
    if record.method == "attribution" and exact:
        if not record.exact.numel():
            return None
        base = record.corrupt if record.direction == "denoise" else record.clean
        other = record.clean if record.direction == "denoise" else record.corrupt
        share = record.exact_effect / (other - base)
    return share.reshape(len(share), -1)


def bars(swept: Swept, pos: int, head: int) -> Tensor:
    """The bars ``[layer]``: 0 the base run, 1 the other one; NaN where not known yet."""
    found = recovery(swept.record, exact=swept.exact is not None)
    assert found is not None
    return found[:, swept.column(pos, head)]


def card_of(model: LanguageModel, swept: Swept, ask: Ask) -> Card | None:
    """The card of the open bar; None where no bar is open."""
    if not 0 <= ask.opened < model.n_layers:
        return None
    column = swept.column(ask.pos, ask.head)
    tokens = _tokens(model, swept.question, swept.patch(ask.opened, column))
    return Card((ask.opened, column), tokens)


def _tokens(model: LanguageModel, question: Question, patch: Patch) -> tuple[Tokens, ...]:
    from interp_widgets.core.patching.patched_run import patched_run

    clean, corrupt, *_ = question.pairs[0]
    align = question.align or None
    ran = patched_run(model, clean, corrupt, patch, question.direction, align)
    k = min(LIKELIEST, model.d_vocab)
    return tuple(tuple(ran.top_tokens(run, k)) for run in RUNS)


def carry(model: LanguageModel, swept: Swept, ask: Ask) -> Carried | None:
    """What one place of the other run does in another place of this one.

    The first pair alone is asked: positions are places in its prompts. None if nothing is carried,
    or if it was asked while longer prompts were shown and there is no such place any more.
    """
    from interp_widgets.core.cache import cache
    from interp_widgets.core.patching.activation import activation_patching
    from interp_widgets.core.patching.intervention import Patch

    if not ask.carried:
        return None
    question = swept.question._replace(pairs=swept.question.pairs[:1])
    source, start, target, end = ask.carried
    if start >= len(swept.donor_tokens) or end >= len(swept.base_tokens):
        return None
    head = f".{min(ask.head, model.n_heads - 1)}" if question.mode == "head" else ""
    places = (f"L{source}.{question.site}{head}", f"L{target}.{question.site}{head}")
    value = cache(model, question.donor, [places[0]])[places[0]][start]
    patch = Patch(places[1], end, value)
    wanted = {k: v for k, v in question.arguments().items() if k not in ("site", "per")}
    record = activation_patching(model, **wanted, cells=[patch])
    card = Card((), _tokens(model, question, patch))
    return Carried(ask.carried, places, float(record.values[0, 0]), float(record.recovery[0]), card)


def of_record(record: Patching, model: LanguageModel | None) -> tuple[Pursuit, Swept]:
    """A stored record as the answer to its own question; with a model an estimate gets measured.

    Raises:
        ValueError: a record that has no bar a layer here.
    """
    question = question_of_record(record)
    estimated = record.method == "attribution"
    ends = interval(record) if len(question.pairs) > 1 else None
    exact = None if estimated else record
    found = Swept(question, record if estimated else None, exact, ends)
    pursuit = Pursuit(model, question)
    pursuit.found, pursuit.whole = found, model is None or not estimated
    return pursuit, found
