"""Where the need is, who knows the service, and who would use it.

Sources:

* population: :func:`areal_weights`, :func:`split_ages`, :func:`grid`, :func:`hexagons`, :func:`points_along_streets`,
  :func:`points_from_polygons`, :func:`people_in_areas`, :func:`raster_people`, :func:`points_from_raster`;
* foot traffic: :func:`clean_counts`, :func:`interpolate_footfall`, :func:`fill_counters`, :func:`spread_footfall`,
  :func:`passing_footfall`;
* a survey: :func:`tabulate_questionnaires`, :func:`estimate_awareness`, :func:`awareness_report`,
  :func:`awareness_levels`, :func:`awareness_rows`, :func:`residents_by_group`, :func:`post_stratify`;
* transactions: :func:`fit_usage`.

:func:`estimate_demand` joins them, by periods that :func:`period_pieces` may cut at opening hours; ``draws`` of the
:class:`DemandEstimate` it returns tell how sure that is.
"""

from placement.demand.awareness import Awareness, estimate_awareness
from placement.demand.counters import CleanCounts, clean_counts
from placement.demand.estimate import estimate_demand
from placement.demand.fill import FilledCounters, fill_counters
from placement.demand.footfall import Footfall, passing_footfall, spread_footfall
from placement.demand.interpolate import InterpolatedFootfall, interpolate_footfall
from placement.demand.pieces import Pieces, period_pieces
from placement.demand.places import grid, hexagons, points_along_streets
from placement.demand.polygons import points_from_polygons
from placement.demand.population import ArealWeights, areal_weights, split_ages
from placement.demand.questionnaires import Tabulation, tabulate_questionnaires
from placement.demand.raster import RasterPeople, people_in_areas, points_from_raster, raster_people
from placement.demand.rates import Rates
from placement.demand.reliance import VirtualReliance
from placement.demand.reports import (
    awareness_levels,
    awareness_report,
    awareness_rows,
    level_draws,
    post_stratify,
    residents_by_group,
)
from placement.demand.services import SERVICES, Service, offered_services, service_rates
from placement.demand.uncertain import DemandEstimate
from placement.demand.usage import Usage, fit_usage

__all__ = [
    "SERVICES",
    "ArealWeights",
    "Awareness",
    "CleanCounts",
    "DemandEstimate",
    "FilledCounters",
    "Footfall",
    "InterpolatedFootfall",
    "Pieces",
    "RasterPeople",
    "Rates",
    "Service",
    "Tabulation",
    "Usage",
    "VirtualReliance",
    "areal_weights",
    "awareness_levels",
    "awareness_report",
    "awareness_rows",
    "clean_counts",
    "estimate_awareness",
    "estimate_demand",
    "fill_counters",
    "fit_usage",
    "grid",
    "hexagons",
    "interpolate_footfall",
    "level_draws",
    "offered_services",
    "passing_footfall",
    "people_in_areas",
    "period_pieces",
    "points_along_streets",
    "points_from_polygons",
    "points_from_raster",
    "post_stratify",
    "raster_people",
    "residents_by_group",
    "service_rates",
    "split_ages",
    "spread_footfall",
    "tabulate_questionnaires",
]
