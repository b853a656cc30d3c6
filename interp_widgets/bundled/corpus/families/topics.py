"""Short paragraphs on one topic each: what features of a dictionary can be about."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt

FAMILY = "topic"

# topic: nouns, verbs in the past, adjectives
TOPICS = {
    "space": (
        "rocket planet star galaxy moon comet astronaut telescope",
        "orbited launched crossed watched",
        "distant bright silent dark",
    ),
    "cooking": (
        "soup bread sauce pepper onion oven butter recipe",
        "baked stirred tasted served",
        "hot fresh salty sweet",
    ),
    "ocean": (
        "whale wave reef shark coral boat tide harbor",
        "swam dived floated sailed",
        "deep blue salty stormy",
    ),
    "farm": (
        "cow barn tractor wheat sheep fence hay pig",
        "plowed fed milked planted",
        "muddy green wide quiet",
    ),
    "music": (
        "violin piano drum melody singer guitar choir chorus",
        "played sang hummed rehearsed",
        "loud soft gentle cheerful",
    ),
    "medicine": (
        "doctor nurse patient vaccine clinic fever pill surgeon",
        "healed treated examined helped",
        "sick healthy careful tired",
    ),
    "law": (
        "judge court jury lawyer trial verdict witness crime",
        "argued ruled testified appealed",
        "fair guilty innocent strict",
    ),
    "bridge": (
        "cable tower deck span fog bay traffic suspension",
        "crossed painted photographed admired",
        "red famous long golden",
    ),
    "Paris": (
        "baguette river cafe painter museum metro boulevard cathedral",
        "strolled sketched dined wandered",
        "romantic elegant charming old",
    ),
    "code": (
        "function variable loop bug compiler string array server",
        "compiled debugged tested deployed",
        "fast broken simple recursive",
    ),
}
SENTENCES = (
    "The {adjective} {noun} {verb} near the {other}.",
    "We {verb} the {noun} and the {other}.",
    "A {noun} is a {adjective} thing, and so is a {other}.",
    "They saw a {adjective} {noun} beside the {other}.",
    "In the morning the {noun} was {adjective}.",
)


def _sentence(topic: str, rng: random.Random) -> str:
    nouns, verbs, adjectives = (part.split() for part in TOPICS[topic])
    noun, other = rng.sample(nouns, 2)
    values = {"noun": noun, "other": other, "verb": rng.choice(verbs)}
    return rng.choice(SENTENCES).format(adjective=rng.choice(adjectives), **values)


def document(rng: random.Random) -> Document:
    """Two to four sentences on one topic, announced in one text of three."""
    topic = rng.choice(tuple(TOPICS))
    sentences = [_sentence(topic, rng) for _ in range(rng.randint(2, 4))]
    if rng.random() < 0.33:
        sentences.insert(0, f"This story is about {topic}.")
    return Document(" ".join(sentences), weight=1.0)


def prompts(count: int = 3) -> list[Prompt]:
    """Beginnings of paragraphs on each topic; ``task`` is the topic, no next word is right."""
    rng = random.Random(4)
    return [
        Prompt(FAMILY, _sentence(topic, rng) + " We", subject=topic, task=topic)
        for topic in TOPICS
        for _ in range(count)
    ]
