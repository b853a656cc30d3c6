"""The same questions to every widget. A new one passes them, or says why not in house.md."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from interp_widgets import widgets
from interp_widgets.widgets._base import Widget
from tests.widgets.examples import EXAMPLES, Example

HERE = Path(widgets.__file__).parent
EVERY = sorted(widgets.WIDGETS)


@pytest.fixture(params=EVERY)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def example(name: str) -> Example:
    return EXAMPLES[name]


def state(widget: Widget) -> dict[str, Any]:
    return {trait: getattr(widget, trait) for trait in widget.state_names()}


def wire_bytes(widget: Widget) -> int:
    """Bytes that a widget's own traits take in its first message."""

    def size(value: Any) -> int:
        if isinstance(value, bytes):
            return len(value)
        if isinstance(value, dict):
            return sum(len(str(k)) + size(v) for k, v in value.items())
        if isinstance(value, list | tuple):
            return sum(size(v) for v in value)
        return len(json.dumps(value))

    # The layout is a widget of its own; the module (`_esm`) has its own limit.
    state = widget.get_state()
    return sum(size(v) for k, v in state.items() if not k.startswith("_") and k != "layout")


def test_the_registry_names_the_class(name: str) -> None:
    module = import_module(f"interp_widgets.widgets.{widgets.WIDGETS[name]}")
    assert issubclass(getattr(module, name), Widget)
    assert name in EXAMPLES


def test_repr_is_one_line_and_the_same_twice(example: Example) -> None:
    first, second = repr(example.make()), repr(example.make())
    assert first == second
    assert "\n" not in first
    assert " at 0x" not in first


def test_an_unknown_keyword_is_refused_with_a_hint(example: Example) -> None:
    with pytest.raises(TypeError, match=r"does not know colourr=.*It takes .*layout="):
        example.make(colourr=1)


def test_it_describes_itself_in_one_sentence(example: Example) -> None:
    widget = example.make()
    assert widget.describe().endswith(".")
    assert widget.summary == widget.describe()


def test_the_page_reads_exactly_the_synced_traits(name: str, example: Example) -> None:
    stem = widgets.WIDGETS[name]
    folder = HERE / stem / "state.ts"
    source = (folder if folder.exists() else HERE / f"{stem}.ts").read_text()
    own = re.search(r"export const TRAITS = \[(.*?)\] as const", source, re.DOTALL)
    runtime = (HERE / "shared" / "runtime.ts").read_text()
    base = re.search(r"export const BASE_TRAITS = \[(.*?)\] as const", runtime, re.DOTALL)
    assert own is not None
    assert base is not None
    read = set(re.findall(r'"(\w+)"', own[1] + base[1]))
    hosts = {"layout", "tabbable", "tooltip"}
    synced = {t for t in type(example.make()).class_traits(sync=True) if not t.startswith("_")}
    assert read == synced - hosts


def test_examples_use_every_action(example: Example) -> None:
    assert {action["do"] for action in example.actions} == set(type(example.make()).ACTIONS)


def test_every_action_undoes_redoes_and_replays(example: Example) -> None:
    widget = example.make()
    seen = [state(widget)]
    for action in example.actions:
        widget.act(action).wait()
        seen.append(state(widget))
        assert seen[-1] != seen[-2], f"{action} changed nothing"
    assert widget.actions == example.actions
    assert json.loads(json.dumps(widget.actions)) == widget.actions
    for expected in reversed(seen[:-1]):
        widget.undo().wait()
        assert state(widget) == expected
    for expected in seen[1:]:
        widget.redo().wait()
        assert state(widget) == expected
    other = example.make().replay(widget.actions)
    assert state(other) == seen[-1]
    assert other.get_state(other.state_names()) == widget.get_state(widget.state_names())


def test_two_hundred_steps_of_undo(example: Example) -> None:
    widget = example.make()
    start = state(widget)
    # Alternating values, so that each action changes something.
    actions = [a for a in example.actions if a["do"] not in type(widget).COMPUTES][:2]
    for i in range(200):
        widget.act({**actions[0]}) if i % 2 else widget.act({**actions[1]})
    for _ in range(200):
        widget.undo()
    assert state(widget) == start


def test_an_unknown_action_is_refused_and_changes_nothing(example: Example) -> None:
    widget = example.make()
    before = state(widget)
    with pytest.raises(ValueError, match="dance"):
        widget.act({"do": "dance"})
    widget._on_message(widget, {"action": {"do": "dance"}, "view": "v", "n": 1}, [])
    assert "dance" in widget.error
    assert widget.answered == ["v", 1]
    assert state(widget) == before
    assert widget.actions == []


def test_python_may_set_what_the_page_may(example: Example) -> None:
    widget = example.make()
    for trait in widget.state_names():
        before = getattr(widget, trait)
        with pytest.raises(Exception, match=trait):
            setattr(widget, trait, object())
        assert getattr(widget, trait) == before
    assert widget.actions == []


def test_the_bundle_is_one_small_module_without_network(name: str) -> None:
    bundle = (HERE / "static" / f"{widgets.WIDGETS[name]}.js").read_text()
    assert len(bundle.encode()) <= 90_000
    assert not re.search(r"\bimport\b\s*[({\"']", bundle)
    assert "innerHTML" not in bundle
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", bundle))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    for way_out in ("fetch(", "XMLHttpRequest", "WebSocket", "sendBeacon", "EventSource"):
        assert way_out not in bundle


def test_the_first_message_is_small(example: Example) -> None:
    assert wire_bytes(example.make()) <= example.most_bytes


def test_an_exported_page_holds_everything(example: Example, tmp_path: Path) -> None:
    widget = example.make()
    before, actions = state(widget), widget.actions
    path = widget.to_html(tmp_path / "page.html", record=example.actions)
    page = path.read_text(encoding="utf-8")
    assert state(widget) == before
    assert widget.actions == actions
    assert len(page) < 700_000
    outside = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w{2,}[^\s\"'`)]*", page))
    assert {a for a in outside if "www.w3.org" not in a} == set()
    data = re.search(r'id="recorded">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    recorded = json.loads(data[1])
    assert {json.loads(key)["do"] for key in recorded["widgets"][0]["answers"]} == set(
        type(widget).ACTIONS
    )


def test_an_export_is_the_same_twice(example: Example, tmp_path: Path) -> None:
    widget = example.make()
    pages = [
        widget.to_html(tmp_path / f"{i}.html", record=example.actions).read_bytes() for i in "ab"
    ]
    assert pages[0] == pages[1]


def test_a_still_picture_stands_in_for_the_live_view(example: Example) -> None:
    bundle = example.make()._repr_mimebundle_()
    assert bundle is not None
    data, _ = bundle
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(example.make())
    assert data["image/png"].startswith("iVBOR")
