"""The course model that ships with the package: what it speaks, what it can do, where it lies.

Importing this loads neither torch nor transformers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from interp_widgets.bundled.corpus import Prompt
from interp_widgets.bundled.index import PromptIndex, prompts

ROOM = Path(__file__).parent
WEIGHTS = ROOM / "weights"
CARD = ROOM / "model_card.json"

__all__ = ["CARD", "WEIGHTS", "Prompt", "PromptIndex", "model_card", "prompts"]


def model_card() -> dict[str, Any]:
    """What was measured on the shipped weights, as ``evaluate`` wrote it."""
    return json.loads(CARD.read_text())
