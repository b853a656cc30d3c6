"""What HeadGrid is made from: which of its arguments is the model, the record, the pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch

from interp_widgets.core.heads import HeadScores
from interp_widgets.core.patching.activation import iter_activation_patching
from interp_widgets.core.patching.record import Patching
from interp_widgets.widgets import _heads_data as data
from interp_widgets.widgets._heads_data import Question
from interp_widgets.widgets._heads_paths import check_path
from interp_widgets.widgets._prompt_words import likeliest, unknown_words

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

LIKELIEST = 6  # next tokens of either prompt that the boxes offer


def read_prompts(model: LanguageModel, prompts: Sequence[str]) -> dict[str, Any]:
    """What the boxes say about the prompts: words that are unknown, and what comes next."""
    unknown = [[list(s) for s in unknown_words(p, model.tokens(p))] for p in prompts]
    next_tokens = likeliest(model, *prompts, k=LIKELIEST)
    return {"prompts": list(prompts), "unknown": unknown, "likeliest": list(next_tokens)}


def sorted_out(source: Any, model: Any) -> tuple[Any, Any]:
    """The record and the model among what was given.

    Raises:
        TypeError: neither, or something else. ValueError: a record without heads, or of a model
            of another size.
    """
    if hasattr(source, "hf"):
        if model is not None:
            raise TypeError("HeadGrid got two models; it shows one.")
        source, model = None, source
    if source is None and model is None:
        raise TypeError(
            "HeadGrid needs a model or a record: HeadGrid(iw.load()), "
            "HeadGrid(iw.head_scores(model))."
        )
    if hasattr(source, "columns"):
        source = scores_of(source, "a table" if model is None else model.name)
    if source is None or isinstance(source, HeadScores):
        pass
    elif not isinstance(source, Patching):
        raise TypeError(
            f"HeadGrid shows a model, HeadScores, their frame, or a Patching record, not a "
            f"{type(source).__name__}."
        )
    elif not data.has_heads(source):
        raise ValueError(
            f"HeadGrid shows a record with axes layer and head (per='head'); got {source!r}. "
            "Draw it with record.plot()."
        )
    if source is not None and model is not None:
        there, wanted = size_of(source, None), (model.n_layers, model.n_heads)
        if there != wanted:
            raise ValueError(
                f"the record has {there[0]} layers × {there[1]} heads, the model {wanted[0]} × "
                f"{wanted[1]}: it is of another model, or of its key/value heads. Leave model= out."
            )
    return source, model


def size_of(record: Any, model: Any) -> tuple[int, int]:
    """Layers and heads."""
    if record is None:
        return model.n_layers, model.n_heads
    scored = isinstance(record, HeadScores)
    shape = record.scores.shape[1:] if scored else record.values.shape[1:3]
    return int(shape[0]), int(shape[1])


def scores_of(frame: Any, model: str) -> HeadScores:
    """A frame with columns layer, head and scores, as `iw.heads` gives one, as a record.

    Raises:
        ValueError: no such columns, no score, or heads that are missing or come twice.
    """
    taken = ("layer", "head", "name")
    numeric = frame.select_dtypes("number").columns
    kinds = tuple(str(name) for name in numeric if name not in taken)
    if not {"layer", "head"} <= set(frame.columns) or not kinds:
        raise ValueError(
            "a frame for HeadGrid has columns layer, head and a column of numbers for each score, "
            f"as iw.heads(model) has; got {', '.join(map(str, frame.columns))}."
        )
    rows = frame.sort_values(["layer", "head"])
    layers, heads = int(rows["layer"].max()) + 1, int(rows["head"].max()) + 1
    every = [(layer, head) for layer in range(layers) for head in range(heads)]
    if list(zip(rows["layer"], rows["head"], strict=True)) != every:
        raise ValueError(
            f"a frame for HeadGrid has one row for each of {layers} layers × {heads} heads; "
            f"this one has {len(rows)} rows, so that heads are missing or come twice."
        )
    columns = [torch.tensor(rows[kind].to_numpy(dtype="float32")) for kind in kinds]
    scores = torch.stack(columns).view(len(kinds), layers, heads)
    return HeadScores(model, "", "", kinds, scores, sequences=0, length=0, seed=0)


def question_of(
    record: Any, model: Any, prompt: str | None, asked: tuple[str | None, ...]
) -> tuple[Question | None, str | None]:
    """The pair asked about, or else the one prompt of the cards.

    Raises:
        TypeError: half a pair, a pair and a record, or a question without a model.
    """
    clean, corrupt, answer, distractor = asked
    given = [one for one in asked if one is not None]
    if isinstance(record, Patching):
        if given or prompt is not None:
            raise TypeError("HeadGrid got a record and prompts; the record has its own.")
        one = len(record.clean_prompts) == 1 and record.corrupt_prompts[0] and record.answers[0]
        if not one:
            return None, record.clean_prompts[0]
        texts = (record.clean_prompts, record.corrupt_prompts, record.answers, record.distractors)
        return Question(*(text[0] for text in texts)), None
    if not given:
        if prompt is None and record is not None and record.seed is None:
            prompt = record.prompt
        return None, prompt
    if model is None or clean is None or corrupt is None or answer is None or prompt is not None:
        raise TypeError(
            "HeadGrid measures effects with a model, clean=, corrupt= and answer= (distractor=, "
            "but no prompt=): HeadGrid(model, clean='…', corrupt='…', answer=' …')."
        )
    question = Question(clean, corrupt, answer, distractor or "")
    # Bad input is refused here, not in the runner's thread; nothing runs yet.
    iter_activation_patching(model, **question.asked, site="z", per="head")
    return question, None


def check_head(size: tuple[int, int], head: Any) -> None:
    """A head is [layer, head] of this model; none at all is fine.

    Raises:
        ValueError: it is not there.
    """
    layers, heads = size
    if not head:
        return
    fits = len(head) == 2 and all(isinstance(i, int) for i in head)
    if not (fits and 0 <= head[0] < layers and 0 <= head[1] < heads):
        raise ValueError(
            f"a head is [layer, head], layers 0 to {layers - 1} and heads 0 to {heads - 1} "
            f"here; got {list(head)!r}."
        )


def check_state(
    size: tuple[int, int], model: Any, state: Mapping[str, Any], roles: Mapping[Any, str]
) -> None:
    """Heads and places that a widget is to open with.

    Raises:
        ValueError: one of them is not there.
    """
    named = [*roles, *state.get("circuit", [])]
    for head in [state["opened"], *state["selected"], *map(data.place_of, named)]:
        check_head(size, head)
    path = state.get("sender", ""), state.get("receiver", "logits")
    check_path(size, size[1] if model is None else model.n_kv_heads, *path)
