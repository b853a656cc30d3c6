"""Scores of attention heads: what kind of head is this one?

From patterns, on random tokens that come twice (Olsson et al., 2022) or on a prompt of one's own:

* ``current_token``, ``first_token``, ``previous_token``: the weight on the token itself, on the
  very first, on the one before;
* ``duplicate_token``: on earlier copies of the same token;
* ``induction``: on the tokens that came right after earlier copies, ``[A] [B] ... [A] -> [B]``.

A head with nothing to say rests on the first token (BOS), so ``…_without_first`` is the same weight
as a share of what does not lie there: Σ weight / Σ (1 - weight on the first), over positions.

From weights, on tokens put into the stream as the first MLP leaves them, by what a head would write
about a token that it looked at:

* ``copying``: Σ λ / Σ abs(λ) over the eigenvalues of the map from tokens to logits of tokens
  (Elhage et al., 2021); 1 where tokens raise themselves, -1 where they lower themselves. Rows and
  columns have their means taken off, which changes no probability and leaves biases out;
* ``successor``: how often, in lists such as weekdays and numbers, the item raised most is the next
  one (Gould et al., 2023). NaN where the tokenizer has no such list of single tokens.

Scores describe; whether a head is needed is for patching and ablation to say.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.ov import ordinary_tokens, ov_scores
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import Prompt

if TYPE_CHECKING:
    import pandas as pd


SEQUENCES = 10  # of random tokens
REPEATED = 50  # tokens in the part that comes twice
_TOKENS_A_BATCH = 1024

_LOOKS = ("current_token", "first_token", "previous_token", "duplicate_token", "induction")
_ADJUSTED = ("previous_token", "duplicate_token", "induction")
KINDS = (*_LOOKS, *(f"{kind}_without_first" for kind in _ADJUSTED), "copying", "successor")


@dataclass(frozen=True, eq=False, repr=False)
class HeadScores(Result):
    """Scores of every head; see `heads` for what they mean.

    In a partial record (`iter_head_scores`) unknown scores are NaN, and those of patterns are means
    over the sequences so far.

    Attributes:
        kinds: names of the scores.
        scores: ``[kind, layer, head]``; NaN where a score is not defined.
        sequences: prompts that were run: random ones, or the one given.
        length: tokens of each.
        seed: what the random tokens came from; None for a prompt of one's own.
    """

    kinds: tuple[str, ...]
    scores: Tensor
    sequences: int
    length: int
    seed: int | None

    def __getitem__(self, kind: str) -> Tensor:
        """One score of every head, ``[layer, head]``; KeyError for one that is not there."""
        if kind not in self.kinds:
            raise KeyError(f"no score {kind!r}; there are {', '.join(self.kinds)}.")
        return self.scores[self.kinds.index(kind)]

    def top(self, kind: str, k: int = 5) -> list[tuple[str, float]]:
        """The heads with the highest score: ``[("L3.z.5", 0.93), ...]``, fewer where not defined.

        Raises:
            KeyError: no such score. ValueError: a ``k`` below 1.
        """
        scores = self[kind]
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise ValueError(f"k says how many heads, 1 or more; got {k!r:.40}.")
        order = scores.flatten().nan_to_num(-torch.inf).argsort(descending=True, stable=True)
        found = [divmod(i, scores.shape[1]) for i in order[:k].tolist()]
        named = [(str(Site(layer, "z", head)), float(scores[layer, head])) for layer, head in found]
        return [(name, score) for name, score in named if score == score]

    def __repr__(self) -> str:
        _, layers, heads = self.scores.shape
        on = "a prompt" if self.seed is None else f"{self.sequences} random sequences"
        return f"HeadScores({layers} layers, {heads} heads, {on} of {self.length}, {self.model})"

    def describe(self) -> str:
        """The head that does most of each of the three best-known kinds."""
        said = []
        for kind in _ADJUSTED:
            for name, score in self.top(kind, 1):
                said.append(f"{kind.replace('_', ' ')} {name} ({score:.2f})")
        on = "one prompt" if self.seed is None else f"{self.sequences} sequences of random tokens"
        best = ", ".join(said) or "no score is defined"
        return f"Head scores of {self.model} on {on} of {self.length} tokens; highest: {best}."

    def to_frame(self) -> pd.DataFrame:
        """One row a head. Columns: layer, head, name, then one a score."""
        import pandas as pd

        _, layers, heads = self.scores.shape
        places = [(layer, head) for layer in range(layers) for head in range(heads)]
        columns: dict[str, object] = {
            "layer": [layer for layer, _ in places],
            "head": [head for _, head in places],
            "name": [str(Site(layer, "z", head)) for layer, head in places],
        }
        columns |= {kind: self[kind].flatten().numpy() for kind in self.kinds}
        return pd.DataFrame(columns)


def heads(model: LanguageModel, prompt: Prompt | None = None, seed: int = 0) -> pd.DataFrame:
    """Scores of every head as a frame: `head_scores`, one row a head.

    Columns: ``layer``, ``head``, ``name`` (``L3.z.5``), then one a score; see `head_scores`.
    """
    return head_scores(model, prompt, seed).to_frame()


def head_scores(model: LanguageModel, prompt: Prompt | None = None, seed: int = 0) -> HeadScores:
    """Score every head by where it looks and by what it writes.

    A score is a mean weight, 0..1, and no proof of a mechanism: ``induction`` is the share of its
    attention that a head gives, anywhere in the second copy of random tokens, to the token after
    the earlier copy (Olsson et al., 2022). It depends on the tokens as much as on the head: on
    those drawn here, of the whole vocabulary, the best heads of the course model are L6.z.0 and
    L5.z.2, with 0.52 each (the best of other seeds 0.48 to 0.53), and under a third of the second
    copies is continued right. On random lists of its words, as a prompt, they reach 0.8 to 0.9, and
    98 % is.

    Args:
        model: the model.
        prompt: text or token ids to measure patterns on. Without one: `SEQUENCES` sequences of the
            tokenizer's BOS, if it has one, and up to `REPEATED` random tokens, twice.
        seed: of the random tokens. Equal seeds give equal scores.

    Returns:
        The record. A prompt without repeated tokens leaves ``duplicate_token`` and ``induction``
        NaN.

    Raises:
        ValueError: an empty or too long prompt, a negative seed, a model that cannot read the
            random sequences. Nothing has run then.
        TypeError: a prompt or seed of another type.
    """
    *_, last = iter_head_scores(model, prompt, seed)
    return last


def iter_head_scores(
    model: LanguageModel, prompt: Prompt | None = None, seed: int = 0
) -> Generator[HeadScores]:
    """`head_scores` in steps: after each batch of sequences, then layer by layer for weights.

    Bad input raises here, not at the first step. Closing it cancels.
    """
    check_model(model)
    check_seed(seed)
    ids = model.ids(prompt)[None] if prompt is not None else repeated_tokens(model, seed)
    text = prompt if isinstance(prompt, str) else ""
    if prompt is not None and not isinstance(prompt, str):
        text = model.tokenizer.decode(ids[0])
    record = HeadScores(
        model=model.name,
        revision=model.revision,
        prompt=text,
        kinds=KINDS,
        scores=torch.full(
            (len(KINDS), model.n_layers, model.n_heads), torch.nan, dtype=torch.float32
        ),
        sequences=len(ids),
        length=ids.shape[1],
        seed=seed if prompt is None else None,
    )
    return _steps(model, record, ids, seed)


def repeated_tokens(model: LanguageModel, seed: int = 0) -> Tensor:
    """`SEQUENCES` rows of BOS, if there is one, and distinct random tokens, twice: ``[row, pos]``.

    Special tokens and ids that the tokenizer does not know are left out.

    Raises:
        ValueError: fewer than two tokens to draw from, or a context shorter than five.
    """
    usable = ordinary_tokens(model)
    bos = model.tokenizer.bos_token_id
    start = [] if bos is None else [bos]
    size = min(REPEATED, len(usable), (model.context - len(start)) // 2)
    if size < 2:
        raise ValueError(
            f"{model.name} has {len(usable)} ordinary tokens and reads {model.context} at once; "
            "head scores need two different tokens that come twice. Pass a prompt."
        )
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for _ in range(SEQUENCES):
        drawn = usable[torch.randperm(len(usable), generator=generator)[:size]]
        rows.append(torch.cat([torch.tensor(start, dtype=torch.long), drawn, drawn]))
    return torch.stack(rows).to(model.device)


def pattern_scores(patterns: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
    """What patterns amount to, before dividing.

    Args:
        patterns: ``[batch, head, dst, src]``.
        ids: tokens ``[batch, pos]``.

    Returns:
        Sums of weights and what they are divided by, each ``[score, head]``, for the scores of
        `KINDS` that come from patterns. Sums over batches may be added up.
    """
    targets = _targets(ids)
    weights = torch.einsum("bhds,kbds->kh", patterns.float(), targets.float())
    rows = targets.any(-1)  # [kind, batch, dst]: where there is something to look at
    counts = rows.sum((1, 2))[:, None].expand_as(weights)
    elsewhere = 1 - patterns[..., 0].float()
    adjusted = [_LOOKS.index(kind) for kind in _ADJUSTED]
    # A target that is the first token itself counts on neither side.
    free = targets[adjusted].clone()
    free[..., 0] = False
    parts = torch.einsum("bhds,kbds->kh", patterns.float(), free.float())
    left = torch.einsum("bhd,kbd->kh", elsewhere, free.any(-1).float())
    return torch.cat([weights, parts]), torch.cat([counts.to(left), left])


def _targets(ids: Tensor) -> Tensor:
    """Where a head of each kind looks, ``[kind, batch, dst, src]``."""
    n = ids.shape[1]
    place = torch.arange(n, device=ids.device)
    offset = place[:, None] - place
    earlier = (ids[:, :, None] == ids[:, None]) & (offset > 0)
    after = torch.zeros_like(earlier)
    after[..., 1:] = earlier[..., :-1] & (offset[:, 1:] > 0)
    same = torch.ones_like(earlier)
    first = (place == 0) & (place[:, None] > 0)
    return torch.stack([same & (offset == 0), same & first, same & (offset == 1), earlier, after])


@torch.no_grad()
def _steps(
    model: LanguageModel, record: HeadScores, ids: Tensor, seed: int
) -> Generator[HeadScores]:
    looks = len(_LOOKS) + len(_ADJUSTED)
    sums = torch.zeros(2, looks, model.n_layers, model.n_heads, dtype=torch.float64)
    size = max(1, _TOKENS_A_BATCH // ids.shape[1])
    for start in range(0, len(ids), size):
        batch = ids[start : start + size]

        def adder(layer: int, batch: Tensor = batch) -> Edit:
            def add(pattern: Tensor) -> None:
                found = torch.stack(pattern_scores(pattern, batch.to(pattern.device)))
                sums[:, :, layer] += found.to(sums)

            return add

        with hooked(model, {Site(n, "pattern"): adder(n) for n in range(model.n_layers)}):
            model.run(batch)
        record.scores[:looks] = sums[0] / sums[1]
        yield _snapshot(record)
    for layer, copying, successor in ov_scores(model, seed):
        record.scores[looks:, layer] = torch.stack([copying, successor.to(copying)])
        yield _snapshot(record)


def _snapshot(record: HeadScores) -> HeadScores:
    """The record as it is now, which later steps leave alone."""
    return replace(record, scores=record.scores.clone())
