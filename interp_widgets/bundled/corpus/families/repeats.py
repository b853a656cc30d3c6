"""Random words, repeated: only the earlier copy predicts the later one. Food of induction heads."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt
from interp_widgets.bundled.corpus.families.lexicon import COMMON_WORDS
from interp_widgets.bundled.corpus.world import COUNTRIES, HE_NAMES, SHE_NAMES, SPORTS, STATES

FAMILY = "induction"
REPEAT_WEIGHT = 3.0

WORDS = tuple(dict.fromkeys((*COMMON_WORDS, *STATES, *COUNTRIES, *HE_NAMES, *SHE_NAMES, *SPORTS)))


def document(rng: random.Random) -> Document:
    """A random list of words, then the same list one to three times more."""
    copies = rng.choice((2, 2, 2, 3, 4))
    length = rng.randint(4, 56 // copies)
    words = " ".join(rng.choices(WORDS, k=length))
    return Document(f"{words}| {' '.join([words] * (copies - 1))}|", 0.05, REPEAT_WEIGHT)


def prompts(count: int = 20, length: int = 12) -> list[Prompt]:
    """Lists of random words, cut in the middle of their second copy."""
    rng = random.Random(2)
    found = []
    for _ in range(count):
        words = rng.sample(WORDS, length)
        cut = length // 2
        text = " ".join(words + words[:cut])
        found.append(Prompt(FAMILY, text, f" {words[cut]}", f" {words[0]}", words[cut - 1], True))
    return found
