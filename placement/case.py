"""A case: everything a plan is made from, as one value, whether a study or a caller's own frames stand behind it.

Every question is a function of it: ``optimise(case, policy, options)``, ``measure(case, standing)``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.coverage import Coverage, Standard, people_reached
from placement.economics import StationCosts
from placement.errors import AlignmentError, InputError
from placement.frames import Missing, Travel, Unit, stages_from
from placement.stages import check_stages
from placement.streets import Streets
from placement.travel import TimesStream, TravelTimes
from placement.values import Capture, Coverages, Covered, Demand, Policy, Sites, SolveOptions, StepCovered, VisitsChange
from placement.values.arrays import BoolArray, FloatArray
from placement.values.checks import Faults, shown
from placement.values.immutable import immutable
from placement.values.use_cost import UseCost
from placement.values.visits import visits_change

DRAWS, FEWEST_DRAWS, MOST_PULLS = 400, 100, 400_000_000
"""Intervals of visits rest on so many draws; on fewer where draws times pulls are more than so many."""
_MAY_LACK = frozenset({"streets", "standard", "capture", "use_cost"})


@immutable
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Case:
    """What a plan is made from.

    Parameters
    ----------
    demand, sites
        Who needs a station where, and where one stands or may stand; one projected CRS.
    coverage
        Which sites are within reach of whom: :func:`placement.coverage.cover` of `demand` and `sites`.
    costs
        What a station costs at each site.
    streets
        Used to pair stations that give up their machines with sites that receive them, by least total walking time;
        straight lines without it.
    times, standard
        What `coverage` was made from; None: not told.
    policy, options
        Limits of a plan and how it is sought, where :func:`placement.plan.optimise` is not given others.
    capture
        Predicted visits of any set of the sites; None: nothing is predicted, and no setting of `policy` may go by it.
    use_cost
        What visits cost in consumables and bring in fees; None: not counted.
    name
        Name shown with the plan.
    notes
        What was left out of the inputs, repaired or assumed, in sentences.

    Raises
    ------
    InputError, AlignmentError
        Listing everything that does not belong together, with the ids or names that differ.
    """

    demand: Demand
    sites: Sites
    coverage: Coverage
    costs: StationCosts
    streets: Streets | None = None
    times: TravelTimes | TimesStream | None = None
    standard: Standard | None = None
    policy: Policy = field(default_factory=Policy)
    options: SolveOptions = field(default_factory=SolveOptions)
    capture: Capture | None = None
    use_cost: UseCost | None = None
    name: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wanted = {
            "streets": Streets, "standard": Standard, "options": SolveOptions, "capture": Capture, "name": str,
        }  # fmt: skip
        faults = Faults("case")
        for name, kind in wanted.items():
            value = getattr(self, name)
            if not isinstance(value, kind) and not (value is None and name in _MAY_LACK):
                faults.add(f"{name} is {shown(value)}", row=name, remedy=f"give a {kind.__name__}")
        faults.raise_any()
        check_stages(self.coverage, self.demand, self.sites, self.costs, self.policy)
        _check_capture(self)
        if self.policy.visits_machine_month is not None and self.times is None:
            problem = "visits_machine_month of the policy asks who goes to the nearest station, and no times are known"
            raise InputError.single("case", problem, row="times", remedy="give Case(times=...), or the policy without")

    @classmethod
    def from_frames(
        cls,
        points: gpd.GeoDataFrame | Demand,
        sites: gpd.GeoDataFrame | Sites,
        travel: pd.DataFrame | NDArray[Any] | TravelTimes | TimesStream | None = None,
        *,
        standard: Standard | float,
        costs: StationCosts | Mapping[str, Any] | None = None,
        weight: str | None = None,
        unit: Unit | None = None,
        streets: Streets | None = None,
        detour: float | None = None,
        speed_m_s: float = 1.3,
        missing: Missing = "error",
        policy: Policy | None = None,
        options: SolveOptions | None = None,
        capture: Capture | None = None,
        name: str = "",
    ) -> Case:
        """Return the case of frames of one's own; there need be no study and no file.

        Parameters
        ----------
        points
            Demand points: a GeoDataFrame in a projected CRS with weights (visits a month), and ids in a column
            `demand_id` or in the index; optional columns `people`, `district`, `parent`. Or a :class:`Demand`.
        sites
            Stations and candidates: a GeoDataFrame with ids in a column `site_id` or in the index; optional columns
            `existing`, `status`, `host`, `opens`, `closes`, ... and amounts in yuan (see
            :func:`placement.frames.places.sites_from`). Or :class:`Sites`.
        travel
            Times or lengths: rows of `demand_id`, `site_id` and `seconds`, `minutes`, `hours`, `metres` or `km`; or,
            with `unit`, a frame or (points, sites) array with a column a site, where NaN is out of reach; or
            :class:`TravelTimes`. Without it people walk along `streets`, or straight times `detour`.
        standard
            The service standard: minutes, or a :class:`Standard`.
        costs
            Yuan a station, for all sites or by host, such as ``{"purchase": 80_000, "move": 9_000}``; or
            :class:`StationCosts`. None: columns of `sites` alone.
        weight
            Column of the weights; by default `weight`, else `people`.
        unit
            Unit of a travel table that does not name it.
        streets
            Ways on foot where there is no `travel`, and by which moves are paired.
        detour
            Length of a way over the straight line, where there are neither `travel` nor `streets`.
        speed_m_s
            Walking speed, metres a second.
        missing
            ``error``: a point or site without a row in `travel` is a fault; ``unreachable``: it reaches nothing.
        policy, options, capture, name
            As in the class.

        Raises
        ------
        InputError, AlignmentError
            One error that lists every fault of all tables: ids, CRS, units, weights, amounts.

        Examples
        --------
        >>> points = gpd.GeoDataFrame({"weight": [9, 5]}, index=["a", "b"], crs="EPSG:32650",
        ...     geometry=gpd.points_from_xy([500_000, 500_900], [3_400_000, 3_400_000]))
        >>> sites = gpd.GeoDataFrame(index=["S", "T"], crs="EPSG:32650",
        ...     geometry=gpd.points_from_xy([500_100, 500_800], [3_400_000, 3_400_000]))
        >>> Case.from_frames(points, sites, standard=10, detour=1.3, costs={"purchase": 80_000})
        <Case: 2 demand points, 0 stations, 2 candidates, 10 min, straight line x 1.3>
        """
        how = Travel(
            table=travel, unit=unit, streets=streets, detour=detour, speed_m_s=speed_m_s, missing=missing
        )  # fmt: skip
        found = stages_from(points, sites, how, standard=standard, costs=costs, weight=weight)
        parts = {each.name: getattr(found, each.name) for each in fields(found)}
        options = options or SolveOptions()
        policy = policy or Policy()
        return cls(**parts, streets=streets, policy=policy, options=options, capture=capture, name=name)

    def capture_draws(self, n: int, seed: int, among: BoolArray) -> Iterator[Capture]:  # noqa: ARG002 -- a study has some
        """Yield `capture` as it may be as well, `n` times: here nothing, as nothing tells how sure it is.

        `among`, (sites,), are those whose visits are asked for.
        """
        return iter(())

    def drawn_weights(self, n: int, seed: int) -> Iterator[FloatArray]:  # noqa: ARG002 -- a study has some
        """Yield the weight of `demand`, (points, segments), as it may be as well: here nothing tells how sure it is."""
        return iter(())

    @property
    def transactions(self) -> pd.DataFrame | None:
        """What was done at today's stations, a row a station and month; None where there is no log."""
        return None

    @property
    def expected_alone(self) -> pd.DataFrame | None:
        """By ``site_id``, what a station there should see by what is learnt without its record; None: not known.

        Columns `model`, `low` and `high` (90 %), visits a month.
        """
        return None

    @property
    def simulated_transactions(self) -> bool:
        """Whether the log is declared simulated."""
        return False

    @property
    def capture_ranks(self) -> bool:
        """Whether sites may be ranked by predicted visits; where not, visits have no weight that nobody gave."""
        return True

    @property
    def capture_basis(self) -> Mapping[str, str]:
        """By site id, what its predicted visits rest on, where that is known."""
        return {}

    def but(self, **changes: Any) -> Self:
        """Return the case with some of its parts changed, checked again."""
        return replace(self, **changes)

    @property
    def standing(self) -> NDArray[np.bool_]:
        """(sites,) where a station stands today."""
        return self.sites.standing

    def __repr__(self) -> str:
        stations = int(self.standing.sum())
        parts = [
            f"{len(self.demand.ids):,} demand points",
            f"{stations:,} station{'s' * (stations != 1)}",
            f"{len(self.sites) - stations:,} candidates",
            *_standard_words(self.standard),
            *([] if self.times is None else [self.times.mode]),
        ]
        named = f" {self.name}" if self.name else ""
        return f"<{type(self).__name__}{named}: {', '.join(parts)}>"


