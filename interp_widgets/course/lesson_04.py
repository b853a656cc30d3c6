"""Exercises of lesson 04, kinds of dictionaries and what ails them: put in order here."""

from __future__ import annotations

from interp_widgets.course._lesson_04_absorption import ABSORPTION
from interp_widgets.course._lesson_04_jumprelu import JUMPRELU
from interp_widgets.course._lesson_04_match import MATCH
from interp_widgets.course._lesson_04_resample import RESAMPLE
from interp_widgets.course._lesson_04_scale import PARAMETERS, SCALING
from interp_widgets.course._lesson_04_topk import TOPK

EXERCISES = (TOPK, JUMPRELU, RESAMPLE, ABSORPTION, PARAMETERS, SCALING, MATCH)
