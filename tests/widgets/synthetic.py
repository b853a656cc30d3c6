"""Records made of random numbers, for views of any size, and planes read as the page reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from interp_widgets.core.attention import Attention
from interp_widgets.core.lens.logit import LogitLens
from interp_widgets.core.logit_attribution import LogitAttribution

TYPES = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i32": "<i4", "f16": "<f2", "f32": "<f4"}


def synthetic_attention(
    tokens: int, layers: int = 12, heads: int = 12, seed: int = 0, repeats: bool = True
) -> Attention:
    """Random patterns with a resting first token; L0.z.3 looks one back. GPT-2 small's shape."""
    rng = torch.Generator().manual_seed(seed)
    scores = torch.randn(layers, heads, tokens, tokens, generator=rng) * 2
    scores[..., 0] += 3
    scores[0, 3 % heads].diagonal(-1).add_(12)
    seen = torch.ones(tokens, tokens, dtype=torch.bool).tril()
    patterns = scores.masked_fill_(~seen, -torch.inf).softmax(-1)
    ids = torch.arange(tokens)
    if repeats:
        ids = torch.randint(max(tokens // 3, 1), (tokens,), generator=rng)
    return Attention(
        model="synthetic",
        revision="",
        prompt=" ".join(f"word{int(i)}" for i in ids),
        tokens=tuple(f" word{int(i)}" for i in ids),
        ids=ids,
        patterns=patterns,
        value_norms=torch.rand(layers, heads, tokens, generator=rng) + 0.5,
        scales=torch.ones(layers, tokens),
        check=float((patterns.sum(-1) - 1).abs().max()),
    )


def synthetic_writes(layers: int, heads: int, seed: int = 0) -> LogitAttribution:
    """Random shares of a model of this size, with every kind of part."""
    rng = torch.Generator().manual_seed(seed)
    parts = ["embed.token", "embed.position"]
    for layer in range(layers):
        parts += [f"L{layer}.z.{head}" for head in range(heads)]
        parts += [f"L{layer}.attn_bias", f"L{layer}.mlp_out"]
    shares = torch.randn(len(parts) + 1, generator=rng) * 0.3
    logits = torch.stack([shares.sum() + 5, torch.tensor(5.0)])
    return LogitAttribution(
        model="synthetic",
        revision="",
        prompt="word1 word2",
        tokens=(" word1", " word2"),
        ids=torch.tensor([1, 2]),
        answer=3,
        distractor=4,
        pieces=(" word3", " <script>alert(1)</script>🦓" + "long" * 20),
        parts=(*parts, "bias"),
        contributions=shares,
        norms=torch.rand(len(parts) + 1, generator=rng),
        n_layers=layers,
        n_heads=heads,
        logits=logits,
        model_logits=logits,
        softcap=None,
        check=1e-6,
    )


def synthetic(rows: int, cols: int, vocab: int = 50_000, k: int = 10, seed: int = 0) -> LogitLens:
    """A large record like a real one: answers settle as rows go on, words are Zipf-distributed."""
    rng = torch.Generator().manual_seed(seed)
    words = (vocab ** torch.rand(cols, 60, generator=rng)).long()
    pick = torch.randint(60, (rows, cols, k), generator=rng)
    ids = words[None].expand(rows, -1, -1).gather(2, pick).int()
    late = torch.arange(rows)[:, None] >= torch.randint(1, rows, (cols,), generator=rng)[None]
    ids[..., 0] = torch.where(late, words[None, :, 0].int(), ids[..., 0])
    probs = torch.rand(rows, cols, k, generator=rng).sort(-1, descending=True).values
    probs = probs / probs.sum(-1, keepdim=True) * 0.9
    lines = torch.stack([ids[-1, :, 0], ids[0, :, 0], *ids[1, :, 1:7].T], dim=-1)
    every = {int(i): f" word{int(i)}" for i in words.unique()}
    one = torch.rand(rows, cols, 1, generator=rng)
    eight = torch.rand(rows, cols, 8, generator=rng)
    return LogitLens(
        model="synthetic",
        revision="",
        prompt=" ".join(f"word{int(i)}" for i in words[:, 0]),
        kind="logit",
        rows=("embed", *(f"L{i}" for i in range(rows - 1))),
        tokens=tuple(every[int(i)] for i in words[:, 0]),
        ids=words[:, 0].clone(),
        top_ids=ids,
        top_probs=probs,
        entropy=torch.rand(rows, cols, generator=rng) * 10,
        kl=torch.rand(rows, cols, generator=rng).flip(0) * 8,
        track=(int(words[0, 0]),),
        track_probs=one,
        track_logits=one * 20,
        track_ranks=(one * 1000).int(),
        line_ids=lines,
        line_probs=eight,
        line_logits=eight * 20,
        line_ranks=(eight * 1000).int(),
        vocab=every,
        check=0.0,
    )


def unpack(sent: dict[str, Any]) -> np.ndarray:
    """What the page makes of a plane (shared/planes.ts), written a second time."""
    codes = np.frombuffer(sent["bytes"], TYPES[sent["type"]]).reshape(sent["shape"])
    if not sent["type"].startswith("u"):
        return codes.astype(np.float64)
    highest = np.iinfo(codes.dtype).max
    values = codes.astype(np.float64)
    share, top = values / (highest - 1), sent["top"]
    if sent["curve"] == "linear":
        values = share * top
    elif sent["curve"] == "sqrt":
        values = share**2 * top
    elif sent["curve"] == "log":
        values = np.rint(np.expm1(share * np.log1p(top)))
    values[codes == highest] = np.nan
    return values
