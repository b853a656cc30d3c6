"""What PatchingPipeline computes: three runs, what each says next, and how far the last one got."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from interp_widgets.widgets._pack import number
from interp_widgets.widgets._patching_data import RUNS
from interp_widgets.widgets._prompt_words import spelled, unknown_words

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.intervention import Patch
    from interp_widgets.core.patching.patched_run import PatchedRun
    from interp_widgets.core.patching.record import Patching

SITES = ("resid_pre", "resid_post", "attn_out", "mlp_out", "z")
LISTED = 5  # next tokens that a column lists
_CELL = re.compile(r"L(\d+)\.(\w+?)(?:\.(\d+))? @ (\d+)")


class Question(NamedTuple):
    """What is asked, besides the clean prompt."""

    corrupt: str
    answer: str
    distractor: str
    site: str
    layer: int
    pos: int
    head: int
    direction: str


@dataclass(frozen=True)
class Piped:
    """One place copied from one run into the other.

    Attributes:
        prompt: the clean prompt.
        question: with the position counted from the start.
        record: the metric of the three runs, a sweep of this one cell.
        run: what the three runs say next; None in a viewer.
        unknown: parts of either prompt that the model has no tokens for.
        layers, heads: of the model; of a viewer as many as the place needs.
    """

    prompt: str
    question: Question
    record: Patching
    run: PatchedRun | None
    unknown: tuple[list[list[int]], ...]
    layers: int
    heads: int

    @property
    def numbers(self) -> dict[str, float]:
        """The metric of the clean, the corrupt and the patched run."""
        patched = float(self.record.values[0, 0])
        return dict(zip(RUNS, (self.record.clean, self.record.corrupt, patched), strict=True))

    @property
    def tokens(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Pieces of the clean and of the corrupt prompt."""
        return self.record.clean_tokens[0], self.record.corrupt_tokens[0]


def cell_of(question: Question) -> Patch:
    """The place as the core patches it."""
    from interp_widgets.core.patching.intervention import Patch

    head = f".{question.head}" if question.site == "z" else ""
    return Patch(f"L{question.layer}.{question.site}{head}", question.pos)


def answered(model: LanguageModel, clean: str, question: Question) -> Piped:
    """Run the three runs.

    Raises:
        ValueError: prompts of unequal length (token under token), a token that is several.
    """
    from interp_widgets.core.patching.activation import activation_patching
    from interp_widgets.core.patching.patched_run import patched_run

    _refuse_unequal(model, clean, question.corrupt)
    last = len(model.ids(clean)) - 1
    pos = last if question.pos < 0 else min(question.pos, last)
    question = question._replace(pos=pos)
    cell, direction = cell_of(question), question.direction
    record = activation_patching(
        model,
        clean,
        question.corrupt,
        question.answer,
        question.distractor or None,
        direction=direction,
        metric="logit_diff" if question.distractor else "log_prob",
        cells=[cell],
    )
    return Piped(
        clean,
        question,
        record,
        patched_run(model, clean, question.corrupt, cell, direction),
        tuple(
            [list(span) for span in unknown_words(prompt, model.tokens(prompt))]
            for prompt in (clean, question.corrupt)
        ),
        model.n_layers,
        model.n_heads,
    )


def _refuse_unequal(model: LanguageModel, clean: str, corrupt: str) -> None:
    """A place is copied to itself here, so there is no alignment to offer; says who has one."""
    from interp_widgets.core.patching.pairs import shown

    rows = tuple(model.tokens(clean)), tuple(model.tokens(corrupt))
    if len(rows[0]) != len(rows[1]):
        raise ValueError(
            f"the clean prompt has {len(rows[0])} tokens and the corrupt one {len(rows[1])}, so "
            f"their positions do not correspond:\n{shown(*rows)}\n"
            "Choose prompts of as many tokens; LayerBarPatching can align two that are not."
        )


def of_record(record: Patching) -> Piped:
    """A stored record of one cell at one position.

    Raises:
        ValueError: a record of more cells or pairs, or of another kind of place.
    """
    label = record.labels[0][0] if record.axes == ("cell",) and len(record.labels[0]) == 1 else ""
    match = _CELL.fullmatch(label)
    if match is None or match[2] not in SITES or len(record.clean_prompts) != 1:
        raise ValueError(
            "PatchingPipeline shows one pair of prompts with one place copied at one position, as "
            'iw.activation_patching(…, cells=[iw.Patch("L2.resid_pre", pos=4)]) gives; got '
            f"{record!r}. Draw it with record.plot()."
        )
    layer, head, pos = int(match[1]), int(match[3] or 0), int(match[4])
    question = Question(
        record.corrupt_prompts[0],
        record.answers[0],
        record.distractors[0],
        match[2],
        layer,
        pos,
        head,
        record.direction,
    )
    return Piped(record.clean_prompts[0], question, record, None, ([], []), layer + 1, head + 1)


def overview(found: Piped) -> dict[str, Any]:
    """The answer as the page draws it."""
    record, question, run = found.record, found.question, found.run
    tops = {} if run is None else {name: run.top_tokens(name, LISTED) for name in RUNS}
    values = found.numbers
    recovery = float(record.recovery[0])
    return {
        "model": record.model,
        "prompts": [found.prompt, question.corrupt],
        "unknown": list(found.unknown),
        "tokens": [list(row) for row in found.tokens],
        **{name: value for name, value in question._asdict().items() if name != "corrupt"},
        "layers": found.layers,
        "heads": found.heads,
        "metric": record.metric,
        "likeliest": _named(run, tops),
        "runs": [{"value": values[name], "top": tops.get(name, [])} for name in RUNS],
        "recovery": number(recovery),
        "nothing": number(record.check_nothing),
        "whole": number(record.check_whole),
        "meaning": meaning(found),
    }


def place(found: Piped) -> str:
    """The place in words."""
    question = found.question
    what = {
        "resid_pre": f"the stream that enters layer {question.layer}",
        "resid_post": f"the stream that leaves layer {question.layer}",
        "attn_out": f"what the attention of layer {question.layer} writes",
        "mlp_out": f"what the MLP of layer {question.layer} writes",
        "z": f"what head {question.head} of layer {question.layer} puts out",
    }[question.site]
    return f"{what} at position {question.pos}"


def meaning(found: Piped) -> str:
    """What the recovery means, for a reader who meets the word for the first time."""
    donor, base = ("clean", "corrupt")[:: 1 if found.question.direction == "denoise" else -1]
    share = float(found.record.recovery[0])
    did = f"Putting {place(found)} of the {donor} run into the {base} run"
    if share != share:
        return f"{did} cannot be judged: the two runs do not differ in the metric."
    if share > 1.1:
        return f"{did} overshoots: other places of the {base} run held back what this one pushes."
    if share < -0.1:
        return f"{did} moves the answer away from the {donor} run's: this place works against it."
    if share < 0.1:
        return (
            f"{did} changes next to nothing: what tells the prompts apart is not there, or has "
            "copies elsewhere."
        )
    way = f"{did} takes it {100 * share:.0f} % of the way to the {donor} run's answer"
    if found.question.direction == "denoise":
        return f"{way}: this place is enough for that much."
    return f"{way}: the clean answer needs this place that much."


def _named(run: PatchedRun | None, tops: dict[str, list[tuple[str, float]]]) -> list[str]:
    """Likely next tokens whose text names them, to pick an answer from."""
    found: dict[str, None] = {}
    for piece, _ in [*tops.get("clean", []), *tops.get("corrupt", [])]:
        if run is not None and spelled(run.model, piece):
            found[piece] = None
    return list(found)
