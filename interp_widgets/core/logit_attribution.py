"""Direct logit attribution: which parts of the model wrote the answer (Elhage et al., 2021).

Blocks only add to the residual stream, so the stream that the unembedding reads is a sum of writes:
embedding, every head, every MLP, biases. Hold the final norm's statistics as they were in the run
and reading that sum is linear too, so each write has its own share of a logit:

    share[part] = frozen_norm(write[part]) @ (direction[answer] - direction[distractor])

Shares and one row for the biases that no part writes add up to the logit difference. They are
*direct* effects: what a head tells a later head is counted with the later head. Norms after a block
(Gemma-2, OLMo-2) are held still like the final one and applied to each head's write. A soft-cap on
the logits (Gemma-2) is no sum of anything: shares are those of the logits before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.metrics import precise
from interp_widgets.core.norms import FrozenNorm, frozen
from interp_widgets.core.result import Result
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import Prompt, pieces
from interp_widgets.core.weights import head_writes, token_directions

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Removal:
    """The logit difference without some writes at the answer's position, three ways, in logits.

    Attributes:
        frozen: subtracted, final norm held still: what the shares say.
        live: gone from the last stream, the final norm's statistics made anew.
        forward: gone where they were written, every later block run again. What differs from
            ``live`` is what later blocks made of the write: its indirect effect.
    """

    frozen: float
    live: float
    forward: float


@dataclass(frozen=True, eq=False, repr=False)
class LogitAttribution(Result):
    """What each part of the model adds to the logit difference after the prompt.

    Parts stand in the order in which they write: ``embed`` (or ``embed.token`` and
    ``embed.position``, where positions are learned), then for each layer its heads ``L3.z.5``, what
    no head writes ``L3.attn_bias`` (where there is any), its MLP ``L3.mlp_out``; last ``bias``, the
    final norm's and the unembedding's.

    Attributes:
        tokens: raw pieces of the prompt, ``[pos]``.
        ids: their ids, int64 ``[pos]``.
        answer: id of the token that is asked about.
        distractor: id of the one it is compared with; None: shares are of the answer's logit.
        pieces: raw pieces of answer and distractor.
        parts: names, ``[part]``.
        contributions: share of each part, logits ``[part]``; they sum to `total`.
        norms: Euclidean length of each write at the last position, ``[part]``; 0 for ``bias``.
        n_layers, n_heads: sizes of the model.
        logits: of answer and distractor, before any soft-cap, ``[token]``.
        model_logits: the same as the model gives them, after its soft-cap, ``[token]``.
        softcap: the model's cap of its logits, or None.
        check: largest difference between a token's summed shares (then capped) and the model's own
            logit.
    """

    tokens: tuple[str, ...]
    ids: Tensor
    answer: int
    distractor: int | None
    pieces: tuple[str, ...]
    parts: tuple[str, ...]
    contributions: Tensor
    norms: Tensor
    n_layers: int
    n_heads: int
    logits: Tensor
    model_logits: Tensor
    softcap: float | None
    check: float

    @property
    def total(self) -> float:
        """Logit of the answer, less that of the distractor if there is one; before a soft-cap."""
        return _difference(self.logits)

    @property
    def cumulative(self) -> Tensor:
        """The sum of shares up to and with each part, logits ``[part]``; the last is `total`."""
        return self.contributions.cumsum(0)

    @property
    def heads(self) -> Tensor:
        """Shares of heads, logits ``[layer, head]``."""
        shares = dict(zip(self.parts, self.contributions, strict=True))
        every = [
            shares[str(Site(layer, "z", head))]
            for layer in range(self.n_layers)
            for head in range(self.n_heads)
        ]
        return torch.stack(every).unflatten(0, (self.n_layers, self.n_heads))

    @property
    def mlps(self) -> Tensor:
        """Shares of MLPs, logits ``[layer]``."""
        shares = dict(zip(self.parts, self.contributions, strict=True))
        return torch.stack([shares[f"L{layer}.mlp_out"] for layer in range(self.n_layers)])

    def blocks(self) -> dict[str, float]:
        """Shares by block, in order: ``embed``, ``L0.attn_out``, ``L0.mlp_out``, ..., ``bias``."""
        sums: dict[str, float] = {}
        for part, share in zip(self.parts, self.contributions.tolist(), strict=True):
            block = block_of(part)
            sums[block] = sums.get(block, 0.0) + share
        return sums

    def without(self, *parts: str) -> float:
        """The logit difference with these writes taken off, final norm held still.

        Args:
            *parts: names from `parts`, or of a whole block: ``"L3.attn_out"``, ``"embed"``.

        Raises:
            ValueError: no such part.
        """
        return self.total - float(self.contributions[self._indices(parts)].double().sum())

    def ablate(self, model: LanguageModel, *parts: str) -> Removal:
        """Take writes off at the last position and run the model again, beside what shares say.

        Args:
            model: the model that the record is of.
            *parts: names from `parts`, or of a whole block.

        Raises:
            ValueError: no such part, or another model.
        """
        gone = self._indices(parts)
        if model.name != self.model or (model.n_layers, model.n_heads) != self.heads.shape:
            raise ValueError(
                f"this is a record of {self.model}; got the model {model.name}. Pass that one."
            )
        ids = model.ids(self.ids)
        writes, final, _ = _writes(model, ids)
        names = [self.parts[i] for i in gone.tolist()]
        lost = _reader(model, final, self._asked).bias if "bias" in names else 0.0
        gone_writes = {name: writes[name] for name in names if name != "bias"}

        def reading(stream: Tensor) -> float:
            return _difference(_reader(model, stream, self._asked).whole(stream) - lost)

        live = final - sum(gone_writes.values(), torch.zeros_like(final))
        rerun = _rerun(model, ids, gone_writes)
        return Removal(self.without(*parts), reading(live), reading(rerun))

    def __repr__(self) -> str:
        versus = f" - {self.pieces[1]!r}" if self.distractor is not None else ""
        return (
            f"LogitAttribution({self.pieces[0]!r}{versus}, {len(self.parts)} parts, "
            f"{len(self.tokens)} tokens, {self.model})"
        )

    def describe(self) -> str:
        """The logit difference and the three writes that do most for or against it."""
        order = self.contributions.abs().argsort(descending=True, stable=True)[:3].tolist()
        largest = ", ".join(f"{self.parts[i]} ({self.contributions[i]:+.2f})" for i in order)
        asked = f"the logit of {self.pieces[0]!r}"
        if self.distractor is not None:
            asked += f" less that of {self.pieces[1]!r}"
        before = "" if self.softcap is None else " before the model's soft-cap"
        return (
            f"Direct logit attribution of {self.model}: after {self.tokens[-1]!r} {asked} is "
            f"{self.total:+.2f}{before}. Largest shares: {largest}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a part. Columns: part, block, layer, head, contribution, cumulative, norm.

        ``layer`` and ``head`` are -1 where a part has none.
        """
        import pandas as pd

        places = [_place(part) for part in self.parts]
        return pd.DataFrame(
            {
                "part": self.parts,
                "block": [block_of(part) for part in self.parts],
                "layer": [layer for layer, _ in places],
                "head": [head for _, head in places],
                "contribution": self.contributions.numpy(),
                "cumulative": self.cumulative.numpy(),
                "norm": self.norms.numpy(),
            }
        )

    @property
    def _asked(self) -> list[int]:
        return [self.answer] if self.distractor is None else [self.answer, self.distractor]

    def _indices(self, parts: Iterable[str]) -> Tensor:
        """Where the named parts stand, those of a block included, each once."""
        found: list[int] = []
        for name in parts:
            here = [i for i, part in enumerate(self.parts) if name in (part, block_of(part))]
            if not here:
                raise ValueError(
                    f"{name!r} is no part here. Parts are {', '.join(self.parts[:3])}, ... "
                    f"{', '.join(self.parts[-2:])}; 'L0.attn_out' is all of an attention."
                )
            found += here
        return torch.tensor(sorted(set(found)), dtype=torch.long)


