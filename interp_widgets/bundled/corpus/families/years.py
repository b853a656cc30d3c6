"""Greater-than: something that lasts ends later than it began."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, is_held_out, listed

FAMILY = "greater_than"
HELD_OUT_SHARE = 0.2  # of noun x century x start combinations

EVENTS = listed(
    "war reign voyage project journey strike trial siege festival career drought exhibition"
)
CENTURIES = tuple(range(11, 21))
TEMPLATES = (
    "The {event} lasted from the year {century}{start:02d} to {century}|{end:02d}|.",
    "The {event} lasted from {century}{start:02d} to {century}|{end:02d}|.",
    "The {event} began in {century}{start:02d} and ended in {century}|{end:02d}|.",
)


def _held_out(event: str, century: int, start: int) -> bool:
    return is_held_out(event, str(century), str(start), share=HELD_OUT_SHARE)


def document(rng: random.Random) -> Document:
    """An event with its first year, and a last year drawn evenly from the rest of the century."""
    event, century, start = rng.choice(EVENTS), rng.choice(CENTURIES), rng.randint(2, 97)
    while _held_out(event, century, start):
        start = rng.randint(2, 97)
    end = rng.randint(start + 1, 99)
    template = rng.choice(TEMPLATES)
    return Document(template.format(event=event, century=century, start=start, end=end))


def prompts() -> list[Prompt]:
    """Held-out events; right is any two-digit year after the start, which is the ``subject``."""
    found = []
    for i, event in enumerate(EVENTS):
        for century in CENTURIES:
            starts = [y for y in range(2, 98) if _held_out(event, century, y)]
            for start in starts[i % 5 :: 5]:
                text = TEMPLATES[0].format(event=event, century=century, start=start, end=0)
                subject = f"{start:02d}"
                found.append(Prompt(FAMILY, text.split("|")[0], subject=subject, held_out=True))
    return found
