"""The sides of a lens heatmap: what each shows, on which model, read with which lenses."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from interp_widgets.core.lens.lens import Lens
from interp_widgets.widgets._lens_choice import LensChoice, Names, stored

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel
    from interp_widgets.widgets._lens_data import Record


@dataclass
class Side:
    """One side.

    Attributes:
        record: what it shows.
        model: runs it anew; None where the record is only shown.
        choice: the lenses to choose among; None without a model.
        names: the lenses that the record was read with.
    """

    record: Record
    model: LanguageModel | None
    choice: LensChoice | None
    names: Names


def check_arguments(record: Any, model: Any, prompt: Any, lenses: Any) -> None:
    """Refuses what is too much, too little or no record."""
    if record is not None:
        if prompt is not None:
            raise TypeError("LogitLensHeatmap got a record and a prompt; it needs one of them.")
        if not is_record(record):
            raise TypeError(
                "LogitLensHeatmap shows a LogitLens or a LensDifference record, not a "
                f"{type(record).__name__}. To compute one: "
                'LogitLensHeatmap(model=model, prompt="…").'
            )
        if model is None and lenses:
            raise TypeError(
                "lenses= are for a model to be read with: record.widget(model=model, lenses=…)."
            )
    elif model is None or prompt is None:
        raise TypeError(
            "LogitLensHeatmap needs a record, or model= and prompt=: "
            'LogitLensHeatmap(model=iw.load(), prompt="…").'
        )


def first_side(
    record: Record | None,
    model: LanguageModel | None,
    prompt: Any,
    kind: Any,
    base: Any,
    lenses: Mapping[str, Lens],
    track: Sequence[str],
    k: int,
) -> Side:
    """A record, alone or with a model to go on with, or a model and its first prompt."""
    if model is None:
        assert record is not None  # check_arguments
        return Side(record, None, None, stored(record, kind, base))
    choice = LensChoice(model, lenses)
    if record is not None:
        return Side(record, model, choice, choice.read_with(record, kind, base))
    first = choice.name_of("logit" if kind is None else kind)
    return _computed(prompt, model, choice, (first, choice.name_of(base) if base else ""), track, k)


def second_side(
    first: Side, compare: Any, lenses: Mapping[str, Lens], track: Sequence[str], k: int
) -> Side:
    """What is compared: a record, another prompt, another lens, or another model."""
    model, choice, names = first.model, first.choice, first.names
    if is_record(compare):
        return Side(
            compare, model, choice, (choice.read_with if choice else stored)(compare, None, None)
        )
    if _is_model(compare):
        other = LensChoice(compare, _fitting(lenses, compare))
        return _computed(first.record.prompt, compare, other, names, track, k)
    if not isinstance(compare, str | Lens):
        got = type(compare).__name__
        raise TypeError(f"compare= takes a record, a prompt, a model or a lens, not a {got}.")
    prompt = first.record.prompt if isinstance(compare, Lens) else compare
    if model is None or choice is None:
        thing = "lens" if isinstance(compare, Lens) else "prompt"
        raise TypeError(f"To compare with another {thing}, give the model as well: model=model.")
    if isinstance(compare, Lens):
        names = choice.name_of(compare), ""
    return _computed(prompt, model, choice, names, track, k)


def tracks(side: Side) -> tuple[str, ...]:
    """The tokens that a side's record tracks, as texts."""
    return tuple(side.record.vocab[int(i)] for i in side.record.track)


def followed(first: Side, track: Any) -> tuple[str, ...]:
    """The tokens to track on all sides: those of the first record, and what is asked for besides.

    Raises:
        ValueError: a text of several tokens, or a record without a model that does not track it.
        TypeError: no tokens.
    """
    from interp_widgets.core.lens.logit import listed

    record, model = first.record, first.model
    found = dict.fromkeys(tracks(first))
    for token in listed(track):
        if model is not None:
            found[model.piece(model.token_id(token))] = None
        elif token not in found and token not in record.track:
            raise ValueError(
                f"This record does not track {token!r}. To track more tokens: "
                "record.widget(model=model, track=…)."
            )
    return tuple(found)


def linked(sides: Sequence[Side], compare: Any) -> bool:
    """Whether both sides follow one prompt box: two models or two lenses on one prompt."""
    if is_record(compare):
        first, second = sides
        return first.record.prompt == second.record.prompt and first.names != second.names
    return compare is not None and not isinstance(compare, str)


def steps(
    model: LanguageModel,
    prompt: str,
    choice: LensChoice,
    names: Names,
    track: Sequence[str],
    k: int,
) -> Generator[Any]:
    """Ever more complete records of a prompt, read with one lens or with two."""
    from interp_widgets.core.lens.difference import iter_lens_difference
    from interp_widgets.core.lens.logit import iter_logit_lens

    kind, base = names
    if base:
        return iter_lens_difference(model, prompt, choice[kind], choice[base], track, k)
    return iter_logit_lens(model, prompt, kind=choice[kind], track=track, k=k)


def _computed(
    prompt: str,
    model: LanguageModel,
    choice: LensChoice,
    names: Names,
    track: Sequence[str],
    k: int,
) -> Side:
    for name in filter(None, names):
        choice.name_of(name)  # another model may not have it
    check_two(*names)
    *_, record = steps(model, prompt, choice, names, track, k)
    return Side(record, model, choice, names)


def check_two(kind: str, base: str) -> None:
    """Refuses the difference of a lens and itself."""
    if kind == base:
        raise ValueError(f"a lens less itself is nothing: {kind!r} and {base!r}. Choose two.")


def _fitting(lenses: Mapping[str, Lens], model: LanguageModel) -> dict[str, Lens]:
    """Those lenses that have this model's shape."""
    return {
        name: lens
        for name, lens in lenses.items()
        if lens.d_model == model.d_model and max(lens.rows, default=0) < model.n_layers
    }


def is_record(thing: Any) -> bool:
    """Whether this is a record that the heatmap shows."""
    return hasattr(thing, "top_ids")


def _is_model(thing: Any) -> bool:
    return hasattr(thing, "token_id") and hasattr(thing, "tokens")
