"""What the weights alone say of latents: what they make the model say, and which lie close.

A latent's direction, read by the final norm's weight and the unembedding, is what a unit of it adds
to each token's logit if nothing in between reacts and the norm's scale is left out. The mean over
tokens is taken off, since it changes no probability. A few tokens that stand out (high kurtosis)
make a latent that says something.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from interp_widgets.core.dictionary.matching import unit
from interp_widgets.core.metrics import precise
from interp_widgets.core.ov import ordinary_tokens, unscaled
from interp_widgets.core.sites import Site, expand
from interp_widgets.core.weights import head_output, neuron_output, token_directions

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.sae import SAE
    from interp_widgets.core.language_model import LanguageModel

_TOKENS = 8192  # of the vocabulary at a time
_ROWS = 1024  # latents at a time
_CELLS = 1 << 24  # cosines at a time
_STREAM = ("embed", "resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out")


@dataclass(frozen=True, eq=False)
class LogitEffects:
    """What a unit of each latent adds to logits.

    Attributes:
        top, bottom: the largest effects, largest first, and the smallest, smallest first, ``[row,
            k]`` logits.
        top_ids, bottom_ids: of their tokens, ``[row, k]``.
        skew, kurtosis: of the effects over all tokens, ``[row]``; kurtosis is 0 for a normal
            distribution.
        entropy: of the shares that the top tokens have in their sum, nats ``[row]``: 0 if one has
            all, ``ln k`` if they are alike.
    """

    top: Tensor
    top_ids: Tensor
    bottom: Tensor
    bottom_ids: Tensor
    skew: Tensor
    kurtosis: Tensor
    entropy: Tensor


def directions_of(sae: SAE) -> Tensor:
    """Directions in the units of the activations, ``[feature, d_out]``, float32 or better.

    A dictionary that normalises each token by itself has no such unit; its rows stay as they are.
    """
    way = sae.normalization_out or sae.normalization
    rows = precise(sae.directions.detach())
    if way.per_token or way.mode == "none":
        return rows
    zero = rows.new_zeros(1, rows.shape[1])
    way = way.to(rows.device, rows.dtype)
    return way.out(rows, None) - way.out(zero, None)


def written(model: LanguageModel, site: Site, directions: Tensor) -> Tensor | None:
    """Directions ``[row, d_out]`` at a place as they reach the stream ``[row, d_model]``.

    None where they do not: what attention and MLPs read is not written anywhere.
    """
    if site.index is None and site.layer is not None and site.kind in ("z", "mlp_post"):
        if site.kind == "z":
            weight = head_output(model, site.layer)[0].flatten(0, 1)
            path = model.architecture.attn_post_norm
        else:
            weight = neuron_output(model, site.layer)[0]
            path = model.architecture.mlp_post_norm
        directions = directions.to(weight) @ weight
        if path is not None:
            norm = model.layers[site.layer].get_submodule(path)
            directions = unscaled(norm, directions)(directions)
        return directions
    fits = site.kind in _STREAM and directions.shape[1] == model.d_model
    return directions if fits else None


@torch.no_grad()
def logit_effects(model: LanguageModel, sae: SAE, site: Site, features: Tensor, k: int):
    """What a unit of each of ``features`` adds to logits; None where it does not reach the stream.

    Args:
        model: the model.
        sae: the dictionary.
        site: where it reads; it writes there too unless it says otherwise.
        features: latents, ``[row]``.
        k: tokens at either end.

    Returns:
        `LogitEffects` in float32 on the cpu, over the tokens that are not special.
    """
    target = expand(sae.site_out, model.n_layers)[0] if sae.site_out else site
    directions = written(model, target, directions_of(sae)[features.to(sae.device)])
    if directions is None:
        return None
    vocabulary = ordinary_tokens(model)
    parts = vocabulary.split(_TOKENS)
    mean = torch.stack([token_directions(model, p.tolist())[0].sum(0) for p in parts]).sum(0)
    mean = mean / len(vocabulary)
    norm = model.module(model.architecture.final_norm)
    found = []
    for rows in directions.split(_ROWS):
        read = rows.to(mean)
        read = unscaled(norm, read)(read)
        found.append(_effects(model, read, parts, mean, min(k, len(vocabulary))))
    names = LogitEffects.__dataclass_fields__
    return LogitEffects(*(torch.cat([getattr(part, name) for part in found]) for name in names))


def _effects(
    model: LanguageModel, read: Tensor, parts: tuple[Tensor, ...], mean: Tensor, k: int
) -> LogitEffects:
    """Effects of some rows, a slice of the vocabulary at a time."""
    sums = torch.zeros(3, len(read), dtype=torch.float64)
    ends: list[list[tuple[Tensor, Tensor]]] = [[], []]
    for part in parts:
        effect = (read @ (token_directions(model, part.tolist())[0] - mean).T).cpu()
        for power in (2, 3, 4):
            sums[power - 2] += (effect.double() ** power).sum(1)
        for end, largest in zip(ends, (True, False), strict=True):
            values, at = effect.topk(min(k, len(part)), dim=1, largest=largest)
            end.append((values, part[at]))
    (top, top_ids), (bottom, bottom_ids) = (
        _merged(end, k, largest) for end, largest in zip(ends, (True, False), strict=True)
    )
    second, third, fourth = sums / sum(map(len, parts))
    share = top.clamp(min=0) / top.clamp(min=0).sum(1, keepdim=True)
    return LogitEffects(
        top=top.float(),
        top_ids=top_ids,
        bottom=bottom.float(),
        bottom_ids=bottom_ids,
        skew=(third / second**1.5).float(),
        kurtosis=(fourth / second**2 - 3).float(),
        entropy=torch.special.entr(share).sum(1).float(),
    )


def _merged(parts: list[tuple[Tensor, Tensor]], k: int, largest: bool) -> tuple[Tensor, Tensor]:
    values, ids = (torch.cat(several, 1) for several in zip(*parts, strict=True))
    best = values.topk(k, dim=1, largest=largest)
    return best.values, ids.gather(1, best.indices)


@torch.no_grad()
def neighbours(sae: SAE, features: Tensor, keep: int) -> tuple[Tensor, Tensor]:
    """Latents whose directions lie closest: features, most alike first, and cosines.

    Both ``[row, keep]`` on the cpu; fewer columns in a dictionary of few latents.
    """
    rows = unit(precise(sae.directions))
    who, how = [], []
    for some in features.to(rows.device).split(max(1, _CELLS // len(rows))):
        cosine = rows[some] @ rows.T
        cosine.scatter_(1, some[:, None], -2.0)
        best = cosine.topk(min(keep, len(rows) - 1), dim=1)
        who.append(best.indices.cpu())
        how.append(best.values.float().cpu())
    return torch.cat(who), torch.cat(how)


def nearest_cosines(sae: SAE) -> Tensor:
    """Cosine of each direction with the nearest other one, ``[feature]`` on the cpu.

    NaN where there is only one.
    """
    _, cosines = neighbours(sae, torch.arange(sae.d_sae), 1)
    return cosines[:, 0] if cosines.shape[1] else torch.full((sae.d_sae,), torch.nan)


@torch.no_grad()
def encoder_cosines(sae: SAE) -> Tensor:
    """Cosine of what each latent reads with what it writes, ``[feature]`` on the cpu.

    NaN in transcoders, which read one place and write another.
    """
    if sae.is_transcoder:
        return torch.full((sae.d_sae,), torch.nan)
    return (unit(precise(sae.W_enc.T)) * unit(precise(sae.directions))).sum(1).float().cpu()
