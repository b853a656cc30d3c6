"""Rules that say on which tokens a latent fires, from the tokens alone.

A rule is plain data. ``tokens`` rules hold a set of keys and look at one thing of a token: itself,
the one before it, both, its first or last letters, its shape. ``output`` rules look at the token
that follows: a latent that makes the model say something fires just before it. ``ngram`` rules add
up weights of hashed tokens and pairs. No rule looks at places: windows are cut around their peaks,
so a place would give the answer away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import isfinite
from typing import Any
from unicodedata import name as unicode_name
from zlib import crc32

import numpy as np

BUCKETS = 4096  # of hashed n-grams
PER_TOKEN = 7  # n-grams that are looked at for each token
_BETWEEN = "\x1f"  # stands between two tokens, and in no text


@lru_cache(maxsize=1 << 16)
def shape(token: str) -> str:
    """The kind of token: digits, capitals, Capitalised, small, punctuation, space, a script."""
    text = token.strip()
    if not text:
        return "space"
    if text.isdigit():
        return "digits"
    if text.isalpha():
        if not text.isascii():
            script = unicode_name(text[0], "OTHER").split()[0].lower()
            if script != "latin":
                return script
        if text.isupper() and len(text) > 1:
            return "capitals"
        return "Capitalised" if text[0].isupper() else "small letters"
    return "mixed" if any(c.isalnum() for c in text) else "punctuation"


def _prefix(token: str) -> str:
    return token.strip().casefold()[:3]


def _suffix(token: str) -> str:
    return token.strip().casefold()[-3:]


def _before(tokens: Sequence[str], by: int) -> list[str]:
    return [*[""] * by, *tokens][: len(tokens)]


# What tokens rules look at, simplest first.
LOOKS: dict[str, Callable[[Sequence[str]], list[str]]] = {
    "shape": lambda tokens: [shape(token) for token in tokens],
    "token": lambda tokens: list(tokens),
    "first letters": lambda tokens: [_prefix(token) for token in tokens],
    "last letters": lambda tokens: [_suffix(token) for token in tokens],
    "token before": lambda tokens: _before(tokens, 1),
    "two tokens": lambda tokens: [
        a + _BETWEEN + b for a, b in zip(_before(tokens, 1), tokens, strict=True)
    ],
    "next token": lambda tokens: [*tokens[1:], ""][: len(tokens)],
}


def buckets(tokens: Sequence[str]) -> np.ndarray:
    """Hashed n-grams of each token, ``[token, PER_TOKEN]``.

    The token, the one before, the one before that, the last two, the shapes of the last two, and a
    constant.
    """
    one, two = _before(tokens, 1), _before(tokens, 2)
    rows = [
        (
            f"0{now}",
            f"1{last}",
            f"2{earlier}",
            f"3{last}{_BETWEEN}{now}",
            f"4{shape(now)}",
            f"5{shape(last)}",
            "6",
        )
        for now, last, earlier in zip(tokens, one, two, strict=True)
    ]
    hashed = [[crc32(key.encode(errors="surrogatepass")) % BUCKETS for key in row] for row in rows]
    return np.array(hashed, dtype=np.int64).reshape(len(tokens), PER_TOKEN)


def check_rule(kind: str, rule: Any) -> None:
    """Refuse what is no rule of that kind; words have none.

    Raises:
        ValueError: what is wrong with it.
    """
    if kind == "llm":
        fine = not rule
    elif kind == "ngram":
        weights = rule.get("weights") if isinstance(rule, Mapping) else None
        fine = (
            isinstance(weights, Mapping)
            and all(str(at).isascii() and str(at).isdigit() for at in weights)
            and all(int(at) < BUCKETS for at in weights)
            and all(map(_number, (*weights.values(), rule.get("threshold", 0.0))))
        )
    else:
        keys = rule.get("keys") if isinstance(rule, Mapping) else None
        fine = (
            isinstance(keys, Sequence)
            and not isinstance(keys, str)
            and all(isinstance(key, str) for key in keys)
            and rule.get("look") in LOOKS
        )
    if not fine or (rule and rule.get("kind") != kind):
        raise ValueError(f"this is no rule of an explanation of kind {kind!r}: {rule!r:.80}.")


def _number(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and isfinite(x)


def predictor(rule: Mapping[str, Any]) -> Callable[[Sequence[str]], list[float]]:
    """What says how strongly a rule expects the latent on each token of a stretch, 0 or more."""
    if rule["kind"] == "ngram":
        weights = np.zeros(BUCKETS)
        weights[[int(bucket) for bucket in rule["weights"]]] = list(rule["weights"].values())
        return lambda tokens: np.maximum(weights[buckets(tokens)].sum(1), 0).tolist()
    look, keys = LOOKS[rule["look"]], set(rule["keys"])
    return lambda tokens: [float(key in keys) for key in look(tokens)]


def shown(key: str) -> str:
    """A key of a rule as a person reads it; nothing stands before the first token."""
    return " then ".join(repr(part)[:40] if part else "the start" for part in key.split(_BETWEEN))
