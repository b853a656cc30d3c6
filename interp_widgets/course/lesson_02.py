"""Exercises of lesson 02, superposition: one file an idea, put in order here."""

from __future__ import annotations

from interp_widgets.course._lesson_02_interference import INTERFERENCE
from interp_widgets.course._lesson_02_neuron import NEURON
from interp_widgets.course._lesson_02_overlap import OVERLAP
from interp_widgets.course._lesson_02_toy import BATCH, TOY

EXERCISES = (OVERLAP, BATCH, TOY, INTERFERENCE, NEURON)
