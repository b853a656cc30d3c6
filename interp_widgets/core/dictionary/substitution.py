"""Put a dictionary's reconstruction where the activation was, and run the model on with it.

    with substituted(model, sae):
        logits = model.logits(ids)

What the reconstruction loses, the rest of the model loses too. The first position of a prompt is
left alone: its activation is unlike all others in most models, and dictionaries are not trained on
it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import one_site
from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.sites import MODEL_KINDS, Site, expand

_STREAM = (*MODEL_KINDS, "resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_in", "mlp_out")


@dataclass(frozen=True)
class Spot:
    """Where a dictionary reads, and where what it makes belongs.

    Attributes:
        site: the place that it reads.
        out: the place of its output; the same one for an autoencoder.
    """

    site: Site
    out: Site

    @property
    def places(self) -> list[Site]:
        """Both, each once."""
        return list(dict.fromkeys((self.site, self.out)))


def check_sae(sae: Any) -> None:
    """Refuse what is no dictionary.

    Raises:
        TypeError: something else; for a training run the message says where its dictionary is.
        ValueError: weights that are not finite.
    """
    if not isinstance(sae, SAE):
        hint = " A training run has one: run.sae." if hasattr(sae, "sae") else ""
        raise TypeError(
            "a dictionary is wanted, as iw.sae(3) or iw.SAE.load(folder) gives it; got "
            f"{type(sae).__name__}.{hint}"
        )
    for name in ("W_enc", "b_enc", "W_dec", "b_dec"):
        if not bool(getattr(sae, name).isfinite().all()):
            raise ValueError(f"{name} of this dictionary holds numbers that are not finite.")


def spot_of(
    model: LanguageModel, sae: SAE, site: str | None = None, site_out: str | None = None
) -> Spot:
    """Where a dictionary reads and writes in a model.

    Args:
        model: the model.
        sae: the dictionary.
        site: the place it reads; None for the one that it names.
        site_out: the place of its output; None for the one that it names, or else ``site``.

    Raises:
        TypeError: no name.
        ValueError: no place named, an unknown one, one of another width, or an output place that
            cannot be edited.
    """
    reads = one_site(model, sae, site)
    # A place named in the call is not where the file's own output place belongs.
    named = site_out or (sae.site_out if site is None or sae.is_transcoder else "")
    if not named and (sae.d_in != sae.d_out or sae.W_skip is not None):
        raise ValueError(
            f"this transcoder turns {sae.d_in} numbers into {sae.d_out} and does not say where "
            "they belong: pass site_out=, such as 'L3.mlp_out'."
        )
    found = expand(named, model.n_layers) if named else [reads]
    if len(found) != 1:
        raise ValueError(f"the output of a dictionary belongs to one place; got {named!r}.")
    out = found[0]
    place = model.place(out)
    if place.instead:
        raise ValueError(f"{out} can be read, not replaced: {place.instead}")
    if out != reads and (out.kind not in _STREAM or sae.d_out != model.d_model):
        raise ValueError(
            f"this transcoder writes {sae.d_out} numbers; {out} of {model.name} takes "
            f"{model.d_model} where it is a place in the stream, such as 'L3.mlp_out'."
        )
    if out == reads and sae.d_in != sae.d_out:
        raise ValueError(f"{out} cannot take the {sae.d_out} numbers that this transcoder writes.")
    return Spot(reads, out)


def replaced(spot: Spot, mask: Tensor, rows: Tensor | float) -> dict[Site, Edit]:
    """Edits that put rows where ``mask`` says.

    Args:
        spot: whose output place is edited.
        mask: bool ``[batch, pos]``.
        rows: ``[row, d_out]``, as many as ``mask`` has True, or one row or number for all.
    """

    def put(x: Tensor) -> Tensor:
        flat = x.flatten(2).clone()
        flat[mask] = rows.to(flat) if isinstance(rows, Tensor) else rows
        return flat.view_as(x)

    return {spot.out: put}


def substituted(
    model: LanguageModel,
    sae: SAE,
    site: str | None = None,
    site_out: str | None = None,
    skip_first: bool = True,
) -> AbstractContextManager[None]:
    """A block in which the model runs with the dictionary in place of the activation.

    Args:
        model: the model.
        sae: the dictionary, autoencoder or transcoder.
        site: the place it reads; None for the one that it names.
        site_out: the place of its output; None for the one that it names, or else ``site``.
        skip_first: leave the first position of every prompt alone.

    Raises:
        TypeError: no model or no dictionary.
        ValueError: as `spot_of`, before anything is hooked.
    """
    check_model(model)
    check_sae(sae)
    spot = spot_of(model, sae, site, site_out)
    return hooked(model, _live(spot, sae.to(model.device), int(skip_first)))


def _live(spot: Spot, sae: SAE, first: int) -> dict[Site, Edit]:
    """Edits that reconstruct what comes by, whatever prompt runs."""
    seen: list[Tensor] = []

    def look(x: Tensor) -> None:
        seen[:] = [x]

    def put(x: Tensor) -> Tensor:
        source = x if spot.out == spot.site else seen[0]
        with torch.no_grad():
            made = sae(source[:, first:].flatten(2).to(sae.device))
        flat = x.flatten(2).clone()
        flat[:, first:] = made.to(flat)
        return flat.view_as(x)

    if spot.out == spot.site:
        return {spot.out: put}
    return {spot.site: look, spot.out: put}
