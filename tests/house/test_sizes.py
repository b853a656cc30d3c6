"""A file is one idea read in one sitting: 400 lines at most, 60 for a function."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.source import PACKAGE, ROOT, files

FILE_LINES = 400
FUNCTION_LINES = 60
BUNDLE_BYTES = 90_000
WEIGHTS_BYTES = 40_000_000

HANDWRITTEN = [
    *((f"interp_widgets/{p}", t) for p, t in files(PACKAGE, ".py", ".ts", ".mjs", ".css")),
    *((f"tests/{p}", t) for p, t in files(ROOT / "tests", ".py")),
]


def functions(path: str, text: str) -> Iterator[tuple[str, int]]:
    """Name and length in lines of each function of a Python or TypeScript file."""
    if path.endswith(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1
    elif path.endswith((".ts", ".mjs")):
        yield from _typescript_functions(_without_text(text))


# Longest first: a comment may hold a quote, and a string may hold two slashes.
TEXT = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*`""",
    re.DOTALL | re.VERBOSE,
)
NOT_A_FUNCTION = re.compile(r"\b(if|for|while|switch|catch|class|interface|type|enum|namespace)\b")
FUNCTION = re.compile(r"=>\s*$|\bfunction\b|[\w#]\s*(<[^()]*>)?\(.*\)\s*(:[^=]*)?$", re.DOTALL)


def _without_text(source: str) -> str:
    """The source with comments and strings blanked, line breaks kept."""
    return TEXT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)


def _typescript_functions(code: str) -> Iterator[tuple[str, int]]:
    """Blocks that read like a function's: no parser, just what stands before the brace."""
    opened: list[tuple[str, int]] = []
    for brace in re.finditer(r"[{}]", code):
        line = code.count("\n", 0, brace.start()) + 1
        if brace[0] == "{":
            opened.append((_heading(code, brace.start()), line))
        elif opened:
            heading, first = opened.pop()
            if FUNCTION.search(heading) and not NOT_A_FUNCTION.match(heading):
                yield heading[:60], line - first + 1


def _heading(code: str, brace: int) -> str:
    """What stands before a brace, back to the end of the statement before it.

    Parentheses are stepped over whole, with whatever braces a parameter's type has in it.
    """
    depth, start = 0, brace
    while start > 0 and depth >= 0 and (depth > 0 or code[start - 1] not in ";{}"):
        start -= 1
        depth += {")": 1, "(": -1}.get(code[start], 0)
    return code[start:brace].strip("( \n")


@pytest.mark.parametrize(("path", "text"), HANDWRITTEN, ids=[p for p, _ in HANDWRITTEN])
def test_sizes(path: str, text: str) -> None:
    assert text.count("\n") <= FILE_LINES
    assert [f for f in functions(path, text) if f[1] > FUNCTION_LINES] == []


def test_a_long_function_is_found() -> None:
    body = "    x = 1\n" * FUNCTION_LINES
    assert list(functions("a.py", f"def f():\n{body}")) == [("f", 61)]
    lines = "  x();\n" * FUNCTION_LINES
    for heading in ("function f(a: number): void", "const f = (a) =>", "  draw(a: {b: 1}): void"):
        code = f"// {{ in a comment\nconst s = '}}';\n{heading} {{\n{lines}}}\n"
        assert [n for _, n in functions("a.ts", code)] == [62]
    assert list(functions("a.ts", f"if (a) {{\n{lines}}}\nclass A {{\n{lines}}}\n")) == []


def test_bundles_are_small() -> None:
    bundles = list((PACKAGE / "widgets" / "static").glob("*.js"))
    assert bundles
    for bundle in bundles:
        assert bundle.stat().st_size <= BUNDLE_BYTES, bundle.name


def test_weights_are_small() -> None:
    weights = list((PACKAGE / "bundled" / "weights").rglob("*.safetensors"))
    assert weights
    assert sum(path.stat().st_size for path in weights) <= WEIGHTS_BYTES
