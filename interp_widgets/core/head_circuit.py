"""One head's two circuits between tokens: what it attends to, and what it then says.

The QK circuit scores every query token with every key token; the OV circuit says which logits a
head raises when it looks at a token (Elhage et al., 2021). Tokens are put into the stream as the
first MLP leaves them (`ov`), since that, not the embedding, is what later layers read. Heads that
read what other heads wrote show up in a run, not here: see `attention` and `activation_patching`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.head_weights import head_norms, rotates
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.metrics import precise
from interp_widgets.core.norms import in_precision
from interp_widgets.core.ov import head_logits, ordinary_tokens, token_reads
from interp_widgets.core.result import Result
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import pieces
from interp_widgets.core.weights import head_input

if TYPE_CHECKING:
    import pandas as pd

SAMPLE = 24  # tokens, where none are asked for


@dataclass(frozen=True, eq=False, repr=False)
class HeadCircuit(Result):
    """What one head attends to and what it says, token by token.

    Attributes:
        layer, head: which head.
        token_ids: ids of the tokens, int64 ``[token]``.
        tokens: their raw pieces.
        ov: ``[src, out]``: how far the head, looking at ``src``, raises the logit of ``out`` above
            the mean of the vocabulary. In logits for a final stream of root mean square 1: the
            scale of a run's final norm is left out.
        qk: ``[query, key]``: query times key, above the mean of the query's row. Without the
            constant factor that the model multiplies by (1/√d_head in most), and without the
            rotation of rotary models, so as for tokens at no distance.
        top_ids: what each source raises most in the whole vocabulary, int64 ``[src, k]``.
        top_values: by how much, as ``ov``.
        top_tokens: pieces of ``top_ids``.
        rotary: the model rotates queries and keys by position.
    """

    layer: int
    head: int
    token_ids: Tensor
    tokens: tuple[str, ...]
    ov: Tensor
    qk: Tensor
    top_ids: Tensor
    top_values: Tensor
    top_tokens: tuple[tuple[str, ...], ...]
    rotary: bool

    @property
    def name(self) -> str:
        """The head as a place: ``"L5.z.2"``."""
        return str(Site(self.layer, "z", self.head))

    def __repr__(self) -> str:
        return f"HeadCircuit({self.name}, {len(self.tokens)} tokens, {self.model})"

    def describe(self) -> str:
        """Which token raises which most, and which query looks at which key most."""
        src, out = divmod(int(self.ov.argmax()), len(self.tokens))
        query, key = divmod(int(self.qk.argmax()), len(self.tokens))
        turned = ", rotation by position left out" if self.rotary else ""
        copied = int((self.top_ids[:, 0] == self.token_ids).sum())
        return (
            f"{self.name} of {self.model} on {len(self.tokens)} tokens: looking at "
            f"{self.tokens[src]!r} it raises {self.tokens[out]!r} most, by "
            f"{float(self.ov[src, out]):.2f}; {copied} of the tokens raise themselves above all "
            f"others; the strongest match is the query {self.tokens[query]!r} with the key "
            f"{self.tokens[key]!r} ({float(self.qk[query, key]):.2f}{turned})."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a pair of tokens and circuit: circuit, token, other, value.

        ``token`` is the source or the query, ``other`` the output or the key.
        """
        import pandas as pd

        rows = [
            (circuit, token, other, float(values[i, j]))
            for circuit, values in (("ov", self.ov), ("qk", self.qk))
            for i, token in enumerate(self.tokens)
            for j, other in enumerate(self.tokens)
        ]
        return pd.DataFrame(rows, columns=["circuit", "token", "other", "value"])


