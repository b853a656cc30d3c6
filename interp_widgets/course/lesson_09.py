"""Exercises of lesson 09, induction heads: one file an idea, put in order here.

The notebook shows the reference solutions under *Solution*; a test compares the two.
"""

from __future__ import annotations

from interp_widgets.course._lesson_09_ablation import ABLATION
from interp_widgets.course._lesson_09_composition import COMPOSITION, WIRE
from interp_widgets.course._lesson_09_scores import DETECTORS, REPEAT_LOSS
from interp_widgets.course._lesson_09_training import TRAINING

EXERCISES = (DETECTORS, REPEAT_LOSS, TRAINING, ABLATION, COMPOSITION, WIRE)
