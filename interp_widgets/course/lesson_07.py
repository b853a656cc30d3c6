"""Exercises of lesson 07, activation patching: one file an idea, put in order here.

The notebook shows the reference solutions under *Solution*; a test compares the two.
"""

from __future__ import annotations

from interp_widgets.course._lesson_07_ablation import ABLATED
from interp_widgets.course._lesson_07_crossing import CROSSING
from interp_widgets.course._lesson_07_hooks import BUG_HUNT, PATCH_RESID
from interp_widgets.course._lesson_07_metric import RECOVERY
from interp_widgets.course._lesson_07_places import PATCH_PLACES

EXERCISES = (RECOVERY, BUG_HUNT, PATCH_RESID, ABLATED, CROSSING, PATCH_PLACES)
