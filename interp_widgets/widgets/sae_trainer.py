"""SAETrainer: sparse autoencoders in training, live: watch, steer, pause, rewind, race.

Training runs in a thread of its own, so that other cells run meanwhile. Ten times a second at most
it says what is new in at most four kilobytes; what costs time to look at (firing rates, the match
with true directions, examples) is asked for as seldom as keeps it near a hundredth of the training.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import traitlets

from interp_widgets.widgets import _sae_sent as sent
from interp_widgets.widgets._base import STATIC
from interp_widgets.widgets._history import Action, State
from interp_widgets.widgets._sae_checks import SCALES, check_action, check_state
from interp_widgets.widgets._sae_entrant import MEASURES
from interp_widgets.widgets._sae_race import (
    Field,
    Frozen,
    examples_of,
    settings_of_training,
    switched,
)
from interp_widgets.widgets._sae_words import sentence
from interp_widgets.widgets._sae_work import GAP_S, TrainerWork
from interp_widgets.widgets._traits import drawn, packed, state

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.training_record import Training
    from interp_widgets.core.dictionary.training_run import TrainingRun
    from interp_widgets.core.language_model import LanguageModel

MODES = ("paused", "running", "stopped")
_AT_REST = {"mode": "paused", "walked": 0, "picked": -1}  # when the field of runs changes


class SAETrainer(TrainerWork):
    """Trains sparse autoencoders while you watch, and lets you steer.

    Training goes on when the cell's output is cleared or the notebook is closed, as any thread of
    the kernel does; displayed again, the widget shows where it is. `pause`, `stop`, `close` or the
    end of the kernel end it. Interrupting the kernel stops a cell, not the training. A second
    trainer of the same run takes it over from the first, which is paused.

    Args:
        run: a run (`iw.train_sae`), a record of one (a viewer), or several of them: a race, in
            which each takes one step in turn.
        data: instead of a run, what one is made of: activations ``[token, d]``, samples that were
            made (`GroundTruth`: found directions are matched with the true ones), or a model.
        race: with `data`, the settings of each run, over those given for all:
            ``race=[{"variant": "topk"}, {"variant": "relu", "l1": 0.1}]``.
        model: reads `texts`, for the examples of a latent of a run at one of its sites; where
            `data` is a model it is that one.
        texts: to train on where `data` is a model; examples of a latent are looked for in two
            thousand tokens from all over them.
        **given: settings of `iw.train_sae` (with `data`), and any of `mode`, `chosen`, `picked`,
            `measure`, `scale`, `window`.

    Attributes:
        mode: ``"paused"``, ``"running"`` or ``"stopped"``.
        walked: steps asked for one by one.
        rewound: how many times training was rewound, and to which step at last.
        designs: of each run made here, what can be chosen anew:
            ``{"base": 0, "variant": "topk", "d_sae": 256, "broken": ["center"]}``. Its base is its
            place in `race`; what is broken on purpose are some of ``"norm"`` (no decoder norm in
            the penalty), ``"center"``, ``"l1_up"`` and ``"l1_down"`` (λ × 100 and / 100), and
            ``"width"`` (as many latents as dimensions).
        settings: of each run, the knobs that were turned: ``{"k": 8, "lr": 1e-3, "l1": 0.1}``.
        chosen: the run that sliders, histogram, match and latent are of.
        picked: the latent that is looked at; -1 for none.
        measure: what the large curve shows, one of `MEASURES`.
        scale: ``"log"`` or ``"linear"``, of measures that are never below 0.
        window: first and last step of the part of the curve that is seen; empty for all of it.

    Raises:
        TypeError: nothing to train or show, or both a run and data.
        ValueError: no such run, latent or measure; settings for a run that is made already.
    """

    _esm = STATIC / "sae_trainer.js"

    mode = state(traitlets.Enum(MODES, "paused"))
    walked = state(traitlets.Int(0))
    rewound = state(traitlets.List(traitlets.Int(), [0, 0], minlen=2, maxlen=2))
    settings = state(traitlets.List(traitlets.Dict()))
    designs = state(traitlets.List(traitlets.Dict()))
    chosen = state(traitlets.Int(0))
    picked = state(traitlets.Int(-1))
    measure = state(traitlets.Enum(MEASURES, "loss"))
    scale = state(traitlets.Enum(SCALES, "log"))
    window = state(traitlets.List(traitlets.Int()))

    curves = packed(traitlets.Dict())  # everything, for a view that opens
    pulse = packed(traitlets.Dict())  # what is new since the last message
    marks = drawn(traitlets.List())
    kept = drawn(traitlets.List())
    density = packed(traitlets.Dict())
    match = packed(traitlets.Dict())
    card = packed(traitlets.Dict())
    closeup = packed(traitlets.Dict())

    ACTIONS = (
        *("start", "pause", "step", "stop", "rewind", "change"),
        *("make", "break", "enter", "leave", "run", "pick", "measure", "scale", "window"),
    )
    COMPUTES = (*ACTIONS[:6], "make", "break", "enter", "leave", "run", "pick")

    def __init__(
        self,
        run: TrainingRun | Training | Sequence[TrainingRun | Training] | Frozen | None = None,
        *,
        data: Any = None,
        race: Sequence[Mapping[str, Any]] = (),
        model: LanguageModel | None = None,
        texts: Any = None,
        **given: Any,
    ) -> None:
        own = {n: given.pop(n) for n in [*self.state_names(), "layout"] if n in given}
        if texts is not None and run is None:
            given["texts"] = texts
        self._frozen = isinstance(run, Frozen)
        field = Field(run, data, race, given)
        entrants = field.entrants(field.designs)
        own.setdefault("settings", [{} for _ in entrants])
        if not self._frozen:
            check_state(entrants, own)
        own.setdefault("designs", field.designs)
        self._seq, self._spoke = 0, float("-inf")
        super().__init__(field, entrants, examples_of(entrants, data, model, texts), **own)
        self._opening = dict(self._history.state)
        self._take_over()

    @classmethod
    def _names_passed_on(cls) -> set[str]:
        return settings_of_training()

    # -- by hand, in Python --------------------------------------------------------------------

    @property
    def runs(self) -> list[Any]:
        """The runs, or the records of runs, in the order of the race."""
        return [one.run for one in self._entrants]

    @property
    def run(self) -> Any:
        """The chosen one of them."""
        return self._one.run

    @property
    def working(self) -> bool:
        """Whether a thread is training now."""
        return self._at_work

    def start(self) -> Self:
        """Trains on, in a thread of its own; returns at once. `wait` waits for the end."""
        return self.act({"do": "start"})

    def pause(self) -> Self:
        """Pauses after the step under way."""
        return self.act({"do": "pause"})

    def step(self, n: int = 1) -> Self:
        """Trains so many steps of every run, then pauses."""
        return self.act({"do": "step", "n": n})

    def stop(self) -> Self:
        """Ends the training before all its steps are done; a rewind opens it again."""
        return self.act({"do": "stop"})

    def resume(self) -> Self:
        """Trains on."""
        return self.start()

    def rewind(self, step: int) -> Self:
        """Goes back to the kept state at or before a step, of every run, and pauses there."""
        return self.act({"do": "rewind", "to": step})

    def change(self, run: int | None = None, **knobs: float) -> Self:
        """Changes λ (`l1`), `k` or `lr` of a run, or of the chosen one, from its next step on."""
        for knob, value in knobs.items():
            index = self.chosen if run is None else run
            self.act({"do": "change", "run": index, "what": knob, "to": value})
        return self

    # -- state ---------------------------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The one reducer; pure. A latent picked twice is let go."""
        match action:
            case {"do": "start"}:
                return {**state, "mode": "running"}
            case {"do": "pause"}:
                return {**state, "mode": "paused"}
            case {"do": "stop"}:
                return {**state, "mode": "stopped"}
            case {"do": "step", "n": int(n)}:
                return {**state, "mode": "paused", "walked": state["walked"] + n}
            case {"do": "rewind", "to": int(step)}:
                times = state["rewound"][0] + 1
                return {**state, "mode": "paused", "walked": 0, "rewound": [times, step]}
            case {"do": "change", "run": int(run), "what": str(knob), "to": float() | int() as to}:
                settings = [
                    {**knobs, knob: to} if i == run else knobs
                    for i, knobs in enumerate(state["settings"])
                ]
                return {**state, "settings": settings}
            case {"do": "make", "run": int(run), "what": "variant" | "d_sae" as what, "to": to}:
                designs = [
                    {**design, what: to} if i == run else design
                    for i, design in enumerate(state["designs"])
                ]
                settings = [{} if i == run else s for i, s in enumerate(state["settings"])]
                return {**state, **_AT_REST, "designs": designs, "settings": settings}
            case {"do": "break", "run": int(run), "switch": str(switch)}:
                designs = [
                    {**design, "broken": switched(design["broken"], switch)} if i == run else design
                    for i, design in enumerate(state["designs"])
                ]
                settings = [{} if i == run else s for i, s in enumerate(state["settings"])]
                return {**state, **_AT_REST, "designs": designs, "settings": settings}
            case {"do": "enter", "variant": str(variant)}:
                like = (state["designs"] or [{}])[min(state["chosen"], len(state["designs"]) - 1)]
                designs = [*state["designs"], {**like, "variant": variant}]
                return {
                    **{**state, **_AT_REST, "designs": designs},
                    "settings": [*state["settings"], {}],
                }
            case {"do": "leave", "run": int(run)}:
                both = {
                    name: [one for i, one in enumerate(state[name]) if i != run]
                    for name in ("designs", "settings")
                }
                return {**state, **_AT_REST, **both, "chosen": 0}
            case {"do": "run", "index": int(index)}:
                return {**state, "chosen": index, "picked": -1}
            case {"do": "pick", "latent": int(latent)}:
                return {**state, "picked": -1 if latent == state["picked"] else latent}
            case {"do": "measure" | "scale" as which, "by": str(by)}:
                return {**state, which: by}
            case {"do": "window", "steps": list(steps)}:
                return {**state, "window": steps}
        raise ValueError(f"This widget knows no action {action!r}.")

    def check(self, action: Action) -> None:
        """Refuses what no run here can do, before anything changes."""
        if self._frozen:
            return
        now = self._history.state
        check_action(self._entrants, now, action)
        if action.get("do") in ("make", "break", "enter"):
            self._field.entrants(self.reduce(now, action)["designs"])

    # -- its end -------------------------------------------------------------------------------

    def wait(self, timeout: float = 60.0) -> Self:
        """Waits until training pauses or ends. Raises what went wrong, or TimeoutError."""
        return super().wait(timeout)

    def close(self) -> None:
        """Ends the training after the step under way, and takes the widget off the page."""
        super().close()
        self._at_work = False

    # -- answers -------------------------------------------------------------------------------

    def respond(self) -> dict[str, Any]:
        """Obeys, and answers with what is new; what costs time is looked at where nothing runs."""
        self._obey()
        if self._live and not self._at_work and self._seen != self._sight():
            self._look()
        self._spoke = time.monotonic()
        if not self._live or not self._complete:
            news = self._all()
        elif self._anew:
            news = self._opened()
        else:
            news = self._new()
        self._deliver_rest()
        return {**news, **self._extras(), "closeup": self._close_up()}

    def _on_message(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        if content.get("work") == "all":  # a view opened while training went on
            with self._lock:
                self.push(**self._all())
        else:
            super()._on_message(_widget, content, _buffers)

    def export_state(self) -> dict[str, Any]:
        """With the whole of the curves."""
        self.push(**self._all())
        return super().export_state()

    def twin(self) -> Self:
        """A viewer of what there is now: an exported page must not train anybody's run."""
        with self._lock:
            frozen = Frozen(one.frozen() for one in self._entrants)
            card = self._card
        other = type(self)(frozen, **self._opening)
        other._card = card
        return other.replay(self.actions)

    def _all(self) -> dict[str, Any]:
        """Everything, for a view that opens."""
        self._anew = False
        return {"curves": sent.opening(self._entrants, self._seq, self.plain), **self._marks()}

    def _opened(self) -> dict[str, Any]:
        """Other runs, of whose curves the page has some."""
        self._anew = False
        self._seq += 1
        opening = sent.opening(self._entrants, self._seq, self.plain, whole=False)
        return {"curves": opening, **self._marks()}

    def _new(self) -> dict[str, Any]:
        self._seq += 1
        return {
            "pulse": sent.pulse(self._entrants, self._seq, self._at_work, self.plain),
            **self._marks(),
        }

    def _marks(self) -> dict[str, Any]:
        newest = sent.MARKS // len(self._entrants)
        return {
            "marks": [one.changes[-newest:] for one in self._entrants],
            "kept": [one.kept for one in self._entrants],
        }

    def _extras(self) -> dict[str, Any]:
        self._news = False
        one = self._one
        card = self._card if self._card.get("latent") == self.picked else {}
        return {"density": sent.density(one), "match": sent.match(one), "card": card}

    def _close_up(self) -> dict[str, Any]:
        if not self.window:
            return {}
        return sent.closeup(self._entrants, self.measure, *self.window, plain=self.plain)

    def _show(self) -> dict[str, Any]:
        """What is new, or now and then what was looked at: one message never holds both."""
        with self._lock:
            if time.monotonic() - self._spoke < GAP_S:  # an answer has just said it
                return {}
            return self._extras() if self._news else self._new()

    def _rest(self) -> dict[str, Any]:
        """A message of what the pauses between messages left untold, or none: the rest fits."""
        with self._lock:
            return {} if sent.fits(self._entrants, self.plain) else self._new()

    def _deliver_rest(self) -> None:
        """Sees to it that what does not fit into an answer follows, where no training brings it."""
        if self._live and self._complete and not self._at_work and self._rest_is_due():
            self._runner.start(self._deliver)

    def _rest_is_due(self) -> bool:
        return not all(len(one.curves.low) - one.sent <= 1 for one in self._entrants)

    def _last(self) -> dict[str, Any]:
        """What is left to say when training pauses or ends, after the `_rest`."""
        with self._lock:
            return {**self._new(), **self._extras(), "summary": self.describe()}

    # -- words and keeping ---------------------------------------------------------------------

    def describe(self) -> str:
        """What is trained, how far it is, and what it has come to."""
        return sentence(self._entrants, self.mode, self._at_work)

    def _figure(self) -> Any:
        from interp_widgets.plots.sae_trainer import Line, plot_print

        return plot_print([Line(*one.line()) for one in self._entrants])

    def _heading(self) -> str:
        return f"Training of sparse autoencoders: {self._brief()}"

    def _brief(self) -> str:
        return ", ".join(f"{o.name} at step {o.step} of {o.run.steps}" for o in self._entrants)
