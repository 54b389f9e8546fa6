"""Visits a month that any set of stations would see, from the study's own transactions.

The Huff model of :func:`placement.demand.fit_usage` is fitted to the transactions; people may stay at home. Beside the
residents, passers-by come in one of two ways: they choose among the stations around as residents do, or a share of
those who pass a door walks in. Both have one parameter; the one that leaves less scatter between stations is taken. The
fit is made before the plan, which may go by it.

Where a study sets out virtual counters (``[demand] footfall_interpolate``), doors go by the real ones alone: a virtual
counter is an expectation, not a count, and a coefficient fitted to it would be pulled towards zero. The passers-by who
choose among stations are tried both ways, with the virtual counters' people and without; the least scatter decides, so
that interpolation never makes the fit worse than it was.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from placement.demand import Usage, fit_usage, passing_footfall
from placement.errors import InputError
from placement.pipeline.demand import study_demand
from placement.pipeline.prepare import Prepared
from placement.travel import TravelTimes
from placement.values.arrays import BoolArray
from placement.values.capture import Capture
from placement.values.immutable import immutable
from placement.values.shown import Shown, brief

MOST_PAIRS = 20_000_000
"""Pairs of demand point and site of which visits are predicted: all are held at once, some 100 bytes each."""
_DAYS_A_MONTH = 365 / 12


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Use:
    """What a study's transactions say of the visits of any set of its sites.

    Parameters
    ----------
    capture
        Predicted visits of any set of sites, for the fitted parameters; None where nothing can be predicted.
    note
        Why nothing can; empty otherwise.
    basis
        By site id what its level rests on: ``own record``, ``stations of its kind``, or ``as <host>`` where no station
        of its host kind has transactions on record: it then counts as the commonest kind.
    usage
        The fitted model; None where nothing can be predicted.
    """

    capture: Capture | None = None
    note: str = ""
    basis: Mapping[str, str] = field(default_factory=dict)
    usage: Usage | None = None
    _draws: Callable[..., Iterator[Capture]] | None = None

    def draws(self, n: int, seed: int, among: BoolArray | None = None) -> Iterator[Capture]:
        """Yield :attr:`capture` for `n` draws of the parameters and of each site's level, the same for the same seed.

        The same draw evaluated for two sets of stations gives a paired change. `among`, (sites,): the other sites
        pull nobody, where only sets within it are asked for. Nothing where nothing is predicted.
        """
        return iter(()) if self._draws is None else self._draws(n=n, seed=seed, among=among)

    def _shown(self) -> Shown:
        if self.capture is None:
            return "Use: no visits predicted", [("why", self.note)]
        return "Use: visits of any set of stations", [("capture", brief(self.capture)), ("usage", brief(self.usage))]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Drawn:
    """What draws visits: need by demand point and source, and people a month at the door of each site."""

    sources: pd.DataFrame
    passing: pd.Series | None = None

    def fit(self, transactions: pd.DataFrame, times: TravelTimes, stations: pd.DataFrame) -> Usage:
        """Return the model with these sources."""
        return fit_usage(
            transactions,
            times,
            self.sources,
            stations,
            passing=self.passing,
            outside=True,
            leave_one_out=False,
        )


def _ways(prepared: Prepared) -> list[_Drawn]:
    """Return the ways in which visits may come about: residents alone, or with passers-by of either kind."""
    alone = study_demand(prepared.study, prepared.population, None, prepared.awareness)
    residents = pd.DataFrame({"residents": alone.expected_use.sum(axis=1)}, index=prepared.demand.ids)
    if prepared.footfall is None:
        return [_Drawn(sources=residents)]
    settings = prepared.study.demand
    from_elsewhere = _DAYS_A_MONTH * settings.non_resident_share
    counters, sites = prepared.footfall.counters, prepared.sites.table
    people = counters["people_per_day"].to_numpy(dtype=float)
    interpolated = np.zeros(len(counters), dtype=bool)
    spread = [prepared.footfall.points]
    if prepared.filled is not None:
        interpolated = counters["interpolated"].to_numpy(dtype=bool)
        spread.append(prepared.footfall.spread(np.where(interpolated, 0.0, people)))
    around = [points["people_per_day"].reindex(residents.index) * from_elsewhere for points in spread]
    at_door = passing_footfall(counters[~interpolated], sites, bandwidth_m=settings.footfall_bandwidth_m)
    return [
        *(_Drawn(sources=residents.assign(passers_by=passing)) for passing in around),
        _Drawn(sources=residents, passing=at_door * from_elsewhere),
    ]


def _best(
    prepared: Prepared, times: TravelTimes, transactions: pd.DataFrame, today: pd.DataFrame
) -> tuple[Usage, _Drawn]:
    """Return the fit that leaves least scatter between stations unexplained; raise only if none can be fitted."""
    fits, errors = [], []
    for drawn in _ways(prepared):
        try:
            fits.append((drawn.fit(transactions, times, today), drawn))
        except InputError as error:
            errors.append(error)
    if not fits:
        raise errors[0]
    return min(fits, key=lambda found: float(found[0].parameters.loc["station_sd", "estimate"]))


def study_use(prepared: Prepared) -> Use | None:
    """Return what the transactions of a study say of the visits of its sites; None without a usage table.

    A study whose transactions cannot be fitted (too few stations, no decay to be seen) is no error: the result says
    why.
    """
    transactions = prepared.tables.usage
    if transactions is None:
        return None
    sites = prepared.sites.table
    if prepared.times.n_pairs > MOST_PAIRS:
        return Use(note=f"visits are not predicted: {prepared.times.n_pairs:,} pairs, {MOST_PAIRS:,} are the most")
    times = prepared.times.to_sites(sites.index)
    today = sites[sites["existing"].to_numpy(dtype=bool)]
    try:
        usage, drawn = _best(prepared, times.to_sites(today.index), transactions, today)
    except InputError as error:
        return Use(note=f"visits are not predicted: {_why(error)}")
    known = sites["host"].isin(usage.hosts).to_numpy(dtype=bool)
    taken = sites.assign(host=sites["host"].where(known, usage.hosts[0]))
    recorded = sites.index.isin(transactions["site_id"])
    basis = np.where(recorded, "own record", np.where(known, "stations of its kind", f"as {usage.hosts[0]}"))
    given = (times, drawn.sources, taken, drawn.passing)
    return Use(
        capture=usage.capture(*given),
        basis=dict(zip(sites.index, map(str, basis), strict=True)),
        usage=usage,
        _draws=functools.partial(usage.draws, *given),
    )


def _why(error: InputError) -> str:
    return "; ".join(
        f"{fault.table} [{fault.row}] {fault.problem}" if fault.row else fault.problem for fault in error.faults
    )
