r"""Monthly transactions of stations: checked, and added up to one total and one exposure a station.

A month of station j counts as :math:`e_{jt} = 1 - \mathrm{outage}_{jt} / \mathrm{hours}_t` months of exposure, both in
hours of the clock, as machines log them: an outage is taken to fall into open and closed hours alike. The
season is common to all stations: with counts :math:`y_{jt} \sim \mathrm{Poisson}(\mu_j s_t e_{jt})` the maximum
likelihood of level and season is found by scaling in turn, and a station's exposure is :math:`\sum_t s_t e_{jt}`, so
that a station that was observed in busy months only is not taken for a busy one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.demand.checks import number_faults, raise_faults, require_columns, require_known
from placement.errors import Fault
from placement.values.arrays import FloatArray

_SEASON_FOUND = 1e-10
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, kw_only=True, eq=False)
class StationTotals:
    """Totals in the order of the stations.

    Parameters
    ----------
    ids
        Ids of the stations.
    visits
        (stations,) transactions of all months.
    exposure
        (stations,) months, seasons and outages counted; 0 where a station has no transactions on record.
    log_sd
        (stations,) standard error of the logarithm of the visits a month: months scatter around level and season by
        more than Poisson's variance, by a factor of their square that all stations share; 0 without transactions.
    season
        Factor of each month, mean 1.
    """

    ids: pd.Index
    visits: FloatArray
    exposure: FloatArray
    log_sd: FloatArray
    season: pd.Series


def station_totals(transactions: pd.DataFrame, stations: pd.DataFrame) -> StationTotals:
    """Return the totals of a table of monthly transactions.

    Parameters
    ----------
    transactions
        `site_id`, `month` (``YYYY-MM``), `transactions`, optional `outage_hours`.
    stations
        Indexed by ``site_id``.

    Raises
    ------
    InputError
        Listing every negative or missing number, month that is none, repeated month, and outage longer than the month.
    AlignmentError
        If a site is not among the stations.
    """
    require_columns("usage", transactions, ["site_id", "month", "transactions"])
    frame = transactions.assign(
        site_id=transactions["site_id"].astype(str),
        month=transactions["month"].astype(str),
        outage_hours=transactions.get("outage_hours", pd.Series(0.0, index=transactions.index)),
    )
    raise_faults(_faults(frame))
    require_known("usage", frame["site_id"], "stations", stations.index, "site")
    frame = frame.sort_values(["site_id", "month"], ignore_index=True)  # sums of floats hang on their order
    hours = pd.PeriodIndex(frame["month"], freq="M").days_in_month.to_numpy(dtype=float) * 24.0
    too_long = frame["outage_hours"].to_numpy(dtype=float) > hours
    raise_faults(
        [
            Fault(
                table="usage",
                row=f"{row.site_id}/{row.month}",
                problem=f"outage of {row.outage_hours:g} hours exceeds the month",
                remedy="give hours of the clock, not minutes",
            )
            for row in frame[too_long].itertuples()
        ]
    )
    frame["exposure"] = 1.0 - frame["outage_hours"].to_numpy(dtype=float) / hours
    season = _season(frame)
    weighted = frame["exposure"] * frame["month"].map(season)
    by_site = pd.DataFrame({"visits": frame["transactions"].astype(float), "exposure": weighted})
    by_site["square"] = weighted**2
    ids = stations.index.astype(str)
    summed = by_site.groupby(frame["site_id"]).sum()
    excess = _excess(by_site, summed.loc[frame["site_id"]])
    summed = summed.reindex(ids).fillna(0.0)
    visits, exposure = summed["visits"].to_numpy(), summed["exposure"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = 1.0 / np.maximum(visits, 1.0) + excess * summed["square"].to_numpy() / exposure**2
    log_sd = np.sqrt(np.where(exposure > 0, variance, 0.0))
    return StationTotals(ids=ids, visits=visits, exposure=exposure, log_sd=log_sd, season=season)


def _excess(rows: pd.DataFrame, totals: pd.DataFrame) -> float:
    """Return by which factor of its square the variance of a month is above its mean, by moments."""
    counts, weight = rows["visits"].to_numpy(), rows["exposure"].to_numpy()
    whole = np.maximum(totals["exposure"].to_numpy(), 1e-300)
    expected = totals["visits"].to_numpy() * weight / whole
    # What is left of a squared residual after the station's own level was taken from the same rows.
    left = np.maximum(1.0 - weight / whole, 0.0)
    above = (np.square(counts - expected) - expected * left).sum()
    return float(max(above / max((left * np.square(expected)).sum(), 1e-300), 0.0))


def _faults(frame: pd.DataFrame) -> list[Fault]:
    faults = number_faults("usage", frame, "transactions") + number_faults("usage", frame, "outage_hours")
    faults += [
        Fault(table="usage", row=str(row), problem=f"month is {month}", remedy="write months as 2025-03")
        for row, month in frame["month"].items()
        if not _MONTH.fullmatch(month)
    ]
    return faults + [
        Fault(
            table="usage",
            row=f"{row.site_id}/{row.month}",
            problem="stands in more than one row",
            remedy="add the rows up",
        )
        for row in frame[frame.duplicated(["site_id", "month"])].itertuples()
    ]


def _season(frame: pd.DataFrame) -> pd.Series:
    """Return the factor of each month, mean 1 over the months on record."""
    names, month = np.unique(frame["month"].to_numpy(dtype=str), return_inverse=True)
    site = np.unique(frame["site_id"].to_numpy(dtype=str), return_inverse=True)[1]
    counts, exposure = frame["transactions"].to_numpy(dtype=float), frame["exposure"].to_numpy(dtype=float)
    of_site, of_month = np.bincount(site, counts), np.bincount(month, counts)
    season = np.ones(len(names))
    for _ in range(200):
        seen = np.bincount(site, exposure * season[month])
        level = np.divide(of_site, seen, out=np.zeros(len(seen)), where=seen > 0)
        expected = np.bincount(month, exposure * level[site])
        moved = np.divide(of_month, expected, out=np.ones(len(names)), where=expected > 0)
        moved = moved / moved.mean() if moved.mean() > 0 else season
        if np.abs(moved - season).max() < _SEASON_FOUND:
            break
        season = moved
    return pd.Series(season, index=pd.Index(names, name="month"), name="season")
