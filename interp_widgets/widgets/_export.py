"""One HTML file that shows widgets with no kernel and no network.

The file holds each kind of widget's module once, and for every widget its state and recorded
answers. A small stand-in for the kernel (`shared/page.ts`) does what needs no computing by itself,
gives the recorded answer to an action that was recorded, and says of any other that it needs a
kernel.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from interp_widgets.widgets._base import Widget
    from interp_widgets.widgets._history import Action

STAND_IN = Path(__file__).parent / "static" / "page.js"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 1.5rem auto; padding: 0
1rem;
  background: #fff; color: #1c1f24; }}
h1 {{ font-size: 1.1rem; font-weight: 600; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #12151a; color: #e4e7ec; }} }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{places}
</main>
<script type="application/json" id="recorded">{data}</script>
<script type="module">{stand_in}</script>
</body>
</html>
"""


Shown = tuple["Widget", Sequence["Action"]]
"""A widget of a page, and the actions whose answers go into the page."""


def write_html(shown: Sequence[Shown], path: Path, title: str) -> Path:
    """Writes the page; see `Widget.to_html`."""
    modules = {_name(str(widget._esm)): str(widget._esm) for widget, _ in shown}
    page = {"modules": modules, "widgets": [_frozen(*one) for one in shown]}
    data = json.dumps(page, sort_keys=True)
    # "<" must not appear in a script element: a token may well be "</script>".
    for char in "<>&\u2028\u2029":
        data = data.replace(char, f"\\u{ord(char):04x}")
    text = PAGE.format(
        title=html.escape(title),
        places="\n".join(f'<div id="widget-{i}"></div>' for i in range(len(shown))),
        data=data,
        stand_in=STAND_IN.read_text(encoding="utf-8"),
    )
    path.write_text(text, encoding="utf-8")
    return path


def _name(module: str) -> str:
    return hashlib.sha256(module.encode()).hexdigest()[:12]


def _frozen(widget: Widget, record: Sequence[Action]) -> dict[str, Any]:
    """One widget as the page holds it; the widget itself is left as it is."""
    twin = widget.twin()
    try:
        opening = {**_wire_state(twin), "depth": [0, 0], "answered": []}
        answers = _record(twin, record)
    finally:
        twin.close()
    return {
        "module": _name(str(widget._esm)),
        "state": opening,
        "answers": answers,
        "computes": widget.COMPUTES,
    }


def _record(twin: Widget, record: Sequence[Action]) -> dict[str, dict[str, Any]]:
    """Answers by action, as the page will look them up.

    Each answer holds every trait that some action of its kind touched, so that answers may be given
    in any order; actions that compute are of one kind, since what each shows depends on the others.
    The action that leads back to the opening state is recorded as well.
    """
    asked = [*twin.opening_actions(), *record]
    seen: list[tuple[Action, dict[str, Any]]] = []
    touched: dict[str, set[str]] = {}
    before = _wire_state(twin)
    for action in asked:
        twin.act(action).wait()
        after = _wire_state(twin)
        changed = {name for name in after if after[name] != before[name]}
        touched.setdefault(_sort(twin, action), set()).update(changed)
        seen.append((action, after))
        before = after
    return {
        key(action): {name: after[name] for name in touched[_sort(twin, action)]}
        for action, after in seen
    }


def _sort(twin: Widget, action: Action) -> str:
    """Which actions' answers must go together."""
    return "computes" if action["do"] in twin.COMPUTES else action["do"]


def key(action: Action) -> str:
    """An action as one line of JSON; bursts only group undo, so they do not count."""
    kept = {name: value for name, value in action.items() if name != "burst"}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _wire_state(twin: Widget) -> dict[str, Any]:
    """Everything the page reads, as JSON; bytes as base64 text."""
    twin.plain = True
    skip = {"layout", "tabbable", "tooltip", "answered", "depth"}
    return {
        name: value
        for name, value in twin.export_state().items()
        if not name.startswith("_") and name not in skip
    }
