"""Activations of one prompt or of many, by the name of the place they were taken from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from interp_widgets.core.hooks import captured
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.result import Result
from interp_widgets.core.sites import Site, expand, house_name
from interp_widgets.core.tokens import Prompt, pieces

if TYPE_CHECKING:
    import pandas as pd


_TOKENS_A_BATCH = 4096


@dataclass(frozen=True, eq=False, repr=False)
class ActivationCache(Result):
    """Activations at named places: ``cache["L3.resid_pre"]``.

    Attributes:
        activations: place -> float32 on cpu. ``[pos, ...]`` for one prompt, ``[batch, pos, ...]``
            for several, where positions past a prompt's end hold NaN. What ``...`` is stands in
            `sites`; ``pattern`` is ``[head, dst, src]`` or ``[batch, head, dst, src]``.
        tokens: raw pieces of each prompt.
    """

    activations: dict[str, Tensor]
    tokens: tuple[tuple[str, ...], ...]

    tensor_dicts: ClassVar[tuple[str, ...]] = ("activations",)

    def __getitem__(self, name: str) -> Tensor:
        try:
            return self.activations[house_name(name)]
        except KeyError:
            raise KeyError(
                f"{name!r} was not cached; cached are {', '.join(self.activations)}."
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.activations)

    def __contains__(self, name: object) -> bool:
        with suppress(ValueError):  # a hook of TransformerLens that no place here stands for
            return isinstance(name, str) and house_name(name) in self.activations
        return False

    def __repr__(self) -> str:
        places, prompts = len(self.activations), len(self.tokens)
        return f"ActivationCache({places} places, {prompts} prompts, {self.model})"

    def describe(self) -> str:
        """One sentence that says what is cached."""
        longest = max(len(tokens) for tokens in self.tokens)
        return (
            f"Activations of {self.model} at {len(self.activations)} places for "
            f"{len(self.tokens)} prompt(s) of up to {longest} tokens."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a place and token. Columns: prompt, place, pos, token, norm (Euclidean)."""
        import pandas as pd

        rows = [
            (b, name, pos, token, norms[b, pos].item())
            for name, norms in ((name, self._norms(name)) for name in self.activations)
            for b, tokens in enumerate(self.tokens)
            for pos, token in enumerate(tokens)
        ]
        return pd.DataFrame(rows, columns=["prompt", "place", "pos", "token", "norm"])

    def _norms(self, name: str) -> Tensor:
        """Euclidean norm of all at a position, ``[batch, pos]``; a pattern counts at its dst."""
        x = self.activations[name]
        x = x[None] if len(self.tokens) == 1 else x
        if ".pattern" in name:
            x = x.movedim(-2, 1)
        return x.flatten(2).nan_to_num().norm(dim=-1) if x.ndim > 2 else x.abs()


def cache(
    model: LanguageModel,
    prompts: Prompt | Sequence[Prompt],
    sites: str | Iterable[str] = ("L*.resid_pre",),
) -> ActivationCache:
    """Run the model and keep the activations at ``sites``.

    Prompts of equal length run together, so no padding ever reaches the model.

    Args:
        model: the model.
        prompts: one prompt, or a list of them.
        sites: names of places; ``L*`` is every layer.

    Returns:
        The activations, float32 on cpu.

    Raises:
        ValueError: an unknown place, an empty list, an empty or too long prompt; nothing ran then.
        TypeError: prompts or places of another type.
    """
    check_model(model)
    wanted = expand(sites, model.n_layers)
    for site in wanted:
        model.place(site)
    listed = _listed(prompts)
    ids = [model.ids(prompt) for prompt in listed]
    taken = activations_of(model, ids, wanted)
    return ActivationCache(
        model=model.name,
        revision=model.revision,
        prompt="\n".join(
            prompt if isinstance(prompt, str) else str(list(map(int, prompt))) for prompt in listed
        ),
        activations={
            str(site): _stacked([found[site] for found in taken], site) for site in wanted
        },
        tokens=tuple(tuple(pieces(model.tokenizer, row.tolist())) for row in ids),
    )


def activations_of(
    model: LanguageModel, ids: list[Tensor], sites: list[Site]
) -> list[dict[Site, Tensor]]:
    """Activations of each prompt ``[pos]`` of ids: place -> ``[pos, ...]``, float32 on cpu."""
    taken: list[dict[Site, Tensor]] = [{} for _ in ids]
    for batch, found in batches_of_activations(model, ids, sites):
        for site, stacked in found.items():
            for i, activation in zip(batch, stacked, strict=True):
                taken[i][site] = activation
    return taken


def batches_of_activations(
    model: LanguageModel, ids: list[Tensor], sites: list[Site]
) -> Iterator[tuple[list[int], dict[Site, Tensor]]]:
    """`activations_of` a batch at a time: indices of its prompts, and ``[prompt, pos, ...]``."""
    for batch in _batches(ids):
        yield batch, _run(model, torch.stack([ids[i] for i in batch]), sites)


def _listed(prompts: Any) -> list[Prompt]:
    """One prompt or several as a list. A list of integers is the ids of one."""
    if isinstance(prompts, str | bytes | Tensor):
        return [prompts]
    if not isinstance(prompts, Iterable):
        raise TypeError(f"prompts are texts or token ids; got {type(prompts).__name__}.")
    listed = list(prompts)
    if not listed:
        raise ValueError("no prompt was given.")
    return [listed] if all(isinstance(i, Integral) for i in listed) else listed


def _batches(ids: list[Tensor]) -> Iterator[list[int]]:
    """Indices of prompts that run together: equal length, a bounded number of tokens."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for i, row in enumerate(ids):
        by_length[len(row)].append(i)
    for length, members in by_length.items():
        size = max(1, _TOKENS_A_BATCH // length)
        yield from (members[start : start + size] for start in range(0, len(members), size))


def _run(model: LanguageModel, ids: Tensor, sites: list[Site]) -> dict[Site, Tensor]:
    with captured(model, sites) as found:
        model.run(ids)
    return {site: value.to("cpu", torch.float32) for site, value in found.items()}


def _stacked(rows: list[Tensor], site: Site) -> Tensor:
    """One prompt as it is, several stacked, short ones filled up with NaN."""
    if len(rows) == 1:
        return rows[0]
    # A pattern has two position axes, the last two; everything else one, the first.
    axes = (-2, -1) if site.kind == "pattern" else (0,)
    shape = list(rows[0].shape)
    for axis in axes:
        shape[axis] = max(row.shape[axis] for row in rows)
    out = torch.full((len(rows), *shape), float("nan"), dtype=torch.float32)
    for filled, row in zip(out, rows, strict=True):
        filled[tuple(slice(n) for n in row.shape)] = row
    return out
