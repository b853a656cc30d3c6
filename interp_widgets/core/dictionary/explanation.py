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

    ``dash.explain(17)`` makes one. One's own words are one, too, and can be judged like any other:
    ``dash.score(iw.Explanation(17, "llm", "cities of Texas"), ask=reader)``.

    Attributes:
        feature: the latent.
        kind: ``"tokens"`` (a set of tokens), ``"ngram"`` (a linear simulator), ``"output"`` (what
            it makes the model say) or ``"llm"`` (words of a language model, or of a person).
        text: one sentence.
        rule: what `rules` predicts by, plain data; empty of words.
        scores: what `score` found, by how: ``{"detection": {"value": .., "control": ..}}``.

    Raises:
        TypeError: no number of a latent. ValueError: another kind, no text or too long a one, a
            rule that is none.
    """

    feature: int
    kind: str
    text: str
    rule: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what nothing can be predicted by; a file may come from anybody."""
        from interp_widgets.core.dictionary.rules import check_rule

        if isinstance(self.feature, bool) or not hasattr(self.feature, "__index__"):
            raise TypeError(f"a latent is named by its number; got {self.feature!r:.40}.")
        if self.kind not in KINDS:
            raise ValueError(f"an explanation is one of {', '.join(KINDS)}; got {self.kind!r:.40}.")
        if not isinstance(self.text, str) or len(self.text) > LONGEST:
            raise ValueError(f"an explanation is text of at most {LONGEST} characters.")
        check_rule(self.kind, self.rule)

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


def check_explanation(given: Any) -> None:
    """Refuse what is no explanation.

    Raises:
        TypeError: what it is instead.
    """
    if not isinstance(given, Explanation):
        raise TypeError(
            "an explanation is what dash.explain(17) gives, or iw.Explanation(17, 'llm', words); "
            f"got {type(given).__name__}."
        )
