"""The dictionaries that ship with the course model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from interp_widgets.core.arguments import check_whole
from interp_widgets.core.dictionary.sae import SAE

# A folder each, ``L3_topk``, in the layout of SAELens.
_HOME = Path(__file__).parents[2] / "bundled" / "weights" / "saes"


def sae(layer: int, variant: str = "topk") -> SAE:
    """A sparse autoencoder of the course model, trained on the stream after a layer.

    Args:
        layer: 0 to 7; every layer has a TopK one, layer 3 others too.
        variant: ``"topk"``, ``"jumprelu"`` or ``"relu"``.

    Returns:
        The dictionary, float32, on the cpu; its `site` is ``L<layer>.resid_post``.

    Raises:
        TypeError: no number of a layer.
        ValueError: there is none of this layer and variant; the message lists those there are.
    """
    check_whole("layer", layer, least=0)
    found = bundled()
    if (layer, variant) not in found:
        there = ", ".join(f"{kind} at {', '.join(map(str, at))}" for kind, at in _by_kind().items())
        raise ValueError(
            f"no {variant} dictionary of layer {layer} ships with the course model. There are: "
            f"{there}. Others are trained with iw.train_sae, or loaded with iw.SAE.load(path)."
        )
    return SAE.load(found[layer, variant], format="sae_lens")


@lru_cache(maxsize=1)
def bundled() -> dict[tuple[int, str], Path]:
    """Folders of the dictionaries that ship, by layer and variant, in order."""
    named = (folder.name.removeprefix("L").split("_", 1) for folder in _HOME.glob("L*_*"))
    return {
        (layer, kind): _HOME / f"L{layer}_{kind}"
        for layer, kind in sorted((int(layer), kind) for layer, kind in named)
    }


def _by_kind() -> dict[str, list[int]]:
    kinds: dict[str, list[int]] = {}
    for layer, kind in bundled():
        kinds.setdefault(kind, []).append(layer)
    return kinds
