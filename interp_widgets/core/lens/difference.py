"""What one lens reads and another does not: the difference of two lenses, cell by cell.

    diff[row, pos, token] = probability under ``kind`` - probability under ``base``

The tokens that differ most are kept with their signs. Two records cannot be subtracted instead: the
tokens one of them keeps need not be among the other's.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core import metrics
from interp_widgets.core.lens import logit
from interp_widgets.core.lens.lens import Lens, lens_of
from interp_widgets.core.result import Result
from interp_widgets.core.tokens import Prompt, pieces

if TYPE_CHECKING:
    import pandas as pd

    from interp_widgets.core.language_model import LanguageModel

_BUDGET = 1 << 23  # logits of one lens held at once: 32 MiB in float32


@dataclass(frozen=True, eq=False, repr=False)
class LensDifference(Result):
    """How the reading of two lenses differs at every cell.

    Rows, positions, tokens and ``vocab`` are those of a `LogitLens`. In a partial record, and in
    rows that one of the lenses has no map for, cells hold NaN, ids -1. The last row is the model
    under both lenses: 0.

    Attributes:
        kind: the first lens, ``"tuned"`` for instance.
        base: the lens it is compared with.
        rows: names, ``("embed", "L0", "L1", ...)``.
        tokens: raw pieces of the prompt, ``[pos]``.
        ids: their ids, int64 ``[pos]``.
        top_ids: tokens whose probability differs most, int32 ``[row, pos, k]``.
        top_diffs: by how much, ``[row, pos, k]``, -1..1, the largest size first.
        top_probs: their probabilities under ``kind``, ``[row, pos, k]``; under ``base`` they are
            ``top_probs - top_diffs``.
        best_ids: what each lens says: the likeliest token under ``kind`` and under ``base``, int32
            ``[row, pos, 2]``.
        best_probs: their probabilities, each under its own lens, ``[row, pos, 2]``.
        distance: total variation, half the sum of all sizes ``[row, pos]``, 0..1.
        kl: ``KL(base ‖ kind)``, nats ``[row, pos]``.
        gain: by how much ``kind`` is nearer to the model's output than ``base`` is: KL from the
            output to the one less to the other, nats ``[row, pos]``; negative where farther.
        track: ids of the tokens asked for.
        track_diffs: their differences, ``[row, pos, track]``.
        line_ids: tokens that differ most in some row of a position, the largest difference first,
            int32 ``[pos, line]``, -1 where there are fewer.
        line_diffs: their differences ``[row, pos, line]``; NaN where there is no line.
        vocab: the raw piece of every id in the record.
        check: largest difference between the last row and the model's own logits; NaN until the
            record is complete.
    """

    kind: str
    base: str
    rows: tuple[str, ...]
    tokens: tuple[str, ...]
    ids: Tensor
    top_ids: Tensor
    top_diffs: Tensor
    top_probs: Tensor
    best_ids: Tensor
    best_probs: Tensor
    distance: Tensor
    kl: Tensor
    gain: Tensor
    track: tuple[int, ...]
    track_diffs: Tensor
    line_ids: Tensor
    line_diffs: Tensor
    vocab: dict[int, str]
    check: float

    def __post_init__(self) -> None:
        # JSON writes integer keys as strings; a record read back has them as integers again.
        vocab = {int(token): piece for token, piece in self.vocab.items()}
        object.__setattr__(self, "vocab", vocab)

    def __repr__(self) -> str:
        size = f"{len(self.rows)} rows, {len(self.tokens)} tokens"
        return f"LensDifference({self.kind} - {self.base}, {size}, {self.model})"

    def describe(self) -> str:
        """Where the two lenses differ most after the prompt, and in which token."""
        last = self.distance[:, -1].nan_to_num(-1)
        start = f"{self.kind.capitalize()} lens less {self.base} lens of {self.model}"
        if float(last.max()) < 0:
            return f"{start}, still computing."
        row = int(last.argmax())
        token = self.vocab[int(self.top_ids[row, -1, 0])]
        return (
            f"{start} on {len(self.tokens)} tokens: after {self.tokens[-1]!r} they differ most in "
            f"row {self.rows[row]}, by {float(self.top_diffs[row, -1, 0]):+.2f} for {token!r}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a cell and rank. Columns: row, row_name, pos, token, rank, predicted, diff."""
        import pandas as pd

        index = pd.MultiIndex.from_product(
            [range(n) for n in self.top_ids.shape], names=["row", "pos", "rank"]
        )
        frame = index.to_frame(index=False)
        frame.insert(1, "row_name", [self.rows[r] for r in frame["row"]])
        frame.insert(3, "token", [self.tokens[p] for p in frame["pos"]])
        frame["predicted"] = [self.vocab.get(i, "") for i in self.top_ids.flatten().tolist()]
        frame["diff"] = self.top_diffs.flatten().numpy()
        return frame


def lens_difference(
    model: LanguageModel,
    prompt: Prompt,
    kind: str | Lens = "jacobian",
    base: str | Lens = "logit",
    track: Sequence[str | int] = (),
    k: int = 10,
) -> LensDifference:
    """Read every row through two lenses and keep where they part.

    Args:
        model: the model.
        prompt: text or token ids.
        kind: a lens, as `logit_lens` takes it.
        base: the lens to compare it with.
        track: tokens to follow everywhere: ids, or texts that are one token each.
        k: how many of the tokens that differ most to keep at each cell.

    Returns:
        The record; see `LensDifference` for its shapes.

    Raises:
        ValueError: as `logit_lens`, before anything has run.
    """
    record, lenses = _start(model, prompt, kind, base, track, k)
    for _ in _steps(model, record, lenses):
        pass
    return record


