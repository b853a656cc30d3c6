"""What one latent does to a model's next token: take it out of the stream, or force it on.

The activation keeps whatever the dictionary does not explain; only the latent's own part changes.
Random changes of the same size, at the same tokens, say how much of the effect is mere size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.substitution import edits_at, spot_of
from interp_widgets.core.dictionary.token_stream import check_dictionary
from interp_widgets.core.hooks import hooked
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.result import Result
from interp_widgets.core.seeds import check_seed
from interp_widgets.core.sites import Site

if TYPE_CHECKING:
    import pandas as pd

HOWS = ("remove", "force")
_DRAWS = 8  # of the control
_SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class LatentEffect(Result):
    """What an edit of one latent does to the next token of a prompt.

    Attributes:
        site: the place that was edited.
        feature: the latent.
        how: ``"remove"`` or ``"force"``.
        strength: the activation it was set to.
        changed: tokens of the prompt at which the edit changes anything.
        kl: of the next token, from the model as it is to the edited one, nats.
        control: the same of random changes as large, at the same tokens; a mean over draws.
        beaten: share of these draws that moved the next token less, 0..1.
        rises, falls: tokens whose probability changes most, with before and after, 0..1.
    """

    site: str
    feature: int
    how: str
    strength: float
    changed: int
    kl: float
    control: float
    beaten: float
    rises: tuple[tuple[str, float, float], ...]
    falls: tuple[tuple[str, float, float], ...]

    def __repr__(self) -> str:
        return (
            f"LatentEffect({self.how} latent {self.feature} at {self.site}: {self.kl:.3g} nats, "
            f"control {self.control:.3g}, {self.model})"
        )

    def describe(self) -> str:
        """One sentence: how far the next token moves, against chance, and what rises."""
        done = "Taking out" if self.how == "remove" else f"Forcing to {self.strength:.3g}"
        if not self.changed:
            return f"{done} latent {self.feature} changes nothing after “{self.prompt}”."
        token, before, after = self.rises[0]
        return (
            f"{done} latent {self.feature} moves the next token after “{self.prompt}” by "
            f"{self.kl:.3f} nats, random changes as large by {self.control:.3f}; {token!r} rises "
            f"most, from {_share(before)} to {_share(after)}."
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a token, those that rise first. Columns: token, before, after."""
        import pandas as pd

        rows = [*self.rises, *self.falls[::-1]]
        return pd.DataFrame(rows, columns=["token", "before", "after"])


def _share(p: float) -> str:
    return f"{p:.1%}" if p >= 0.001 or not p else f"{100 * p:.1g}%"


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
    """Edit one latent while the model reads a prompt: what becomes of the next token?

    The rest of the activation stays as it is, what the dictionary does not explain included
    (Templeton et al., 2024). Random changes as large, at the same tokens, are the control. Of a
    transcoder it is the place that it writes which changes.

    Args:
        model: the model.
        sae: a dictionary of one of its places, which it names.
        prompt: the prompt, of two tokens or more. The first is left alone.
        feature: the latent.
        how: ``"remove"`` sets it to 0 wherever it fires; ``"force"`` sets it to ``strength``
            everywhere.
        strength: an activation, such as the latent's largest on a dashboard.
        seed: of the control.

    Raises:
        ValueError: another ``how``, no such latent, a strength that is no finite number, a
            dictionary whose place cannot be edited, a prompt that cannot be read or of one token.
        TypeError: no model, no dictionary, no number.
    """
    feature = _checked(model, sae, feature, how, strength, seed)
    spot = spot_of(model, sae)
    ids = _two_or_more(model, prompt)
    before, x = _untouched(model, spot.site, ids)
    to = 0.0 if how == "remove" else float(strength)
    change = _change(sae.to(model.device), x, feature, to)
    after = _run(model, spot.out, ids, change)
    draw = torch.Generator().manual_seed(seed)
    others = (_as_large(change, draw) for _ in range(_DRAWS))
    control = [_kl(before, _run(model, spot.out, ids, other)) for other in others]
    kl = _kl(before, after)
    rises, falls = _moved(model, before.exp(), after.exp())
    return LatentEffect(
        model=model.name,
        revision=model.revision,
        prompt=prompt,
        site=str(spot.out),
        feature=feature,
        how=how,
        strength=to,
        changed=int((change.norm(dim=-1) > 0).sum()),
        kl=kl,
        control=sum(control) / len(control),
        beaten=sum(one < kl for one in control) / len(control),
        rises=rises,
        falls=falls,
    )


def _two_or_more(model: LanguageModel, prompt: str) -> Tensor:
    """Ids of the prompt ``[1, pos]``.

    Raises:
        ValueError: one token.
    """
    ids = model.ids(prompt)[None]
    if ids.shape[1] < 2:
        raise ValueError(
            f"the first token of a prompt is left alone, and {prompt!r} has no other: give two "
            "tokens or more."
        )
    return ids


def _untouched(model: LanguageModel, site: Site, ids: Tensor) -> tuple[Tensor, Tensor]:
    """What the model says next as it is, and what it holds at the place that is read."""
    taken: list[Tensor] = []

    def look(x: Tensor) -> None:
        taken[:] = [x.detach()]

    with hooked(model, {site: look}):
        return _next(model, ids), taken[0]


def _checked(
    model: LanguageModel, sae: SAE, feature: int, how: str, strength: float, seed: int
) -> int:
    """The number of the latent.

    Raises:
        ValueError, TypeError: as `latent_effect`.
    """
    check_model(model)
    check_dictionary(sae)
    check_seed(seed)
    if how not in HOWS:
        raise ValueError(f"how= is one of {', '.join(map(repr, HOWS))}; got {how!r}.")
    if isinstance(feature, bool) or not hasattr(feature, "__index__"):
        raise TypeError(f"a latent is named by its number; got {feature!r:.40}.")
    if not 0 <= feature < sae.d_sae:
        raise ValueError(f"there are latents 0 to {sae.d_sae - 1}; got {feature}.")
    if isinstance(strength, bool) or not isinstance(strength, int | float):
        raise TypeError(f"strength= is a number; got {type(strength).__name__}.")
    if not math.isfinite(strength):
        raise ValueError(f"strength= is an activation; got {strength}.")
    return index(feature)


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
