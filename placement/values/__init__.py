"""The frozen values that pass between stages. They import nothing of this package but `errors`."""

from placement.values.demand import Demand, Segment
from placement.values.program import CoverageProgram, Floor, LinearRow
from placement.values.sites import Sites
from placement.values.solution import Solution

__all__ = ["CoverageProgram", "Demand", "Floor", "LinearRow", "Segment", "Sites", "Solution"]
