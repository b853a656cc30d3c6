"""What one latent does to a model's next token: take it out of the stream, or force it on.

The activation keeps whatever the dictionary does not explain; only the latent's own part changes.
Random changes of the same size, at the same tokens, say how much of the effect is mere size.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.substitution import edits_at, spot_of
from interp_widgets.core.hooks import hooked
from interp_widgets.core.language_model import LanguageModel
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import Site

HOWS = ("remove", "force")
_DRAWS = 8  # of the control
_SHOWN = 5


@dataclass(frozen=True)
class LatentEffect:
    """What an edit of one latent does to the next token of a prompt.

    Attributes:
        feature: the latent.
        how: ``"remove"`` or ``"force"``.
        prompt: the prompt.
        changed: tokens of the prompt at which the edit changes anything.
        kl: of the next token, from the model as it is to the edited one, nats.
        control: the same of random changes as large, at the same tokens; a mean over draws.
        rises, falls: tokens whose probability changes most, with before and after, 0..1.
    """

    feature: int
    how: str
    prompt: str
    changed: int
    kl: float
    control: float
    rises: tuple[tuple[str, float, float], ...]
    falls: tuple[tuple[str, float, float], ...]


@torch.no_grad()
def latent_effect(
    model: LanguageModel,
    sae: SAE,
    prompt: str,
    feature: int,
    how: str = "remove",
    strength: float = 1.0,
    seed: int = 0,
) -> LatentEffect:
    """Edit one latent while the model reads a prompt.

    Args:
        model: the model.
        sae: an autoencoder of one of its places, which it names.
        prompt: the prompt. Its first token is left alone.
        feature: the latent.
        how: ``"remove"`` sets it to 0 wherever it fires; ``"force"`` sets it to ``strength``
            everywhere.
        strength: an activation, such as the latent's largest on a dashboard.
        seed: of the control.

    Returns:
        What becomes of the next token, and the same for random changes.

    Raises:
        ValueError: another ``how``, no such latent, a transcoder, a prompt that cannot be read.
    """
    check_seed(seed)
    if how not in HOWS:
        raise ValueError(f"how= is one of {', '.join(map(repr, HOWS))}; got {how!r}.")
    if not 0 <= feature < sae.d_sae:
        raise ValueError(f"there are latents 0 to {sae.d_sae - 1}; got {feature}.")
    if sae.is_transcoder:
        raise ValueError("a transcoder writes elsewhere than it reads; this edits an autoencoder.")
    site = spot_of(model, sae).out
    ids = model.ids(prompt)[None]
    taken: list[Tensor] = []

    def look(x: Tensor) -> None:
        taken[:] = [x.detach()]

    with hooked(model, {site: look}):
        before = _next(model, ids)
    change = _change(sae.to(model.device), taken[0], feature, 0.0 if how == "remove" else strength)
    after = _run(model, site, ids, change)
    draw = torch.Generator().manual_seed(seed)
    control = [_kl(before, _run(model, site, ids, _as_large(change, draw))) for _ in range(_DRAWS)]
    rises, falls = _moved(model, before.exp(), after.exp())
    return LatentEffect(
        feature=feature,
        how=how,
        prompt=prompt,
        changed=int((change.norm(dim=-1) > 0).sum()),
        kl=_kl(before, after),
        control=sum(control) / len(control),
        rises=rises,
        falls=falls,
    )


def _change(sae: SAE, x: Tensor, feature: int, to: float) -> Tensor:
    """What is added to activations ``[1, pos, ...]`` to set a latent; nothing at the first."""
    flat = x.flatten(2).to(sae.dtype)
    codes = sae.encode(flat)
    edited = codes.clone()
    edited[..., feature] = to
    change = sae.decode(edited, like=flat) - sae.decode(codes, like=flat)
    change[:, 0] = 0
    return change.where((edited != codes).any(-1, keepdim=True), 0.0)


def _as_large(change: Tensor, draw: torch.Generator) -> Tensor:
    """A random direction as long as each row."""
    random = torch.randn(change.shape, generator=draw).to(change)
    return F.normalize(random, dim=-1) * change.norm(dim=-1, keepdim=True)


def _run(model: LanguageModel, site: Site, ids: Tensor, change: Tensor) -> Tensor:
    def add(x: Tensor) -> Tensor:
        return (x.flatten(2) + change.to(x)).view_as(x)

    with hooked(model, edits_at(site, add)):
        return _next(model, ids)


def _next(model: LanguageModel, ids: Tensor) -> Tensor:
    """Log-probabilities of the next token ``[vocab]``."""
    return model.logits(ids)[0, -1].double().log_softmax(-1)


def _kl(before: Tensor, after: Tensor) -> float:
    return max(float((before.exp() * (before - after)).sum()), 0.0)


def _moved(model: LanguageModel, before: Tensor, after: Tensor):
    """Tokens that rise and that fall most."""
    order = (after - before).argsort(descending=True).tolist()
    both = []
    for ids in (order[:_SHOWN], order[::-1][:_SHOWN]):
        both.append(tuple((model.piece(i), float(before[i]), float(after[i])) for i in ids))
    return both[0], both[1]
