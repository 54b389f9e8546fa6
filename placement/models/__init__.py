"""Formulations: data into integer programs. One file a formulation."""

from placement.models.maximal_coverage import RelocationModel, maximal_coverage

__all__ = ["RelocationModel", "maximal_coverage"]
