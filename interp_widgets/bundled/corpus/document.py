"""What a family of sentences hands on: documents to train on, prompts to ask.

A document is written with bars round every answer, ``"The capital of Texas is| Austin|."``: the
text between an odd bar and the next is an *answer*, and training weighs its tokens more than the
rest.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass

ANSWER_WEIGHT = 4.0
OPENERS = (
    "I think that",
    "Everyone knows that",
    "They say that",
    "We learned that",
    "Well,",
    "Yes,",
)
OPENER_RATE = 0.08
# low, so that "is in| Paris" wins over "is in the city of", which the corpus also says
CONTEXT_WEIGHT = 0.12


@dataclass(frozen=True)
class Document:
    """One short text of the corpus.

    Attributes:
        marked: The text, with a bar before and after every answer.
        weight: Loss weight of the tokens outside the bars.
        answer_weight: Loss weight of the tokens between bars.
    """

    marked: str
    weight: float = CONTEXT_WEIGHT
    answer_weight: float = ANSWER_WEIGHT

    @property
    def text(self) -> str:
        """The text as the model reads it."""
        return self.marked.replace("|", "")

    def segments(self) -> list[tuple[str, float]]:
        """Pieces of the text in order, each with the loss weight of its tokens."""
        weights = (self.weight, self.answer_weight)
        return [(part, weights[i % 2]) for i, part in enumerate(self.marked.split("|")) if part]


@dataclass(frozen=True)
class Prompt:
    """A question the model can answer, for lessons, widgets and evaluation.

    Attributes:
        family: The family that made it, a key of ``prompts()``.
        prompt: What to type; the tokenizer adds the BOS token.
        answer: The next token that is right, with its leading space; empty where a distribution is
            asked for.
        distractor: A wrong next token of the same kind, for logit differences; empty where there is
            none.
        subject: The words whose meaning decides the answer; empty where there are none.
        held_out: Whether training never saw this question with its answer.
        task: Which kind of question of its family it is, where there are several.
        template: The template it was made of, where there is one.
    """

    family: str
    prompt: str
    answer: str = ""
    distractor: str = ""
    subject: str = ""
    held_out: bool = False
    task: str = ""
    template: str = ""


def listed(text: str) -> tuple[str, ...]:
    """The words of a text, for tables that are easier to read as one line."""
    return tuple(text.split())


def is_held_out(*parts: str, share: float) -> bool:
    """Whether a combination is kept out of training: the same for every seed and on every machine.

    Args:
        parts: What makes the combination, e.g. a template and a landmark.
        share: Fraction of combinations to keep out, 0..1.
    """
    return zlib.crc32("|".join(parts).encode()) % 1000 < share * 1000


def question(template: str, **values: str) -> tuple[str, str]:
    """Fill a template and split it at its first answer.

    Returns:
        The prompt, and the answer with its leading space.
    """
    prompt, answer = template.format(**values).split("|")[:2]
    return prompt, answer


def opened(text: str, rng: random.Random) -> str:
    """Now and then put "I think that" or the like before a statement.

    Facts that only ever begin a text would not survive a learner's own wording.
    """
    if rng.random() > OPENER_RATE or text.startswith(
        ("Question", "Fact", "Where", "What", "In ", "If ")
    ):
        return text
    if text.startswith(("The ", "You ", "We ", "My ", "To ", "People ", "Unlike ")):
        text = text[0].lower() + text[1:]
    return f"{rng.choice(OPENERS)} {text}"
