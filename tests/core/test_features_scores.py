"""Scores and n-gram rules against slow references, on many small random cases.

Latents here depend on the token alone, so what is true of a window can be read off its text. A
reader that answers at random sees the windows; what it should score is worked out from its
transcript by the definitions: balanced accuracy, and Pearson's correlation (methods of Bills et
al., 2023, and Paulo et al., 2024). A rule is judged on the same windows.
"""

from __future__ import annotations

import random
import re
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from interp_widgets.core.dictionary.explanation import Explanation
from interp_widgets.core.dictionary.features import features_of
from interp_widgets.core.dictionary.rules import buckets, shape
from interp_widgets.core.dictionary.scores import score

PIECES: tuple[str, ...] = (" a", " b", " c", " d", " 7", " Q")
SEEDS = range(8)


class Case(NamedTuple):
    """Dashboards of three latents, and how strongly each fires on each piece."""

    dash: Any
    strength: list[dict[str, float]]


def case(seed: int) -> Case:
    draw = random.Random(seed)
    strength = [dict.fromkeys(PIECES, 0.0) for _ in range(3)]
    for by_piece in strength:
        for piece in draw.sample(PIECES, draw.randint(1, 2)):
            by_piece[piece] = draw.choice((0.5, 1.0, 2.0, 4.0))
    texts = [draw.choices(PIECES, k=draw.randint(3, 12)) for _ in range(60)]
    x = torch.tensor([[by_piece[t] for by_piece in strength] for text in texts for t in text])
    eye = torch.eye(3)
    dash = features_of(x, texts, (eye, eye), top=4, sampled=12, window=(2, 2), seed=seed)
    return Case(dash, strength)


