"""The course: exercises, and how answers are judged (``iw.check``, ``iw.or_solution``)."""
