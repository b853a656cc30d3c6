"""Latents that stand for families of texts: found on one half of the texts, checked on the other.

A latent says "this text is of that family" where it fires more strongly than a threshold. *Purity*
is the share of the texts it picks that are of the family (precision), *coverage* the share of the
family that it picks (recall), F1 their harmonic mean. The latent and its threshold are those with
the best F1 on one half of the texts. With thousands of latents some are good by chance, so what
counts is the other half, which had no part in the choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import TokenBatch, firing, one_site, token_batches
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Find:
    """The best latent of a family.

    Attributes:
        family: its name.
        feature: the latent.
        threshold: it picks the texts on which it fires more strongly than this.
        f1, purity, coverage: on the half of the texts that it was chosen on, 0..1.
        checked_f1, checked_purity, checked_coverage: on the other half. Purity is NaN where the
            latent picks no text.
        texts: of the family, both halves.
    """

    family: str
    feature: int
    threshold: float
    f1: float
    purity: float
    coverage: float
    checked_f1: float
    checked_purity: float
    checked_coverage: float
    texts: int


@dataclass(frozen=True, eq=False, repr=False)
class LatentFinds(Result):
    """The best latent of each family of texts. ``finds["bridge"]`` is a `Find`.

    Attributes:
        site: where the dictionary reads.
        at: ``"any"`` token of a text, or its ``"last"``.
        finds: one a family.
        others: texts that are of no family.
    """

    site: str
    at: str
    finds: tuple[Find, ...]
    others: int

    def __getitem__(self, family: str) -> Find:
        for find in self.finds:
            if find.family == family:
                return find
        raise KeyError(f"no family {family!r}; there are {', '.join(self.families)}.")

    def __iter__(self):
        return iter(self.finds)

    def __len__(self) -> int:
        return len(self.finds)

    def __repr__(self) -> str:
        return f"LatentFinds({len(self)} families, {self.site}, {self.model})"

    @property
    def families(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(find.family for find in self.finds)

    def describe(self) -> str:
        """One sentence: how many families have a latent, by the half that had no say."""
        good = sum(find.checked_f1 >= 0.8 for find in self.finds)
        return (
            f"{good} of {len(self)} families have a latent at {self.site} of {self.model} that "
            "picks their texts with F1 of 0.8 or more on texts it was not chosen on."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a family; columns as the attributes of `Find`."""
        import pandas as pd

        return pd.DataFrame([asdict(find) for find in self.finds])

    def _parts(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        tensors, plain = super()._parts()
        return tensors, plain | {"finds": [asdict(find) for find in self.finds]}

    @classmethod
    def _values(cls, plain: dict[str, Any], tensors: dict[str, Tensor]) -> dict[str, Any]:
        finds = tuple(Find(**find) for find in plain["finds"])
        return super()._values(plain | {"finds": ()}, tensors) | {"finds": finds}


def find_latents(
    model: LanguageModel,
    sae: SAE,
    families: Mapping[str, Sequence[Any]],
    others: Iterable[Any] = (),
    site: str | None = None,
    at: str = "any",
    seed: int = 0,
) -> LatentFinds:
    """Find, for each family of texts, the latent that tells it best from all other texts.

    Texts of the other families count as what a latent should not pick. Each text counts once.

    Args:
        model: the model.
        sae: the dictionary.
        families: name -> texts, or prompts as ``iw.prompts(family)`` lists them (read without
            their answers). Two or more texts a family.
        others: texts of no family.
        site: where the dictionary reads; None for the place that it names.
        at: ``"any"``: a text counts by its strongest token; ``"last"``: by its last token, where
            the model is about to say something.
        seed: of the halves.

    Returns:
        The best latent of each family, with its scores on both halves.

    Raises:
        ValueError: a family of fewer than two texts, nothing to tell it from, a text in two
            families, a place that does not fit. TypeError: no texts by name.
    """
    check_model(model)
    check_seed(seed)
    if at not in ("any", "last"):
        raise ValueError(f"at= is 'any' (token) or 'last'; got {at!r}.")
    place = one_site(model, sae, site)
    groups = _groups(families, others)
    owner = torch.tensor([n for n, texts in enumerate(groups.values()) for _ in texts])
    texts = [text for texts in groups.values() for text in texts]
    codes = torch.zeros(len(texts), sae.d_sae)
    done = 0
    for batch in token_batches(model, place, texts):
        stop = done + len(batch.starts) - 1
        _note(codes[done:stop], batch, sae, at)
        done = stop
    first = _first_half(owner, seed)
    ranked = codes[first].sort(dim=0, descending=True, stable=True)  # once for all families
    named = [(n, name) for n, name in enumerate(groups) if name is not None]
    finds = [_best(name, codes, owner == n, first, *ranked) for n, name in named]
    return LatentFinds(
        model=model.name,
        revision=model.revision,
        prompt="",
        site=str(place),
        at=at,
        finds=tuple(finds),
        others=len(groups.get(None, ())),
    )


def _groups(families: Any, others: Any) -> dict[str | None, list[str]]:
    """Texts by family, each once; under None those of no family.

    Raises:
        TypeError, ValueError: as `find_latents`.
    """
    if not isinstance(families, Mapping) or not families:
        raise TypeError("families are texts by name, {name: [text, …]}, one family or more.")
    groups: dict[str | None, list[str]] = {}
    home: dict[str, str] = {}
    for name, texts in families.items():
        if isinstance(texts, str) or not isinstance(texts, Iterable):
            raise TypeError(f"family {name!r} is a list of texts; got {type(texts).__name__}.")
        listed = list(dict.fromkeys(_text(text) for text in texts))
        if len(listed) < 2:
            raise ValueError(
                f"family {name!r} has {len(listed)} different text(s). One half finds the latent, "
                "the other checks it: give two or more."
            )
        for text in listed:
            if home.setdefault(text, str(name)) != str(name):
                raise ValueError(f"{text!r:.60} is in two families, {home[text]!r} and {name!r}.")
        groups[str(name)] = listed
    if isinstance(others, str) or not isinstance(others, Iterable):
        raise TypeError(f"others= are texts; got {type(others).__name__}.")
    rest = [text for text in dict.fromkeys(map(_text, others)) if text not in home]
    if len(groups) == 1 and len(rest) < 2:
        raise ValueError("nothing to tell the family from: give two or more others=, or families.")
    return groups | ({None: rest} if rest else {})


def _text(text: Any) -> str:
    text = getattr(text, "prompt", text)
    if not isinstance(text, str) or not text:
        raise TypeError(f"families hold texts or prompts; got {text!r:.40}.")
    return text


def _note(out: Tensor, batch: TokenBatch, sae: SAE, at: str) -> None:
    """Write how strongly each latent fires on each text of a batch into ``out [text, feature]``."""
    counted = batch.counted
    if at == "last":
        counted = torch.zeros_like(counted)
        counted[batch.starts[1:] - 1] = True
    tokens, latents, values = firing(sae, batch.activations[counted.to(batch.activations.device)])
    flat = batch.texts[counted][tokens] * out.shape[1] + latents
    out.view(-1).scatter_reduce_(0, flat, values.to(out.dtype), "amax")


def _first_half(owner: Tensor, seed: int) -> Tensor:
    """Which texts find; of each family one half, drawn at random, ``[text]``."""
    draw = torch.Generator().manual_seed(seed)
    first = torch.zeros(len(owner), dtype=torch.bool)
    for group in owner.unique():
        members = (owner == group).nonzero()[:, 0]
        first[members[torch.randperm(len(members), generator=draw)[: len(members) // 2]]] = True
    return first


def _best(
    name: str, codes: Tensor, own: Tensor, first: Tensor, scores: Tensor, order: Tensor
) -> Find:
    """The latent and threshold with the best F1 on the first half; both halves' scores.

    ``scores`` are the codes of the first half, each latent's largest first, and ``order`` says of
    which of its texts.
    """
    right = own[first][order].cumsum(0)
    picked = torch.arange(1, len(scores) + 1)[:, None]
    f1 = 2 * right / (picked + own[first].sum())
    below = torch.cat([scores[1:], scores.new_zeros(1, scores.shape[1])])
    # A threshold lies between two different strengths; the wider the gap, the safer the cut.
    gap = (scores - below) / scores[:1].clamp(min=torch.finfo(scores.dtype).tiny)
    f1 = torch.where(gap > 0, f1 + 1e-4 * gap, -1.0)
    cut, feature = divmod(int(f1.argmax()), f1.shape[1])
    threshold = float((scores[cut, feature] + below[cut, feature]) / 2)
    picks = codes[:, feature] > threshold
    found = _measures(picks[first], own[first])
    checked = _measures(picks[~first], own[~first])
    return Find(name, feature, threshold, *found, *checked, int(own.sum()))


def _measures(picks: Tensor, own: Tensor) -> tuple[float, float, float]:
    """F1, purity and coverage."""
    right, picked, there = (int(x.sum()) for x in (picks & own, picks, own))
    purity = right / picked if picked else float("nan")
    return 2 * right / (picked + there), purity, right / there
