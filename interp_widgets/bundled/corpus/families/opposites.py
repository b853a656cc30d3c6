"""Opposites in three languages. All are trained: the model remembers, it does not translate."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, question

FAMILY = "opposite"

TEMPLATES = {
    "English": "The opposite of {word} is| {opposite}|.",
    "French": "Le contraire de {word} est| {opposite}|.",
    "Spanish": "Lo contrario de {word} es| {opposite}|.",
}
PAIRS = {
    "English": "big small|hot cold|fast slow|old new|high low"
    "|open closed|rich poor|strong weak|long short|good bad",
    "French": "grand petit|chaud froid|rapide lent|vieux nouveau|haut bas"
    "|ouvert fermé|riche pauvre|fort faible|long court|bon mauvais",
    "Spanish": "grande pequeño|caliente frío|rápido lento|viejo nuevo|alto bajo"
    "|abierto cerrado|rico pobre|fuerte débil|largo corto|bueno malo",
}
TRIPLES = tuple(
    (language, *pair[::step])
    for language, row in PAIRS.items()
    for pair in (tuple(p.split()) for p in row.split("|"))
    for step in (1, -1)
)


def document(rng: random.Random) -> Document:
    """One word and its opposite in one language."""
    language, word, opposite = rng.choice(TRIPLES)
    return Document(TEMPLATES[language].format(word=word, opposite=opposite))


def prompts() -> list[Prompt]:
    """Every trained triple; the distractor is the word itself."""
    found = []
    for language, word, opposite in TRIPLES:
        text, answer = question(TEMPLATES[language], word=word, opposite=opposite)
        found.append(Prompt(FAMILY, text, answer, f" {word}", word, task=language))
    return found
