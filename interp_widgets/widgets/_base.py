"""What every widget is made of: state, actions, one publisher, one runner, a picture for paper.

A gesture in the page is a plain-JSON action, sent as a message. One pure reducer turns it into
state; the subclass answers a change of state with what the page should draw, at once or from the
runner's thread. Handlers may run in a kernel subshell's thread and answers come from the runner's,
while traitlets and ipywidgets are not thread-safe: so one re-entrant lock guards state, and `push`
is the only way out.
"""

from __future__ import annotations

import base64
import difflib
import inspect
import io
import threading
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import anywidget
import traitlets

from interp_widgets.widgets import _export
from interp_widgets.widgets._history import Action, History, State
from interp_widgets.widgets._runner import Runner
from interp_widgets.widgets._traits import drawn

STATIC = Path(__file__).parent / "static"
_DPI = 96  # of still pictures


class Widget(anywidget.AnyWidget):
    """Base of all widgets. A subclass names its traits and writes four methods.

    `reduce(state, action)` is pure; `check(action)` refuses what cannot be done here (raise, with a
    message for a person); `respond()` answers the present state; `describe()` says in one sentence
    what is shown.

    Attributes:
        busy: work has been running long enough for a person to notice.
        stopped: work was stopped before it was done; what is drawn may be a part of the answer.
        error: what went wrong last, in words for a person; empty when all is well.
    """

    busy = drawn(traitlets.Bool(False))
    stopped = drawn(traitlets.Bool(False))
    error = drawn(traitlets.Unicode(""))
    summary = drawn(traitlets.Unicode(""))
    depth = drawn(traitlets.List([0, 0]))  # how many actions can be undone and redone
    answered = drawn(traitlets.List([]))  # [view, n]: the message that the other traits reflect
    plain = drawn(traitlets.Bool(False))  # this host loses binary buffers: send base64

    _esm: Any
    _made_with: tuple[tuple[Any, ...], dict[str, Any]]
    _lock: Any  # threading.RLock, which is no type before Python 3.13

    ACTIONS: tuple[str, ...] = ()
    """The `do` of every action the reducer knows."""

    COMPUTES: tuple[str, ...] = ()
    """Those of them that need computing; an exported page refuses them unless recorded."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Refuses unknown keywords before anything is computed; remembers the known ones."""
        cls._refuse_unknown(kwargs)
        self = super().__new__(cls, *args, **kwargs)
        self._made_with = (args, kwargs)
        self._lock = threading.RLock()
        return self

    def __init__(self, **values: Any) -> None:
        names = self.state_names()
        self._writing = False
        self._complete = False
        self._runner = Runner(self.push)
        super().__init__(**values)
        self._history = History(self._step, {name: getattr(self, name) for name in names})
        self.observe(self._on_assignment, names=names)
        self.on_msg(self._on_message)
        self._answer()
        self._complete = True
        self.open()

    def open(self) -> None:
        """Announces the widget to the front end: once, with its first answer already in it."""
        if self._complete:
            super().open()

    # -- what a subclass writes ---------------------------------------------------------------

    @staticmethod
    def reduce(state: State, action: Action) -> State:
        """The next state; pure. Raises ValueError for an action it does not know."""
        raise NotImplementedError

    def check(self, action: Action) -> None:
        """Raises, in words for a person, when this action cannot be done here."""

    def respond(self) -> dict[str, Any]:
        """Trait values that follow from the state; starts the runner where work is needed."""
        return {}

    def describe(self) -> str:
        """One sentence that says what the view shows."""
        raise NotImplementedError

    def opening_actions(self) -> list[Action]:
        """Actions that ask for what is shown now; an exported page can always come back to it."""
        return []

    def export_state(self) -> dict[str, Any]:
        """Traits for an exported page: with all that can be shown without computing."""
        return self.get_state()

    def _figure(self) -> Any:
        """A Matplotlib figure that stands for the widget where there is no kernel, or None."""
        return None

    def _heading(self) -> str:
        """What an exported page is called where nobody says; the view itself says the rest."""
        return self.describe()

    def _brief(self) -> str:
        """What the repr says between its brackets: short, and the same in every session."""
        return ""

    # -- actions -------------------------------------------------------------------------------

    @classmethod
    def state_names(cls) -> list[str]:
        """Names of the traits that hold a person's choices, in alphabetical order."""
        return sorted(cls.class_traits(state=True))

    @property
    def actions(self) -> list[Action]:
        """Every action done so far and not undone, oldest first: plain JSON."""
        with self._lock:
            return [dict(action) for action in self._history.done]

    def act(self, action: Action) -> Self:
        """Does one action, as if a person had done it in the page."""
        with self._lock, self.hold_sync():
            match action:
                case {"do": "undo"}:
                    self._history.undo()
                case {"do": "redo"}:
                    self._history.redo()
                case _:
                    self._do(action)
            self._answer()
        return self

    def undo(self) -> Self:
        """Takes the last action back."""
        return self.act({"do": "undo"})

    def redo(self) -> Self:
        """Does the last undone action again."""
        return self.act({"do": "redo"})

    def replay(self, actions: Iterable[Action]) -> Self:
        """Goes back to the opening state and does these actions, waiting for the answer of each."""
        with self._lock:
            self._history.rewind()
            self._answer()
        for action in list(actions):
            self.act(action).wait()
        return self.wait()

    def wait(self, timeout: float = 60.0) -> Self:
        """Waits until what was asked is answered. Raises what went wrong, or TimeoutError."""
        if not self._runner.wait(timeout):
            raise TimeoutError(f"{self!r} was still computing after {timeout:g} s")
        if self._runner.failure is not None:
            raise self._runner.failure
        return self

    def stop(self) -> Self:
        """Stops what is being computed, within one batch."""
        with self._lock:
            if self._runner.running:
                self.push(stopped=True)
            self._runner.stop()
        return self

    def resume(self) -> Self:
        """Goes on with what was stopped."""
        self._answer()
        return self

    # -- the two directions --------------------------------------------------------------------

    def push(self, **values: Any) -> None:
        """Publishes trait values in one message; every change Python makes goes through here."""
        with self._lock, self.hold_sync():
            outer, self._writing = self._writing, True
            try:
                for name, value in values.items():
                    setattr(self, name, value)
            finally:
                self._writing = outer

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """What a front end writes by itself (layout and the like) waits for its turn, too."""
        with self._lock:
            super().set_state(sync_data)

    def notify_change(self, change: Any) -> None:
        """An assignment in a cell must not meet a message that another thread is making."""
        with self._lock:
            super().notify_change(change)

    def _on_message(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        with self._lock, self.hold_sync():
            match content:
                case {"host": "no buffers"}:
                    self.plain = True
                    self.send_state([n for n in self.keys if self.trait_metadata(n, "to_json")])
                case {"work": "stop"}:
                    self.stop()
                case {"work": "resume"}:
                    self.resume()
                case {"action": dict(action), "view": str(view), "n": int(n)}:
                    try:
                        self.act(action)
                    except Exception as error:  # a person is looking at the widget, not at a log
                        self.push(error=str(error) or type(error).__name__)
                    self.push(answered=[view, n])

    def _on_assignment(self, change: Any) -> None:
        """`widget.color = "entropy"` in Python is an action like any other."""
        with self._lock:
            if self._writing:
                return
            try:
                self.act({"do": "set", "name": change["name"], "value": change["new"]})
            except Exception:
                self.push(**{change["name"]: change["old"]})
                raise

    def _do(self, action: Action) -> None:
        """One action: refused before anything has changed, or recorded."""
        self.check(action)
        before = self._history.state
        after = self._history.do(dict(action))
        try:
            self.push(**{k: v for k, v in after.items() if v != before[k]})
        except traitlets.TraitError:  # only `set` brings values that no reducer has looked at
            self._history.undo()
            self._history.undone.clear()
            raise

    def _step(self, state: State, action: Action) -> State:
        match action:
            case {"do": "set", "name": str(name), "value": value} if name in state:
                return {**state, name: value}
        return self.reduce(state, action)

    def _answer(self) -> None:
        """Publishes the state and what follows from it."""
        with self._lock, self.hold_sync():
            depth = [len(self._history.done), len(self._history.undone)]
            self.push(**self._history.state, depth=depth, error="")
            # What is asked for now runs or is known; `respond` stops only what nobody wants.
            self.push(**self.respond(), summary=self.describe(), stopped=False)

    # -- keeping -------------------------------------------------------------------------------

    def to_html(
        self,
        path: str | Path,
        record: Sequence[Action] = (),
        title: str | None = None,
        beside: Sequence[Widget | _export.Shown] = (),
    ) -> Path:
        """Writes one HTML file that works with no kernel and no network.

        Args:
            path: where to write.
            record: actions whose answers go into the file. There, an action that needs computing
                answers if it was recorded; any other says that it needs a kernel. What needs no
                computing always works.
            title: heading of the page; in short what it shows by default.
            beside: more widgets for the same page, each alone or as (widget, actions to record).
                They share one cursor: a token pointed at in one lights in the others.

        Returns:
            The path written.
        """
        shown = [(self, record), *(o if isinstance(o, tuple) else (o, ()) for o in beside)]
        for one, _ in shown:
            if not isinstance(one, Widget):
                raise TypeError(f"beside= takes widgets or (widget, actions), not {one!r}.")
        return _export.write_html(shown, Path(path), title or self._heading())

    def twin(self) -> Self:
        """Another widget made as this one was, with this one's actions done. Close it after use."""
        args, kwargs = self._made_with
        return type(self)(*args, **kwargs).replay(self.actions)

    def close(self) -> None:
        """Stops what runs and takes the widget off the page."""
        runner = getattr(self, "_runner", None)  # none yet when a constructor refused its arguments
        if runner is not None:
            runner.stop()
        super().close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._brief()})"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The live view, and a still picture for readers that run nothing (GitHub, nbconvert)."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        picture = self._picture()
        return ({**data, "image/png": picture} if picture else data), metadata

    def _picture(self) -> str | None:
        """The figure as base64 PNG text, or None when there is none to be had."""
        try:
            figure = self._figure()
            if figure is None:
                return None
            with warnings.catch_warnings():  # a token's sign that no font has is no news
                warnings.simplefilter("ignore")
                png = _png(figure)
        except Exception:  # no plotting library, an unusual record: the live widget matters more
            return None
        return base64.b64encode(png).decode("ascii")

    @classmethod
    def _names_passed_on(cls) -> set[str]:
        """Keywords beside those of the constructor, which it hands to a function of the core."""
        return set()

    @classmethod
    def _refuse_unknown(cls, given: dict[str, Any]) -> None:
        parameters = inspect.signature(cls.__init__).parameters.values()
        named = [p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD]
        known = sorted({*named, *cls.state_names(), *cls._names_passed_on(), "layout"})
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f" Did you mean {near[0]}=?" if near else ""
                takes = ", ".join(f"{k}=" for k in known)
                raise TypeError(f"{cls.__name__} does not know {name}=.{hint} It takes {takes}.")


def _png(figure: Any) -> bytes:
    """A Matplotlib figure as it is; one that does not lay itself out, cut to what it shows."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.image import imsave

    out = io.BytesIO()
    if figure.get_layout_engine() is None:
        figure.savefig(out, format="png", dpi=_DPI, bbox_inches="tight")
    else:  # the same pixels, without the trial drawing that `savefig` makes first
        figure.set_dpi(_DPI)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        imsave(out, canvas.buffer_rgba(), format="png", dpi=_DPI)
    return out.getvalue()
