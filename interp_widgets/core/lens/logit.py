"""The logit lens: what the model would say if it stopped here (nostalgebraist, 2020).

Blocks only add to the residual stream, so the stream after any layer has the shape of the last one,
and the model's own final norm and unembedding can read it:

    lens[row] = softmax(softcap(unembed(final_norm(stream[row]))))

Row 0 is the embedding, row ``l + 1`` the stream after layer ``l``; the last row *is* the model. The
norm's statistics are those of the row itself. A lens decodes, it does not intervene: a token that
can be read off a layer need not be used by the next.

Memory: streams are kept (``rows · pos · d_model``) and the model's own logits (``pos · vocab``),
the logits of all rows never at once. Positions are read out in blocks, every row of a block in one
matrix product, so what a block needs does not grow with the number of layers or tokens.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from interp_widgets.core import metrics
from interp_widgets.core.hooks import captured
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.lens.lens import Lens, lens_of, stream_sites
from interp_widgets.core.result import Result
from interp_widgets.core.tokens import Prompt, pieces

if TYPE_CHECKING:
    import pandas as pd


R = TypeVar("R", bound=Result)

LINES = 8  # tokens followed through the layers at each position, besides the tracked ones
_BUDGET = 1 << 24  # logits held at once: 64 MiB in float32


@dataclass(frozen=True, eq=False, repr=False)
class LogitLens(Result):
    """What each row of the stream would predict, at each position.

    Rows are the embedding and the stream after each layer: ``n_layers + 1`` of them, the last one
    the model's output. In a partial record (`iter_logit_lens`) unknown cells hold NaN, ids -1.

    Attributes:
        kind: ``"logit"``, ``"tuned"`` or ``"jacobian"``.
        rows: names, ``("embed", "L0", "L1", ...)``.
        tokens: raw pieces of the prompt, ``[pos]``.
        ids: their ids, int64 ``[pos]``.
        top_ids: likeliest next tokens, int32 ``[row, pos, k]``.
        top_probs: their probabilities, ``[row, pos, k]``, 0..1, descending.
        entropy: of the row's distribution, nats ``[row, pos]``.
        kl: ``KL(model's output ‖ row)``, nats ``[row, pos]``; 0 in the last row.
        track: ids of the tokens asked for.
        track_probs, track_logits: ``[row, pos, track]``.
        track_ranks: int32 ``[row, pos, track]``, 0 = likeliest.
        line_ids: tokens that are top-1 in some row of a position, the model's answer first, int32
            ``[pos, line]``, -1 where there are fewer.
        line_probs, line_logits: ``[row, pos, line]``; NaN where there is no line.
        line_ranks: int32 ``[row, pos, line]``, -1 where there is no line.
        vocab: the raw piece of every id in the record.
        check: largest difference between the last row and the model's own logits; NaN until the
            record is complete.
    """

    kind: str
    rows: tuple[str, ...]
    tokens: tuple[str, ...]
    ids: Tensor
    top_ids: Tensor
    top_probs: Tensor
    entropy: Tensor
    kl: Tensor
    track: tuple[int, ...]
    track_probs: Tensor
    track_logits: Tensor
    track_ranks: Tensor
    line_ids: Tensor
    line_probs: Tensor
    line_logits: Tensor
    line_ranks: Tensor
    vocab: dict[int, str]
    check: float

    def __post_init__(self) -> None:
        # JSON writes integer keys as strings; a record read back has them as integers again.
        object.__setattr__(
            self, "vocab", {int(token): piece for token, piece in self.vocab.items()}
        )

    def __repr__(self) -> str:
        k = self.top_ids.shape[-1]
        size = f"{len(self.rows)} rows, {len(self.tokens)} tokens, k={k}"
        return f"LogitLens({self.kind}, {size}, {self.model})"

    def describe(self) -> str:
        """What the model predicts after the prompt, and from which row on."""
        answer, lens = int(self.top_ids[-1, -1, 0]), f"{self.kind.capitalize()} lens"
        if answer < 0:
            return f"{lens} of {self.model}, still computing."
        row = self.settled()[-1]
        where = (
            "only in the last row" if row == len(self.rows) - 1 else f"from row {self.rows[row]} on"
        )
        prob = float(self.top_probs[-1, -1, 0])
        return (
            f"{lens} of {self.model} on {len(self.tokens)} tokens: after {self.tokens[-1]!r} "
            f"the model predicts {self.vocab[answer]!r} (probability {prob:.2f}), which is the "
            f"likeliest token {where}."
        )

    def settled(self) -> list[int]:
        """For each position the first row from which on the top-1 token stays, ``[pos]``.

        Rows that the lens cannot read are passed over.
        """
        top = self.top_ids[..., 0]
        known = [row for row in range(len(top)) if (top[row] >= 0).any() or row == len(top) - 1]
        same = (top[known] == top[-1]).flip(0).cumprod(0)
        return [known[-stays] for stays in same.sum(0).tolist()]

    def to_frame(self) -> pd.DataFrame:
        """One row a cell and rank.

        Columns: row, row_name, pos, token, rank, predicted, prob, entropy, kl.
        """
        import pandas as pd

        rows, positions, k = self.top_ids.shape
        index = pd.MultiIndex.from_product(
            [range(rows), range(positions), range(k)], names=["row", "pos", "rank"]
        )
        frame = index.to_frame(index=False)
        frame.insert(1, "row_name", [self.rows[r] for r in frame["row"]])
        frame.insert(3, "token", [self.tokens[p] for p in frame["pos"]])
        frame["predicted"] = [self.vocab.get(i, "") for i in self.top_ids.flatten().tolist()]
        frame["prob"] = self.top_probs.flatten().numpy()
        frame["entropy"] = self.entropy[..., None].expand(rows, positions, k).flatten().numpy()
        frame["kl"] = self.kl[..., None].expand(rows, positions, k).flatten().numpy()
        return frame


def logit_lens(
    model: LanguageModel,
    prompt: Prompt,
    kind: str | Lens = "logit",
    track: Sequence[str | int] = (),
    k: int = 10,
) -> LogitLens:
    """Read every row of the residual stream with the model's own unembedding.

    Args:
        model: the model.
        prompt: text or token ids.
        kind: ``"logit"``; a lens from `fit_lens` (or `Lens.load`), which maps each row before it is
            read; or ``"tuned"``, ``"jacobian"`` for those that come with the course model. Rows
            that a published lens has no map for stay unknown (NaN, ids -1).
        track: tokens whose probability, logit and rank to follow everywhere: ids, or texts that are
            one token each (``" Paris"``).
        k: how many of the likeliest tokens to keep at each cell.

    Returns:
        The record; see `LogitLens` for its shapes.

    Raises:
        ValueError: another kind, a lens of another model, a tracked text of several tokens (the
            message shows them), ``k`` out of range, an empty or too long prompt. Nothing has run
            then.
        TypeError: a prompt or a tracked token that is neither text nor ids.
    """
    record, lens = start(model, prompt, kind, track, k)
    for _ in _steps(model, record, lens):
        pass
    return record


def iter_logit_lens(
    model: LanguageModel,
    prompt: Prompt,
    kind: str | Lens = "logit",
    track: Sequence[str | int] = (),
    k: int = 10,
) -> Generator[LogitLens]:
    """`logit_lens` in steps: the same record, filling up block by block. Closing it cancels.

    Bad input raises here, not at the first step.
    """
    record, lens = start(model, prompt, kind, track, k)
    return (snapshot(record) for _ in _steps(model, record, lens))


def start(
    model: LanguageModel, prompt: Prompt, kind: str | Lens, track: Sequence[str | int], k: int
) -> tuple[LogitLens, Lens | None]:
    """The record before anything is known; whatever is wrong with the request raises here."""
    check_model(model)
    lens = lens_of(model, kind)
    followed = tuple(dict.fromkeys(model.token_id(token) for token in listed(track)))
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= model.d_vocab:
        raise ValueError(f"k goes from 1 to {model.d_vocab} (the vocabulary); got {k!r}.")
    ids = model.ids(prompt)
    text = prompt if isinstance(prompt, str) else model.tokenizer.decode(ids)
    record = _empty(model, ids, text, followed, k)
    return (record if lens is None else replace(record, kind=lens.kind)), lens


def listed(track: Any) -> tuple[str | int, ...]:
    """The tokens that ``track=`` means: one alone, or several.

    Raises:
        TypeError: neither.
    """
    if isinstance(track, str | int):
        return (track,)
    if not isinstance(track, Iterable):
        raise TypeError(f"track= lists tokens, as texts or ids; got {type(track).__name__}.")
    return tuple(track)


def _empty(
    model: LanguageModel, ids: Tensor, prompt: str, track: tuple[int, ...], k: int
) -> LogitLens:
    """The record before anything is known."""
    rows, n, m = model.n_layers + 1, len(ids), min(LINES, model.n_layers + 1)

    def unknown(*shape: int) -> Tensor:
        return torch.full(shape, float("nan"), dtype=torch.float32)

    def no_ids(*shape: int) -> Tensor:
        return torch.full(shape, -1, dtype=torch.int32)

    return LogitLens(
        model=model.name,
        revision=model.revision,
        prompt=prompt,
        kind="logit",
        rows=("embed", *(f"L{layer}" for layer in range(model.n_layers))),
        tokens=tuple(pieces(model.tokenizer, ids.tolist())),
        ids=ids.cpu(),
        top_ids=no_ids(rows, n, k),
        top_probs=unknown(rows, n, k),
        entropy=unknown(rows, n),
        kl=unknown(rows, n),
        track=track,
        track_probs=unknown(rows, n, len(track)),
        track_logits=unknown(rows, n, len(track)),
        track_ranks=no_ids(rows, n, len(track)),
        line_ids=no_ids(n, m),
        line_probs=unknown(rows, n, m),
        line_logits=unknown(rows, n, m),
        line_ranks=no_ids(rows, n, m),
        vocab={},
        check=float("nan"),
    )


def _steps(model: LanguageModel, record: LogitLens, lens: Lens | None) -> Iterator[None]:
    """Fill the record in place, a block of positions a step."""
    ids = record.ids.to(model.device)
    streams, own = streams_of(model, ids)
    rows = list(range(len(streams)))
    if lens is not None:
        rows, streams = lens.transport(streams)
    block = max(1, _BUDGET // (len(record.rows) * model.d_vocab))
    check = torch.zeros((), dtype=torch.float64)
    for start in range(0, len(ids), block):
        here = slice(start, start + block)
        logits = model.unembed(streams[:, here])
        gap = (logits[-1] - own[here].to(logits)).abs().max()
        # Moved before it is widened: MPS has no float64. maximum(), unlike max(), keeps a NaN.
        check = torch.maximum(check, gap.cpu().to(check))
        found = _read(logits, record)
        for name, part in found.items():
            field: Tensor = getattr(record, name)
            place = here if name == "line_ids" else (rows, here)  # others start with rows
            field[place] = part.to(field)
        _name_tokens(model, record, found)
        if here.stop >= len(ids):
            object.__setattr__(record, "check", check.item())
        yield


def snapshot(record: R) -> R:
    """The record as it is now, which later steps leave alone."""
    copies: dict[str, Any] = {
        field.name: value.clone()
        for field in fields(record)
        if isinstance(value := getattr(record, field.name), Tensor)
    }
    return replace(record, **copies)


def streams_of(model: LanguageModel, ids: Tensor) -> tuple[Tensor, Tensor]:
    """The stream at every row ``[row, pos, d_model]`` and the model's logits ``[pos, vocab]``."""
    sites = stream_sites(model)
    with captured(model, sites) as found:
        logits = model.logits(ids[None])[0]
    home = found[sites[-1]].device
    return torch.stack([found[site][0].to(home) for site in sites]), logits


def _read(logits: Tensor, record: LogitLens) -> dict[str, Tensor]:
    """Every number of the record for one block of positions, from ``logits[row, pos, vocab]``."""
    logp = metrics.log_probs(logits)
    best = logp.topk(record.top_ids.shape[-1], dim=-1)
    lines = _lines(best.indices[..., 0].cpu(), record.line_ids.shape[-1])
    tracked = torch.tensor(record.track, dtype=torch.long).expand(logits.shape[1], -1)
    probs = logp.exp()
    # Matrix products, which need no third tensor of this size; the last row cancels to exactly 0.
    cross = torch.einsum("pv,rpv->rp", probs[-1], logp)
    return {
        "top_ids": best.indices,
        "top_probs": best.values.exp(),
        "entropy": -torch.einsum("rpv,rpv->rp", probs, logp),
        "kl": (cross[-1] - cross).clamp(min=0),
        "line_ids": lines,
        **_followed(logits, logp, lines, tracked),
    }


def _lines(top: Tensor, m: int) -> Tensor:
    """Distinct top-1 tokens of each position ``[pos, m]``, last row first, padded with -1."""
    columns = []
    for column in top.flip(0).T.tolist():
        distinct = list(dict.fromkeys(column))[:m]
        columns.append(distinct + [-1] * (m - len(distinct)))
    return torch.tensor(columns)


def _followed(logits: Tensor, logp: Tensor, lines: Tensor, tracked: Tensor) -> dict[str, Tensor]:
    """Probability, logit and rank of tokens ``[pos, n]`` in every row; -1 marks no token."""
    tokens = torch.cat([lines, tracked], -1).to(logits.device)
    missing = tokens < 0
    chosen = tokens.clamp(min=0).expand(len(logits), *tokens.shape)
    numbers = {
        "probs": logp.gather(-1, chosen).exp().masked_fill(missing, float("nan")),
        "logits": logits.gather(-1, chosen).masked_fill(missing, float("nan")),
        "ranks": metrics.rank(logits, chosen).masked_fill(missing, -1),
    }
    m = lines.shape[-1]
    line = {f"line_{name}": number[..., :m] for name, number in numbers.items()}
    return line | {f"track_{name}": number[..., m:] for name, number in numbers.items()}


def _name_tokens(model: LanguageModel, record: LogitLens, found: dict[str, Tensor]) -> None:
    """Put the pieces of newly seen tokens into the record's ``vocab``."""
    seen = {*found["top_ids"].unique().tolist(), *found["line_ids"].unique().tolist()}
    new = sorted({*seen, *record.track} - record.vocab.keys() - {-1})
    record.vocab.update(zip(new, pieces(model.tokenizer, new), strict=True))
