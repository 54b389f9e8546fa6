"""What stations cost and what a plan may spend."""

from placement.economics.costs import StationCosts, station_costs
from placement.economics.lines import CAPITAL, LINES, RUNNING, Action, Line, budget, lines_of, use_lines
from placement.values import Policy

__all__ = [
    "CAPITAL",
    "LINES",
    "RUNNING",
    "Action",
    "Line",
    "Policy",
    "StationCosts",
    "budget",
    "lines_of",
    "station_costs",
    "use_lines",
]
