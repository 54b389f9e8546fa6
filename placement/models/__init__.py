"""Formulations: data into integer programs. One file a formulation."""

from placement.models.costs import StationCosts, station_costs
from placement.models.maximal_coverage import RelocationModel, maximal_coverage
from placement.models.policy import Policy

__all__ = ["Policy", "RelocationModel", "StationCosts", "maximal_coverage", "station_costs"]
