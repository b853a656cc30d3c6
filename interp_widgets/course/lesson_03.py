"""Exercises of lesson 03, training a sparse autoencoder: one file an idea, in order here."""

from __future__ import annotations

from interp_widgets.course._lesson_03_lab import LAB
from interp_widgets.course._lesson_03_loss import CONVERT, LOSS
from interp_widgets.course._lesson_03_recovery import RECOVERY
from interp_widgets.course._lesson_03_unit import UNIT

EXERCISES = (LOSS, CONVERT, UNIT, RECOVERY, LAB)