@torch.no_grad()
def head_circuit(
    model: LanguageModel,
    layer: int,
    head: int,
    tokens: str | Sequence[str | int] | Tensor | None = None,
    k: int = 5,
) -> HeadCircuit:
    """The OV and the QK circuit of one head, on tokens of one's choice.

    Args:
        model: the model.
        layer: 0 to ``n_layers - 1``.
        head: 0 to ``n_heads - 1``.
        tokens: a text, whose distinct tokens are taken; or tokens, as texts (``" Paris"``) or ids;
            None for `SAMPLE` ordinary ones, always the same.
        k: how many of the most raised tokens are kept for each.

    Returns:
        The record. In layer 0 the head reads embeddings, elsewhere what the first MLP makes of
        them, both as at the second position.

    Raises:
        ValueError: a layer or head that the model lacks, fewer than two different tokens, a text
            that is several tokens, a ``k`` outside the vocabulary.
        TypeError: tokens or numbers of another type.
    """
    check_model(model)
    for name, number, size in (("layer", layer, model.n_layers), ("head", head, model.n_heads)):
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"{name}= is a number, 0 to {size - 1}; got {type(number).__name__}.")
        if not 0 <= number < size:
            raise ValueError(f"{name}= goes from 0 to {size - 1} in {model.name}; got {number}.")
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= model.d_vocab:
        raise ValueError(f"k goes from 1 to {model.d_vocab} (the vocabulary); got {k!r:.40}.")
    ids = _chosen(model, tokens)
    seen = token_reads(model, ids, "qkv")
    raised = _raised(model, layer, head, seen[Site(layer, "v")]).cpu()
    best = raised.topk(k)
    return HeadCircuit(
        model=model.name,
        revision=model.revision,
        prompt=tokens if isinstance(tokens, str) else "",
        layer=layer,
        head=head,
        token_ids=ids,
        tokens=tuple(pieces(model.tokenizer, ids.tolist())),
        ov=raised[:, ids].float(),
        qk=_matches(model, layer, head, seen).cpu().float(),
        top_ids=best.indices,
        top_values=best.values.float(),
        top_tokens=tuple(tuple(pieces(model.tokenizer, row)) for row in best.indices.tolist()),
        rotary=rotates(model),
    )


def _chosen(model: LanguageModel, tokens: Any) -> Tensor:
    """Distinct ids ``[token]`` on the cpu, in the order of their first mention."""
    if tokens is None:
        usable = ordinary_tokens(model)
        drawn = torch.randperm(len(usable), generator=torch.Generator().manual_seed(0))[:SAMPLE]
        return usable[drawn.sort().values]
    if isinstance(tokens, str):
        special = set(model.tokenizer.all_special_ids)
        listed = [token for token in model.ids(tokens).tolist() if token not in special]
    else:
        given = tokens.tolist() if isinstance(tokens, Tensor) else tokens
        if not isinstance(given, Sequence) or not all(isinstance(t, str | Integral) for t in given):
            raise TypeError(
                "tokens= is a text, or a list of tokens, as texts (' Paris') or ids; got "
                f"{type(tokens).__name__}."
            )
        listed = [model.token_id(token) for token in given]
    distinct = list(dict.fromkeys(listed))
    if len(distinct) < 2:
        raise ValueError(
            f"a circuit between tokens needs two different ones or more; got {len(distinct)}."
        )
    return torch.tensor(distinct, dtype=torch.long)


def _raised(model: LanguageModel, layer: int, head: int, v: Tensor) -> Tensor:
    """Logits of the whole vocabulary ``[src, vocab]``, without their mean.

    Args:
        model: the model.
        layer: of the head.
        head: which one.
        v: values of the tokens in its layer, ``[src, kv_head, d_head]``.
    """
    shared = model.n_heads // model.n_kv_heads
    _, bias = head_input(model, layer, "v")
    values = v.to(bias) - bias
    every = torch.arange(model.d_vocab)
    logits = head_logits(model, layer, every, head)[0]
    raised = values[:, head // shared].to(logits) @ logits
    return raised - raised.mean(-1, keepdim=True)


def _matches(model: LanguageModel, layer: int, head: int, seen: Mapping[Site, Tensor]) -> Tensor:
    """Query times key ``[query, key]``, without the mean of each row; ``seen`` as `token_reads`."""
    shared = model.n_heads // model.n_kv_heads
    each = []
    for kind, index in (("q", head), ("k", head // shared)):
        read = precise(seen[Site(layer, kind)])
        norms = head_norms(model, layer, kind)
        if len(norms) > 1:
            norms = norms[index : index + 1]
            read = read[:, index : index + 1]
        for norm in norms:
            whole = getattr(norm, "weight", read[0, 0]).numel() != read.shape[-1]
            forward = in_precision(norm, read).forward
            read = forward(read.flatten(1)).view_as(read) if whole else forward(read)
        each.append(read[:, min(index, read.shape[1] - 1)])
    scores = each[0] @ each[1].T
    return scores - scores.mean(-1, keepdim=True)
