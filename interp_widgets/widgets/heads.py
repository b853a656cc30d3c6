"""HeadGrid: every head of a model as one cell, by what it is like or by what patching it does.

Layers go upwards, heads to the right. A head opened shows its card: all its numbers, where it looks
on the prompt, what it writes. Heads can be tagged with a role, gathered in a set, and followed to
the later heads they feed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
import traitlets

from interp_widgets.core.heads import HeadScores, iter_head_scores
from interp_widgets.core.patching.record import Patching
from interp_widgets.widgets import _heads_data as data
from interp_widgets.widgets import _heads_paths as paths
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._heads_card import card_jobs, cards, is_small
from interp_widgets.widgets._heads_data import EFFECTS, KINDS, REPLACE, Effect, Question, name
from interp_widgets.widgets._heads_source import (
    check_head,
    check_state,
    question_of,
    read_prompts,
    size_of,
    sorted_out,
)
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._jobs import Job, JobWidget
from interp_widgets.widgets._prompt_words import short
from interp_widgets.widgets._traits import drawn, state
from interp_widgets.widgets._traits import packed as with_bytes

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.circuit import Circuit


class HeadGrid(JobWidget):
    """All heads as a grid, layer × head, by a score or by what patching each of them does.

    Args:
        source: a model, or what to show: `HeadScores`, a frame such as `iw.heads` gives (columns
            layer, head, and scores of any name), or a `Patching` with a number a layer and head.
        model: the model, where ``source`` is a record: then prompts can be typed, cards show
            patterns, and other effects can be asked for.
        prompt: what the cards' patterns are shown on, where there is no pair. Without one it is
            some random tokens that come twice.
        clean: the prompt with a behaviour; with the three that follow, effects of heads on it are
            measured.
        corrupt: the prompt without it, token for token as long.
        answer: the token that the clean prompt calls for, as its text (``" Paris"``).
        distractor: the token that the corrupt prompt calls for; empty for none (then the metric is
            the answer's log-probability).
        roles: a word for heads whose part is known, ``{"L5.z.2": "mover", (3, 1): "induction"}``.
        reference: prompts for mean ablation; the pair's own two without them.
        offers: prompts the model speaks, as texts or as `iw.prompts(family)` lists them.
        **state: any of `measure`, `opened`, `selected`, `sender`, `receiver`.

    Attributes:
        measure: what is drawn: a score of `iw.heads` (``"induction"``, on random tokens unless the
            record was made on a prompt); with a pair ``"denoise"``, ``"noise"`` (patching each
            head), ``"zero"``, ``"mean"`` (ablating it); ``"record"``, the Patching given.
        opened: the head whose card is open, as [layer, head]; [] for none.
        selected: heads gathered in a set, [[layer, head], ...].
        roles: the word each head is tagged with, by its name.
        sender: the head whose direct path to the receiver is measured, by its name; ``""`` for
            none.
        receiver: ``"logits"``, what a head reads (``"L5.q.2"``), or an MLP (``"L5.mlp_in"``).
        circuit: names of the heads that were run alone; [] for none.
        replace: what the outputs of all other heads are replaced by then: those of the
            ``"corrupt"`` run, their ``"mean"`` over reference prompts, or ``"zero"``.

    Raises:
        TypeError: no model and no record, or half a pair.
        ValueError: a record without a number a head, prompts of unequal length, a token's text
            that is several tokens, a measure or a head that is not there.

    Example:
        >>> HeadGrid(iw.load(), prompt="The capital of France is")  # doctest: +SKIP
    """

    _esm = STATIC / "heads.js"

    measure = state(traitlets.Unicode("induction"))
    opened = state(traitlets.List(traitlets.Int(), maxlen=2))
    selected = state(traitlets.List(traitlets.List(traitlets.Int(), minlen=2, maxlen=2)))
    roles = state(traitlets.Dict(value_trait=traitlets.Unicode(), key_trait=traitlets.Unicode()))

    sender = state(traitlets.Unicode(""))
    receiver = state(traitlets.Unicode("logits"))
    replace = state(traitlets.Enum(REPLACE, "corrupt"))
    circuit = state(traitlets.List(traitlets.Unicode()))

    shown = with_bytes(traitlets.Dict())
    grid = with_bytes(traitlets.Dict())  # the effect that is asked for
    cards = with_bytes(traitlets.Dict())  # by name: of the open head, in an exported page of all
    route = drawn(traitlets.Dict())  # what the path from sender to receiver does
    ran = drawn(traitlets.Dict())  # what the set that was run does alone

    ACTIONS = (
        *("measure", "effect", "open", "select", "role", "path", "replace", "run"),
        *("prompt", "answer", "distractor"),
    )
    COMPUTES = ("effect", "path", "replace", "run", "prompt", "answer", "distractor")

    def __init__(
        self,
        source: LanguageModel | HeadScores | Patching | pd.DataFrame | None = None,
        *,
        model: LanguageModel | None = None,
        prompt: str | None = None,
        clean: str | None = None,
        corrupt: str | None = None,
        answer: str | None = None,
        distractor: str = "",
        roles: Mapping[Any, str] | None = None,
        reference: Sequence[Any] = (),
        offers: Sequence[Any] = (),
        **state: Any,
    ) -> None:
        record, model = sorted_out(source, model)
        self._record, self._reference = record, tuple(reference)
        self._given = data.of_record(record) if isinstance(record, Patching) else None
        self._size = size_of(record, model)
        given = record.kinds if isinstance(record, HeadScores) else ()
        self._kinds = given or (KINDS if model is not None else ())
        asked = (clean, corrupt, answer, distractor or None)
        question, single = question_of(record, model, prompt, asked)
        self._latest: Effect | None = self._given
        self._paired = question is not None
        prompts = [single] if single is not None else []
        if question is not None:
            prompts = [question.clean, question.corrupt]
            state = {**state, "answer": question.answer, "distractor": question.distractor}
        scored = "induction" if "induction" in self._kinds else (*self._kinds, "")[0]
        first = "record" if self._given else "denoise" if question else scored
        state = {"measure": first, "opened": [], "selected": [], **state, "prompts": prompts}
        check_state(self._size, model, state, roles or {})
        self._check_measure(state["measure"], model is not None)
        self._named = record.model if model is None else model.name
        scored = isinstance(record, HeadScores)
        known = {self._key_of(prompts): record} if scored else {}
        super().__init__(model, offers, known, roles=data.named_roles(roles), **state)

    # -- what is known -------------------------------------------------------------------------

    @property
    def scores(self) -> HeadScores | None:
        """The scores, as far as they are known."""
        return self._known(self._scores_key)

    @property
    def effect(self) -> Patching | None:
        """The Patching record of the effect drawn: exact where it is known, else the estimate."""
        found = self._effect()
        return None if found is None else found.record

    @property
    def values(self) -> Tensor:
        """What is drawn, ``[layer, head]``; NaN where it is not known yet or not defined."""
        blank = torch.full(self._size, torch.nan)
        if self.measure in self._kinds:
            return blank if self.scores is None else self.scores[self.measure]
        found = self._effect()
        if found is None:
            return blank
        exact, estimate = found.planes()
        return torch.where(exact.isnan(), estimate, exact)

    @property
    def question(self) -> Question | None:
        """The pair asked about, in the present state."""
        if not self._paired:
            return None
        return Question(self.prompts[0], self.prompts[1], self.answer, self.distractor)

    def _effect(self) -> Effect | None:
        """The effect that is drawn, or None while nothing of it is known."""
        if self.measure == "record":
            return self._given
        return self._known(self._effect_key)

    @property
    def _effect_key(self) -> tuple[Any, ...]:
        to = self.receiver if self.measure == "path" else ""
        return ("effect", self.measure, to, self.question)

    @property
    def path(self) -> Patching | None:
        """What the sender does through the receiver alone, or None while it is not known."""
        return self._known(("path", self.sender, self.receiver, self.question))

    @property
    def _scores_key(self) -> tuple[str, str | None]:
        return self._key_of(self.prompts)

    def _key_of(self, prompts: Sequence[str]) -> tuple[str, str | None]:
        """Scores are of random tokens, unless the record's are of a prompt: then of that typed."""
        on_prompt = prompts and getattr(self._record, "seed", 0) is None
        return "scores", prompts[0] if on_prompt else None

    @property
    def run(self) -> Circuit | None:
        """What the heads in `circuit` do alone, or None while it is not known."""
        return self._known(("circuit", tuple(self.circuit), self.replace, self.question))

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. Opening the open head closes it."""
        match action:
            case {"do": "measure" | "effect", "by": str(by)}:
                return {**state, "measure": by}
            case {"do": "open", "layer": int(layer), "head": int(head)}:
                there = state["opened"] == [layer, head]
                return {**state, "opened": [] if there else [layer, head]}
            case {"do": "select", "heads": list(heads)}:
                return {**state, "selected": sorted([int(i) for i in head] for head in heads)}
            case {"do": "role", "layer": int(layer), "head": int(head), "text": str(text)}:
                others = {k: v for k, v in state["roles"].items() if k != name([layer, head])}
                named = {name([layer, head]): text.strip()} if text.strip() else {}
                return {**state, "roles": data.named_roles({**others, **named})}
        return paths.reduced(state, action) or JobWidget.reduce(state, action)

    def check(self, action: Action) -> None:
        """Refuses heads and measures that are not there, and what only a model can answer."""
        super().check(action)
        match action:
            case {"do": "measure" | "effect", "by": str(by)}:
                self._check_measure(by, self.live)
            case {"do": "set", "name": "measure", "value": str(by)}:
                self._check_measure(by, self.live)
            case {"do": "open" | "role", "layer": int(layer), "head": int(head)}:
                check_head(self._size, [layer, head])
            case {"do": "set", "name": "opened", "value": list(head)}:
                check_head(self._size, head)
            case {"do": "select", "heads": list(heads)}:
                for head in heads:
                    check_head(self._size, head or [-1, -1])
            case {"do": "set", "name": "selected" | "circuit" | "roles", "value": heads}:
                for head in data.named_roles(heads) if isinstance(heads, dict) else heads:
                    check_head(self._size, data.place_of(head))
            case {"do": "run"} if not self._paired or not self.selected:
                raise ValueError(
                    "Running a set needs heads in it, and a pair: HeadGrid(model, clean=…, "
                    "corrupt=…, answer=…)."
                )
            case {"do": "path", "sender": str(sender), "receiver": str(receiver)}:
                self._check_path(sender, receiver)
            case {"do": "set", "name": "sender", "value": str(sender)}:
                self._check_path(sender, self.receiver)
            case {"do": "set", "name": "receiver", "value": str(receiver)}:
                self._check_path(self._history.state["sender"], receiver)

    def _check_path(self, sender: str, receiver: str) -> None:
        model = self._check_live()
        paths.check_path(self._size, model.n_kv_heads, sender, receiver)

    def _measures(self, live: bool) -> list[str]:
        """What can be drawn."""
        record = ["record"] if self._given else []
        effects = list(EFFECTS) if self._paired and live else []
        return [*record, *effects, *self._kinds]

    def _check_measure(self, by: str, live: bool) -> None:
        known = self._measures(live)
        if by in known:
            return
        more = "" if live else " With a model there are more: record.widget(model=model)."
        if live and by in EFFECTS:
            more = f" {by!r} needs clean=, corrupt= and answer=."
        raise ValueError(f"measure is one of {', '.join(known)}; got {by!r}.{more}")

    def opening_actions(self) -> list[Action]:
        """The question and the measure shown now, as actions."""
        do = "effect" if self.measure in EFFECTS else "measure"
        return [*super().opening_actions(), {"do": do, "by": self.measure}]

    # -- answers -------------------------------------------------------------------------------

    def _jobs(self) -> list[Job]:
        """What the boxes need, the open card, then what is drawn, then the scores all the same."""
        model = self._model
        if model is None:
            return []
        question, prompts = self.question, tuple(self.prompts)
        jobs = [Job(("read", prompts), lambda: iter([read_prompts(model, prompts)]))]
        last: list[Job] = []
        if self.opened:
            *early, composed = card_jobs(model, self._prompt, *self.opened)
            jobs, last = [*jobs, *early], [composed]
        if question is not None and self.sender:
            path = (question, self.sender, self.receiver)
            key = ("path", self.sender, self.receiver, question)
            jobs.append(Job(key, lambda: paths.path_steps(model, *path)))
        if question is not None and self.circuit:
            heads, about = tuple(self.circuit), (self.replace, self._reference)
            key = ("circuit", heads, self.replace, question)
            jobs.append(Job(key, lambda: paths.circuit_steps(model, question, heads, *about)))
        if question is not None and self.measure in EFFECTS:
            asked = (question, self.measure, self.receiver, self._reference)
            jobs.append(Job(self._effect_key, lambda: data.effect_steps(model, *asked)))
        key = self._scores_key
        jobs.append(Job(key, lambda: iter_head_scores(model, key[1])))
        return [*jobs, *last]

    @property
    def _prompt(self) -> str | None:
        """What the cards' patterns are of."""
        return self.prompts[0] if self.prompts else None

    def _views(self) -> dict[str, Any]:
        """All that the page draws."""
        found = self._effect()
        stale = found is None
        if found is None and self.measure in EFFECTS:
            found = self._latest  # drawn faintly until the answer comes
        self._latest = found or self._latest
        read = self._known(("read", tuple(self.prompts))) or {}
        layers, heads = self._size
        shown = {
            "model": self._named,
            "layers": layers,
            "heads": heads,
            "measures": self._measures(self.live),
            "kvHeads": heads if self._model is None else self._model.n_kv_heads,
            "kinds": list(self._kinds),
            "scoredOn": data.scored_on(self.scores, self._scores_key[1]),
            "prompts": list(self.prompts),
            "unknown": [[] for _ in self.prompts],
            "likeliest": [],
            "planes": data.score_plane(None if self.scores is None else self.scores.scores),
        }
        return {
            "shown": {**shown, **read},
            "grid": data.grid(found, stale),
            "cards": cards(self._known, self._prompt, [self.opened] if self.opened else []),
            "ran": paths.circuit_view(self.run, self.circuit, self.replace),
            "route": paths.path_view(self.path, self.sender, self.receiver),
        }

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """How many heads, by what they are drawn, and which stand out."""
        layers, heads = self._size
        by = self.measure.replace("_", " ")
        said = f"{layers} × {heads} heads of {self._named} by {by}:"
        top = data.best(self.values)
        if top:
            said += " highest " + ", ".join(f"{head} ({value:z.2f})" for head, value in top) + "."
        else:
            said += " nothing is known yet, or it is not defined here."
        if self.opened:
            role = self.roles.get(name(self.opened))
            said += f" Open: {name(self.opened)}{f', {role}' if role else ''}."
        if self.selected:
            said += f" Selected: {', '.join(map(name, self.selected))}."
        if self.run is not None:
            said += f" {self.run.describe()}"
        return said

    def export_state(self) -> dict[str, Any]:
        """With every card while they stay small: any head can be opened."""
        layers, heads = self._size
        every = [[layer, head] for layer in range(layers) for head in range(heads)]
        if self._model is not None and is_small(self._model, self._prompt):
            for head in every:
                for job in card_jobs(self._model, self._prompt, *head):
                    for found in () if job.key in self._whole else job.steps():
                        self._keep(job.key, found)
                    self._whole.add(job.key)
            self.push(cards=cards(self._known, self._prompt, every))
        return self.get_state()

    def _figure(self) -> Any:
        from interp_widgets.plots.heads import plot_grid

        places = {head: data.place_of(head) for head in self.roles}
        roles = {(at[0], at[1]): self.roles[head] for head, at in places.items()}
        title, label, ends = data.caption(self.measure, self.values, self._effect())
        title = f"{title[:1].upper()}{title[1:]} · {self._named}"
        return plot_grid(self.values.numpy(), title, label, ends, roles)

    def _heading(self) -> str:
        return f"Heads of {self._named}"

    def _brief(self) -> str:
        layers, heads = self._size
        prompts = "".join(f"{short(prompt)}, " for prompt in self.prompts)
        return f"{prompts}{layers} layers × {heads} heads, {self.measure}, {self._named}"
