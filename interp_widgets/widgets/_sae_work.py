"""The trainer's work: runs are brought to where the state wants them, in a thread, step by step."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Generator
from typing import Any

from interp_widgets.widgets._base import Widget
from interp_widgets.widgets._runner import Answer
from interp_widgets.widgets._sae_entrant import Entrant
from interp_widgets.widgets._sae_examples import Examples
from interp_widgets.widgets._sae_parts import parts
from interp_widgets.widgets._sae_race import Field
from interp_widgets.widgets._sae_words import TAKEN

GAP_S = 0.1  # between two messages
_BETWEEN_S = 0.01  # in which quick steps of a single run follow each other without a word


class Ration:
    """Something done now and then beside the training, so seldom that it takes a small share of it.

    Both are counted in processor time of the thread that trains: on a machine that does other
    things as well, training gets less of it, and so does this. ``with ration:`` is around doing it.

    Args:
        share: of the thread's time that it may take.
        least: seconds between two times, at least.
        most: seconds after which its turn comes, whatever it takes.
    """

    def __init__(self, share: float, least: float, most: float) -> None:
        self.share, self.least, self.most = share, least, most
        self._done_at = self._begun = self._cost = 0.0
        self._at = float("-inf")

    def due(self) -> bool:
        """Whether its turn has come."""
        since = time.monotonic() - self._at
        if since < self.least or since >= self.most:
            return since >= self.most
        return time.thread_time() - self._done_at >= self._cost / self.share

    def __enter__(self) -> None:
        self._begun = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self._done_at, self._at = time.thread_time(), time.monotonic()
        self._cost = self._done_at - self._begun


_ALL: weakref.WeakSet[TrainerWork] = weakref.WeakSet()


class TrainerWork(Widget):
    """Base of the trainer: everything but what is seen of it.

    A subclass has the traits that are read here, and `_show`, `_rest` and `_last`, the messages
    while training runs and when it ends.
    """

    mode: Any
    walked: Any
    rewound: Any
    settings: Any
    chosen: Any
    picked: Any

    designs: Any

    def __init__(
        self, field: Field, entrants: list[Entrant], examples: Examples | None, **state: Any
    ) -> None:
        self._field, self._examples = field, examples
        self._entrants = entrants
        self._live = [one for one in entrants if one.live]
        self._anew = True  # the page does not know these runs yet
        self._gate = threading.Lock()  # around one step, and around what must not meet one
        self._at_work = self._news = False
        self._card: dict[str, Any] = {}
        self._seen: Any = None  # what was looked at last: steps, run and latent
        self._obeyed: dict[str, Any] = {
            **{"rewound": [0, 0], "walked": 0, "mode": "paused"},
            "designs": state.get("designs", []),
        }
        self._looks = Ration(share=0.004, least=0.5, most=10.0)
        self._says = Ration(share=0.006, least=0.1, most=1.0)
        _ALL.add(self)
        super().__init__(**state)

    @property
    def _one(self) -> Entrant:
        return self._entrants[min(self.chosen, len(self._entrants) - 1)]

    def _show(self) -> dict[str, Any]:
        raise NotImplementedError

    def _rest(self) -> dict[str, Any]:
        raise NotImplementedError

    def _last(self) -> dict[str, Any]:
        raise NotImplementedError

    def _obey(self) -> None:
        """Brings the runs to where the state wants them; starts the thread where one is needed."""
        before, now = self._obeyed, {name: getattr(self, name) for name in self._obeyed}
        self._obeyed = now
        others = now["designs"] != before["designs"]
        if others:
            self._line_up()
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
        for one in self._live:
            one.turn(self.settings[self._entrants.index(one)], gesture)
            more = 0 if back or others else now["walked"] - before["walked"]
            one.to_walk = max(one.to_walk + more, 0) if now["mode"] == "paused" else 0
        if not self._at_work and any(map(self._wants, self._live)):
            self._at_work = True
            self._runner.start(self._train)

    def _line_up(self) -> None:
        """Other runs, or some of them; those that were there before are as they were left."""
        with self._gate:
            self._entrants = self._field.entrants(self.designs)
            self._live = [one for one in self._entrants if one.live]
            for one in self._live:
                one.to_walk = 0
            self._anew, self._seen = True, None

    def _wants(self, one: Entrant) -> bool:
        return not one.run.done and (self.mode == "running" or one.to_walk > 0)

    def push(self, **values: Any) -> None:
        """See `Widget.push`; saying nothing costs nothing, which happens after every step."""
        if values:
            super().push(**values)

    def send_state(self, key: Any = None) -> None:
        """What has changed, in messages of at most four kilobytes."""
        if not isinstance(key, list | set | tuple) or len(key) < 2:
            super().send_state(key)
            return
        for names in parts(self.get_state(key=list(key))):
            super().send_state(names)

    def _train(self) -> Generator[Answer, None, None]:
        """Trains for as long as the state wants it. In the runner's thread.

        The state is asked before every step and not told: so a pause ends this after the step
        under way, and its last answer is what the page shows of the pause.
        """
        try:
            yield from self._steps()
        except GeneratorExit:  # closed
            self._at_work = False
            raise
        except Exception:
            self._at_work = False
            for one in self._live:
                one.to_walk = 0
            self.act({"do": "pause"})
            raise
        for one in self._live:
            if one.run.folder is not None:
                one.run.save(one.run.folder)
        self._look()
        yield from self._deliver()

    def _deliver(self) -> Generator[Answer, None, None]:
        """What is left to say where nothing trains, message by message."""
        time.sleep(GAP_S)
        while rest := self._rest():
            self.push(**rest)
            time.sleep(GAP_S)
            yield dict
        yield self._last

    def _steps(self) -> Generator[Answer, None, None]:
        """One step of each run in turn, some of one alone, and now and then a word about them."""
        while True:
            live, stepped, least = self._live, False, 0
            if len(live) > 1:
                least = min((one.step for one in live if not one.done), default=0)
            until = time.monotonic() + _BETWEEN_S
            for one in live:
                with self._gate:
                    # One that is behind, because it came later, catches up first.
                    its_turn = len(live) == 1 or one.to_walk > 0 or one.step <= least
                    while its_turn and self._wants(one):
                        one.run.advance()
                        one.to_walk = max(one.to_walk - 1, 0)
                        stepped = True
                        its_turn = len(live) == 1 and time.monotonic() < until
            if not stepped:
                with self._lock:
                    if not any(map(self._wants, self._live)):
                        self._at_work = False  # from here on a start begins anew
                        return
            if self._looks.due():
                with self._looks:
                    self._look()
            if self._says.due():
                with self._says:
                    self.push(**self._show())
            yield dict

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

    def _take_over(self) -> None:
        """Of several trainers of one run the newest trains; the others are paused."""
        mine = {id(one.run) for one in self._live}
        for other in list(_ALL):
            shared = mine & {id(one.run) for one in other._live}
            if other is not self and shared and other.mode == "running":
                other.act({"do": "pause"})
                other.push(error=TAKEN)

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
