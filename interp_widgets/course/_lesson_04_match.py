"""Lesson 04: which remedy is for what, as three tables whose rows have lost their other half."""

from __future__ import annotations

from typing import Any, NamedTuple

from interp_widgets.course.exercises import Case, Exercise, Mistake, WrongAnswerError


class Row(NamedTuple):
    """A line of a table: its letter, and the hint for whoever gives another."""

    line: str
    letter: str
    hint: str


TABLES = {
    "refinements": (
        Row("TopK", "C", "Which of them is told a number?"),
        Row("Gated", "E", "Its two answers come from one look at the input."),
        Row("JumpReLU", "A", "What does it learn that the others do not have?"),
        Row("AuxK, resampling", "F", "Whom do they help?"),
        Row("a wider dictionary", "B", "What did 32 latents find that 8 did not?"),
        Row("another layer, other texts", "D", "No setting of a dictionary is changed by this."),
    ),
    "ailments": (
        Row(
            "most latents mean several things",
            "D",
            "Several things in one latent: there were too few latents, or nothing made it choose.",
        ),
        Row("many latents never fire", "A", "Who never fires has no gradient from either term."),
        Row(
            "nearly all is explained, by hundreds of latents a token",
            "F",
            "Fidelity is not short here. What is?",
        ),
        Row("pairs of directions are nearly alike", "B", "This looks like splitting."),
        Row("a clear latent misses its strongest cases", "E", "This looks like absorption."),
        Row("the output is too short, though L0 is fine", "C", "Which price pulls on size?"),
    ),
    "kinds": (
        Row("its sparsity comes from a price", "L", "One has λ, the other k."),
        Row("its L0 is known before training", "T", "One has λ, the other k."),
        Row("its codes are too small", "L", "Look into the table of section 3."),
        Row(
            "an easy token gets as many latents as a hard one",
            "T",
            "Which of them chooses the same number in each row?",
        ),
        Row(
            "a latent that is never used gets no gradient",
            "B",
            "Section 2 showed it for one of them, the biases of section 5 for the other.",
        ),
        Row("it absorbs", "B", "Section 7 tried both."),
    ),
}


def match(table: str) -> str:
    """Six letters, one for each line from top to bottom."""
    return {"refinements": "CEAFBD", "ailments": "DAFBEC", "kinds": "LTLTBB"}[table]


def _paired(got: Any, case: Case) -> None:
    (table,) = case.args
    rows = TABLES[table]
    letters = "".join(got.upper().split()) if isinstance(got, str) else ""
    if len(letters) != len(rows):
        raise WrongAnswerError(
            f"On {case.name}, wanted is a text of {len(rows)} letters, such as "
            f"{'LLTTBB' if table == 'kinds' else 'ABCDEF'!r}; got {got!r:.60}."
        )
    right = [letter == row.letter for letter, row in zip(letters, rows, strict=True)]
    if not all(right):
        row = rows[right.index(False)]
        raise WrongAnswerError(
            f"On {case.name}, {sum(right)} of {len(rows)} are right. "
            f"Look again at “{row.line}”. {row.hint}"
        )


def _answers(**other: str) -> Any:
    return lambda table: other.get(table, match(table))


MATCH = Exercise(
    id="04.7",
    title="What helps against what",
    difficulty=2,
    importance=4,
    minutes=10,
    returns="a text of six letters",
    solution=match,
    cases=lambda: [Case(f"the table “{table}”", (table,)) for table in TABLES],
    verify=_paired,
    free=True,
    mistakes=(
        Mistake(
            "Gated and JumpReLU exchanged",
            _answers(refinements="CAEFBD"),
            TABLES["refinements"][1].hint,
        ),
        Mistake(
            "dead latents want a wider dictionary",
            _answers(ailments="ADFBEC"),
            TABLES["ailments"][0].hint,
        ),
        Mistake(
            "holes taken for splitting",
            _answers(ailments="DAFEBC"),
            TABLES["ailments"][3].hint,
        ),
        Mistake(
            "only TopK loses gradients",
            _answers(kinds="LTLTTB"),
            TABLES["kinds"][4].hint,
        ),
        Mistake(
            "only a price absorbs",
            _answers(kinds="LTLTBL"),
            TABLES["kinds"][5].hint,
        ),
    ),
)
