"""LayerBarPatching: one bar a layer, how much of an answer a patch there brings back.

A gradient estimates all bars at once; exact runs then replace it, bar by bar, and the difference
stays visible. The bars of one position, one head, an attention or an MLP differ from layer to
layer. Patched at all positions, the stream is the whole run, and every bar is 1. What a place of
one run holds can also be carried to any other place of the other run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import traitlets

from interp_widgets.widgets import _patching_data as data
from interp_widgets.widgets import _patching_question as asking
from interp_widgets.widgets import _patching_sent, _patching_state, _patching_words
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._patching_code import code_of
from interp_widgets.widgets._patching_data import Answered, Pursuit, Swept
from interp_widgets.widgets._patching_question import ALIGNS, ATS, DIRECTIONS, MODES, Ask, Question
from interp_widgets.widgets._prompt_words import short
from interp_widgets.widgets._prompted import CACHE_CELLS, PromptedWidget
from interp_widgets.widgets._traits import drawn, packed, state

if TYPE_CHECKING:
    from torch import Tensor

    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.record import Patching

Texts = str | Sequence[str]


class LayerBarPatching(PromptedWidget):
    """Activation patching as bars: how far a patch in each layer moves one run to the other.

    Args:
        record: what to show. Without it the other arguments say what to compute.
        model: lets a person type prompts and tokens and change what is patched; without it the
            widget shows its record and no more.
        clean: the prompt with the behaviour, when there is no record; a list for several pairs,
            whose mean is shown with a bootstrap interval.
        corrupt: the prompt without it, token for token as long; as many as clean ones.
        answer: the token that the clean prompt calls for, as its text (``" Paris"``); one for all
            pairs or a list.
        distractor: the token that the corrupt prompt calls for; empty for none (then the metric is
            the answer's log-probability).
        align: ``"diff"`` patches what two prompts of unequal length have in common; ``""`` refuses
            them.
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of the attributes below.

    Attributes:
        mode: what is patched: ``"all"`` positions of the stream, one ``"position"`` of it, the
            output of an ``"attention"`` or an ``"mlp"``, or of one ``"head"``.
        at: whether attention, MLP or head are patched at ``"all"`` positions or at ``"one"``.
        direction: ``"denoise"`` (clean into corrupt) or ``"noise"`` (corrupt into clean).
        pos: the one position that is patched; -1 for the last one.
        head: the head that ``"head"`` patches, of every layer.
        opened: the layer whose card is open; -1 for none.
        carried: ``[layer, pos, layer, pos]``: what the first place of the one run holds is put into
            the second of the other; empty for none.
        pairs: ``[clean, corrupt, answer, distractor]`` of each pair besides that in the boxes.
        runs: earlier questions, the last one latest; `compared` is the index of the one that is
            compared with, -1 for none, and `contrast` how: ``"beside"`` or ``"difference"``.
        answer: the token asked about.
        distractor: the token it is compared with.
        prompts: the clean and the corrupt prompt.

    Raises:
        TypeError: neither a record nor all that is needed to compute one, or both.
        ValueError: prompts of unequal length (both are shown, token under token), a token's text
            that is several tokens, a layer, head or position that is not there.
    """

    _esm = STATIC / "patching.js"

    mode = state(traitlets.Enum(MODES, "position"))
    at = state(traitlets.Enum(ATS, "all"))
    direction = state(traitlets.Enum(DIRECTIONS, "denoise"))
    align = state(traitlets.Enum(ALIGNS, ""))
    pos = state(traitlets.Int(-1))
    head = state(traitlets.Int(0))
    opened = state(traitlets.Int(-1))
    carried = state(traitlets.List(traitlets.Int()))
    pairs = state(traitlets.List(traitlets.List(traitlets.Unicode())))
    runs = state(traitlets.List(traitlets.Dict()))
    compared = state(traitlets.Int(-1))
    contrast = state(traitlets.Enum(_patching_state.CONTRASTS, "beside"))
    answer = state(traitlets.Unicode(""))
    distractor = state(traitlets.Unicode(""))

    shown = packed(traitlets.Dict())
    note = drawn(traitlets.Unicode(""))  # why these bars look as they do, where it needs saying
    card = drawn(traitlets.Dict())  # what the model says next, of the open bar
    moved = drawn(traitlets.Dict())  # what the carried site did
    other = packed(traitlets.Dict())  # the bars that these are compared with
    code = drawn(traitlets.Dict())  # Python that finds the same numbers, and of which bars
    names = drawn(traitlets.List())  # of each run, "" of one that was never answered
    pairing = drawn(traitlets.Dict())  # prompts of unequal length, token under token

    ACTIONS = _patching_state.ACTIONS
    COMPUTES = _patching_state.COMPUTES

    def __init__(
        self,
        record: Patching | None = None,
        *,
        model: LanguageModel | None = None,
        clean: Texts | None = None,
        corrupt: Texts | None = None,
        answer: Texts | None = None,
        distractor: Texts = "",
        align: str = "",
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        given = (clean, corrupt, answer, distractor or None)
        pursuit, swept = _first(record, model, given, align, state)
        question = swept.question
        self._models = [model]
        self._swept: dict[Question, Swept] = {question: swept} if pursuit.whole else {}
        self._pursuit: Pursuit | None = pursuit
        self._answered = {question}
        shown = Answered(Ask(question), swept)
        for name in ("pos", "head", "opened", "carried"):
            if name in state:
                _patching_state.check_place(shown, model, name, state[name])
        first, *others = question.pairs
        taken = {name: state[name] for name in state if name not in ("mode", "at", "direction")}
        opening = {
            "mode": question.mode,
            "at": state.get("at", "all") if question.mode in ("all", "position") else question.at,
            "direction": question.direction,
            "align": question.align,
            "pairs": [list(pair) for pair in others],
            "prompts": list(first[:2]),
            "answer": first.answer,
            "distractor": first.distractor,
        }
        super().__init__(
            [shown],
            [model],
            # What is not whole yet, or has a card, is asked for again, by the runner.
            also=[Ask(question) if pursuit.whole else None],
            offers=offers,
            **opening,
            **taken,
        )

    @property
    def record(self) -> Patching:
        """The record shown: exact where it is known, else the estimate."""
        return self._records[0].swept.record

    @property
    def recovery(self) -> Tensor:
        """The bars ``[layer]``: 0 the base run, 1 the other one; NaN where not known yet."""
        return data.bars(self._records[0].swept, self.pos, self.head)

    @property
    def interval(self) -> Tensor:
        """The 95 % bootstrap interval of the bars over pairs, ``[2, layer]``; NaN if not known."""
        swept = self._records[0].swept
        if swept.interval is None:
            return self.recovery.new_full((2, len(self.recovery)), float("nan"))
        return swept.interval[:, :, swept.column(self.pos, self.head)]

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. An open card stays open while what is patched changes."""
        new = _patching_state.reduced(state, action)
        return PromptedWidget.reduce(state, action) if new is None else new

    def check(self, action: Action) -> None:
        """Refuses places that are not there, texts of several tokens, sweeps without a model."""
        super().check(action)
        asks = action.get("name") in _patching_state.ASKED if action["do"] == "set" else False
        if asks or action["do"] in self.COMPUTES:
            self._check_live()
        _patching_state.check(self._records[0], self._models[0], self._history.state, action)

    def opening_actions(self) -> list[Action]:
        """The question shown now, as actions, so that an exported page comes back to it."""
        asked = super().opening_actions()
        if asked:
            for which in ("mode", "at", "direction", "align"):
                asked += [{"do": which, "by": getattr(self, which)}]
            asked += [{"do": which, "text": getattr(self, which)} for which in asking.TOKENS]
        return asked

    # -- answers -------------------------------------------------------------------------------

    def _also(self, side: int) -> Ask:
        state = {name: getattr(self, name) for name in self.state_names()}
        question = asking.question_of(state)
        run = asking.run_of(self.runs[self.compared]) if self.compared >= 0 else None
        ask = Ask(question, compared=run)
        if self.opened < 0 and not self.carried:
            return ask
        return ask._replace(
            opened=self.opened,
            pos=self.pos if question.at == "one" and self.opened >= 0 else 0,
            head=self.head if question.mode == "head" else 0,
            carried=tuple(self.carried),
        )

    def _steps(self, side: int, prompt: str, also: Any) -> Iterator[Answered]:
        """The estimate, what is asked about single places, exact values, what is compared."""
        ask: Ask = also
        model = cast("LanguageModel", self._models[side])
        known = (
            ask.question in self._swept
        )  # then the bars are there, and only cards are waited for
        sweeping = self._sweeping(model, ask.question)
        found = Answered(ask, next(sweeping))
        if ask.opened >= 0 or ask.carried:
            if not known:
                yield found
            card = data.card_of(model, found.swept, ask)
            found = Answered(ask, found.swept, card, data.carry(model, found.swept, ask))
        yield found
        for swept in sweeping:
            found = Answered(ask, swept, found.card, found.carried)
            yield found
        if ask.compared is not None:
            for other in self._sweeping(model, ask.compared.question):
                yield Answered(ask, found.swept, found.card, found.carried, other)

    def _sweeping(self, model: LanguageModel, question: Question) -> Iterator[Swept]:
        """A sweep as far as it is known, and on from there: it is never begun twice."""
        known = self._swept.get(question)
        if known is None:
            pursuit = self._pursuit
            if pursuit is None or pursuit.question != question:
                pursuit = self._pursuit = Pursuit(model, question)
            if pursuit.found is None:
                pursuit.step()
            yield cast(Swept, pursuit.found)
            while pursuit.step():
                yield cast(Swept, pursuit.found)
            known = self._swept[question] = cast(Swept, pursuit.found)
            self._answered.add(question)
            self._pursuit = None
            cells = sum(one.record.values.numel() for one in self._swept.values())
            while cells > CACHE_CELLS and len(self._swept) > 1:
                oldest = self._swept.pop(next(iter(self._swept)))
                cells -= oldest.record.values.numel()
        yield known

    def _cells(self, record: Answered) -> int:
        return record.swept.record.values.numel()

    def _views(self) -> dict[str, Any]:
        found = self._records[0]
        runs = [asking.run_of(run) for run in self.runs]
        return {
            "shown": _patching_sent.overview(found, _tolerance(self._models[0])),
            "note": _patching_words.note(found),
            "card": _patching_sent.card_sent(found),
            "moved": _patching_sent.moved_sent(found.carried),
            "other": _patching_sent.other_sent(found),
            "code": {"text": self._code(), "of": [self.pos, self.head]},
            "names": [self._name(run) if run.question in self._answered else "" for run in runs],
            "pairing": _patching_sent.pairing(self._models[0], self.prompts),
        }

    def _code(self) -> str:
        return code_of(self._records[0], self._models[0], self.pos, self.head)

    def _name(self, run: asking.Run) -> str:
        model = cast("LanguageModel", self._models[0])
        return _patching_words.named(run, tuple(model.tokens(run.question.base)))

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """What is patched into what, and the layers where that brings back most and least."""
        return _patching_words.sentence(self._records[0], self.pos, self.head)

    def _figure(self) -> Any:
        from interp_widgets.plots.patching import plot_layers

        found = self._records[0]
        estimate = data.recovery(found.swept.estimate, exact=False)
        bars = self.recovery
        hollow = bars if estimate is None else estimate[:, found.swept.column(self.pos, self.head)]
        if found.swept.exact is None:
            bars = bars.new_full(bars.shape, float("nan"))
        ends = ("corrupt", "clean") if self.direction == "denoise" else ("clean", "corrupt")
        title = _patching_words.title(found, self.pos, self.head)
        return plot_layers(bars, hollow, self.interval, title, ends)

    def _heading(self) -> str:
        return f"Patching layer by layer: {self._brief()}"

    def _brief(self) -> str:
        clean, corrupt = (short(prompt) for prompt in self.prompts)
        more = f" and {len(self.pairs)} more pairs" if self.pairs else ""
        return f"{clean} / {corrupt}{more}, {self.answer!r}, {self.mode}, {self.direction}"


def _tolerance(model: LanguageModel | None) -> float:
    """By what share of the gap between the two runs rounding may move the checks."""
    short = model is not None and model.dtype.itemsize < 4
    return 0.05 if short else 1e-3


def _first(
    record: Patching | None,
    model: LanguageModel | None,
    given: tuple[Any, ...],
    align: str,
    state: State,
) -> tuple[Pursuit, Swept]:
    """What the widget opens with, and how to go on where that is not all there is to know."""
    if record is not None:
        if any(one is not None for one in given):
            raise TypeError("LayerBarPatching got a record and a question; it needs one of them.")
        if not hasattr(record, "check_whole"):
            raise TypeError(
                f"LayerBarPatching shows a Patching record, not a {type(record).__name__}. To "
                'compute one: LayerBarPatching(model=model, clean="…", corrupt="…", answer=" …").'
            )
        return data.of_record(record, model)
    clean, corrupt, answer, distractor = given
    if model is None or clean is None or corrupt is None or answer is None:
        raise TypeError(
            "LayerBarPatching needs a record, or model=, clean=, corrupt= and answer=: "
            'LayerBarPatching(model=iw.load(), clean="…", corrupt="…", answer=" …").'
        )
    mode, at = state.get("mode", "position"), state.get("at", "all")
    wanted = {"mode": mode, "at": at, "direction": state.get("direction", "denoise")}
    for (name, value), known in zip(
        {**wanted, "align": align}.items(), (MODES, ATS, DIRECTIONS, ALIGNS), strict=True
    ):
        if value not in known:
            raise ValueError(f"{name}= is one of {', '.join(map(repr, known))}; got {value!r}.")
    pairs = asking.pairs_given(clean, corrupt, answer, distractor)
    pairs += tuple(asking.check_pair(pair) for pair in state.get("pairs", ()))
    for pair in pairs:
        asking.check_tokens(model, pair)
    wanted["at"] = asking.at_of(mode, at)
    pursuit = Pursuit(model, Question(pairs, **wanted, align=align))
    return pursuit, pursuit.pursue(data.PATIENCE_S)
