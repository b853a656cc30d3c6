"""The trainer's work: runs are brought to where the state wants them, in a thread, step by step."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Sequence
from typing import Any

from interp_widgets.widgets._base import Widget
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._sae_entrant import Entrant
from interp_widgets.widgets._sae_examples import Examples

_LOOK_S = 0.5  # between two looks at what costs time
_LOOK_SHARE = 0.008  # of the training that they may take, unless that is seldom:
_LOOK_MOST_S = 10.0


class TrainerWork(Widget):
    """Base of the trainer: everything but what is seen of it.

    A subclass has the traits that are read here, and `_show` and `_last`, the messages while
    training runs and when it ends.
    """

    mode: Any
    walked: Any
    rewound: Any
    settings: Any
    chosen: Any
    picked: Any

    def __init__(
        self, entrants: Sequence[Entrant], examples: Examples | None, **state: Any
    ) -> None:
        self._entrants = list(entrants)
        self._live = [one for one in entrants if one.live]
        self._examples = examples
        self._gate = threading.Lock()  # around one step, and around what must not meet one
        self._at_work = self._news = False
        self._card: dict[str, Any] = {}
        self._seen: Any = None  # what was looked at last: steps, run and latent
        self._obeyed: dict[str, Any] = {"rewound": [0, 0], "walked": 0, "mode": "paused"}
        self._look_at = float("-inf")
        super().__init__(**state)

    @property
    def _one(self) -> Entrant:
        return self._entrants[self.chosen]

    def _show(self) -> dict[str, Any]:
        raise NotImplementedError

    def _last(self) -> dict[str, Any]:
        raise NotImplementedError

    def _obey(self) -> None:
        """Brings the runs to where the state wants them; starts the thread where one is needed."""
        before, now = self._obeyed, {name: getattr(self, name) for name in self._obeyed}
        self._obeyed = now
        back = now["rewound"] != before["rewound"]
        ending = now["mode"] == "stopped"
        if back or (before["mode"] == "stopped" and not ending):
            undone = self._history.undone
            forward = bool(undone) and undone[-1]["do"] == "rewind"
            with self._gate:
                for one in self._live:
                    to = one.left_at if forward else now["rewound"][1]
                    one.rewind(to if back else one.step)
        if ending and (back or before["mode"] != "stopped"):
            for one in self._live:
                one.run.stop()
        done = self._history.done
        gesture = done[-1].get("burst") if done else None
        for one, knobs in zip(self._entrants, self.settings, strict=True):
            if one.live:
                one.turn(knobs, gesture)
                more = 0 if back else now["walked"] - before["walked"]
                one.to_walk = max(one.to_walk + more, 0) if now["mode"] == "paused" else 0
        if not self._at_work and any(map(self._wants, self._live)):
            self._at_work = True
            self._runner.start(self._train)

    def _wants(self, one: Entrant) -> bool:
        return not one.done and (self.mode == "running" or one.to_walk > 0)

    def _train(self) -> Generator[Answer, None, None]:
        """One step of each run in turn, for as long as the state wants it. In the runner's thread.

        The state is asked before every step and not told: so a pause ends this after the step
        under way, and its last answer is what the page shows of the pause.
        """
        try:
            while True:
                for one in self._live:
                    with self._gate:
                        if self._wants(one):
                            one.run.advance()
                            one.to_walk = max(one.to_walk - 1, 0)
                with self._lock:
                    if not any(map(self._wants, self._live)):
                        self._at_work = False
                        break
                if time.monotonic() >= self._look_at:
                    began = time.monotonic()
                    self._look()
                    took = time.monotonic() - began
                    rest = min(max(took / _LOOK_SHARE, _LOOK_S), _LOOK_MOST_S)
                    self._look_at = began + took + rest
                yield self._show
            for one in self._live:
                if one.run.folder is not None:
                    one.run.save(one.run.folder)
            self._look()
            yield self._last
        except Exception:
            self._at_work = False
            for one in self._live:
                one.to_walk = 0
            self.act({"do": "pause"})
            raise
        finally:
            self._at_work = False

    def _look(self) -> None:
        """Looks at what costs time. No step is under way."""
        for one in self._live:
            one.look()
        with self._lock:
            picked, chosen = self.picked, self._one
        card = self._card_of(chosen, picked)
        with self._lock:
            for one in self._live:
                one.note()
            self._card, self._news = card, True
            self._seen = self._sight()

    def _sight(self) -> Any:
        return [one.step for one in self._live], self.chosen, self.picked

    def _card_of(self, one: Entrant, latent: int) -> dict[str, Any]:
        """The latent that is looked at; to be called where no step is under way."""
        if latent < 0 or not one.live:
            return {}
        partner, cosine, paired = -1, None, False
        if one.match is not None:
            cosines = one.match.matrix[:, latent]
            partner, cosine = int(cosines.argmax()), round(float(cosines.max()), 3)
            paired = int(one.match.partner[partner]) == latent
        return {
            "latent": latent,
            "step": one.step,
            "rate": float(one.rates[latent]) if len(one.rates) else None,
            "partner": partner,
            "cosine": cosine,
            "paired": paired,
            "searched": 0 if self._examples is None else len(self._examples.x),
            "examples": [] if self._examples is None else self._examples.of(one.run.sae, latent),
        }
