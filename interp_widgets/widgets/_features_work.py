"""What a dashboard asks the core for: what fires on a prompt, and how well a label holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from interp_widgets.core.dictionary.explanation import Explanation
from interp_widgets.core.dictionary.token_stream import firing, one_site, token_batches
from interp_widgets.widgets._prompt_words import unknown_words

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.explain import Ask
    from interp_widgets.core.dictionary.feature_record import FeatureDashboards
    from interp_widgets.core.dictionary.sae import SAE
    from interp_widgets.core.language_model import LanguageModel

BY = ("label", "tokens", "ngram", "output")
PAIRS = 8192  # of token and latent that are sent, the strongest
_SMALL = frozenset({"the", "and", "for", "with", "from"})  # words that no label is about


class Fired(NamedTuple):
    """What fires on a prompt.

    Attributes:
        prompt: what was typed.
        tokens: its pieces, BOS included.
        unknown: parts of it that the model has no tokens for, see `unknown_words`.
        places, latents, values: the pairs that fire, ``[pair]``.
        left_out: pairs that are not among these: of other latents, or too many.
    """

    prompt: str
    tokens: list[str]
    unknown: list[list[int]]
    places: np.ndarray
    latents: np.ndarray
    values: np.ndarray
    left_out: int

    def strengths(self, at: int) -> dict[int, float]:
        """How strongly latents fire on the token ``at``, or at most on any where it is -1."""
        found: dict[int, float] = {}
        pairs = (self.places.tolist(), self.latents.tolist(), self.values.tolist())
        for place, latent, value in zip(*pairs, strict=True):
            if at in (-1, place):
                found[latent] = max(value, found.get(latent, 0.0))
        return found


def what_fires(model: LanguageModel, sae: SAE, record: FeatureDashboards, prompt: str) -> Fired:
    """Run the model on a prompt; which of the record's latents fire on its tokens.

    Raises:
        ValueError: a prompt that the model cannot read, a dictionary of another place.
    """
    site = one_site(model, sae, record.site or None)
    tokens = model.tokens(prompt)
    batch = next(token_batches(model, site, [prompt]))
    place, latent, value = firing(sae, batch.activations)
    kept = batch.counted[place] & torch.isin(latent, record.features)
    order = torch.argsort(value[kept], descending=True, stable=True)[:PAIRS].sort().values
    places, latents, values = (x[kept][order].numpy() for x in (place, latent, value))
    counted = int(batch.counted[place].sum())
    return Fired(
        prompt,
        tokens,
        unknown_words(prompt, tokens),
        places,
        latents,
        values.astype(np.float32),
        counted - len(values),
    )


def words_of(label: str) -> list[str]:
    """The words that a label stands for: those in quotes, or else all but the smallest.

    Within quotes a sign stands for itself: ``'(' ')'``.
    """
    quoted = re.findall(r"[\"“'‘`]([^\"“”'‘’`]+)[\"”'’`]", label)
    if quoted:
        return re.findall(r"\w+|[^\w\s]", " ".join(quoted).lower())
    words = re.findall(r"\w+", label.lower())
    large = [word for word in words if len(word) > 2 and word not in _SMALL]
    return large or words


def as_rule(record: FeatureDashboards, feature: int, label: str) -> Explanation:
    """A label as a rule: the latent fires on the label's words, and on nothing else.

    Raises:
        ValueError: no token of the texts is one of them.
    """
    words = set(words_of(label))
    keys = [piece for piece in record.pieces if piece.strip().lower() in words]
    if not keys:
        raise ValueError(
            "Without a reader (ask=) a label is tested by its words, and none of these is a token "
            "of the texts. Put such words in quotes: dogs, as in 'dog' 'puppy'."
        )
    rule = {"kind": "tokens", "look": "token", "keys": keys}
    return Explanation(feature, "tokens", label, rule)


def tested(
    record: FeatureDashboards, feature: int, by: str, label: str, ask: Ask | None
) -> dict[str, Any]:
    """Judge a label or an explanation on held-out windows; the record keeps explanations.

    What cannot be judged is an answer as well: it says why.
    """
    said = {"feature": feature, "by": by, "text": label}
    try:
        if by != "label":
            explanation = record.explain(feature, by)
        elif ask is not None:
            explanation = Explanation(feature, "llm", label)
        else:
            explanation = as_rule(record, feature, label)
        said["text"] = explanation.text
        score = record.score(explanation, ask=ask if explanation.kind == "llm" else None)
    except ValueError as wrong:
        return {**said, "error": str(wrong)}
    numbers = {"value": score.value, "control": score.control, "windows": score.windows}
    reader = "reader" if ask is not None and by == "label" else "rule"
    return {**said, **numbers, "how": score.how, "reader": reader}
