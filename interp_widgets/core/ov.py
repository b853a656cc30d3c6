"""What a head writes about a token it looks at: from values to logits (the OV circuit).

Tokens are put into the stream as the first MLP leaves them ("effective embeddings": the embedding
alone is not what later layers read), every layer reads them through its own norm, and what each
head would write is read by the final norm's weights and the unembedding. Scales of norms are left
out, since they depend on the rest of the stream; they make logits larger or smaller, all alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.norms import FrozenNorm, frozen
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import single_token
from interp_widgets.core.weights import head_input, head_output, token_directions

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

SAMPLE = 256  # tokens that copying is measured on
_FEWEST = 3  # items of a list that are single tokens, for a successor to mean something

# Lists with an order; True: after the last comes the first.
_ORDERED = (
    ("Monday Tuesday Wednesday Thursday Friday Saturday Sunday", True),
    (
        "January February March April May June July August September October November December",
        True,
    ),
    ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", False),
    ("one two three four five six seven eight nine ten eleven twelve", False),
    ("first second third fourth fifth sixth seventh eighth ninth tenth", False),
    ("A B C D E F G H I J K L M N O P Q R S T U V W X Y Z", False),
)


def unscaled(norm: nn.Module, like: Tensor) -> FrozenNorm:
    """A norm's weights and centring without its scale, in the precision of ``like``."""
    anything = torch.linspace(-1, 1, like.shape[-1], dtype=like.dtype, device=like.device)
    return replace(frozen(norm, anything), scale=like.new_ones(1))


def ordinary_tokens(model: LanguageModel) -> Tensor:
    """Ids that the tokenizer knows and that are not special, in order, ``[token]`` on the cpu."""
    special = set(model.tokenizer.all_special_ids)
    known = range(min(model.d_vocab, len(model.tokenizer)))
    return torch.tensor([i for i in known if i not in special], dtype=torch.long)


def ordered_lists(model: LanguageModel) -> list[tuple[list[int], list[int]]]:
    """Lists with an order, as far as their items are single tokens.

    Returns:
        For each list the ids of its items, and where the successor of each stands among them, -1
        where it has none.
    """
    found = []
    for words, around in _ORDERED:
        items = [_id_of(model, f" {word}") for word in words.split()]
        known = [i for i, token in enumerate(items) if token is not None]
        ids = [token for token in items if token is not None]
        place = {i: n for n, i in enumerate(known)}
        following = [(i + 1) % len(items) if around else i + 1 for i in known]
        after = [place.get(i, -1) for i in following]
        if len(ids) >= _FEWEST and max(after) >= 0:
            found.append((ids, after))
    return found


def _id_of(model: LanguageModel, text: str) -> int | None:
    try:
        token = single_token(model, text)
    except ValueError:
        return None
    return None if token == model.tokenizer.unk_token_id else token


@torch.no_grad()
def token_reads(model: LanguageModel, tokens: Tensor, kinds: str = "v") -> dict[Site, Tensor]:
    """What each layer's heads make of a token: queries, keys or values.

    Args:
        model: the model.
        tokens: ids ``[token]``.
        kinds: of ``"q"``, ``"k"``, ``"v"``.

    Returns:
        By place ``[token, head, d_head]``, before RoPE and any q/k norm. Layer 0 reads embeddings,
        the others effective embeddings; both as at the second position.
    """
    # The second position of two: the first is unlike all others in many models.
    ids = tokens.to(model.device)[:, None].expand(-1, 2)
    made: list[Tensor] = []
    first: dict[Site, Edit] = {
        Site(0, "attn_out"): torch.zeros_like,
        Site(0, "resid_post"): lambda stream: made.append(stream.clone()),
    }
    with hooked(model, first):
        model.run(ids)
    seen: dict[Site, Tensor] = {}

    def keeper(site: Site) -> Edit:
        def keep(read: Tensor) -> None:
            seen[site] = read[:, 1].detach().clone()

        return keep

    sites = [Site(layer, kind) for layer in range(model.n_layers) for kind in kinds]
    looks: dict[Site, Edit] = {site: keeper(site) for site in sites}
    for layer in range(1, model.n_layers):
        looks[Site(layer, "resid_pre")] = lambda stream: made[0].to(stream.device)
    with hooked(model, looks):
        model.run(ids)
    return seen


