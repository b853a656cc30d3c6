"""What LayerBarPatching is asked: pairs of prompts, what is patched, and the view's own choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.record import Patching

PLACES = {
    ("all", "all"): ("resid_pre", "layer"),
    ("position", "one"): ("resid_pre", "position"),
    ("attention", "all"): ("attn_out", "layer"),
    ("attention", "one"): ("attn_out", "position"),
    ("mlp", "all"): ("mlp_out", "layer"),
    ("mlp", "one"): ("mlp_out", "position"),
    ("head", "all"): ("z", "head"),
    ("head", "one"): ("z", "head_position"),
}
"""Mode, and whether all positions or one → site and per of the sweep."""

MODES = tuple(dict.fromkeys(mode for mode, _ in PLACES))
ATS = ("all", "one")
DIRECTIONS = ("denoise", "noise")
ALIGNS = ("", "diff")
TOKENS = ("answer", "distractor")


class Pair(NamedTuple):
    """Two prompts and the tokens that they call for; no distractor is ``""``."""

    clean: str
    corrupt: str
    answer: str
    distractor: str


class Question(NamedTuple):
    """What a sweep is asked; the first pair is the one in the boxes, ``at`` as `at_of` says."""

    pairs: tuple[Pair, ...]
    mode: str
    at: str
    direction: str
    align: str

    @property
    def site(self) -> str:
        """The kind of place that is patched."""
        return PLACES[self.mode, self.at][0]

    @property
    def per(self) -> str:
        """What is patched together."""
        return PLACES[self.mode, self.at][1]

    @property
    def metric(self) -> str:
        """The logit difference where every pair has a distractor, else the answer's own."""
        return "logit_diff" if all(pair.distractor for pair in self.pairs) else "log_prob"

    @property
    def base(self) -> str:
        """The first pair's prompt that is patched."""
        return self.pairs[0][1 if self.direction == "denoise" else 0]

    @property
    def donor(self) -> str:
        """The first pair's prompt that is patched from."""
        return self.pairs[0][0 if self.direction == "denoise" else 1]

    def arguments(self) -> dict[str, Any]:
        """The question as arguments of the core's sweeps, the model aside."""
        columns = [list(column) for column in zip(*self.pairs, strict=True)]
        clean, corrupt, answer, distractor = (
            columns if len(self.pairs) > 1 else [column[0] for column in columns]
        )
        compared = self.metric == "logit_diff"
        return {
            "clean": clean,
            "corrupt": corrupt,
            "answer": answer,
            **({"distractor": distractor} if compared else {}),
            "site": self.site,
            "per": self.per,
            "direction": self.direction,
            "metric": self.metric,
            **({"align": self.align} if self.align else {}),
        }


class Run(NamedTuple):
    """A question, and which of its bars were looked at."""

    question: Question
    pos: int
    head: int


class Ask(NamedTuple):
    """All that the view shows at once. Places that the mode has no use for are 0."""

    question: Question
    opened: int = -1
    pos: int = 0
    head: int = 0
    carried: tuple[int, ...] = ()
    compared: Run | None = None


def at_of(mode: str, at: str) -> str:
    """At how many positions a mode patches; ``all`` and ``position`` say so themselves."""
    return {"all": "all", "position": "one"}.get(mode, at)


def state_of(question: Question, pos: int, head: int) -> dict[str, Any]:
    """A run as plain JSON."""
    return {
        "pairs": [list(pair) for pair in question.pairs],
        "mode": question.mode,
        "at": question.at,
        "direction": question.direction,
        "align": question.align,
        "pos": pos,
        "head": head,
    }


def question_of(state: dict[str, Any]) -> Question:
    """The question that a widget's state asks, or a run of its history.

    Raises:
        ValueError: a run that is none.
    """
    try:
        pairs = list(state["pairs"])
        if "prompts" in state:
            pairs.insert(0, [*state["prompts"], state["answer"], state["distractor"]])
        at = at_of(state["mode"], state["at"])
        wanted = (state["mode"], at, state["direction"], state["align"])
        question = Question(tuple(check_pair(pair) for pair in pairs), *wanted)
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"runs: not a run of this widget's history: {state!r}.") from wrong
    for value, known in zip(wanted, (MODES, ATS, DIRECTIONS, ALIGNS), strict=True):
        if value not in known:
            raise ValueError(f"runs: {value!r} is none of {', '.join(map(repr, known))}.")
    return question


def run_of(state: dict[str, Any]) -> Run:
    """A run of the history.

    Raises:
        ValueError: a run that is none.
    """
    question = question_of(state)
    pos, head = state.get("pos"), state.get("head")
    if not question.pairs or not isinstance(pos, int) or not isinstance(head, int):
        raise ValueError(f"runs: not a run of this widget's history: {state!r}.")
    return Run(question, pos, head)


