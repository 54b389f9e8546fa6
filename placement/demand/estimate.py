r"""Need and expected use of every demand point and segment.

A segment is an age group a, a period of the day t and a service v. With :math:`P_{ia}` people of age a at demand point
i, trip rate :math:`r_{av}` (visits a person and month), share :math:`q_t` of the trips wanted in period t and online
share :math:`o_a`, and :math:`F_{it}` people a day who pass in period t,

.. math::
    \mathrm{need}_{iatv} = P_{ia}\, r_{av}\, q_t\, (1 - o_a)
        + [a = \text{general}]\; F_{it} \tfrac{365}{12}\, c\, \nu\, \frac{r_{av}}{\sum_{v'} r_{av'}}

where c is the capture (visits a passer-by) and :math:`\nu` the share of passers-by who do not live there, so that
residents are not counted twice. Where it is told who works or studies at a point, in the periods in which they are
there :math:`P_{i,\text{general}}` is those who are present: with D_i such people, and residents who leave for their own
work or studies in proportion to the general residents,

.. math::
    P_{i,\text{general}} \Big(1 - \min\big(1, \textstyle\sum_j D_j / \sum_j P_{j,\text{general}}\big)\Big) + D_i,

so that nobody is counted twice and the town's people are as many as by night (more, where more work in it than live
there: the rest come from outside). Expected use = need x awareness x uptake, with the awareness of the point's
district.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd

from placement.demand.awareness import Awareness
from placement.demand.checks import raise_faults
from placement.demand.footfall import Footfall
from placement.demand.settings import TripRates, variation_faults
from placement.demand.town import Town
from placement.demand.uncertain import FOOTFALL_CV, NEED_AREA_CV, PEOPLE_CV, TRIP_RATE_CV, DemandEstimate


def estimate_demand(
    population: gpd.GeoDataFrame,
    *,
    trips_per_month: TripRates,
    periods: Mapping[str, tuple[int, int]] | None = None,
    period_share: Mapping[str, float] | None = None,
    online_share: Mapping[str, float] | None = None,
    uptake: Mapping[str, float] | None = None,
    awareness: Awareness | None = None,
    footfall: Footfall | None = None,
    footfall_capture: float = 0.0,
    non_resident_share: float = 1.0,
    need_share: float = 0.5,
    speed_m_s: Mapping[str, float] | None = None,
    trip_rate_cv: float = TRIP_RATE_CV,
    footfall_cv: float = FOOTFALL_CV,
    need_area_cv: float = NEED_AREA_CV,
    people_cv: float = PEOPLE_CV,
    daytime: Mapping[str, Sequence[str]] | None = None,
    simulated: bool = False,
) -> DemandEstimate:
    """Return need, awareness and uptake by demand point and segment.

    Parameters
    ----------
    population
        Points in a projected CRS indexed by ``demand_id``: `district`, `people`, optional `parent`, and a column of
        counts within `people` for each age group of `trips_per_month` but ``general``, which is everybody else.
    trips_per_month
        Visits a person and month by age group, or by age group and service; must name ``general``.
    periods
        (start, end) in minutes after midnight by name; default one period ``all``, 0 to 1440.
    period_share
        Share of the trips wanted in each period; sums to one.
    online_share
        Share of the trips done online, by age group; 0 where absent.
    uptake
        Share of the aware who use the service, by age group; where absent, used of aware in the survey, by district
        and age group.
    awareness
        From :func:`placement.demand.estimate_awareness`; it must know every district of the population. Without it
        everybody is taken to know the service, and `need_share` must be 1.
    footfall
        From :func:`placement.demand.spread_footfall` over the same demand points. The night share of a counter goes to
        the period ``night``, the rest to the other periods by their shares; a counter without night share, and every
        counter where no period is called ``night``, is split by `period_share`.
    footfall_capture
        Visits a passer-by.
    non_resident_share
        Share of the passers-by who live elsewhere.
    need_share
        s of the objective's mix of need and expected use, see :class:`placement.values.Demand`.
    speed_m_s
        Walking speed by age group; 1 where absent.
    trip_rate_cv
        How sure the trip rates are: their coefficient of variation in the draws. An assumption; 0 = taken as known.
    footfall_cv
        The same of the counters; where `footfall` was spread from counters with a column `se` (standard error of the
        daily number), that counter's own is used instead.
    need_area_cv
        The same of the need of whole districts: how much more or less their residents want than the trip rates say.
    people_cv
        The same of the people at single demand points.
    daytime
        Periods in which the people of a column of the population (workers, students) are where it counts them.
    simulated
        Whether any input is simulated.

    Returns
    -------
    DemandEstimate
        A `Demand` with segments ordered by age group, period, service, and with ``draws(n, seed)``.

    Raises
    ------
    InputError
        Listing every missing or impossible number.
    AlignmentError
        If a district of the population is unknown to `awareness`, or `footfall` is of other demand points.

    Examples
    --------
    >>> import geopandas as gpd
    >>> population = gpd.GeoDataFrame(
    ...     {"district": ["A"], "people": [1000], "elderly": [200]},
    ...     index=["D1"], geometry=gpd.points_from_xy([0], [0]), crs="EPSG:32650",
    ... )
    >>> demand = estimate_demand(population, trips_per_month={"general": 0.3, "elderly": 0.5}, need_share=1)
    >>> [segment.name for segment in demand.segments], demand.need.round(9).tolist()
    (['general/all/all', 'elderly/all/all'], [[240.0, 100.0]])
    """
    cvs = ("trip_rate_cv", "footfall_cv", "need_area_cv", "people_cv")
    variations = dict(zip(cvs, (trip_rate_cv, footfall_cv, need_area_cv, people_cv), strict=True))
    raise_faults(variation_faults(variations))
    town = Town.of(
        population,
        trips_per_month=trips_per_month,
        periods=periods,
        period_share=period_share,
        online_share=online_share,
        uptake=uptake,
        awareness=awareness,
        footfall=footfall,
        footfall_capture=footfall_capture,
        non_resident_share=non_resident_share,
        need_share=need_share,
        speed_m_s=speed_m_s,
        daytime=daytime, simulated=simulated,
    )  # fmt: skip
    return DemandEstimate(**town.parts(), town=town, **variations)
