"""Exercises of lesson 06, lenses: one file an idea, put in order here.

The notebook shows the reference solutions under *Solution*; a test compares the two.
"""

from __future__ import annotations

from interp_widgets.course._lesson_06_distance import KL
from interp_widgets.course._lesson_06_logit import LOGIT_LENS
from interp_widgets.course._lesson_06_trajectory import CONVERGENCE, RANKS
from interp_widgets.course._lesson_06_tuned import TUNED_LENS

EXERCISES = (LOGIT_LENS, CONVERGENCE, TUNED_LENS, RANKS, KL)
