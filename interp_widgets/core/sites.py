"""The names of places inside a model.

``embed``, ``final`` and ``L<layer>.<kind>``: ``L3.resid_post``, ``L3.z`` (all heads), ``L3.z.5``
(head 5), ``L3.mlp_post.17`` (neuron 17). ``L*`` stands for every layer. TransformerLens hook names
(``blocks.3.hook_resid_post``) are accepted where they mean the same tensor, and refused by name
where they do not.

Shapes, batch first:

=====================================================  =========================================
``embed resid_pre resid_mid resid_post final``          ``[batch, pos, d_model]``
``attn_out mlp_in mlp_out``                             ``[batch, pos, d_model]``
``z q``                                                 ``[batch, pos, head, d_head]``
``k v`` (before RoPE; one entry per key/value head)     ``[batch, pos, kv_head, d_head]``
``pattern`` (read only)                                 ``[batch, head, dst, src]``
``mlp_post``                                            ``[batch, pos, neuron]``
=====================================================  =========================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

HEAD_KINDS = ("z", "q", "k", "v", "pattern")
LAYER_KINDS = (
    "resid_pre",
    "resid_mid",
    "resid_post",
    "attn_out",
    "mlp_in",
    "mlp_out",
    *HEAD_KINDS,
    "mlp_post",
)
MODEL_KINDS = ("embed", "final")
INDEXED_KINDS = (*HEAD_KINDS, "mlp_post")

_NAME = re.compile(r"L(?P<layer>\d+|\*)\.(?P<kind>[a-z_]+)(?:\.(?P<index>\d+))?")
_LENS = re.compile(r"blocks\.(?P<layer>\d+)\.(?P<rest>.+)")
_LENS_KINDS = {
    "hook_resid_pre": "resid_pre",
    "hook_resid_mid": "resid_mid",
    "hook_resid_post": "resid_post",
    "hook_attn_out": "attn_out",
    "hook_mlp_out": "mlp_out",
    "attn.hook_z": "z",
    "attn.hook_q": "q",
    "attn.hook_k": "k",
    "attn.hook_v": "v",
    "attn.hook_pattern": "pattern",
    "mlp.hook_post": "mlp_post",
}


@dataclass(frozen=True, order=True)
class Site:
    """One place.

    Attributes:
        layer: None for ``embed`` and ``final``.
        kind: one of `LAYER_KINDS` or `MODEL_KINDS`.
        index: a head or a neuron; None for all.

    Raises:
        ValueError: a combination that names no place.
    """

    layer: int | None
    kind: str
    index: int | None = None

    def __post_init__(self) -> None:
        known = self.kind in (MODEL_KINDS if self.layer is None else LAYER_KINDS)
        if not known or (self.layer or 0) < 0 or (self.index or 0) < 0:
            raise ValueError(_help(str(self)))
        if self.index is not None and self.kind not in INDEXED_KINDS:
            raise ValueError(f"{self}: {self.kind} has no heads or neurons. {_help(str(self))}")

    def __str__(self) -> str:
        if self.layer is None:
            return self.kind
        tail = "" if self.index is None else f".{self.index}"
        return f"L{self.layer}.{self.kind}{tail}"


def _help(name: object) -> str:
    return (
        f"{name!r} is not a place in the model. Places are 'embed', 'final' and 'L3.<kind>' with "
        f"kind one of {', '.join(LAYER_KINDS)}; 'L3.z.5' is head 5, 'L3.mlp_post.17' neuron 17, "
        "'L*' every layer."
    )


def house_name(name: str) -> str:
    """What this package calls a TransformerLens hook; any other name comes back as it is.

    Raises:
        ValueError: a hook that no place here stands for.
    """
    if name == "hook_embed":
        raise ValueError(
            "'hook_embed' is TransformerLens's token embedding without positions; 'embed' here is "
            "the whole stream that enters layer 0. Ask for 'embed' if that is what you want."
        )
    match = _LENS.fullmatch(name)
    if match is None:
        return name
    kind = _LENS_KINDS.get(match["rest"])
    if kind is None:
        accepted = ", ".join(_LENS_KINDS)
        raise ValueError(
            f"{name!r}: no place here means what this TransformerLens hook does. "
            f"Accepted: {accepted}."
        )
    return f"L{match['layer']}.{kind}"


def _parse(name: str, n_layers: int) -> list[Site]:
    name = house_name(name)
    if name in MODEL_KINDS:
        return [Site(None, name)]
    match = _NAME.fullmatch(name)
    if match is None or match["kind"] not in LAYER_KINDS:
        raise ValueError(_help(name))
    kind, index = match["kind"], match["index"]
    layers = range(n_layers) if match["layer"] == "*" else [int(match["layer"])]
    if max(layers) >= n_layers:
        raise ValueError(f"{name!r}: the model has {n_layers} layers, L0 to L{n_layers - 1}.")
    return [Site(layer, kind, None if index is None else int(index)) for layer in layers]


def expand(names: str | Iterable[str], n_layers: int) -> list[Site]:
    """Every place that ``names`` mean, in the order asked for, each once.

    Args:
        names: one name or several; ``L*`` stands for all layers.
        n_layers: number of layers of the model.

    Raises:
        ValueError: an unknown name, or a layer that the model does not have.
        TypeError: something other than strings.
    """
    if not isinstance(names, Iterable):
        raise TypeError(f"places are named by strings; got {type(names).__name__}.")
    listed = [names] if isinstance(names, str) else list(names)
    for name in listed:
        if not isinstance(name, str):
            raise TypeError(
                f"a place is named by a string such as 'L3.resid_post'; got {type(name).__name__}."
            )
    if not listed:
        raise ValueError("no place was asked for. For example sites=['L*.resid_pre'].")
    return list(dict.fromkeys(site for name in listed for site in _parse(name, n_layers)))
