"""Exercises of lesson 08, attribution and path patching: one file an idea, put in order here.

The notebook shows the reference solutions under *Solution*; a test compares the two.
"""

from __future__ import annotations

from interp_widgets.course._lesson_08_agreement import AGREEMENT
from interp_widgets.course._lesson_08_attribution import ATTRIBUTION
from interp_widgets.course._lesson_08_integrated import INTEGRATED
from interp_widgets.course._lesson_08_passes import COUNT_PASSES
from interp_widgets.course._lesson_08_path import DIRECT_PATH
from interp_widgets.course._lesson_08_scrub import SCRUBBED

EXERCISES = (ATTRIBUTION, COUNT_PASSES, AGREEMENT, INTEGRATED, DIRECT_PATH, SCRUBBED)
