"""Put a dictionary's reconstruction where the activation was, and run the model on with it.

    with substituted(model, sae):
        logits = model.logits(ids)

What the reconstruction loses, the rest of the model loses too. The first position of a prompt is
left alone: its activation is unlike all others in most models, and dictionaries are not trained on
it.

Between attention and MLP (``resid_mid``) no module holds the stream, so no hook can replace it.
What attention adds is changed there by as much as the stream is to change: see `edits_at`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

from interp_widgets.core.dictionary.sae import SAE
from interp_widgets.core.dictionary.token_stream import check_dictionary, one_site
from interp_widgets.core.hooks import Edit, hooked
from interp_widgets.core.language_model import LanguageModel, check_model
from interp_widgets.core.sites import MODEL_KINDS, Site, expand
from interp_widgets.core.switches import check_switch

_STREAM = (*MODEL_KINDS, "resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_in", "mlp_out")
# A layer's places in the order in which it comes to them.
_FLOW: tuple[str, ...] = (
    *("resid_pre", "q", "k", "v", "pattern", "z", "attn_out"),
    *("resid_mid", "mlp_in", "mlp_post", "mlp_out", "resid_post"),
)


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
            cannot be edited or comes before the one that is read.
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
    _check_replaceable(model, out)
    if out != reads and (out.kind not in _STREAM or sae.d_out != model.d_model):
        raise ValueError(
            f"this transcoder writes {sae.d_out} numbers; {out} of {model.name} takes "
            f"{model.d_model} where it is a place in the stream, such as 'L3.mlp_out'."
        )
    if out == reads and sae.d_in != sae.d_out:
        raise ValueError(f"{out} cannot take the {sae.d_out} numbers that this transcoder writes.")
    if _depth(out) < _depth(reads):
        raise ValueError(
            f"{out} comes before {reads} in {model.name}: by the time it is read, what was to be "
            "replaced has been used. Pass a place behind it as site_out=."
        )
    return Spot(reads, out)


def _depth(site: Site) -> tuple[int | float, int]:
    """How far into the model a place is."""
    if site.layer is None:
        return (0, 0) if site.kind == "embed" else (float("inf"), 0)
    return (site.layer, _FLOW.index(site.kind))


def _check_replaceable(model: LanguageModel, out: Site) -> None:
    place = model.place(out)
    if out.kind != "resid_mid":
        if place.instead:
            raise ValueError(f"{out} can be read, not replaced: {place.instead}")
    elif model.parallel:
        raise ValueError(
            f"{out} can be read, not replaced: attention and MLP of {model.name} read the same "
            f"stream. That is L{out.layer}.resid_pre: pass it as site=."
        )


def edits_at(site: Site, edit: Edit) -> dict[Site, Edit]:
    """Hooks that make an edit at a place, ``resid_mid`` included.

    Args:
        site: the place. At ``resid_mid`` attention and MLP must be in turn, not parallel.
        edit: as in `hooked`. At ``resid_mid`` the stream is then what it returns up to rounding in
            the model's dtype, and the same to the bit where it returns what it got.
    """
    if site.kind != "resid_mid":
        return {site: edit}
    stream: list[Tensor] = []

    def note(x: Tensor) -> None:
        stream[:] = [x]

    def put(added: Tensor) -> Tensor | None:
        x = stream[0] + added
        new = edit(x)
        return None if new is None else added + (new - x)

    return {Site(site.layer, "resid_pre"): note, Site(site.layer, "attn_out"): put}


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

    return edits_at(spot.out, put)


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
        TypeError: no model or no dictionary, or a switch that is neither True nor False.
        ValueError: as `spot_of`, before anything is hooked.
    """
    check_model(model)
    check_dictionary(sae)
    check_switch("skip_first", skip_first)
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

    edits = edits_at(spot.out, put)
    if spot.out == spot.site:
        return edits
    then = edits.get(spot.site)
    return edits | {spot.site: look if then is None else _in_turn(look, then)}


def _in_turn(look: Edit, then: Edit) -> Edit:
    """Both at one place, where there is room for one hook."""

    def both(x: Tensor) -> Tensor | None:
        look(x)
        return then(x)

    return both
