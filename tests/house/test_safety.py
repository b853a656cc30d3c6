"""What is done in one file only, or not at all: hooks, pickles, markup from text, other hosts."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

import pytest

from tests.house.source import PACKAGE, files

HOOKS = "core/hooks.py"
TORCH_FILES = "core/dictionary/formats/files.py"  # reads those of others, as tensors alone
PICKLERS = {"pickle", "cloudpickle", "dill", "joblib", "shelve"}
MARKUP = re.compile(
    r"\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write\b|\beval\(|Function\("
)
# A namespace is a name that happens to look like an address; nobody fetches it.
ADDRESS = re.compile(r"(https?:)?//(?!www\.w3\.org/)[\w-]+(\.[\w-]+)+/")

PYTHON = list(files(PACKAGE, ".py"))
FRONT_END = [
    *files(PACKAGE / "widgets", ".ts", ".css"),
    *((p.name, p.read_text(encoding="utf-8")) for p in PACKAGE.glob("widgets/static/*")),
]


def faults(path: str, text: str) -> Iterator[str]:
    """What a Python file of the package does that it must leave."""
    # Solutions of exercises are what a learner writes, with plain torch.
    may_hook = path == HOOKS or path.startswith("course/_lesson_")
    tree = ast.parse(text)
    tensors_alone = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and path == TORCH_FILES
        for said in node.keywords
        if said.arg == "weights_only" and getattr(said.value, "value", None) is True
    }
    for node in ast.walk(tree):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            if PICKLERS & {name.split(".")[0] for name in names}:
                yield f"{where} imports a pickler"
        if isinstance(node, ast.Attribute):
            if re.fullmatch(r"register_\w*hook\w*", node.attr) and not may_hook:
                yield f"{where} registers a hook"
            if node.attr == "forward" and isinstance(node.ctx, ast.Store) and path != HOOKS:
                yield f"{where} replaces a forward"
            if node.attr in ("save", "load") and getattr(node.value, "id", "") == "torch":
                if id(node) in tensors_alone:
                    continue
                yield f"{where} pickles with torch.{node.attr}"
        if isinstance(node, ast.keyword):
            said = (node.arg, getattr(node.value, "value", None))
            if said in (("weights_only", False), ("allow_pickle", True)):
                yield f"{where} unpickles: {said[0]}={said[1]}"


@pytest.mark.parametrize(("path", "text"), PYTHON, ids=[path for path, _ in PYTHON])
def test_python(path: str, text: str) -> None:
    assert list(faults(path, text)) == []


@pytest.mark.parametrize(("path", "text"), FRONT_END, ids=[p for p, _ in FRONT_END])
def test_front_end_makes_no_markup_of_text_and_asks_no_other_host(path: str, text: str) -> None:
    assert MARKUP.search(text) is None
    assert ADDRESS.search(text) is None


def test_the_lock_file_names_no_download_addresses() -> None:
    text = (PACKAGE / "widgets" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert all("integrity" in entry for name, entry in packages.items() if name)


@pytest.mark.parametrize(
    "text",
    [
        "import pickle",
        "from joblib import dump",
        "torch.save(x, path)",
        "load(path, weights_only=False)",
        "np.load(path, allow_pickle=True)",
        "module.register_forward_hook(f)",
        "model.forward = f",
    ],
)
def test_a_fault_is_found(text: str) -> None:
    assert len(list(faults("core/x.py", text))) == 1


def test_one_file_reads_the_torch_files_of_others_and_only_tensors() -> None:
    assert list(faults(TORCH_FILES, "torch.load(path, weights_only=True)")) == []
    assert len(list(faults("core/x.py", "torch.load(path, weights_only=True)"))) == 1
    assert len(list(faults(TORCH_FILES, "torch.load(path)"))) == 1


def test_markup_and_addresses_are_found() -> None:
    assert MARKUP.search("el.innerHTML = prompt")
    assert ADDRESS.search('import x from "https://cdn.example.com/x.js"')
    assert ADDRESS.search("@import url(//fonts.example.com/a.css)")
    assert not ADDRESS.search('"http://www.w3.org/2000/svg"')
