"""What LayerBarPatching says in words, and as Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interp_widgets.widgets._patching_data import Answered, bars
from interp_widgets.widgets._patching_question import Question, Run

if TYPE_CHECKING:
    from torch import Tensor

WHOLE = (
    "The stream at all positions is everything that later layers read, so patching it makes the "
    "run the other run: every bar is 1.0 whatever the model does. Patch one position to see where "
    "the information sits."
)
PARTLY = (
    "The prompts differ in length, so only positions that have a partner are patched. The rest of "
    "the stream stays, and bars need not be 1.0."
)
SAME = (
    "The clean and the corrupt run give the same value, so there is nothing to recover: "
    "every bar would be nothing divided by nothing. "
)


def where(question: Question, column: tuple[int, int], tokens: tuple[str, ...]) -> str:
    """The place that is patched in each layer, in words; ``column`` is a position and a head."""
    pos, head = column
    pos = len(tokens) - 1 if pos < 0 else min(pos, len(tokens) - 1)
    at = f" at position {pos} ({tokens[pos].strip()!r})" if question.at == "one" else ""
    match question.mode:
        case "all":
            return "the whole stream"
        case "position":
            return f"the stream{at}"
        case "attention":
            return f"the attention's output{at}"
        case "mlp":
            return f"the MLP's output{at}"
    return f"head {head}{at}"


def into(direction: str) -> str:
    """The direction in words."""
    return "clean into corrupt" if direction == "denoise" else "corrupt into clean"


def named(run: Run, tokens: tuple[str, ...]) -> str:
    """A run by what is patched, its direction and its prompts."""
    pairs = run.question.pairs
    prompts = f"{pairs[0].clean} / {pairs[0].corrupt}"
    more = f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""
    return f"{_named(run, tokens)}: {prompts}{more}"


def _named(run: Run, tokens: tuple[str, ...]) -> str:
    what = where(run.question, (run.pos, run.head), tokens)
    return f"{what}, {into(run.question.direction)}"


def note(found: Answered) -> str:
    """Why these bars look as they do, where it needs saying."""
    swept, record = found.swept, found.swept.record
    if record.recovery.isnan().all() and (swept.exact is None or record.done == 1):
        pair, *others = swept.question.pairs
        if not others and pair.clean == pair.corrupt:
            return (
                f"{SAME}Both prompts are the same text: in the corrupt one, change the word that "
                f"calls for {pair.answer!r}."
            )
        return f"{SAME}Change a word in a prompt, or take an answer that the two runs disagree on."
    if swept.question.mode == "all":
        return PARTLY if swept.question.align else WHOLE
    return ""


def title(found: Answered, pos: int, head: int) -> str:
    """What is patched into what."""
    question = found.swept.question
    head = min(head, found.swept.heads - 1)
    several = f" of {len(question.pairs)} pairs" if len(question.pairs) > 1 else ""
    what = where(question, (pos, head), found.swept.base_tokens)
    return f"Patching {what}, {into(question.direction)}{several}"


def sentence(found: Answered, pos: int, head: int) -> str:
    """What is patched into what, and the layers where that brings back most and least."""
    swept = found.swept
    question, shown = swept.question, bars(swept, pos, head)
    said = f"{title(found, pos, head)}, one layer at a time:"
    known = (~shown.isnan()).nonzero().flatten()
    if not len(known):
        return f"{said} nothing is known yet, or the two runs do not differ in the metric."
    if question.mode == "all" and not question.align:
        mean = float(shown[known].mean())
        return f"{said} every bar is the whole run, {mean:z.2f} on average."
    best = int(known[shown[known].argmax()])
    least = int(known[shown[known].argmin()])
    how = "" if swept.exact is not None else "an estimate, "
    said += (
        f" {how}most in layer {best} (recovery {float(shown[best]):z.2f}), "
        f"least in layer {least} ({float(shown[least]):z.2f})"
    )
    if found.carried is not None:
        said += f"; {_carried(found)}"
    return f"{said}{_compared(found, shown)}."


def _carried(found: Answered) -> str:
    carried = found.carried
    assert carried is not None
    _, start, _, end = carried.move
    source, target = carried.site
    return (
        f"{source} of position {start} put into {target} of position {end} gives "
        f"{carried.recovery:z.2f}"
    )


def _compared(found: Answered, shown: Tensor) -> str:
    run, other = found.ask.compared, found.other
    if run is None or other is None:
        return ""
    same = other.question.pairs == found.swept.question.pairs
    name = (_named if same else named)(run, other.base_tokens)
    gap = (shown - bars(other, run.pos, run.head)).nan_to_num()
    at = int(gap.abs().argmax())
    return f"; against {name}, the largest difference is {float(gap[at]):+z.2f} in layer {at}"
