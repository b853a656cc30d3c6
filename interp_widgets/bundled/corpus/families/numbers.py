"""Small sums, and brackets that close in the order in which they were opened."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, listed

ARITHMETIC = "arithmetic"
BRACKETS = "bracket"
LARGEST = 9
PAIRS = {"(": ")", "[": "]", "{": "}"}
WORDS = listed("cat dog sun tree book fish star cup")


def sum_document(rng: random.Random) -> Document:
    """A sum of two numbers from 0 to 9."""
    a, b = rng.randint(0, LARGEST), rng.randint(0, LARGEST)
    return Document(f"{a} + {b} =| {a + b}|.")


def sum_prompts() -> list[Prompt]:
    """Every sum; all of them are trained."""
    numbers = range(LARGEST + 1)
    return [
        Prompt(ARITHMETIC, f"{a} + {b} =", f" {a + b}", f" {a + b + 1}", str(a))
        for a in numbers
        for b in numbers
    ]


def _nested(rng: random.Random, depth: int) -> tuple[list[str], list[str]]:
    """Tokens up to the deepest point, and the brackets that close them again."""
    opened: list[str] = []
    tokens: list[str] = []
    for _ in range(depth):
        bracket = rng.choice(tuple(PAIRS))
        opened.append(bracket)
        tokens += [bracket, *rng.choices(WORDS, k=rng.randint(0, 2))]
    return tokens, [PAIRS[b] for b in reversed(opened)]


def bracket_document(rng: random.Random) -> Document:
    """Nested brackets with words inside."""
    tokens, closing = _nested(rng, rng.randint(1, 4))
    return Document(f"{' '.join(tokens)}| {' '.join(closing)}|", answer_weight=2.0)


def bracket_prompts(count: int = 60) -> list[Prompt]:
    """Nests of depth one to four, to be closed by the right kind of bracket."""
    rng = random.Random(3)
    found = []
    for i in range(count):
        tokens, closing = _nested(rng, 1 + i % 4)
        wrong = next(c for c in PAIRS.values() if c != closing[0])
        text = " ".join(tokens)
        found.append(Prompt(BRACKETS, text, f" {closing[0]}", f" {wrong}", str(1 + i % 4)))
    return found
