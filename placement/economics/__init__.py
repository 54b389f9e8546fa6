"""What stations cost and what a plan may spend."""

from placement.economics.costs import StationCosts, station_costs
from placement.values import Policy

__all__ = ["Policy", "StationCosts", "station_costs"]
