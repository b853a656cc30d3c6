"""Exercises of lesson 01, the residual stream: one file an idea, put in order here."""

from __future__ import annotations

from interp_widgets.course._lesson_01_heads import HEAD_SHARES, OV
from interp_widgets.course._lesson_01_numbers import NUMBERS
from interp_widgets.course._lesson_01_stream import DECOMPOSE, PARALLEL

EXERCISES = (DECOMPOSE, HEAD_SHARES, OV, NUMBERS, PARALLEL)