def iter_lens_difference(
    model: LanguageModel,
    prompt: Prompt,
    kind: str | Lens = "jacobian",
    base: str | Lens = "logit",
    track: Sequence[str | int] = (),
    k: int = 10,
) -> Generator[LensDifference]:
    """`lens_difference` in steps: the same record, filling up. Closing it cancels."""
    record, lenses = _start(model, prompt, kind, base, track, k)
    return (logit.snapshot(record) for _ in _steps(model, record, lenses))


def _start(
    model: LanguageModel,
    prompt: Prompt,
    kind: str | Lens,
    base: str | Lens,
    track: Sequence[str | int],
    k: int,
) -> tuple[LensDifference, tuple[Lens | None, Lens | None]]:
    """The record before anything is known; whatever is wrong with the request raises here."""
    empty, lens = logit.start(model, prompt, kind, track, k)
    other = lens_of(model, base)
    record = LensDifference(
        model=empty.model,
        revision=empty.revision,
        prompt=empty.prompt,
        kind=empty.kind,
        base="logit" if other is None else other.kind,
        rows=empty.rows,
        tokens=empty.tokens,
        ids=empty.ids,
        top_ids=empty.top_ids,
        top_diffs=empty.top_probs,
        top_probs=empty.top_probs.clone(),
        best_ids=empty.top_ids[..., :1].repeat(1, 1, 2),
        best_probs=empty.top_probs[..., :1].repeat(1, 1, 2),
        distance=empty.entropy,
        kl=empty.kl,
        gain=empty.kl.clone(),
        track=empty.track,
        track_diffs=empty.track_probs,
        line_ids=empty.line_ids,
        line_diffs=empty.line_probs,
        vocab={},
        check=float("nan"),
    )
    return record, (lens, other)


def _steps(
    model: LanguageModel, record: LensDifference, lenses: tuple[Lens | None, Lens | None]
) -> Iterator[None]:
    """Fill the record in place, a block of positions a step."""
    streams, own = logit.streams_of(model, record.ids.to(model.device))
    everything = list(range(len(streams)))
    read = [(everything, streams) if lens is None else lens.transport(streams) for lens in lenses]
    rows = [row for row in everything if all(row in known for known, _ in read)]
    sides = [mapped[[known.index(row) for row in rows]] for known, mapped in read]
    block = max(1, _BUDGET // (len(rows) * model.d_vocab))
    check = torch.zeros((), dtype=torch.float64)
    for start in range(0, len(record.ids), block):
        here = slice(start, start + block)
        ours, theirs = (model.unembed(side[:, here]) for side in sides)
        gap = (ours[-1] - own[here].to(ours)).abs().max()
        # Moved before it is widened: MPS has no float64. maximum(), unlike max(), keeps a NaN.
        check = torch.maximum(check, gap.cpu().to(check))
        found = _read(metrics.log_probs(ours), metrics.log_probs(theirs), record)
        for name, part in found.items():
            field: Tensor = getattr(record, name)
            place = here if name == "line_ids" else (rows, here)  # others start with rows
            field[place] = part.to(field)
        seen = {
            *record.top_ids[:, here].unique().tolist(),
            *record.best_ids[:, here].unique().tolist(),
        }
        new = sorted({*seen, *record.track} - record.vocab.keys() - {-1})
        record.vocab.update(zip(new, pieces(model.tokenizer, new), strict=True))
        if here.stop >= len(record.ids):
            object.__setattr__(record, "check", check.item())
        yield


def _read(ours: Tensor, theirs: Tensor, record: LensDifference) -> dict[str, Tensor]:
    """Every number of the record for one block, from log-probabilities ``[row, pos, vocab]``."""
    gain = torch.einsum("pv,rpv->rp", ours[-1].exp(), ours - theirs)
    kl = torch.einsum("rpv,rpv->rp", theirs.exp(), theirs - ours)
    probs = ours.exp()
    likeliest = [side.max(-1) for side in (probs, theirs)]
    diff = probs - theirs.exp()
    top = diff.abs().topk(record.top_ids.shape[-1], dim=-1).indices
    diffs = diff.gather(-1, top)
    track = torch.tensor(record.track, dtype=torch.long, device=diff.device)
    lines = _lines(top[..., 0].cpu(), diffs[..., 0].cpu(), record.line_ids.shape[-1])
    drawn = lines.to(diff.device).clamp(min=0).expand(len(diff), *lines.shape)
    missing = (lines < 0).to(diff.device)
    return {
        "top_ids": top,
        "top_diffs": diffs,
        "top_probs": probs.gather(-1, top),
        "best_ids": torch.stack([found.indices for found in likeliest], -1),
        "best_probs": torch.stack([likeliest[0].values, likeliest[1].values.exp()], -1),
        "distance": diff.abs().sum(-1) / 2,
        "kl": kl.clamp(min=0),
        "gain": gain,
        "track_diffs": diff[..., track],
        "line_ids": lines,
        "line_diffs": diff.gather(-1, drawn).masked_fill(missing, float("nan")),
    }


def _lines(top: Tensor, diffs: Tensor, m: int) -> Tensor:
    """Distinct tokens that differ most in some row ``[pos, m]``, largest first, -1 for none."""
    columns = []
    for ids, sizes in zip(top.T.tolist(), diffs.abs().T.tolist(), strict=True):
        parted = sorted(zip(sizes, ids, strict=True), key=lambda pair: -pair[0])
        distinct = list(dict.fromkeys(token for size, token in parted if size > 0))[:m]
        columns.append(distinct + [-1] * (m - len(distinct)))
    return torch.tensor(columns)
