"""Exercises of lesson 05, evaluating and naming features: one file an idea, in order here."""

from __future__ import annotations

from interp_widgets.course._lesson_05_domains import DOMAINS
from interp_widgets.course._lesson_05_examples import EXAMPLES
from interp_widgets.course._lesson_05_label import LABEL
from interp_widgets.course._lesson_05_names import LABELS, NAME, strangers
from interp_widgets.course._lesson_05_recovered import RECOVERED
from interp_widgets.course._lesson_05_seeds import SEEDS

__all__ = ["EXERCISES", "LABELS", "strangers"]

EXERCISES = (RECOVERED, EXAMPLES, LABEL, NAME, SEEDS, DOMAINS)
