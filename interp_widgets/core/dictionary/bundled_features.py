"""The dashboards that ship with the course model."""

from __future__ import annotations

from pathlib import Path

from interp_widgets.core.arguments import check_whole
from interp_widgets.core.dictionary.bundled_sae import sae
from interp_widgets.core.dictionary.feature_record import FeatureDashboards

_HOME = Path(__file__).parents[2] / "bundled" / "weights" / "dashboards"


def sae_features(layer: int = 3, variant: str = "topk") -> FeatureDashboards:
    """Dashboards of a bundled dictionary, as they were recorded; nothing is run.

    ``python -m interp_widgets.bundled.dashboards`` made them, from texts that neither the model nor
    the dictionary was trained on. Latents that tell a family of prompts from all others are named.

    Args:
        layer: 3, the middle one.
        variant: ``"topk"``.

    Returns:
        The record; each call reads it anew, so labels of one are not in another.

    Raises:
        TypeError: no number of a layer.
        ValueError: no such dictionary, or one without recorded dashboards; the message says how
            to make them.
    """
    path = _HOME / f"L{layer}_{variant}.safetensors"
    check_whole("layer", layer, least=0)
    if not path.is_file():
        sae(layer, variant)  # says what is wrong, unless there is such a dictionary
        recorded = ", ".join(found.stem for found in sorted(_HOME.glob("*.safetensors")))
        raise ValueError(
            f"no dashboards of L{layer}_{variant} were recorded ({recorded or 'none'} were): make "
            f'them with iw.features(model, iw.sae({layer}, "{variant}"), texts).'
        )
    return FeatureDashboards.load(path)
