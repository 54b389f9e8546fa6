"""Frames of a caller's own into the values that a plan is made from: no study, no files.

Columns are checked as those of a study's tables are, and by the same code, so that a mistake is told in the same words
wherever it is made; all mistakes of all frames are told at once.
"""

from placement.frames.stages import Stages, stages_from
from placement.frames.travel import Missing, Travel, Unit

__all__ = ["Missing", "Stages", "Travel", "Unit", "stages_from"]