def _standard_words(standard: Standard | None) -> list[str]:
    if standard is None:
        return []
    words = [step.within for step in standard.levels]
    if len(words) > 1:
        words = [f"{float(step.share):.4g} within {step.within}" for step in standard.levels]
    own = ", or as its district says" if standard.levels[-1].threshold_s_by_district else ""
    return [f"{', '.join(words)}{own}"]


def measure(case: Case, standing: NDArray[np.bool_] | Collection[str] | None = None) -> Coverages:
    """Return what some sites cover: in total, by segment, by district, and people; and within each step.

    Parameters
    ----------
    case
        The case.
    standing
        Sites with a station: a (sites,) mask, or their ids. None: today's.

    Raises
    ------
    AlignmentError
        If `standing` is no mask of the sites, or names one that there is not.
    """
    demand, coverage = case.demand, case.coverage
    nearest = coverage.nearest(_mask(case, standing))
    counted = coverage.shares[nearest]
    parts = [demand.weight, demand.need, demand.expected_use]

    def covered(shares: FloatArray, rows: NDArray[np.bool_] | slice, segment: int | slice) -> Covered:
        """Return what is covered of some demand points and segments, and of how much."""
        sums = [(float((part * shares)[rows, segment].sum()), float(part[rows, segment].sum())) for part in parts]
        (w, w_all), (n, n_all), (u, u_all) = sums
        return Covered(covered=w, all=w_all, need_covered=n, need_all=n_all, use_covered=u, use_all=u_all)

    everyone = slice(None)
    parents = demand.points["parent"].to_numpy()
    return Coverages(
        total=covered(counted, everyone, everyone),
        segment={segment.name: covered(counted, everyone, index) for index, segment in enumerate(demand.segments)},
        district={str(name): covered(counted, parents == name, everyone) for name in sorted(set(parents))},
        people=people_reached(demand, nearest < coverage.n_steps),
        steps=tuple(
            StepCovered(
                threshold_s=step.threshold_s,
                threshold_m=step.threshold_m,
                share=float(step.share),
                total=covered((nearest <= number).astype(np.float64), everyone, everyone),
                people=people_reached(demand, nearest <= number),
            )
            for number, step in enumerate(coverage.graded)
        ),
    )


