"""Does a dictionary fit the model it was loaded for? Numbers that say so at once.

A dictionary read at another place than the one it was trained at, or with another normalisation,
raises no error and gives numbers. What gives it away is that it explains nothing: so a loader that
is given a model ends here, and where the answer is no, the places around are tried too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from interp_widgets.core.cache import activations_of
from interp_widgets.core.dictionary.fidelity import Fidelity
from interp_widgets.core.dictionary.substitution import Spot, spot_of
from interp_widgets.core.dictionary.token_stream import check_dictionary, check_texts
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.norms import frozen
from interp_widgets.core.places import part
from interp_widgets.core.sites import Site
from interp_widgets.core.tokens import Prompt, encode

if TYPE_CHECKING:
    from interp_widgets.core.dictionary.sae import SAE

LEAST_FVE = 0.5
MOST_L0 = 2.0  # times what its makers say
_ENOUGH, _MOST = 2_000, 16_384  # tokens below which the numbers are rough, and after which it ends
_BATCH, _A_FEW = 4096, 1024  # tokens
_AROUND = ("resid_post", "resid_mid", "attn_out", "mlp_in", "mlp_out")
# So TransformerLens makes all that is written into the stream, in models with LayerNorm.
_CENTRED = ", with each token's mean subtracted (x - x.mean(-1, keepdim=True))"
_NORMED = re.compile(r"blocks\.(\d+)\.ln2\.hook_normalized")
_Read = Callable[[dict[Site, Tensor]], Tensor]


@dataclass(frozen=True)
class Acceptance:
    """What a dictionary explains of a model.

    Attributes:
        fve: fraction of variance explained at the site, 1 at best, below 0 where the mean of all
            activations would do better.
        l0: latents that fire on a token, on average.
        norm: mean length of what it reads.
        tokens: how many were looked at; first positions are left out.
        site: what it read; the file's own word where that is no place here.
        site_out: what its output was compared with.
        advertised_l0: what its makers say l0 is, None where they do not.
        warnings: what looks wrong, in sentences; empty where nothing does.
    """

    fve: float
    l0: float
    norm: float
    tokens: int
    site: str
    site_out: str
    advertised_l0: float | None
    warnings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing looks wrong."""
        return not self.warnings

    def describe(self) -> str:
        """The numbers in a sentence, and what looks wrong."""
        rough = "" if self.tokens >= _ENOUGH else f" ({_ENOUGH:,} or more would be less rough)"
        where = self.site if self.site == self.site_out else f"{self.site} to {self.site_out}"
        numbers = (
            f"On {self.tokens:,} tokens{rough} at {where} it explains {self.fve:.3f} of the "
            f"variance with {self.l0:.1f} latents a token; mean norm {self.norm:.3g}."
        )
        return " ".join((numbers, *self.warnings))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain JSON."""
        return asdict(self) | {"warnings": list(self.warnings)}


def accept(
    model: LanguageModel,
    sae: SAE,
    texts: Iterable[Prompt],
    site: str | None = None,
    site_out: str | None = None,
    advertised_l0: float | None = None,
) -> Acceptance:
    """Check a dictionary against the model it is for.

    Args:
        model: the model.
        sae: the dictionary.
        texts: texts or token ids; reading ends after some thousand tokens.
        site: the place it reads; None for the one that it names. Dictionaries of Gemma Scope that
            read the MLP's norm before the norm's weight are given just that.
        site_out: the place of its output; None for the one that it names, or else ``site``.
        advertised_l0: what l0 is said to be; None for what its file says.

    Returns:
        The numbers, and what looks wrong: an FVE below 0.5, or an l0 more than twice what is said.

    Raises:
        TypeError: no model, no dictionary, one text instead of several.
        ValueError: no place named or known, or one of another width; no tokens to look at.
    """
    check_model(model)
    check_dictionary(sae)
    check_texts(texts)
    sae = sae.to(model.device)
    name, spot, read = _places(model, sae, site, site_out)
    rows = _rows(model, texts)
    fve, l0, norm, tokens = _measure(sae, _taken(model, rows, spot, read))
    if advertised_l0 is None:
        advertised_l0 = sae.metadata.get("advertised_l0")
    found = []
    if not fve >= LEAST_FVE:
        found.append(_explains_little(model, sae, rows, spot, fve))
    if advertised_l0 and l0 > MOST_L0 * advertised_l0:
        found.append(
            f"{l0:.1f} latents fire on a token where {advertised_l0:g} are said to: inputs may "
            "lack the scale it was trained with, or come from another place or model."
        )
    return Acceptance(fve, l0, norm, tokens, name, str(spot.out), advertised_l0, tuple(found))


def readable(sae: SAE) -> bool:
    """Whether what its files say is enough to fetch what it reads from a model."""
    return bool(sae.site) or _normed_layer(sae) is not None


def _normed_layer(sae: SAE) -> int | None:
    """The layer whose MLP's norm it reads, before the norm's weight."""
    hook = sae.metadata.get("hook_name")
    match = _NORMED.fullmatch(hook) if isinstance(hook, str) else None
    return int(match[1]) if match else None


def _places(
    model: LanguageModel, sae: SAE, site: str | None, site_out: str | None
) -> tuple[str, Spot, _Read]:
    """What to call the input, the places to cache, and the input from what was cached."""
    layer = _normed_layer(sae)
    if site is not None or sae.site or layer is None:
        spot = spot_of(model, sae, site, site_out)
        return str(spot.site), spot, lambda found: found[spot.site]
    spot = spot_of(model, sae, f"L{layer}.mlp_in", site_out or sae.site_out or None)

    def unweighted(found: dict[Site, Tensor]) -> Tensor:
        norm = part(model.layers[layer], model.architecture.resid_mid)
        x = found[spot.site]
        held = frozen(norm, x.to(next(norm.parameters()).device))
        return (x - held.bias.cpu()) / held.weight.cpu()

    return sae.metadata["hook_name"], spot, unweighted


def _rows(model: LanguageModel, texts: Iterable[Prompt]) -> list[Tensor]:
    """Ids of texts, until there are enough."""
    rows, tokens = [], 0
    for text in texts:
        rows.append(encode(model, text, longest=model.context))
        tokens += len(rows[-1]) - 1
        if tokens >= _MOST:
            break
    if tokens < 1:
        raise ValueError(
            "texts= holds no token to look at: first positions, whose activations are unlike all "
            "others, are left out. Give texts of two tokens or more."
        )
    return rows


def _batches(rows: list[Tensor], size: int = _BATCH) -> Iterator[list[Tensor]]:
    batch: list[Tensor] = []
    for row in rows:
        batch.append(row)
        if sum(map(len, batch)) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


def _taken(
    model: LanguageModel, rows: list[Tensor], spot: Spot, read: _Read
) -> Iterator[tuple[Tensor, Tensor]]:
    """What the dictionary reads and what its output is to equal, ``[token, d]``."""
    for batch in _batches(rows):
        taken = activations_of(model, batch, spot.places)
        x = torch.cat([read(found)[1:].flatten(1) for found in taken])
        y = torch.cat([found[spot.out][1:].flatten(1) for found in taken])
        yield x, x if spot.out == spot.site else y


@torch.no_grad()
def _measure(sae: SAE, batches: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, float, float, int]:
    """FVE, l0, mean norm of the input, and tokens."""
    fidelity, norms = Fidelity(sae), 0.0
    for x, y in batches:
        norms += float(x.norm(dim=-1).sum())
        fidelity.add(x.to(sae.device), y.to(sae.device))
    numbers = fidelity.numbers()
    return numbers["fve"], numbers["l0"], norms / fidelity.tokens, fidelity.tokens


def _explains_little(
    model: LanguageModel, sae: SAE, rows: list[Tensor], spot: Spot, fve: float
) -> str:
    """A sentence about a low FVE, with the place nearby where it is high, if there is one."""
    said = f"It explains {fve:.2f} of the variance at {spot.site}, less than {LEAST_FVE}: "
    tried = {} if spot.site != spot.out else _tried(model, sae, rows, spot.site)
    best = max(tried, key=lambda name: tried[name], default="")
    if best and tried[best] >= LEAST_FVE:
        return said + f"of the places nearby it explains most at {best}: {tried[best]:.2f}."
    return said + (
        "another place, another normalisation, a model of other weights, or texts unlike those it "
        "was trained on."
    )


@torch.no_grad()
def _tried(model: LanguageModel, sae: SAE, rows: list[Tensor], site: Site) -> dict[str, float]:
    """FVE at the places around, each as it is and with the mean over its width subtracted."""
    found: dict[str, float] = {}
    if site.layer is None or sae.d_in != model.d_model:
        return found
    few = next(_batches(rows, _A_FEW))
    # Its own layer and kind first: where two are equally good, that is the smaller mistake.
    kinds = dict.fromkeys((site.kind, *_AROUND))
    for layer in (site.layer, site.layer - 1, site.layer + 1):
        if layer not in range(model.n_layers):
            continue
        places = [Site(layer, kind) for kind in kinds]
        taken = activations_of(model, few, places)
        for place in places:
            x = torch.cat([row[place][1:].flatten(1) for row in taken])
            found[str(place)] = _measure(sae, [(x, x)])[0]
            x = x - x.mean(-1, keepdim=True)
            found[f"{place}{_CENTRED}"] = _measure(sae, [(x, x)])[0]
    return found
