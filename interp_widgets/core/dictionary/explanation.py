"""A guess at what a latent fires on, as data: a sentence, and the rule where it is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

KINDS = ("tokens", "ngram", "output", "llm")
LONGEST = 512  # characters; what others call an explanation has as many


@dataclass(frozen=True)
class Explanation:
    """What a latent may be about.

    Attributes:
        feature: the latent.
        kind: ``"tokens"`` (a set of tokens), ``"ngram"`` (a linear simulator), ``"output"`` (what
            it makes the model say) or ``"llm"`` (words of a language model).
        text: one sentence.
        rule: what `rules` predicts by, plain data; empty of words.
        scores: what `score` found, by how: ``{"detection": {"value": .., "control": ..}}``.
    """

    feature: int
    kind: str
    text: str
    rule: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"an explanation is one of {', '.join(KINDS)}; got {self.kind!r}.")
        if not isinstance(self.text, str) or len(self.text) > LONGEST:
            raise ValueError(f"an explanation is text of at most {LONGEST} characters.")

    def predict(self, tokens: tuple[str, ...] | list[str]) -> list[float]:
        """How strongly the rule expects the latent to fire on each token; 0 where it does not.

        Raises:
            ValueError: an explanation in words, which only a reader can apply.
        """
        if not self.rule:
            raise ValueError(
                f"an explanation of kind {self.kind!r} is words: score it with ask=, a function "
                "that takes a prompt and answers it."
            )
        return self._predictor(list(tokens))

    @cached_property
    def _predictor(self) -> Callable[[Sequence[str]], list[float]]:
        """Made once: an n-gram rule has a thousand weights to put in place."""
        from interp_widgets.core.dictionary.rules import predictor

        return predictor(self.rule)

    def to_json(self) -> dict[str, Any]:
        """Plain data, which `from_json` reads."""
        return {
            "feature": int(self.feature),
            "kind": self.kind,
            "text": self.text,
            "rule": dict(self.rule),
            "scores": {how: dict(found) for how, found in self.scores.items()},
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Undo `to_json`."""
        return cls(**said)
