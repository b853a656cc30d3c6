"""Exercises of lesson 10, the circuit zoo: one file an idea, put in order here."""

from __future__ import annotations

from interp_widgets.course._lesson_10_edit import GENDER_EDIT, MINIMALITY
from interp_widgets.course._lesson_10_ioi import IOI_TASK, ROLES
from interp_widgets.course._lesson_10_tasks import GREATER_THAN, SUCCESSOR

EXERCISES = (IOI_TASK, ROLES, GREATER_THAN, SUCCESSOR, GENDER_EDIT, MINIMALITY)
