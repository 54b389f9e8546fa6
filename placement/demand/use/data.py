"""What the model of use is fitted to: tables and travel times, checked and put in the order of their ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from placement.demand.checks import number_faults, raise_faults
from placement.demand.fit.transactions import StationTotals
from placement.demand.use.nodes import catchment_nodes
from placement.demand.use.posterior import Posterior, Record, families, fit_posterior
from placement.demand.use.priors import UsePriors
from placement.demand.use.process import Places
from placement.demand.use.reach import Reach
from placement.errors import AlignmentError, Fault, InputError, listed
from placement.travel import TravelTimes
from placement.values.arrays import BoolArray, FloatArray

LEAST_RECORDS = 3
"""Stations with transactions below which there is nothing to fit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class UseData:
    """What the model is fitted to, sites and demand points in the order of their ids.

    Parameters
    ----------
    reach, standing, places
        Pairs within reach; which sites stand today; what else is known of the sites.
    doors
        (sites,) people who pass the door, or None.
    record
        The sites with transactions, and their visits a month.
    """

    reach: Reach
    standing: BoolArray
    places: Places
    doors: FloatArray | None
    record: Record

    def stations(self) -> UseData:
        """Return the part that is about the stations of today."""
        sites = np.flatnonzero(self.standing)
        places, xy = self.places, self.places.xy
        of_stations = replace(
            places,
            host=places.host[sites],
            covariates=places.covariates[sites],
            xy=None if xy is None else xy[sites],
            record_sd=places.record_sd[sites],
        )
        return replace(
            self,
            reach=self.reach.only(sites),
            standing=np.ones(len(sites), dtype=np.bool_),
            places=of_stations,
            doors=None if self.doors is None else self.doors[sites],
            record=replace(self.record, sites=np.searchsorted(sites, self.record.sites)),
        )

    def posterior(self, attraction: FloatArray, *, folded: bool, priors: UsePriors) -> Posterior:
        """Return the posterior at given logarithms of the pull of host kinds."""
        nodes = catchment_nodes(self.reach, self.standing, attraction[self.places.host], self.doors, priors)
        places = replace(self.places, folded=folded)
        grid = families(places, np.flatnonzero(self.standing), priors)
        return fit_posterior(nodes, places, self.record, grid, priors)


def reach_of(times: TravelTimes, need: pd.DataFrame, site_ids: pd.Index) -> Reach:
    """Return the pairs within reach, demand points in the order of their ids."""
    places = times.site_ids.get_indexer(site_ids)
    if (places < 0).any():
        problem = f"have no travel times: {listed(site_ids[places < 0])}"
        raise AlignmentError.single("sites", problem, remedy="compute times to every site")
    rows = need.index.get_indexer(times.point_ids)
    if (rows < 0).any() or len(need) != len(rows):
        lost, extra = times.point_ids[rows < 0], need.index.difference(times.point_ids)
        problem = f"does not fit the travel times (missing: {listed(lost)}; without times: {listed(extra)})"
        raise AlignmentError.single("need", problem, remedy="give one row a demand point")
    order = np.argsort(times.point_ids.to_numpy(dtype=str), kind="stable")
    seconds = times.seconds.tocsr()[order].tocsc()[:, places]
    seconds.sort_indices()
    return Reach(
        start=seconds.indptr.astype(np.int64),
        point=seconds.indices.astype(np.int64),
        minutes=seconds.data / 60.0,
        need=np.ascontiguousarray(need.to_numpy(dtype=float)[rows][order]),
    )


def use_data(
    table: pd.DataFrame,
    standing: BoolArray,
    reach: Reach,
    totals: StationTotals,
    *,
    passing: pd.Series | None,
    covariates: Sequence[str],
) -> UseData:
    """Return what the model is fitted to, of a table of sites in the order of their ids."""
    kinds = {host: number for number, host in enumerate(sorted(set(table["host"].astype(str))))}
    host = table["host"].astype(str).map(kinds).to_numpy(dtype=np.int64)
    columns = {"visits": totals.visits, "exposure": totals.exposure, "log_sd": totals.log_sd}
    by_site = pd.DataFrame(columns, index=totals.ids).reindex(table.index.astype(str)).fillna(0.0)
    observed = np.flatnonzero(by_site["exposure"].to_numpy() > 0)
    geometry = getattr(table, "geometry", None) if "geometry" in table else None
    xy = None if geometry is None else np.column_stack([geometry.x, geometry.y])
    places = Places(
        host=host,
        recorded_hosts=np.unique(host[observed]),
        covariates=_standardised(table, standing, covariates),
        xy=xy,
        record_sd=by_site["log_sd"].to_numpy(),
    )
    chosen = by_site.iloc[observed]
    logs = np.log((chosen["visits"].to_numpy() + _HALF) / chosen["exposure"].to_numpy())
    doors, record = _doors(passing, table), Record(sites=observed, log_visits=logs)
    return UseData(reach=reach, standing=standing, places=places, doors=doors, record=record)


_HALF = 0.5
"""Added to counts, so that a station without a single visit has a logarithm."""


def _standardised(table: pd.DataFrame, standing: BoolArray, covariates: Sequence[str]) -> FloatArray:
    raise_faults([fault for column in covariates for fault in number_faults("sites", table, column)])
    numbers = table[list(covariates)].to_numpy(dtype=float).reshape(len(table), len(covariates))
    spread = numbers[standing].std(axis=0)
    return np.asarray((numbers - numbers[standing].mean(axis=0)) / np.where(spread > 0, spread, np.inf))


def _doors(passing: pd.Series | None, table: pd.DataFrame) -> FloatArray | None:
    if passing is None:
        return None
    missing = table.index.difference(passing.index)
    if len(missing):
        raise AlignmentError.single("passing", f"lacks {listed(missing)}", remedy="give every site a number")
    frame = passing.loc[table.index].to_frame("passing")
    raise_faults(number_faults("passing", frame, "passing"))
    return np.asarray(frame["passing"].to_numpy(dtype=float))


def check_observed(data: UseData, ids: pd.Index, visits: float) -> None:
    """Raise unless there are enough stations with transactions, each with somebody within reach."""
    observed = data.record.sites
    if len(observed) == 0 or visits == 0:
        raise InputError.single("usage", "no station has transactions", remedy="give the months of today's stations")
    reach = data.reach
    reached = np.bincount(reach.site, reach.need.sum(axis=1)[reach.point], minlength=reach.n_sites)
    within = reached + (0.0 if data.doors is None else data.doors)
    raise_faults(
        [
            Fault(
                table="stations",
                row=str(ids[station]),
                problem="no need lies within reach of the station",
                remedy="compute times further, or leave the station out",
            )
            for station in observed[within[observed] <= 0]
        ]
    )
    if len(observed) < LEAST_RECORDS:
        problem = f"{len(observed)} stations with transactions tell nothing of others"
        raise InputError.single("usage", problem, remedy=f"give {LEAST_RECORDS} or more")
