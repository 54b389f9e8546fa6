"""How the stations of a network do: what each should have seen, and whether it was idle, overloaded or out of order."""

from placement.demand.performance.log import StationLog
from placement.demand.performance.rules import CLASSES, PerformanceRules
from placement.demand.performance.verdicts import Verdicts, judge_stations

__all__ = ["CLASSES", "PerformanceRules", "StationLog", "Verdicts", "judge_stations"]
