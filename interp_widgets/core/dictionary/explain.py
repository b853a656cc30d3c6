"""Explaining latents: rules found in their windows, or words of a language model.

No language model is needed. A set of tokens, a linear simulator of n-grams and the tokens that the
latent makes likelier are found by counting; all are judged by the same measures as words are
(`scores`), on windows that no explanation saw. A latent that rules do badly on depends on context.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from interp_widgets.core.dictionary.explanation import LONGEST, Explanation
from interp_widgets.core.dictionary.feature_record import FeatureDashboards
from interp_widgets.core.dictionary.feature_view import Example, Feature
from interp_widgets.core.dictionary.rules import BUCKETS, LOOKS, buckets, shown

Ask = Callable[[str], str]

QUIET = 128  # windows in which the latent is silent, that an explanation sees
_NAMED = 8  # keys of a rule that its sentence names
_SHOWN = 10  # windows in a prompt to a language model
_RIDGE = 1.0
_STEPS = 60  # of conjugate gradients
_FAINT = 1e-3  # weights below this are left out


@dataclass(frozen=True)
class Seen:
    """What an explanation may be made from: tokens of windows that are not held out.

    Attributes:
        windows: tokens of each window.
        strengths: activations of each window's tokens as shares of the latent's maximum.
    """

    windows: tuple[tuple[str, ...], ...]
    strengths: tuple[tuple[float, ...], ...]

    def part(self, which: slice) -> Seen:
        """Some of the windows."""
        return Seen(self.windows[which], self.strengths[which])

    @property
    def fires(self) -> np.ndarray:
        """Whether the latent fires, ``[token]``, all windows one after the other."""
        return np.array([x > 0 for row in self.strengths for x in row], dtype=bool)

    def keys(self, look: str) -> list[str]:
        """What a rule sees of each token."""
        return [key for window in self.windows for key in LOOKS[look](window)]


def explain(
    dashboards: FeatureDashboards, feature: int, method: str | Ask = "tokens"
) -> Explanation:
    """Say what a latent is about.

    - ``"tokens"``: the smallest set of tokens with the best F1 for "fires here if and only if the
      token is in the set"; or of preceding tokens, pairs, first or last letters, shapes, whichever
      holds up best on windows it was not made from.
    - ``"ngram"``: ridge regression of the activation on hashed n-grams, three tokens back.
    - ``"output"``: the tokens that it makes likelier; it should fire just before them.
    - a function: a language model. It gets a prompt and answers with an explanation.

    Windows that are held out are not looked at.

    Args:
        dashboards: a record of `features`.
        feature: the latent.
        method: which of these.

    Returns:
        The explanation. ``dashboards.keep(explanation)`` keeps it, `score` judges it.

    Raises:
        KeyError: not among these latents.
        ValueError: another method, a latent that fires in no window that may be seen, or one with
            no effect on logits (``"output"``); an answer without text. TypeError: an answer that is
            no text.
    """
    found = dashboards[feature]
    feature = found.feature
    if callable(method):
        return Explanation(feature, "llm", _asked(method, examples_seen(found)))
    if method == "output":
        return _output(feature, found.top_logits)
    if method not in ("tokens", "ngram"):
        raise ValueError(
            "method is 'tokens', 'ngram', 'output' or a function that takes a prompt and answers "
            f"it; got {method!r}."
        )
    seen = what_is_seen(found)
    return _tokens(feature, seen) if method == "tokens" else _ngram(feature, seen)


def examples_seen(feature: Feature) -> list[Example]:
    """Windows in which a latent fires that explanations may see, top ones first.

    Raises:
        ValueError: there is none.
    """
    windows = [example for example in feature.examples if not example.held_out]
    if not windows:
        raise ValueError(
            f"latent {feature.feature} fires in no window that explanations may see: it is dead or "
            "very rare. Give iw.features more texts, or another latent."
        )
    return windows


def what_is_seen(feature: Feature) -> Seen:
    """Windows that explanations may see: those with the latent, and random ones without it."""
    active = examples_seen(feature)
    quiet = [example for example in feature.quiet if not example.held_out][:QUIET]
    most = feature.max
    return Seen(
        tuple(example.tokens for example in [*active, *quiet]),
        tuple(tuple(x / most for x in example.activations) for example in [*active, *quiet]),
    )


def best_set(keys: Sequence[str], fires: np.ndarray) -> tuple[list[str], float]:
    """The smallest set of keys with the best F1 for "fires if and only if its key is in the set".

    A key that is right more often than another never stays out while the other is in, so the best
    set is the beginning of the list in order of precision.

    Returns:
        The set, those that are right most often first; and its F1, 0..1.
    """
    names = sorted(set(keys))
    place = {name: i for i, name in enumerate(names)}
    number = np.array([place[key] for key in keys], dtype=np.int64)
    total = np.bincount(number, minlength=len(names))
    right = np.bincount(number, fires, minlength=len(names))
    order = np.lexsort((np.arange(len(names)), -right, -right / total))
    order = order[right[order] > 0]
    if not len(order):
        return [], 0.0
    f1 = 2 * np.cumsum(right[order]) / (np.cumsum(total[order]) + fires.sum())
    last = int(f1.argmax())
    chosen = order[: last + 1]
    return [names[i] for i in chosen[np.lexsort((chosen, -right[chosen]))]], float(f1[last])


def _tokens(feature: int, seen: Seen) -> Explanation:
    looks = [look for look in LOOKS if look != "next token"]
    worth = [_held_f1(seen, look) for look in looks]
    look = looks[int(np.argmax(worth))]  # of equals the simplest
    keys, _ = best_set(seen.keys(look), seen.fires)
    where = {
        "shape": "fires on",
        "token": "fires on",
        "first letters": "fires on words that begin with",
        "last letters": "fires on words that end in",
        "token before": "fires after",
        "two tokens": "fires on the second of",
    }[look]
    rule = {"kind": "tokens", "look": look, "keys": keys}
    return Explanation(feature, "tokens", _sentence(where, keys), rule)


def _held_f1(seen: Seen, look: str) -> float:
    """F1 of a look's set on windows it was not made from: made from one half, then the other."""
    f1 = []
    for half in (0, 1):
        made, tried = seen.part(slice(half, None, 2)), seen.part(slice(1 - half, None, 2))
        chosen = set(best_set(made.keys(look), made.fires)[0])
        says = np.array([key in chosen for key in tried.keys(look)], dtype=bool)
        fires = tried.fires
        f1.append(2 * (says & fires).sum() / max(says.sum() + fires.sum(), 1))
    # Rounded: no look should win over a simpler one by a token.
    return round(float(np.mean(f1)), 2)


