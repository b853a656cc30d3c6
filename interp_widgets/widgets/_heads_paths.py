"""What HeadGrid says of heads together: whom a head feeds, and what a set of them does alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from interp_widgets.widgets._heads_data import REPLACE, Question, name, place_of
from interp_widgets.widgets._pack import number

if TYPE_CHECKING:
    from interp_widgets.core.composition import Composition
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.core.patching.circuit import Circuit
    from interp_widgets.core.patching.record import Patching
    from interp_widgets.widgets._history import Action, State

LINKS = 4  # heads listed on either side
_RECEIVER = re.compile(r"L(\d+)\.(?:([qkv])\.(\d+)|mlp_in)")


def reduced(state: State, action: Action) -> State | None:
    """The next state of the path and of the set that is run; None for another action."""
    match action:
        case {"do": "path", "sender": str(sender), "receiver": str(receiver)}:
            return {**state, "sender": sender, "receiver": receiver}
        case {"do": "replace", "by": str(by)} if by in REPLACE:
            return {**state, "replace": by}
        case {"do": "run"}:
            return {**state, "circuit": [name(head) for head in sorted(state["selected"])]}
    return None


def check_path(size: tuple[int, int], kv_heads: int, sender: str, receiver: str) -> None:
    """Raises unless the receiver is a place here and, where there is a sender, above it."""
    layers, heads = size
    found = _RECEIVER.fullmatch(receiver)
    if receiver != "logits":
        layer = int(found[1]) if found else -1
        of = heads if found and found[2] == "q" else kv_heads
        if not 0 <= layer < layers or (found and found[3] and int(found[3]) >= of):
            raise ValueError(
                "a receiver is 'logits', what a head reads ('L5.q.2', 'L5.k.0', 'L5.v.0') or what "
                f"an MLP reads ('L5.mlp_in'), in layers 0 to {layers - 1}, heads 0 to {heads - 1}"
                f"{f' (keys and values: {kv_heads - 1})' if kv_heads != heads else ''}; got "
                f"{receiver!r}."
            )
    if not sender:
        return
    layer, head = place_of(sender)
    if not (layer < layers and head < heads):
        raise ValueError(f"a sender is a head of layers 0 to {layers - 1}; got {sender!r}.")
    if found and (int(found[1]) < layer or (found[2] and int(found[1]) == layer)):
        raise ValueError(
            f"{receiver} reads the stream before {sender} has written to it. Pick a later receiver."
        )


def path_steps(
    model: LanguageModel, question: Question, sender: str, receiver: str
) -> Iterator[Patching]:
    """What the receiver's reading of one sender, or of every head (``"z"``), does."""
    from interp_widgets.core.patching.path import iter_path_patching

    return iter_path_patching(model, **question.asked, sender=sender, receiver=receiver)


def circuit_steps(
    model: LanguageModel,
    question: Question,
    heads: Sequence[str],
    replace: str,
    reference: Sequence[Any],
) -> Iterator[Circuit]:
    """What the model does with these heads alone, the others replaced."""
    from interp_widgets.core.patching.circuit import iter_circuit

    others = (list(reference) or [question.clean, question.corrupt]) if replace == "mean" else []
    asked = question.asked
    return iter_circuit(model, **asked, heads=list(heads), replace=replace, reference=others)


def circuit_view(found: Circuit | None, asked: Sequence[str], replace: str) -> dict[str, Any]:
    """What a set does alone, as the page says it; numbers not known yet are null."""
    if found is None:
        return {"asked": [], "heads": []}
    return {
        "asked": list(asked),
        "heads": list(found.names),
        "replace": replace,
        "faithfulness": number(found.faithfulness),
        "empty": number(found.empty),
        "completeness": number(found.completeness),
        "minimality": [number(value) for value in found.minimality.tolist()],
    }


def path_view(record: Patching | None, sender: str, receiver: str) -> dict[str, Any]:
    """The effect of one path as the page says it."""
    if record is None or not sender or record.values.isnan().any():
        return {"sender": sender, "receiver": receiver, "metric": ""}
    share = float(record.recovery.sum())
    return {
        "sender": sender,
        "receiver": receiver,
        "metric": record.metric,
        "effect": float(record.effect.sum()),
        "share": number(share),
        "ends": [record.clean, record.corrupt],
    }


def links(found: Composition | None, head: Sequence[int]) -> dict[str, list[Any]]:
    """Heads that a head feeds, and those that feed it, most above random first.

    Returns:
        ``feeds`` and ``fed``: the place that reads, the other head, score, and score above random;
        only what is further above random than random scores are apart.
    """
    if found is None:
        return {"feeds": [], "fed": []}
    layer, index = head
    excess = found.excess
    return {
        "feeds": _top(found, excess[:, layer, index], lambda at: (at, name(at))),
        "fed": _top(found, excess[:, :, :, layer, index], lambda at: (list(head), name(at))),
    }


def _top(found: Composition, excess: Any, ends: Any) -> list[list[Any]]:
    """The strongest of ``[kind, layer, head]``."""
    flat = excess.nan_to_num(-1).flatten()
    _, layers, heads = excess.shape
    listed = []
    for place in flat.argsort(descending=True, stable=True)[:LINKS].tolist():
        above = float(flat[place])
        kind, rest = divmod(place, layers * heads)
        if above <= found.baseline_std:
            break  # random weights reach that as well
        reader, other = ends(list(divmod(rest, heads)))
        read = f"L{reader[0]}.{found.kinds[kind]}.{reader[1]}"
        listed.append([read, other, above + found.baseline, above])
    return listed
