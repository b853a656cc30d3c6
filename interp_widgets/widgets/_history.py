"""The list of actions, and the states it leads through.

State is never edited: ``reduce(state, action)`` makes the next one. So the list of actions *is*
undo and redo, a replay, a browser test's input, and what an exported page records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Action = dict[str, Any]
State = dict[str, Any]
Reducer = Callable[[State, Action], State]


class History:
    """Actions done and undone from a first state.

    Attributes:
        done: the actions that led from the first state to `state`, oldest first.
        undone: the actions that `redo` would do again, next one last.
    """

    def __init__(self, reduce: Reducer, first: State) -> None:
        self._reduce = reduce
        self._states = [first]
        self.done: list[Action] = []
        self.undone: list[Action] = []

    @property
    def state(self) -> State:
        """The state that all of `done` leads to."""
        return self._states[-1]

    def do(self, action: Action) -> State:
        """Applies one action. A burst of like actions (typing a word) is one step of undo."""
        last = self.done[-1] if self.done else None
        burst = action.get("burst")
        continues = (
            burst is not None
            and last is not None
            and last.get("burst") == burst
            and last["do"] == action["do"]
        )
        new = self._reduce(self._states[-2 if continues else -1], action)
        if continues:
            self.done.pop()
            self._states.pop()
        elif new == self.state:
            return new
        self.done.append(action)
        self._states.append(new)
        self.undone.clear()
        return new

    def undo(self) -> State:
        """Goes one action back; at the first state it stays there."""
        if self.done:
            self.undone.append(self.done.pop())
            self._states.pop()
        return self.state

    def redo(self) -> State:
        """Does the last undone action again, if there is one."""
        if self.undone:
            action = self.undone.pop()
            self._states.append(self._reduce(self.state, action))
            self.done.append(action)
        return self.state

    def rewind(self) -> State:
        """Forgets every action and returns to the first state."""
        del self._states[1:]
        self.done.clear()
        self.undone.clear()
        return self.state
