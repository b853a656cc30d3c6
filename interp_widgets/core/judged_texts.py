"""Texts that an edit of a model is judged on: prompts about subjects, and texts of other families.

Each is a row of ids and the number of the group it belongs to; rows run in batches of one length,
filled up on the right, where no earlier position of a causal model looks.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.core.hooks import Edit, hooked

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.sites import Site

_ROWS = 64  # texts a batch
_LOGITS = 1 << 26  # of a batch: a quarter of a gigabyte in float32


@dataclass(frozen=True, eq=False)
class Text:
    """A text as ids ``[pos]``, the group it belongs to, and how many last tokens are its answer."""

    ids: Tensor
    group: int
    answer: int = 0


def subjects_of(model: LanguageModel, prompts: Any) -> tuple[set[str], tuple[str, ...], list[Text]]:
    """Families that prompts come from, what they are about, and the prompts, grouped by that.

    Args:
        model: the model.
        prompts: prompts with a subject and a family, or ``{subject: [text, ...]}``.

    Raises:
        TypeError: something else.
        ValueError: no prompt.
    """
    families: set[str] = set()
    found: dict[str, list[str]] = {}
    if isinstance(prompts, Mapping):
        _check_lists("prompts", prompts)
        found = {str(name): list(texts) for name, texts in prompts.items() if texts}
    else:
        if not isinstance(prompts, Iterable):
            raise TypeError(
                "prompts= are prompts with a subject, as iw.prompts(family) lists them, or "
                f"{{subject: [text, …]}}; got {type(prompts).__name__}."
            )
        for prompt in prompts:
            if not hasattr(prompt, "subject"):
                raise TypeError(
                    "prompts= are prompts with a subject, as iw.prompts(family) lists them, or "
                    f"{{subject: [text, …]}}; got {prompt!r:.60}."
                )
            found.setdefault(prompt.subject, []).append(prompt.prompt)
            families.add(prompt.family)
    if not found:
        raise ValueError("prompts= is empty: there is no bias to measure.")
    texts = [
        Text(model.ids(text), group) for group, texts in enumerate(found.values()) for text in texts
    ]
    return families, tuple(found), texts


def families_of(
    model: LanguageModel, others: Any, own: set[str], sample: int, seed: int
) -> tuple[tuple[str, ...], list[Text]]:
    """Names of the other families, and ``sample`` texts of each.

    Args:
        model: the model.
        others: ``{family: [prompt or text, ...]}``.
        own: families to leave out.
        sample: texts a family.
        seed: of the draws.

    Raises:
        TypeError: something else.
        ValueError: no other family.
    """
    if not isinstance(others, Mapping):
        raise TypeError(
            "others= are texts by family, {family: [text, …]}, such as iw.prompts(); got "
            f"{type(others).__name__}."
        )
    _check_lists("others", others)
    draw = random.Random(seed)
    drawn = {
        str(name): draw.sample(list(texts), min(sample, len(texts)))
        for name, texts in others.items()
        if name not in own and len(texts)
    }
    if not drawn:
        raise ValueError("others= has no texts of another family: nothing tells what it costs.")
    texts = [
        _text(model, text, group) for group, texts in enumerate(drawn.values()) for text in texts
    ]
    short = [tuple(drawn)[text.group] for text in texts if len(text.ids) < 2]
    if short:
        raise ValueError(
            f"others= has under {short[0]!r} a text of one token, which predicts nothing. Give "
            "texts of two tokens or more."
        )
    return tuple(drawn), texts


def _check_lists(name: str, texts: Mapping[Any, Any]) -> None:
    """Refuse groups that are no lists: one text alone would be taken letter by letter.

    Raises:
        TypeError: which group it is.
    """
    for group, members in texts.items():
        if isinstance(members, str) or not isinstance(members, Sequence):
            raise TypeError(
                f"{name}= has under {group!r} no list of texts but a {type(members).__name__}. "
                f"Write {{{group!r}: [text, …]}}."
            )


def _text(model: LanguageModel, text: Any, group: int) -> Text:
    """A text as ids; of a prompt with an answer, both of them."""
    if isinstance(text, str):
        return Text(model.ids(text), group)
    whole = model.ids(text.prompt + text.answer)
    return Text(whole, group, len(whole) - len(model.ids(text.prompt)))


def batches(texts: Sequence[Text], width: int = 1) -> Iterator[list[int]]:
    """Numbers of texts, those of like length together.

    Args:
        texts: the texts.
        width: numbers that are kept of each token, such as the logits of a vocabulary.
    """
    batch: list[int] = []
    for i in sorted(range(len(texts)), key=lambda i: len(texts[i].ids)):
        size = (len(batch) + 1) * len(texts[i].ids) * width  # the longest comes last
        if batch and (len(batch) == _ROWS or size > _LOGITS):
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def runs(
    model: LanguageModel, texts: Sequence[Text], edits: Mapping[Site, Edit]
) -> Iterator[tuple[list[int], list[Text], Tensor]]:
    """Numbers of texts, the texts, and their logits ``[text, pos, vocab]``, batch by batch."""
    for at in batches(texts, model.d_vocab):
        rows = [texts[i] for i in at]
        with hooked(model, dict(edits)):
            logits = model.logits(padded(rows)[0])
        yield at, rows, logits.float()


def padded(rows: Sequence[Text]) -> tuple[Tensor, Tensor]:
    """Ids ``[text, pos]``, filled up on the right; and 1 inside the texts, 0 after them."""
    length = max(len(row.ids) for row in rows)
    ids = torch.stack([F.pad(row.ids, (0, length - len(row.ids))) for row in rows])
    inside = torch.stack([(torch.arange(length) < len(row.ids)).float() for row in rows])
    return ids, inside