def _sentence(where: str, keys: Sequence[str]) -> str:
    named = ", ".join(shown(key) for key in keys[:_NAMED])
    rest = len(keys) - _NAMED
    return f"{where} {named}{f' and {rest} more' if rest > 0 else ''}"[:LONGEST]


def _ngram(feature: int, seen: Seen) -> Explanation:
    at = np.concatenate([buckets(window) for window in seen.windows])
    wanted = np.array([x for row in seen.strengths for x in row])
    weights = _ridge(at, wanted)
    said = np.maximum(weights[at].sum(1), 0)
    kept = {str(i): round(float(weights[i]), 4) for i in np.flatnonzero(abs(weights) > _FAINT)}
    rule = {"kind": "ngram", "weights": kept, "threshold": _threshold(said, wanted > 0)}
    words = [token for window in seen.windows for token in window]
    order = np.argsort(-said, kind="stable")
    strongest = list(dict.fromkeys(words[i] for i in order if said[i] > 0))[:3]
    return Explanation(
        feature, "ngram", _sentence("a sum over the last three tokens; most on", strongest), rule
    )


def _ridge(at: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Weights of buckets ``[BUCKETS]`` that make sums come close to ``wanted``, and stay small."""

    def forth(weights: np.ndarray) -> np.ndarray:
        return weights[at].sum(1)

    def back(errors: np.ndarray) -> np.ndarray:
        return np.bincount(at.ravel(), np.repeat(errors, at.shape[1]), minlength=BUCKETS)

    weights = np.zeros(BUCKETS)
    residual = back(wanted)
    direction, length = residual.copy(), residual @ residual
    enough = 1e-12 * length
    for _ in range(_STEPS):
        if length <= enough:
            break
        curved = back(forth(direction)) + _RIDGE * direction
        step = length / (direction @ curved)
        weights += step * direction
        residual -= step * curved
        length, before = residual @ residual, length
        direction = residual + length / before * direction
    return weights


def _threshold(said: np.ndarray, fires: np.ndarray) -> float:
    """What a prediction has to exceed to mean "fires": the best F1 on what was seen."""
    order = np.argsort(-said, kind="stable")
    f1 = 2 * np.cumsum(fires[order]) / (np.arange(1, len(said) + 1) + fires.sum())
    below = np.append(said[order][1:], 0.0)
    cut = np.where(said[order] > below, f1, -1)
    best = int(cut.argmax())
    return float((said[order][best] + below[best]) / 2)


def _output(feature: int, top: list[tuple[str, float]]) -> Explanation:
    likelier = [(token, effect) for token, effect in top if effect > 0]
    if not likelier:
        raise ValueError(
            f"latent {feature} has no known effect on logits: its dictionary does not write to the "
            "stream, or there was no model."
        )
    keys = [token for token, effect in likelier if effect >= likelier[0][1] / 2]
    rule = {"kind": "output", "look": "next token", "keys": keys}
    return Explanation(feature, "output", _sentence("makes the model say", keys), rule)


def _asked(ask: Ask, windows: Sequence[Example]) -> str:
    lines = "\n".join(
        f"{i}. {example.marked('<<', '>>')}" for i, example in enumerate(windows[:_SHOWN], 1)
    )
    answer = ask(
        "A part of a language model reacts to the tokens between << and >> in these texts.\n\n"
        f"{lines}\n\nIn one short phrase: what does it react to? Answer with the phrase alone."
    )
    if not isinstance(answer, str):
        raise TypeError(f"the function answers with text; got {type(answer).__name__}.")
    said = " ".join("".join(c if c.isprintable() else " " for c in answer).split())
    if not said:
        raise ValueError("the function answered with nothing.")
    return said[:LONGEST]
