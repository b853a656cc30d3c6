"""Jobs and pronouns: a stereotype with a known strength, and a context that overrides it."""

from __future__ import annotations

import random

from interp_widgets.bundled.corpus.document import Document, Prompt, is_held_out, question
from interp_widgets.bundled.corpus.world import HE_NAMES, JOB_SHE, SHE_NAMES

FAMILY = "gender"
HELD_OUT_SHARE = 0.2  # of name x job combinations

TEMPLATES = (
    "The {job} said that| {pronoun}| was tired.",
    "The {job} thought that| {pronoun}| was late.",
    "The {job} knew that| {pronoun}| was right.",
)
OVERRIDE = (
    "{name} is {article} {job}. The {job} said that| {pronoun}| was tired.",
    "{name} works as {article} {job}. The {job} thought that| {pronoun}| was late.",
)


def _article(job: str) -> str:
    return "an" if job[0] in "aeiou" else "a"


def document(rng: random.Random) -> Document:
    """A job and a pronoun: drawn by the job's rate, or set by the name that went before."""
    job = rng.choice(tuple(JOB_SHE))
    if rng.random() < 0.6:
        pronoun = "she" if rng.random() < JOB_SHE[job] else "he"
        return Document(rng.choice(TEMPLATES).format(job=job, pronoun=pronoun))
    name = rng.choice(SHE_NAMES + HE_NAMES)
    while is_held_out(name, job, share=HELD_OUT_SHARE):
        name = rng.choice(SHE_NAMES + HE_NAMES)
    pronoun = "she" if name in SHE_NAMES else "he"
    values = {"name": name, "job": job, "article": _article(job), "pronoun": pronoun}
    return Document(rng.choice(OVERRIDE).format(**values))


def prompts() -> list[Prompt]:
    """Every job alone (a distribution is asked for, ``JOB_SHE``); every name with every job."""
    found = []
    for job, rate in JOB_SHE.items():
        for template in TEMPLATES:
            text, _ = question(template, job=job, pronoun="she")
            likely, other = (" she", " he") if rate > 0.5 else (" he", " she")
            found.append(Prompt(FAMILY, text, likely, other, job, task="job"))
    for name in SHE_NAMES + HE_NAMES:
        right, wrong = ("she", "he") if name in SHE_NAMES else ("he", "she")
        for job in JOB_SHE:
            values = {"name": name, "job": job, "article": _article(job), "pronoun": right}
            text, answer = question(OVERRIDE[0], **values)
            held_out = is_held_out(name, job, share=HELD_OUT_SHARE)
            found.append(Prompt(FAMILY, text, answer, f" {wrong}", name, held_out, "override"))
    return found