def logit_attribution(
    model: LanguageModel,
    prompt: Prompt,
    answer: str | int,
    distractor: str | int | None = None,
) -> LogitAttribution:
    """Split the logit difference after a prompt into what each part of the model wrote.

    Args:
        model: the model.
        prompt: text or token ids; the logits are those after its last token.
        answer: a token, as its text (``" Paris"``) or its id.
        distractor: the token to compare with. Without one the answer's own logit is split, which
            also holds what raises every token alike.

    Returns:
        The record; see `LogitAttribution`. Sums are exact up to rounding in the model's dtype, and
        ``check`` says how exact.

    Raises:
        ValueError: a text of several tokens (the message shows them), twice the same token, an
            empty or too long prompt; nothing has run then. Quantised weights or adapters, which
            cannot be shared out among heads.
        TypeError: a prompt or a token that is neither text nor ids.
    """
    check_model(model)
    asked = _tokens(model, answer, distractor)
    ids = model.ids(prompt)
    writes, final, own = _writes(model, ids)
    reader = _reader(model, final, asked)
    by_token = torch.stack([*(reader(write) for write in writes.values()), reader.bias])
    norms = torch.stack([*(write.norm() for write in writes.values()), final.new_zeros(())])
    sums = by_token.sum(0)
    cap = model.logit_softcap
    capped = sums if cap is None else torch.tanh(sums / cap) * cap
    own = own[asked].to(capped)
    shares = by_token[:, 0] - by_token[:, 1] if len(asked) == 2 else by_token[:, 0]
    return LogitAttribution(
        model=model.name,
        revision=model.revision,
        prompt=prompt if isinstance(prompt, str) else model.tokenizer.decode(ids),
        tokens=tuple(pieces(model.tokenizer, ids.tolist())),
        ids=ids.cpu(),
        answer=asked[0],
        distractor=asked[1] if len(asked) == 2 else None,
        pieces=tuple(pieces(model.tokenizer, asked)),
        parts=(*writes, "bias"),
        contributions=shares.float().cpu(),
        norms=norms.float().cpu(),
        n_layers=model.n_layers,
        n_heads=model.n_heads,
        logits=reader.whole(final).float().cpu(),
        model_logits=own.float().cpu(),
        softcap=cap,
        check=float((capped - own).abs().max()),
    )


