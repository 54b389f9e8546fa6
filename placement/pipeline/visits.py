"""Visits a month that each station would see, today and with the plan, from the study's own transactions.

The Huff model of :func:`placement.demand.fit_usage` is fitted to the transactions; people may stay at home. Beside the
residents, passers-by come in one of two ways: they choose among the stations around as residents do, or a share of
those who pass a door walks in. Both have one parameter; the one that leaves less scatter between stations is taken. The
fit says how the planned visits would spread; the objective of the program does not use it.

Where a study sets out virtual counters (``[demand] footfall_interpolate``), doors go by the real ones alone: a virtual
counter is an expectation, not a count, and a coefficient fitted to it would be pulled towards zero. The passers-by who
choose among stations are tried both ways, with the virtual counters' people and without; the least scatter decides, so
that interpolation never makes the fit worse than it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.demand import Usage, fit_usage, passing_footfall
from placement.errors import InputError
from placement.pipeline.demand import study_demand
from placement.pipeline.prepare import Prepared
from placement.travel import TravelTimes
from placement.values.immutable import immutable
from placement.values.shown import Shown

VISIT_COLUMNS = ("before", "before_low", "before_high", "after", "after_low", "after_high", "basis")
_DAYS_A_MONTH = 365 / 12


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Visits:
    """Predicted visits of every station that stands before or after the plan.

    Parameters
    ----------
    usage
        The fitted model; None where the transactions cannot tell its parameters apart.
    note
        Why there is no model; empty otherwise.
    """

    usage: Usage | None
    note: str
    _table: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """By ``site_id``: visits a month with 90 % intervals (NaN where no station stands), and what they rest on.

        `basis` is ``own record``, ``stations of its kind``, or ``as <host>`` where no station of its host kind has
        transactions on record: it then counts as the commonest kind.
        """
        return self._table.copy()

    def _shown(self) -> Shown:
        if self.usage is None:
            return "Visits: none predicted", [("why", self.note)]
        sums = [f"{self._table[when].sum():,.0f} {when}" for when in ("before", "after")]
        return f"Visits: {len(self._table):,} stations, visits a month: {', '.join(sums)}", ()


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


def predict_visits(prepared: Prepared, standing_after: Sequence[str]) -> Visits | None:
    """Return the visits of today's stations and of those in `standing_after`; None without a usage table.

    A study whose transactions cannot be fitted (too few stations, no decay to be seen) is no error: the result says
    why and has an empty table.
    """
    transactions = prepared.tables.usage
    if transactions is None:
        return None
    sites = prepared.sites.table
    today = sites[sites["existing"].to_numpy(dtype=bool)]
    after = sorted(standing_after)
    times = prepared.times.to_sites(today.index.union(after))
    try:
        usage, drawn = _best(prepared, times, transactions, today)
    except InputError as error:
        empty = pd.DataFrame(columns=list(VISIT_COLUMNS), dtype=float)
        reason = "; ".join(
            f"{fault.table} [{fault.row}] {fault.problem}" if fault.row else fault.problem for fault in error.faults
        )
        return Visits(usage=None, note=f"visits are not predicted: {reason}", _table=empty)
    known = sites["host"].isin(usage.hosts)
    taken = sites.assign(host=sites["host"].where(known, usage.hosts[0]))
    parts = {
        when: usage.predict(times, drawn.sources, taken.loc[standing], passing=drawn.passing)
        for when, standing in (("before", list(today.index)), ("after", after))
    }
    columns = {"visits": "", "low": "_low", "high": "_high"}
    named = [part.rename(columns={c: f"{when}{end}" for c, end in columns.items()}) for when, part in parts.items()]
    table = pd.concat(named, axis=1).sort_index()
    recorded = table.index.isin(transactions["site_id"])
    basis = np.where(known[table.index], "stations of its kind", f"as {usage.hosts[0]}")
    table = table.assign(basis=np.where(recorded, "own record", basis))[list(VISIT_COLUMNS)]
    return Visits(usage=usage, note="", _table=table.rename_axis("site_id"))