@torch.no_grad()
def token_values(model: LanguageModel, tokens: Tensor) -> list[Tensor]:
    """What each layer's heads find at a token.

    Args:
        model: the model.
        tokens: ids ``[token]``.

    Returns:
        For each layer ``[token, head, d_head]``, without the bias of the value projection; see
        `token_reads`.
    """
    seen = token_reads(model, tokens)
    shared = model.n_heads // model.n_kv_heads
    values = []
    for layer in range(model.n_layers):
        _, bias = head_input(model, layer, "v")
        found = seen[Site(layer, "v")].to(bias) - bias
        values.append(found.repeat_interleave(shared, dim=-2))
    return values


@torch.no_grad()
def head_logits(
    model: LanguageModel, layer: int, tokens: Tensor, head: int | None = None
) -> Tensor:
    """What one unit of a head's value adds to logits of tokens: ``[head, d_head, token]``.

    Args:
        model: the model.
        layer: 0 to ``n_layers - 1``.
        tokens: ids ``[token]``.
        head: this one alone, which leaves one entry; None for all.
    """
    weight, _ = head_output(model, layer)
    weight = weight if head is None else weight[head : head + 1]
    path = model.architecture.attn_post_norm
    if path is not None:
        weight = unscaled(model.layers[layer].get_submodule(path), weight)(weight)
    directions, _ = token_directions(model, tokens.tolist())
    weight = weight.to(directions)
    read = unscaled(model.module(model.architecture.final_norm), weight)(weight)
    return read @ directions.T


def copying(values: Tensor, logits: Tensor) -> Tensor:
    """Σ λ / Σ abs(λ) of token → logits of the same tokens, ``[head]``, -1 to 1.

    Args:
        values: ``[token, head, d_head]``.
        logits: ``[head, d_head, token]``, for the same tokens.
    """
    # Moved before they are widened: MPS has no float64.
    values = (values - values.mean(0)).cpu().double().transpose(0, 1)
    logits = (logits - logits.mean(-1, keepdim=True)).cpu().double()
    # The large matrix [token, token] = values @ logits has the eigenvalues of this small one.
    eigenvalues = torch.linalg.eigvals(logits @ values)
    return eigenvalues.real.sum(-1) / eigenvalues.abs().sum(-1)


def successor(values: Tensor, logits: Tensor, after: list[int]) -> tuple[Tensor, int]:
    """How many items of a list raise their successor most, ``[head]``, and of how many.

    Args:
        values: of the list's items, ``[token, head, d_head]``.
        logits: ``[head, d_head, token]``, for the same items.
        after: where the successor of each stands, -1 where it has none.
    """
    raised = (values.transpose(0, 1) @ logits).argmax(-1).cpu()
    wanted = torch.tensor(after)
    return ((raised == wanted) & (wanted >= 0)).sum(-1), int((wanted >= 0).sum())


def ov_scores(model: LanguageModel, seed: int = 0) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Copying and successor scores, layer by layer: ``(layer, [head], [head])``.

    Args:
        model: the model.
        seed: of the tokens that copying is measured on.
    """
    usable = ordinary_tokens(model)
    order = torch.randperm(len(usable), generator=torch.Generator().manual_seed(seed))
    sample = usable[order[:SAMPLE]]
    lists = ordered_lists(model)
    items = [torch.tensor(ids, dtype=torch.long) for ids, _ in lists]
    sizes = [len(sample), *(len(ids) for ids in items)]
    tokens = torch.cat([sample, *items])
    values = token_values(model, tokens)
    for layer in range(model.n_layers):
        read = head_logits(model, layer, tokens).split(sizes, dim=-1)
        found = values[layer].to(read[0]).split(sizes)
        right, asked = torch.zeros(model.n_heads, dtype=torch.float32), 0
        for (_, after), value, logits in zip(lists, found[1:], read[1:], strict=True):
            hits, of = successor(value, logits, after)
            right, asked = right + hits, asked + of
        yield layer, copying(found[0], read[0]), right / asked if asked else right + torch.nan