class Reader:
    """Answers at random, and keeps what it was shown and what it said."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self.windows: list[list[str]] = []
        self.marks: list[list[bool]] = []
        self.picked: list[bool] = []
        self.said: list[list[float]] = []

    def __call__(self, prompt: str) -> str:
        lines = [line.split(". ", 1)[1] for line in prompt.splitlines() if line[:1].isdigit()]
        if "How strongly" in prompt:
            self.windows.append([line.strip("'") for line in lines])
            self.said.append([float(self._draw.randint(0, 10)) for _ in lines])
            return " ".join(f"{x:g}" for x in self.said[-1])
        for line in lines:
            found = re.findall(r"<<( \w)>>|( \w)", line)
            self.windows.append([marked or plain for marked, plain in found])
            self.marks.append([bool(marked) for marked, _ in found])
        self.picked = [self._draw.random() < 0.6 for _ in lines]
        return ", ".join(str(i) for i, yes in enumerate(self.picked, 1) if yes) or "0"


def balanced(said: list[bool], true: list[bool]) -> float:
    right = [s for s, t in zip(said, true, strict=True) if t]
    wrong = [not s for s, t in zip(said, true, strict=True) if not t]
    return (sum(right) / len(right) + sum(wrong) / len(wrong)) / 2


def correlation(x: list[float], y: list[float]) -> float:
    mx, my = sum(x) / len(x), sum(y) / len(y)
    both = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    alone = [sum((a - m) ** 2 for a in z) for z, m in ((x, mx), (y, my))]
    return both / (alone[0] * alone[1]) ** 0.5 if all(alone) else 0.0


def flat(rows: Any) -> list[Any]:
    return [x for row in rows for x in row]


def a_rule(given: Case, feature: int, seed: int) -> Explanation:
    """A set of pieces drawn at random, or the linear simulator."""
    if seed % 2:
        return given.dash.explain(feature, "ngram")
    keys = random.Random(seed).sample(PIECES, 2)
    return Explanation(feature, "tokens", "some", {"kind": "tokens", "look": "token", "keys": keys})


def expected(rule: Explanation, window: list[str]) -> tuple[list[float], list[bool]]:
    """How strongly a rule expects the latent on each token, and whether at all."""
    if rule.kind == "tokens":
        said = [float(piece in rule.rule["keys"]) for piece in window]
    else:
        said = rule.predict(window)
    return said, [x > rule.rule.get("threshold", 0.0) for x in said]


def asked(given: Case, feature: int, how: str, seed: int) -> tuple[Any, Reader]:
    reader = Reader(seed)
    return score(given.dash, Explanation(feature, "llm", "x"), how, reader, seed), reader


@pytest.mark.parametrize("seed", SEEDS)
def test_detection(seed: int) -> None:
    given, feature = case(seed), seed % 3
    found, reader = asked(given, feature, "detection", seed)
    true = [any(given.strength[feature][t] for t in window) for window in reader.windows]
    assert found.value == pytest.approx(balanced(reader.picked, true))
    assert found.windows == len(true)
    assert 0 < true.count(False) <= true.count(True) <= 20
    assert np.isnan(found.auc)
    rule = a_rule(given, feature, seed)
    judged = score(given.dash, rule, "detection", seed=seed)
    said = [expected(rule, window) for window in reader.windows]
    assert judged.value == pytest.approx(balanced([any(on) for _, on in said], true))
    most = [max(x) for x, _ in said]
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a, t in zip(most, true, strict=True)
        for b, u in zip(most, true, strict=True)
        if t and not u
    ]
    assert judged.auc == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize("seed", SEEDS)
def test_fuzzing(seed: int) -> None:
    given, feature = case(seed), seed % 3
    found, reader = asked(given, feature, "fuzzing", seed)
    on = [[given.strength[feature][t] > 0 for t in window] for window in reader.windows]
    true = [marks == fires for marks, fires in zip(reader.marks, on, strict=True)]
    assert found.value == pytest.approx(balanced(reader.picked, true))
    assert found.windows == len(true)
    assert true.count(True) - true.count(False) in (0, 1)
    for right, marks, fires in zip(true, reader.marks, on, strict=True):
        assert sum(marks) == sum(fires) > 0  # their number gives nothing away
        assert right or not any(m and f for m, f in zip(marks, fires, strict=True))
    rule = a_rule(given, feature, seed)
    judged = score(given.dash, rule, "fuzzing", seed=seed)
    said = []
    for window, marks in zip(reader.windows, reader.marks, strict=True):
        agrees = [s for s, m in zip(expected(rule, window)[1], marks, strict=True) if m]
        said.append(2 * sum(agrees) >= len(agrees))
    assert judged.value == pytest.approx(balanced(said, true))


@pytest.mark.parametrize("seed", SEEDS)
def test_simulation(seed: int) -> None:
    given, feature = case(seed), seed % 3
    found, reader = asked(given, feature, "simulation", seed)
    true = flat([[given.strength[feature][t] for t in window] for window in reader.windows])
    assert found.value == pytest.approx(correlation(flat(reader.said), true), abs=1e-3)
    assert found.windows == len(reader.windows)
    rule = a_rule(given, feature, seed)
    judged = score(given.dash, rule, "simulation", seed=seed)
    said = flat(expected(rule, window)[0] for window in reader.windows)
    assert judged.value == pytest.approx(correlation(said, true), abs=1e-3)


@pytest.mark.parametrize(
    ("how", "chance"), [("detection", 0.5), ("fuzzing", 0.5), ("simulation", 0)]
)
def test_controls_are_chance(how: str, chance: float) -> None:
    """Whatever is said, against what is true of other windows it is right by chance alone."""
    found = [asked(case(seed), seed % 3, how, seed)[0].control for seed in SEEDS]
    # Eight means over 50 orders each, of as few as two windows: four standard errors.
    assert np.mean(found) == pytest.approx(chance, abs=0.1)


def looks(window: tuple[str, ...], at: int) -> list[tuple[Any, ...]]:
    """What a linear simulator may look at: three tokens, the last two together, their kinds."""
    now, last, earlier = (window[at - by] if at >= by else "" for by in range(3))
    return [
        ("now", now),
        ("last", last),
        ("earlier", earlier),
        ("both", last, now),
        ("kind", shape(now)),
        ("kind before", shape(last)),
        ("always",),
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_ngram_rule_is_a_ridge_regression(seed: int) -> None:
    """Solved densely, a column for each n-gram in place of a hash."""
    given, feature = case(seed), seed % 3
    found = given.dash[feature]
    seen = [e for e in found.examples if not e.held_out]
    seen += [e for e in found.quiet if not e.held_out][:128]
    rows = [looks(e.tokens, at) for e in seen for at in range(len(e.tokens))]
    columns = {key: i for i, key in enumerate(dict.fromkeys(flat(rows)))}
    hashed = {int(b) for e in seen for b in buckets(e.tokens).ravel()}
    assert len(hashed) == len(columns)  # no two share a bucket: then both are the same regression
    table = np.zeros((len(rows), len(columns)))
    for row, keys in enumerate(rows):
        table[row, [columns[key] for key in keys]] = 1
    wanted = np.array(flat(e.activations for e in seen)) / found.max
    weights = np.linalg.solve(table.T @ table + np.eye(len(columns)), table.T @ wanted)
    said = np.maximum(table @ weights, 0)
    rule = given.dash.explain(feature, "ngram")
    # Weights are kept to four places, and those below a thousandth are dropped.
    np.testing.assert_allclose(flat(rule.predict(e.tokens) for e in seen), said, atol=8e-3)

    def f1(threshold: float) -> float:
        says, fires = said > threshold, wanted > 0
        return 2 * (says & fires).sum() / max(says.sum() + fires.sum(), 1)

    assert f1(rule.rule["threshold"]) == pytest.approx(max(map(f1, (0, *said))), abs=1e-2)
