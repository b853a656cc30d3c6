"""Judging explanations on windows that none of them saw.

- *detection*: in which windows does the latent fire? Balanced accuracy.
- *fuzzing*: are the marked tokens those it fires on? Half are marked wrongly. Balanced accuracy.
- *simulation*: how strongly does it fire on each token? Pearson correlation.

Rules and words are judged alike (Bills et al., 2023; Paulo et al., 2024): windows with the latent,
from its strongest to its faint ones, and as many random ones without it. Each score comes with a
control, the same judgement against activations that were moved to other windows. What is left,
score minus control, is what the explanation knows about content.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from interp_widgets.core.dictionary.explain import Ask, what_is_seen
from interp_widgets.core.dictionary.explanation import Explanation, check_explanation
from interp_widgets.core.dictionary.feature_record import FeatureDashboards
from interp_widgets.core.dictionary.feature_view import Example
from interp_widgets.core.dictionary.rules import predictor
from interp_widgets.core.seeds import check_seed

HOWS = ("detection", "fuzzing", "simulation")
_MOST = 20  # windows of either kind
_FEWEST = 2
_SHUFFLES = 50  # of the control
_BEFORE = 3  # tokens before a peak that stay in sight
_AFTER = 1  # and after it


@dataclass(frozen=True)
class Score:
    """How well an explanation does.

    Attributes:
        value: balanced accuracy 0..1 (chance 0.5), or correlation -1..1 (chance 0).
        control: the same against activations moved to other windows, a mean over draws.
        how: ``"detection"``, ``"fuzzing"`` or ``"simulation"``.
        windows: judged, of either kind together.
        auc: of detection, the share of pairs of windows, one with the latent and one without, in
            which the first got the stronger prediction, 0..1; NaN of words.
    """

    value: float
    control: float
    how: str
    windows: int
    auc: float = float("nan")

    @property
    def difference(self) -> float:
        """Value minus control."""
        return self.value - self.control

    def __float__(self) -> float:
        return self.value


def score(
    dashboards: FeatureDashboards,
    explanation: Explanation,
    how: str = "detection",
    ask: Ask | None = None,
    seed: int = 0,
) -> Score:
    """Judge an explanation on held-out windows.

    Args:
        dashboards: the record that it explains a latent of.
        explanation: of `explain`, or one that somebody wrote.
        how: ``"detection"``, ``"fuzzing"`` or ``"simulation"``.
        ask: for words, a function that takes a prompt and answers it; it sees the windows and the
            explanation. Rules are applied as they are and need none.
        seed: of the choice of windows and of the control.

    Returns:
        The score, and its control.

    Raises:
        KeyError: a latent that is not among the dashboards.
        ValueError: another ``how``, words without ``ask``, fewer than two held-out windows of
            either kind, or an answer that cannot be read.
        TypeError: no explanation, or an ``ask`` that cannot be asked.
    """
    check_explanation(explanation)
    check_seed(seed)
    if ask is not None and not callable(ask):
        raise TypeError(f"ask= is a function, prompt in, answer out; got {type(ask).__name__}.")
    if how not in HOWS:
        raise ValueError(f"how= is one of {', '.join(map(repr, HOWS))}; got {how!r}.")
    if not explanation.rule and ask is None:
        raise ValueError(
            "this explanation is words: pass ask=, a function that takes a prompt and answers it."
        )
    draw = random.Random(seed)
    active, quiet = held_out(dashboards, explanation.feature, draw)
    judge = _Reader(explanation.text, ask) if ask is not None else _Rule(explanation)
    if how == "detection":
        return _detection(judge, active, quiet, draw)
    if how == "fuzzing":
        return _fuzzing(judge, active, draw)
    return _simulation(judge, [*active, *quiet], draw)


def keep_score(explanation: Explanation, found: Score) -> Explanation:
    """The explanation with a score beside its others."""
    numbers = {"value": found.value, "control": found.control}
    return replace(explanation, scores={**explanation.scores, found.how: numbers})


def held_out(
    dashboards: FeatureDashboards, feature: int, draw: random.Random
) -> tuple[list[Example], list[Example]]:
    """Windows to judge by: with the latent, strong and faint ones, and as many without it.

    A window whose tokens an explanation saw in another text is left out.

    Raises:
        ValueError: fewer than two of either kind.
    """
    found = dashboards[feature]
    seen: set[tuple[str, ...]] = set()
    if any(not example.held_out for example in found.examples):
        seen = set(what_is_seen(found).windows)
    fresh = [e for e in found.examples if e.held_out and e.tokens not in seen]
    active = draw.sample(fresh, min(len(fresh), _MOST))
    silent = [e for e in found.quiet if e.held_out and e.tokens not in seen]
    quiet = draw.sample(silent, min(len(silent), len(active)))
    if len(active) < _FEWEST or len(quiet) < _FEWEST:
        raise ValueError(
            f"latent {feature} has {len(active)} held-out windows in which it fires and "
            f"{len(silent)} in which it does not; a score needs {_FEWEST} of each. Give "
            "iw.features more texts, or another latent."
        )
    return [_cropped(e, draw) for e in active], [_cropped(e, draw) for e in quiet]


def _cropped(window: Example, draw: random.Random) -> Example:
    """Cut by chance on both sides: where the peak stands should tell nothing."""
    begin = draw.randint(0, max(window.peak - _BEFORE, 0))
    end = draw.randint(min(window.peak + 1 + _AFTER, len(window.tokens)), len(window.tokens))
    return replace(
        window,
        tokens=window.tokens[begin:end],
        activations=window.activations[begin:end],
        peak=window.peak - begin,
    )


class _Rule:
    """Applies a rule."""

    def __init__(self, explanation: Explanation) -> None:
        self._predict = predictor(explanation.rule)
        self._threshold = float(explanation.rule.get("threshold", 0.0))

    def simulate(self, windows: Sequence[Example]) -> list[np.ndarray]:
        return [np.array(self._predict(window.tokens)) for window in windows]

    def detect(self, windows: Sequence[Example]) -> list[bool]:
        return [bool(said.max() > self._threshold) for said in self.simulate(windows)]

    def agree(self, windows: Sequence[Example], marks: Sequence[np.ndarray]) -> list[bool]:
        """Whether it expects the latent on half of the marked tokens or more."""
        said = self.simulate(windows)
        return [
            bool((s[m] > self._threshold).mean() >= 0.5) for s, m in zip(said, marks, strict=True)
        ]


class _Reader:
    """Asks a language model, one prompt for all windows (of simulation, one a window)."""

    def __init__(self, text: str, ask: Ask) -> None:
        self._ask = ask
        self._begin = f"A part of a language model is said to react to: {text}\n\n"

    def detect(self, windows: Sequence[Example]) -> list[bool]:
        return self._pick(
            ["".join(window.tokens) for window in windows],
            "In which of these texts does it react?",
        )

    def agree(self, windows: Sequence[Example], marks: Sequence[np.ndarray]) -> list[bool]:
        texts = [
            "".join(f"<<{t}>>" if on else t for t, on in zip(window.tokens, mark, strict=True))
            for window, mark in zip(windows, marks, strict=True)
        ]
        return self._pick(
            texts,
            "Tokens between << and >> are marked. In which of these texts are the marked tokens "
            "those it reacts to?",
        )

    def simulate(self, windows: Sequence[Example]) -> list[np.ndarray]:
        return [self._strengths(window) for window in windows]

    def _pick(self, texts: Sequence[str], question: str) -> list[bool]:
        lines = "\n".join(f"{i}. {text}" for i, text in enumerate(texts, 1))
        answer = self._said(
            f"{self._begin}{lines}\n\n{question} Answer with their numbers, or with 0 for none."
        )
        numbers = [int(found) for found in re.findall(r"\d+", answer)]
        if not numbers or max(numbers) > len(texts):
            raise ValueError(
                f"the answer should be numbers of texts, 1 to {len(texts)}; got {answer!r:.80}."
            )
        return [i in numbers for i in range(1, len(texts) + 1)]

    def _strengths(self, window: Example) -> np.ndarray:
        lines = "\n".join(f"{i}. {token!r}" for i, token in enumerate(window.tokens, 1))
        answer = self._said(
            f"{self._begin}The tokens of a text:\n{lines}\n\nHow strongly does it react to each, "
            f"from 0 to 10? Answer with {len(window.tokens)} numbers in a row and nothing else."
        )
        numbers = [float(found) for found in re.findall(r"\d+(?:\.\d+)?", answer)]
        if len(numbers) != len(window.tokens) or max(numbers) > 10:
            raise ValueError(
                f"the answer should be {len(window.tokens)} numbers from 0 to 10; got "
                f"{answer!r:.80}."
            )
        return np.array(numbers)

    def _said(self, prompt: str) -> str:
        answer = self._ask(prompt)
        if not isinstance(answer, str):
            raise TypeError(f"ask= answers with text; got {type(answer).__name__}.")
        return answer


_Judge = _Rule | _Reader


def _balanced(said: np.ndarray, true: np.ndarray) -> float:
    """Mean of the shares judged right among those that are and those that are not."""
    return float((said[true].mean() + 1 - said[~true].mean()) / 2)


def _against_chance(said: np.ndarray, true: np.ndarray, draw: random.Random) -> float:
    order = list(range(len(true)))
    values = []
    for _ in range(_SHUFFLES):
        draw.shuffle(order)
        values.append(_balanced(said, true[order]))
    return float(np.mean(values))


def _detection(
    judge: _Judge, active: list[Example], quiet: list[Example], draw: random.Random
) -> Score:
    windows = [*active, *quiet]
    draw.shuffle(windows)
    true = np.array([window.kind != "quiet" for window in windows])
    said = np.array(judge.detect(windows))
    auc = float("nan")
    if isinstance(judge, _Rule):
        strength = np.array([one.max() for one in judge.simulate(windows)])
        gaps = strength[true][:, None] - strength[~true]
        auc = float(((gaps > 0) + 0.5 * (gaps == 0)).mean())
    control = _against_chance(said, true, draw)
    return Score(_balanced(said, true), control, "detection", len(windows), auc)


def _fuzzing(judge: _Judge, active: list[Example], draw: random.Random) -> Score:
    """Half of the windows with their own tokens marked, half with as many others."""
    usable = [w for w in active if sum(a > 0 for a in w.activations) * 2 <= len(w.tokens)]
    if len(usable) < _FEWEST:
        raise ValueError(
            "the latent fires on most tokens of its windows, so others cannot be marked instead. "
            "Use how='detection' or 'simulation'."
        )
    draw.shuffle(usable)
    marks = []
    for i, window in enumerate(usable):
        mark = np.array(window.activations) > 0
        if i % 2:
            others = draw.sample(np.flatnonzero(~mark).tolist(), int(mark.sum()))
            mark = np.isin(np.arange(len(mark)), others)
        marks.append(mark)
    true = np.arange(len(usable)) % 2 == 0
    said = np.array(judge.agree(usable, marks))
    control = _against_chance(said, true, draw)
    return Score(_balanced(said, true), control, "fuzzing", len(usable))


def _simulation(judge: _Judge, windows: list[Example], draw: random.Random) -> Score:
    said = judge.simulate(windows)
    true = [np.array(window.activations) for window in windows]
    value = _pearson(np.concatenate(said), np.concatenate(true))
    controls = []
    order = list(range(len(windows)))
    for _ in range(_SHUFFLES):
        draw.shuffle(order)
        moved = list(zip(order, [*order[1:], order[0]], strict=True))
        both = [min(len(said[i]), len(true[j])) for i, j in moved]
        left = np.concatenate([said[i][:n] for (i, _), n in zip(moved, both, strict=True)])
        right = np.concatenate([true[j][:n] for (_, j), n in zip(moved, both, strict=True)])
        controls.append(_pearson(left, right))
    return Score(value, float(np.mean(controls)), "simulation", len(windows))


def _pearson(said: np.ndarray, true: np.ndarray) -> float:
    """Pearson correlation; 0 where one side does not vary, which knows nothing."""
    if not said.std() or not true.std():
        return 0.0
    return float(np.corrcoef(said, true)[0, 1])
