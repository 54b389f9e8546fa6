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

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, kw_only=True, eq=False)
class StationTotals:
    """Totals in the order of the stations.

    Parameters
    ----------
    visits
        (stations,) transactions of all months.
    exposure
        (stations,) months, seasons and outages counted; 0 where a station has no transactions on record.
    season
        Factor of each month, mean 1.
    """

    visits: FloatArray
    exposure: FloatArray
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
    summed = by_site.groupby(frame["site_id"]).sum().reindex(stations.index.astype(str)).fillna(0.0)
    return StationTotals(visits=summed["visits"].to_numpy(), exposure=summed["exposure"].to_numpy(), season=season)


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
    counts, exposure = frame["transactions"].astype(float), frame["exposure"]
    by_month, by_site = frame["month"], frame["site_id"]
    season = pd.Series(1.0, index=pd.Index(sorted(by_month.unique()), name="month"))
    for _ in range(200):
        level = counts.groupby(by_site).sum() / (exposure * by_month.map(season)).groupby(by_site).sum()
        expected = (exposure * by_site.map(level.fillna(0.0))).groupby(by_month).sum()
        moved = (counts.groupby(by_month).sum() / expected).where(expected > 0, 1.0)
        moved = moved / moved.mean() if moved.mean() > 0 else season
        if np.abs(moved - season).max() < 1e-10:
            break
        season = moved
    return season.rename("season")