def measure_visits(
    case: Case,
    standing: NDArray[np.bool_] | Collection[str] | None = None,
    *,
    beside: NDArray[np.bool_] | Collection[str] | None = None,
) -> VisitsChange | None:
    """Return the predicted visits of today's stations and of others in their place; None where none are predicted.

    Parameters
    ----------
    case, standing
        As in :func:`measure`; `standing` is what stands afterwards.
    beside
        What stands before, in place of today's stations.

    Raises
    ------
    AlignmentError
        If `standing` is no mask of the sites, or names one that there is not.
    """
    capture = case.capture
    if capture is None:
        return None
    sets = np.asarray(_mask(case, beside)), np.asarray(_mask(case, standing))
    expected = (capture.visits(sets[0]), capture.visits(sets[1]))
    n = min(DRAWS, max(FEWEST_DRAWS, MOST_PULLS // max(capture.pull.nnz, 1)))
    drawn = case.capture_draws(n, case.options.seed, sets[0] | sets[1])
    return visits_change(
        expected,
        sets,
        ((each.visits(sets[0]), each.visits(sets[1])) for each in drawn),
        site_ids=case.sites.ids,
        basis=case.capture_basis,
        idle_below=case.policy.idle_below,
    )


def _mask(case: Case, standing: Any) -> Any:
    """Return a mask of the sites; what is neither ids nor a mask is left for the coverage to refuse."""
    if standing is None:
        return case.standing
    faults = Faults("standing")
    if isinstance(standing, np.ndarray | pd.Series) and standing.dtype == np.bool_:
        faults.aligned("sites", standing, case.sites.ids)
        faults.raise_any(AlignmentError)
        return standing
    ids = list(standing) if isinstance(standing, Iterable) else [standing]
    if not all(isinstance(each, str) for each in ids):
        return standing
    error = AlignmentError.between("standing", ids, "sites", case.sites.ids, "site")
    if error is not None:
        raise error
    return case.sites.ids.isin(ids)


def _check_capture(case: Case) -> None:
    faults = Faults("case")
    if case.capture is not None:
        faults.same_ids("sites", case.capture.site_ids, case.sites.ids)
        faults.raise_any(AlignmentError)
    elif case.policy.on_visits:
        names = ", ".join(case.policy.on_visits)
        remedy = f"give Case(capture=...), or the policy without {names}"
        faults.add(f"the policy goes by predicted visits ({names}), and none are known", row="capture", remedy=remedy)
        faults.raise_any()