def _tokens(model: LanguageModel, answer: str | int, distractor: str | int | None) -> list[int]:
    """Ids of the answer and of what it is compared with, if anything."""
    given = [answer] if distractor is None else [answer, distractor]
    asked = [model.token_id(token) for token in given]
    if len({*asked}) < len(asked):
        raise ValueError(
            f"answer and distractor are the same token, {model.piece(asked[0])!r}. "
            "Compare two tokens, or leave the distractor out."
        )
    return asked


@dataclass(frozen=True)
class _Reader:
    """What the unembedding reads for some tokens, the final norm held still."""

    norm: FrozenNorm
    directions: Tensor  # [token, d_model]
    bias: Tensor  # of norm and unembedding, [token]

    def __call__(self, part: Tensor) -> Tensor:
        """The share of a write ``[d_model]`` in each logit, ``[token]``."""
        return self.directions @ self.norm(part)

    def whole(self, stream: Tensor) -> Tensor:
        """The logits of a stream, ``[token]``."""
        return self(stream) + self.bias


def _reader(model: LanguageModel, final: Tensor, asked: list[int]) -> _Reader:
    norm = frozen(model.module(model.architecture.final_norm), final)
    directions, biases = token_directions(model, asked)
    directions = directions.to(norm.weight)
    return _Reader(norm, directions, directions @ norm.bias + biases.to(norm.bias))


@torch.no_grad()
def _writes(model: LanguageModel, ids: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """One run, at its last position: writes by part and their sum ``[d_model]``, the logits."""
    seen: dict[Site, Tensor] = {}

    def keeper(site: Site) -> Edit:
        def keep(activation: Tensor) -> None:
            seen[site] = activation[0, -1].detach().clone()

        return keep

    layers = range(model.n_layers)
    sites = [Site(None, "embed"), Site(None, "final")]
    sites += [Site(layer, kind) for layer in layers for kind in ("z", "mlp_out")]
    with hooked(model, {site: keeper(site) for site in sites}):
        own = model.logits(ids[None])[0, -1]
    final = precise(seen[Site(None, "final")])
    parts = _embedding(model, ids, seen[Site(None, "embed")])
    for layer in layers:
        heads, rest = head_writes(model, layer, seen[Site(layer, "z")])
        parts |= {str(Site(layer, "z", head)): write for head, write in enumerate(heads)}
        if rest.any():
            parts[f"L{layer}.attn_bias"] = rest
        parts[f"L{layer}.mlp_out"] = seen[Site(layer, "mlp_out")]
    return {name: write.to(final) for name, write in parts.items()}, final, own


def _embedding(model: LanguageModel, ids: Tensor, stream: Tensor) -> dict[str, Tensor]:
    """What enters layer 0, split into token and position where both are learned."""
    if not model.architecture.learned_positions:
        return {"embed": stream}
    token = precise(model.hf.get_input_embeddings()(ids[-1:])[0].to(stream.device))
    return {"embed.token": token, "embed.position": precise(stream) - token}


@torch.no_grad()
def _rerun(model: LanguageModel, ids: Tensor, gone: dict[str, Tensor]) -> Tensor:
    """The last stream ``[d_model]`` of a run without these writes at the last position."""
    lost: dict[Site, Tensor] = {}
    for name, write in gone.items():
        kind = block_of(name).partition(".")[2]  # none of the embedding
        site = Site(_place(name)[0], kind) if kind else Site(0, "resid_pre")
        lost[site] = lost[site] + write if site in lost else write

    def without(write: Tensor) -> Edit:
        def edit(activation: Tensor) -> Tensor:
            new = activation.clone()
            new[0, -1] -= write.to(new)
            return new

        return edit

    final: list[Tensor] = []
    edits: dict[Site, Edit] = {site: without(write) for site, write in lost.items()}
    edits[Site(None, "final")] = lambda stream: final.append(precise(stream[0, -1]))
    with hooked(model, edits):
        model.run(ids[None])
    return final[0]


def _difference(logits: Tensor) -> float:
    return float(logits[0] - logits[1]) if len(logits) == 2 else float(logits[0])


def block_of(part: str) -> str:
    """The block that a part belongs to: ``L3.z.5`` and ``L3.attn_bias`` to ``L3.attn_out``."""
    layer, _, kind = part.partition(".")
    if layer in ("embed", "bias"):
        return layer
    return part if kind == "mlp_out" else f"{layer}.attn_out"


def _place(part: str) -> tuple[int, int]:
    """Layer and head of a part, -1 where it has none."""
    layer, _, kind = part.partition(".")
    if not layer.startswith("L"):
        return -1, -1
    return int(layer[1:]), int(kind[2:]) if kind.startswith("z.") else -1