def check_pair(pair: Any) -> Pair:
    """Four texts as a pair.

    Raises:
        ValueError: anything else.
    """
    listed = isinstance(pair, Sequence) and not isinstance(pair, str)
    if not listed or len(pair) != 4 or not all(isinstance(text, str) for text in pair):
        raise ValueError(
            "pairs: each is [clean prompt, corrupt prompt, answer, distractor], the last '' for "
            f"none; got {pair!r}."
        )
    return Pair(*pair)


def check_tokens(model: LanguageModel, pair: Pair) -> None:
    """Raises where answer or distractor are no single token of the model, or the same one."""
    answer = token_id(model, "answer", pair.answer)
    if pair.distractor and token_id(model, "distractor", pair.distractor) == answer:
        raise ValueError(f"Answer and distractor are both {pair.answer!r}. Compare two tokens.")


def check_lengths(model: LanguageModel, question: Question) -> None:
    """Raises where one position is asked for in pairs whose prompts have not one length."""
    if question.at != "one" or len(question.pairs) < 2:
        return
    side = 1 if question.direction == "denoise" else 0
    lengths = sorted({len(model.ids(pair[side])) for pair in question.pairs})
    if len(lengths) > 1:
        raise ValueError(
            f"The {'corrupt' if side else 'clean'} prompts of the pairs have {lengths[0]} to "
            f"{lengths[-1]} tokens, so one position is not the same place in all of them. Choose "
            "pairs of one length, or patch all positions: mode 'attention', 'mlp' or 'head'."
        )


def token_id(model: LanguageModel, which: str, text: str) -> int:
    """The id of an answer or a distractor; what is none is told with the remedy.

    Raises:
        ValueError: no token, or several.
    """
    if not text:
        raise ValueError(
            f"The {which} is empty. Give the token that the prompt calls for, such as "
            f"{model.top_tokens('the', 1)[0][0]!r}, or pick one from the list beside the box."
        )
    try:
        return model.token_id(text)
    except ValueError as several:
        ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
        first = model.piece(int(ids[0])) if ids else ""
        # Of a word in crumbs the first one is a bare space or letter, which nobody means.
        piece = f"its first piece, {first!r}, or " if len(first.strip()) > 1 else ""
        raise ValueError(
            f"The {which} has to be one token: {several} Take {piece}a token that the model knows: "
            "those it puts first are in the list beside the box, and in model.top_tokens(prompt)."
        ) from None


def pairs_given(clean: Any, corrupt: Any, answer: Any, distractor: Any) -> tuple[Pair, ...]:
    """Prompts and tokens as pairs: one text each, or lists of as many; a token may serve all.

    Raises:
        ValueError: lists of different lengths, or an empty one.
        TypeError: something other than texts.
    """
    given = {"clean": clean, "corrupt": corrupt, "answer": answer, "distractor": distractor or ""}
    lists = {name: [v] if isinstance(v, str) else v for name, v in given.items()}
    for name, texts in lists.items():
        if not isinstance(texts, Sequence) or not all(isinstance(text, str) for text in texts):
            raise TypeError(f"{name}= is a text or a list of texts; got {given[name]!r}.")
    count = len(lists["clean"])
    if count == 0 or len(lists["corrupt"]) != count:
        raise ValueError(
            f"clean= has {count} prompts and corrupt= {len(lists['corrupt'])}: they go in pairs."
        )
    for name in ("answer", "distractor"):
        if isinstance(given[name], str):
            lists[name] = [given[name]] * count
        elif len(lists[name]) != count:
            raise ValueError(
                f"{name}= is one token for all pairs or a list of {count}; got {len(lists[name])}."
            )
    return tuple(Pair(*row) for row in zip(*lists.values(), strict=True))


def of_record(record: Patching) -> Question:
    """The question that a record answers.

    Raises:
        ValueError: a record that has no bar a layer here.
    """
    places = {place: (mode, at) for (mode, at), place in PLACES.items()}
    found = places.get((record.site, record.per))
    if found is None or record.direction not in DIRECTIONS:
        known = ", ".join(f"{site} per {per}" for site, per in places)
        raise ValueError(
            f"LayerBarPatching shows pairs of prompts patched in one of {known}; got {record!r}. "
            "Draw it with record.plot()."
        )
    texts = (record.clean_prompts, record.corrupt_prompts, record.answers, record.distractors)
    pairs = tuple(Pair(*row) for row in zip(*texts, strict=True))
    both = zip(record.clean_tokens, record.corrupt_tokens, strict=True)
    unequal = any(len(clean) != len(corrupt) for clean, corrupt in both)
    return Question(pairs, *found, record.direction, "diff" if unequal else "")
