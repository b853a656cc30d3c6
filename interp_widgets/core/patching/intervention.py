"""An intervention as data: which place, at which positions, is given which value.

    Patch("L3.resid_pre", pos=4)                  # what the other run holds there
    Patch("L3.z.5", value=0.0)                    # head 5 silenced, at every position
    Patch("L2.mlp_out", pos=-1, value=v, add=True)

One intervention is one patch or several that act together. A sweep is a list of interventions, each
of which gets a run of its own; `grid` writes the usual lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from torch import Tensor

from interp_widgets.core.sites import HEAD_KINDS, LAYER_KINDS, Site, expand

if TYPE_CHECKING:
    from interp_widgets.core.language_model import LanguageModel

STREAM_KINDS = ("resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out")
PATCHED_KINDS = (*STREAM_KINDS, *HEAD_KINDS, "mlp_post")
AXES = {
    "layer": ("layer",),
    "position": ("layer", "pos"),
    "head": ("layer", "head"),
    "head_position": ("layer", "head", "pos"),
    "neuron": ("layer", "neuron"),
}


@dataclass(frozen=True, eq=False)
class Patch:
    """One place given another value.

    Attributes:
        site: a place of one layer, ``"L3.resid_pre"``; ``"L3.z.5"`` for one head.
        pos: position or positions, negative ones from the end; None for all. For a ``pattern``
            they are destinations.
        value: None for what the place holds in the run that is patched from; a number; or a tensor
            that broadcasts to the place at these positions: ``[pos, ...]`` as `sites` says (of a
            ``pattern`` ``[pos, head, src]``), without the axis of the head or neuron if one is
            named.
        add: the value is added to what is there, instead of put in its place.
    """

    site: str
    pos: int | tuple[int, ...] | None = None
    value: Tensor | float | None = None
    add: bool = False

    def __str__(self) -> str:
        where = "" if self.pos is None else f" @ {self.pos}"
        return f"{self.site}{where}"

    __repr__ = __str__


Intervention = tuple[Patch, ...]


@dataclass(frozen=True)
class Grid:
    """The interventions of a sweep, in the order of the axes.

    Attributes:
        axes: names, such as ``("layer", "pos")``.
        labels: for each axis the names along it.
        cells: one intervention for each cell of the axes, the last axis running fastest.
    """

    axes: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    cells: tuple[Intervention, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return tuple(map(len, self.labels))


def check_per(model: LanguageModel, kind: Any, per: Any) -> None:
    """Refuse a kind of place that cannot be patched, or cannot be split as ``per`` says.

    Raises:
        ValueError: with what can be asked for instead.
    """
    if kind not in PATCHED_KINDS:
        raise ValueError(
            f"site= is a kind of place, one of {', '.join(PATCHED_KINDS)}; got {kind!r}. "
            "Single places go into cells=['L3.z.5', ...]."
        )
    if kind == "resid_mid" and model.parallel:
        raise ValueError(
            f"{model.name} has parallel blocks: attention and MLP read the same stream, so nothing "
            "lies between them. Patch resid_pre, attn_out or mlp_out."
        )
    fits = ["layer", "position"]
    fits += ["head", "head_position"] if kind in HEAD_KINDS else []
    fits += ["neuron"] if kind == "mlp_post" else []
    if per not in fits:
        raise ValueError(f"per= of {kind} is one of {', '.join(map(repr, fits))}; got {per!r}.")


def grid(model: LanguageModel, kind: str, per: str, tokens: Sequence[str]) -> Grid:
    """Every cell of a kind of place: ``per`` says what is patched together.

    Args:
        model: the model.
        kind: one of `PATCHED_KINDS`.
        per: a key of `AXES`.
        tokens: pieces of the prompt that is patched, ``[pos]``.

    Raises:
        ValueError: as `check_per`.
    """
    check_per(model, kind, per)
    heads = model.n_kv_heads if kind in "kv" else model.n_heads
    sizes = {
        "layer": tuple(f"L{layer}" for layer in range(model.n_layers)),
        "pos": tuple(tokens),
        "head": tuple(map(str, range(heads))),
        "neuron": tuple(map(str, range(model.d_mlp))) if per == "neuron" else (),
    }
    axes = AXES[per]
    cells = []
    for point in product(*(range(len(sizes[axis])) for axis in axes)):
        at = dict(zip(axes, point, strict=True))
        index = at.get("head", at.get("neuron"))
        site = Site(at["layer"], kind, index)
        cells.append((Patch(str(site), at.get("pos")),))
    return Grid(axes, tuple(sizes[axis] for axis in axes), tuple(cells))


def chosen(model: LanguageModel, cells: Any, length: int) -> Grid:
    """A caller's own list of interventions, along one axis ``cell``.

    Args:
        model: the model.
        cells: names of places, `Patch`es, or lists of these that act together.
        length: tokens of the prompt that is patched.

    Raises:
        TypeError: something else.
        ValueError: an unknown place, a position that is not in the prompt.
    """
    if isinstance(cells, str | Patch) or not isinstance(cells, Iterable):
        raise TypeError(
            "cells= is a list: of places ('L3.z.5'), of iw.Patch(...), or of lists of these that "
            f"act together; got {type(cells).__name__}."
        )
    made, names = [], []
    for cell in cells:
        together = [cell] if isinstance(cell, str | Patch) else cell
        if not isinstance(together, Iterable):
            raise TypeError(f"a cell is a place, a Patch, or several; got {type(cell).__name__}.")
        patches = tuple(found for patch in together for found in _patches(model, patch))
        for patch in patches:
            positions(patch, length)
        if not patches:
            raise ValueError("a cell without a patch changes nothing. Leave it out.")
        made.append(patches)
        names.append(" + ".join(map(str, patches)))
    if not made:
        raise ValueError("cells= is empty: nothing to patch.")
    return Grid(("cell",), (tuple(names),), tuple(made))


def _patches(model: LanguageModel, patch: Any) -> list[Patch]:
    """A place or a patch as patches of one layer each (``L*`` is all of them together)."""
    if isinstance(patch, str):
        patch = Patch(patch)
    if not isinstance(patch, Patch):
        raise TypeError(f"a cell is a place, a Patch, or several; got {type(patch).__name__}.")
    sites = expand(patch.site, model.n_layers)
    for site in sites:
        if site.kind not in (*LAYER_KINDS, "embed", "final") or site.kind == "mlp_in":
            raise ValueError(f"{site} cannot be patched; {', '.join(PATCHED_KINDS)} can.")
        if site.layer is not None:
            check_per(model, site.kind, "layer")
        model.place(site)
    return [Patch(str(site), patch.pos, patch.value, patch.add) for site in sites]


def positions(patch: Patch, length: int) -> list[int]:
    """Positions of a patch, counted from the start, in their order.

    Raises:
        ValueError: one that a prompt of ``length`` tokens does not have.
    """
    if patch.pos is None:
        return list(range(length))
    asked = tuple(patch.pos) if isinstance(patch.pos, Iterable) else (patch.pos,)
    if not asked or not all(isinstance(p, int) and -length <= p < length for p in asked):
        raise ValueError(
            f"{patch.site}: positions go from 0 to {length - 1} (or -1 to {-length} from the "
            f"end); got {patch.pos!r}."
        )
    return sorted({p % length for p in asked})
