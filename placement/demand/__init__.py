"""Where the need is, who knows the service, and who would use it."""

from placement.demand.awareness import Awareness, Rates, estimate_awareness
from placement.demand.estimate import estimate_demand
from placement.demand.footfall import Footfall, spread_footfall
from placement.demand.population import ArealWeights, areal_weights

__all__ = [
    "ArealWeights",
    "Awareness",
    "Footfall",
    "Rates",
    "areal_weights",
    "estimate_awareness",
    "estimate_demand",
    "spread_footfall",
]
